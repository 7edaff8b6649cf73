"""The routes of a Fleet: Ingresses with the five layers of their weights."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from console.decide.plan import weight
from console.model.fleet import Gateway, Route
from console.model.freshness import SourceName
from console.model.hub import FENCE_ANNOTATION, AlbConfig, Ingress, Problem
from console.model.share import ProbeSeries
from console.model.text import inert
from console.store import ledger
from console.store.kept import Kept, Key
from console.store.keys import weight_keys
from console.store.ledger import Asked, Behind
from console.store.memory import Memory
from console.store.reading import RuleReading
from console.store.scene import Scene

TRACKING = "argocd.argoproj.io/tracking-id"
"""By which ArgoCD marks an object as one of an application's: `APPLICATION:GROUP/KIND:NAMESPACE/NAME`."""
STICKY = "alb.ingress.kubernetes.io/sticky-session"


_NO_GATEWAY = Behind()


def routes(scene: Scene, gateways: Sequence[Gateway]) -> tuple[Route, ...]:
    """All routes, each made anew only where something that it is made of is another."""
    facts, memory, led = scene.facts, scene.memory, scene.led
    ingresses: Mapping[str, Ingress] = facts.of(SourceName.ROUTES)
    probes, doubts, behind = facts.of(SourceName.PROBE), memory.doubts(scene.now), _behind(scene, gateways)
    asked = scene.kept.take("asked", (scene.records,), lambda: ledger.asked(scene.records))

    def key(row: str) -> Key:
        fact, name = ingresses[row], led.gateway[row]
        gateway = behind.get(name or "", _NO_GATEWAY)
        unruled = None if gateway.backends else _unruled(scene, fact, name)
        found = fact, name, gateway, _members(scene, gateway.config), scene.told.get(("Ingress", fact.name))
        return (*found, probes.get(row), memory.marks.get(row), row in doubts, asked.get(row), unruled, memory.turned)

    def make(row: str) -> Route:
        name = led.gateway[row]
        return _route(scene, ingresses[row], name, behind.get(name or "", _NO_GATEWAY), asked.get(row))

    return scene.kept.among("routes", led.chosen, _suspects(scene, behind, asked, doubts), key, make)


def _suspects(
    scene: Scene, behind: Mapping[str, Behind], asked: Mapping[str, Asked], doubts: frozenset[str]
) -> Collection[str] | None:
    """The routes of which something may be another than at the last picture; None where any may be."""
    facts, led, kept = scene.facts, scene.led, scene.kept
    alb = facts.sources.get(SourceName.ALB)
    read = _read(scene, SourceName.CLASSES), _read(scene, SourceName.GATEWAYS), alb is not None and alb.seen is not None
    all_look_at = facts.all(SourceName.CLASSES), asked, scene.ids, scene.memory.turned, read
    moved, probed = facts.moved(SourceName.ROUTES), facts.moved(SourceName.PROBE)
    before, doubted = kept.former("behind", behind), kept.former("doubts", doubts)
    if kept.former("what all routes look at", all_look_at) != all_look_at or moved is None or probed is None:
        return None
    found = {*moved, *probed, *scene.memory.marked, *(doubts ^ (doubted or frozenset()))}
    for kind, name in facts.retold:
        found.update(led.called.get(name, ()) if kind == "Ingress" else ())
    if before is not None and behind is not before:
        for gateway in behind.keys() | before.keys():
            if behind.get(gateway) != before.get(gateway):
                found.update(led.routes.get(gateway, ()))
    return found


def _behind(scene: Scene, gateways: Sequence[Gateway]) -> Mapping[str, Behind]:
    """AlbConfig's name -> what its routes look at of it."""
    configs: Mapping[str, AlbConfig] = scene.facts.of(SourceName.GATEWAYS)

    def made() -> dict[str, Behind]:
        found = {}
        for one in gateways:
            failure = ledger.unanswered(scene.told.get(("AlbConfig", one.name), ()))
            backends = scene.backends.get(one.name)
            found[one.name] = Behind(configs[one.name], one.reports, one.labels, failure, backends)
        return found

    key = scene.facts.all(SourceName.GATEWAYS), gateways, scene.events, scene.backends
    return scene.kept.take("behind", key, made)


def _members(scene: Scene, config: AlbConfig | None) -> Mapping[str, int]:
    """All members with their places, those behind the gateway first."""
    return scene.known if config is None else scene.orders[config.name]


