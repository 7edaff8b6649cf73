"""Facts in, one `Fleet` out: the whole picture rebuilt from what every source said; no I/O, the clock an argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from console.decide.plan import weight
from console.model.alb import LoadBalancerFacts
from console.model.fleet import (
    AlbHealth,
    AlbHealthWord,
    Fleet,
    Gateway,
    Link,
    Member,
    Moment,
    Route,
    Run,
    Tone,
    Zone,
)
from console.model.freshness import Source, SourceName, Topic
from console.model.hub import (
    FENCE_ANNOTATION,
    AlbConfig,
    Event,
    Ingress,
    IngressClass,
    ManagedCluster,
    Problem,
    RunRecord,
)
from console.model.share import ProbeSeries
from console.model.text import inert
from console.settings import FleetSettings, MemberSettings
from console.store import balancers, ledger, workloads
from console.store.applications import Resolved
from console.store.backends import Backends
from console.store.memory import LATE, SUCCESS, Memory, weight_keys
from console.store.parts import MemberFacts
from console.store.reading import RuleReading

LOST = 300.0
"""Seconds after which the hub itself gives the agent up: 5 x leaseDurationSeconds."""
TIMELINE = 60
"""Moments kept."""


@dataclass(slots=True)
class Facts:
    """Everything the sources said, key -> fact, by source; `problems` likewise."""

    uid: str | None = None
    skew: float = 0.0
    kinds: dict[Topic, dict[str, Any]] = field(default_factory=dict)
    problems: dict[Topic, dict[str, Problem]] = field(default_factory=dict)
    sources: dict[Topic, Source] = field(default_factory=dict)
    members: dict[str, MemberFacts] = field(default_factory=dict)
    """By cluster id: what the members' own APIs said."""

    def of(self, source: Topic) -> dict[str, Any]:
        """The facts of one source by key."""
        return self.kinds.setdefault(source, {})


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


def build(name: str, facts: Facts, memory: Memory, settings: FleetSettings, now: float) -> Fleet:
    """The picture at the monotonic second `now`."""
    clusters: Mapping[str, ManagedCluster] = facts.of(SourceName.MEMBERS)
    gateways: Mapping[str, AlbConfig] = facts.of(SourceName.GATEWAYS)
    balancers: Mapping[str, LoadBalancerFacts] = facts.of(SourceName.ALB)
    ids = _member_ids(clusters, gateways, settings)
    backends = {
        g.name: memory.backends(g.name, balancers[g.load_balancer], ids, settings.members)
        for g in gateways.values()
        if g.load_balancer is not None and g.load_balancer in balancers
    }
    events = tuple(facts.of(SourceName.EVENTS).values())
    orders = {g.name: _ordered(ids, g.remote_clusters) for g in gateways.values()}
    scene = _Scene(facts, memory, settings, now, ids, frozenset(ids), events, ledger.told(events), orders, backends)
    members = tuple(_member(scene, member, clusters.get(member)) for member in ids)
    shown_gateways = tuple(_gateway(scene, g) for g in sorted(gateways.values(), key=lambda g: g.name))
    routes = tuple(_route(scene, r, shown_gateways) for r in _routes(scene))
    resolved = _resolved(scene, members)
    records: Sequence[RunRecord] = tuple(facts.of(SourceName.RUNS).values())
    fleet = Fleet(
        name=name,
        region=settings.region or settings.cloud.region,
        uid=facts.uid,
        sources=tuple(facts.sources[s] for s in SourceName if s in facts.sources),
        members=members,
        zones=_zones(members, routes),
        gateways=shown_gateways,
        routes=routes,
        applications=resolved.applications,
        deployed=resolved.deployed,
        sets=tuple(fact for _, fact in sorted(facts.of(SourceName.SETS).items())),
        runs=tuple(sorted(map(_run, records), key=lambda r: (-(r.started or 0.0), r.run))),
        timeline=_timeline(events, records),
        problems=_problems(facts, routes),
    )
    return workloads.added(fleet, facts.members, settings)


def _resolved(scene: _Scene, members: Sequence[Member]) -> Resolved:
    names = {member.name: member.id for member in members}
    scene.memory.resolved.take(scene.facts.of(SourceName.APPLICATIONS), scene.ids, names)
    return scene.memory.resolved


def _member_ids(
    clusters: Mapping[str, ManagedCluster], gateways: Mapping[str, AlbConfig], settings: FleetSettings
) -> tuple[str, ...]:
    """Known members, settings' order first, then by id: those the hub lists, or that a gateway names."""
    known = set(clusters) | {member for gateway in gateways.values() for member in gateway.remote_clusters}
    ordered = [member for member in settings.members if member in known]
    return (*ordered, *sorted(known.difference(ordered)))


def _member(scene: _Scene, member: str, cluster: ManagedCluster | None) -> Member:
    said = scene.settings.members.get(member, MemberSettings())
    label = dict(cluster.labels).get(scene.settings.zone_label) if cluster else None
    link, since, words = _link(scene, member, cluster)
    health = [b.health(member) for g, b in scene.backends.items() if _behind(scene, g, member)]
    return Member(
        id=member,
        name=said.name or member,
        kind=said.kind or "unknown",
        zone=said.zone or label or None,
        zone_source="settings" if said.zone else "label" if label else None,
        link=link,
        link_since=since,
        link_message=words,
        alb_health=_together(health),
        joined=None if cluster is None or cluster.joined is None else cluster.joined == "True",
    )


