"""The verbs on runs that are there: `runs` lists them, `attach` follows one, the others tell one what to do."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from console.errors import EXIT_DONE, EXIT_HELD, FleetConsoleError, Refused, UsageError, closed
from console.options import LASTING, Options, common
from console.verbs.see import observing, planning, unread, waited
from console.verbs.telling import confirm_word, follow, say, warm

if TYPE_CHECKING:
    from console.model.fleet import Fleet
    from console.model.run import RunReport
    from console.observe import Observer
    from console.run.rows import Row

RECORDS_TIME = 5.0
"""Seconds for which the records on the Fleet are waited for."""
HEALTH_TIME = 2.0
"""Seconds for which the ALB's word on the members is waited for, where nothing depends on it but a warning."""
SOURCES_TIME = 20.0
"""Seconds for which every source is waited for, where a plan is judged."""
RECORDS = "runs' records"
_YES = click.option("--yes", is_flag=True, help="Do not ask for a typed confirmation.")
_DETACH = click.option("--detach", is_flag=True, help="Say it and leave; exit 4 while the run goes.")
_RUN = click.argument("run", metavar="RUN")


@click.command()
@common
def runs(options: Options) -> None:
    """List the runs of this host's journal, and those that other hosts recorded on the Fleet.

    \b
    Example: fleet-console runs -o json
    """
    from console.model.freshness import SourceName
    from console.present import documents, reports
    from console.run import known
    from console.run import runs as engine

    fleet = _recorded(options)
    asked = fleet.source(SourceName.RUNS).state.answered
    if not asked:
        why = unread(fleet, SourceName.RUNS, RECORDS)
        click.echo(f"fleet-console: runs of other hosts are not read: {why}", err=True)
    found = known.merge(engine.runs(options.access(), fleet_uid=fleet.uid), fleet)
    if options.json:
        click.echo(json.dumps([documents.run_document(report) for report in found], ensure_ascii=False))
    else:
        click.echo(reports.runs_text(found, asked=asked))


@click.command()
@_RUN
@click.option("--plain", is_flag=True, help="One line per change, for logs and slow terminals (as without a screen).")
@common
def attach(options: Options, run: str, plain: bool) -> None:
    """Follow a run until it is over; Ctrl-C leaves it running. Looking counts as the operator's sign of life.

    \b
    Example: fleet-console attach 7c1
    """
    from console.run import runs as engine

    report = engine.report(options.access(), run)
    if report is not None:
        follow(options, report, _own(options, report.run))
        return
    with observing(options, options.load(), probes=False) as observer:
        told = _known_run(options, run, _records(observer))
        follow(options, told, engine.follow_record(observer, told.run))


def _own(options: Options, run: str) -> Iterator[RunReport]:
    """Each change of a run of this host; where nobody here looks after it any more, what the Fleet tells of it since:
    another login may have taken it over, or written its routes."""
    from console.model.run import RunState
    from console.run import known
    from console.run import runs as engine

    for told in engine.follow(options.access(), run):
        if told.provisions or not (told.overdue or told.state is RunState.INTERRUPTED):
            yield told
            continue
        since = told
        with suppress(FleetConsoleError), observing(options, options.load(), probes=False) as observer:
            fleet = _records(observer)
            since = next(one for one in known.merge((told,), fleet) if one.run == told.run)
            if since.recorded:
                yield from engine.follow_record(observer, since.run)
                return
        yield since


@click.command()
@_RUN
@_DETACH
@common
def stop(options: Options, run: str, detach: bool) -> None:
    """Finish the write in flight, then hold where it is; a drain that is done stays so for good.

    \b
    Example: fleet-console stop 7c1
    """
    _tell(options, run, "stop", detach=detach)


@click.command()
@_RUN
@_DETACH
@common
def finish(options: Options, run: str, detach: bool) -> None:
    """Skip the holds that are left; every step is still verified.

    \b
    Example: fleet-console finish 7c1
    """
    _tell(options, run, "finish", detach=detach)


@click.command()
@_RUN
@_DETACH
@common
def touch(options: Options, run: str, detach: bool) -> None:
    """Have the controller look again, now, at the Ingresses that wait for it: its next retry may be 16 min away.

    \b
    Example: fleet-console touch 7c1
    """
    _tell(options, run, "touch", detach=detach)


