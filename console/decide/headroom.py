"""What a zone, a member or a shift's target can take of the load that others carry now. Pure.

Where no rate is known, load is counted in pods (`ASSUMPTION`): the others carry as many pods' worth as they run, and a
target can add what its autoscalers allow beyond the pods it uses. Where the rates of all who carry a Service are known,
they weigh its pods (`MEASURED`): a pod is worth what the busiest take, and who takes less uses fewer. A rate says
nothing of a member that lost pods: then pods count. Facts of a target must be current; the others' may be those seen
last, since a zone that went dark carried what it carried then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from console.model.fleet import AlbHealthWord, Fleet, Gateway, Member, Route, Zone
from console.model.workload import Backing, Headroom


@dataclass(frozen=True, slots=True)
class Shortage:
    """A member that does not take what a shift would give it, or of which that is not known (`why`).

    `room` and `load` in pods; `step`: weight points that it could take; `missing`: pods that it lacks.
    """

    member: str
    room: float = 0.0
    load: float = 0.0
    step: int = 0
    missing: int = 0
    why: str = ""
    weighed: bool = False


class _Measure(NamedTuple):
    """One Service of one route: pods' worth that the others carry, pods that the targets can add, weight points of the
    others, whether any target is behind the gateway at all, and requests a second of a pod where they are known."""

    route: str
    load: float
    room: float
    points: float
    others: Sequence[str]
    inside: bool
    worth: float

    @property
    def part(self) -> float:
        """Of the load, what is taken."""
        return self.room / self.load


class _NotKnown(Exception):
    """Something needed is not known; the words say what."""


def load(route: Route) -> tuple[object, ...]:
    """Everything of a route that decides a headroom."""
    members = tuple(line.member for line in route.members)
    return route.key, route.gateway, members, route.services, split(route), route.rate


def of_member(fleet: Fleet, member: Member) -> Headroom:
    """The headroom of one member alone."""
    return Pods(fleet).headroom((member.id,), member.name)


class Ground:
    """Who can be asked, and what stands behind their Services: all that no route decides."""

    def __init__(self, members: Sequence[Member], gateways: Sequence[Gateway]) -> None:
        self._gateways = gateways
        self.members = {member.id: member for member in members}
        self.read = any(member.workload.services for member in members)
        """Whether any member's own API told of a Service that a route leads to."""

    @cached_property
    def backings(self) -> Mapping[str, Mapping[tuple[str, str], Backing]]:
        """Member id -> what stands behind each of its Services (namespace, name)."""
        return {id: {one.key: one for one in m.workload.services} for id, m in self.members.items()}

    @cached_property
    def behind(self) -> Mapping[str, Sequence[str]]:
        """AlbConfig's name -> the members behind it."""
        return {gateway.name: gateway.members for gateway in self._gateways}


