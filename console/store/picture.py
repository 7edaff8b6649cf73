"""Facts in, one `Fleet` out: the whole picture rebuilt from what every source said; no I/O, the clock an argument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from console.decide.plan import weight
from console.model.alb import LoadBalancerFacts
from console.model.argo import ClusterSecret, clusters_of
from console.model.cluster import CloudWord
from console.model.fleet import (
    AlbHealth,
    AlbHealthWord,
    Fleet,
    Gateway,
    Link,
    Member,
    Route,
    Zone,
)
from console.model.freshness import Source, SourceName, Topic
from console.model.hub import (
    FENCE_ANNOTATION,
    AlbConfig,
    Event,
    Freeze,
    Ingress,
    IngressClass,
    ManagedCluster,
    Problem,
    RunRecord,
)
from console.model.permission import Lacking
from console.model.share import ProbeSeries
from console.model.text import inert
from console.settings import FleetSettings, MemberSettings
from console.store import balancers, clouds, ledger, rates, timeline, workloads
from console.store.applications import Resolved
from console.store.backends import Backends
from console.store.kept import Key
from console.store.memory import LATE, SUCCESS, Memory, weight_keys
from console.store.parts import MemberFacts
from console.store.reading import RuleReading

_OF_A_MEMBER = (SourceName.MEMBERS, SourceName.CLUSTERS, SourceName.FLEET, SourceName.VSWITCHES)
TRACKING = "argocd.argoproj.io/tracking-id"
"""By which ArgoCD marks an object as one of an application's: `APPLICATION:GROUP/KIND:NAMESPACE/NAME`."""
STICKY = "alb.ingress.kubernetes.io/sticky-session"
PAST = 64
"""Changes of a zone's share that are remembered."""
COARSE = 3.0
"""Seconds of clock difference that a Date header does not prove."""
LOST = 300.0
"""Seconds after which the hub itself gives the agent up: 5 x leaseDurationSeconds."""


