"""The zones of a Fleet, and what each carries of the routes' weight, now and before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from console.model.fleet import Member, Zone
from console.store.memory import Memory
from console.store.shares import Split

PAST = 64
"""Changes of a zone's share that are remembered."""


def zones(members: Sequence[Member], splits: Sequence[Split], memory: Memory) -> tuple[Zone, ...]:
    """All zones by name, each the very same as before where it is; `splits`: one a route."""

    def made() -> tuple[Zone, ...]:
        memory.shares.follow(members, splits)
        told = {name: (name, inside, share) for name, inside, share in memory.shares.zones()}
        return memory.kept.rows("zone", told, lambda name: Zone(*told[name]))

    return memory.kept.take("zones", (members, splits), made)


def with_past(zones: tuple[Zone, ...], former: Sequence[Zone], now: float, memory: Memory) -> tuple[Zone, ...]:
    """Each with what it carried before."""
    return memory.past.of(zones, former, lambda zone, known: _with_past(zone, known, now))


def _with_past(zone: Zone, former: Zone | None, now: float) -> Zone:
    past = former.past if former is not None else ()
    if zone.share is not None and (not past or abs(past[-1][1] - zone.share) >= 1.0):
        past = (*past, (now, zone.share))[-PAST:]
    carried = replace(zone, past=past)
    return former if former == carried else carried
