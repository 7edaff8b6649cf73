"""The samples of a Prometheus query, told of members, routes and zones: whom each series is about, and the sums.

A series without a route is a member's own figure, one without a member a route's; where there is none, the parts are
summed. A figure whose parts are not all known is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from console.model.fleet import Fleet, Member, Route, Zone
from console.model.freshness import Source
from console.model.hub import Problem
from console.model.rate import FRESH, NO_RATE, Rates, RouteRate, Sample
from console.settings import PrometheusSettings
from console.store.kept import Kept


@dataclass(frozen=True, slots=True)
class _Told:
    """Requests a second by member id, and by route key; `problem`: that nothing could be told of any member."""

    members: Mapping[str, float]
    routes: Mapping[str, RouteRate]
    problem: Problem | None = None


_NOTHING = _Told({}, {})


def added(
    fleet: Fleet,
    asked: tuple[Rates | None, Source | None],
    said: PrometheusSettings | None,
    names: Mapping[str, str],
    now: float,
    kept: Kept,
) -> Fleet:
    """`fleet` with what the newest answer says, as long as that is no older than `FRESH` seconds. `asked`: that answer,
    and how its source fares; `names`: member id -> its name, the very same object for as long as it says the same."""
    rates, source = asked
    fresh = source is not None and source.seen is not None and now - source.seen <= FRESH
    current = rates if fresh and said is not None else None
    told = kept.take("rates", (current, names), lambda: _told(current.samples, tuple(names.items()), said) if current
                     and said else _NOTHING)  # fmt: skip
    if told.problem is not None:
        fleet = replace(fleet, problems=(*fleet.problems, told.problem))
    if not told.members and not told.routes:
        return fleet

    def member(one: Member) -> Member:
        rate = told.members.get(one.id)
        return one if rate == one.rate else replace(one, rate=rate)

    def route(one: Route) -> Route:
        rate = told.routes.get(one.key, NO_RATE)
        return one if rate == one.rate else replace(one, rate=rate)

    def zone(one: Zone) -> Zone:
        return replace(one, rate=_sum([told.members.get(member) for member in one.members]))

    return replace(
        fleet,
        members=kept.each("rated members", fleet.members, member, told),
        routes=kept.each("rated routes", fleet.routes, route, told),
        zones=kept.each("rated zones", fleet.zones, zone, told),
    )


def _sum(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if known and len(known) == len(parts) else None


def _told(samples: Sequence[Sample], members: Sequence[tuple[str, str]], said: PrometheusSettings) -> _Told:
    called = _Called(members, said.names)
    own: dict[str, float] = {}
    whole: dict[str, float] = {}
    parts: dict[str, dict[str, float]] = {}
    for one in samples:
        member = called.id(one.member) if one.member is not None else None
        if one.member is not None and member is None:
            continue
        if one.route is None and member is not None:
            own[member] = own.get(member, 0.0) + one.value
        elif one.route is not None and member is None:
            whole[one.route] = whole.get(one.route, 0.0) + one.value
        elif one.route is not None and member is not None:
            inside = parts.setdefault(one.route, {})
            inside[member] = inside.get(member, 0.0) + one.value
    sums: dict[str, float] = {}
    for by_member in parts.values():
        for member, value in by_member.items():
            sums[member] = sums.get(member, 0.0) + value
    routes = {
        key: RouteRate(whole.get(key, sum(parts.get(key, {}).values())), tuple(sorted(parts.get(key, {}).items())))
        for key in (*whole, *parts)
    }
    strangers = sorted({one.member for one in samples if one.member is not None})
    lost = bool(strangers) and bool(members) and not own and not parts
    return _Told({**sums, **own}, routes, _unmapped(strangers, said) if lost else None)


def _unmapped(strangers: Sequence[str], said: PrometheusSettings) -> Problem:
    some = ", ".join(f"'{one[:40]}'" for one in strangers[:3])
    return Problem("rates", f"label {said.member_label} names no member: {some}. Map it under fleets.prometheus.names")


class _Called:
    """Members by the words that name them; each word is looked up once."""

    def __init__(self, members: Sequence[tuple[str, str]], names: Mapping[str, str]) -> None:
        self._members = members
        self._names = names
        self._exact = {word: id for id, name in reversed(members) for word in (name, id)}
        self._known: dict[str, str | None] = {}

    def id(self, said: str) -> str | None:
        """The member's id; None where the word names none, or several."""
        if said not in self._known:
            self._known[said] = self._find(self._names.get(said, said))
        return self._known[said]

    def _find(self, word: str) -> str | None:
        if word in self._exact:
            return self._exact[word]
        found = {id for id, name in self._members if id.startswith(word) or name.startswith(word)}
        return found.pop() if len(found) == 1 else None
