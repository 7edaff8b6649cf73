"""Runs whose time is over and that nobody has taken back: what of them still stands, and from when on that is said."""

from __future__ import annotations

from collections.abc import Sequence

from console.model.fleet import Fleet, Run
from console.model.run import RunReport, RunState

GRACE = 15.0
"""Seconds after its time in which a runner that lives has begun to go back, and said so."""
SAID = "expiry overdue"
"""How the message of a run begins whose runner itself says why it has not taken it back: it may well live."""
UNWRITTEN = (RunState.REFUSED, RunState.FAILED, RunState.PLANNED)
"""States of a run that wrote no weight."""


def overdue(run: Run, fleet: Fleet, wall: float) -> bool:
    """Whether a run of the Fleet's records should have gone back by the epoch second `wall`, and its weights still
    stand; by either clock, since nobody knows which one its runner had."""
    if run.state != RunState.DONE or run.expires is None:
        return False
    return late(run.expires, fleet.doubted(wall)) and bool(left(run, fleet.runs))


def late(expires: float | None, wall: float) -> bool:
    """Whether a time, epoch seconds or None for never, is over for longer than `GRACE`."""
    return expires is not None and wall - expires > GRACE


def taken_over(run: Run, own: RunReport) -> bool:
    """Whether a runner elsewhere goes on, by the run's record, with what a runner of this host that is dead began."""
    return own.state is RunState.INTERRUPTED and run.pid is not None and (run.host, run.pid) != (own.host, own.pid)


def left(run: Run, runs: Sequence[Run]) -> tuple[str, ...]:
    """The routes of a run that no newer run has written since."""
    newer = {key for one in runs if _after(one, run) for key in one.routes}
    return tuple(key for key in run.routes if key not in newer)


def _after(one: Run, run: Run) -> bool:
    return one.state not in UNWRITTEN and (one.fence or 0, one.started or 0.0) > (run.fence or 0, run.started or 0.0)
