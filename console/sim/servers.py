"""What runs in the members as far as traffic goes: one small HTTP server a member, which answers for all its pods and
says who it is, and the addresses by which the ALB knows those pods."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from console.sim.manifests import HEALTH_PATH
from console.sim.routing import Address, Backends, Lookup
from console.sim.world import Member, World

if TYPE_CHECKING:
    from aiohttp import web

State = Literal["alive", "refuse", "hang"]
HOST = "127.0.0.1"
BACKEND = "X-Simulated-Backend"
"""The header by which the data plane says which of the ALB's servers it takes a member's server for, as `ip:port`."""
MOST_BODY = 16 * 1024 * 1024
"""Bytes of a request body that are read; what is in them does not matter."""


class Endpoint(NamedTuple):
    """Where a pod is really served."""

    host: str
    port: int


class Voice(NamedTuple):
    """Who answers a request: a pod, where there is one, and what its environment says of its cluster."""

    pod: str | None
    environment: str


Speaks = Callable[[str, str], Voice]
"""The host that was asked for, and the backend's `ip:port` as the ALB knows it -> who answers."""


class MemberServer:
    """One member's server on a free loopback port, which it keeps in every state.

    `alive` answers; `refuse` turns connections away; `hang` accepts them and never answers.
    """

    def __init__(self, name: str, zone: str, speaks: Speaks, state: State = "alive") -> None:
        self.name = name
        self.zone = zone
        self.state: State = state
        self.answers: Counter[str] = Counter()
        """Requests answered by Host header, health checks left out."""
        self._held: socket.socket | None = None
        self._runner: web.ServerRunner | None = None
        self._port = 0
        self._speaks = speaks

    @property
    def endpoint(self) -> Endpoint:
        """Where it serves, or would."""
        return Endpoint(HOST, self._port)

    async def start(self) -> None:
        """Take a port and enter the state."""
        self._held = _bound(0)
        self._port = self._held.getsockname()[1]
        await self.turn(self.state)

    async def turn(self, state: State) -> None:
        """Enter a state; connections that are open do not outlive it."""
        self.state = state
        await self._close()
        if state == "refuse":
            # Bound but not listening: the port stays ours, and the kernel refuses whoever connects.
            self._held = self._held or _bound(self._port)
            return
        self._let_go()
        from aiohttp import web

        self._runner = web.ServerRunner(web.Server(self._answer), handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port, reuse_address=True).start()

    async def stop(self) -> None:
        """Give the port back."""
        await self._close()
        self._let_go()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        from aiohttp import web

        if self.state == "hang":
            await asyncio.Event().wait()
        if request.can_read_body:
            await request.content.read(MOST_BODY)
        host = request.headers.get("Host", "")
        voice = self._speaks(host.rsplit(":", 1)[0], request.headers.get(BACKEND, ""))
        told = {
            "envCluster": voice.environment,
            "zone": self.zone,
            "pod": voice.pod,
            "path": request.path_qs,
            "host": host,
            "method": request.method,
        }
        if request.path != HEALTH_PATH:
            self.answers[host] += 1
        headers = {"X-Env-Cluster": voice.environment, "Cache-Control": "no-store"}
        return web.Response(text=json.dumps(told) + "\n", content_type="application/json", headers=headers)

    async def _close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None


class Live(Protocol):
    """A cluster whose pods are those that its own API shows."""

    server: MemberServer

    def holds(self, ip: str) -> bool:
        """Whether a node or a pod of it has this address."""

    def reaches(self, ip: str, port: int) -> bool:
        """Whether a gateway comes through to it."""

    def backends(self, namespace: str, name: str, port: int | str) -> tuple[tuple[Address, ...], int] | None:
        """Who stands behind a Service's port, and the port's number, 0 for none; None where there is no Service."""


class Members:
    """All members' servers, and which address belongs to which. `live`: by cluster id, those that came later."""

    def __init__(self, world: World) -> None:
        self.servers: dict[str, MemberServer] = {
            member.id: MemberServer(
                member.name,
                member.zone,
                _in_turn(world, member),
                world.dead[member.id].how if member.id in world.dead else "alive",
            )
            for member in world.members
        }
        self.live: dict[str, Live] = {}
        self._owner = {pod.ip: member.id for member in world.members for pods in member.pods.values() for pod in pods}

    @property
    def addresses(self) -> dict[str, str]:
        """Where each member is asked for its health past every gateway, by id."""
        ends = {member: server.endpoint for member, server in self.servers.items()}
        return {member: f"http://{end.host}:{end.port}{HEALTH_PATH}" for member, end in ends.items()}

    async def start(self) -> None:
        """Serve."""
        for server in self.servers.values():
            await server.start()

    async def stop(self) -> None:
        """Serve no more."""
        for server in self.servers.values():
            await server.stop()

    def owner(self, ip: str) -> str | None:
        """The id of the member whose pod or node has this address; None where nobody's has."""
        if ip in self._owner:
            return self._owner[ip]
        return next((cluster for cluster, live in self.live.items() if live.holds(ip)), None)

    def resolve(self, ip: str, port: int) -> Endpoint | None:
        """Where a backend's address is really served; None where there is no such pod, or no way to it."""
        if ip in self._owner:
            return self.servers[self._owner[ip]].endpoint
        for live in self.live.values():
            if live.holds(ip):
                return live.server.endpoint if live.reaches(ip, port) else None
        return None


def _in_turn(world: World, member: Member) -> Speaks:
    """The pods of the Service that a host's route names, one after the other."""
    hosts = {route.host: route.service.key for route in world.routes}
    pods = {host: tuple(pod.name for pod in member.pods.get(service, ())) for host, service in hosts.items()}
    turn = itertools.count(1)

    def speaks(host: str, _: str) -> Voice:
        mine, number = pods.get(host, ()), next(turn)
        return Voice(mine[number % len(mine)] if mine else None, member.name)

    return speaks


def backends(world: World, live: Mapping[str, Live] | None = None) -> Lookup:
    """Who stands behind a Service's port, as the controller sees it through the members' Services."""
    services = {service.key: service for service in world.services}
    there: dict[tuple[str, str], dict[str, tuple[Address, ...]]] = {key: {} for key in services}
    for member in world.members:
        for key, pods in member.pods.items():
            there[key][member.id] = tuple(Address(pod.ip, services[key].target_port) for pod in pods)

    def lookup(namespace: str, name: str, port: int | str) -> Backends | None:
        service = services.get((namespace, name))
        found = dict(there.get((namespace, name), ()))
        number = service.port if service is not None and found and port in (service.port, "http") else 0
        for cluster, each in (live or {}).items():
            behind = each.backends(namespace, name, port)
            if behind is not None:
                found[cluster], number = behind[0], number or behind[1]
        return Backends(found, number) if found or (service is not None and world.members) else None

    return lookup


def _bound(port: int) -> socket.socket:
    """A loopback socket that owns a port without listening."""
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((HOST, port))
    return held
