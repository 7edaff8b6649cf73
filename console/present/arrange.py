"""How many rows each part of the dashboard gets: whole where there is room, the calm parts first to give way."""

from __future__ import annotations

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
    timeline: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that each part gets; `gap` blank rows stand before each of them."""

    alert: int
    topology: int
    zones: int
    members: int
    routes: int
    timeline: int
    gap: int


def arrange(rows: int, columns: int, wanted: Wanted) -> Rows:
    """Share `rows` between header and footer out: routes keep at least four rows, the timeline two, and what gives way
    first is the topology, then the blank rows, then zones, members and routes beyond their least."""
    topology = wanted.topology if columns >= WIDE else 0
    timeline = min(wanted.timeline, 3)
    fixed = wanted.zones + wanted.members + wanted.routes + timeline + wanted.alert
    gap = 1
    if fixed + topology + _gaps(wanted, topology) > rows:
        topology = 0 if fixed + topology > rows - 2 else topology
    if fixed + topology + _gaps(wanted, topology) > rows:
        gap = 0
    over = fixed + topology + gap * _gaps(wanted, topology) - rows
    parts = {"routes": wanted.routes, "members": wanted.members, "zones": wanted.zones, "timeline": timeline}
    least = {"timeline": 2, "zones": 3, "members": 3, "routes": 5}
    for name in ("zones", "members", "routes", "timeline", "zones", "members", "routes"):
        if over > 0:
            give = min(over, max(0, parts[name] - least[name]))
            parts[name] -= give
            over -= give
    for name in ("timeline", "zones", "members"):
        if over > 0:
            give = min(over, parts[name])
            parts[name] -= give
            over -= give
    spare = max(0, -over)
    parts["timeline"] += spare
    return Rows(wanted.alert, topology, parts["zones"], parts["members"], parts["routes"], parts["timeline"], gap)


def _gaps(wanted: Wanted, topology: int) -> int:
    return sum(1 for part in (topology, wanted.zones, wanted.members, wanted.routes, wanted.timeline) if part)
