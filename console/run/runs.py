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
from console.errors import Refused, UsageError
from console.kube.holder import Process
from console.model.fleet import Fleet, Run
from console.model.run import Reason, RunReport, RunRoute, RunState
from console.model.text import inert
from console.observe import Observer
from console.run.journal import Journal
from console.run.launch import launch, logout_warning
from console.run.rows import Row
from console.run.who import actor, login
from console.settings import Settings

NEVER = 60.0
"""Seconds after which a planned run that no runner has begun is told as failed."""
_LETTERS, _DIGITS = "bcdfghjkmnpqrstvwxz", "23456789"


@dataclass(frozen=True, slots=True)
class Access:
    """How a front was called: what a runner needs to reach the same Fleet, settings and journal."""

    kubeconfig: str | None = None
    context: str | None = None
    config: Path | None = None
    state_dir: Path | None = None
    log_file: Path | None = None
    fleet: str | None = None


def start(
    access: Access,
    settings: Settings,
    plan: Plan,
    *,
    reason: str,
    reasons: tuple[Reason, ...] = (),
    gateway: str | None,
) -> RunReport:
    """Journal a run and start its detached runner; returns once the runner said that it lives, or how it failed.

    Raises `Refused` where settings are read-only, `UsageError` where the journal cannot be written.
    """
    if settings.read_only:
        raise Refused("settings forbid every write (read_only: true)", fix="Set read_only: false.")
    with Journal(access.state_dir) as journal:
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
        journal.add(report, plan.canonical(), _reach(access), gateway)
        warning = logout_warning(login())
        if warning:
            journal.line(report.run, "launch", "noted", warning)
        launch(journal, report.run)
        row = journal.row(report.run)
    told = _told(row) if row else report
    return replace(told, message=". ".join(filter(None, (told.message, warning)))) if warning else told


def _reach(access: Access) -> dict[str, str | None]:
    """What the runner needs to reach the same Fleet and settings, wherever it runs."""
    return {
        "kubeconfig": str(Path(access.kubeconfig).expanduser().absolute()) if access.kubeconfig else None,
        "context": access.context,
        "config": str(access.config.expanduser().absolute()) if access.config else None,
        "fleet": access.fleet,
        "log_file": str(access.log_file.expanduser().absolute()) if access.log_file else None,
    }


def report(access: Access, run: str) -> RunReport | None:
    """The run of that id or unique prefix, as this host's journal has it; `interrupted` where its runner is dead."""
    journal = Journal.there(access.state_dir)
    if journal is None:
        return None
    with journal:
        row = journal.named(run)
    return _told(row) if row else None


def runs(access: Access, *, fleet_uid: str | None = None) -> tuple[RunReport, ...]:
    """All runs of this host's journal, newest first."""
    journal = Journal.there(access.state_dir)
    if journal is None:
        return ()
    with journal:
        return tuple(_told(row) for row in journal.rows(fleet_uid))


def follow(access: Access, run: str, *, every: float = 0.25) -> Iterator[RunReport]:
    """Each change of a run, the present state first; ends when it is over."""
    journal = Journal.there(access.state_dir)
    if journal is None:
        return
    last: RunReport | None = None
    with journal:
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
    """Leave `rollback` or `stop` for a live run's runner. Raises `UsageError` where it is over, or there is none."""
    if word not in ("rollback", "stop"):
        raise UsageError(f"no run understands '{inert(word, 40)}'")
    with _journal(access, run) as journal:
        row = _named(journal, run)
        if _told(row).state.over:
            raise UsageError(f"run {row.report.run} is over", fix="Undo it with a rollback of its own.")
        journal.command(row.report.run, word)


def rollback_plan(access: Access, run: str) -> Plan:
    """The plan that undoes a run of this host's journal. Raises `UsageError` where there is none of that id."""
    with _journal(access, run) as journal:
        row = _named(journal, run)
    return arranged(plans.undo(plans.parse(row.plan), row.report.run), row.report)


def _journal(access: Access, run: str) -> Journal:
    journal = Journal.there(access.state_dir)
    if journal is None:
        raise UsageError(f"no run '{inert(run, 40)}': this host has no journal")
    return journal


def _named(journal: Journal, run: str) -> Row:
    row = journal.named(run)
    if row is None:
        raise UsageError(f"no run '{inert(run, 40)}' in this host's journal")
    return row


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
    """The report, or `interrupted` where its runner is provably dead, or `failed` where it never had one."""
    known = row.report
    if known.state is RunState.PLANNED and time.time() - (known.started or 0.0) > NEVER:
        return replace(known, state=RunState.FAILED, message="its runner was never started; nothing was written")
    if known.state is not RunState.RUNNING or not row.process:
        return known
    process = Process(**json.loads(row.process))
    if not process.dead_or_rebooted:
        return known
    begun = any(line.step.startswith("weigh") for line in known.lines)
    what = "weights may have been written" if begun else "no weight was written"
    message = f"its runner is dead; {what}. Put back what was there: fleet-console rollback {known.run}"
    return replace(known, state=RunState.INTERRUPTED, message=message)


def _unwritten(change: plans.RouteChange) -> RunRoute:
    before, after = change.weights(change.before), change.weights(change.after)
    return RunRoute(change.key, tuple(before.items()), tuple(after.items()), tuple(before.items()))


def _fresh(journal: Journal) -> str:
    """Five letters and digits that are read out without mistakes and make no number, never used in this journal.

    Another host may have taken one on the same Fleet once in millions; then its record refuses ours.
    """
    while True:
        run = secrets.choice(_LETTERS) + "".join(secrets.choice(_LETTERS + _DIGITS) for _ in range(4))
        if journal.row(run) is None:
            return run
