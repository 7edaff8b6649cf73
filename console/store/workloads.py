"""The members' own facts -> each member's source and workload, and with them the headroom of members and zones.

A Service that a route names leads by its selector to Deployments of the same namespace; what autoscalers allow is
theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from console.decide import headroom
from console.model.fleet import Fleet, Member, Route, Zone
from console.model.freshness import Part, Source, SourceName, SourceState
from console.model.hub import Problem
from console.model.workload import Autoscaler, Backing, Deployment, Node, Service, Workload, WorkloadWord
from console.present.last import others
from console.settings import FleetSettings, MemberSettings
from console.store.kept import Kept, Key
from console.store.parts import MemberFacts
from console.store.scene import Scene

NOT_NAMED = "its own API is not named: set fleets.members.ID.kubeconfig or context"
NOT_READ = "its own API is not read by this command"
_NEEDED = (Part.DEPLOYMENTS, Part.SERVICES)
_WORST = (
    SourceState.LOST,
    SourceState.DENIED,
    SourceState.MISSING,
    SourceState.THROTTLED,
    SourceState.STALE,
    SourceState.LOADING,
    SourceState.UNCONFIGURED,
    SourceState.LIVE,
    SourceState.EMPTY,
)


def added(fleet: Fleet, scene: Scene) -> Fleet:
    """`fleet` with what the members' own APIs say."""
    facts, kept = scene.facts.members, scene.kept
    leads = kept.each("leads to services", fleet.routes, _leads)
    wanted = kept.take("wanted", (leads,), lambda: _wanted(leads))
    told = (scene.names, tuple(facts), tuple([one.heard for one in facts.values()]))
    sources = kept.take("member sources", told, lambda: _sources(scene))
    problems = kept.take("member problems", told, lambda: tuple(_problems(scene.names, facts)))
    own = kept.take(
        "all members' own",
        (sources, scene.names, fleet.source(SourceName.MEMBERS).state),
        lambda: together(sources, fleet, scene.settings),
    )
    whole = replace(
        fleet,
        members=_loaded(fleet.members, scene, sources, wanted, told),
        member_sources=sources,
        sources=_with(own, fleet.sources),
        problems=(*fleet.problems, *problems),
    )
    return replace(whole, zones=_judged(whole, kept))


def _judged(fleet: Fleet, kept: Kept) -> tuple[Zone, ...]:
    """The zones with their headroom, each worked out anew only where something that decides it is another."""
    loads = kept.each("loads", fleet.routes, headroom.load)
    stands = fleet.members, fleet.gateways

    def judged() -> tuple[Zone, ...]:
        ground = kept.take("ground", stands, lambda: headroom.Ground(*stands))
        pods = headroom.Pods(fleet, ground)
        zones = {zone.name: zone for zone in fleet.zones}

        def key(zone: Zone) -> Key:
            if ground.read:
                return zone, stands, loads
            return zone, [ground.members.get(one) for one in zone.members], bool(loads)

        keys = {name: key(zone) for name, zone in zones.items()}
        return kept.rows("judged", keys, lambda name: pods.judged(zones[name]))

    return kept.take("headroom", (stands, loads, fleet.zones), judged)


def _sources(scene: Scene) -> tuple[Source, ...]:
    """Each member's own API as one source."""
    facts, settings = scene.facts.members, scene.settings.members

    def made(row: str) -> Source:
        return _source(row, facts.get(row), settings.get(row, MemberSettings()))

    keys: dict[str, Key] = {id: (facts[id].heard if id in facts else None,) for id in scene.ids}
    return scene.kept.rows("member source", keys, made)


def _loaded(
    members: Sequence[Member],
    scene: Scene,
    sources: Sequence[Source],
    wanted: Mapping[str, Collection[tuple[str, str]]],
    told: Key,
) -> tuple[Member, ...]:
    """The members, in the order of their ids, with their workloads; each made anew only where something that it is made
    of is another. `told`: another value after everything that any member's own API said."""
    facts, known = scene.facts.members, scene.known
    before = scene.kept.former("loaded", members)
    same = scene.kept.former("what all loaded look at", (told, wanted)) == (told, wanted)
    places = others(members, before) if before is not None and same else None
    suspects = None if places is None else [scene.ids[place] for place in places]

    def key(id: str) -> Key:
        source = sources[known[id]]
        said = facts[id].said if id in facts else None
        return members[known[id]], wanted.get(id), said, source.state, source.message, source.seen is None

    def made(id: str) -> Member:
        workload = _workload(facts.get(id), sources[known[id]], wanted.get(id, ()))
        return replace(members[known[id]], workload=workload)

    return scene.kept.among("loaded", scene.ids, suspects, key, made)


