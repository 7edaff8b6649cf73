"""How many rows each part of the dashboard gets: whole where there is room, the calm parts first to give way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WIDE = 110
"""Columns from which on the topology is drawn."""
BESIDE = 176
"""Columns from which on the selected row's detail stands beside the tables."""
LEFT = 112
"""Columns that the tables keep where the detail stands beside them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows that would show each part whole, its head included; 0 where there is nothing to show."""

    alert: int
    topology: int
    zones: int
    members: int
    routes: int
    applications: int
    timeline: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that each part gets; `gap` blank rows stand before each of them."""

    alert: int
    topology: int
    zones: int
    members: int
    routes: int
    applications: int
    timeline: int
    gap: int


_GIVES = (
    {"routes": 10, "applications": 6, "members": 8, "zones": 6, "timeline": 2},
    {"routes": 5, "applications": 3, "members": 3, "zones": 3, "timeline": 2},
    {"applications": 0, "zones": 0, "timeline": 0, "members": 0, "routes": 1},
)
"""Rows to which the parts are cut down, in this order, until everything fits."""


def arrange(rows: int, columns: int, wanted: Wanted) -> Rows:
    """Share `rows` between header and footer out: blank rows give way first, then the topology, then the long parts;
    what is left over is the timeline's."""
    parts = {
        "zones": wanted.zones,
        "members": wanted.members,
        "routes": wanted.routes,
        "applications": wanted.applications,
        "timeline": min(wanted.timeline, 3),
    }
    alert = min(wanted.alert, max(0, rows - 1))
    topology, gap = (wanted.topology if columns >= WIDE else 0), 1
    room = rows - alert
    if sum(parts.values()) + topology + _gaps(parts, topology) > room:
        gap = 0
    if sum(parts.values()) + topology > room:
        topology = 0
        gap = 1 if sum(parts.values()) + _gaps(parts, 0) <= room else 0
    over = sum(parts.values()) + topology + gap * _gaps(parts, topology) - room
    for least in _GIVES:
        for name, rest in least.items():
            give = min(max(0, over), max(0, parts[name] - rest))
            parts[name] -= give
            over -= give
    if parts["timeline"]:
        parts["timeline"] += max(0, -over)
    return Rows(alert=alert, topology=topology, gap=gap, **parts)


def _gaps(parts: Mapping[str, int], topology: int) -> int:
    return sum(1 for part in (topology, *parts.values()) if part)
