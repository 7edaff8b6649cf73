"""What is at work in a simulation: coroutines that go on until they are ended, and sites that are served until they are
closed; what any of them dies of is told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from console.sim.kubeapi import certificate
from console.sim.servers import HOST

if TYPE_CHECKING:
    from aiohttp import web


class Site(NamedTuple):
    """Something that is served on a port of loopback."""

    url: str
    port: int
    runner: web.BaseRunner

    async def close(self) -> None:
        """Serve it no more."""
        await self.runner.cleanup()


class Works:
    """All of one simulation. Kubernetes APIs have its own certificate, since kubectl sends tokens over TLS only."""

    def __init__(self) -> None:
        self.certificate = certificate.issue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sites: list[Site] = []
        self._dead: list[asyncio.Task[None]] = []
        self._died = asyncio.Event()

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Have a coroutine run beside."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    async def end(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Cancel some of what is at work."""
        ending = list(tasks)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def serve(self, application: web.Application | web.Server, *, secure: bool = False) -> Site:
        """Serve on a free loopback port; `secure` with the simulation's certificate."""
        from aiohttp import web

        runner: web.BaseRunner
        if isinstance(application, web.Application):
            runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=0.2)
        else:
            runner = web.ServerRunner(application, handle_signals=False, shutdown_timeout=0.2)
        await runner.setup()
        context = self.certificate.context() if secure else None
        await web.TCPSite(runner, HOST, 0, ssl_context=context).start()
        port: int = runner.addresses[0][1]
        site = Site(f"{'https' if context else 'http'}://{HOST}:{port}", port, runner)
        self._sites.append(site)
        return site

    async def close(self, url: str) -> None:
        """Serve what is at an address no more."""
        for site in [each for each in self._sites if each.url == url]:
            self._sites.remove(site)
            await site.close()

    async def death(self) -> None:
        """Wait until anything dies; raises what it died of."""
        await self._died.wait()
        self._dead[0].result()

    async def stop(self) -> None:
        """End everything that is at work."""
        await self.end(self._tasks)

    async def close_all(self) -> None:
        """Close every site, the last one first."""
        while self._sites:
            await self._sites.pop().close()

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._dead.append(task)
            self._died.set()
