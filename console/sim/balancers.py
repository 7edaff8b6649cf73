"""Every gateway's ALB as the controller would have made it long ago: rules, groups and verdicts of health checks, from
the AlbConfigs and Ingresses that stand on the hub."""

from __future__ import annotations

from collections.abc import Iterable

from console.sim import manifests
from console.sim.alb.state import Alb
from console.sim.alb_cloud import AlbCloud
from console.sim.alb_ingress import Applied, gateway_of
from console.sim.client import ALB_CONFIGS, INGRESS_CLASSES, INGRESSES, Obj
from console.sim.ingress_annotations import ModelError
from console.sim.routing import Model, build
from console.sim.servers import Members, backends
from console.sim.world import World

REFUSED = "CONNECT_FAILED"
HUNG = "RECV_RESPONSE_TIMEOUT"
"""What the ALB's health check says of a member's servers that refuse, and of those that hang."""


async def restore(cloud: AlbCloud, alb: Alb, world: World, members: Members, standing: list[Obj]) -> dict[str, Applied]:
    """AlbConfig's name -> its ALB, for all that `standing` holds and that can be built, checked long ago.

    A gateway of the world whose objects cannot be built (a poisoned Ingress) has the ALB that it began with.
    """
    applied = {}
    alb.instant = True
    for config in (obj for obj in standing if obj["kind"] == ALB_CONFIGS.kind):
        model = _model(world, config, standing) or _model(world, config, list(manifests.hub(world)))
        if model is not None:
            applied[config["metadata"]["name"]] = await cloud.apply(model)
    alb.instant = False
    _judge_health(alb, world, members)
    return applied


def _model(world: World, config: Obj, standing: list[Obj]) -> Model | None:
    """What an AlbConfig asks for with the Ingresses behind it; None where that cannot be told."""
    name = config["metadata"]["name"]
    layouts = {gateway.name: gateway.layout for gateway in world.gateways}
    try:
        model = build(
            config,
            list(_routes(name, standing)),
            associated=frozenset(member.id for member in world.members),
            backends=backends(world),
            fleet=world.id,
            layout=layouts.get(name, "per-member"),
        )
    except ModelError:
        return None
    return model if model.listeners else None


def _routes(gateway: str, standing: list[Obj]) -> Iterable[Obj]:
    classes = {obj["metadata"]["name"]: obj for obj in standing if obj["kind"] == INGRESS_CLASSES.kind}
    for obj in standing:
        if obj["kind"] == INGRESSES.kind and gateway_of(obj, classes) == gateway:
            yield obj


def _judge_health(alb: Alb, world: World, members: Members) -> None:
    """Verdicts that the health checks of the time before have come to."""
    for group in alb.groups.values():
        for server in group.servers.values() if group.health_check.enabled else ():
            fault = world.dead.get(members.owner(server.ip) or "")
            if fault is None:
                server.verdict, server.successes = "Healthy", group.health_check.healthy
                continue
            server.verdict, server.failures = "Unhealthy", group.health_check.unhealthy
            server.reason = REFUSED if fault.how == "refuse" else HUNG