@dataclass(slots=True)
class Facts:
    """Everything the sources said, key -> fact, by source; `problems` likewise."""

    uid: str | None = None
    skew: float = 0.0
    until: float | None = None
    """Epoch second at which the hub's credential ends."""
    lacking: tuple[Lacking, ...] = ()
    """What access reviews said that we may not."""
    kinds: dict[Topic, dict[str, Any]] = field(default_factory=dict)
    problems: dict[Topic, dict[str, Problem]] = field(default_factory=dict)
    sources: dict[Topic, Source] = field(default_factory=dict)
    members: dict[str, MemberFacts] = field(default_factory=dict)
    """By cluster id: what the members' own APIs said."""

    def of(self, source: Topic) -> dict[str, Any]:
        """The facts of one source by key."""
        return self.kinds.setdefault(source, {})

    def all(self, source: SourceName) -> tuple[Any, ...]:
        """The facts of one source."""
        return tuple(self.of(source).values())

    def flaws(self) -> Iterator[Problem]:
        """What could not be read, source by source."""
        for source in SourceName:
            yield from self.problems.get(source, {}).values()


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every part of one rebuilding looks at."""

    facts: Facts
    memory: Memory
    settings: FleetSettings
    now: float
    ids: tuple[str, ...]
    known: frozenset[str]
    """The same, to ask whether one is among them."""
    events: tuple[Event, ...]
    told: ledger.Told
    orders: Mapping[str, tuple[str, ...]]
    """AlbConfig name -> all members, those behind it first."""
    backends: Mapping[str, Backends]
    """AlbConfig name -> its resolved backends."""
    records: tuple[RunRecord, ...]


def build(name: str, facts: Facts, memory: Memory, settings: FleetSettings, now: float) -> Fleet:
    """The picture at the monotonic second `now`."""
    clusters: Mapping[str, ManagedCluster] = facts.of(SourceName.MEMBERS)
    gateways: Mapping[str, AlbConfig] = facts.of(SourceName.GATEWAYS)
    read: Mapping[str, LoadBalancerFacts] = facts.of(SourceName.ALB)
    kept, behind = memory.kept, facts.all(SourceName.GATEWAYS)
    ids = kept.take("ids", (tuple(clusters), behind), lambda: _member_ids(clusters, gateways, settings))
    backends = {
        g.name: memory.backends(g.name, read[g.load_balancer], ids, settings.members)
        for g in gateways.values()
        if g.load_balancer is not None and g.load_balancer in read
    }
    events = facts.all(SourceName.EVENTS)
    told = kept.take("told", (events,), lambda: ledger.told(events))
    orders = kept.take("orders", (ids, behind), lambda: {g.name: _ordered(ids, g.remote_clusters) for g in behind})
    known = kept.take("known", (ids,), lambda: frozenset(ids))
    records = _records(facts)
    scene = _Scene(facts, memory, settings, now, ids, known, events, told, orders, backends, records)
    members = _members(scene)
    shown_gateways = _gateways(scene)
    routes = _routes(scene, shown_gateways)
    resolved = _resolved(scene, members)
    shares = kept.take("shares", (routes,), lambda: _shares(routes))
    fleet = Fleet(
        name=name,
        region=settings.region or settings.cloud.region,
        uid=facts.uid,
        sources=tuple(facts.sources[s] for s in SourceName if s in facts.sources),
        members=members,
        zones=kept.take("zones", (members, shares), lambda: _zones(members, shares)),
        gateways=shown_gateways,
        routes=routes,
        applications=resolved.applications,
        deployed=resolved.deployed,
        sets=tuple(fact for _, fact in sorted(facts.of(SourceName.SETS).items())),
        clusters=facts.all(SourceName.CLUSTER_SECRETS),
        runs=kept.take("runs", (records,), lambda: timeline.runs(records)),
        timeline=kept.take("timeline", (events, records), lambda: timeline.timeline(events, records)),
        cloud=facts.of(SourceName.FLEET).get("fleet"),
        problems=(*facts.flaws(), *kept.take("weights", (routes,), lambda: tuple(_unreadable_weights(routes)))),
        freeze=next((one for one in facts.all(SourceName.RUNS) if isinstance(one, Freeze)), None),
        skew=shown_skew(facts.skew),
        credential_until=facts.until,
        lacking=facts.lacking,
    )
    asked = facts.of(SourceName.RATES).get("rates"), facts.sources.get(SourceName.RATES)
    return workloads.added(rates.added(fleet, *asked, settings.prometheus, now, kept), facts.members, settings, kept)


def shown_skew(skew: float) -> int:
    """A clock's difference in whole seconds; one of a few seconds is the Date header's own coarseness, and none."""
    return round(skew) if abs(skew) >= COARSE else 0


def _records(facts: Facts) -> tuple[RunRecord, ...]:
    return tuple(one for one in facts.all(SourceName.RUNS) if isinstance(one, RunRecord))


def _resolved(scene: _Scene, members: Sequence[Member]) -> Resolved:
    names = scene.memory.kept.take("names", (members,), lambda: {member.name: member.id for member in members})
    secrets: tuple[ClusterSecret, ...] = scene.facts.all(SourceName.CLUSTER_SECRETS)
    clusters = scene.memory.kept.take("argo clusters", (secrets,), lambda: clusters_of(secrets))
    scene.memory.resolved.take(scene.facts.of(SourceName.APPLICATIONS), scene.ids, names, clusters)
    return scene.memory.resolved


def _member_ids(
    clusters: Mapping[str, ManagedCluster], gateways: Mapping[str, AlbConfig], settings: FleetSettings
) -> tuple[str, ...]:
    """Known members, settings' order first, then by id: those the hub lists, or that a gateway names."""
    known = set(clusters) | {member for gateway in gateways.values() for member in gateway.remote_clusters}
    ordered = [member for member in settings.members if member in known]
    return (*ordered, *sorted(known.difference(ordered)))


def _members(scene: _Scene) -> tuple[Member, ...]:
    """All members. A link grows late by the clock alone, and with the same heartbeats only ever later: how many are
    late, and how many are lost, tells whether one did."""
    beats, kept, now = scene.memory.beats, scene.memory.kept, scene.now
    clusters: Mapping[str, ManagedCluster] = scene.facts.of(SourceName.MEMBERS)
    healths = _healths(scene)
    late = sum(now - at > LATE for _, at in beats.values())
    lost = sum(now - at > LOST for _, at in beats.values())
    heard = (tuple(beats), tuple(beats.values()), late, lost)

    def made() -> tuple[Member, ...]:
        told = clouds.words(scene.facts.of, scene.ids)
        return tuple(_member(scene, id, clusters.get(id), healths.get(id, ()), told[id]) for id in scene.ids)

    return kept.take("members", (scene.ids, *map(scene.facts.all, _OF_A_MEMBER), healths, heard), made)


