"""What runs ask for attention with: those under way, those whose runner is gone, those that stopped half-way, and the
Applications whose automated sync one of them still holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from console.errors import UsageError
from console.model.fleet import Fleet, Run, Tone
from console.model.run import RunReport, RunState
from console.present.alert import Alert
from console.present.times import clock, due

_UNWRITTEN = (RunState.REFUSED, RunState.FAILED, RunState.PLANNED)
_STOPPED = {RunState.HELD: "held", RunState.UNVERIFIED: "not verified", RunState.SUPERSEDED: "superseded"}
_HALF_WAY = (RunState.HELD, RunState.UNVERIFIED)

Known = Mapping[str, RunReport]
"""The runs of this host by id: it knows of a runner that is dead, and of an end, before the Fleet does."""


def known(host: Sequence[RunReport]) -> Known:
    """The runs of this host by id. One that it tried to take over, or never wrote for, is told by its record alone."""
    return {one.run: one for one in host if one.state not in _UNWRITTEN}


def works(run: Run, here: Known) -> bool:
    """Whether somebody is at it: under way by its record, and not over as this host knows it."""
    own = here.get(run.run)
    return run.state == RunState.RUNNING and (own is None or not own.state.over)


def runs(fleet: Fleet, here: Known) -> Iterator[Alert]:
    """Every run that wants attention, the newest first."""
    for run in fleet.runs:
        own = here.get(run.run)
        waits = run.state == RunState.DONE and run.expires is not None
        if own is not None and own.state is RunState.INTERRUPTED and (run.state == RunState.RUNNING or waits):
            said = "its runner on this host is dead. Open it (r, enter): 5 resumes, 2 goes back."
            yield _alert(Tone.BAD, run, f"interrupted on {_where(run)}: {said}")
        elif run.state == RunState.RUNNING and own is not None and own.state.over:
            yield _unrecorded(run, own)
        elif run.state == RunState.INTERRUPTED:
            if left := _left(run, fleet.runs):
                yield _alert(Tone.BAD, run, f"interrupted on {left}: its runner is gone. Go back or shift anew.")
        elif run.state == RunState.RUNNING:
            told = f" (its record of {clock(run.updated)})" if own is None and run.updated is not None else ""
            yield _alert(Tone.PLAIN, run, f"under way on {_where(run)} by {run.actor or '?'}{told}.")
        elif run.state in _HALF_WAY and (left := _left(run, fleet.runs)):
            why = f": {run.message.rstrip('.')}" if run.message else ""
            yield _alert(Tone.PLAIN, run, f"{_STOPPED[RunState(run.state)]} on {left}{why}.")
        elif waits:
            back = f"goes back by itself at {due(run.expires, run.started)}. Keep it or put that off: r, then 1."
            yield _alert(Tone.PLAIN, run, f"moved {_where(run)}, and {back}")


def held(fleet: Fleet, here: Known) -> Iterator[Alert]:
    """Every Application whose automated sync a run switched off, until it is restored."""
    for one in fleet.applications:
        if one.held is None:
            continue
        name, run = one.held.run, fleet.run(one.held.run)
        since = f" since {clock(one.held.since)}" if one.held.since is not None else ""
        off = f"automated sync is off for run {name}{since}"
        own = here.get(name)
        dead = own is not None and own.state is RunState.INTERRUPTED
        if run is None or dead or not _goes(run, here):
            state = "interrupted" if dead else _state(run, own)
            ways = f"fleet-console rollback {name} puts back the weights and restores it, restore-sync {name} only that"
            said = f"{off}, which is {state}: what is in git does not come by itself. {ways}."
            yield Alert(Tone.WARN, one.key, said, one.key)
        else:
            at = due(run.expires, run.started)
            back = f"when that goes back at {at}, or is kept" if run.expires else "at its end"
            yield Alert(Tone.PLAIN, one.key, f"{off}; it is restored {back}.", one.key)


def _goes(run: Run, here: Known) -> bool:
    return works(run, here) or (run.state == RunState.DONE and run.expires is not None)


def _state(run: Run | None, own: RunReport | None) -> str:
    if run is None:
        return "not recorded"
    over = run.state == RunState.RUNNING and own is not None and own.state.over
    return str(own.state if over and own is not None else run.state).replace("_", " ")


def _unrecorded(run: Run, own: RunReport) -> Alert:
    """The hub could not be told how it ended: its record, its fence and its Lease still say that it goes on."""
    state = _STOPPED.get(own.state)
    if state is None:
        ended = str(own.state).replace("_", " ")
        return _alert(Tone.PLAIN, run, f"{ended} on {_where(run)}; its record on the Fleet does not say so yet.")
    why = own.message.split(";")[0].rstrip(".")
    said = f"{state} on {_where(run)}: {why}" if why else f"{state} on {_where(run)}"
    return _alert(Tone.WARN, run, f"{said}. Its record on the Fleet still says running. Open it: r, enter.")


def _left(run: Run, all_runs: Sequence[Run]) -> str:
    """The routes of a run that no newer run has written since."""
    newer = {key for one in all_runs if _after(one, run) for key in one.routes}
    return ", ".join(key for key in run.routes if key not in newer)


def _after(one: Run, run: Run) -> bool:
    return one.state not in _UNWRITTEN and (one.fence or 0, one.started or 0.0) > (run.fence or 0, run.started or 0.0)


def _where(run: Run) -> str:
    """Its routes, or what its one step is."""
    if run.routes:
        return ", ".join(run.routes)
    from console.decide import onestep  # not before the first frame: there is no run in it

    with suppress(UsageError):
        return onestep.parse(run.plan).sentence
    return "the Fleet"


def _alert(tone: Tone, run: Run, sentence: str) -> Alert:
    return Alert(tone, f"run {run.run}", sentence, run.run)
