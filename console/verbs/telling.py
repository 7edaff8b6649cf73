"""What verbs on plans and runs have in common: typed confirmations, and following a run until it is over."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from console.errors import EXIT_HELD, NotConfirmed
from console.options import Options

if TYPE_CHECKING:
    from console.decide.plan import Plan
    from console.model.fleet import Fleet
    from console.model.run import RunReport


def warm() -> None:
    """Have a runner import what it needs while the Fleet is read, and while a person reads the plan."""
    from console.run import launch

    launch.warm()


def confirm(fleet: Fleet, what: str, target: str = "") -> None:
    """Ask for the Fleet's name on the terminal, and before it for what a drain empties.

    Raises `NotConfirmed` where there is no terminal, or another word came.
    """
    confirm_word(f"{target} {fleet.name}" if target else fleet.name, what)


def confirm_word(word: str, what: str) -> None:
    """Ask for one word, as `confirm`."""
    if not sys.stdin.isatty():
        raise NotConfirmed(f"not confirmed: {what}", fix="There is no terminal to ask on; say --yes.")
    typed = click.prompt(f"To {what}, type {word}", default="", show_default=False, err=True)
    if " ".join(typed.split()) != word:
        raise NotConfirmed(f"not confirmed: '{word}' was asked for", fix="Nothing was written.")


def follow(
    options: Options, report: RunReport, changes: Iterable[RunReport],
    answer: Callable[[RunReport], None] | None = None,
) -> None:  # fmt: skip
    """Tell a run's changes until it is over, then leave with its exit code; Ctrl-C leaves it running. `answer`: tells
    the end as JSON in place of the run's own document."""
    from console.present import reports

    last = report
    teller = reports.Teller()
    with suppress(KeyboardInterrupt):
        for last in changes:
            for line in teller.lines(last):
                click.echo(line, err=options.json)
    if not last.state.over:
        click.echo(f"The run goes on. Attach again: fleet-console attach {report.run}", err=True)
    if answer is not None and options.json:
        answer(last)
    else:
        say(options, "", last)
    ended = last.state.over and not last.overdue
    click.get_current_context().exit(last.state.exit_code if ended else EXIT_HELD)


def say_plan(options: Options, text: str, report: RunReport, plan: Plan | None) -> None:
    """A plan of which nothing was started, as `say`, with its steps."""
    from console.present import documents

    if options.json:
        click.echo(json.dumps(documents.plan_document(report, plan), ensure_ascii=False))
    elif text:
        click.echo(text)


def say(options: Options, text: str, report: RunReport) -> None:
    """A report as text, or as the one JSON document."""
    from console.present import documents

    if options.json:
        click.echo(json.dumps(documents.run_document(report), ensure_ascii=False))
    elif text:
        click.echo(text)
