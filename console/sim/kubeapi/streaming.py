"""A watch on the wire: lines of JSON in the form one watcher wants, encoded once for all who want the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec
from aiohttp import web

from console.sim.kubeapi import tables
from console.sim.kubeapi.builtins import as_served
from console.sim.kubeapi.listing import Event, Watch
from console.sim.kubeapi.negotiation import Wish
from console.sim.kubeapi.resources import Resource
from console.sim.kubeapi.status import ApiError, Obj
from console.sim.kubeapi.store import Stored


def encoded(resource: Resource, stored: Stored, wish: Wish) -> bytes:
    """An object as JSON, whole or its metadata alone."""
    if wish.form:
        return stored.encoded(f"meta.k8s.io/{wish.version}", lambda obj: tables.partial(obj, wish.version))
    return stored.encoded(resource.api_version, lambda obj: as_served(resource, obj))


def error_event(error: ApiError) -> bytes:
    """The line that ends a watch which cannot go on."""
    return msgspec.json.encode({"type": "ERROR", "object": error.status()}) + b"\n"


class Frames:
    """Turns events into lines. `include` is the query's includeObject, for tables."""

    def __init__(self, resource: Resource, wish: Wish, clock: Callable[[], datetime], include: str) -> None:
        self._resource = resource
        self._wish = wish
        self._clock = clock
        self._include = include

    def event(self, event: Event) -> bytes:
        """One line of the stream."""
        if self._wish.form == "Table":
            served = [as_served(self._resource, event.stored.obj)]
            body = msgspec.json.encode(self._table(served, str(event.stored.revision)))
        else:
            body = encoded(self._resource, event.stored, self._wish)
        return b'{"type":"' + event.type.encode() + b'","object":' + body + b"}\n"

    def bookmark(self, obj: Obj) -> bytes:
        """A bookmark's line, as a table or as metadata where the watcher reads those."""
        if self._wish.form == "Table":
            table = self._table([], obj["metadata"]["resourceVersion"])
            table["rows"] = [{"cells": [], "object": {**obj, **tables.PARTIAL_V1}}]
            obj = table
        elif self._wish.form:
            obj = {**obj, **tables.PARTIAL_V1}
        return msgspec.json.encode({"type": "BOOKMARK", "object": obj}) + b"\n"

    def _table(self, objects: list[Obj], revision: str) -> Obj:
        table = tables.table(self._resource, objects, self._clock(), self._wish.version, self._include)
        return {**table, "metadata": {"resourceVersion": revision}}


async def stream(
    request: web.Request,
    response: web.StreamResponse,
    watch: Watch,
    frames: Frames,
    closing: Callable[[], bool],
    passes: Callable[[web.Request], Awaitable[bool]] | None = None,
) -> None:
    """Write a watch to its end: its time is over, the watcher left, the server closes, or history ran out. `passes` is
    asked before all news; it may take its time, or say that the watch is over."""
    try:
        first = [frames.event(event) for event in watch.initial()]
        if bookmark := watch.initial_bookmark():
            first.append(frames.bookmark(bookmark))
        if first:
            await response.write(b"".join(first))
        while not closing():
            batch = await watch.next()
            if batch is None or request.transport is None or request.transport.is_closing():
                return
            events, bookmark = batch
            data = b"".join(frames.event(event) for event in events)
            if bookmark:
                data += frames.bookmark(bookmark)
            if passes is not None and not await passes(request):
                return
            if data:
                await response.write(data)
            # A watcher under constant change must not keep the loop to itself.
            await asyncio.sleep(0)
    except ApiError as error:
        await response.write(error_event(error))
    except ConnectionError:
        # The watcher left; nobody is there to be told.
        pass
    finally:
        watch.close()
