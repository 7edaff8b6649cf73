"""The way from outside to the hub's API: open, silent, or cut. Whoever holds an inside token does not use it."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from aiohttp import web


class Link:
    """Stands before every request and before all news of a watch. `inside`: tokens of who lives beside the API."""

    def __init__(self, inside: Container[str]) -> None:
        self._inside = inside
        self._open = asyncio.Event()
        self._open.set()
        self._resets = False
        self._connections: WeakSet[asyncio.Transport] = WeakSet()

    def cut(self, *, reset: bool) -> None:
        """Let nothing through: every connection is reset, or stays and says nothing more."""
        self._open.clear()
        self._resets = reset
        for connection in list(self._connections) if reset else ():
            connection.abort()

    def heal(self) -> None:
        """Let everything through again, what was held back included."""
        self._open.set()

    async def passes(self, request: web.Request) -> bool:
        """Whether the request, or the next news of its watch, may pass; returns once that is known."""
        if request.headers.get("Authorization", "").removeprefix("Bearer ").strip() in self._inside:
            return True
        connection = request.transport
        if connection is not None:
            self._connections.add(connection)
        if not self._open.is_set() and self._resets:
            if connection is not None:
                connection.abort()
            return False
        await self._open.wait()
        return True

    async def fault(self, request: web.Request) -> web.StreamResponse | None:
        """The same as a fault of the API server; what it answers reaches nobody."""
        from aiohttp import web

        return None if await self.passes(request) else web.Response(status=503)
