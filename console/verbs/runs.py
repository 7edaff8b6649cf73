"""The verbs of a run: `shift` plans and starts one, `runs`, `attach` and `rollback` find it again."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from console.errors import EXIT_DONE, EXIT_HELD, EXIT_REFUSED, NotConfirmed, UsageError
from console.options import DURATION, Options, common
from console.verbs.see import known_route, must_know, observing

if TYPE_CHECKING:
    from console.decide.shift import Decision
    from console.model.fleet import Fleet
    from console.model.run import Reason, RunReport
    from console.observe import Observer

RECORDS_TIME = 5.0
"""Seconds for which `runs` waits for the records on the Fleet."""


@click.command()
@click.argument("route", metavar="NS/NAME")
@click.option("--to", required=True, metavar="MEMBER=W,...", help="Weights by member id, name or unique prefix.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept in the run's record.")
@click.option("--plan-only", is_flag=True, help="Say the plan and what speaks against it; write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask for a typed confirmation.")
@click.option("--detach", is_flag=True, help="Start the run and leave; exit 4.")
@click.option("--new-key", is_flag=True, help="Allow a weight key that was never seen on this Ingress.")
@click.option("--timeout", type=DURATION, default="10s", metavar="S", help="Time for the sources to answer.  [10s]")
@common
def shift(
    options: Options,
    route: str,
    to: str,
    reason: str,
    plan_only: bool,
    yes: bool,
    detach: bool,
    new_key: bool,
    timeout: float,
) -> None:
    """Give one route new weights, and follow the change down to the traffic.

    \b
    Example: fleet-console shift gateway-demo/web-demo --to ack-prod=80,idc-prod=20 --reason OPS-12
    """
    from console.decide import shift as decide
    from console.decide import split
    from console.decide.plan import short
    from console.present import reports

    pairs = split.parse(to)
    settings = options.load()
    if not reason.strip():
        raise UsageError("the reason is empty", fix="Say why with --reason TEXT.")
    with observing(options, settings, probes=False) as observer:
        observer.settled(timeout)
        fleet = observer.store.fleet
        must_know(fleet)
        found = known_route(fleet, route)
        decision = decide.shift(
            fleet,
            route,
            split.resolve(fleet, found, pairs),
            new_key=new_key,
            key_prefix=settings.fleet.weights.key_prefix,
            read_only=settings.read_only,
        )
        trial = dry_run(observer, decision)
    reasons = (*decision.reasons, *trial)
    plan = decision.plan
    refused = decision.refused or any(one.severity == "blocks" for one in trial)
    if plan is None or refused or plan_only:
        report = reports.planned(fleet, plan, reasons, reason, refused=refused)
        _say(options, reports.plan_text(fleet, plan, reasons), report)
        click.get_current_context().exit(EXIT_REFUSED if refused else EXIT_DONE)
    click.echo(reports.plan_text(fleet, plan, reasons), err=True)
    if not yes:
        confirm(fleet, f"shift {found.key} (plan {short(plan.hash)})")
    from console.run import runs as engine

    started = engine.start(options.access(), settings, plan, reason=reason, reasons=reasons, gateway=found.gateway)
    _follow(options, started, () if detach else engine.follow(options.access(), started.run))


@click.command()
@common
def runs(options: Options) -> None:
    """List the runs of this host's journal, and those that other hosts recorded on the Fleet.

    \b
    Example: fleet-console runs -o json
    """
    from console.model.freshness import SourceName
    from console.present import documents, reports
    from console.run import runs as engine

    with observing(options, options.load(), probes=False) as observer:
        observer.store.wait(_records_known, RECORDS_TIME)
        fleet = observer.store.fleet
    source = fleet.source(SourceName.RUNS)
    if not source.state.answered:
        click.echo(f"fleet-console: runs of other hosts are not read: {source.message or source.state}", err=True)
    found = engine.merge(engine.runs(options.access(), fleet_uid=fleet.uid), fleet)
    if options.json:
        click.echo(json.dumps([documents.run_document(report) for report in found], ensure_ascii=False))
    else:
        click.echo(reports.runs_text(found))


@click.command()
@click.argument("run", metavar="RUN")
@common
def attach(options: Options, run: str) -> None:
    """Follow a run until it is over; Ctrl-C leaves it running.

    \b
    Example: fleet-console attach 7c1
    """
    from console.run import runs as engine

    report = engine.report(options.access(), run)
    if report is not None:
        _follow(options, report, engine.follow(options.access(), report.run))
        return
    with observing(options, options.load(), probes=False) as observer:
        observer.store.wait(_records_known, RECORDS_TIME)
        recorded = next((one for one in engine.merge((), observer.store.fleet) if one.run == run), None)
        known = _known_run(options, run, recorded)
        _follow(options, known, engine.follow_record(observer, known.run))


@click.command()
@click.argument("run", metavar="RUN")
@click.option("--reason", default="", metavar="TEXT", help="Why; it is kept in the record.")
@click.option("--yes", is_flag=True, help="Do not ask for a typed confirmation.")
@click.option("--detach", is_flag=True, help="Start it and leave; exit 4.")
@common
def rollback(options: Options, run: str, reason: str, yes: bool, detach: bool) -> None:
    """Put back exactly what a run replaced: a live run turns round, a finished one is undone by a new run.

    \b
    Example: fleet-console rollback 7c1 --yes
    """
    from console.run import runs as engine

    settings = options.load()
    report = _known_run(options, run, engine.report(options.access(), run))
    if settings.read_only:
        from console.errors import Refused

        raise Refused("settings forbid every write (read_only: true)", fix="Set read_only: false.")
    if not yes:
        _confirm_word(report.run, f"roll back run {report.run} to {_before(report)}")
    if not report.state.over:
        engine.command(options.access(), report.run, "rollback")
        _follow(options, report, () if detach else engine.follow(options.access(), report.run))
        return
    plan = engine.rollback_plan(options.access(), report.run)
    why = reason or f"roll back {report.run}"
    started = engine.start(options.access(), settings, plan, reason=why, gateway=None)
    _follow(options, started, () if detach else engine.follow(options.access(), started.run))


def dry_run(observer: Observer, decision: Decision) -> tuple[Reason, ...]:
    """The API server's own word on the plan, from a server-side dry run; nothing where there is no plan to try."""
    from console.run import trial

    if decision.plan is None or decision.refused:
        return ()
    return trial.reasons(observer, decision.plan)


