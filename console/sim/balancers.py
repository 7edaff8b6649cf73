"""Every gateway's ALB as the controller would have made it long ago: rules, groups and verdicts of health checks, from
the AlbConfigs and Ingresses that stand on the hub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from console.sim import manifests
from console.sim.alb.state import Alb
from console.sim.alb_cloud import AlbCloud
from console.sim.alb_ingress import Applied, class_of, gateway_of
from console.sim.client import ALB_CONFIGS, INGRESS_CLASSES, INGRESSES, Obj
from console.sim.ingress_annotations import ModelError
from console.sim.routing import Model, build
from console.sim.servers import Members, backends
from console.sim.world import World

REFUSED = "CONNECT_FAILED"
HUNG = "RECV_RESPONSE_TIMEOUT"
"""What the ALB's health check says of a member's servers that refuse, and of those that hang."""


class Restored(NamedTuple):
    """AlbConfig's name -> its ALB: those that are as their objects stand, and those whose objects cannot be carried out
    (a poisoned Ingress), which are as the world began."""

    applied: dict[str, Applied]
    behind: dict[str, Applied]


async def restore(cloud: AlbCloud, alb: Alb, world: World, members: Members, standing: list[Obj]) -> Restored:
    """The ALBs of all AlbConfigs that `standing` holds, checked long ago."""
    restored = Restored({}, {})
    alb.instant = True
    for name, config in _configs(standing):
        if model := _model(world, config, standing):
            restored.applied[name] = await cloud.apply(model)
        elif model := _first_model(world, name):
            restored.behind[name] = await cloud.apply(model)
    alb.instant = False
    _judge_health(alb, world, members)
    return restored


def _configs(objects: list[Obj]) -> Iterator[tuple[str, Obj]]:
    return ((obj["metadata"]["name"], obj) for obj in objects if obj["kind"] == ALB_CONFIGS.kind)


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


def _first_model(world: World, gateway: str) -> Model | None:
    """What an AlbConfig of the world asked for as the world began; None for one of somebody else."""
    began = list(manifests.hub(world))
    config = dict(_configs(began)).get(gateway)
    return None if config is None else _model(world, config, began)


def _routes(gateway: str, standing: list[Obj]) -> Iterable[Obj]:
    classes = {obj["metadata"]["name"]: obj for obj in standing if obj["kind"] == INGRESS_CLASSES.kind}
    for obj in standing:
        if obj["kind"] == INGRESSES.kind and gateway_of(classes.get(class_of(obj))) == gateway:
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
