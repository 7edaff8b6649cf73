"""What this host sent and saw: SQLite under the state directory, written before each send and after each answer.

WAL and synchronous=FULL: a committed line survives a power cut. On a network file system, where WAL is not safe, the
journal falls back to DELETE mode. Directory 0700, files 0600; kept for 90 days.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.errors import FleetConsoleError, UsageError
from console.model.fleet import Layer
from console.model.run import JournalLine, Reason, RunReport, RunRoute, RunState, Severity
from console.run.seams import seam

SCHEMA = 1
KEPT = 90 * 86400.0
"""Seconds for which ended runs are kept."""
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "lustre", "glusterfs"}

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


@dataclass(frozen=True, slots=True)
class Row:
    """A run as the journal holds it: its report, and what its runner needs."""

    report: RunReport
    plan: str
    access: dict[str, Any]
    gateway: str | None
    process: str


class Journal:
    """One state directory's journal. A connection per object; an object per thread."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or _default()
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.directory.chmod(0o700)
            path = self.directory / "journal.sqlite"
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            path.chmod(0o600)
            self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            self._open()
        except (OSError, sqlite3.Error) as error:
            raise FleetConsoleError(
                f"the journal in {self.directory} cannot be used: {error}", fix="Name another place with --state-dir."
            ) from None

    def _open(self) -> None:
        mode = "DELETE" if _on_network(self.directory) else "WAL"
        self._db.execute(f"PRAGMA journal_mode={mode}")
        self._db.execute("PRAGMA synchronous=FULL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA:
            raise UsageError(
                f"the journal in {self.directory} was written by a newer Fleet Console",
                fix="Use that one, or name another place with --state-dir.",
            )
        if version < SCHEMA:
            self._db.executescript(_TABLES)
            self._db.execute(f"PRAGMA user_version={SCHEMA}")
        self.prune()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def _commit(self, name: str) -> Iterator[sqlite3.Connection]:
        seam(f"before {name}")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        seam(f"after {name}")

    def prune(self) -> None:
        """Drop what ended over 90 days ago."""
        old = time.time() - KEPT
        self._db.execute("DELETE FROM lines WHERE run IN (SELECT run FROM runs WHERE ended < ?)", (old,))
        self._db.execute("DELETE FROM runs WHERE ended < ?", (old,))

    def add(self, report: RunReport, plan: str, access: dict[str, Any], gateway: str | None) -> None:
        """A new run, planned."""
        with self._commit("run planned") as db:
            db.execute(
                "INSERT INTO runs (run, fleet_uid, kind, state, plan, plan_hash, reason, actor, access, gateway,"
                " reasons, routes, of, host, started, message) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    report.run,
                    report.fleet_uid,
                    report.kind,
                    report.state,
                    plan,
                    report.plan_hash,
                    report.reason,
                    report.actor,
                    json.dumps(access),
                    gateway,
                    json.dumps([_reason_out(one) for one in report.reasons]),
                    json.dumps([_route_out(route) for route in report.routes]),
                    report.of,
                    report.host,
                    report.started,
                    report.message,
                ),
            )

    def update(self, run: str, **values: Any) -> None:
        """Change fields of a run: state, message, layer, routes, pid, process, fence, actor, ended, reasons."""
        if "routes" in values:
            values["routes"] = json.dumps([_route_out(route) for route in values["routes"]])
        if "reasons" in values:
            values["reasons"] = json.dumps([_reason_out(one) for one in values["reasons"]])
        names = ", ".join(f"{name} = ?" for name in values)
        with self._commit(f"run {'+'.join(values)}") as db:
            db.execute(f"UPDATE runs SET {names} WHERE run = ?", (*values.values(), run))

    def line(self, run: str, step: str, phase: str, sentence: str) -> None:
        """One journaled step, dated now."""
        with self._commit(f"{step} {phase}") as db:
            db.execute(
                "INSERT INTO lines (run, at, step, phase, sentence) VALUES (?,?,?,?,?)",
                (run, time.time(), step, phase, sentence),
            )

    def command(self, run: str, word: str) -> None:
        """Leave a word for a run's runner."""
        with self._commit(f"command {word}") as db:
            db.execute("INSERT INTO commands (run, word, at) VALUES (?,?,?)", (run, word, time.time()))

    def commands(self, run: str) -> list[str]:
        """The words left for a run, oldest first."""
        return [word for (word,) in self._db.execute("SELECT word FROM commands WHERE run = ? ORDER BY id", (run,))]

    def row(self, run: str) -> Row | None:
        """The run of that id."""
        found = self._rows("WHERE run = ?", (run,))
        return found[0] if found else None

    def named(self, prefix: str) -> Row | None:
        """The run of that id, or the only one whose id begins so. Raises `UsageError` where there are several."""
        exact = self.row(prefix)
        if exact is not None or not prefix:
            return exact
        found = [row for row in self._rows("", ()) if row.report.run.startswith(prefix)]
        if len(found) > 1:
            names = ", ".join(row.report.run for row in found[:8])
            raise UsageError(f"{len(found)} runs begin so: {names}", fix="Write more of the id.")
        return found[0] if found else None

    def rows(self, fleet_uid: str | None = None) -> list[Row]:
        """All runs, newest first."""
        return self._rows("WHERE fleet_uid = ?", (fleet_uid,)) if fleet_uid else self._rows("", ())

    def _rows(self, where: str, values: Sequence[Any]) -> list[Row]:
        columns = (
            "run, fleet_uid, kind, state, plan, plan_hash, reason, actor, access, gateway, reasons, routes, of, host,"
            " pid, process, started, ended, layer, message"
        )
        found = self._db.execute(f"SELECT {columns} FROM runs {where} ORDER BY started DESC, rowid DESC", values)
        return [self._row(values) for values in found.fetchall()]

    def _row(self, values: Sequence[Any]) -> Row:
        (run, uid, kind, state, plan, plan_hash, reason, actor, access, gateway, reasons, routes, of, host) = values[
            :14
        ]
        pid, process, started, ended, layer, message = values[14:]
        lines = self._db.execute("SELECT at, step, phase, sentence FROM lines WHERE run = ? ORDER BY id", (run,))
        report = RunReport(
            run=run,
            fleet_uid=uid,
            kind=kind,
            state=RunState(state),
            plan_hash=plan_hash,
            reasons=tuple(_reason_in(one) for one in json.loads(reasons)),
            routes=tuple(_route_in(one) for one in json.loads(routes)),
            started=started,
            ended=ended,
            actor=actor,
            reason=reason,
            pid=pid,
            host=host,
            layer=Layer(layer) if layer else None,
            message=message,
            of=of,
            lines=tuple(JournalLine(*line) for line in lines.fetchall()),
        )
        return Row(report, plan, json.loads(access), gateway, process or "")


def _default() -> Path:
    import platformdirs

    return platformdirs.user_state_path("fleet-console")


def _on_network(directory: Path) -> bool:
    """Whether the directory lies on a network file system, by the longest mount point above it."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text("utf-8", "replace").splitlines()]
    except OSError:
        return False
    place = directory.resolve()
    best = max((m for m in mounts if place.is_relative_to(m[0])), key=lambda m: len(m[0]), default=["/", ""])
    return best[1] in _NETWORK


def _reason_out(reason: Reason) -> list[str]:
    return [reason.rule, reason.severity, reason.measured, reason.needed, reason.message]


def _reason_in(values: Sequence[str]) -> Reason:
    return Reason(values[0], Severity(values[1]), values[2], values[3], values[4])


def _route_out(route: RunRoute) -> dict[str, Any]:
    return {
        "route": route.route,
        "before": route.before,
        "after": route.after,
        "now": route.now,
        "layer": route.layer,
    }


def _route_in(values: dict[str, Any]) -> RunRoute:
    before, after, now = (tuple((member, weight) for member, weight in values[k]) for k in ("before", "after", "now"))
    return RunRoute(values["route"], before, after, now, Layer(values["layer"]) if values["layer"] else None)
