"""The face of the runner for both fronts: start a run, follow it, command it, go on with it, undo it."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from console.decide import intents
from console.decide import plan as plans
from console.decide.case import Around
from console.decide.onestep import OneStep
from console.decide.plan import Plan
from console.errors import Refused, UsageError
from console.kube import records
from console.kube.record import WORDS
from console.model.direct import Sample
from console.model.fleet import AlbHealthWord, Fleet, Run
from console.model.hub import Word
from console.model.run import Reason, RunReport, RunState
from console.model.text import inert
from console.observe import Observer
from console.present.times import due
from console.run import known
from console.run.access import Access
from console.run.journal import Journal
from console.run.launch import launch, logout_warning
from console.run.rows import Row
from console.run.who import actor, login
from console.settings import Settings

VIEW = 5.0
"""Seconds between two signs of life of a viewer."""
HEARD = 10.0
"""Seconds within which a runner that lives has taken a word and said so in its record."""
IDLE = 1.0
"""Seconds between two looks at a run that is over, and may go on or back."""
ASKED = 4
"""Members that are asked at a time."""
_UNDO = "Undo it with a rollback of its own."
_LETTERS, _DIGITS = "bcdfghjkmnpqrstvwxz", "23456789"


def start(
    access: Access,
    settings: Settings,
    plan: Plan | OneStep,
    *,
    reason: str,
    reasons: tuple[Reason, ...] = (),
) -> RunReport:
    """Journal a run and start its detached runner; returns once the runner said that it lives, or how it failed.

    Raises `Refused` where settings are read-only, or a run of one step on the same Application is under way on this
    host; `UsageError` where the journal cannot be written.
    """
    settings.check_writable()
    with Journal(access.state_dir) as journal:
        if isinstance(plan, OneStep):
            _alone(journal, plan)
        return begin(
            journal, access, plan.canonical(), fleet_uid=plan.fleet_uid, kind=plan.kind, plan_hash=plan.hash,
            reason=reason, reasons=reasons, **_planned_of(plan),
        )  # fmt: skip


def begin(journal: Journal, access: Access, plan: str, **said: Any) -> RunReport:
    """Journal a run of whatever kind, and start its detached runner. `plan`: as the journal keeps it; `said`: fields of
    its report that only the caller knows."""
    report = RunReport(
        run=fresh(journal),
        state=RunState.PLANNED,
        started=time.time(),
        actor=actor(None),
        host=socket.gethostname(),
        **said,
    )
    journal.add(report, plan, reach(access))
    warning = logout_warning(login())
    if warning:
        journal.line(report.run, "launch", "noted", warning)
    launch(journal, report.run)
    row = journal.row(report.run)
    told = known.told_of(row) if row else report
    return replace(told, message=". ".join(filter(None, (told.message, warning)))) if warning else told


def _planned_of(plan: Plan | OneStep) -> dict[str, Any]:
    """What a plan says of the run that carries it out."""
    if isinstance(plan, OneStep):
        return {"target": plan.key}
    routes = tuple(map(plans.untouched, plan.routes))
    of = {"of": plan.of, "steps": plan.steps, "target": plan.target, "overrides": plan.overrides}
    return {"routes": routes, **of}


def _alone(journal: Journal, step: OneStep) -> None:
    for one in map(known.told_of, journal.rows(step.fleet_uid)):
        if one.one_step and not one.state.over and one.target == step.key:
            raise Refused(
                f"run {one.run} ({one.kind}) is under way on {inert(step.key, 320)}",
                fix=f"Wait, or look at it: fleet-console attach {one.run}.",
            )


def reach(access: Access) -> dict[str, str | None]:
    """What the runner needs to reach the same Fleet and settings, wherever it runs."""
    return {
        "kubeconfig": str(Path(access.kubeconfig).expanduser().absolute()) if access.kubeconfig else None,
        "context": access.context,
        "config": str(access.config.expanduser().absolute()) if access.config else None,
        "fleet": access.fleet,
        "log_file": str(access.log_file.expanduser().absolute()) if access.log_file else None,
    }


def report(access: Access, run: str) -> RunReport | None:
    """The run of that id or unique prefix, as this host's journal has it; `interrupted` where its runner is dead. None
    where it has none, or tried in vain to take it over."""
    journal = Journal.there(access.state_dir)
    if journal is None:
        return None
    with journal:
        row = journal.named(run)
    told = known.told_of(row) if row else None
    return None if told is None or known.lost(told) else told


def runs(access: Access, *, fleet_uid: str | None = None) -> tuple[RunReport, ...]:
    """All runs of this host's journal, newest first: of one Fleet, with every set-up, where `fleet_uid` is said."""
    journal = Journal.there(access.state_dir)
    if journal is None:
        return ()
    with journal:
        rows = journal.rows()
    mine = [row for row in rows if fleet_uid is None or row.report.fleet_uid == fleet_uid or row.report.provisions]
    return tuple(one for one in map(known.told_of, mine) if not known.lost(one))


