"""The world's objects put on a server that is given: made where they are missing, taken over where an earlier start
made them, left alone where somebody else did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from console.errors import Refused
from console.sim import manifests
from console.sim.argo import manifests as argo
from console.sim.argo.kinds import APP_PROJECTS, APPLICATION_SETS, APPLICATIONS, NAMESPACES, REFRESH, SECRETS
from console.sim.argo.manifests import Cluster
from console.sim.client import (
    ALB_CONFIGS,
    INGRESS_CLASSES,
    INGRESSES,
    LEASES,
    MANAGED_CLUSTERS,
    Client,
    Obj,
    Refusal,
    Resource,
    place,
)
from console.sim.hub.marks import is_own
from console.sim.past import AUTHOR, MANAGERS
from console.sim.world import World

RESOURCES = {
    each.kind: each
    for each in (
        NAMESPACES,
        MANAGED_CLUSTERS,
        LEASES,
        INGRESS_CLASSES,
        ALB_CONFIGS,
        INGRESSES,
        APP_PROJECTS,
        SECRETS,
        APPLICATION_SETS,
    )
}
SHARED = (NAMESPACES.kind,)
"""Kinds of which somebody else's serves as well, and is left as it stands."""
RENEWED = {LEASES.kind: "spec", SECRETS.kind: "data"}
"""What an object says of the simulator that runs, and not of the world: the last heartbeat, a member's address."""


class Planted(NamedTuple):
    """How many objects were made, and how many an earlier start had made."""

    made: int
    taken_over: int


def objects(world: World, clusters: Sequence[Cluster] = ()) -> Iterator[Obj]:
    """What stands there at the start, in an order in which what is referred to comes first. Applications are their
    controllers' to make."""
    yield from manifests.hub(world)
    yield argo.project(world)
    for cluster in clusters:
        yield argo.cluster_secret(world, cluster)
    for application in world.applications:
        yield argo.application_set(world, application)


def called(obj: Obj) -> str:
    """`Ingress shop/checkout`."""
    return f"{obj['kind']} {'/'.join(filter(None, place(obj)))}"


async def plant(client_of: Callable[[str], Client], world: World, clusters: Sequence[Cluster]) -> Planted:
    """Bring all of it about as those who make such objects, through clients that mark what they make. Raises `Refusal`,
    and `Refused` where an object that somebody else made is in the way."""
    planted = await put(client_of, objects(world, clusters))
    # What was compared with the members of an earlier start says nothing of these.
    client = client_of(AUTHOR)
    for application in (await client.list(APPLICATIONS))[0]:
        await client.merge(APPLICATIONS, *place(application), {"metadata": {"annotations": {REFRESH: "normal"}}})
    return planted


async def put(client_of: Callable[[str], Client], objects: Iterable[Obj]) -> Planted:
    """Bring some objects about. Raises as `plant` does."""
    counts = [0, 0]
    for obj in objects:
        counts[await _one(client_of(MANAGERS.get(obj["kind"], AUTHOR)), obj)] += 1
    return Planted(*counts)


async def _one(client: Client, obj: Obj) -> bool:
    """One object; whether it was there."""
    resource, where = RESOURCES[obj["kind"]], place(obj)
    there = False
    try:
        await client.create(resource, _bare(obj))
    except Refusal as refusal:
        if refusal.reason != "AlreadyExists":
            raise
        there = True
        if not await _take_over(client, resource, obj):
            return there
    if "status" in obj:
        await client.merge(resource, *where, {"status": obj["status"]}, subresource="status")
    return there


async def _take_over(client: Client, resource: Resource, obj: Obj) -> bool:
    """Bring an object of an earlier start up to date; whether it is one."""
    where = place(obj)
    if not is_own(await client.get(resource, *where)):
        if obj["kind"] in SHARED:
            return False
        raise Refused("the simulator changes nothing that it did not make", (f"{called(obj)} is in the way",))
    if field := RENEWED.get(obj["kind"]):
        await client.merge(resource, *where, {field: obj[field]})
    return True


def _bare(obj: Obj) -> Obj:
    """What is asked for: dates are the server's, and the status goes its own way."""
    metadata = {key: value for key, value in obj["metadata"].items() if key != "creationTimestamp"}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": metadata}
