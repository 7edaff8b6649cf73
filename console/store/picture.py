"""Facts in, one `Fleet` out: the whole picture from what every source said; no I/O, the clock an argument. What is made
of the same facts as before is not made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from console.model.alb import LoadBalancerFacts
from console.model.argo import ApplicationSet, ClusterSecret, clusters_of
from console.model.fleet import Fleet, Member
from console.model.freshness import SourceName
from console.model.hub import AlbConfig, Freeze, Ingress, IngressClass, ManagedCluster, RunRecord
from console.settings import FleetSettings
from console.store import gateways, members, rates, routes, timeline, workloads, zones
from console.store.applications import Resolved
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
    resolved = _resolved(scene, shown_members)
    fleet = Fleet(
        name=name,
        region=settings.shown_region,
        uid=facts.uid,
        sources=tuple(facts.sources[s] for s in SourceName if s in facts.sources),
        members=shown_members,
        zones=zones.zones(shown_members, shown_routes, kept),
        gateways=shown_gateways,
        routes=shown_routes,
        applications=resolved.applications,
        deployed=resolved.deployed,
        sets=kept.take("sets", (facts.all(SourceName.SETS),), lambda: _sorted(facts.of(SourceName.SETS))),
        clusters=facts.all(SourceName.CLUSTER_SECRETS),
        runs=kept.take("runs", (records,), lambda: timeline.runs(records)),
        timeline=kept.take("timeline", (events, records), lambda: timeline.timeline(events, records)),
        cloud=facts.of(SourceName.FLEET).get("fleet"),
        problems=(*facts.flaws(), *routes.problems(shown_routes, kept)),
        freeze=next((one for one in facts.all(SourceName.RUNS) if isinstance(one, Freeze)), None),
        lock=facts.lock,
        skew=shown_skew(facts.skew),
        credential_until=facts.until,
        lacking=facts.lacking,
    )
    asked = facts.of(SourceName.RATES).get("rates"), facts.sources.get(SourceName.RATES)
    return workloads.added(rates.added(fleet, *asked, settings.prometheus, now, kept), facts.members, settings, kept)


def _scene(facts: Facts, memory: Memory, settings: FleetSettings, now: float) -> Scene:
    clusters: Mapping[str, ManagedCluster] = facts.of(SourceName.MEMBERS)
    configs: Mapping[str, AlbConfig] = facts.of(SourceName.GATEWAYS)
    classes: Mapping[str, IngressClass] = facts.of(SourceName.CLASSES)
    read: Mapping[str, LoadBalancerFacts] = facts.of(SourceName.ALB)
    events, behind = facts.all(SourceName.EVENTS), facts.all(SourceName.GATEWAYS)
    ingresses: Mapping[str, Ingress] = facts.of(SourceName.ROUTES)
    kept, led = memory.kept, (tuple(ingresses.values()), tuple(classes.values()))
    ids = kept.take("ids", (tuple(clusters), behind), lambda: members.ids(clusters, configs, settings))
    return Scene(
        facts=facts,
        memory=memory,
        settings=settings,
        now=now,
        ids=ids,
        known=kept.take("known", (ids,), lambda: frozenset(ids)),
        events=events,
        told=facts.told,
        orders=kept.take("orders", (ids, behind), lambda: {g.name: _ordered(ids, g.remote_clusters) for g in behind}),
        backends={
            g.name: memory.backends(g.name, read[g.load_balancer], ids, settings.members)
            for g in configs.values()
            if g.load_balancer is not None and g.load_balancer in read
        },
        records=tuple(one for one in facts.all(SourceName.RUNS) if isinstance(one, RunRecord)),
        leads=kept.take("leads", led, lambda: gateways.leads(ingresses, classes)),
    )


def _sorted(facts: Mapping[str, ApplicationSet]) -> tuple[ApplicationSet, ...]:
    return tuple(fact for _, fact in sorted(facts.items()))


def _ordered(ids: Sequence[str], behind: Sequence[str]) -> tuple[str, ...]:
    """The gateway's members in the order in which members are shown, so that `62:38` reads alike everywhere."""
    inside = frozenset(behind)
    return (*(m for m in ids if m in inside), *(m for m in ids if m not in inside))


def _resolved(scene: Scene, shown: Sequence[Member]) -> Resolved:
    names = scene.kept.take("names", (shown,), lambda: {member.name: member.id for member in shown})
    secrets: tuple[ClusterSecret, ...] = scene.facts.all(SourceName.CLUSTER_SECRETS)
    clusters = scene.kept.take("argo clusters", (secrets,), lambda: clusters_of(secrets))
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
    past = kept.take("past", places, lambda: zones.with_past(*places, now))
    return replace(
        fresh,
        routes=former.routes if former.routes == carried else carried,
        zones=former.zones if former.zones == past else past,
    )