def _behind(scene: _Scene, gateway: str, member: str) -> bool:
    config: AlbConfig = scene.facts.of(SourceName.GATEWAYS)[gateway]
    return member in config.remote_clusters or member in scene.backends[gateway].member.values()


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


def _routes(scene: _Scene) -> list[Ingress]:
    """The Ingresses of this console: those whose class leads to a gateway, or that carry weights."""
    found = [
        route
        for route in scene.facts.of(SourceName.ROUTES).values()
        if _gateway_of(scene, route) is not None or weight_keys(dict(route.annotations), _prefix(scene), scene.known)
    ]
    return sorted(found, key=lambda route: route.key)


def _prefix(scene: _Scene) -> str:
    return scene.settings.weights.key_prefix


def _route(scene: _Scene, fact: Ingress, gateways: Sequence[Gateway]) -> Route:
    name = _gateway_of(scene, fact)
    config: AlbConfig | None = scene.facts.of(SourceName.GATEWAYS).get(name or "")
    keys = weight_keys(dict(fact.annotations), _prefix(scene), scene.known)
    owner, owner_at = ledger.owner_of(fact, keys)
    run, targets = ledger.asked(fact, scene.facts.of(SourceName.RUNS).values(), owner)
    gateway = next((g for g in gateways if g.name == name), None)
    reports, labels = (gateway.reports, gateway.labels) if gateway else (False, False)
    mark = scene.memory.marks.get(fact.key)
    state, words = ledger.controller(fact, mark, config, scene.told, reports, labels, _prefix(scene))
    resolved = scene.backends.get(name or "")
    rule = resolved.reading(fact) if resolved else RuleReading({}, None, "the ALB is not read")
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
        probe_failures=sum(at >= since for at, _ in series.failures) if series else 0,
        probed=series is not None or any(probe.route == fact.key for probe in scene.settings.probes),
    )


def _ordered(ids: Sequence[str], behind: Sequence[str]) -> tuple[str, ...]:
    """The gateway's members in the order in which members are shown, so that `62:38` reads alike everywhere."""
    inside = frozenset(behind)
    return (*(m for m in ids if m in inside), *(m for m in ids if m not in inside))


def _zones(members: Sequence[Member], routes: Sequence[Route]) -> tuple[Zone, ...]:
    shares = _shares(routes)
    names = sorted({member.zone for member in members if member.zone})
    zones = []
    for name in names:
        inside = tuple(member.id for member in members if member.zone == name)
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


def _run(record: RunRecord) -> Run:
    return Run(
        run=record.run,
        state=record.state,
        routes=tuple(key for key, _ in record.targets),
        actor=record.actor,
        reason=record.reason,
        started=record.started,
        host=record.host,
        pid=record.pid,
        plan_hash=record.plan_hash,
        message=record.message,
        updated=record.updated,
        targets=record.targets,
        before=record.before,
    )


def _timeline(events: Sequence[Event], records: Sequence[RunRecord]) -> tuple[Moment, ...]:
    """The newest moments first: what controllers said, and what runs did."""
    moments = [_moment(event) for event in events if event.at is not None]
    for record in records:
        routes = ", ".join(key for key, _ in record.targets)
        tone = Tone.GOOD if record.state in ("done", "rolled_back") else Tone.PLAIN
        tone = Tone.WARN if record.state in ("held", "unverified", "superseded", "failed", "refused") else tone
        if record.started is not None:
            who = record.actor or "somebody"
            moments.append(Moment(record.started, f"run {record.run} began on {routes} by {who}", Tone.PLAIN, routes))
        if record.updated is not None and record.state not in ("planned", "running"):
            moments.append(Moment(record.updated, f"run {record.run} {record.state.replace('_', ' ')}", tone, routes))
    moments.sort(key=lambda moment: (-moment.at, moment.about, moment.sentence))
    return tuple(moments[:TIMELINE])


def _moment(event: Event) -> Moment:
    about = f"{event.namespace}/{event.name}" if event.kind == "Ingress" else event.name
    warning = event.type == "Warning"
    tone = Tone.WARN if warning else Tone.GOOD if event.reason == SUCCESS else Tone.PLAIN
    times = f" ({event.count} times)" if event.count > 1 else ""
    return Moment(event.at or 0.0, f"{about}: {event.reason} {event.message}{times}".strip(), tone, about)


def _problems(facts: Facts, routes: Sequence[Route]) -> tuple[Problem, ...]:
    found = [problem for source in SourceName for problem in facts.problems.get(source, {}).values()]
    for route in routes:
        for line in route.members:
            if line.raw is not None and weight(line.raw) is None:
                shown = inert(line.raw, 40)
                found.append(
                    Problem(route.key, f"weight of {inert(line.member, 60)} is '{shown}', no number from 0 to 100")
                )
    return tuple(found)


def carry(fresh: Fleet, former: Fleet | None, now: float) -> Fleet:
    """`fresh` with the moment since when each route is stuck where it is: kept from `former` where nothing moved."""
    routes = tuple(_carry(route, former.route(route.key) if former else None, now) for route in fresh.routes)
    return replace(fresh, routes=routes)


def _carry(route: Route, former: Route | None, now: float) -> Route:
    if route.agreement.stuck_at is None:
        return route
    since = now
    if former is not None and former.agreement.stuck_at == route.agreement.stuck_at:
        since = former.agreement.since if former.agreement.since is not None else now
    return replace(route, agreement=replace(route.agreement, since=since))