class Pods:
    """One Fleet's pods, ready to be asked; `ground` where it is known already."""

    def __init__(self, fleet: Fleet, ground: Ground | None = None) -> None:
        self._routes = fleet.routes
        self._ground = ground or Ground(fleet.members, fleet.gateways)
        self._members = self._ground.members

    @cached_property
    def _rates(self) -> dict[tuple[str, str], dict[str, float]]:
        return _rates(self._routes)

    @cached_property
    def _splits(self) -> Sequence[tuple[Route, Mapping[str, float]]]:
        return [(route, split(route)) for route in self._routes]

    def judged(self, zone: Zone) -> Zone:
        """The zone with its headroom."""
        return replace(zone, headroom=self.headroom(zone.members, zone.name))

    def headroom(self, targets: Sequence[str], name: str) -> Headroom:
        """What `targets` together take of the load of all others, by the route that allows least."""
        if not self._ground.read:
            return Headroom(sentence=self._silent(targets))
        if not self._routes:
            return Headroom(sentence="no route is known")
        found = [member for target in targets if (member := self._members.get(target)) is not None]
        if found and all(member.alb_health.word is AlbHealthWord.DEAD for member in found):
            return Headroom(0.0, "the ALB finds none of its backends healthy, whatever its pods say")
        least: _Measure | None = None
        for route, parts in self._splits:
            for service in _services(route):
                try:
                    one = self._measured(route, parts, service, targets)
                except _NotKnown as error:
                    return Headroom(sentence=str(error), route=route.key)
                if one is not None and (least is None or one.part < least.part):
                    least = one
        if least is None:
            return Headroom(100.0, "the others carry nothing that it would have to take")
        return self._told(least, name)

    def shortages(self, route: Route, to: Mapping[str, int]) -> tuple[Shortage, ...]:
        """The members that would get more weight on `route` and do not take it, or of which that is not known."""
        held = _percent(route.noted)
        gains = {member: want - held.get(member, 0.0) for member, want in to.items() if want > held.get(member, 0.0)}
        if not held or not gains:
            return ()
        lost = {m: (held[m] - to.get(m, 0)) / held[m] for m in held if held[m] > to.get(m, 0)}
        found = []
        for member, gain in gains.items():
            part = gain / sum(gains.values())
            try:
                worst = min((self.need(route, s, member, lost, part, held) for s in _services(route)), key=_ratio)
            except _NotKnown as error:
                found.append(Shortage(member, why=str(error)))
                continue
            except ValueError:  # it leads to no Service
                continue
            room, load, worth = worst
            if room < load:
                step, missing = math.floor(gain * room / load), math.ceil(load - room)
                found.append(Shortage(member, room, load, step, missing, weighed=worth > 0))
        return tuple(found)

    def need(
        self,
        route: Route,
        service: tuple[str, str],
        member: str,
        lost: Mapping[str, float],
        part: float,
        held: Mapping[str, float],
    ) -> tuple[float, float, float]:
        """(pods that `member` can add, pods' worth that a shift brings it, requests a second of a pod); `lost`: the
        fraction each loser gives."""
        carries = held.get(member, 0.0) > 0
        worth = self._worth(service, list(lost), [member] if carries else [])
        load = sum(self._load(loser, service, worth) * fraction for loser, fraction in lost.items())
        return self._room(member, service, worth, carries=carries), load * part, worth

    def _silent(self, targets: Sequence[str]) -> str:
        for target in targets:
            member = self._members.get(target)
            if member is not None and member.workload.why:
                return f"{member.name}: {member.workload.why}"
        return "no member's own API is read"

    def _measured(
        self, route: Route, split: Mapping[str, float], service: tuple[str, str], targets: Sequence[str]
    ) -> _Measure | None:
        """By one Service of one route; None where the others carry nothing of it."""
        if not split:
            raise _NotKnown(f"how {route.key} is split is not known")
        others = [member for member, share in split.items() if share > 0 and member not in targets]
        if not others:
            return None
        behind = self._ground.behind.get(route.gateway or "") or [line.member for line in route.members]
        inside = [member for member in behind if member in targets]
        carrying = {member: split.get(member, 0.0) > 0 for member in inside}
        worth = self._worth(service, others, [member for member in inside if carrying[member]])
        load = sum(self._load(member, service, worth) for member in others)
        room = sum(self._room(member, service, worth, carries=carrying[member]) for member in inside)
        return _Measure(route.key, load, room, sum(split[one] for one in others), others, bool(inside), worth)

    def _told(self, one: _Measure, name: str) -> Headroom:
        """The decisive measure, with its sentence."""
        step = math.floor(one.points * min(1.0, one.part))
        missing = max(0, math.ceil(one.load - one.room))
        said = f"{one.route}: it can add {_pods(one.room)}, the others carry {_pods(one.load)}"
        if one.worth:
            said += f"' worth: {one.load * one.worth:.3g} requests/s, {one.worth:.3g} a pod"
        if not one.inside:
            said = f"{name} is not behind the gateway of {one.route}"
        elif missing:
            said += f"; largest safe step {step} points; {missing} more pods to take all"
        old = any(not self._members[member].workload.current for member in one.others)
        said += "; their load is as it was seen last" if old else ""
        return Headroom(100.0 * one.part, said, one.route, one.load, one.room, step, missing, old, one.worth > 0)

    def _worth(self, service: tuple[str, str], others: Sequence[str], targets: Sequence[str]) -> float:
        """Requests a second that the busiest pods of a Service take; 0 where rates cannot weigh its pods."""
        rates = self._rates.get(service, {})
        if any(member not in rates for member in (*others, *targets)) or not sum(rates[one] for one in others):
            return 0.0
        backings = [(member, self._ground.backings.get(member, {}).get(service)) for member in rates]
        counted = [(member, one.ready or 0, one.wanted or 0) for member, one in backings if one is not None]
        if any(not ready or ready < wanted for member, ready, wanted in counted if member in (*others, *targets)):
            return 0.0
        return max((rates[member] / ready for member, ready, _ in counted if ready), default=0.0)

    def _load(self, member: str, service: tuple[str, str], worth: float) -> float:
        """Pods' worth that a member carries: a pod that is wanted and not ready has left its load behind."""
        one = self._backing(member, service)
        if one.ready is None or one.wanted is None:
            raise _NotKnown(f"{self._name(member)}: {one.why}")
        if not max(one.ready, one.wanted):
            raise _NotKnown(f"{self._name(member)}: it carries weight, and wants no pod of {'/'.join(service)}")
        return self._rates[service][member] / worth if worth else float(max(one.ready, one.wanted))

    def _room(self, member: str, service: tuple[str, str], worth: float, *, carries: bool) -> float:
        """Pods that a member can add. Where some of those it wants are not ready, its ceiling counts for as much."""
        known = self._members.get(member)
        one = self._backing(member, service)
        if one.ready is None or one.wanted is None or one.most is None:
            raise _NotKnown(f"{self._name(member)}: {one.why}")
        if known is None or not known.workload.current:
            raise _NotKnown(f"{self._name(member)}: its own API does not answer now")
        most = one.most if one.ready >= one.wanted else one.most * one.ready // one.wanted
        used = self._load(member, service, worth) if carries else 0.0
        return max(0.0, most - used)

    def _backing(self, member: str, service: tuple[str, str]) -> Backing:
        known = self._members.get(member)
        found = self._ground.backings.get(member, {}).get(service)
        if found is not None:
            return found
        why = known.workload.why if known is not None else "it is not among the members"
        why = why or f"its Service {'/'.join(service)} is not known"
        raise _NotKnown(f"{self._name(member)}: {why}")

    def _name(self, member: str) -> str:
        known: Member | None = self._members.get(member)
        return known.name if known else member


