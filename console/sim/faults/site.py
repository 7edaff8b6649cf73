"""What faults act on: the parts of a running simulation, and the names by which people call what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.errors import UsageError
from console.sim.account.living import Living
from console.sim.agents import Agent
from console.sim.alb.dataplane import DataPlane
from console.sim.alb.state import Alb
from console.sim.alb_cloud import AlbCloud
from console.sim.alb_ingress import AlbIngressController
from console.sim.client import Client
from console.sim.fleet import Fleet
from console.sim.hub.own import OwnHub
from console.sim.openapis.endpoint import OpenApi
from console.sim.past import Clock
from console.sim.servers import Members
from console.sim.world import Member, Route, World


@dataclass(frozen=True, slots=True)
class Site:
    """One simulation's parts."""

    world: World
    speed: float
    living: Living
    members: Members
    cloud: AlbCloud
    alb: Alb
    data_plane: DataPlane
    openapi: OpenApi
    key: str
    """Access key id of the settings file."""
    clock: Clock

    @property
    def fleet(self) -> Fleet:
        """The Fleet: the world's own, or the first that was made. Raises `UsageError` where there is none yet."""
        for fleet in self.living.fleets.values():
            return fleet
        raise UsageError("there is no Fleet yet", fix="Make one first.")

    @property
    def given(self) -> bool:
        """Whether the hub was given, or the first Fleet's will be."""
        return self.living.given is not None

    @property
    def own_hub(self) -> OwnHub | None:
        """None where the hub was given, or is not there yet."""
        hubs = (fleet.hub for fleet in self.living.fleets.values())
        return next((hub for hub in hubs if isinstance(hub, OwnHub)), None)

    @property
    def hub(self) -> OwnHub:
        """The simulator's own hub. Raises `UsageError` where it was given; faults are asked before (elsewhere.py)."""
        hub = self.fleet.hub
        if not isinstance(hub, OwnHub):
            raise UsageError("the hub was given, and is not the simulator's to meddle with")
        return hub

    @property
    def agents(self) -> Mapping[str, Agent]:
        """Of the members, by id."""
        return self.fleet.agents

    @property
    def controller(self) -> AlbIngressController:
        """The ALB ingress controller."""
        return self.fleet.controller

    def client(self, agent: str) -> Client:
        """A client of the hub that may do everything, by its User-Agent."""
        return self.fleet.client(agent)

    def member(self, name: str) -> Member:
        """A member by name or id. Raises `UsageError` with those there are."""
        for member in self.world.members:
            if name in (member.name, member.id):
                return member
        later = self.living.member(name)
        if later is not None:
            return later
        known = ", ".join(member.name for member in self.world.members) or "none yet"
        raise UsageError(f"no member is called '{name}'", fix=f"There are: {known}.")

    def route(self, key: str) -> Route:
        """A route by `NAMESPACE/NAME`. Raises `UsageError` with those there are."""
        for route in self.world.routes:
            if route.key == key:
                return route
        known = ", ".join(route.key for route in self.world.routes) or "none"
        raise UsageError(f"no route is called '{key}'", fix=f"There are: {known}.")

    def rules(self, key: str) -> list[str]:
        """The ids of a route's forwarding rules. Raises `UsageError` as `route` does."""
        route = self.route(key)
        return [one.id for one in self.alb.rules.values() if route.host in one.hosts and route.path in one.paths]
