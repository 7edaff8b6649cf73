"""Asynchronous tasks of the cloud: stages that take their time, each with its word in the log, and an end that makes
the thing or says why not. A fault may have the next task of an operation fail."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

FAILURE = ("OperationFailed", "Failed to allocate a resource of the control plane: internal error.")
"""Code and message with which a task fails that a fault is about."""


class Stage(NamedTuple):
    """A part of a task: its name, the line that tells it, and the seconds it takes at speed 1."""

    name: str
    text: str
    seconds: float


class Event(NamedTuple):
    """A line of a task. `level`: info | error."""

    at: float
    level: str
    reason: str
    text: str


@dataclass(slots=True)
class Task:
    """One task about one cluster; `state`: running | fail | success. `reached`: when each stage began and ended."""

    id: str
    kind: str
    cluster: str
    created: float
    stages: tuple[Stage, ...]
    state: str = "running"
    updated: float = 0.0
    stage: int = 0
    error: tuple[str, str] | None = None
    events: list[Event] = field(default_factory=list)
    reached: list[tuple[float, float | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ways:
    """How a task is followed by whoever began it: a word for each line, the thing made at the end, or its failure."""

    told: Callable[[Event], None]
    done: Callable[[], Awaitable[None]]
    failed: Callable[[str], None]


class Tasks:
    """All tasks of an account. `failing`: kinds of tasks of which the next ones fail, with how many do."""

    def __init__(self, *, speed: float, now: Callable[[], float] = time.time) -> None:
        self._speed = speed
        self._now = now
        self._count = itertools.count(1)
        self._running: set[asyncio.Task[None]] = set()
        self.known: dict[str, Task] = {}
        self.dooms: Callable[[str], bool] = lambda kind: False
        """Whether a task of this kind is to fail; asked once a task."""

    def begin(self, kind: str, cluster: str, stages: Sequence[Stage], ways: Ways) -> Task:
        """Begin a task; its stages follow one another, and then the thing is there."""
        now = self._now()
        task = Task(f"T-{int(now):x}{next(self._count):010x}", kind, cluster, now, tuple(stages), updated=now)
        self.known[task.id] = task
        self.later(self._run(task, ways, doomed=self.dooms(kind)))
        return task

    def later(self, work: Awaitable[None]) -> None:
        """Have something done beside."""
        running = asyncio.ensure_future(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Have something done after so many seconds, divided by the speed."""

        async def wait() -> None:
            await asyncio.sleep(seconds / self._speed)
            act()

        self.later(wait())

    async def stop(self) -> None:
        """End with the simulation."""
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, task: Task, ways: Ways, *, doomed: bool) -> None:
        for number, stage in enumerate(task.stages):
            task.stage = number
            task.reached.append((self._now(), None))
            self._tell(task, ways, "info", stage.name, stage.text)
            await asyncio.sleep(stage.seconds / self._speed)
            if doomed and number == min(1, len(task.stages) - 1):
                self._fail(task, ways, *FAILURE)
                return
            task.reached[-1] = (task.reached[-1][0], self._now())
        try:
            await ways.done()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever made it impossible is the task's to tell
            self._fail(task, ways, "InternalError", f"{type(error).__name__}: {error}")
            return
        task.state = "success"
        self._tell(task, ways, "info", "Succeeded", f"{task.kind} succeeded")

    def _fail(self, task: Task, ways: Ways, code: str, message: str) -> None:
        task.state, task.error = "fail", (code, message)
        self._tell(task, ways, "error", code, message)
        ways.failed(f"{code}: {message}")

    def _tell(self, task: Task, ways: Ways, level: str, reason: str, text: str) -> None:
        task.updated = self._now()
        event = Event(task.updated, level, reason, text)
        task.events.append(event)
        ways.told(event)
