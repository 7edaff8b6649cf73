"""What faults act on: the parts of a running simulation, and the names by which people call what is in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from console.errors import UsageError
from console.sim.agents import Agent
from console.sim.alb_cloud import AlbCloud
from console.sim.alb_ingress import AlbIngressController
from console.sim.client import Client
from console.sim.faults.link import Link
from console.sim.kubeapi import KubeApi
from console.sim.openapis.endpoint import OpenApi
from console.sim.past import Clock
from console.sim.servers import Members
from console.sim.world import Member, Route, World


@dataclass(frozen=True, slots=True)
class Site:
    """One simulation's parts. `tokens`: those of the kubeconfig for the hub, its first context's first; `client` makes
    a client that may do everything, by its User-Agent."""

    world: World
    speed: float
    clock: Clock
    hub: KubeApi
    link: Link
    tokens: tuple[str, ...]
    client: Callable[[str], Client]
    members: Members
    agents: Mapping[str, Agent]
    controller: AlbIngressController
    cloud: AlbCloud
    openapi: OpenApi
    key: str
    """Access key id of the settings file."""

    def member(self, name: str) -> Member:
        """A member by name or id. Raises `UsageError` with those there are."""
        for member in self.world.members:
            if name in (member.name, member.id):
                return member
        known = ", ".join(member.name for member in self.world.members)
        raise UsageError(f"no member is called '{name}'", fix=f"There are: {known}.")

    def route(self, key: str) -> Route:
        """A route by `NAMESPACE/NAME`. Raises `UsageError` with those there are."""
        for route in self.world.routes:
            if route.key == key:
                return route
        known = ", ".join(route.key for route in self.world.routes)
        raise UsageError(f"no route is called '{key}'", fix=f"There are: {known}.")
