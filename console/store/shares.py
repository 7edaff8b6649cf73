"""What each zone carries of the routes' weight; where the split of a few of many routes moved, only what these lead to
is summed anew."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from console.model.fleet import Member
from console.present.last import others

Split = Mapping[str, float]
"""Member id -> percent of one route's weight; empty where that is not known."""


class Shares:
    """The mean over the routes whose split is known, by zone."""

    def __init__(self) -> None:
        self._splits: Sequence[Split] = ()
        self._members: Sequence[Member] = ()
        self._zone: dict[str, str] = {}
        self._inside: dict[str, tuple[str, ...]] = {}
        self._known = 0
        self._parts: dict[str, dict[tuple[int, str], float]] = {}
        """Zone -> percent by (the route's place, member id)."""
        self._sums: dict[str, float] = {}

    def follow(self, members: Sequence[Member], splits: Sequence[Split]) -> None:
        """Take in what is new; one split a route, in order, the very same object where it did not move."""
        if members is not self._members:
            self._place(members)
        places = others(splits, self._splits)
        if places is None:
            self._begin(len(splits))
        touched = set()
        for place in range(len(splits)) if places is None else places:
            touched |= self._put(place, self._splits[place], splits[place])
        self._splits = splits
        for zone in touched:
            self._sums[zone] = math.fsum(self._parts[zone].values())

    def zones(self) -> Iterable[tuple[str, tuple[str, ...], float | None]]:
        """(name, members, percent or None where nothing is known of any of them), in order of the names."""
        for name, inside in self._inside.items():
            known = bool(self._parts.get(name)) and self._known
            yield name, inside, self._sums[name] / self._known if known else None

    def _place(self, members: Sequence[Member]) -> None:
        """A member that spans several zones is in none."""
        former, self._members = self._members, members
        places = others(members, former)
        if places is not None and all(_stand(members[n]) == _stand(former[n]) for n in places):
            return
        found: dict[str, list[str]] = {}
        for member, zone in map(_stand, members):
            if zone is not None:
                found.setdefault(zone, []).append(member)
        self._inside = {name: tuple(ids) for name, ids in sorted(found.items())}
        self._zone = {id: name for name, ids in found.items() for id in ids}
        self._begin(0)

    def _begin(self, routes: int) -> None:
        self._splits = [{}] * routes
        self._known, self._parts, self._sums = 0, {}, {}

    def _put(self, place: int, former: Split, split: Split) -> set[str]:
        """The zones that the split of one route moved."""
        self._known += bool(split) - bool(former)
        touched = set()
        for member in former:
            if (zone := self._zone.get(member)) is not None:
                touched.add(zone)
                self._parts[zone].pop((place, member), None)
        for member, part in split.items():
            if (zone := self._zone.get(member)) is not None:
                touched.add(zone)
                self._parts.setdefault(zone, {})[place, member] = part
        return touched


def _stand(member: Member) -> tuple[str, str | None]:
    """(its id, the one zone that it stands in)"""
    return member.id, member.zone if member.zone and not member.spans else None
