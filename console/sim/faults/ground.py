"""What a storm passes over: the objects of the simulator's own hub by the short way, since they change often, or those
of a hub that was given over its API, a few at a time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Protocol

from console.sim.argo.kinds import APPLICATIONS, CONTROLLER
from console.sim.client import Client, Obj, Place, Refusal, Resource
from console.sim.kubeapi import KubeApi

AT_ONCE = 8
"""Changes under way at a given server at a time."""


class Ground(Protocol):
    """Objects of a hub, for somebody who changes many of them."""

    most: float
    """Changes a second that it is asked to bear."""

    async def objects(self, resource: Resource) -> list[Obj]:
        """All of a resource, not to be changed."""

    def restate(self, where: Place, status: Obj) -> None:
        """Merge into the status of an Application that has been compared."""

    def amend(self, resource: Resource, where: Place, patch: Obj, manager: str) -> None:
        """Merge into an object, as `manager`."""

    async def settled(self) -> int:
        """Return when all changes are made; how many were not."""


class OwnGround:
    """The store of the simulator's own hub."""

    most = math.inf

    def __init__(self, api: KubeApi) -> None:
        self._api = api

    async def objects(self, resource: Resource) -> list[Obj]:
        """As they are stored."""
        return self._api.objects(resource.group, resource.plural)

    def restate(self, where: Place, status: Obj) -> None:
        """Placed whole, neither checked nor owned anew."""
        application = self._api.object(APPLICATIONS.group, APPLICATIONS.plural, *where)
        if application is None or "sync" not in application.get("status", ()):
            return
        former = application["status"]
        merged = {key: {**(former.get(key) or {}), **value} for key, value in status.items()}
        changed = {**application, "metadata": dict(application["metadata"]), "status": {**former, **merged}}
        self._api.place(changed)

    def amend(self, resource: Resource, where: Place, patch: Obj, manager: str) -> None:
        """The way of all writes."""
        namespace, name = where
        self._api.amend(
            {
                "apiVersion": resource.api_version,
                "kind": resource.kind,
                "metadata": {"name": name, "namespace": namespace},
            },
            patch,
            manager=manager,
        )

    async def settled(self) -> int:
        """At once."""
        return 0


class GivenGround:
    """The API of a hub that was given."""

    most = 50.0

    def __init__(self, client: Callable[[str], Client]) -> None:
        self._client = client
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[bool]] = set()
        self._failed = 0

    async def objects(self, resource: Resource) -> list[Obj]:
        """Those that the simulator made."""
        return (await self._client(CONTROLLER).list(resource))[0]

    def restate(self, where: Place, status: Obj) -> None:
        """As the Application controller writes it; the CRD has no status subresource."""
        self.amend(APPLICATIONS, where, {"status": status}, CONTROLLER)

    def amend(self, resource: Resource, where: Place, patch: Obj, manager: str) -> None:
        """A merge patch, as soon as there is room."""
        task = asyncio.create_task(self._merge(resource, where, patch, manager))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def settled(self) -> int:
        """When the last answer is in."""
        await asyncio.gather(*self._tasks)
        failed, self._failed = self._failed, 0
        return failed

    async def _merge(self, resource: Resource, where: Place, patch: Obj, manager: str) -> bool:
        import aiohttp

        try:
            async with self._gate:
                await self._client(manager).merge(resource, *where, patch)
        except (Refusal, aiohttp.ClientError, OSError, TimeoutError):
            return False
        return True

    def _done(self, task: asyncio.Task[bool]) -> None:
        self._tasks.discard(task)
        self._failed += not task.cancelled() and not task.result()
