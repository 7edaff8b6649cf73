"""One running simulation: a world, served. It starts in the state that its world describes, as already reconciled and
checked, and from then on everything in it happens through its own controllers, agents and data plane."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from console.errors import Lost
from console.sim import past
from console.sim.agents import Agent, LeaseController, renewal
from console.sim.alb import dataplane, operations
from console.sim.alb.state import Alb
from console.sim.alb_cloud import AlbCloud
from console.sim.alb_ingress import AlbIngressController, Applied
from console.sim.argo import past as argo_past
from console.sim.argo.manifests import Cluster
from console.sim.argo.start import Argo
from console.sim.balancers import restore
from console.sim.client import Client
from console.sim.faults.control import Control
from console.sim.faults.registry import Faults
from console.sim.faults.site import Site
from console.sim.handover import Context, Keys, token_context
from console.sim.hub.given import GivenHub
from console.sim.hub.kubeconfig import Entry
from console.sim.hub.own import OwnHub
from console.sim.kubeapi import KubeApi, Role, certificate
from console.sim.load import Load, Target
from console.sim.metrics import Metrics, Series
from console.sim.openapis import adcp, cs, vpc
from console.sim.openapis.endpoint import OpenApi
from console.sim.openapis.facts import Facts
from console.sim.routing import TAG
from console.sim.servers import HOST, Members, backends
from console.sim.storm import Storm
from console.sim.world import Member, World

if TYPE_CHECKING:
    from aiohttp import ClientSession, web

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
        zones = {vswitch.id: vswitch.zone for vswitch in world.vswitches}
        self.alb = Alb(region=world.region, zones=zones.values(), seed=world.seed, speed=speed)
        self.data_plane = dataplane.DataPlane(self.alb, self.members.resolve, seed=world.seed, speed=speed)
        self.contexts: list[Context] = []
        self.openapi = ""
        """host:port of the OpenAPIs."""
        self.prometheus = ""
        """Address of the server that tells rates."""
        self.token = secrets.token_urlsafe(16)
        """What that server wants to be shown."""
        self._metrics = Metrics(self._requests, self.token)
        self.gateways: dict[str, str] = {}
        """AlbConfig's name -> address of its first listener."""
        self.agents: dict[str, Agent] = {}
        self.load: Load | None = None
        self._clusters: list[Cluster] = []
        self._rate = world.load if load is None else load
        self._clock = past.Clock()
        self._tasks: list[asyncio.Task[None]] = []
        self._stack = contextlib.AsyncExitStack()
        # kubectl sends a token over TLS only.
        self._certificate = certificate.issue()
        self._cloud = AlbCloud(self.alb, vpc=world.vpc, zones=zones, speed=speed)
        self._api = self._openapis()
        self._hub: OwnHub | GivenHub
        if given is None:
            self._hub = OwnHub(world, self._clock, self._serve_api, authority=self._certificate.authority)
        else:
            self._hub = GivenHub(world, given)
        self.control = ControlAddress("", "")

    @property
    def hub_url(self) -> str:
        """Where the hub's API is."""
        return self._hub.url

    @property
    def greeting(self) -> str:
        """What to say of the hub at the start, nothing of one of its own."""
        return self._hub.greeting

    @property
    def farewell(self) -> str:
        """And at the end."""
        return self._hub.farewell

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
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await self._stack.aclose()

    async def until(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set. Raises what any part of the simulation died of."""
        waiting = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([waiting, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            waiting.cancel()

    async def _start(self) -> None:
        self._stack.push_async_callback(self.members.stop)
        await self.members.start()
        for member in () if self.world.light else self.world.members:
            await self._member_api(member)
        session = await self._session()
        await self._hub.start(session, self._stack, self._clusters)
        self.contexts[:0] = self._hub.contexts
        restored = await restore(self._cloud, self.alb, self.world, self.members, await self._hub.objects())
        await self.data_plane.start()
        self._stack.push_async_callback(self.data_plane.stop)
        self.gateways = {
            name: self._address(balancer) for name, balancer in {**restored.applied, **restored.behind}.items()
        }
        controller = await self._controllers(session, restored.applied)
        self.openapi = f"{HOST}:{await self._serve(self._api.application())}"
        self.prometheus = f"http://{HOST}:{await self._serve(self._metrics.application())}"
        self._background(self.data_plane.run())
        self._background(self._metrics.run())
        self._generate_load()
        await self._go_wrong(self._site(controller))

    async def _session(self) -> ClientSession:
        """A session that trusts the simulation's own certificate, and nobody else's."""
        from aiohttp import ClientSession, ClientTimeout, TCPConnector

        trusted = ssl.create_default_context(cadata=self._certificate.authority.decode())
        session = ClientSession(timeout=ClientTimeout(total=30), connector=TCPConnector(limit=0, ssl=trusted))
        return await self._stack.enter_async_context(session)

    def _site(self, controller: AlbIngressController) -> Site:
        return Site(
            self.world,
            self.speed,
            self._hub if isinstance(self._hub, OwnHub) else None,
            self._hub.client,
            self.members,
            self.agents,
            controller,
            self._cloud,
            self.data_plane,
            self._api,
            self.keys.access_key_id,
            self._clock,
        )

    def _openapis(self) -> OpenApi:
        """All products of the cloud, on one endpoint."""
        facts = Facts(
            self.world,
            silent=lambda member: self.agents[member].silent,
            dead=lambda member: self.members.servers[member].state != "alive",
            hub=lambda: self.hub_url,
        )
        products = (operations.product(self.alb), cs.product(facts), adcp.product(facts), vpc.product(facts))
        return OpenApi(products, {self.keys.access_key_id: self.keys.access_key_secret})

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

    async def _controllers(self, session: ClientSession, applied: dict[str, Applied]) -> AlbIngressController:
        """The controllers and agents on the hub, at work."""
        world, hub, clock = self.world, self._hub, self._clock.epoch
        controller = AlbIngressController(
            hub.client(past.CONTROLLER),
            self._cloud,
            backends(world),
            speed=self.speed,
            seed=world.seed,
            clock=clock,
            fleet=world.id,
            layouts={gateway.name: gateway.layout for gateway in world.gateways},
        )
        await hub.reconciled(applied, controller.recorder)
        self._background(controller.run())
        pause = renewal(self.speed, len(world.members))
        self._background(LeaseController(hub.client(past.LEASES), speed=self.speed, pause=pause, clock=clock).run())
        agent = hub.client(past.AGENT)
        for member in world.members:
            silent = member.id in world.silent
            self.agents[member.id] = Agent(agent, member.id, pause=pause, silent=silent, clock=clock)
            self._background(self.agents[member.id].run())
        if not world.light:
            await self._argo(session, hub.client)
        await controller.ready.wait()
        return controller

    async def _argo(self, session: ClientSession, hub: Callable[[str], Client]) -> None:
        argo = Argo(
            self.world,
            session,
            hub,
            self._clusters,
            alive=lambda member: self.members.servers[member].state == "alive",
            speed=self.speed,
        )
        self._background(argo.run())
        await argo.ready()

    async def _go_wrong(self, site: Site) -> None:
        """Begin the world's faults, and take others from now on."""
        faults = Faults(site)
        self._stack.push_async_callback(faults.stop)
        for fault in self.world.faults:
            await faults.begin(fault)
        control = Control(faults, Storm(site), site)
        self.control = ControlAddress(f"http://{HOST}:{await self._serve(control.application())}", control.token)

    async def _member_api(self, member: Member) -> None:
        token, administrator = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        roles = {token: Role.VIEWER, administrator: Role.ADMIN}
        with self._clock.at(self.world.began - member.age):
            api = KubeApi(tokens=roles, clock=self._clock, version=member.version)
        past.seed(api, self._clock, argo_past.deployed(self.world, member))
        server = await self._serve_api(api)
        self._clusters.append(Cluster(member, server, administrator, self._certificate.authority))
        self.contexts.append(token_context(member.name, member.name, server, token, self._certificate.authority))

    def _generate_load(self) -> None:
        targets = [
            Target(route.key, self.gateways[route.gateway] + route.path, route.host, route.share)
            for route in self.world.routes
        ]
        self.load = Load(targets, rate=self._rate, seed=self.world.seed)
        self._background(self.load.run())

    async def _serve_api(self, api: KubeApi) -> str:
        """Serve a Kubernetes API with the simulation's certificate; returns its address."""
        return f"https://{HOST}:{await self._serve(api.application(), self._certificate.context())}"

    async def _serve(self, application: web.Application, tls: ssl.SSLContext | None = None) -> int:
        """Serve on a free loopback port until the simulation ends; returns the port."""
        from aiohttp import web

        runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, HOST, 0, ssl_context=tls).start()
        port: int = runner.addresses[0][1]
        return port

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))
