"""Facts in, one `Fleet` out: the whole picture from what every source said; no I/O, the clock an argument. What is made
of the same facts as before is not made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from console.decide.headroom import split
from console.model.alb import LoadBalancerFacts
from console.model.argo import ApplicationSet, ClusterSecret, clusters_of
from console.model.fleet import Fleet, Moment
from console.model.freshness import SourceName
from console.model.hub import AlbConfig, Event, Freeze, ManagedCluster, RunRecord
from console.settings import FleetSettings
from console.store import gateways, members, rates, routes, timeline, workloads, zones
from console.store.applications import Resolved
from console.store.backends import Backends
from console.store.facts import Facts
from console.store.memory import Memory
from console.store.scene import Scene

COARSE = 3.0
"""Seconds of clock difference that a Date header does not prove."""


def build(name: str, facts: Facts, memory: Memory, settings: FleetSettings, now: float) -> Fleet:
    """The picture at the monotonic second `now`."""
    scene = _scene(facts, memory, settings, now)
    kept, events, records = memory.kept, scene.events, scene.records
    shown_members, shown_gateways = members.members(scene), gateways.gateways(scene)
    memory.healths(shown_members, now)
    shown_routes = routes.routes(scene, shown_gateways)
    splits = kept.each("split", shown_routes, split)
    resolved = _resolved(scene)
    fleet = Fleet(
        name=name,
        region=settings.shown_region,
        uid=facts.uid,
        sources=tuple(facts.sources[s] for s in SourceName if s in facts.sources),
        members=shown_members,
        zones=zones.zones(shown_members, splits, memory),
        gateways=shown_gateways,
        routes=shown_routes,
        applications=resolved.applications,
        deployed=resolved.deployed,
        sets=kept.take("sets", (facts.all(SourceName.SETS),), lambda: _sorted(facts.of(SourceName.SETS))),
        clusters=facts.all(SourceName.CLUSTER_SECRETS),
        runs=kept.take("runs", (records,), lambda: timeline.runs(records)),
        timeline=kept.take("timeline", (events, records, shown_skew(facts.skew)), lambda: _timeline(scene)),
        cloud=facts.of(SourceName.FLEET).get("fleet"),
        problems=(*facts.flaws, *routes.problems(shown_routes, kept)),
        freeze=next((one for one in facts.all(SourceName.RUNS) if isinstance(one, Freeze)), None),
        lock=facts.lock,
        skew=shown_skew(facts.skew),
        credential_until=facts.until,
        lacking=facts.lacking,
    )
    asked = facts.of(SourceName.RATES).get("rates"), facts.sources.get(SourceName.RATES)
    rated = rates.added(fleet, asked, settings.prometheus, scene.names, now, kept)
    whole = workloads.added(rated, scene)
    facts.settled()
    memory.settled(now)
    return whole


def _scene(facts: Facts, memory: Memory, settings: FleetSettings, now: float) -> Scene:
    clusters: Mapping[str, ManagedCluster] = facts.of(SourceName.MEMBERS)
    configs: Mapping[str, AlbConfig] = facts.of(SourceName.GATEWAYS)
    kept, behind = memory.kept, facts.all(SourceName.GATEWAYS)
    listed = kept.take("listed", (tuple(clusters), behind), lambda: members.ids(clusters, configs, settings))
    ids = kept.take("ids", (listed,), lambda: listed)
    known = kept.take("known", (ids,), lambda: {id: place for place, id in enumerate(ids)})
    ingresses, moved = facts.of(SourceName.ROUTES), facts.moved(SourceName.ROUTES)
    memory.led.follow(ingresses, moved, facts.all(SourceName.CLASSES), known, settings.weights.key_prefix)
    return Scene(
        facts=facts,
        memory=memory,
        settings=settings,
        now=now,
        ids=ids,
        known=known,
        names=kept.take("names", (ids,), lambda: members.names(ids, settings)),
        events=facts.all(SourceName.EVENTS),
        told=facts.told,
        orders=kept.take("orders", (ids, behind), lambda: {g.name: _ordered(ids, g.remote_clusters) for g in behind}),
        backends=kept.take(
            "backends", (behind, facts.all(SourceName.ALB), ids), lambda: _backends(facts, memory, ids, settings)
        ),
        records=kept.take("records", (facts.all(SourceName.RUNS),), lambda: _records(facts)),
    )


def _backends(facts: Facts, memory: Memory, ids: tuple[str, ...], settings: FleetSettings) -> dict[str, Backends]:
    """AlbConfig's name -> the backends of its ALB, where that was read."""
    read: Mapping[str, LoadBalancerFacts] = facts.of(SourceName.ALB)
    configs: Sequence[AlbConfig] = facts.all(SourceName.GATEWAYS)
    return {
        one.name: memory.backends(one.name, read[one.load_balancer], ids, settings.members)
        for one in configs
        if one.load_balancer is not None and one.load_balancer in read
    }


def _records(facts: Facts) -> tuple[RunRecord, ...]:
    return tuple(one for one in facts.all(SourceName.RUNS) if isinstance(one, RunRecord))


def _timeline(scene: Scene) -> tuple[Moment, ...]:
    events: Mapping[str, Event] = scene.facts.of(SourceName.EVENTS)
    dated = scene.memory.dated
    dated.follow(events, scene.facts.moved(SourceName.EVENTS))
    newest = tuple(events[key] for key in dated.newest(timeline.TIMELINE))
    moments = scene.kept.each("moments", newest, timeline.moment)
    ahead = shown_skew(scene.facts.skew)
    ours = [replace(one, at=one.at - ahead) for one in moments] if ahead else moments
    return timeline.timeline(ours, scene.records)


def _sorted(facts: Mapping[str, ApplicationSet]) -> tuple[ApplicationSet, ...]:
    return tuple(fact for _, fact in sorted(facts.items()))


def _ordered(ids: Sequence[str], behind: Sequence[str]) -> dict[str, int]:
    """The gateway's members in the order in which members are shown, so that `62:38` reads alike everywhere."""
    inside = frozenset(behind)
    ordered = (*(m for m in ids if m in inside), *(m for m in ids if m not in inside))
    return {member: place for place, member in enumerate(ordered)}


def _resolved(scene: Scene) -> Resolved:
    secrets: tuple[ClusterSecret, ...] = scene.facts.all(SourceName.CLUSTER_SECRETS)
    clusters = scene.kept.take("argo clusters", (secrets,), lambda: clusters_of(secrets))
    names = scene.kept.take("called", (scene.names,), lambda: {name: id for id, name in scene.names.items()})
    moved = scene.facts.moved(SourceName.APPLICATIONS)
    scene.memory.resolved.take(scene.facts.of(SourceName.APPLICATIONS), scene.ids, names, clusters, moved)
    return scene.memory.resolved


def shown_skew(skew: float) -> int:
    """A clock's difference in whole seconds; one of a few seconds is the Date header's own coarseness, and none."""
    return round(skew) if abs(skew) >= COARSE else 0


def carry(fresh: Fleet, former: Fleet, now: float, memory: Memory) -> Fleet:
    """`fresh` with the moment since when each route is stuck where it is, kept from `former` where nothing moved, and
    with what each zone carried before."""
    kept, ways, places = memory.kept, (fresh.routes, former.routes), (fresh.zones, former.zones)
    carried = kept.take("all carried", ways, lambda: routes.carried(*ways, now, memory))
    past = kept.take("past", places, lambda: zones.with_past(*places, now, memory))
    return replace(
        fresh,
        routes=former.routes if former.routes == carried else carried,
        zones=former.zones if former.zones == past else past,
    )
