"""The routes of a Fleet: Ingresses with the five layers of their weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from operator import is_not

from console.decide.plan import weight
from console.model.fleet import Gateway, Route
from console.model.freshness import SourceName
from console.model.hub import FENCE_ANNOTATION, AlbConfig, Ingress, Problem
from console.model.share import ProbeSeries
from console.model.text import inert
from console.store import ledger
from console.store.kept import Kept, Key
from console.store.memory import Memory, weight_keys
from console.store.reading import RuleReading
from console.store.scene import Scene

TRACKING = "argocd.argoproj.io/tracking-id"
"""By which ArgoCD marks an object as one of an application's: `APPLICATION:GROUP/KIND:NAMESPACE/NAME`."""
STICKY = "alb.ingress.kubernetes.io/sticky-session"


def routes(scene: Scene, gateways: Sequence[Gateway]) -> tuple[Route, ...]:
    """All routes, each made anew only where something that it is made of is another."""
    facts, memory = scene.facts, scene.memory
    said = {gateway.name: (gateway.reports, gateway.labels) for gateway in gateways}
    chosen = scene.kept.take(
        "routes", (facts.all(SourceName.ROUTES), facts.all(SourceName.CLASSES), scene.ids), lambda: _chosen(scene)
    )
    records, doubts = scene.records, memory.doubts(scene.now)
    series, configs = facts.all(SourceName.PROBE), facts.all(SourceName.GATEWAYS)
    backends = tuple(scene.backends.items())
    named, probes = facts.of(SourceName.GATEWAYS), facts.of(SourceName.PROBE)

    def key(row: str, fact: Ingress, name: str | None) -> Key:
        config: AlbConfig | None = named.get(name or "")
        told = (scene.told.get(("Ingress", fact.name)), scene.told.get(("AlbConfig", config.name if config else "")))
        members = scene.ids if config is None else scene.orders[config.name]
        mark, resolved, heard = memory.marks.get(row), scene.backends.get(name or ""), said.get(name or "")
        unruled = None if resolved else _unruled(scene, fact, name)
        ruled = resolved or (unruled and (unruled.message, unruled.missing))
        found = fact, name, config, heard, told, members, probes.get(row), mark, row in doubts, ruled, records
        return (*found, memory.turned)

    def made() -> tuple[Route, ...]:
        told, marks = scene.told, memory.marks
        gateways = {name: told.get(("AlbConfig", name)) for name in named}
        own = {
            row: (fact, name, told.get(("Ingress", fact.name)), gateways.get(name or ""), marks.get(row), row in doubts)
            for row, (fact, name) in chosen.items()
        }
        return scene.kept.likely(
            "route",
            common,
            own,
            lambda row: key(row, *chosen[row]),
            lambda row: _route(scene, *chosen[row], said.get(chosen[row][1] or "")),
        )

    alb = facts.sources.get(SourceName.ALB)
    read = _read(scene, SourceName.CLASSES), _read(scene, SourceName.GATEWAYS), alb is not None and alb.seen is not None
    classes = facts.all(SourceName.CLASSES), read
    common = (classes, configs, tuple(said.items()), series, backends, records, scene.ids, memory.turned)
    return scene.kept.take("all routes", (chosen, scene.events, doubts, common), made)


def _chosen(scene: Scene) -> dict[str, tuple[Ingress, str | None]]:
    """The Ingresses of this console: those whose class leads to a gateway, or that carry weights, by key
    and in order, each with that gateway's name."""
    found = {
        key: (route, name)
        for key, route in scene.facts.of(SourceName.ROUTES).items()
        if (name := scene.leads[key]) is not None or weight_keys(dict(route.annotations), scene.prefix, scene.known)
    }
    return dict(sorted(found.items()))


def _route(scene: Scene, fact: Ingress, name: str | None, said: tuple[bool, bool] | None) -> Route:
    """One route; `said`: whether its gateway's controller reports, and writes hash labels."""
    config: AlbConfig | None = scene.facts.of(SourceName.GATEWAYS).get(name or "")
    keys = weight_keys(dict(fact.annotations), scene.prefix, scene.known)
    owner, owner_at = ledger.owner_of(fact, keys)
    run, targets = ledger.asked(fact, scene.records, owner)
    reports, labels = said or (False, False)
    mark = scene.memory.marks.get(fact.key)
    resolved = scene.backends.get(name or "")
    rule = resolved.reading(fact) if resolved else _unruled(scene, fact, name)
    carried = ledger.carries(fact, rule, scene.prefix)
    doubt = mark is not None and mark.doubted(scene.now) and not carried
    state, words = ledger.controller(
        fact, mark, config, scene.told, reports, labels, scene.prefix, doubt=doubt, carried=carried
    )
    changed = scene.memory.rule(fact.key, tuple(sorted(rule.weights.items())), scene.now)
    turns = (at for member, at in scene.memory.turned.items() if any(key.endswith(member) for key in keys))
    marks = [at for at in (changed, mark.at if mark and resolved is None else None) if at is not None]
    since = max(marks, default=0.0)
    series: ProbeSeries | None = scene.facts.of(SourceName.PROBE).get(fact.key)
    members = scene.ids if config is None else scene.orders[config.name]
    answers = max(since, *turns, 0.0)
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
        failing=ledger.failing(fact, config, scene.told),
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
    return tuple(chain.from_iterable(kept.each("unreadable weights", routes, lambda one: tuple(_unreadable(one)))))


def _unreadable(route: Route) -> Iterator[Problem]:
    for line in route.members:
        if line.raw is not None and weight(line.raw) is None:
            shown = inert(line.raw, 40)
            yield Problem(route.key, f"weight of {inert(line.member, 60)} is '{shown}', no number from 0 to 100")


def carried(routes: tuple[Route, ...], former: Sequence[Route], now: float, memory: Memory) -> tuple[Route, ...]:
    """Each with the moment since when it is stuck where it is: that of `former`, where nothing moved."""
    before, out = memory.carried
    others = [place for place, other in enumerate(map(is_not, routes, before)) if other]
    if len(routes) == len(before) and all(routes[place].key == out[place].key for place in others):
        found = list(out)
        for place in others:
            found[place] = _carried(routes[place], out[place], now)
    else:
        known = {route.key: route for route in former}
        found = [_carried(route, known.get(route.key), now) for route in routes]
    memory.carried = routes, tuple(found)
    return memory.carried[1]


def _carried(route: Route, former: Route | None, now: float) -> Route:
    if route.agreement.stuck_at is None:
        return route
    since = now
    if former is not None and former.agreement.stuck_at == route.agreement.stuck_at:
        since = former.agreement.since if former.agreement.since is not None else now
    carried = replace(route, agreement=replace(route.agreement, since=since))
    return former if former == carried else carried
