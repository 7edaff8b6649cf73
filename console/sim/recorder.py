"""Events as client-go's recorder writes them: one Event per object, type, reason and message, whose count grows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from console.sim.client import EVENTS, Client, Obj, Refusal

NORMAL, WARNING = "Normal", "Warning"
LONGEST_MESSAGE = 1024
"""Characters that the API server takes."""


class _Key(NamedTuple):
    kind: str
    namespace: str
    name: str
    uid: str
    type: str
    reason: str
    message: str


class Known(NamedTuple):
    """An Event on the server: where, and how often it happened."""

    namespace: str
    name: str
    times: int


def rfc3339(epoch: float) -> str:
    """`2026-11-24T14:20:05Z`."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_time(epoch: float) -> str:
    """`2026-11-24T14:20:05.000000Z`, as Leases have it."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event(obj: Obj, component: str, type_: str, reason: str, message: str, *, first: float, last: float) -> Obj:
    """An Event about `obj`, between two epoch seconds. Objects of the cluster's scope have theirs in `default`."""
    metadata = obj["metadata"]
    namespace = metadata.get("namespace") or "default"
    involved = {
        "kind": obj["kind"],
        "namespace": metadata.get("namespace"),
        "name": metadata["name"],
        "uid": metadata.get("uid"),
        "apiVersion": obj["apiVersion"],
        "resourceVersion": metadata.get("resourceVersion"),
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{metadata['name']}.{int(first * 1e9):x}", "namespace": namespace},
        "involvedObject": {key: value for key, value in involved.items() if value},
        "type": type_,
        "reason": reason,
        "message": message[:LONGEST_MESSAGE],
        "source": {"component": component},
        "firstTimestamp": rfc3339(first),
        "lastTimestamp": rfc3339(last),
        "count": 1,
        "eventTime": None,
        "reportingComponent": component,
        "reportingInstance": "",
    }


class Recorder:
    """Writes the Events of one component, in order; `record` returns at once, the writing is `run`'s."""

    def __init__(self, client: Client, component: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._component = component
        self._clock = clock
        self._queue: asyncio.Queue[Obj] = asyncio.Queue()
        self._known: dict[_Key, Known] = {}

    def record(self, obj: Obj, type_: str, reason: str, message: str) -> None:
        """Say something about an object."""
        now = self._clock()
        self._queue.put_nowait(event(obj, self._component, type_, reason, message, first=now, last=now))

    def remember(self, said: Obj) -> None:
        """Go on counting an Event that is on the server already."""
        metadata = said["metadata"]
        self._known[_key(said)] = Known(metadata["namespace"], metadata["name"], int(said.get("count") or 1))

    async def run(self) -> None:
        """Write until cancelled. What cannot be written is dropped, as client-go drops it after its retries."""
        import aiohttp

        while True:
            said = await self._queue.get()
            try:
                await self._write(said)
            except (Refusal, aiohttp.ClientError, OSError, TimeoutError):
                continue
            finally:
                self._queue.task_done()

    async def written(self) -> None:
        """Return when everything said so far is on the server."""
        await self._queue.join()

    async def _write(self, said: Obj) -> None:
        known = self._known.get(_key(said))
        if known is not None:
            again = {"count": known.times + 1, "lastTimestamp": said["lastTimestamp"]}
            try:
                await self._client.merge(EVENTS, known.namespace, known.name, again)
                self._known[_key(said)] = known._replace(times=known.times + 1)
                return
            except Refusal as refusal:
                if refusal.code != 404:
                    raise
        self.remember(await self._client.create(EVENTS, said))


def _key(said: Obj) -> _Key:
    about = said["involvedObject"]
    return _Key(
        about["kind"],
        about.get("namespace", ""),
        about["name"],
        about.get("uid", ""),
        said["type"],
        said["reason"],
        said["message"],
    )