def together(sources: Sequence[Source], fleet: Fleet, settings: FleetSettings) -> Source:
    """All members' own APIs as one source: the worst of those that are read, named in its message."""
    read = [source for source in sources if source.state is not SourceState.UNCONFIGURED]
    named = any(one.kubeconfig or one.context for one in settings.members.values())
    if not read and named and not fleet.members:
        hub = fleet.source(SourceName.MEMBERS)
        if hub.state is SourceState.LOADING:
            return Source(SourceName.WORKLOADS, SourceState.LOADING, hub.since)
        why = "the hub has not told who the members are: nothing was asked"
        return Source(SourceName.WORKLOADS, SourceState.LOST, hub.since, message=why, echoes=True)
    if not read:
        return Source(SourceName.WORKLOADS, SourceState.UNCONFIGURED)
    worst = min(read, key=lambda source: _WORST.index(source.state))
    ages = [source.seen for source in read if source.seen is not None]
    name = next((member.name for member in fleet.members if member.id == worst.member), "")
    message = f"{name}: {worst.message}" if worst.message else ""
    return replace(worst, seen=min(ages, default=None), message=message, member=None)


def _with(own: Source, others: Sequence[Source]) -> tuple[Source, ...]:
    """The Fleet's sources and the members' own, once any was heard of."""
    return (*(source for source in others if source.name != own.name), own) if others else ()


_Leads = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]
"""The members that a route leads to, and the Services (namespace, name) there."""


def _leads(route: Route) -> _Leads:
    namespace = route.key.partition("/")[0]
    return tuple(line.member for line in route.members), tuple((namespace, service) for service in route.services)