def _records_known(fleet: Fleet) -> bool:
    from console.model.freshness import SourceName, SourceState

    return fleet.source(SourceName.RUNS).state is not SourceState.LOADING


def confirm(fleet: Fleet, what: str) -> None:
    """Ask for the Fleet's name on the terminal. Raises `NotConfirmed` where there is none, or another word came."""
    _confirm_word(fleet.name, what)


def _confirm_word(word: str, what: str) -> None:
    if not sys.stdin.isatty():
        raise NotConfirmed(f"not confirmed: {what}", fix="There is no terminal to ask on; say --yes.")
    typed = click.prompt(f"To {what}, type {word}", default="", show_default=False, err=True)
    if typed.strip() != word:
        raise NotConfirmed(f"not confirmed: '{word}' was asked for", fix="Nothing was written.")


def _known_run(options: Options, run: str, report: RunReport | None) -> RunReport:
    if report is not None:
        return report
    from console.model.text import inert
    from console.run import runs as engine

    names = ", ".join(one.run for one in engine.runs(options.access())[:8]) or "none"
    raise UsageError(f"no run '{inert(run, 40)}' in this host's journal", fix=f"Known here: {names}.")


def _before(report: RunReport) -> str:
    splits = [":".join("absent" if w is None else str(w) for _, w in route.before) for route in report.routes]
    return ", ".join(splits) or "what was there"


def _follow(options: Options, report: RunReport, changes: Iterable[RunReport]) -> None:
    """Tell a run's changes until it is over, then leave with its exit code; Ctrl-C leaves it running."""
    from console.present import reports

    last = report
    teller = reports.Teller()
    with suppress(KeyboardInterrupt):
        for last in changes:
            for line in teller.lines(last):
                click.echo(line, err=options.json)
    if not last.state.over:
        click.echo(f"The run goes on. Attach again: fleet-console attach {report.run}", err=True)
    _say(options, "", last)
    click.get_current_context().exit(last.state.exit_code if last.state.over else EXIT_HELD)


def _say(options: Options, text: str, report: RunReport) -> None:
    from console.present import documents

    if options.json:
        click.echo(json.dumps(documents.run_document(report), ensure_ascii=False))
    elif text:
        click.echo(text)