def _services(route: Route) -> list[tuple[str, str]]:
    namespace = route.key.partition("/")[0]
    return [(namespace, service) for service in route.services]


def split(route: Route) -> dict[str, float]:
    """Percent by member, as the rule splits the route, else as its annotations do; empty where neither is known."""
    ruled = {line.member: line.rule for line in route.members if line.rule is not None}
    return _percent(ruled) or _percent(route.noted)


def _percent(split: Mapping[str, float]) -> dict[str, float]:
    whole = sum(split.values())
    return {member: 100.0 * part / whole for member, part in split.items()} if whole else {}


def _rates(routes: Sequence[Route]) -> dict[tuple[str, str], dict[str, float]]:
    """Service -> requests a second by member, where every route to it leads to it alone and has its rates."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    blind: set[tuple[str, str]] = set()
    for route in routes:
        services = _services(route)
        if len(services) != 1 or not route.rate.parts:
            blind.update(services)
            continue
        inside = found.setdefault(services[0], {})
        for member, rate in route.rate.parts:
            inside[member] = inside.get(member, 0.0) + rate
    return {service: rates for service, rates in found.items() if service not in blind}


def _ratio(need: tuple[float, float, float]) -> float:
    room, load, _ = need
    return room / load if load else math.inf


def _pods(count: float) -> str:
    return f"{count:.0f} pod" if count == 1 else f"{count:.0f} pods"
