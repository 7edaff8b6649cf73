"""Automated sync that a run owes and whose runner pays it no more: who owes what, by journal, record, and the
Applications themselves; and how it is restored without a runner."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from console import log
from console.decide.reverters import Reverter, several
from console.errors import FleetConsoleError, Refused, UsageError
from console.kube import records
from console.kube.connect import Hub
from console.kube.lease import holder
from console.model.fleet import Fleet
from console.model.run import RunReport, RunState
from console.model.text import inert
from console.present.times import due
from console.run import known, others, record, runs, undoing
from console.run.access import Access
from console.run.journal import Journal
from console.run.reverters import Reverters, stays_off


@dataclass(frozen=True, slots=True)
class Debt:
    """What one run owes. `here`: whether this host's journal has the run."""

    run: str
    reverters: tuple[Reverter, ...]
    here: bool
    message: str = ""
    """What its record says of it."""


def debt(access: Access, hub: Hub, fleet: Fleet, run: str) -> Debt:
    """What a run owes that no runner restores any more: by its journal here, else by its record, and by every
    Application that names it. Raises `UsageError` where nothing knows the run, `Refused` where its runner lives."""
    here = runs.report(access, run)
    told = here or known.elsewhere(fleet, run)
    name = told.run if told is not None else run
    found = {
        one.key: Reverter(one.namespace, one.name, one.uid, one.held.automated)
        for one in fleet.applications
        if one.held is not None and one.held.run == name
    }
    if told is None and not found:
        raise UsageError(f"no run '{inert(run, 40)}', neither here nor on the Fleet, and no Application names it")
    if told is not None:
        _over(told, hub, here=here is not None)
        if told.debts:
            with suppress(UsageError):  # a record that was changed holds no plan; the Applications tell
                plan, _ = undoing.plan_of(access, name, fleet)
                found = {one.key: one for one in plan.reverters if one.key in told.debts} | found
    recorded = fleet.run(name)
    message = recorded.message if recorded is not None else ""
    return Debt(name, tuple(found[key] for key in sorted(found)), here is not None, message)


def restore(access: Access, hub: Hub, fleet_uid: str, owing: Debt) -> list[str]:
    """Restore it, journaled where the run has a journal here, and told on the Fleet; a sentence for each that could
    not be restored."""
    if not owing.here:
        return _restored(hub, fleet_uid, owing, partial(log.note, "run", owing.run))
    with Journal(access.state_dir) as journal:
        left = _restored(hub, fleet_uid, owing, partial(journal.line, owing.run))
        row = journal.row(owing.run)
        if row is not None and not left:
            journal.update(owing.run, message=_on_again(row.report.message, owing))
        return left


def _on_again(message: str, owing: Debt) -> str:
    """A run's message without what it said of automated sync that is on again."""
    keys = [one.key for one in owing.reverters]
    off = (stays_off(keys), *(f"{several([key])} is still off" for key in keys))
    return ". ".join(part for part in message.split(". ") if not part.startswith(off))


def _restored(hub: Hub, fleet_uid: str, owing: Debt, note: Callable[[str, str, str], None]) -> list[str]:
    paying = Reverters(hub, note, owing.run, fleet_uid, owing.reverters, owed=owing.reverters)
    left = paying.restore()
    with suppress(FleetConsoleError):
        amended = {} if left or not owing.message else {"message": _on_again(owing.message, owing)}
        records.amend_record(hub, owing.run, record.debts(paying.owed) | amended)
    if paying.on:
        said = f"{several(paying.on)} is on again"
        with suppress(FleetConsoleError):
            others.tell(hub, owing.run, "SyncRestored", said)
    return left


def _over(told: RunReport, hub: Hub, *, here: bool) -> None:
    """Raise `Refused` where a run's runner lives, or may."""
    guarded = told.state is RunState.DONE and told.expires is not None
    if here:
        lives = not told.state.over or guarded
    else:
        lives = guarded  # not overdue: a runner elsewhere may wait for its time, or be on its way back
        if told.state is RunState.RUNNING:
            holds = holder(hub)
            lives = holds is not None and holds.run == told.run
    if lives:
        until = f" goes back at {due(told.expires, told.started)} and" if guarded and told.expires else ""
        raise Refused(
            f"the runner of run {told.run} lives, or may: it{until} restores the automated sync that it owes",
            fix=f"Have it go back: fleet-console rollback {told.run}. A dead one elsewhere: resume RUN --takeover.",
        )
