"""A run as it is told: by this host's journal, which knows whether its runner is dead, or by its record on the Fleet,
which anybody may have written."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

from console.decide import onestep
from console.decide import plan as plans
from console.decide.onestep import OneStep
from console.decide.plan import Plan
from console.errors import UsageError
from console.kube.holder import Process
from console.model.fleet import Fleet, Run
from console.model.run import ONE_STEP, RunReport, RunRoute, RunState
from console.model.text import inert
from console.run.rows import MOVES_NOTHING, Row

NEVER = 60.0
"""Seconds after which a planned run that no runner has begun is told as failed."""


def told_of(row: Row) -> RunReport:
    """The report, or `interrupted` where its runner is provably dead, or `failed` where it never had one."""
    known = row.report
    if known.state is RunState.PLANNED and time.time() - (known.started or 0.0) > NEVER:
        return replace(known, state=RunState.FAILED, message="its runner was never started; nothing was written")
    guarded = known.state is RunState.DONE and known.expires is not None
    if (known.state is not RunState.RUNNING and not guarded) or not row.process:
        return known
    process = Process(**json.loads(row.process))
    if not process.dead_or_rebooted:
        return known
    if guarded:
        message = f"it is done, and its runner, which should take it back, is dead: fleet-console resume {known.run}"
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
    ways = f"Go on with fleet-console resume {known.run}, or put back what was there with rollback {known.run}"
    message = f"its runner is dead; {what}. {ways}"
    return replace(known, state=RunState.INTERRUPTED, message=message)


def merge(local: tuple[RunReport, ...], fleet: Fleet) -> tuple[RunReport, ...]:
    """This host's runs, and those that only the Fleet's records tell of, newest first."""
    known = {report.run for report in local}
    others = tuple(of_record(record, fleet.uid or "") for record in fleet.runs if record.run not in known)
    return tuple(sorted((*local, *others), key=lambda report: -(report.started or 0.0)))


def elsewhere(fleet: Fleet, run: str) -> RunReport | None:
    """A run as its record on the Fleet tells it; None where there is none of that id."""
    record = fleet.run(run)
    return None if record is None else of_record(record, fleet.uid or "")


def recorded(fleet: Fleet | None, run: str) -> Run:
    """A run of the Fleet's records. Raises `UsageError`."""
    found = fleet.run(run) if fleet else None
    if found is None:
        raise UsageError(f"no run '{inert(run, 40)}', neither in this host's journal nor on the Fleet")
    return found


def plan_of(record: Run) -> Plan:
    """The plan of a record, which anybody may have written: its hash must be its own."""
    step = _step_of(record)
    if step is not None:
        raise UsageError(f"run {record.run} is a {step.kind} of an Application: {MOVES_NOTHING}")
    try:
        plan = plans.parse(record.plan)
    except UsageError as error:
        raise UsageError(f"the record of run {record.run} holds no plan: {error}") from None
    if plan.hash != record.plan_hash:
        raise UsageError(f"the record of run {record.run} was changed: its plan does not have its hash")
    return plan


def _step_of(record: Run) -> OneStep | None:
    """The one step of a record; None where it holds none, or not its own."""
    with suppress(UsageError):
        step = onestep.parse(record.plan)
        return step if step.hash == record.plan_hash else None
    return None


def of_record(record: Run, fleet_uid: str) -> RunReport:
    before = {key: dict(split) for key, split in record.before}
    routes = tuple(
        RunRoute(key, tuple(before.get(key, {}).items()), split, tuple((member, None) for member, _ in split))
        for key, split in record.targets
    )
    state = RunState.FAILED
    with suppress(ValueError):
        state = RunState(record.state)
    planned, message = _planned(record), record.message
    silent = planned["kind"] in ONE_STEP and time.time() - (record.started or 0.0) > onestep.LONGEST
    if silent and state is RunState.RUNNING:  # a step ends by itself, and nobody else marks what its runner left
        state, message = RunState.INTERRUPTED, "its runner has said nothing since it began"
    return RunReport(
        run=record.run,
        fleet_uid=fleet_uid,
        state=state,
        plan_hash=record.plan_hash,
        routes=routes,
        started=record.started,
        actor=record.actor,
        reason=record.reason,
        pid=record.pid,
        host=record.host,
        message=message,
        step=record.step,
        going=record.going,
        expires=record.expires,
        debts=record.debts,
        **planned,
    )


def _planned(record: Run) -> dict[str, Any]:
    """What the record's plan says of the run, where it holds one."""
    step = None if record.targets else _step_of(record)
    if step is not None:
        return {"kind": step.kind, "target": inert(step.key, 320)}
    with suppress(UsageError):
        plan = plan_of(record)
        of = {"kind": plan.kind, "steps": plan.steps, "target": plan.target, "of": plan.of}
        return {**of, "overrides": plan.overrides}
    return {"kind": "shift"}
