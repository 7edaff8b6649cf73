"""One running simulation: a world, served. It starts in the state that its world describes, as already reconciled and
checked, and from then on everything in it happens through its own controllers, agents and data plane."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.resources
import secrets
import ssl
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import msgspec

from console.sim import manifests, past
from console.sim.agents import Agent, LeaseController
from console.sim.alb import dataplane, operations
from console.sim.alb.state import Alb
from console.sim.alb_cloud import AlbCloud
from console.sim.alb_ingress import AlbIngressController, Applied
from console.sim.argo import light
from console.sim.argo import past as argo_past
from console.sim.argo.manifests import Cluster
from console.sim.argo.start import Argo
from console.sim.client import Client, Obj
from console.sim.faults.control import Control
from console.sim.faults.link import Link
from console.sim.faults.registry import Faults
from console.sim.faults.site import Site
from console.sim.handover import Context, Keys
from console.sim.kubeapi import KubeApi, Role, certificate
from console.sim.load import Load, Target
from console.sim.metrics import Metrics, Series
from console.sim.openapis import adcp, cs, vpc
from console.sim.openapis.endpoint import OpenApi
from console.sim.openapis.facts import Facts
from console.sim.routing import TAG, build
from console.sim.servers import HOST, Members, backends
from console.sim.storm import Storm
from console.sim.world import Member, World

if TYPE_CHECKING:
    from aiohttp import ClientSession, web

REFUSED = "CONNECT_FAILED"
HUNG = "RECV_RESPONSE_TIMEOUT"
"""What the ALB's health check says of a member's servers that refuse, and of those that hang."""
PATIENCE = 60.0
"""Seconds until a start that does not settle is given up."""


FAREWELL = 2.0
"""Seconds that connections which are still open get at the end."""


class ControlAddress(NamedTuple):
    """Where faults and storms are taken while it runs."""

    url: str
    token: str


class Simulation:
    """Serves `world` while the context is open. `load`: requests a second in place of the world's own."""

    def __init__(self, world: World, *, speed: float = 1.0, load: float | None = None) -> None:
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
        self.control = ControlAddress("", "")

    @property
    def hub_url(self) -> str:
        """Where the hub's API is."""
        return self.contexts[0].server

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._start()
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
        world = self.world
        self._stack.push_async_callback(self.members.stop)
        await self.members.start()
        applied = await self._balancers()
        await self.data_plane.start()
        self._stack.push_async_callback(self.data_plane.stop)
        self.gateways = {name: self._address(balancer) for name, balancer in applied.items()}
        for member in () if world.light else world.members:
            await self._member_api(member)
        site = await self._hub(applied)
        self.openapi = f"{HOST}:{await self._serve(self._api.application())}"
        self.prometheus = f"http://{HOST}:{await self._serve(self._metrics.application())}"
        self._background(self.data_plane.run())
        self._background(self._metrics.run())
        self._generate_load()
        await self._go_wrong(site)

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

    async def _balancers(self) -> dict[str, Applied]:
        """Every gateway's ALB as the controller would have made it, checked long ago."""
        world = self.world
        objects = list(manifests.hub(world))
        associated = frozenset(member.id for member in world.members)
        applied = {}
        self.alb.instant = True
        for gateway in world.gateways:
            config = manifests.alb_config(world, gateway)
            routes = [
                obj
                for obj in objects
                if obj["kind"] == "Ingress" and obj["spec"]["ingressClassName"] == gateway.ingress_class
            ]
            model = build(
                config,
                routes,
                associated=associated,
                backends=backends(world),
                fleet=world.id,
                layout=gateway.layout,
            )
            applied[gateway.name] = await self._cloud.apply(model)
        self.alb.instant = False
        self._judge_health()
        return applied

    def _judge_health(self) -> None:
        """Verdicts that the health checks of the time before have come to."""
        for group in self.alb.groups.values():
            for server in group.servers.values() if group.health_check.enabled else ():
                fault = self.world.dead.get(self.members.owner(server.ip) or "")
                if fault is None:
                    server.verdict, server.successes = "Healthy", group.health_check.healthy
                    continue
                server.verdict, server.failures = "Unhealthy", group.health_check.unhealthy
                server.reason = REFUSED if fault.how == "refuse" else HUNG

    def _address(self, balancer: Applied) -> str:
        listener = next(each for each in self.alb.listeners.values() if each.load_balancer == balancer.load_balancer)
        return f"http://{HOST}:{self.data_plane.port_of(listener.id)}"

    async def _hub(self, applied: dict[str, Applied]) -> Site:
        """The hub's API with its past, and the controllers and agents on it; returns what faults act on."""
        from aiohttp import ClientSession, ClientTimeout, TCPConnector

        tokens = {name: secrets.token_urlsafe(24) for name in ("hub", "hub-operator", "hub-viewer", "controllers")}
        roles = dict(zip(tokens.values(), (Role.ADMIN, Role.OPERATOR, Role.VIEWER, Role.ADMIN), strict=True))
        with self._clock.at(self.world.began - self.world.age):
            api = KubeApi(tokens=roles, crds=_crds(), clock=self._clock, version=self.world.version)
        link = Link({tokens["controllers"]})
        api.faults.append(link.fault)
        api.link(link.passes)
        past.seed(api, self._clock, manifests.hub(self.world))
        if self.world.light:
            light.seed(api, self._clock, self.world)
        else:
            argo_past.seed(api, self._clock, self.world, self._clusters)
        server = await self._serve_api(api)
        authority = self._certificate.authority
        names = ("hub", "hub-operator", "hub-viewer")
        self.contexts[:0] = [Context(name, "hub", server, tokens[name], authority) for name in names]
        trusted = ssl.create_default_context(cadata=authority.decode())
        session = ClientSession(timeout=ClientTimeout(total=30), connector=TCPConnector(limit=0, ssl=trusted))
        await self._stack.enter_async_context(session)
        return Site(
            self.world,
            self.speed,
            self._clock,
            api,
            link,
            tuple(tokens[name] for name in names),
            lambda agent: Client(session, server, tokens["controllers"], agent=agent),
            self.members,
            self.agents,
            await self._controllers(session, server, tokens["controllers"], applied),
            self._cloud,
            self._api,
            self.keys.access_key_id,
        )

    async def _controllers(
        self, session: ClientSession, server: str, token: str, applied: dict[str, Applied]
    ) -> AlbIngressController:
        world = self.world
        ingress = Client(session, server, token, agent=past.CONTROLLER)
        await past.reconciled(ingress, self._clock, applied, at=world.began - world.reconciled)
        clock = self._clock.epoch
        controller = AlbIngressController(
            ingress,
            self._cloud,
            backends(world),
            speed=self.speed,
            seed=world.seed,
            clock=clock,
            fleet=world.id,
            layouts={gateway.name: gateway.layout for gateway in world.gateways},
        )
        self._background(controller.run())
        leases = LeaseController(Client(session, server, token, agent=past.LEASES), speed=self.speed, clock=clock)
        self._background(leases.run())
        agent = Client(session, server, token, agent=past.AGENT)
        for member in world.members:
            silent = member.id in world.silent
            self.agents[member.id] = Agent(agent, member.id, speed=self.speed, silent=silent, clock=clock)
            self._background(self.agents[member.id].run())
        if not world.light:
            await self._argo(session, lambda name: Client(session, server, token, agent=name))
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
        control = Control(faults, Storm(site))
        self.control = ControlAddress(f"http://{HOST}:{await self._serve(control.application())}", control.token)

    async def _member_api(self, member: Member) -> None:
        token, administrator = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        roles = {token: Role.VIEWER, administrator: Role.ADMIN}
        with self._clock.at(self.world.began - member.age):
            api = KubeApi(tokens=roles, clock=self._clock, version=member.version)
        past.seed(api, self._clock, argo_past.deployed(self.world, member))
        server = await self._serve_api(api)
        self._clusters.append(Cluster(member, server, administrator, self._certificate.authority))
        self.contexts.append(Context(member.name, member.name, server, token, self._certificate.authority))

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


def _crds() -> Sequence[Obj]:
    """The CRDs that ship with the console; ArgoCD's as JSON, since YAML of their size takes a second to read."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    folder = importlib.resources.files("assets") / "manifests" / "crds"
    texts = {each.name: each.read_text("utf-8") for each in folder.iterdir() if each.name.endswith((".json", ".yaml"))}
    return [
        msgspec.json.decode(text) if name.endswith(".json") else yaml.load(text, Loader=loader)
        for name, text in sorted(texts.items())
    ]
