"""The gateways of a Fleet, each an AlbConfig with its ALB, and which of them an Ingress leads to."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from console.model.alb import LoadBalancerFacts
from console.model.fleet import Gateway
from console.model.freshness import SourceName
from console.model.hub import AlbConfig, Ingress
from console.store import balancers
from console.store.memory import SUCCESS
from console.store.scene import Scene

_SAYING = (SourceName.ROUTES, SourceName.CLASSES, SourceName.ALB)
_Heard = tuple[bool, bool]
"""(whether a gateway's controller was ever seen to say anything, whether it writes hash labels)"""


def gateways(scene: Scene) -> tuple[Gateway, ...]:
    """All gateways by name, each made anew only where something that it is made of is another."""
    facts = scene.facts
    configs: tuple[AlbConfig, ...] = facts.all(SourceName.GATEWAYS)
    read: Mapping[str, LoadBalancerFacts] = facts.of(SourceName.ALB)
    alb = facts.sources.get(SourceName.ALB)
    seen = alb.seen if alb else None

    def made() -> tuple[Gateway, ...]:
        named = {config.name: config for config in sorted(configs, key=lambda one: one.name)}
        led = scene.led.routes
        keys = {
            name: (
                config,
                read.get(config.load_balancer or ""),
                seen,
                _heard(scene, config, led.get(name, {}).values()),
            )
            for name, config in named.items()
        }
        return scene.kept.rows("gateway", keys, lambda name: _gateway(*keys[name]))

    key = (configs, *map(facts.all, _SAYING), alb, scene.events)
    return scene.kept.take("gateways", key, made)


def _heard(scene: Scene, gateway: AlbConfig, routes: Collection[Ingress]) -> _Heard:
    """What was heard of a gateway's controller; `routes`: those that lead to it."""
    if gateway.hash is not None or any(route.hash is not None for route in routes):
        return True, True
    if any(event.reason == SUCCESS for event in scene.told.get(("AlbConfig", gateway.name), ())):
        return True, False
    return any(
        event.reason == SUCCESS and event.namespace == route.namespace
        for route in routes
        for event in scene.told.get(("Ingress", route.name), ())
    ), False


def _gateway(config: AlbConfig, read: LoadBalancerFacts | None, seen: float | None, heard: _Heard) -> Gateway:
    """One gateway; `seen`: when the ALBs were."""
    balancer = read.load_balancer if read else None
    locks = ", ".join(balancer.locks) if balancer else ""
    message = f"locked: {locks}" if locks else ""
    if balancer and balancer.business and balancer.business != "Normal":
        message = f"business status {balancer.business}"
    reports, labels = heard
    return Gateway(
        name=config.name,
        id=config.load_balancer,
        dns=config.dns,
        state=balancer.status if balancer else None,
        listeners=config.listeners or (tuple((one.port, one.protocol) for one in read.listeners) if read else ()),
        members=config.remote_clusters,
        reports=reports,
        labels=labels,
        seen=seen if balancer else None,
        message=message or ("" if config.load_balancer else "no ALB yet: the controller has not written its id"),
        alb=balancers.balancer(read) if read else None,
    )