def follow(
    access: Access, run: str, *, every: float = 0.25, watched: Callable[[], bool] | None = None
) -> Iterator[RunReport]:
    """Each change of a run, the present state first; ends when it is over. With `watched`, which says whether somebody
    still looks, it ends when nobody does, or no runner waits to take the run back or may go on with it any more."""
    journal = Journal.there(access.state_dir)
    if journal is None:
        return
    last: RunReport | None = None
    seen = float("-inf")
    with journal:
        while watched is None or watched():
            row = journal.named(run)
            if row is None:
                return
            if time.monotonic() - seen >= VIEW:
                seen = time.monotonic()
                journal.viewed(row.report.run)
            now = known.told_of(row)
            if now != last:
                last = now
                yield now
            if _ends(now, watched):
                return
            time.sleep(IDLE if now.state.over else every)


def follow_record(
    observer: Observer, run: str, *, every: float = 0.5, watched: Callable[[], bool] | None = None
) -> Iterator[RunReport]:
    """Each change of a run of another login or host, as its record on the Fleet tells it; ends as `follow` does.

    Yields nothing where the Fleet has no record of it.
    """
    last: RunReport | None = None
    observer.watch_lock()
    while watched is None or watched():
        now = known.elsewhere(observer.store.fleet, run)
        if now is None:
            return
        if now != last:
            last = now
            yield now
        if _ends(now, watched):
            return
        time.sleep(IDLE if now.state.over else every)


def _ends(now: RunReport, watched: Callable[[], bool] | None) -> bool:
    """Whether nothing of a run that is followed is to come."""
    return now.state.over and (watched is None or not (now.commandable or now.resumable))


def command(access: Access, run: str, word: str, seconds: float = 0.0) -> None:
    """Leave one of `WORDS` for a live run's runner on this host. Raises `UsageError` where none listens any more."""
    if word not in WORDS:
        raise UsageError(f"no run understands '{inert(word, 40)}'")
    with _journal(access, run) as journal:
        row = _named(journal, run)
        told = known.told_of(row)
        if told.one_step:
            raise UsageError(f"run {told.run} is a {told.kind}: it takes no words, and ends by itself")
        if told.provisions and word != "stop":
            raise UsageError(f"run {told.run} is a {told.kind}: it can be stopped and resumed")
        _check_touch(word, told)
        if not told.commandable:
            fix = "Go on with it: fleet-console resume." if told.resumable else undone_by(row)
            raise UsageError(f"run {row.report.run} is over ({told.state})", fix=fix)
        journal.command(row.report.run, f"{word} {seconds:g}" if seconds else word, login())


def command_elsewhere(observer: Observer, run: str, word: str, seconds: float = 0.0) -> bool:
    """Leave a word for a run of another login or host, in its record on the Fleet. False where the run is done, and no
    runner took the word within `HEARD`; one that is under way says that it did with its next step.

    Raises `UsageError` where the record says that it is over, `Denied` with the permission that is missing.
    """
    told, hub = known.elsewhere(observer.store.fleet, run), observer.hub
    if told is None or hub is None:
        raise UsageError(f"no run '{inert(run, 40)}' is recorded on this Fleet", fix="See fleet-console runs.")
    if told.one_step:
        raise UsageError(f"run {told.run} is a {told.kind}: it takes no words, and ends by itself")
    _check_touch(word, told)
    if not told.commandable:
        said = f"run {told.run} is over ({told.state})"
        fix = _UNDO
        if told.state is RunState.INTERRUPTED and not told.overdue:
            said, fix = f"run {told.run}: {told.message}", "Nobody would take a word."
        if told.overdue:
            said = f"run {told.run} should have gone back at {due(told.expires, told.started)}, and no runner listens"
            fix = f"fleet-console resume {told.run} --takeover takes it back, rollback {told.run} undoes it."
        raise UsageError(said, fix=fix)
    left = Word(secrets.token_hex(6), word, actor(hub.whoami()), seconds)
    records.leave_word(hub, told.run, left)
    return not told.state.over or observer.store.wait(lambda fleet: _heard(fleet, told.run) == left.id, HEARD)


def _heard(fleet: Fleet, run: str) -> str:
    record = fleet.run(run)
    return record.heard if record is not None else ""


def unheard(told: RunReport) -> str:
    """That no runner took a word, and what works without one."""
    on = f"its runner on {told.host or 'another host'} is dead, or does not reach the hub"
    undo = f"fleet-console rollback {told.run} puts back what it replaced"
    return f"nobody took the word within {HEARD:g} s: {on}. Nothing follows from it. {undo}"


def _check_touch(word: str, told: RunReport) -> None:
    if word == "touch" and told.state.over:
        raise UsageError(f"run {told.run} is {told.state}: it waits for no controller", fix="Touch a run that goes.")


