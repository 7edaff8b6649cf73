"""Requests of imaginary clients through the gateways, at a steady rate, spread over the routes by their shares."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import aiohttp

MOST_OPEN = 64
"""Requests under way at once; beyond them clients are taken to have given up."""
PATIENCE = 5.0
"""Seconds a client waits for its answer."""


class Target(NamedTuple):
    """One route as a client reaches it. `share` is its part beside the others'."""

    route: str
    url: str
    host: str
    share: float


class Load:
    """`rate` requests a second in all, adjustable while it runs; 0 is none."""

    def __init__(self, targets: Sequence[Target], *, rate: float, seed: int) -> None:
        self._targets = [target for target in targets if target.share > 0]
        self._random = random.Random(seed)
        self._wake = asyncio.Event()
        self._rate = rate
        self.answers: Counter[tuple[str, int]] = Counter()
        """(route, HTTP status or 0 for no answer) -> requests so far."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._rate = rate
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled."""
        import aiohttp

        open_requests: set[asyncio.Task[None]] = set()
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        connector = aiohttp.TCPConnector(limit=MOST_OPEN)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            try:
                while True:
                    await self._pause()
                    if len(open_requests) < MOST_OPEN and self._targets and self._rate > 0:
                        request = asyncio.create_task(self._send(session, self._pick()))
                        open_requests.add(request)
                        request.add_done_callback(open_requests.discard)
            finally:
                for request in open_requests:
                    request.cancel()
                await asyncio.gather(*open_requests, return_exceptions=True)

    def _pick(self) -> Target:
        return self._random.choices(self._targets, weights=[target.share for target in self._targets])[0]

    async def _pause(self) -> None:
        """Until the next request is due, or the rate changed."""
        wait = self._random.expovariate(self._rate) if self._rate > 0 else None
        self._wake.clear()
        try:
            async with asyncio.timeout(wait):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _send(self, session: aiohttp.ClientSession, target: Target) -> None:
        import aiohttp

        status = 0
        try:
            headers: Mapping[str, str] = {"Host": target.host, "User-Agent": "fleet-console-sim-load"}
            async with session.get(target.url, headers=headers, allow_redirects=False) as answer:
                await answer.read()
                status = answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            status = 0
        self.answers[target.route, status] += 1
