"""A run as it is told: by this host's journal, which knows whether its runner is dead, or by its record on the Fleet,
which anybody may have written."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from console.decide import onestep
from console.decide import plan as plans
from console.decide.onestep import OneStep
from console.decide.plan import Plan, RouteChange
from console.errors import UsageError
from console.kube.holder import Process
from console.model import silence
from console.model.fleet import Fleet, Run
from console.model.overdue import SAID, late, left, overdue, taken_over
from console.model.run import ONE_STEP, RunReport, RunRoute, RunState, Split
from console.model.text import inert
from console.present.times import clock, due
from console.run.rows import MOVES_NOTHING, TRIED, Row, stood

NEVER = 60.0
"""Seconds after which a planned run that no runner has begun is told as failed."""


def told_of(row: Row) -> RunReport:
    """The report, or `interrupted` where its runner is provably dead, or `failed` where it never had one."""
    told = _told_of(row)
    last = told.lines[-1] if told.lines else None
    if told.state is not RunState.INTERRUPTED or last is None or last.step != TRIED:
        return told
    return replace(told, message=f"{told.message}. Tried at {clock(last.at)}, nothing done: {last.sentence}")


def _told_of(row: Row) -> RunReport:
    known = row.report
    if known.state is RunState.PLANNED and row.followed:
        known = replace(known, state=stood(known))
    if known.state is RunState.PLANNED and time.time() - (known.started or 0.0) > NEVER:
        return replace(known, state=RunState.FAILED, message="its runner was never started; nothing was written")
    guarded = known.state is RunState.DONE and known.expires is not None
    if guarded and late(known.expires, time.time()):
        known = replace(known, overdue=True)
    if (known.state is not RunState.RUNNING and not guarded) or not row.process:
        return known
    process = Process(**json.loads(row.process))
    if not process.dead_or_rebooted:
        return known
    if guarded:
        back = f"should have taken it back at {due(known.expires, known.started)}" if known.overdue else "takes it back"
        message = f"it is done, and its runner, which {back}, is dead: fleet-console resume {known.run}"
        return replace(known, state=RunState.INTERRUPTED, message=message)
    if known.one_step:
        asked = any(line.step.startswith(f"{known.kind} ") and line.phase == "intended" for line in known.lines)
        what = f"the {known.kind} may have been asked for" if asked else "nothing was asked for"
        ways = f"fleet-console resume {known.run} looks, and goes on from there"
        return replace(known, state=RunState.INTERRUPTED, message=f"its runner is dead; {what}. {ways}")
    if known.provisions:
        ways = f"fleet-console resume {known.run} looks, and goes on from there"
        return replace(known, state=RunState.INTERRUPTED, message=f"its runner is dead. {ways}")
    begun = any(line.step.startswith("weigh") for line in known.lines)
    what = "weights may have been written" if begun else "no weight was written"
    what += f"; automated sync of {', '.join(known.debts)} is off" if known.debts else ""
    ways = f"fleet-console resume {known.run} goes on, fleet-console rollback {known.run} puts back what was there"
    message = f"its runner is dead; {what}. {ways}"
    return replace(known, state=RunState.INTERRUPTED, message=message)


def lost(told: RunReport) -> bool:
    """Whether this host tried to take the run over, and another runner lives: its record tells of it, and its words go
    there."""
    tried = any(line.step == "takeover" for line in told.lines)
    return tried and told.state in (RunState.REFUSED, RunState.FAILED)


def merge(local: tuple[RunReport, ...], fleet: Fleet) -> tuple[RunReport, ...]:
    """This host's runs, and those that only the Fleet's records tell of, or that a runner elsewhere took over from a
    dead one here, newest first."""
    known = {report.run: report for report in local}
    others = tuple(
        of_record(one, fleet) for one in fleet.runs if one.run not in known or taken_over(one, known[one.run])
    )
    taken = {report.run for report in others}
    mine = (_since(report, fleet) for report in local if report.run not in taken)
    return tuple(sorted((*mine, *others), key=lambda report: -(report.started or 0.0)))


def _since(report: RunReport, fleet: Fleet) -> RunReport:
    """A run of this host that nobody needs to look after any more: a newer one has written all its routes since."""
    record = fleet.run(report.run)
    ill = report.overdue or report.state is RunState.INTERRUPTED
    if not ill or record is None or not record.routes or left(record, fleet.runs):
        return report
    newest = max(fleet.runs, key=lambda one: (bool(set(one.routes) & set(record.routes)), one.fence or 0))
    message = f"run {inert(newest.run, 40)} has written its routes since"
    state = RunState.DONE if report.expires is not None else RunState.SUPERSEDED
    return replace(report, state=state, overdue=False, expires=None, message=message)


def elsewhere(fleet: Fleet, run: str) -> RunReport | None:
    """A run as its record on the Fleet tells it; None where there is none of that id."""
    record = fleet.run(run)
    return None if record is None else of_record(record, fleet)


def recorded(fleet: Fleet | None, run: str) -> Run:
    """A run of the Fleet's records. Raises `UsageError`."""
    found = fleet.run(run) if fleet else None
    if found is None:
        raise UsageError(f"no run '{inert(run, 40)}', neither in this host's journal nor on the Fleet")
    return found