def around(access: Access, settings: Settings, fleet: Fleet, *, ask: bool = False) -> Around:
    """What decides beside the picture, as this host knows it: settings, the runs under way, the clock. `ask`: also what
    members of which the ALB says nothing answer to a direct probe; blocks for as long as that takes."""
    local = runs(access, fleet_uid=fleet.uid)
    names = {report.run for report in local}
    live = [report for report in known.merge(local, fleet) if report.state is RunState.RUNNING]
    going = [one for one in live if not one.one_step and not one.provisions]
    return replace(
        Around.by(settings),
        running=tuple(one for one in going if one.run in names),
        recorded=tuple(one for one in going if one.run not in names),
        upkeep=tuple(one for one in live if one.one_step),
        wall=time.time(),
        direct=asked(settings, fleet) if ask else {},
    )


def asked(settings: Settings, fleet: Fleet) -> dict[str, Sample]:
    """What each member says itself, once, past the gateway, of which the ALB says nothing and that has a direct probe:
    by its id, a few of them at a time."""
    said = settings.fleet.members
    probed = {
        one.id: found
        for one in fleet.members
        if one.alb_health.word is AlbHealthWord.UNKNOWN and one.id in said and (found := said[one.id].direct)
    }
    if not probed:
        return {}
    from concurrent.futures import ThreadPoolExecutor

    from console.probe.direct import Direct

    direct = Direct(probed)
    with ThreadPoolExecutor(ASKED, "direct") as pool:
        return dict(zip(probed, pool.map(direct.look, probed), strict=True))


def judged(access: Access, settings: Settings, fleet: Fleet, record: Run) -> tuple[Plan, tuple[Reason, ...]]:
    """The plan of a record, and what speaks now against carrying it out. Raises `UsageError` where it holds none."""
    plan = known.plan_of(record, fleet)
    wish = intents.wish_of(fleet, plan)
    found = replace(around(access, settings, fleet, ask=True), running=(), recorded=())
    return plan, intents.decide(fleet, wish, found).reasons


def resume(access: Access, run: str) -> RunReport:
    """Start a new runner for a run of this host's journal whose runner is dead; it goes on from what stands there.

    Raises as `resumable` does.
    """
    with _journal(access, run) as journal:
        row = _resumable(journal, run)
        told = known.told_of(row)
        if not journal.replan(told.run, row.process):
            raise UsageError(f"run {told.run} is being resumed already", fix="Attach to it.")
        launch(journal, told.run)
        again = journal.row(told.run)
    return known.told_of(again) if again else told


def resumable(access: Access, run: str) -> Row:
    """The run of this host's journal that a new runner may go on with.

    Raises `UsageError` where it is over, or its runner lives; of a set-up `Superseded` where a newer run of the same
    topology came after it, `Refused` where another one is under way.
    """
    with _journal(access, run) as journal:
        return _resumable(journal, run)


def _resumable(journal: Journal, run: str) -> Row:
    row = _named(journal, run)
    told = known.told_of(row)
    if not told.resumable:
        fix = undone_by(row) if told.state.over else f"Look at it: fleet-console attach {told.run}."
        raise UsageError(f"run {told.run} is {told.state}: there is nothing to resume", fix=fix)
    if told.provisions:
        from console.run.setup import after

        after.check_newest(journal, told)
    return row


def undone_by(row: Row) -> str:
    """How a run that is over is undone."""
    if row.report.provisions:
        from console.run.setup import after

        return after.instead(row)
    return _UNDO


def take_over(access: Access, settings: Settings, fleet: Fleet, record: Run, *, plan_hash: str) -> RunReport:
    """Take a run of another host into this host's journal and start a runner for it; it waits until the Lease has been
    seen unrenewed, then stamps its own fence. `plan_hash`: what was shown and confirmed.

    Raises `Refused` where the record's plan is another one, `UsageError` where the run is over.
    """
    plan = known.plan_of(record, fleet)
    if plan.hash != plan_hash:
        raise Refused(f"the record's plan has hash {plans.short(plan.hash)}, not the one that was confirmed")
    settings.check_writable()
    found = known.of_record(record, fleet)
    if found.state.over and found.state is not RunState.INTERRUPTED and not found.overdue:
        raise UsageError(f"run {record.run} is over ({found.state}): there is nothing to take over", fix=_UNDO)
    report = replace(
        found,
        state=RunState.PLANNED,
        pid=None,
        host=socket.gethostname(),
        routes=tuple(map(plans.untouched, plan.routes)),
        actor=actor(None),
        ended=None,
        overdue=False,
        recorded=False,
    )
    with Journal(access.state_dir) as journal:
        own = journal.row(report.run)
        if own is None:
            journal.add(report, plan.canonical(), reach(access), taken=True)
        elif not journal.replan(report.run, own.process, taken=True):
            raise UsageError(f"run {report.run} is being taken over already", fix="Attach to it.")
        journal.line(report.run, "takeover", "noted", f"from {record.host or 'another host'}: {record.actor}")
        launch(journal, report.run)
        row = journal.row(report.run)
    return known.told_of(row) if row else report


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


def fresh(journal: Journal) -> str:
    """Five letters and digits that are read out without mistakes and make no number, never used in this journal.

    Another host may have taken one on the same Fleet once in millions; then its record refuses ours.
    """
    while True:
        run = secrets.choice(_LETTERS) + "".join(secrets.choice(_LETTERS + _DIGITS) for _ in range(4))
        if journal.row(run) is None:
            return run