def _healths(scene: _Scene) -> Mapping[str, Sequence[AlbHealth]]:
    """Member id -> the word of every gateway that it is behind."""

    def made() -> dict[str, list[AlbHealth]]:
        found: dict[str, list[AlbHealth]] = {}
        for name, backends in scene.backends.items():
            config: AlbConfig = scene.facts.of(SourceName.GATEWAYS)[name]
            inside = {*config.remote_clusters, *backends.member.values()}
            for member in scene.ids:
                if member in inside:
                    found.setdefault(member, []).append(backends.health(member))
        return found

    key = (scene.ids, scene.facts.all(SourceName.GATEWAYS), tuple(scene.backends.items()))
    return scene.memory.kept.take("healths", key, made)


def _member(
    scene: _Scene, member: str, cluster: ManagedCluster | None, health: Sequence[AlbHealth], word: CloudWord
) -> Member:
    said = scene.settings.members.get(member, MemberSettings())
    label = dict(cluster.labels).get(scene.settings.zone_label) if cluster else None
    kind = said.kind or (word.cluster.kind if word.cluster else None) or "unknown"
    zone, named_by = clouds.zone(said.zone, label, kind, word, scene.facts.of(SourceName.VSWITCHES))
    link, since, words = _link(scene, member, cluster)
    return Member(
        id=member,
        name=said.name or member,
        kind=kind,
        zone=zone,
        zone_source=named_by,
        link=link,
        link_since=since,
        link_message=words,
        alb_health=_together(health),
        joined=None if cluster is None or cluster.joined is None else cluster.joined == "True",
        cloud=word,
    )


def _together(parts: Sequence[AlbHealth]) -> AlbHealth:
    """Several gateways' words as one: the worst word, the numbers added where all are known."""
    if not parts:
        return AlbHealth(AlbHealthWord.UNKNOWN, why="the ALB is not read")
    order = (AlbHealthWord.DEAD, AlbHealthWord.SOME, AlbHealthWord.UNKNOWN, AlbHealthWord.OK)
    words = [part.word for part in parts]
    word = min(words, key=order.index)
    if word is AlbHealthWord.DEAD and any(w is not AlbHealthWord.DEAD for w in words):
        word = AlbHealthWord.SOME
    healthy = [part.healthy for part in parts if part.healthy is not None]
    total = [part.total for part in parts if part.total is not None]
    why = next((part.why for part in parts if part.word is word), parts[0].why)
    return AlbHealth(word, sum(healthy) if healthy else None, sum(total) if total else None, why)


def _link(scene: _Scene, member: str, cluster: ManagedCluster | None) -> tuple[Link, float | None, str]:
    if cluster is None:
        return Link.UNKNOWN, None, "no ManagedCluster of this id is known"
    if cluster.accepted is False or cluster.joined == "False":
        return Link.REJECTED, None, "not accepted by the hub" if cluster.accepted is False else "not joined"
    beat = scene.memory.beats.get(member)
    since = beat[1] if beat else None
    word = f"{cluster.available_reason} {cluster.available_message}".strip()
    if since is None:
        if cluster.available == "True":
            return Link.UP, None, "by the hub's condition, which may be 5 min late; no Lease is known"
        known = cluster.available in ("False", "Unknown")
        return (Link.LOST if known else Link.UNKNOWN), None, word or "neither Lease nor condition is known"
    age = scene.now - since
    if age > LOST or (cluster.available in ("False", "Unknown") and age > LATE):
        return Link.LOST, since, word or "the agent stopped renewing its Lease"
    if age > LATE:
        return Link.LATE, since, "the agent's Lease is unrenewed"
    return Link.UP, since, ""


def _heard(scene: _Scene, gateway: AlbConfig) -> tuple[bool, bool]:
    """(whether this gateway's controller was ever seen to say anything, whether it writes hash labels)."""
    routes = [r for r in scene.facts.of(SourceName.ROUTES).values() if _gateway_of(scene, r) == gateway.name]
    if gateway.hash is not None or any(route.hash is not None for route in routes):
        return True, True
    keys = {route.key for route in routes}
    succeeded = any(
        e.reason == SUCCESS
        and ((e.kind == "AlbConfig" and e.name == gateway.name) or f"{e.namespace}/{e.name}" in keys)
        for e in scene.events
    )
    return succeeded, False


def _gateways(scene: _Scene) -> tuple[Gateway, ...]:
    facts = scene.facts
    configs: tuple[AlbConfig, ...] = facts.all(SourceName.GATEWAYS)
    sources = (SourceName.ROUTES, SourceName.CLASSES, SourceName.ALB)
    key = (configs, *map(facts.all, sources), facts.sources.get(SourceName.ALB), scene.events)
    return scene.memory.kept.take(
        "gateways", key, lambda: tuple(_gateway(scene, g) for g in sorted(configs, key=lambda g: g.name))
    )


