"""Somebody who knows better: writes the weights that a route had at first back after every change, as a GitOps
controller with self-heal does whose source holds them."""

from __future__ import annotations

import asyncio

from console.sim.client import INGRESSES, Client, Mirror, Obj, Place, Refusal, place
from console.sim.ingress_annotations import WEIGHT_PREFIX, annotations_of

AGENT = "argocd-application-controller"
"""The field manager that its writes are known by."""


class SelfHealer:
    """Keeps the weights of the Ingress at `where` as they were first seen; `after` in seconds."""

    def __init__(self, client: Client, where: Place, after: float) -> None:
        self._client = client
        self._where = where
        self._after = after
        self._wanted: dict[str, str] | None = None
        self._drifted = asyncio.Event()
        self._mirror = Mirror(client, INGRESSES, self._changed)

    async def run(self) -> None:
        """Watch and write until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._mirror.run())
            while True:
                await self._drifted.wait()
                await asyncio.sleep(self._after)
                self._drifted.clear()
                await self._heal()

    async def ready(self) -> None:
        """Return once the weights to keep are known."""
        await self._mirror.ready.wait()

    async def _heal(self) -> None:
        import aiohttp

        now = self._mirror.objects.get(self._where)
        if now is None or self._wanted is None or _weights(now) == self._wanted:
            return
        annotations = {**dict.fromkeys(_weights(now)), **self._wanted}
        try:
            await self._client.merge(INGRESSES, *self._where, {"metadata": {"annotations": annotations}})
        except (Refusal, aiohttp.ClientError, OSError, TimeoutError):
            # Tried again like everything else that a controller fails at.
            self._drifted.set()

    def _changed(self, _: Obj | None, now: Obj | None) -> None:
        if now is None or place(now) != self._where:
            return
        if self._wanted is None:
            self._wanted = _weights(now)
        elif _weights(now) != self._wanted:
            self._drifted.set()


def _weights(ingress: Obj) -> dict[str, str]:
    return {key: value for key, value in annotations_of(ingress).items() if key.startswith(WEIGHT_PREFIX)}
