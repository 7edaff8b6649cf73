"""What runs ask for attention with: those under way, those whose runner is gone, those that stopped half-way, and the
Applications whose automated sync one of them still holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from console.errors import UsageError, closed
from console.model.fleet import Fleet, Run, Tone
from console.model.overdue import SAID, UNWRITTEN, left, overdue, taken_over
from console.model.run import RunReport, RunState
from console.model.silence import silent
from console.present.alert import Alert
from console.present.times import clock, due

_STOPPED = {RunState.HELD: "held", RunState.UNVERIFIED: "not verified", RunState.SUPERSEDED: "superseded"}
_KEEP = "Keep it or put that off: r, then 1."
_HALF_WAY = (RunState.HELD, RunState.UNVERIFIED)

Known = Mapping[str, RunReport]
"""The runs of this host by id: it knows of a runner that is dead, and of an end, before the Fleet does."""


def known(host: Sequence[RunReport]) -> Known:
    """The runs of this host by id. One that it tried to take over, or never wrote for, is told by its record alone."""
    return {one.run: one for one in host if one.state not in UNWRITTEN}


def works(run: Run, here: Known) -> bool:
    """Whether somebody is at it: under way by its record, and not over as this host knows it."""
    own = here.get(run.run)
    return run.state == RunState.RUNNING and (own is None or not own.state.over)


def runs(fleet: Fleet, here: Known, wall: float | None = None, *, typed: bool = False) -> Iterator[Alert]:
    """Every run that wants attention, the newest first. `wall`: the epoch second, None where nobody says it. `typed`:
    what to do is told as commands, else as keys."""
    for run in fleet.runs:
        own = here.get(run.run)
        own = None if own is not None and taken_over(run, own) else own
        waits = run.state == RunState.DONE and run.expires is not None
        stands = ", ".join(left(run, fleet.runs))
        if wall is not None and overdue(run, fleet, wall):
            yield _alert(Tone.BAD, run, _overdue(run, stands, own, typed=typed))
        elif own is not None and own.state is RunState.INTERRUPTED and (run.state == RunState.RUNNING or waits):
            ways = f"{_command('resume', run)} or {_command('rollback', run)}."
            said = ways if typed else "Open it (r, enter): 5 resumes, 2 goes back."
            yield _alert(Tone.BAD, run, f"interrupted on {_where(run)}: its runner on this host is dead. {said}")
        elif run.state == RunState.RUNNING and own is not None and own.state.over:
            yield _unrecorded(run, own, typed=typed)
        elif run.state == RunState.INTERRUPTED:
            if stands:
                yield _alert(Tone.BAD, run, f"interrupted on {stands}: its runner is gone. Go back or shift anew.")
        elif own is None and wall is not None and (since := silent(run, fleet, wall)) is not None:
            ways = f"{_command('resume', run)} --takeover goes on, rollback {run.run} goes back."
            silence = f"its runner on {run.host or '?'} has said nothing since {clock(since)}"
            yield _alert(Tone.BAD, run, f"interrupted on {_where(run)}: {silence}. {ways}")
        elif run.state == RunState.RUNNING:
            told = f" (its record of {clock(run.updated)})" if own is None and run.updated is not None else ""
            sentence = f"under way on {_where(run)} by {run.actor or '?'}{_stage(run, own, wall)}{told}."
            yield _alert(Tone.PLAIN, run, sentence)
        elif run.state in _HALF_WAY and stands:
            why = f": {run.message}" if run.message else ""
            yield _alert(Tone.PLAIN, run, closed(f"{_STOPPED[RunState(run.state)]} on {stands}{why}"))
        elif waits:
            ways = f"{_command('stop', run)} keeps it, extend puts that off." if typed else _KEEP
            yield _alert(Tone.PLAIN, run, f"moved {_where(run)}, and goes back by itself at {_due(run)}. {ways}")


def _stage(run: Run, own: RunReport | None, wall: float | None) -> str:
    """`: step 1 of 3, holds until 12:05:31`: where a run is by its report here, else by its record."""
    told = own if own is not None else run
    count = len(own.steps) if own is not None else 0
    parts = []
    if told.going == "back":
        parts.append("going back")
    elif told.step:
        parts.append(f"step {told.step} of {count}" if told.step <= count > 1 else "" if count else f"step {told.step}")
    if told.hold_until is not None and wall is not None and told.hold_until > wall:
        parts.append(f"holds until {clock(told.hold_until)}")
    said = ", ".join(filter(None, parts))
    return f": {said}" if said else ""


def _overdue(run: Run, stands: str, own: RunReport | None, *, typed: bool) -> str:
    """Why a run has not gone back, by its own runner where that says so, and what can be done."""
    dead = own is not None and own.state is RunState.INTERRUPTED
    told = own.message if own is not None and not dead else run.message
    resume = f"{_command('resume', run)}{'' if own is not None else ' --takeover'}, or rollback {run.run}"
    alive = own is not None and not dead
    ways = (_command("attach", run) if alive else resume) if typed else "r, enter tells the ways"
    if told.startswith(SAID):
        return f"{closed(told)} {ways}."
    why = f" ({told.rstrip('.')})" if alive and told else ""
    return f"{SAID}: {stands} should have gone back at {_due(run)}, and nobody took it back{why}. {ways}."


def _command(verb: str, run: Run) -> str:
    return f"fleet-console {verb} {run.run}"


def _due(run: Run) -> str:
    return due(run.expires, run.started)


def held(fleet: Fleet, here: Known, wall: float | None = None) -> Iterator[Alert]:
    """Every Application whose automated sync a run switched off, until it is restored. `wall` as for `runs`."""
    for one in fleet.applications:
        if one.held is None:
            continue
        name, run = one.held.run, fleet.run(one.held.run)
        since = f" since {clock(one.held.since)}" if one.held.since is not None else ""
        off = f"automated sync is off for run {name}{since}"
        own = here.get(name)
        dead = own is not None and own.state is RunState.INTERRUPTED
        late = run is not None and wall is not None and overdue(run, fleet, wall)
        if run is None or dead or late or not _goes(run, here):
            state = "overdue to go back" if late else "interrupted" if dead else _state(run, own)
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


def _unrecorded(run: Run, own: RunReport, *, typed: bool) -> Alert:
    """The hub could not be told how it ended: its record, its fence and its Lease still say that it goes on."""
    state = _STOPPED.get(own.state)
    if state is None:
        ended = str(own.state).replace("_", " ")
        return _alert(Tone.PLAIN, run, f"{ended} on {_where(run)}; its record on the Fleet does not say so yet.")
    why = own.message.split(";")[0]
    said = f"{state} on {_where(run)}: {why}" if why else f"{state} on {_where(run)}"
    way = f"See {_command('attach', run)}." if typed else "Open it: r, enter."
    return _alert(Tone.WARN, run, f"{closed(said)} Its record on the Fleet still says running. {way}")


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