def plan_of(record: Run, fleet: Fleet) -> Plan:
    """The plan of a record, which anybody may have written: its hash must be its own. Members stand in the Fleet's
    order, in which they are shown everywhere: a record has them in that of their ids."""
    step = _step_of(record)
    if step is not None:
        raise UsageError(f"run {record.run} is a {step.kind} of an Application: {MOVES_NOTHING}")
    try:
        plan = plans.parse(record.plan)
    except UsageError as error:
        raise UsageError(f"the record of run {record.run} holds no plan: {error}") from None
    if plan.hash != record.plan_hash:
        raise UsageError(f"the record of run {record.run} was changed: its plan does not have its hash")
    order = [member.id for member in fleet.members]
    return replace(plan, routes=tuple(change.arranged(order) for change in plan.routes))


def _step_of(record: Run) -> OneStep | None:
    """The one step of a record; None where it holds none, or not its own."""
    with suppress(UsageError):
        step = onestep.parse(record.plan)
        return step if step.hash == record.plan_hash else None
    return None


def of_record(record: Run, fleet: Fleet) -> RunReport:
    """A run as its record tells it, members in the Fleet's order."""
    state = RunState.FAILED
    with suppress(ValueError):
        state = RunState(record.state)
    planned, changes = _planned(record, fleet)
    message = record.message
    silent = planned["kind"] in ONE_STEP and time.time() - (record.started or 0.0) > onestep.LONGEST
    if silent and state is RunState.RUNNING:  # a step ends by itself, and nobody else marks what its runner left
        state, message = RunState.INTERRUPTED, "its runner has said nothing since it began"
    since = silence.silent(record, fleet, time.time())
    if since is not None:
        state, message = RunState.INTERRUPTED, unanswered(record, since)
    behind = overdue(record, fleet, time.time())
    if behind and not message.startswith(SAID):  # its runner is dead, or cannot: whoever sees it may take it back
        name = inert(record.run, 40)
        ways = f"fleet-console resume {name} --takeover takes it back, rollback {name} undoes it"
        at = due(record.expires, record.started)
        message = f"it should have gone back at {at}, and nobody took it back. {ways}"
        state = RunState.INTERRUPTED
    return RunReport(
        run=record.run,
        fleet_uid=fleet.uid or "",
        state=state,
        plan_hash=record.plan_hash,
        routes=_routes(record, fleet, state, changes),
        started=record.started,
        ended=record.updated if state.over else None,
        actor=record.actor,
        reason=record.reason,
        pid=record.pid,
        host=record.host,
        message=message,
        step=record.step,
        going=record.going,
        hold_until=record.hold_until,
        expires=record.expires,
        debts=record.debts,
        overdue=behind,
        recorded=True,
        **planned,
    )


def unanswered(record: Run, since: float) -> str:
    """That the runner of another host says nothing, and what can be done."""
    name, host = inert(record.run, 40), inert(record.host, 80) or "another host"
    ways = f"fleet-console resume {name} --takeover goes on with it, rollback {name} puts back what it replaced"
    return f"its runner on {host} has said nothing since {clock(since)}: it is dead, or does not reach the hub. {ways}"


def _routes(record: Run, fleet: Fleet, state: RunState, changes: Sequence[RouteChange]) -> tuple[RunRoute, ...]:
    """The routes: as the plan has them, what is wanted now as the record says; by its word alone where it holds no
    plan. What stands now is the record's to tell only once the run is over, and nobody else wrote."""
    place = {member.id: index for index, member in enumerate(fleet.members)}

    def sort(split: Iterable[tuple[str, int | None]]) -> Split:
        return tuple(sorted(split, key=lambda pair: (place.get(pair[0], len(place)), pair[0])))

    before, after = dict(record.before), dict(record.targets)
    for change in changes:
        before[change.key] = tuple(change.weights(change.before).items())
        after[change.key] = tuple(change.weights(change.after).items())
    stands = state in (RunState.DONE, RunState.HELD, RunState.ROLLED_BACK)
    found = []
    for key, targets in record.targets:
        wants = sort(targets)
        now = wants if stands else tuple((member, None) for member, _ in wants)
        found.append(RunRoute(key, sort(before.get(key, ())), sort(after[key]), now, wants=wants))
    return tuple(found)


def _planned(record: Run, fleet: Fleet) -> tuple[dict[str, Any], tuple[RouteChange, ...]]:
    """What the record's plan says of the run, where it holds one; and its changes."""
    step = None if record.targets else _step_of(record)
    if step is not None:
        return {"kind": step.kind, "target": inert(step.key, 320)}, ()
    with suppress(UsageError):
        plan = plan_of(record, fleet)
        of = {"kind": plan.kind, "steps": plan.steps, "target": plan.target, "of": plan.of}
        return {**of, "overrides": plan.overrides}, plan.routes
    return {"kind": "shift"}, ()
