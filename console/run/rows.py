"""A run's report as one row of the journal, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from console.decide import onestep, reverters
from console.decide import plan as plans
from console.decide.onestep import OneStep
from console.decide.plan import Plan
from console.errors import UsageError
from console.model.fleet import Layer
from console.model.run import JournalLine, Reason, RunReport, RunRoute, RunState, Severity, Split, Usual

TAKEN = "{}"
"""Stands for the process of a runner that is not known to be dead: its Lease must have been seen unrenewed."""
TRIED = "resume"
"""The step of a journal line that tells why a runner that was to go on with a run did nothing."""
MOVES_NOTHING = "it moves no weights, and there is nothing to put back"
COLUMNS = (
    "run", "fleet_uid", "kind", "state", "plan", "plan_hash", "reason", "actor", "access", "reasons",
    "routes", "of", "host", "pid", "process", "started", "ended", "layer", "message", "steps", "step", "going",
    "hold_until", "expires", "target", "overrides", "since", "usual",
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
    process: str

    @property
    def followed(self) -> bool:
        """Whether a runner that is dead began it; once it is planned, to be followed by another."""
        return self.process not in ("", TAKEN)

    def planned(self) -> Plan:
        """The plan, its routes and their members in the order in which the report has them.

        Raises `UsageError` where the text is none, does not have the report's hash, or is of one step.
        """
        if self.report.one_step:
            raise UsageError(f"run {self.report.run} is a {self.report.kind} of an Application: {MOVES_NOTHING}")
        if self.report.provisions:
            raise UsageError(f"run {self.report.run} is a {self.report.kind} of a topology: {MOVES_NOTHING}")
        plan = plans.parse(self.plan)
        if plan.hash != self.report.plan_hash:
            raise UsageError("the journal's plan does not have its hash")
        return arranged(plan, self.report)

    def step(self) -> OneStep:
        """The one step of a refresh or a sync. Raises `UsageError` as `planned`."""
        step = onestep.parse(self.plan)
        if step.hash != self.report.plan_hash:
            raise UsageError("the journal's plan does not have its hash")
        return step


def stood(report: RunReport) -> RunState:
    """Where a dead runner left a run: what is to go back by itself, and is not on the way there, was done."""
    waits = report.expires is not None and report.step >= len(report.steps) and report.going != "back"
    return RunState.DONE if waits and not report.one_step and not report.provisions else RunState.RUNNING


def arranged(plan: Plan, report: RunReport) -> Plan:
    """A plan with its routes and their members in the order in which a report has them."""
    shown = {route.route: (place, [member for member, _ in route.before]) for place, route in enumerate(report.routes)}
    last = len(shown)
    routes = sorted(plan.routes, key=lambda change: (shown.get(change.key, (last, []))[0], change.key))
    return replace(plan, routes=tuple(change.arranged(shown.get(change.key, (0, []))[1]) for change in routes))


def out(report: RunReport, plan: str, access: Mapping[str, Any]) -> dict[str, Any]:
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
        "reasons": value_out("reasons", report.reasons),
        "routes": value_out("routes", report.routes),
        "of": report.of,
        "host": report.host,
        "started": report.started,
        "message": report.message,
        "steps": value_out("steps", report.steps),
        "step": report.step,
        "going": report.going,
        "expires": report.expires,
        "target": report.target,
        "overrides": value_out("overrides", report.overrides),
    }


def value_out(name: str, value: Any) -> Any:
    """One field of a report as its column holds it."""
    if name == "routes":
        return json.dumps([[one.route, one.before, one.after, one.now, one.layer, one.wants] for one in value])
    if name == "reasons":
        return json.dumps([[one.rule, one.severity, one.measured, one.needed, one.message] for one in value])
    if name == "usual" and value is not None:
        return json.dumps([value.gateway, value.layer, value.runs, value.p50, value.p95])
    if name in ("steps", "overrides"):
        return json.dumps(value)
    return value


def into(values: Mapping[str, Any], lines: Sequence[tuple[float, str, str, str]]) -> Row:
    """The row whose columns hold `values`."""
    layer, journaled = values["layer"], tuple(JournalLine(*line) for line in lines)
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
        lines=journaled,
        steps=tuple(json.loads(values["steps"])),
        step=values["step"],
        going=values["going"],
        hold_until=values["hold_until"],
        expires=values["expires"],
        target=values["target"],
        overrides=tuple(json.loads(values["overrides"])),
        since=values["since"],
        usual=_usual(values["usual"]),
        debts=reverters.owed(journaled),
    )
    return Row(report, values["plan"], json.loads(values["access"]), values["process"] or "")


def _route(key: str, before: Any, after: Any, now: Any, layer: str | None, wants: Any = ()) -> RunRoute:
    return RunRoute(key, _split(before), _split(after), _split(now), Layer(layer) if layer else None, _split(wants))


def _usual(text: str | None) -> Usual | None:
    if text is None:
        return None
    gateway, layer, *figures = json.loads(text)
    return Usual(gateway, Layer(layer), *figures)


def _split(pairs: Sequence[tuple[str, int | None]]) -> Split:
    return tuple((member, weight) for member, weight in pairs)
