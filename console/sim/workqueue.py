"""A controller's work queue as controller-runtime has it: a key waits once however often it is added, is worked on by
one worker at a time, and comes back after a failure with exponential back-off that a fresh add cuts short."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 1000.0
"""Seconds of client-go's exponential item limiter as the ALB controller sets it (domain.md section 2)."""


class WorkQueue:
    """Keys to reconcile. `work(key)` raises to be tried again; delays are divided by `speed`."""

    def __init__(self, work: Callable[[str], Awaitable[None]], *, speed: float = 1.0, workers: int = 3) -> None:
        self._work = work
        self._speed = speed
        self._workers = workers
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._waiting: set[str] = set()
        self._working: set[str] = set()
        self._again: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self.failures: dict[str, int] = {}

    def add(self, key: str, delay: float = 0.0) -> None:
        """Have `key` worked on after `delay` seconds; an earlier date that is set already stays, a later one goes."""
        if key in self._waiting:
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + delay / self._speed
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= due:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(due, self._due, key)
        self._idle.clear()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._workers):
                group.create_task(self._worker())

    async def idle(self) -> None:
        """Return when nothing is due, planned or under way."""
        await self._idle.wait()

    def backoff(self, key: str) -> float:
        """Seconds until the next attempt after the failures so far."""
        return float(min(FIRST_BACKOFF * 2 ** min(self.failures.get(key, 0), 32), LONGEST_BACKOFF))

    def _due(self, key: str) -> None:
        self._timers.pop(key, None)
        if key in self._working:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting.add(key)
            self._ready.put_nowait(key)

    async def _worker(self) -> None:
        while True:
            key = await self._ready.get()
            self._waiting.discard(key)
            self._working.add(key)
            retry: float | None = None
            try:
                await self._work(key)
                self.failures.pop(key, None)
            except Exception:
                # Whatever went wrong was told by the work itself, as an event; the queue's part is to come back.
                retry = self.backoff(key)
                self.failures[key] = self.failures.get(key, 0) + 1
            finally:
                self._working.discard(key)
            if key in self._again:
                self._again.discard(key)
                self.add(key)
            elif retry is not None:
                self.add(key, retry)
            elif not (self._waiting or self._working or self._timers):
                self._idle.set()
