"""A fault that waits for a write: it begins in the same breath as the change that it is about, on a hub of the
simulator's own, so that no reader and no controller comes in between, however busy the machine is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from console.sim.client import INGRESSES
from console.sim.faults.site import Site
from console.sim.ingress_annotations import WEIGHT_PREFIX, annotations_of

if TYPE_CHECKING:
    from aiohttp import web

Held = Mapping[str, Mapping[str, str]]
"""Route key -> weight annotations."""


@asynccontextmanager
async def armed(site: Site, routes: int, begin: Callable[[], Awaitable[object]]) -> AsyncIterator[str]:
    """Await `begin` once so many routes hold other weights than now: the answer to the write that made them so many has
    left then, and no later request was looked at. Disarmed where it is left before."""
    before = _held(site)
    begun: list[asyncio.Task[object]] = []

    async def begins() -> object:
        return await begin()

    def looks(request: web.Request) -> None:
        if request.method != "GET" and not begun:
            now = _held(site)
            if sum(before.get(route) != weights for route, weights in now.items()) >= routes:
                begun.append(asyncio.create_task(begins()))

    answered = site.hub.api.afterwards
    answered.append(looks)
    try:
        yield f"waits until {routes} route{'s hold' if routes > 1 else ' holds'} other weights"
    finally:
        answered.remove(looks)
        for task in begun:
            if task is not asyncio.current_task():
                task.cancel()


def _held(site: Site) -> Held:
    return {
        f"{one['metadata']['namespace']}/{one['metadata']['name']}": {
            key: value for key, value in annotations_of(one).items() if key.startswith(WEIGHT_PREFIX)
        }
        for one in site.hub.api.objects(INGRESSES.group, INGRESSES.plural)
    }