@click.command()
@_RUN
@click.argument("by", type=LASTING, metavar="S")
@common
def extend(options: Options, run: str, by: float) -> None:
    """Lengthen the hold that goes on, or put off the time at which a drain goes back by itself.

    \b
    Example: fleet-console extend 7c1 30m
    """
    _tell(options, run, "extend", seconds=by, detach=True)


@click.command()
@_RUN
@click.option("--now", is_flag=True, help="At once, not down the steps that it went up.")
@click.option("--reason", default="", metavar="TEXT", help="Why; it is kept in the record.")
@_YES
@_DETACH
@common
def rollback(options: Options, run: str, now: bool, reason: str, yes: bool, detach: bool) -> None:
    """Put back exactly what a run replaced: a live run turns round, a finished one is undone by a new run.

    \b
    Example: fleet-console rollback 7c1 --yes
    """
    from console.decide.plan import short
    from console.present import changes
    from console.run import runs as engine
    from console.run import undoing

    settings = options.load()
    settings.check_writable()
    report = engine.report(options.access(), run)
    if report is not None and not report.state.over:
        _turn(options, report, yes=yes, now=now, detach=detach)
        return
    with observing(options, settings, probes=False) as observer:
        fleet = _records(observer)
        report = report or _known_run(options, run, fleet)
        if report.state.over:
            plan = undoing.rollback_plan(options.access(), report.run, observer.hub, fleet, now=now)
            after = ((one.key, tuple(one.weights(one.after).items())) for one in plan.routes)
            seen = fleet if now else waited(observer, _health_known, HEALTH_TIME)
            said = changes.to_dead(seen, time.monotonic(), after)
    if not report.state.over:
        _turn(options, report, yes=yes, now=now, detach=detach)
        return
    warm()
    if said:
        click.echo(said, err=True)
    if not yes:
        confirm_word(report.run, f"undo run {report.run}: {changes.summary(plan)} (plan {short(plan.hash)})")
    why = reason or f"roll back {report.run}"
    started = engine.start(options.access(), settings, plan, reason=why)
    follow(options, started, () if detach else engine.follow(options.access(), started.run))


def _turn(options: Options, report: RunReport, *, yes: bool, now: bool, detach: bool) -> None:
    """Have a live run turn round."""
    if not yes:
        confirm_word(report.run, f"roll back run {report.run} to {_before(report)}")
    _tell(options, report.run, "rollback-now" if now else "rollback", detach=detach)


@click.command()
@_RUN
@click.option("--takeover", is_flag=True, help="Take it from another host, once its Lease was seen unrenewed.")
@click.option(
    "--plan-hash",
    metavar="HASH",
    help="With --takeover --yes: the hash of the plan that is meant (or its first 8 digits or more).",
)
@_YES
@_DETACH
@common
def resume(options: Options, run: str, takeover: bool, plan_hash: str | None, yes: bool, detach: bool) -> None:
    """Go on with a run whose runner is dead, or with a set-up that holds, from what stands; with --takeover from
    another host.

    \b
    Example: fleet-console resume 7c1
    Example: fleet-console resume 7c1 --takeover
    """
    from console.run import known
    from console.run import runs as engine

    settings, access = options.load(), options.access()
    settings.check_writable()
    if not takeover:
        if engine.report(access, run) is None:
            raise _of_another(options, run)
        row = engine.resumable(access, run)
        if not yes:
            _confirm_resuming(options, row)
        started = engine.resume(access, run)
        follow(options, started, () if detach else engine.follow(access, started.run))
        return
    from console.decide.plan import means, short
    from console.present import reports

    with planning(options, settings, SOURCES_TIME) as (_, fleet):
        record = known.recorded(fleet, run)
    plan, reasons = engine.judged(access, settings, fleet, record)
    click.echo(reports.plan_text(fleet, plan, reasons), err=True)
    if yes and plan_hash is None:
        raise UsageError("--yes needs --plan-hash here: the record is somebody else's", fix=f"It says {plan.hash}.")
    if plan_hash is not None and not means(plan.hash, plan_hash):
        raise Refused(f"the record's plan is {short(plan.hash)}, not {plan_hash}")
    if not yes:
        confirm_word(short(plan.hash), f"take over run {record.run} of {record.actor or 'somebody'}")
    started = engine.take_over(access, settings, fleet, record, plan_hash=plan.hash)
    follow(options, started, () if detach else engine.follow(access, started.run))


