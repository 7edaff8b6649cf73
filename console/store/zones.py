"""The zones of a Fleet, and what each carries of the routes' weight, now and before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from console.decide.headroom import split
from console.model.fleet import Member, Route, Zone
from console.store.kept import Kept

PAST = 64
"""Changes of a zone's share that are remembered."""


def zones(members: Sequence[Member], routes: Sequence[Route], kept: Kept) -> tuple[Zone, ...]:
    """All zones by name; a member that spans several is in none."""
    shares = kept.take("shares", (routes,), lambda: _shares(kept.each("split", routes, split)))
    return kept.take("zones", (members, shares), lambda: _zones(members, shares))


def _zones(members: Sequence[Member], shares: Mapping[str, float]) -> tuple[Zone, ...]:
    found: dict[str, list[str]] = {}
    for member in members:
        if member.zone and not member.spans:
            found.setdefault(member.zone, []).append(member.id)
    zones = []
    for name, ids in sorted(found.items()):
        inside = tuple(ids)
        known = [shares[member] for member in inside if member in shares]
        zones.append(Zone(name, inside, sum(known) if known else None))
    return tuple(zones)


def _shares(splits: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Member id -> percent of the weight, the mean over the routes whose split is known."""
    totals: dict[str, float] = {}
    counted = 0
    for one in splits:
        counted += bool(one)
        for member, part in one.items():
            totals[member] = totals.get(member, 0.0) + part
    return {member: total / counted for member, total in totals.items()}


def with_past(zones: Sequence[Zone], former: Sequence[Zone], now: float) -> tuple[Zone, ...]:
    """Each with what it carried before."""
    before = {zone.name: zone for zone in former}
    return tuple(_with_past(zone, before.get(zone.name), now) for zone in zones)


def _with_past(zone: Zone, former: Zone | None, now: float) -> Zone:
    past = former.past if former is not None else ()
    if zone.share is not None and (not past or abs(past[-1][1] - zone.share) >= 1.0):
        past = (*past, (now, zone.share))[-PAST:]
    carried = replace(zone, past=past)
    return former if former == carried else carried
