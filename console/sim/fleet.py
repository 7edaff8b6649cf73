"""One Fleet at work: its hub, the controllers on it, its members' agents, and ArgoCD where it is enabled."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from console.sim import manifests, past
from console.sim.agents import Agent, LeaseController, renewal
from console.sim.alb_cloud import AlbCloud
from console.sim.alb_ingress import AlbIngressController, Applied
from console.sim.argo.kinds import NAMESPACE, NAMESPACES, SECRETS
from console.sim.argo.manifests import Cluster, cluster_secret, secret_name
from console.sim.argo.start import Argo
from console.sim.client import LEASES, MANAGED_CLUSTERS, Client, Obj, Refusal, Resource, place
from console.sim.hub.given import GivenHub
from console.sim.hub.marks import is_own
from console.sim.hub.own import OwnHub
from console.sim.manifests import LEASE
from console.sim.past import Clock
from console.sim.servers import Members, backends
from console.sim.works import Works
from console.sim.world import Member, World

if TYPE_CHECKING:
    from aiohttp import ClientSession

ASSOCIATION = "ack-association-controller"
"""Field manager and User-Agent of what makes clusters members."""


class Fleet:
    """A hub that is served, with what works on it from `begin` to `stop`."""

    def __init__(
        self, world: World, hub: OwnHub | GivenHub, *, members: Members, works: Works, clock: Clock, speed: float
    ) -> None:
        self.world = world
        self.hub = hub
        self.joined: dict[str, Cluster] = {}
        """By id, the members that came after the world's beginning."""
        self.agents: dict[str, Agent] = {}
        self._members = members
        self._works = works
        self._clock = clock
        self._speed = speed
        self._tasks: list[asyncio.Task[None]] = []
        self._argo: asyncio.Task[None] | None = None
        self._following: dict[str, asyncio.Task[None]] = {}
        self._controller: AlbIngressController | None = None

    @property
    def controller(self) -> AlbIngressController:
        """Its ALB ingress controller."""
        assert self._controller is not None, "it began"
        return self._controller

    def client(self, agent: str) -> Client:
        """A client of the hub that may do everything, by its User-Agent."""
        return self.hub.client(agent)

    async def begin(self, cloud: AlbCloud, applied: Mapping[str, Applied]) -> None:
        """Set controllers and agents to work, and return once changes are acted upon. `applied`: the ALBs there are."""
        world, clock = self.world, self._clock.epoch
        self._controller = AlbIngressController(
            self.client(past.CONTROLLER),
            cloud,
            backends(world, self._members.live),
            speed=self._speed,
            seed=world.seed,
            clock=clock,
            fleet=world.id,
            layouts={gateway.name: gateway.layout for gateway in world.gateways},
        )
        await self.hub.reconciled(applied, self._controller.recorder)
        self._work(self._controller.run())
        pause = renewal(self._speed, len(world.members))
        leases = LeaseController(self.client(past.LEASES), speed=self._speed, pause=pause, clock=clock)
        self._work(leases.run())
        for member in world.members:
            self._follow(member, pause, silent=member.id in world.silent)
        await self._controller.ready.wait()

    async def begin_argo(self, session: ClientSession, clusters: list[Cluster]) -> None:
        """Set ArgoCD to work; `clusters` are those whose Deployments it looks after as well."""
        await self.hub.define_argocd()
        argo = Argo(
            self.world,
            session,
            self.client,
            clusters,
            alive=lambda member: self._members.servers[member].state == "alive",
            speed=self._speed,
        )
        self._argo = self._works.begin(argo.run())
        await argo.ready()
        for cluster in self.joined.values():
            await self._declare(cluster)

    async def end_argo(self) -> None:
        """Have it work no more; what it made stays."""
        if self._argo is not None:
            await self._works.end([self._argo])
            self._argo = None

    async def join(self, cluster: Cluster) -> None:
        """Make a cluster a member: namespace, ManagedCluster, Lease, agent, and its Secret where ArgoCD is."""
        member, client = cluster.member, self.client(ASSOCIATION)
        self.joined[member.id] = cluster
        made = manifests.managed_cluster(self.world, member)
        await _create(client, NAMESPACES, manifests.namespace(member.id, self._clock.epoch()))
        await _create(client, MANAGED_CLUSTERS, {key: value for key, value in made.items() if key != "status"})
        status = {"status": made["status"]}
        await client.merge(MANAGED_CLUSTERS, "", member.id, status, subresource="status")
        await _create(self.client(past.AGENT), LEASES, manifests.lease(self.world, member))
        self._follow(member, renewal(self._speed, len(self.agents) + 1), silent=False)
        await self.agents[member.id].renew()
        if self._argo is not None:
            await self._declare(cluster)

    async def leave(self, identifier: str) -> None:
        """Take a member away again, with everything that the hub holds of it."""
        if task := self._following.pop(identifier, None):
            await self._works.end([task])
        self.agents.pop(identifier, None)
        cluster = self.joined.pop(identifier, None)
        if cluster is None and all(one.id != identifier for one in self.world.members):
            return  # its association failed: nothing of it is here
        client = self.client(ASSOCIATION)
        member = cluster.member if cluster is not None else self.world.member(identifier)
        await self._delete(client, SECRETS, NAMESPACE, secret_name(member))
        await self._delete(client, LEASES, identifier, LEASE)
        await self._delete(client, MANAGED_CLUSTERS, "", identifier)
        await self._delete(client, NAMESPACES, "", identifier)

    async def stop(self) -> None:
        """End everything that works on it."""
        await self.end_argo()
        await self._works.end([*self._tasks, *self._following.values()])

    async def _declare(self, cluster: Cluster) -> None:
        """Tell ArgoCD of a member; a Secret that is there already stays as it is, with the labels it was given."""
        secret = cluster_secret(self.world, cluster, labelled=False)
        await _create(self.client(ASSOCIATION), SECRETS, secret)

    async def _delete(self, client: Client, resource: Resource, namespace: str, name: str) -> None:
        """Gone, whether it was there or not; what somebody else made at a given server stays."""
        try:
            if isinstance(self.hub, OwnHub) or is_own(await client.get(resource, namespace, name)):
                await client.delete(resource, namespace, name)
        except Refusal as refusal:
            if refusal.code != 404:
                raise

    def _follow(self, member: Member, pause: float, *, silent: bool) -> None:
        agent = Agent(self.client(past.AGENT), member.id, pause=pause, silent=silent, clock=self._clock.epoch)
        self.agents[member.id] = agent
        self._following[member.id] = self._works.begin(agent.run())

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(self._works.begin(work))


async def _create(client: Client, resource: Resource, obj: Obj) -> None:
    """Made, where it is not there yet."""
    with contextlib.suppress(Refusal):
        await client.get(resource, *place(obj))
        return
    await client.create(resource, obj)