def _confirm_resuming(options: Options, row: Row) -> None:
    """Ask for the run's id; of a set-up what is left to do is shown before."""
    from console.present import ledgers
    from console.run import known

    told = known.told_of(row)
    if told.provisions and sys.stdin.isatty():  # where nobody can be asked nothing need be read
        from console.verbs.setups import show_rest

        show_rest(options, row)
    state = told.state.replace("_", " ")
    confirm_word(told.run, f"go on with run {told.run} ({ledgers.what(told)}), which is {state}")


def _tell(options: Options, run: str, word: str, *, seconds: float = 0.0, detach: bool) -> None:
    """Tell a run a word: through this host's journal, else through its record on the Fleet."""
    from console.run import runs as engine

    settings = options.load()
    settings.check_writable()
    access = options.access()
    report = engine.report(access, run)
    if report is not None:
        engine.command(access, report.run, word, seconds)
        click.echo(f"run {report.run} is told: {word}", err=True)
        if word == "extend":
            _leave(options, report)
        follow(options, report, () if detach else engine.follow(access, report.run))
        return
    with observing(options, settings, probes=False) as observer:
        told = _known_run(options, run, _records(observer))
        if not engine.command_elsewhere(observer, told.run, word, seconds):
            click.echo(closed(engine.unheard(told)), err=True)
            say(options, "", told)
            click.get_current_context().exit(EXIT_HELD)
        click.echo(f"run {told.run} is told on the Fleet: {word}", err=True)
        if word == "extend":
            _leave(options, told)
        follow(options, told, () if detach else engine.follow_record(observer, told.run))


def _leave(options: Options, report: RunReport) -> None:
    say(options, "", report)
    click.get_current_context().exit(EXIT_DONE)


def _recorded(options: Options) -> Fleet:
    """The Fleet with its runs' records, where they can be read."""
    with observing(options, options.load(), probes=False) as observer:
        return _records(observer)


def _records(observer: Observer) -> Fleet:
    """The Fleet with its runs' records, where they are read in time, and whether the runner of one that goes is seen to
    live."""
    from console.model.given_up import given_up

    observer.store.wait(_records_known, RECORDS_TIME)
    observer.look_at_lock()
    return given_up(observer.store.fleet, RECORDS_TIME)


def _records_known(fleet: Fleet) -> bool:
    """Whether the records were read, and the members in whose order they are told."""
    from console.model.freshness import SourceName, SourceState

    wanted = (SourceName.RUNS, SourceName.MEMBERS)
    return all(fleet.source(one).state is not SourceState.LOADING for one in wanted)


def _health_known(fleet: Fleet) -> bool:
    from console.model.freshness import SourceName, SourceState

    return fleet.source(SourceName.ALB).state is not SourceState.LOADING


def _known_run(options: Options, run: str, fleet: Fleet) -> RunReport:
    """A run that only the Fleet's records can tell of. Raises `UsageError` where they do not, and why they could not be
    read where that is so."""
    from console.model.freshness import SourceName
    from console.model.text import inert
    from console.run import known
    from console.run import runs as engine

    report = known.elsewhere(fleet, run)
    if report is not None:
        return report
    shown = inert(run, 40)
    if not fleet.source(SourceName.RUNS).state.answered:
        what = f"run '{shown}' is not in this host's journal, and the Fleet could not be asked"
        raise unread(fleet, SourceName.RUNS, RECORDS, what)
    names = ", ".join(one.run for one in engine.runs(options.access())[:8]) or "none"
    raise UsageError(f"no run '{shown}' in this host's journal, and none on the Fleet", fix=f"Known here: {names}.")


def _of_another(options: Options, run: str) -> UsageError:
    """Why a run that this host's journal does not hold cannot be resumed, and what can be done where the Fleet's record
    tells of it."""
    from console.model.run import RunState

    told = _known_run(options, run, _recorded(options))
    state = told.state.replace("_", " ")
    if told.one_step or (told.state.over and told.state is not RunState.INTERRUPTED):
        return UsageError(f"run {told.run} of {told.actor or 'somebody'} is {state}: there is nothing to resume here")
    return UsageError(
        f"run {told.run} is not in this host's journal; the Fleet's record knows it: {state}, of "
        f"{told.actor or 'somebody'}",
        fix=f"--takeover takes it over: fleet-console resume {told.run} --takeover.",
    )


def _before(report: RunReport) -> str:
    splits = [":".join("absent" if w is None else str(w) for _, w in route.before) for route in report.routes]
    return ", ".join(splits) or "what was there"
