"""The faults that hold at the moment: begun by name and subject, ended by name, by their own time, or all together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from console.errors import UsageError
from console.sim.faults.armed import armed
from console.sim.faults.effects import EFFECTS, Effect
from console.sim.faults.elsewhere import impossible
from console.sim.faults.site import Site
from console.sim.faults.specs import Fault, name_of, subject_of
from console.sim.terms import seconds


class Active(NamedTuple):
    """A fault that holds: what it does, since when on the monotonic clock."""

    said: str
    since: float
    effect: Effect
    end: asyncio.Task[None] | None


class Faults:
    """All faults of one simulation."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._active: dict[tuple[str, str], Active] = {}
        # One change at a time: an end by the clock must not meet a clear half-way.
        self._lock = asyncio.Lock()

    @property
    def active(self) -> Mapping[tuple[str, str], Active]:
        """By name and subject, in the order in which they began."""
        return self._active

    async def begin(self, fault: Fault) -> str:
        """Begin a fault, in place of one of the same name and subject; returns what it does.

        Raises `UsageError` where it names a member or route that is not there, or needs a hub of the simulator's own.
        """
        if self._site.given and (sentence := impossible(fault)):
            raise UsageError(sentence)
        key = (name_of(fault), subject_of(fault))
        async with self._lock:
            await self._end(key)
            effect = self._effect(fault)
            said = await effect.__aenter__()
            end = None
            if fault.lasting is not None and not fault.written:
                end = asyncio.create_task(self._end_after(key, seconds(fault.lasting)))
                said += f", for {fault.lasting}"
            self._active[key] = Active(said, time.monotonic(), effect, end)
        return said

    def _effect(self, fault: Fault) -> Effect:
        """What it does, or what waits to do it."""
        if fault.written:
            return armed(self._site, fault.written, lambda: self.begin(msgspec.structs.replace(fault, written=0)))
        return EFFECTS[type(fault)](self._site, fault)

    async def clear(self, name: str | None = None) -> list[str]:
        """End all faults of a name, or all; returns those that held. Raises `UsageError` where `name` does not hold."""
        async with self._lock:
            keys = [key for key in reversed(self._active) if name in (None, key[0])]
            if name is not None and not keys:
                held = ", ".join(dict.fromkeys(key[0] for key in self._active)) or "none"
                raise UsageError(f"no fault '{name}' holds", fix=f"Holding: {held}.")
            for key in keys:
                await self._end(key)
        return [" ".join(filter(None, key)) for key in keys]

    async def stop(self) -> None:
        """Forget them with the simulation they were about."""
        for active in self._active.values():
            if active.end is not None:
                active.end.cancel()

    async def _end_after(self, key: tuple[str, str], pause: float) -> None:
        await asyncio.sleep(pause)
        async with self._lock:
            await self._end(key)

    async def _end(self, key: tuple[str, str]) -> None:
        active = self._active.pop(key, None)
        if active is None:
            return
        if active.end is not None and active.end is not asyncio.current_task():
            active.end.cancel()
        await active.effect.__aexit__(None, None, None)
