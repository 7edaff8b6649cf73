"""The data plane: a real HTTP listener per ALB listener, which routes by host and path, splits by weight, checks health
with real requests, fails open within a group, and forwards to where the simulated pods are really served."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from console.sim.alb.state import Alb, Rule, Server, ServerGroup
from console.sim.servers import BACKEND

if TYPE_CHECKING:
    from aiohttp import ClientSession, web

HOST = "127.0.0.1"
SHORTEST = 0.2
"""Seconds between two health checks of one group at the least, whatever the speed."""
_HOP = frozenset(
    ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "content-length")
)
Resolve = Callable[[str, int], tuple[str, int] | None]


class DataPlane:
    """All listeners of one `Alb`. `resolve` tells where (server ip, port) is really served, None for nowhere."""

    def __init__(self, alb: Alb, resolve: Resolve, *, seed: int = 1, speed: float = 1.0) -> None:
        self._alb = alb
        self._resolve = resolve
        self._random = random.Random(seed)
        self._speed = speed
        self._sites: dict[str, tuple[web.ServerRunner, int]] = {}
        self._session: ClientSession | None = None
        self._wanted = asyncio.Event()
        self._checked: dict[str, float] = {}
        self.counts: Counter[tuple[str, str, int]] = Counter()
        """(rule id, server group id, status) -> requests: the simulator's own truth."""
        self.failed: dict[str, tuple[float, float]] = {}
        """Rule id -> when the first and the last request arrived that got no answer below 500, epoch seconds."""
        self.stale: dict[str, tuple[tuple[str, int], ...]] = {}
        """Rule id -> the tuples by which its requests are split, whatever it holds."""
        self.sent: Counter[tuple[str, str]] = Counter()
        """(server group id, server's address) -> requests, whatever came of them."""

    async def run(self) -> None:
        """Serve and check until cancelled."""
        await self.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow())
                group.create_task(self._check_for_ever())
        finally:
            await self.stop()

    async def start(self) -> None:
        """Open every listener there is; further ones are opened while `run` runs."""
        from aiohttp import ClientSession, ClientTimeout, TCPConnector

        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(limit=0, limit_per_host=64),
                timeout=ClientTimeout(total=10),
                auto_decompress=False,
                trust_env=False,
            )
            self._alb.changed.append(self._wanted.set)
        await self.open()

    async def open(self) -> None:
        """Open every listener that is not open yet, and close those that are no more."""
        for identifier in [one for one in self._sites if one not in self._alb.listeners]:
            await self._close(identifier)
        for identifier in [one for one in self._alb.listeners if one not in self._sites]:
            await self._open(identifier)

    async def stop(self) -> None:
        """Close every listener."""
        for identifier in list(self._sites):
            await self._close(identifier)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def urls(self) -> dict[str, str]:
        """Load balancer name -> the real address of its first listener."""
        found: dict[str, str] = {}
        for identifier, (_, port) in self._sites.items():
            listener = self._alb.listeners.get(identifier)
            if listener is not None:
                found.setdefault(self._alb.load_balancers[listener.load_balancer].name, f"http://{HOST}:{port}")
        return found

    def port_of(self, listener: str) -> int | None:
        """The real port of a listener, None where it is not open."""
        site = self._sites.get(listener)
        return site[1] if site else None

    @property
    def settled(self) -> bool:
        """Whether every listener is open and every backend that is checked has a verdict."""
        if set(self._sites) != set(self._alb.listeners):
            return False
        return not any(
            server.verdict == "Initial"
            for group, weight in self._weighted()
            if group.health_check.enabled and weight
            for server in group.servers.values()
            if server.weight
        )

    async def _follow(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self.open()

    async def _open(self, identifier: str) -> None:
        from aiohttp import web

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await self.forward(identifier, request)

        runner = web.ServerRunner(web.Server(handle), handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        self._sites[identifier] = (runner, runner.addresses[0][1])

    async def _close(self, identifier: str) -> None:
        runner, _ = self._sites.pop(identifier)
        await runner.cleanup()

    def _weighted(self) -> list[tuple[ServerGroup, int]]:
        """Every group that a rule uses, with the largest weight that any rule gives it."""
        weights: dict[str, int] = {}
        for rule in self._alb.rules.values():
            for group, weight in rule.tuples:
                weights[group] = max(weight, weights.get(group, 0))
        return [(self._alb.groups[group], weight) for group, weight in weights.items() if group in self._alb.groups]

    async def forward(self, listener: str, request: web.BaseRequest) -> web.Response:
        """A request that arrived at a listener."""
        arrived = time.time()
        rule = self._match(listener, request.headers.get("Host", ""), request.path)
        answer = await self._answer(rule, request)
        if rule is not None and answer.status >= 500:
            first, last = self.failed.get(rule.id, (arrived, arrived))
            self.failed[rule.id] = min(first, arrived), max(last, arrived)
        return answer

    async def _answer(self, rule: Rule | None, request: web.BaseRequest) -> web.Response:
        from aiohttp import web

        chosen = self._choose(rule) if rule is not None else None
        if rule is None or chosen is None:
            return self._refuse(rule, "", 503)
        group, server = chosen
        self.sent[group.id, server.ip] += 1
        place = self._resolve(server.ip, server.port)
        if place is None:
            await asyncio.sleep(min(5.0, 5.0 / self._speed))
            return self._refuse(rule, group.id, 504)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        headers["X-Forwarded-For"] = request.remote or HOST
        headers[BACKEND] = f"{server.ip}:{server.port}"
        body = await request.read() if request.can_read_body else None
        assert self._session is not None
        try:
            url = f"http://{place[0]}:{place[1]}{request.path_qs}"
            async with self._session.request(
                request.method, url, headers=headers, data=body, allow_redirects=False
            ) as answer:
                content = await answer.read()
        except TimeoutError:
            return self._refuse(rule, group.id, 504)
        except OSError:
            return self._refuse(rule, group.id, 502)
        except Exception:  # aiohttp's own: a connection that broke in the middle of an answer
            return self._refuse(rule, group.id, 502)
        self.counts[rule.id, group.id, answer.status] += 1
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
        return web.Response(status=answer.status, body=content, headers=kept)

    def _refuse(self, rule: Rule | None, group: str, status: int) -> web.Response:
        from aiohttp import web

        self.counts[rule.id if rule else "", group, status] += 1
        words = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}[status]
        return web.Response(status=status, text=f"<html><body><h1>{status} {words}</h1></body></html>\n")

    def traffic(self, host: str, path: str) -> dict[str, float | int | None]:
        """What became of the requests that rules for exactly this host and path decided: how many there were, how many
        failed, when the first and the last of these arrived."""
        rules = {one.id for one in self._alb.rules.values() if host in one.hosts and path in one.paths}
        times = [self.failed[identifier] for identifier in rules if identifier in self.failed]
        counts = [(status, count) for (rule, _, status), count in self.counts.items() if rule in rules]
        return {
            "requests": sum(count for _, count in counts),
            "failed": sum(count for status, count in counts if status >= 500),
            "first_failed": min((first for first, _ in times), default=None),
            "last_failed": max((last for _, last in times), default=None),
        }

    def _match(self, listener: str, host: str, path: str) -> Rule | None:
        name = host.rsplit(":", 1)[0].lower()
        for rule in self._alb.rules_of(listener):
            if rule.status == "Provisioning":
                continue
            if rule.hosts and not any(_pattern(one.lower()).fullmatch(name) for one in rule.hosts):
                continue
            if not rule.paths or any(_pattern(one).fullmatch(path) for one in rule.paths):
                return rule
        return None

    def _choose(self, rule: Rule) -> tuple[ServerGroup, Server] | None:
        """A group by the rule's weights, then a server by its own: a healthy one, or any where none is (fail open)."""
        split = self.stale.get(rule.id, rule.tuples)
        tuples = [(self._alb.groups[group], weight) for group, weight in split if weight]
        if not tuples:
            return None
        group = self._random.choices([one for one, _ in tuples], [weight for _, weight in tuples])[0]
        servers = [server for server in group.servers.values() if server.weight]
        if group.health_check.enabled:
            servers = [server for server in servers if server.verdict != "Unhealthy"] or servers
        if not servers:
            return None
        return group, self._random.choices(servers, [server.weight for server in servers])[0]

    async def _check_for_ever(self) -> None:
        while True:
            now = time.monotonic()
            due = [
                group
                for group, weight in self._weighted()
                if weight and group.health_check.enabled and now >= self._checked.get(group.id, 0.0)
            ]
            for group in due:
                interval = max(SHORTEST, group.health_check.interval / self._speed)
                self._checked[group.id] = now + interval
            await asyncio.gather(*(self._check(group) for group in due))
            await asyncio.sleep(SHORTEST)

    async def _check(self, group: ServerGroup) -> None:
        if group.health_check.enabled:
            # One request per real server answers for all its pods: what differs between them is not simulated.
            places: dict[tuple[str, int] | None, list[Server]] = {}
            for server in group.servers.values():
                if server.weight:
                    places.setdefault(self._resolve(server.ip, server.port), []).append(server)
            for place, servers in places.items():
                reason = "CONNECT_TIMEOUT" if place is None else await self._probe(group, place)
                for server in servers:
                    _judge(group, server, reason)

    async def _probe(self, group: ServerGroup, place: tuple[str, int]) -> str:
        """The reason code of one health check, nothing where it passed."""
        from aiohttp import ClientConnectorError, ClientTimeout

        check = group.health_check
        assert self._session is not None
        try:
            async with self._session.request(
                check.method,
                f"http://{place[0]}:{place[1]}{check.path}",
                timeout=ClientTimeout(total=max(SHORTEST, check.timeout / self._speed)),
            ) as answer:
                good = f"http_{answer.status // 100}xx" in check.codes
                return "" if good else "RESPONSE_MISMATCH"
        except TimeoutError:
            return "RECV_RESPONSE_TIMEOUT"
        except ClientConnectorError:
            return "CONNECT_FAILED"
        except OSError:
            return "RECV_RESPONSE_FAILED"


def _judge(group: ServerGroup, server: Server, reason: str) -> None:
    """Thresholds: a verdict changes after so many checks in a row say so; the first verdict needs as many."""
    check = group.health_check
    if not reason:
        server.successes, server.failures = server.successes + 1, 0
        if server.verdict != "Healthy" and server.successes >= check.healthy:
            server.verdict, server.reason = "Healthy", ""
        return
    server.failures, server.successes = server.failures + 1, 0
    if server.failures >= check.unhealthy:
        server.verdict, server.reason = "Unhealthy", reason


@lru_cache(maxsize=4096)
def _pattern(words: str) -> re.Pattern[str]:
    """A host or path of a rule, with its wildcards * and ?."""
    return re.compile(re.escape(words).replace(r"\*", ".*").replace(r"\?", "."))