def _wanted(leads: Iterable[_Leads]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Member id -> the Services (namespace, name) that routes lead to there, each once, in order."""
    found: dict[str, dict[tuple[str, str], None]] = {}
    for members, services in leads:
        for member in members:
            found.setdefault(member, {}).update(dict.fromkeys(services))
    return {member: tuple(services) for member, services in found.items()}


def _source(member: str, facts: MemberFacts | None, said: MemberSettings) -> Source:
    if facts is None:
        why = NOT_READ if said.readable else NOT_NAMED
        return Source(SourceName.WORKLOADS, SourceState.UNCONFIGURED, message=why, member=member)
    parts = [facts.sources.get(part, Source(part, SourceState.LOADING)) for part in _NEEDED]
    worst = min(parts, key=lambda source: _WORST.index(source.state))
    ages = [source.seen for source in parts if source.seen is not None]
    message, permission = worst.message, worst.permission
    others = [facts.sources.get(part, Source(part, SourceState.LOADING)) for part in (Part.AUTOSCALERS, Part.NODES)]
    if not message:
        for other in others:
            if not other.state.answered and other.state is not SourceState.LOADING:
                message, permission = f"{other.name} are not read: {other.message}", other.permission
    seen = min(ages) if len(ages) == len(parts) else None
    if worst.state.answered and any(one.state is SourceState.LOADING for one in others):
        return Source(SourceName.WORKLOADS, SourceState.LOADING, worst.since, seen, member=member)
    return Source(SourceName.WORKLOADS, worst.state, worst.since, seen, message, permission, member)


def _problems(names: Mapping[str, str], facts: Mapping[str, MemberFacts]) -> Iterator[Problem]:
    for id, name in names.items() if facts else ():
        if id in facts:
            for part in facts[id].problems.values():
                yield from (replace(one, object=f"{name}: {one.object}") for one in part.values())


def _workload(facts: MemberFacts | None, source: Source, wanted: Iterable[tuple[str, str]]) -> Workload:
    if facts is None or source.seen is None:
        return Workload(why=source.message or "its own API is being read")
    nodes: Mapping[str, Node] = facts.of(Part.NODES)
    counted = bool((read := facts.sources.get(Part.NODES)) and read.seen is not None)
    scene = _Scene(facts)
    services = tuple(scene.backing(namespace, name) for namespace, name in wanted)
    word, why = _word(services)
    pods = scene.pods(services)
    return Workload(
        word=word,
        ready=sum(one.ready or 0 for one in pods) if word is not WorkloadWord.UNKNOWN else None,
        wanted=sum(one.wanted or 0 for one in pods) if word is not WorkloadWord.UNKNOWN else None,
        nodes_ready=sum(node.ready for node in nodes.values()) if counted else None,
        nodes=len(nodes) if counted else None,
        services=services,
        why=why,
        current=source.state.answered,
    )


def _word(services: Sequence[Backing]) -> tuple[WorkloadWord, str]:
    if not services:
        return WorkloadWord.UNKNOWN, "no route leads to it"
    unknown = next((one.why for one in services if one.ready is None or one.wanted is None), None)
    known = [(one.ready, one.wanted) for one in services if one.ready is not None and one.wanted is not None]
    if unknown is None and not any(ready for ready, _ in known):
        return WorkloadWord.DEAD, ""
    if any(ready < wanted for ready, wanted in known):
        return WorkloadWord.SOME, unknown or ""
    return (WorkloadWord.OK, "") if unknown is None else (WorkloadWord.UNKNOWN, unknown)


class _Scene:
    """One member's Services, Deployments and autoscalers, tied together."""

    def __init__(self, facts: MemberFacts) -> None:
        self._services: Mapping[str, Service] = facts.of(Part.SERVICES)
        self._deployments: dict[tuple[str, str], Deployment] = {}
        self._labelled: dict[tuple[str, tuple[str, str]], list[Deployment]] = {}
        for one in facts.of(Part.DEPLOYMENTS).values():
            self._deployments[one.namespace, one.name] = one
            for label in one.labels:
                self._labelled.setdefault((one.namespace, label), []).append(one)
        self._scalers: dict[tuple[str, str], list[Autoscaler]] = {}
        for scaler in facts.of(Part.AUTOSCALERS).values():
            if scaler.target is not None:
                self._scalers.setdefault((scaler.namespace, scaler.target), []).append(scaler)
        read = facts.sources.get(Part.AUTOSCALERS)
        self._blind = "" if read is not None and read.state.answered else f"{Part.AUTOSCALERS} are not read"
        if self._blind and read is not None and read.message:
            self._blind = f"{self._blind}: {read.message}"

    def behind(self, namespace: str, service: Service) -> list[Deployment]:
        """The Deployments whose pods the Service selects, by name."""
        candidates = (self._labelled.get((namespace, term), []) for term in service.selector)
        fewest = min(candidates, key=len, default=[])
        found = [one for one in fewest if set(service.selector) <= set(one.labels)]
        return sorted(found, key=lambda one: one.name)

    def pods(self, services: Iterable[Backing]) -> list[Deployment]:
        """Every Deployment behind these, once."""
        names = {(one.namespace, name) for one in services for name in one.deployments}
        return [self._deployments[name] for name in names]

    def backing(self, namespace: str, name: str) -> Backing:
        """What stands behind one Service, or why that is not known."""
        service = self._services.get(f"{namespace}/{name}")
        if service is None:
            return Backing(namespace, name, why=f"it has no Service {namespace}/{name}")
        if not service.selector:
            return Backing(namespace, name, why=f"Service {namespace}/{name} has no selector")
        found = self.behind(namespace, service)
        if not found:
            return Backing(namespace, name, why=f"no Deployment stands behind Service {namespace}/{name}")
        names = tuple(one.name for one in found)
        mute = next((one for one in found if one.ready is None or one.wanted is None), None)
        if mute is not None:
            return Backing(namespace, name, names, why=f"Deployment {namespace}/{mute.name} does not say its pods")
        ceilings = [self._ceiling(one) for one in found]
        most = [one for one in ceilings if one is not None]
        whole = len(most) == len(ceilings) and not self._blind
        return Backing(
            namespace,
            name,
            names,
            ready=sum(one.ready or 0 for one in found),
            wanted=sum(one.wanted or 0 for one in found),
            most=sum(most) if whole else None,
            scaled=any((namespace, one) in self._scalers for one in names),
            why="" if whole else self._blind or f"an autoscaler of {namespace}/{names[0]} names no ceiling",
        )

    def _ceiling(self, one: Deployment) -> int | None:
        """Pods that it may go up to; those ready where nothing scales it, or where it is scaled to none."""
        scalers = self._scalers.get((one.namespace, one.name), ())
        ready = one.ready or 0
        if not scalers or not one.wanted:
            return ready
        limits = [scaler.most for scaler in scalers if scaler.most is not None]
        return max(ready, min(limits)) if len(limits) == len(scalers) else None
