"""A cluster that is really there: its Kubernetes API with the nodes, the controllers that make pods of Deployments, and
the server that answers for those pods, as far as the network lets a gateway through."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from console.sim import past
from console.sim.account.pods import Pods
from console.sim.argo.manifests import Cluster
from console.sim.argo.start import DEPLOYMENT_CONTROLLER
from console.sim.argo.workloads import Workloads
from console.sim.client import Client, Obj
from console.sim.handover import Context, token_context
from console.sim.kubeapi import KubeApi, Role
from console.sim.member_manifests import node
from console.sim.routing import Address
from console.sim.servers import MemberServer, Voice
from console.sim.works import Site, Works
from console.sim.world import Member, World

if TYPE_CHECKING:
    import asyncio

    from aiohttp import ClientSession

ENVIRONMENT = "ENV_NAME"
"""The variable by which the demonstration's containers know their cluster."""


class Served:
    """One cluster, served from `start` to `stop`. `passes`: whether the network lets a gateway through to an address;
    `can_start`: whether the registry has an image; `changed` is told when who stands behind Services may differ."""

    def __init__(
        self,
        world: World,
        member: Member,
        works: Works,
        *,
        passes: Callable[[str, int], bool],
        can_start: Callable[[str], bool],
        changed: Callable[[], None],
        clock: past.Clock,
        speed: float,
    ) -> None:
        self.member = member
        self.token = secrets.token_urlsafe(24)
        """An administrator's, for people."""
        self.inside = secrets.token_urlsafe(24)
        """An administrator's, for its own controllers and for ArgoCD."""
        self._world = world
        self._works = works
        self._passes = passes
        self._can_start = can_start
        self._changed = changed
        self._clock = clock
        self._speed = speed
        self._turn = itertools.count()
        self._tasks: list[asyncio.Task[None]] = []
        self._site: Site | None = None
        self.server = MemberServer(member.name, member.zone, self._speaks)
        with clock.at(world.began - member.age):
            self.api = KubeApi(
                tokens={self.token: Role.ADMIN, self.inside: Role.ADMIN}, clock=clock, version=member.version
            )
        past.seed(self.api, clock, [node(world, member, each, ready=True) for each in member.nodes])

    @property
    def url(self) -> str:
        """Where its API is."""
        return self._site.url if self._site is not None else ""

    @property
    def context(self) -> Context:
        """An administrator's context."""
        name = self.member.name
        return token_context(name, name, self.url, self.token, self._works.certificate.authority)

    def cluster(self, member: Member) -> Cluster:
        """As ArgoCD reaches it, under the identity of a member."""
        return Cluster(member, self.url, self.inside, self._works.certificate.authority)

    def client(self, session: ClientSession, agent: str) -> Client:
        """A client that may do everything."""
        return Client(session, self.url, self.inside, agent=agent)

    async def start(self, session: ClientSession) -> None:
        """Serve, and set its controllers to work."""
        await self.server.start()
        self._site = await self._works.serve(self.api.application(), secure=True)
        workloads = Workloads(
            self.client(session, DEPLOYMENT_CONTROLLER),
            alive=lambda: self.server.state == "alive",
            can_start=self._can_start,
            speed=self._speed,
            seed=self._world.seed,
        )
        pods = Pods(
            self.client(session, "kubelet"),
            self.api,
            self.member.nodes,
            self._changed,
            speed=self._speed,
            seed=self._world.seed,
            clock=self._clock.epoch,
        )
        self._tasks = [self._works.begin(workloads.run()), self._works.begin(pods.run())]

    async def stop(self) -> None:
        """Serve no more."""
        await self._works.end(self._tasks)
        await self.server.stop()
        if self._site is not None:
            await self._works.close(self._site.url)

    def holds(self, ip: str) -> bool:
        """Whether a node or a pod of it has this address."""
        return any(each.ip == ip for each in self.member.nodes) or any(_ip(pod) == ip for pod in self._pods())

    def reaches(self, ip: str, port: int) -> bool:
        """Whether a gateway comes through to a pod that listens there, at its own address or by a node's port."""
        return self._passes(ip, port) and bool(self._behind(ip, port))

    def backends(self, namespace: str, name: str, port: int | str) -> tuple[tuple[Address, ...], int] | None:
        """Who stands behind a Service's port: ready pods, or every node where it is a NodePort; None for no Service."""
        service = self.api.object("", "services", namespace, name)
        if service is None:
            return None
        entry = _port(service, port)
        if entry is None:
            return (), 0
        pods = [pod for pod in self._selected(service) if _ready(pod)]
        if service["spec"].get("type") == "NodePort" and entry.get("nodePort"):
            nodes = self.member.nodes if pods else ()
            return tuple(Address(each.ip, int(entry["nodePort"])) for each in nodes), int(entry["port"])
        target = _target(entry)
        return tuple(Address(_ip(pod), target) for pod in pods), int(entry["port"])

    def _behind(self, ip: str, port: int) -> list[Obj]:
        """The pods that answer at an address: the one that has it, or all of the Service with this port on nodes."""
        if all(each.ip != ip for each in self.member.nodes):
            return [pod for pod in self._pods() if _ip(pod) == ip and _ready(pod)]
        for service in self.api.objects("", "services"):
            ports = service["spec"].get("ports") or ()
            if service["spec"].get("type") == "NodePort" and any(each.get("nodePort") == port for each in ports):
                return [pod for pod in self._selected(service) if _ready(pod)]
        return []

    def _speaks(self, host: str, backend: str) -> Voice:
        ip, _, port = backend.rpartition(":")
        pods = self._behind(ip, int(port)) if port.isdecimal() else []
        if not pods:
            return Voice(None, self.member.name)
        pod = pods[next(self._turn) % len(pods)]
        said = [each.get("value") for one in pod["spec"]["containers"] for each in one.get("env") or () if _named(each)]
        return Voice(pod["metadata"]["name"], str(said[0]) if said else self.member.name)

    def _pods(self) -> list[Obj]:
        return self.api.objects("", "pods")

    def _selected(self, service: Obj) -> list[Obj]:
        selector: Mapping[str, str] = service["spec"].get("selector") or {}
        namespace = service["metadata"]["namespace"]
        return [
            pod
            for pod in self._pods()
            if pod["metadata"]["namespace"] == namespace
            and selector.items() <= (pod["metadata"].get("labels") or {}).items()
        ]


def _named(variable: Obj) -> bool:
    return bool(variable.get("name") == ENVIRONMENT)


def _ip(pod: Obj) -> str:
    return str((pod.get("status") or {}).get("podIP") or "")


def _ready(pod: Obj) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _port(service: Obj, asked: int | str) -> Obj | None:
    ports = service["spec"].get("ports") or ()
    return next((each for each in ports if asked in (each["port"], each.get("name"))), None)


def _target(entry: Obj) -> int:
    target = entry.get("targetPort") or entry["port"]
    return int(target) if str(target).isdecimal() else int(entry["port"])
