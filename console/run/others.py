"""What a runner says on the Fleet of more than its own run: of runs whose place or debts it took, and of the rules that
were overridden for it. None of it keeps a run from going on."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress

from console.decide.reverters import RESTORE
from console.errors import FleetConsoleError
from console.kube import records
from console.kube.connect import Hub
from console.model.run import RunReport, RunState
from console.run import record
from console.run.journal import Journal

Note = Callable[[str, str, str], None]
"""Journals one line: step, phase, sentence."""


def succeed(hub: Hub, run: str, ended: Iterable[str], note: Note) -> None:
    """Say in the records of the runs that `run` succeeds that their runners are gone: the Lease is its own now."""
    for one in sorted(filter(record.is_run, ended)):
        message = f"its runner was gone when run {run} took the Fleet's Lease"
        with suppress(FleetConsoleError):
            if records.mark_interrupted(hub, one, message, record.stamp(time.time())):
                note("succeed", "noted", f"run {one} is marked as interrupted in its record")


def undone(hub: Hub, journal: Journal, of: str, run: str) -> None:
    """Say that `run` has put back what run `of` replaced: that one does not go back by itself any more."""
    row, message = journal.row(of), f"undone by run {run}"
    if row is not None and row.report.state is RunState.DONE:
        journal.update(of, expires=None, message=message)
    with suppress(FleetConsoleError):
        records.mark_undone(hub, of, message, record.stamp(time.time()))


def tell_overrides(hub: Hub, report: RunReport, rules: Collection[str], note: Note) -> None:
    """Whoever watches the Fleet learns which rules were overridden."""
    if rules:
        sentence = f"{report.actor} overrode {', '.join(rules)}: {report.reason}"
        with suppress(FleetConsoleError):
            told = tell(hub, report.run, "RulesOverridden", sentence)
            note("override", "confirmed" if told else "refused", f"an Event on the Fleet: {sentence}")


def tell(hub: Hub, run: str, reason: str, sentence: str) -> bool:
    """An Event about a run, dated now; False where it could not be written."""
    return records.tell_event(hub, run, reason, sentence, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))


def pass_on(hub: Hub, journal: Journal, of: str, run: str, keys: Collection[str]) -> None:
    """Say of run `of` that `run` has taken on the automated sync that it owed."""
    row = journal.row(of)
    for key in row.report.debts if row is not None else ():
        if key in keys:
            journal.line(of, f"{RESTORE} {key}", "confirmed", f"run {run} has taken this debt on")
    with suppress(FleetConsoleError):
        records.amend_record(hub, of, record.debts(()))
