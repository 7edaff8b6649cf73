"""What faults act on: the parts of a running simulation, and the names by which people call what is in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from console.errors import UsageError
from console.sim.agents import Agent
from console.sim.alb.dataplane import DataPlane
from console.sim.alb_cloud import AlbCloud
from console.sim.alb_ingress import AlbIngressController
from console.sim.client import Client
from console.sim.hub.own import OwnHub
from console.sim.openapis.endpoint import OpenApi
from console.sim.past import Clock
from console.sim.servers import Members
from console.sim.world import Member, Route, World


@dataclass(frozen=True, slots=True)
class Site:
    """One simulation's parts. `own_hub`: None where the hub was given; `client` makes a client of the hub that may do
    everything, by its User-Agent."""

    world: World
    speed: float
    own_hub: OwnHub | None
    client: Callable[[str], Client]
    members: Members
    agents: Mapping[str, Agent]
    controller: AlbIngressController
    cloud: AlbCloud
    data_plane: DataPlane
    openapi: OpenApi
    key: str
    """Access key id of the settings file."""
    clock: Clock

    @property
    def hub(self) -> OwnHub:
        """The simulator's own hub. Raises `UsageError` where it was given; faults are asked before (elsewhere.py)."""
        if self.own_hub is None:
            raise UsageError("the hub was given, and is not the simulator's to meddle with")
        return self.own_hub

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
