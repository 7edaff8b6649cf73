"""A Fleet taken away from a server that is given: what carries the simulator's mark goes, all else stays."""

from __future__ import annotations

from console.sim.argo.kinds import APP_PROJECTS, APPLICATION_SETS, APPLICATIONS, SECRETS
from console.sim.client import (
    ALB_CONFIGS,
    EVENTS,
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

GOING = (
    APPLICATION_SETS,
    APPLICATIONS,
    APP_PROJECTS,
    SECRETS,
    INGRESSES,
    INGRESS_CLASSES,
    ALB_CONFIGS,
    LEASES,
    MANAGED_CLUSTERS,
    EVENTS,
)
"""In an order in which what refers goes first. Namespaces and CRDs stay, whoever made them: with them would go what
others keep there."""


async def clear(client: Client) -> None:
    """Delete what a client of the mark alone lists, while no controller works on it. Raises `Refusal`."""
    for resource in GOING:
        for obj in await _listed(client, resource):
            await _delete(client, resource, obj)


async def _listed(client: Client, resource: Resource) -> list[Obj]:
    """All of a resource, nothing where it is not defined."""
    try:
        return (await client.list(resource))[0]
    except Refusal as refusal:
        if refusal.code == 404:
            return []
        raise


async def _delete(client: Client, resource: Resource, obj: Obj) -> None:
    """One object, without what would wait for a controller that is no more. Gone is fine."""
    try:
        if obj["metadata"].get("finalizers"):
            await client.merge(resource, *place(obj), {"metadata": {"finalizers": None}})
        await client.delete(resource, *place(obj))
    except Refusal as refusal:
        if refusal.code != 404:
            raise
