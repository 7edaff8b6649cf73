"""Runs that are under way by their records, and whose runner is not heard: it is dead, or does not reach the hub."""

from __future__ import annotations

from console.model.fleet import Fleet, Run
from console.model.hub import Lock
from console.model.run import RunState

GRACE = 30.0
"""Seconds beyond a Lease's life in which clocks may differ, and a busy host be late."""
UNHELD = 60.0
"""Seconds after a run's record changed in which the Lease may be somebody else's, or nobody's."""


def alive(run: str, fleet: Fleet, wall: float) -> bool:
    """Whether the Fleet's Lease was seen to be a run's, and to be renewed; False also where nobody looked."""
    lock = fleet.lock
    return lock is not None and lock.run == run and lock.renewed is not None and not _late(lock, fleet.doubted(wall))


def silent(run: Run, fleet: Fleet, wall: float) -> float | None:
    """The epoch second since when a runner has said nothing, seen at `wall`; None where it may well live, or nobody
    looked."""
    lock = fleet.lock
    if lock is None or run.state != RunState.RUNNING or not run.routes:
        return None
    now = fleet.doubted(wall)
    if lock.run != run.run:
        told = run.updated or run.started
        return told if told is not None and now - told > UNHELD else None
    return lock.renewed if _late(lock, now) else None


def _late(lock: Lock, now: float) -> bool:
    """Whether a Lease is over for longer than clocks explain; one that tells no time is not."""
    return lock.renewed is not None and now - lock.renewed > lock.life + GRACE
