"""The journal's tables, by what each version of its schema added."""

from __future__ import annotations

_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, fleet_uid TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, plan TEXT NOT NULL,
    plan_hash TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL, access TEXT NOT NULL, gateway TEXT,
    reasons TEXT NOT NULL, routes TEXT NOT NULL, of TEXT, host TEXT NOT NULL, pid INTEGER, process TEXT,
    started REAL NOT NULL, ended REAL, layer TEXT, message TEXT NOT NULL DEFAULT '', fence INTEGER);
CREATE TABLE IF NOT EXISTS lines (
    id INTEGER PRIMARY KEY, run TEXT NOT NULL, at REAL NOT NULL, step TEXT NOT NULL, phase TEXT NOT NULL,
    sentence TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS lines_of_run ON lines (run);
CREATE TABLE IF NOT EXISTS commands (id INTEGER PRIMARY KEY, run TEXT NOT NULL, word TEXT NOT NULL, at REAL NOT NULL);
"""
_STEPS = """
ALTER TABLE runs ADD COLUMN steps TEXT NOT NULL DEFAULT '[100]';
ALTER TABLE runs ADD COLUMN step INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN going TEXT NOT NULL DEFAULT 'forward';
ALTER TABLE runs ADD COLUMN hold_until REAL;
ALTER TABLE runs ADD COLUMN expires REAL;
ALTER TABLE runs ADD COLUMN target TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN overrides TEXT NOT NULL DEFAULT '[]';
CREATE TABLE viewers (run TEXT PRIMARY KEY, at REAL NOT NULL);
"""
_EXHIBITS = """
CREATE TABLE exhibits (
    id INTEGER PRIMARY KEY, run TEXT NOT NULL, at REAL NOT NULL, far REAL, kind TEXT NOT NULL, about TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX exhibits_of_run ON exhibits (run);
"""
_WAITS = """
ALTER TABLE runs ADD COLUMN since REAL;
ALTER TABLE runs ADD COLUMN usual TEXT;
CREATE INDEX exhibits_of_kind ON exhibits (run, kind);
"""
CHANGES = (_TABLES, _STEPS, _EXHIBITS, _WAITS)
"""What makes schema N + 1 of schema N."""
SCHEMA = len(CHANGES)
OF_RUNS = ("lines", "commands", "viewers", "exhibits")
"""Tables whose rows belong to a run, and go with it."""