def _route(scene: Scene, fact: Ingress, name: str | None, behind: Behind, asked: Asked | None) -> Route:
    """One route; `name`: the gateway that its class leads to, whether there is such a one or not."""
    keys = weight_keys(dict(fact.annotations), scene.prefix, scene.known)
    owner, owner_at = ledger.owner_of(fact, keys)
    run, targets = ledger.targets(fact, asked, owner)
    mark, told = scene.memory.marks.get(fact.key), scene.told.get(("Ingress", fact.name), ())
    rule = behind.backends.reading(fact) if behind.backends else _unruled(scene, fact, name)
    carried = ledger.carries(fact, rule, scene.prefix)
    doubt = mark is not None and mark.doubted(scene.now) and not carried
    state, words = ledger.controller(fact, mark, behind, told, scene.prefix, doubt=doubt, carried=carried)
    changed = scene.memory.rule(fact.key, tuple(sorted(rule.weights.items())), scene.now)
    turns = (at for member, at in scene.memory.turned.items() if any(key.endswith(member) for key in keys))
    marks = [at for at in (changed, mark.at if mark and behind.backends is None else None) if at is not None]
    since = max(marks, default=0.0)
    series: ProbeSeries | None = scene.facts.of(SourceName.PROBE).get(fact.key)
    members, answers = _members(scene, behind.config), max(since, *turns, 0.0)
    lines = ledger.lines(fact, members, scene.prefix, targets, state, rule, series, answers, scene.places)
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
        failing=ledger.failing(fact, behind, told),
        probe_failures=sum(at >= since for at, _ in series.failures) if series else 0,
        unanswered=series.unanswered(since) if series else (0, 0),
        probed=series is not None or any(probe.route == fact.key for probe in scene.settings.probes),
    )


def _unruled(scene: Scene, fact: Ingress, gateway: str | None) -> RuleReading:
    """Why no rule of a route is known; that nothing carries it is said only where the cloud was read, and where its
    gateway is gone."""
    alb = scene.facts.sources.get(SourceName.ALB)
    cloud = alb is not None and alb.seen is not None
    if gateway is None and _read(scene, SourceName.CLASSES):
        there = fact.class_name in scene.facts.of(SourceName.CLASSES)
        leads = "leads to no AlbConfig" if there else "is not on the hub"
        why = f"its IngressClass {inert(fact.class_name or '', 60)} {leads}"
        none = "it names no IngressClass, and the hub has no default one"
        return RuleReading({}, None, none if fact.class_name is None else why, missing=cloud)
    config: AlbConfig | None = scene.facts.of(SourceName.GATEWAYS).get(gateway or "")
    if config is None and gateway is not None and _read(scene, SourceName.GATEWAYS):
        return RuleReading({}, None, f"AlbConfig {inert(gateway, 60)} is not on the hub", missing=True)
    if config is not None and config.load_balancer is None and _read(scene, SourceName.GATEWAYS):
        return RuleReading({}, None, f"AlbConfig {inert(config.name, 60)} has no ALB yet", missing=cloud)
    return RuleReading({}, None, "the ALB is not read")


def _read(scene: Scene, name: SourceName) -> bool:
    source = scene.facts.sources.get(name)
    return source is not None and source.state.answered


def problems(routes: Sequence[Route], kept: Kept) -> tuple[Problem, ...]:
    """The weights that no weight can be."""
    each = kept.each("unreadable weights", routes, lambda one: tuple(_unreadable(one)))
    return kept.take("all unreadable weights", (each,), lambda: tuple(chain.from_iterable(each)))


def _unreadable(route: Route) -> Iterator[Problem]:
    for line in route.members:
        if line.raw is not None and weight(line.raw) is None:
            shown = inert(line.raw, 40)
            yield Problem(route.key, f"weight of {inert(line.member, 60)} is '{shown}', no number from 0 to 100")


def carried(routes: tuple[Route, ...], former: Sequence[Route], now: float, memory: Memory) -> tuple[Route, ...]:
    """Each with the moment since when it is stuck where it is: that of `former`, where nothing moved."""
    return memory.carried.of(routes, former, lambda one, known: _carried(one, known, now))


def _carried(route: Route, former: Route | None, now: float) -> Route:
    if route.agreement.stuck_at is None:
        return route
    since = now
    if former is not None and former.agreement.stuck_at == route.agreement.stuck_at:
        since = former.agreement.since if former.agreement.since is not None else now
    carried = replace(route, agreement=replace(route.agreement, since=since))
    return former if former == carried else carried
