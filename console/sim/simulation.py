"""One running simulation: a world, served. It starts in the state that its world describes, as already reconciled and
checked, and from then on everything in it happens through its own controllers, agents and data plane."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
from typing import TYPE_CHECKING, NamedTuple, Self

from console.errors import Lost
from console.sim import past
from console.sim.account.begin import account_of
from console.sim.account.living import Living
from console.sim.alb import dataplane, operations
from console.sim.alb.state import Alb
from console.sim.alb_cloud import AlbCloud
from console.sim.alb_ingress import Applied
from console.sim.argo import past as argo_past
from console.sim.argo.manifests import Cluster
from console.sim.balancers import restore
from console.sim.faults.control import Control
from console.sim.faults.registry import Faults
from console.sim.faults.site import Site
from console.sim.fleet import Fleet
from console.sim.handover import Context, Keys, token_context
from console.sim.hub.given import GivenHub
from console.sim.hub.kubeconfig import Entry
from console.sim.hub.own import OwnHub
from console.sim.internet import Internet
from console.sim.kubeapi import KubeApi, Role
from console.sim.load import Load, Target
from console.sim.metrics import Metrics, Series
from console.sim.openapis import adcp, cs, ecs, vpc
from console.sim.openapis.endpoint import OpenApi
from console.sim.routing import TAG
from console.sim.servers import HOST, Members
from console.sim.storm import Storm
from console.sim.works import Works
from console.sim.world import Member, World

if TYPE_CHECKING:
    from aiohttp import ClientSession

PATIENCE = 60.0
"""Seconds until a start that does not settle is given up."""


FAREWELL = 2.0
"""Seconds that connections which are still open get at the end."""


class ControlAddress(NamedTuple):
    """Where faults and storms are taken while it runs."""

    url: str
    token: str


class Simulation:
    """Serves `world` while the context is open. `load`: requests a second in place of the world's own; `given`: the
    server that is the hub in place of one of its own."""

    def __init__(
        self, world: World, *, speed: float = 1.0, load: float | None = None, given: Entry | None = None
    ) -> None:
        self.world = world
        self.speed = speed
        self.keys = Keys(f"LTAI{secrets.token_hex(8)}", secrets.token_hex(16))
        self.members = Members(world)
        self.alb = Alb(region=world.region, zones=world.zones, seed=world.seed, speed=speed)
        self.data_plane = dataplane.DataPlane(self.alb, self.members.resolve, seed=world.seed, speed=speed)
        self.contexts: list[Context] = []
        self.openapi = ""
        """host:port of the OpenAPIs."""
        self.prometheus = ""
        """Address of the server that tells rates."""
        self.internet = ""
        """Address of the proxy that stands for the internet."""
        self.token = secrets.token_urlsafe(16)
        """What the server of rates wants to be shown."""
        self.gateways: dict[str, str] = {}
        """AlbConfig's name -> address of its first listener."""
        self.load: Load | None = None
        self.control = ControlAddress("", "")
        self._metrics = Metrics(self._requests, self.token)
        self._rate = world.load if load is None else load
        self._clock = past.Clock()
        self._works = Works()
        self._stack = contextlib.AsyncExitStack()
        self.account = account_of(world, self.alb, speed=speed)
        self.living = Living(world, self.account, self.members, self._works, self._clock, speed=speed, given=given)
        self._cloud = AlbCloud(self.alb, vpc=world.vpc, vswitches=self.account.vswitches, speed=speed)
        self._api = self._openapis()

    @property
    def fleet(self) -> Fleet | None:
        """The world's own Fleet."""
        return self.living.fleets.get(self.world.id)

    @property
    def hub_url(self) -> str:
        """Where the hub's API is, or will be where the first Fleet is still to be made; "" for nowhere yet."""
        if self.fleet is not None:
            return self.fleet.hub.url
        return self.living.given.server if self.living.given is not None else ""

    @property
    def greeting(self) -> str:
        """What to say of the hub at the start, nothing of one of its own."""
        if self.fleet is None and self.living.given is not None:
            return f"{self.living.given.server}: nothing made yet; the first Fleet of the account will be there"
        return self.fleet.hub.greeting if self.fleet is not None else ""

    @property
    def farewell(self) -> str:
        """And at the end."""
        return "\n".join(filter(None, (fleet.hub.farewell for fleet in self.living.fleets.values())))

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._start()
        except TimeoutError:
            await self.__aexit__()
            raise Lost(f"the start did not settle within {PATIENCE:.0f} s", fix="Start it again.") from None
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.account.tasks.stop()
        await self._works.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await self._stack.aclose()

    async def until(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set. Raises what any part of the simulation died of."""
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(self._works.death())]
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in ends:
                task.cancel()

    async def _start(self) -> None:
        self._stack.push_async_callback(self.members.stop)
        self._stack.push_async_callback(self._works.close_all)
        await self.members.start()
        session = await self._session()
        await self.living.start(session, self._stack, self._cloud)
        await self.data_plane.start()
        self._stack.push_async_callback(self.data_plane.stop)
        if self.world.provisioned:
            await self._begin_fleet(session)
        self.contexts += self.living.contexts
        self.openapi = f"{HOST}:{(await self._works.serve(self._api.application())).port}"
        self.prometheus = (await self._works.serve(self._metrics.application())).url
        self.internet = await self._open_internet()
        self._works.begin(self.data_plane.run())
        self._works.begin(self._metrics.run())
        self._generate_load()
        await self._go_wrong()

    async def _session(self) -> ClientSession:
        """A session that trusts the simulation's own certificate, and nobody else's."""
        from aiohttp import ClientSession, ClientTimeout, TCPConnector

        trusted = ssl.create_default_context(cadata=self._works.certificate.authority.decode())
        session = ClientSession(timeout=ClientTimeout(total=30), connector=TCPConnector(limit=0, ssl=trusted))
        return await self._stack.enter_async_context(session)

    async def _begin_fleet(self, session: ClientSession) -> None:
        """The world's Fleet, as it has been for long."""
        world = self.world
        clusters = [] if world.light else [await self._member_api(member) for member in world.members]
        self.living.first = {cluster.member.id: cluster for cluster in clusters}
        hub: OwnHub | GivenHub
        if self.living.given is None:
            hub = OwnHub(world, self._clock, self._serve_api, authority=self._works.certificate.authority)
            hub.guarded(self.living.writes)
        else:
            hub = GivenHub(world, self.living.given)
        await hub.start(session, self._stack, clusters)
        self.contexts[:0] = hub.contexts
        restored = await restore(self._cloud, self.alb, world, self.members, await hub.objects())
        await self.data_plane.open()
        self.gateways = {
            name: self._address(balancer) for name, balancer in {**restored.applied, **restored.behind}.items()
        }
        fleet = Fleet(world, hub, members=self.members, works=self._works, clock=self._clock, speed=self.speed)
        await fleet.begin(self._cloud, restored.applied)
        self.living.fleets[world.id] = fleet
        if not world.light:
            await fleet.begin_argo(session, clusters)

    def _openapis(self) -> OpenApi:
        """All products of the cloud, on one endpoint."""
        account, living = self.account, self.living
        account.silent = lambda cluster: any(
            each.agents[cluster].silent for each in living.fleets.values() if cluster in each.agents
        )
        account.dead = lambda cluster: (
            cluster in self.members.servers and (self.members.servers[cluster].state != "alive")
        )
        products = (
            operations.product(self.alb),
            cs.product(account, living),
            adcp.product(account, living),
            vpc.product(account),
            ecs.product(account),
        )
        made = OpenApi(products, {self.keys.access_key_id: self.keys.access_key_secret})
        account.tasks.dooms = made.refusals.dooms
        self._cloud.refusals = made.refusals
        return made

    def _requests(self) -> dict[Series, int]:
        """Requests so far by member and Ingress."""
        found: dict[Series, int] = {}
        for (group, ip), count in self.data_plane.sent.items():
            tags = self.alb.groups[group].tags if group in self.alb.groups else {}
            owner = self.members.owner(ip)
            if owner is not None and TAG + "ingress_name" in tags:
                one = Series(owner, tags[TAG + "service_ns"], tags[TAG + "ingress_name"])
                found[one] = found.get(one, 0) + count
        return found

    def _address(self, balancer: Applied) -> str:
        listener = next(each for each in self.alb.listeners.values() if each.load_balancer == balancer.load_balancer)
        return f"http://{HOST}:{self.data_plane.port_of(listener.id)}"

    async def _open_internet(self) -> str:
        from aiohttp import web

        return (await self._works.serve(web.Server(Internet(self.alb, self.data_plane).answer))).url

    async def _go_wrong(self) -> None:
        """Begin the world's faults, and take others from now on."""
        site = Site(
            self.world,
            self.speed,
            self.living,
            self.members,
            self._cloud,
            self.alb,
            self.data_plane,
            self._api,
            self.keys.access_key_id,
            self._clock,
        )
        faults = Faults(site)
        self._stack.push_async_callback(faults.stop)
        for fault in self.world.faults:
            await faults.begin(fault)
        control = Control(faults, Storm(site), site)
        self.control = ControlAddress((await self._works.serve(control.application())).url, control.token)

    async def _member_api(self, member: Member) -> Cluster:
        token, administrator = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        roles = {token: Role.VIEWER, administrator: Role.ADMIN}
        with self._clock.at(self.world.began - member.age):
            api = KubeApi(tokens=roles, clock=self._clock, version=member.version)
        past.seed(api, self._clock, argo_past.deployed(self.world, member))
        server, authority = await self._serve_api(api), self._works.certificate.authority
        self.contexts.append(token_context(member.name, member.name, server, token, authority))
        return Cluster(member, server, administrator, authority)

    def _generate_load(self) -> None:
        targets = [
            Target(route.key, self.gateways[route.gateway] + route.path, route.host, route.share)
            for route in self.world.routes
        ]
        self.load = Load(targets, rate=self._rate, seed=self.world.seed)
        self._works.begin(self.load.run())

    async def _serve_api(self, api: KubeApi) -> str:
        """Serve a Kubernetes API with the simulation's certificate; returns its address."""
        return (await self._works.serve(api.application(), secure=True)).url
