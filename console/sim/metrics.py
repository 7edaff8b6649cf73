"""A Prometheus as far as an instant query goes: requests a second that the data plane sent to each member for each
Ingress, over the last half minute. It knows one metric and no PromQL: any query that names it gives the same vector."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from aiohttp import web

METRIC = "alb_requests_total"
QUERY = f"sum by (cluster, namespace, ingress) (rate({METRIC}[30s]))"
"""What the settings file asks."""
WINDOW = 30.0
"""Seconds over which a rate is taken."""


class Series(NamedTuple):
    """What labels tell apart."""

    cluster: str
    namespace: str
    ingress: str


class Metrics:
    """`counted` gives the requests so far; `token` is the bearer token that a question must carry."""

    def __init__(
        self, counted: Callable[[], Mapping[Series, int]], token: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._counted = counted
        self._token = token
        self._clock = clock
        self._past: deque[tuple[float, Counter[Series]]] = deque()

    async def run(self) -> None:
        """Look at the counts every second until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(1.0)

    def look(self) -> None:
        """Remember the counts as they are."""
        now = self._clock()
        self._past.append((now, Counter(self._counted())))
        while len(self._past) > 2 and self._past[1][0] < now - WINDOW:
            self._past.popleft()

    def rates(self) -> dict[Series, float]:
        """Requests a second; nothing before there are two looks."""
        if len(self._past) < 2:
            return {}
        (began, before), (ended, after) = self._past[0], self._past[-1]
        return {one: (count - before[one]) / max(ended - began, 0.1) for one, count in after.items()}

    def application(self) -> web.Application:
        """What serves it."""
        from aiohttp import web

        application = web.Application()
        application.router.add_route("GET", "/api/v1/query", self.answer)
        return application

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One instant query."""
        from aiohttp import web

        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return web.Response(status=401, text="Unauthorized\n")
        query = request.query.get("query", "")
        if not query.strip() or query.count("(") != query.count(")"):
            words = {"status": "error", "errorType": "bad_data", "error": 'invalid parameter "query": parse error'}
            return web.json_response(words, status=400)
        now = time.time()
        vector: list[dict[str, Any]] = []
        if METRIC in query:
            rates = sorted(self.rates().items())
            vector = [{"metric": one._asdict(), "value": [now, f"{rate:.6f}"]} for one, rate in rates]
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": vector}})
