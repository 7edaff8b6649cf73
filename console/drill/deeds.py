"""What happens in a drill beside what its operator does: the deeds of the script, and the events that follow one
another while somebody works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from console.drill.processes import runners
from console.drill.stage import Said, Stage, Weights
from console.errors import FleetConsoleError, UsageError
from console.sim import drill as spec
from console.sim.faults import remote
from console.sim.faults.specs import Fault, SelfHeal, SlowController
from console.sim.terms import seconds

LOOK = 0.04
"""Seconds between two looks at the weights, for events that wait for a write."""


def slowed(fault: object, pace: float) -> Mapping[str, Any]:
    """A fault as the simulator takes it, its own times longer by the pace."""
    document: dict[str, Any] = msgspec.to_builtins(fault)
    for name in ("for", "after") if isinstance(fault, SelfHeal) else ("for",):
        if document.get(name) is not None:
            document[name] = f"{seconds(document[name]) * pace * 1000:.0f}ms"
    if isinstance(fault, SlowController):
        document["seconds"] *= pace
    return {name: value for name, value in document.items() if value is not None}


def do(stage: Stage, deed: spec.Deed) -> Said | None:
    """Do one deed; what a command of somebody's said. Raises where the simulator refuses it."""
    if isinstance(deed, spec.Begin):
        remote.begin(stage.directory, slowed(deed.fault, stage.pace))
    elif isinstance(deed, spec.Clear):
        with suppress(UsageError):  # over already, by its own time or by somebody's hand
            remote.clear(stage.directory, deed.name)
    elif isinstance(deed, spec.Annotate):
        stage.annotate(deed.route, deed.weights, deed.manager)
    elif isinstance(deed, spec.Kill):
        stage.kill(deed.who, deed.signal, deed.by)
    else:
        return stage.say(deed.line, deed.by)
    return None


class Events:
    """The events of a drill, one after the other, in a thread of their own. `front` is what else a kill of the front
    ends; `told` is told what a person is to be told."""

    def __init__(
        self, stage: Stage, *, front: Callable[[str], None], told: Callable[[str], None] = lambda _: None
    ) -> None:
        self._stage = stage
        self._front = front
        self._told = told
        self._over = threading.Event()
        self._watching = threading.Event()
        self.happened = 0
        self.failed = ""
        """Why one could not happen."""
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)

    def begin(self) -> None:
        """Wait for the first one; returns once no write can escape it."""
        self._thread.start()
        self._watching.wait(remote.PATIENCE)

    def end(self) -> None:
        """No more of them."""
        self._over.set()
        self._thread.join(30.0)

    def _run(self) -> None:
        if not self._stage.drill.events:
            self._watching.set()  # nothing is waited for: the screen opens at once
        for event in self._stage.drill.events:
            try:
                if not self._due(event):
                    return
                said = None if _at_once(event) is not None else do(self._stage, event.do)
                if isinstance(event.do, spec.Kill) and event.do.who == "front":
                    self._front(event.do.signal)
            except FleetConsoleError as error:
                self.failed = f"event {self.happened + 1}: {error}"
                self._watching.set()
                return
            if said is not None and isinstance(event.do, spec.Run) and said.code != event.do.exit:
                self.failed = f"event {self.happened + 1}: {said.line}: exit {said.code}: {said.text[-300:]}"
            self.happened += 1
            if event.says:
                self._told(event.says)

    def _due(self, event: spec.Event) -> bool:
        """Wait; False where the drill is over before. A fault that comes with a write is the simulator's to begin: a
        look from here comes as late as the machine is busy."""
        when = event.when
        began = self._stage.weights() if when.written else {}
        if (fault := _at_once(event)) is not None:
            remote.begin(self._stage.directory, {**slowed(fault, self._stage.pace), "written": when.written})
        self._watching.set()
        while when.written and _changed(began, self._stage.weights()) < when.written:
            if self._over.wait(LOOK):
                return False
        while when.over and runners(self._stage.state(spec.ME)):
            if self._over.wait(LOOK):
                return False
        return not self._over.wait(when.seconds * self._stage.pace)


def _at_once(event: spec.Event) -> Fault | None:
    """The fault that begins with a write and nothing else; None where the event is another one."""
    fault = event.do.fault if isinstance(event.do, spec.Begin) else None
    return fault if event.when.written and event.when == spec.Moment(event.when.written) else None


def _changed(began: Weights, now: Weights) -> int:
    return sum(began.get(route) != held for route, held in now.items())
