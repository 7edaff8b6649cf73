"""A run's report as one row of the journal, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.model.fleet import Layer
from console.model.run import JournalLine, Reason, RunReport, RunRoute, RunState, Severity, Split

COLUMNS = (
    "run", "fleet_uid", "kind", "state", "plan", "plan_hash", "reason", "actor", "access", "gateway", "reasons",
    "routes", "of", "host", "pid", "process", "started", "ended", "layer", "message",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A run as the journal holds it: its report, and what its runner needs.

    `access`: kubeconfig, context, config and log_file, each a text or None. `process`: the runner as JSON, empty before
    it began.
    """

    report: RunReport
    plan: str
    access: dict[str, Any]
    gateway: str | None
    process: str


def out(report: RunReport, plan: str, access: Mapping[str, Any], gateway: str | None) -> dict[str, Any]:
    """Column -> value of a run that begins."""
    return {
        "run": report.run,
        "fleet_uid": report.fleet_uid,
        "kind": report.kind,
        "state": report.state,
        "plan": plan,
        "plan_hash": report.plan_hash,
        "reason": report.reason,
        "actor": report.actor,
        "access": json.dumps(access),
        "gateway": gateway,
        "reasons": value_out("reasons", report.reasons),
        "routes": value_out("routes", report.routes),
        "of": report.of,
        "host": report.host,
        "started": report.started,
        "message": report.message,
    }


def value_out(name: str, value: Any) -> Any:
    """One field of a report as its column holds it."""
    if name == "routes":
        return json.dumps([[one.route, one.before, one.after, one.now, one.layer] for one in value])
    if name == "reasons":
        return json.dumps([[one.rule, one.severity, one.measured, one.needed, one.message] for one in value])
    return value


def into(values: Mapping[str, Any], lines: Sequence[tuple[float, str, str, str]]) -> Row:
    """The row whose columns hold `values`."""
    layer = values["layer"]
    report = RunReport(
        run=values["run"],
        fleet_uid=values["fleet_uid"],
        kind=values["kind"],
        state=RunState(values["state"]),
        plan_hash=values["plan_hash"],
        reasons=tuple(Reason(rule, Severity(word), *rest) for rule, word, *rest in json.loads(values["reasons"])),
        routes=tuple(_route(*one) for one in json.loads(values["routes"])),
        started=values["started"],
        ended=values["ended"],
        actor=values["actor"],
        reason=values["reason"],
        pid=values["pid"],
        host=values["host"],
        layer=Layer(layer) if layer else None,
        message=values["message"],
        of=values["of"],
        lines=tuple(JournalLine(*line) for line in lines),
    )
    return Row(report, values["plan"], json.loads(values["access"]), values["gateway"], values["process"] or "")


def _route(key: str, before: Any, after: Any, now: Any, layer: str | None) -> RunRoute:
    return RunRoute(key, _split(before), _split(after), _split(now), Layer(layer) if layer else None)


def _split(pairs: Sequence[tuple[str, int | None]]) -> Split:
    return tuple((member, weight) for member, weight in pairs)
