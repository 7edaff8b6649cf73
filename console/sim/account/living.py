"""The grounds of a simulation: clusters and Fleets that an account makes are really served, and really vanish; agents
that are applied in a data centre connect the cluster that they are of."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from console.sim import handover, past
from console.sim.account import agent
from console.sim.account.served import Served
from console.sim.account.state import Account, Cluster, Hub
from console.sim.alb_cloud import AlbCloud
from console.sim.argo.charts import Charts
from console.sim.argo.kinds import DEPLOYMENTS
from console.sim.argo.manifests import Cluster as Reached
from console.sim.client import Mirror, Obj
from console.sim.faults.writes import Writes
from console.sim.fleet import Fleet
from console.sim.handover import Context
from console.sim.hub.given import GivenHub
from console.sim.hub.kubeconfig import Entry
from console.sim.hub.look import check
from console.sim.hub.own import OwnHub
from console.sim.kubeapi import KubeApi
from console.sim.servers import Members
from console.sim.works import Works
from console.sim.world import DataCentre, Member, World

if TYPE_CHECKING:
    from aiohttp import ClientSession

CONNECTING = 4.0
"""Seconds from an agent's first ready pod to its connection."""


class Living:
    """All that is served for one account. `fleets` by id; `clusters` by id, those that came later; `centres` by name.
    `first`: the members of the beginning as ArgoCD reaches them, by id; `given`: the server that serves one Fleet at a
    time in place of the simulation's own."""

    def __init__(
        self,
        world: World,
        account: Account,
        members: Members,
        works: Works,
        clock: past.Clock,
        *,
        speed: float,
        given: Entry | None = None,
    ) -> None:
        self._world = world
        self.given = given
        self._account = account
        self._members = members
        self._works = works
        self._clock = clock
        self._speed = speed
        self._charts = Charts(world.repository, world.services)
        self._session: ClientSession | None = None
        self._stack = AsyncExitStack()
        self._cloud: AlbCloud | None = None
        self.fleets: dict[str, Fleet] = {}
        self.clusters: dict[str, Served] = {}
        self.centres: dict[str, Served] = {}
        self.first: dict[str, Reached] = {}
        self.writes = Writes()

    async def start(self, session: ClientSession, stack: AsyncExitStack, cloud: AlbCloud) -> None:
        """Serve the data centres, and be ready for what the account makes."""
        self._session, self._stack, self._cloud = session, stack, cloud
        for centre in self._world.data_centres:
            await self._open(centre)

    @property
    def contexts(self) -> list[Context]:
        """Administrators' contexts of the data centres."""
        return [each.context for each in self.centres.values()]

    async def raise_cluster(self, cluster: Cluster) -> None:
        """Serve the API of an ACK cluster, with its nodes."""

        def passes(ip: str, port: int) -> bool:
            return self._account.admits(cluster, port)

        member = self._member(cluster)
        await self._serve(cluster.id, self._served(member, passes, began=time.time()))

    async def raze_cluster(self, cluster: Cluster) -> None:
        """Serve it no more; what stands in a data centre goes on, and is nobody's again."""
        self._members.live.pop(cluster.id, None)
        self._members.servers.pop(cluster.id, None)
        served = self.clusters.pop(cluster.id, None)
        if served is not None and served not in self.centres.values():
            await served.stop()

    async def raise_hub(self, hub: Hub) -> None:
        """Serve a Fleet's API, with its controllers. Raises `Refused` where a given server is not fit for it any more,
        and as that does (given.py)."""
        world = replace(
            self._world,
            name=hub.name,
            fleet=hub.id,
            version=hub.version,
            vpc=hub.vpc,
            began=time.time(),
            members=(),
            gateways=(),
            routes=(),
            applications=(),
            silent={},
            dead={},
        )
        served = await self._hub(world)
        fleet = Fleet(world, served, members=self._members, works=self._works, clock=self._clock, speed=self._speed)
        await served.start(self.session, self._stack, ())
        assert self._cloud is not None, "it was started"
        await fleet.begin(self._cloud, {})
        self.fleets[hub.id] = fleet

    async def raze_hub(self, hub: Hub) -> None:
        """Serve it no more."""
        fleet = self.fleets.pop(hub.id, None)
        if fleet is not None:
            await fleet.stop()
            await fleet.hub.clear()
            await self._works.close(fleet.hub.url)

    async def set_argocd(self, hub: Hub) -> None:
        """Begin ArgoCD on a Fleet, or end it."""
        fleet = self.fleets[hub.id]
        await (fleet.begin_argo(self.session, []) if hub.argocd else fleet.end_argo())

    async def join(self, hub: Hub, cluster: Cluster) -> None:
        """Make a cluster a member."""
        member = self._member(cluster)
        served = self.clusters.get(cluster.id)
        await self.fleets[hub.id].join(self.first[cluster.id] if served is None else served.cluster(member))

    async def leave(self, hub: Hub, cluster: Cluster) -> None:
        """Take that away again."""
        await self.fleets[hub.id].leave(cluster.id)

    def kubeconfig(self, identifier: str) -> str | None:
        """An administrator's kubeconfig, as YAML."""
        import yaml

        context = self._context(identifier)
        return None if context is None else yaml.safe_dump(handover.kubeconfig([context]), sort_keys=False)

    def endpoint(self, identifier: str) -> str:
        """Where an API is."""
        context = self._context(identifier)
        return "" if context is None else str(context.cluster_section["server"])

    def member(self, identifier: str) -> Member | None:
        """A member that came later, by id or name."""
        joined = [each.member for fleet in self.fleets.values() for each in fleet.joined.values()]
        return next((each for each in joined if identifier in (each.id, each.name)), None)

    @property
    def session(self) -> ClientSession:
        """The session that trusts the simulation's certificate."""
        assert self._session is not None, "it was started"
        return self._session

    def _context(self, identifier: str) -> Context | None:
        if identifier in self.fleets:
            return self.fleets[identifier].hub.contexts[0]
        if identifier in self.clusters:
            return self.clusters[identifier].context
        first = self.first.get(identifier)
        if first is None:
            return None
        name = first.member.name
        return handover.token_context(name, name, first.server, first.token, first.authority)

    async def _hub(self, world: World) -> OwnHub | GivenHub:
        """Where a new Fleet is to be."""
        if self.given is not None and not any(isinstance(each.hub, GivenHub) for each in self.fleets.values()):
            await check(self.given, world)
            return GivenHub(world, self.given, fresh=True)
        own = OwnHub(world, self._clock, self._api, authority=self._works.certificate.authority, fresh=True)
        own.guarded(self.writes)
        return own

    async def _serve(self, identifier: str, served: Served) -> None:
        await served.start(self.session)
        self._adopt(identifier, served)

    def _adopt(self, identifier: str, served: Served) -> None:
        self.clusters[identifier] = served
        self._members.live[identifier] = served
        self._members.servers[identifier] = served.server

    def _served(self, member: Member, passes: Callable[[str, int], bool], *, began: float) -> Served:
        made = Served(
            replace(self._world, began=began, dead={}, silent={}),
            member,
            self._works,
            passes=passes,
            can_start=lambda image: image == agent.IMAGE or self._charts.can_start(image),
            changed=self._backends_changed,
            clock=self._clock,
            speed=self._speed,
        )
        self.writes.watch_over(made.api, made.inside)
        return made

    async def _open(self, centre: DataCentre) -> None:
        """Serve a data centre's own cluster, and look out for agents in it."""

        def passes(ip: str, port: int) -> bool:
            return any(
                self._account.routed(cluster.vpc, ip)
                for identifier, served in self.clusters.items()
                if served is self.centres[centre.name] and (cluster := self._account.clusters.get(identifier))
            )

        served = self._served(_centre_member(self._world, centre), passes, began=self._world.began)
        self.centres[centre.name] = served
        await served.start(self.session)
        client = served.client(self.session, "fleet-console-sim")

        def seen(before: Obj | None, now: Obj | None) -> None:
            self._agent_changed(served, before or now, now)

        self._works.begin(Mirror(client, DEPLOYMENTS, seen).run())

    def _agent_changed(self, served: Served, subject: Obj | None, now: Obj | None) -> None:
        """An agent came, got ready, or went."""
        if subject is None or subject["metadata"]["name"] != agent.NAME:
            return
        secret = served.api.object("", "secrets", agent.NAMESPACE, agent.NAME)
        identifier, token = agent.token_of(secret)
        if now is not None and (now.get("status") or {}).get("readyReplicas"):
            self._account.tasks.after(CONNECTING, lambda: self._connect(served, identifier, token))
            return
        for cluster, each in list(self.clusters.items()):
            if each is served and (entry := self._account.clusters.get(cluster)) is not None:
                entry.state = "disconnected"
                self._silence(cluster, silent=True)

    def _connect(self, served: Served, identifier: str, token: str) -> None:
        """The agent is known by its token; the cluster that it is of runs from now on."""
        cluster = self._account.clusters.get(identifier)
        if cluster is None or cluster.token != token or cluster.state not in ("waiting", "disconnected"):
            return
        deployment = served.api.object("apps", "deployments", agent.NAMESPACE, agent.NAME)
        if deployment is None or not (deployment.get("status") or {}).get("readyReplicas"):
            return
        member = served.member
        cluster.nodes, cluster.node_cidr, cluster.container_cidr = member.nodes, member.node_cidr, member.pod_cidr
        cluster.version, cluster.zone, cluster.state = member.version, member.zone, "running"
        self._adopt(identifier, served)
        self._silence(identifier, silent=False)

    def _silence(self, cluster: str, *, silent: bool) -> None:
        """Without its way into the cloud the agent of a member renews no Lease."""
        for fleet in self.fleets.values():
            if cluster in fleet.agents:
                fleet.agents[cluster].silent = silent

    def _member(self, cluster: Cluster) -> Member:
        """A cluster as a member."""
        first = self.first.get(cluster.id)
        if first is not None:
            return first.member
        pods = self._account.vswitches[cluster.pod_vswitches[0]].cidr if cluster.pod_vswitches else ""
        return Member(
            id=cluster.id,
            name=cluster.name,
            kind=cluster.kind,
            zone=cluster.zone,
            version=cluster.version,
            region=self._account.region,
            age=0.0,
            nodes=cluster.nodes,
            node_cidr=cluster.node_cidr,
            pod_cidr=pods or cluster.container_cidr,
            pods={},
        )

    def _backends_changed(self) -> None:
        for fleet in self.fleets.values():
            fleet.controller.resync()

    async def _api(self, api: KubeApi) -> str:
        return (await self._works.serve(api.application(), secure=True)).url


def _centre_member(world: World, centre: DataCentre) -> Member:
    return Member(
        id="",
        name=centre.name,
        kind="registered",
        zone=centre.zone,
        version=centre.version,
        region=world.region,
        age=centre.age,
        nodes=centre.nodes,
        node_cidr=centre.node_cidr,
        pod_cidr=centre.pod_cidr,
        pods={},
    )
