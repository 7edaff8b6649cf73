"""The face of the runner for both fronts: start a run, tell of it, follow it, command it, undo it."""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from console.decide import plan as plans
from console.decide.plan import Plan
from console.errors import FleetConsoleError, UsageError
from console.model.fleet import Fleet, Run
from console.model.run import Reason, RunReport, RunRoute, RunState
from console.observe import Observer
from console.run.journal import Journal, Row
from console.run.launch import launch
from console.run.who import actor
from console.settings import Settings


@dataclass(frozen=True, slots=True)
class Access:
    """How a front was called: what a runner needs to reach the same Fleet, settings and journal."""

    kubeconfig: str | None = None
    context: str | None = None
    config: Path | None = None
    state_dir: Path | None = None


def start(
    access: Access,
    settings: Settings,
    plan: Plan,
    *,
    reason: str,
    reasons: tuple[Reason, ...] = (),
    gateway: str | None = None,
) -> RunReport:
    """Journal a run and start its detached runner; returns once the runner said that it lives, or how it failed."""
    if settings.read_only:
        raise FleetConsoleError("settings forbid every write (read_only: true)")
    journal = Journal(access.state_dir)
    report = RunReport(
        run=_fresh(journal),
        fleet_uid=plan.fleet_uid,
        kind=plan.kind,
        state=RunState.PLANNED,
        plan_hash=plan.hash,
        reasons=reasons,
        routes=tuple(_unwritten(change) for change in plan.routes),
        started=time.time(),
        actor=actor(None),
        reason=reason,
        host=socket.gethostname(),
        of=plan.of,
    )
    reach = {
        "kubeconfig": str(Path(access.kubeconfig).absolute()) if access.kubeconfig else None,
        "context": access.context,
        "config": str(access.config.absolute()) if access.config else None,
    }
    journal.add(report, plan.canonical(), reach, gateway)
    launch(journal, report.run)
    row = journal.row(report.run)
    return _told(row) if row else report


def report(access: Access, run: str) -> RunReport | None:
    """The run of that id or unique prefix, as this host's journal has it; `interrupted` where its runner is dead."""
    row = Journal(access.state_dir).named(run)
    return _told(row) if row else None


def runs(access: Access, *, fleet_uid: str | None = None) -> tuple[RunReport, ...]:
    """All runs of this host's journal, newest first."""
    return tuple(_told(row) for row in Journal(access.state_dir).rows(fleet_uid))


def follow(access: Access, run: str, *, every: float = 0.25) -> Iterator[RunReport]:
    """Each change of a run, the present state first; ends when it is over."""
    journal = Journal(access.state_dir)
    last: RunReport | None = None
    while True:
        row = journal.named(run)
        if row is None:
            return
        now = _told(row)
        if now != last:
            last = now
            yield now
        if now.state.over:
            return
        time.sleep(every)


def arranged(plan: Plan, report: RunReport) -> Plan:
    """The plan with each route's members in the order in which the run's report shows them."""
    shown = {route.route: [member for member, _ in route.before] for route in report.routes}
    return replace(plan, routes=tuple(change.arranged(shown.get(change.key, ())) for change in plan.routes))


def follow_record(observer: Observer, run: str, *, every: float = 0.5) -> Iterator[RunReport]:
    """Each change of a run of another login or host, as its record on the Fleet tells it; ends when it is over.

    Yields nothing where the Fleet has no record of it.
    """
    last: RunReport | None = None
    while True:
        fleet = observer.store.fleet
        record = next((one for one in fleet.runs if one.run == run), None)
        if record is None:
            return
        now = _recorded(record, fleet.uid or "")
        if now != last:
            last = now
            yield now
        if now.state.over:
            return
        time.sleep(every)


def command(access: Access, run: str, word: str) -> None:
    """Leave `rollback` or `stop` for a live run's runner."""
    Journal(access.state_dir).command(run, word)


def rollback_plan(access: Access, run: str) -> Plan:
    """The plan that undoes a run of this host's journal. Raises `UsageError` where there is none of that id."""
    row = Journal(access.state_dir).named(run)
    if row is None:
        raise UsageError(f"no run '{run}' in this host's journal")
    plan = plans.undo(plans.parse(row.plan), row.report.run)
    return arranged(plan, row.report)


def merge(local: tuple[RunReport, ...], fleet: Fleet) -> tuple[RunReport, ...]:
    """This host's runs, and those that only the Fleet's records tell of, newest first."""
    known = {report.run for report in local}
    others = tuple(_recorded(record, fleet.uid or "") for record in fleet.runs if record.run not in known)
    return tuple(sorted((*local, *others), key=lambda report: -(report.started or 0.0)))


def _recorded(record: Run, fleet_uid: str) -> RunReport:
    before = {key: dict(split) for key, split in record.before}
    routes = tuple(
        RunRoute(key, tuple(before.get(key, {}).items()), split, tuple((member, None) for member, _ in split))
        for key, split in record.targets
    )
    state = RunState.FAILED
    with suppress(ValueError):
        state = RunState(record.state)
    return RunReport(
        run=record.run,
        fleet_uid=fleet_uid,
        kind="shift",
        state=state,
        plan_hash=record.plan_hash,
        routes=routes,
        started=record.started,
        actor=record.actor,
        reason=record.reason,
        pid=record.pid,
        host=record.host,
        message=record.message,
    )


def _told(row: Row) -> RunReport:
    """The report, or `interrupted` where its runner is provably dead."""
    if row.report.state is not RunState.RUNNING or not row.process:
        return row.report
    from console.kube.lease import Process

    if not Process(**json.loads(row.process)).dead:
        return row.report
    written = any(line.phase in ("sent", "confirmed") and line.step.startswith("weigh") for line in row.report.lines)
    what = "weights may have been written" if written else "no weight was written"
    return replace(
        row.report,
        state=RunState.INTERRUPTED,
        message=f"its runner is dead; {what}. fleet-console rollback {row.report.run}",
    )


def _unwritten(change: plans.RouteChange) -> RunRoute:
    before, after = change.weights(change.before), change.weights(change.after)
    return RunRoute(change.key, tuple(before.items()), tuple(after.items()), tuple(before.items()))


def _fresh(journal: Journal) -> str:
    """Four letters and digits that are read out without mistakes, never used in this journal."""
    while True:
        run = "".join(secrets.choice("abcdefghkmnpqrstwxyz23456789") for _ in range(5))
        if journal.row(run) is None:
            return run