def _gateway(scene: _Scene, config: AlbConfig) -> Gateway:
    read: LoadBalancerFacts | None = scene.facts.of(SourceName.ALB).get(config.load_balancer or "")
    balancer = read.load_balancer if read else None
    locks = ", ".join(balancer.locks) if balancer else ""
    message = f"locked: {locks}" if locks else ""
    if balancer and balancer.business and balancer.business != "Normal":
        message = f"business status {balancer.business}"
    alb = scene.facts.sources.get(SourceName.ALB)
    reports, labels = _heard(scene, config)
    return Gateway(
        name=config.name,
        id=config.load_balancer,
        dns=config.dns,
        state=balancer.status if balancer else None,
        listeners=config.listeners or (tuple((one.port, one.protocol) for one in read.listeners) if read else ()),
        members=config.remote_clusters,
        reports=reports,
        labels=labels,
        seen=alb.seen if alb and balancer else None,
        message=message or ("" if config.load_balancer else "no ALB yet: the controller has not written its id"),
        alb=balancers.balancer(read) if read else None,
    )


def _gateway_of(scene: _Scene, route: Ingress) -> str | None:
    classes: Mapping[str, IngressClass] = scene.facts.of(SourceName.CLASSES)
    if route.class_name is not None:
        found = classes.get(route.class_name)
        return found.gateway if found else None
    return next((c.gateway for c in classes.values() if c.default and c.gateway), None)


def _routes(scene: _Scene, gateways: Sequence[Gateway]) -> tuple[Route, ...]:
    """All routes, each made anew only where something that it is made of is another."""
    facts, memory = scene.facts, scene.memory
    said = {gateway.name: (gateway.reports, gateway.labels) for gateway in gateways}
    chosen = memory.kept.take(
        "routes", (facts.all(SourceName.ROUTES), facts.all(SourceName.CLASSES), scene.ids), lambda: _chosen(scene)
    )
    records, doubts = scene.records, memory.doubts(scene.now)
    series, configs = facts.all(SourceName.PROBE), facts.all(SourceName.GATEWAYS)
    backends = tuple(scene.backends.items())

    def key(fact: Ingress, name: str | None) -> Key:
        config: AlbConfig | None = facts.of(SourceName.GATEWAYS).get(name or "")
        told = (scene.told.get(("Ingress", fact.name)), scene.told.get(("AlbConfig", config.name if config else "")))
        members = scene.ids if config is None else scene.orders[config.name]
        probed: ProbeSeries | None = facts.of(SourceName.PROBE).get(fact.key)
        mark, resolved = memory.marks.get(fact.key), scene.backends.get(name or "")
        doubt = fact.key in doubts
        return fact, name, config, said.get(name or ""), told, members, probed, mark, doubt, resolved, records

    def made() -> tuple[Route, ...]:
        keys = {fact.key: key(fact, name) for fact, name in chosen.values()}
        return memory.kept.rows("route", keys, lambda row: _route(scene, *chosen[row], said.get(chosen[row][1] or "")))

    whole = (chosen, configs, tuple(said.items()), scene.told, series, backends, records, scene.ids, doubts)
    return memory.kept.take("all routes", whole, made)


def _chosen(scene: _Scene) -> dict[str, tuple[Ingress, str | None]]:
    """The Ingresses of this console: those whose class leads to a gateway, or that carry weights, by key
    and in order, each with that gateway's name."""
    found = {
        route.key: (route, name)
        for route in scene.facts.of(SourceName.ROUTES).values()
        if (name := _gateway_of(scene, route)) is not None
        or weight_keys(dict(route.annotations), _prefix(scene), scene.known)
    }
    return dict(sorted(found.items()))


def _prefix(scene: _Scene) -> str:
    return scene.settings.weights.key_prefix


