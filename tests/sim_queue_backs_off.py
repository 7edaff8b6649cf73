"""Manners of the queue: once however often it is added, again after a failure, later each time, at once if touched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from console.sim.workqueue import WorkQueue

FAST = 1000.0


class Work:
    """Counts attempts; fails the first `failures` of them."""

    def __init__(self, failures: int = 0) -> None:
        self.attempts: list[str] = []
        self.failures = failures
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, key: str) -> None:
        self.attempts.append(key)
        self.begun.set()
        await self.gate.wait()
        if len(self.attempts) <= self.failures:
            raise RuntimeError(key)


@asynccontextmanager
async def running(work: Work, speed: float = FAST) -> AsyncIterator[WorkQueue]:
    queue = WorkQueue(work, speed=speed)
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_key_that_waits_is_worked_on_once() -> None:
    work = Work()
    async with running(work) as queue:
        for _ in range(5):
            queue.add("a", 1.0)
        await asyncio.wait_for(queue.idle(), 5)

    assert ["a"] == work.attempts


async def test_a_failure_comes_back_until_it_works() -> None:
    work = Work(failures=3)
    async with running(work) as queue:
        queue.add("a")
        await asyncio.wait_for(queue.idle(), 5)

    assert ["a"] * 4 == work.attempts
    assert {} == queue.failures


async def test_a_change_during_the_work_is_worked_on_afterwards() -> None:
    work = Work()
    async with running(work) as queue:
        work.gate.clear()
        queue.add("a")
        await work.begun.wait()
        queue.add("a")
        await asyncio.sleep(0)
        during = list(work.attempts)
        work.gate.set()
        await asyncio.wait_for(queue.idle(), 5)

    assert ["a"] == during
    assert ["a", "a"] == work.attempts


async def test_a_touch_cuts_the_back_off_short() -> None:
    work = Work(failures=1)
    async with running(work, speed=1.0) as queue:
        queue.failures["a"] = 10
        queue.add("a")
        await work.begun.wait()
        work.begun.clear()
        async with asyncio.timeout(5):
            while queue.failures["a"] == 10:  # noqa: ASYNC110  one turn of the loop, no time
                await asyncio.sleep(0)
        alone = list(work.attempts)
        queue.add("a")
        await asyncio.wait_for(queue.idle(), 5)

    assert ["a"] == alone
    assert ["a", "a"] == work.attempts


def test_the_back_off_doubles_up_to_its_limit() -> None:
    queue = WorkQueue(Work())
    waits = []
    for failures in (0, 1, 2, 10, 11, 60):
        queue.failures["a"] = failures
        waits.append(queue.backoff("a"))

    assert [0.5, 1.0, 2.0, 512.0, 1000.0, 1000.0] == waits