def _route(scene: _Scene, fact: Ingress, name: str | None, said: tuple[bool, bool] | None) -> Route:
    """One route; `said`: whether its gateway's controller reports, and writes hash labels."""
    config: AlbConfig | None = scene.facts.of(SourceName.GATEWAYS).get(name or "")
    keys = weight_keys(dict(fact.annotations), _prefix(scene), scene.known)
    owner, owner_at = ledger.owner_of(fact, keys)
    run, targets = ledger.asked(fact, scene.records, owner)
    reports, labels = said or (False, False)
    mark = scene.memory.marks.get(fact.key)
    resolved = scene.backends.get(name or "")
    rule = resolved.reading(fact) if resolved else RuleReading({}, None, "the ALB is not read")
    carried = ledger.carries(fact, rule, _prefix(scene))
    doubt = mark is not None and mark.doubted(scene.now) and not carried
    state, words = ledger.controller(
        fact, mark, config, scene.told, reports, labels, _prefix(scene), doubt=doubt, carried=carried
    )
    changed = scene.memory.rule(fact.key, tuple(sorted(rule.weights.items())), scene.now)
    marks = [at for at in (changed, mark.at if mark and resolved is None else None) if at is not None]
    since = max(marks, default=0.0)
    series: ProbeSeries | None = scene.facts.of(SourceName.PROBE).get(fact.key)
    members = scene.ids if config is None else scene.orders[config.name]
    lines = ledger.lines(fact, members, _prefix(scene), targets, state, rule, series, since)
    checks = fact.annotation("alb.ingress.kubernetes.io/healthcheck-enabled")
    return Route(
        key=fact.key,
        uid=fact.uid,
        resource_version=fact.resource_version,
        gateway=name,
        hosts=tuple(dict.fromkeys(path.host or "*" for path in fact.paths)),
        paths=tuple(dict.fromkeys(path.path for path in fact.paths)),
        services=tuple(dict.fromkeys(path.service for path in fact.paths if path.service)),
        members=lines,
        controller=state,
        controller_message=words,
        rule_state=rule.state,
        rule_message=rule.message,
        agreement=ledger.agreement(lines, state, words, rule),
        health_check=checks == "true",
        owner=inert(owner, 80),
        owner_at=owner_at,
        run=run,
        fence=fact.annotation(FENCE_ANNOTATION),
        underivable=rule.underivable,
        tracked=inert((fact.annotation(TRACKING) or "").partition(":")[0], 120),
        sticky=fact.annotation(STICKY) == "true",
        probe_failures=sum(at >= since for at, _ in series.failures) if series else 0,
        probed=series is not None or any(probe.route == fact.key for probe in scene.settings.probes),
    )


def _ordered(ids: Sequence[str], behind: Sequence[str]) -> tuple[str, ...]:
    """The gateway's members in the order in which members are shown, so that `62:38` reads alike everywhere."""
    inside = frozenset(behind)
    return (*(m for m in ids if m in inside), *(m for m in ids if m not in inside))


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


def _shares(routes: Sequence[Route]) -> dict[str, float]:
    """Member id -> percent of the weight, the mean over the routes whose split is known: the rule's, else the
    annotations'."""
    totals: dict[str, float] = {}
    counted = 0
    for route in routes:
        ruled = {line.member: line.rule for line in route.members if line.rule is not None}
        split: Mapping[str, float] = ruled or route.noted
        whole = sum(split.values())
        if not whole:
            continue
        counted += 1
        for member, part in split.items():
            totals[member] = totals.get(member, 0.0) + 100.0 * part / whole
    return {member: total / counted for member, total in totals.items()}


def _unreadable_weights(routes: Sequence[Route]) -> Iterator[Problem]:
    for route in routes:
        for line in route.members:
            if line.raw is not None and weight(line.raw) is None:
                shown = inert(line.raw, 40)
                yield Problem(route.key, f"weight of {inert(line.member, 60)} is '{shown}', no number from 0 to 100")


def carry(fresh: Fleet, former: Fleet | None, now: float) -> Fleet:
    """`fresh` with the moment since when each route is stuck where it is, kept from `former` where nothing moved, and
    with what each zone carried before."""
    known = {route.key: route for route in former.routes} if former else {}
    routes = tuple(_carry(route, known.get(route.key), now) for route in fresh.routes)
    before = {zone.name: zone for zone in former.zones} if former else {}
    zones = tuple(_with_past(zone, before.get(zone.name), now) for zone in fresh.zones)
    return replace(
        fresh,
        routes=former.routes if former and former.routes == routes else routes,
        zones=former.zones if former and former.zones == zones else zones,
    )


def _with_past(zone: Zone, former: Zone | None, now: float) -> Zone:
    past = former.past if former is not None else ()
    if zone.share is not None and (not past or abs(past[-1][1] - zone.share) >= 1.0):
        past = (*past, (now, zone.share))[-PAST:]
    carried = replace(zone, past=past)
    return former if former == carried else carried


def _carry(route: Route, former: Route | None, now: float) -> Route:
    if route.agreement.stuck_at is None:
        return route
    since = now
    if former is not None and former.agreement.stuck_at == route.agreement.stuck_at:
        since = former.agreement.since if former.agreement.since is not None else now
    carried = replace(route, agreement=replace(route.agreement, since=since))
    return former if former == carried else carried
