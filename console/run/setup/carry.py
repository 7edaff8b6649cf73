"""One set-up run from its first look to its end: look, do the first thing that is missing, look again.

What is to be done is decided anew after each task by what stands there, so a run that was killed anywhere goes on by
looking. A task that was not confirmed is not done: the world has changed, and the run says so. A creation whose answer
never came is looked for before it is sent again; it carries the same token, where the service takes one.
"""

from __future__ import annotations

import time
import traceback
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from console import log
from console.decide.setup.order import Order
from console.decide.setup.plan import unknown
from console.decide.setup.task import Files, Requests, SetupPlan, Task, Wait, writes
from console.errors import Denied, FleetConsoleError, Lost, Refused, Superseded
from console.model.ground import Ground
from console.model.run import RunReport, RunState
from console.model.text import inert
from console.present.times import exact as lasting
from console.run.journal import Journal
from console.run.seams import seam
from console.run.setup.sides import PARTS, Again, Eyes, Hands, NotKnown, touched

UNSEEN = 30.0
"""Seconds for which something that was sent is looked for before it is sent again, or called failed."""
PATIENCE = 120.0
"""Seconds for which a side that does not answer is asked again."""
_TOKENS = uuid.UUID("7d1c9d0e-6f0a-4f57-9d7b-3f2a6c1b8e55")
Ending = tuple[RunState, str]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: between two looks while waiting, and `speed` by which all patience is divided (1 but in rehearsals)."""

    poll: float = 5.0
    speed: float = 1.0


class SetupRun:
    """Carries an order out. `carry_out` returns when it is over, and raises nothing of its own."""

    def __init__(
        self,
        journal: Journal,
        report: RunReport,
        order: Order,
        eyes: Eyes,
        hands: Hands,
        *,
        pace: Pace = Pace(),
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._journal = journal
        self._run = report.run
        self._order = order
        self._eyes = eyes
        self._hands = hands
        self._pace = pace
        self._clock = clock
        self._pause = pause
        self._lines = {(one.step, one.phase) for one in report.lines}
        """What the journal holds of this run: of a resumed one, what its former runner did."""
        self._sent: dict[str, float] = {}
        """Task -> when it was sent, or seen sent in the journal, and is not seen in the world yet."""
        self._since: dict[str, float] = {}
        """Waiting task -> when its wait began."""
        self._said = ""

    def carry_out(self) -> RunState:
        """The whole order; the journal holds how it went."""
        try:
            state, sentence = self._go()
        except Superseded as error:
            state, sentence = RunState.SUPERSEDED, str(error)
        except Refused as error:
            state, sentence = self._broken(RunState.REFUSED), str(error)
        except FleetConsoleError as error:
            state, sentence = self._broken(RunState.FAILED), str(error)
        except Exception as error:  # a defect of ours must not look like a run that lives
            log.note("defect", traceback.format_exc())
            state, sentence = (
                self._broken(RunState.FAILED),
                f"the runner failed: {type(error).__name__}: {inert(error)}",
            )
        with suppress(Superseded):
            self._journal.update(self._run, state=state, message=sentence, ended=time.time())
        return state

    def _broken(self, nothing_written: RunState) -> RunState:
        return RunState.HELD if any(phase in ("sent", "confirmed") for _, phase in self._lines) else nothing_written

    def _go(self) -> Ending:
        parts: tuple[str, ...] = PARTS
        while True:
            if "stop" in self._journal.commands(self._run) and self._journal.take_no_more(self._run, 1):
                return RunState.HELD, f"stopped on a word; {self._go_on}"
            ground = self._look(parts)
            plan = self._order.plan(ground, prove=True)
            self._settle(plan)
            task = next((one for one in plan.tasks if not self._behind(one)), None)
            if task is None:
                return RunState.DONE, self._done_sentence()
            if writes(task.call) and task.id not in self._order.tasks:
                return RunState.HELD, f"the world has changed: '{task.what}' was not confirmed; plan again"
            if task.failed:
                return RunState.HELD, f"{task.what}: {task.failed}; {self._go_on}"
            waits = isinstance(task.call, Wait) or task.id in self._sent
            ending = self._wait(task) if waits else self._do(task)
            parts = touched(task.call)
            if ending is not None:
                return ending

    @property
    def _go_on(self) -> str:
        return f"go on with fleet-console resume {self._run}, or take it away with topology teardown"

    def _done_sentence(self) -> str:
        if self._order.kind == "teardown":
            return "everything that the set-up made is gone"
        said = f"; not checked: {', '.join(self._order.unconfirmed)}" if self._order.unconfirmed else ""
        return f"everything stands as the topology says{said}"

    def _behind(self, task: Task) -> bool:
        """Whether a task that no ground can show was done in this run: its requests, its files."""
        return isinstance(task.call, (Requests, Files)) and (task.id, "confirmed") in self._lines

    def _look(self, parts: tuple[str, ...]) -> Ground:
        """The ground, once what a plan needs was read."""
        began = self._clock()
        while True:
            try:
                ground = self._eyes.read(parts)
                missing = unknown(ground)
                if not missing:
                    return ground
                why: FleetConsoleError = Lost("; ".join(missing), fix="Mend what is said, then resume.")
            except Denied:
                raise
            except FleetConsoleError as error:
                why = error
            if self._over(began, PATIENCE):
                raise why
            self._say(f"looking again: {why}")
            self._pause(self._pace.poll)
            parts = PARTS

    def _settle(self, plan: SetupPlan) -> None:
        """Confirm what was sent, or waited for, and is in the plan no more."""
        there = {one.id for one in plan.tasks}
        for name in [one for one in (*self._sent, *self._since) if one not in there]:
            self._sent.pop(name, None)
            began = self._since.pop(name, None)
            took = f" after {lasting(self._clock() - began)}" if began is not None else ""
            if (name, "confirmed") not in self._lines:
                self._line(name, "confirmed", f"it is so{took}")
        for name, phase in sorted(self._lines):
            unconfirmed = phase in ("intended", "sent") and (name, "confirmed") not in self._lines
            if unconfirmed and name not in there and name not in self._sent:
                self._line(name, "confirmed", "it stands there")

    def _wait(self, task: Task) -> Ending | None:
        began = self._since.setdefault(task.id, self._clock())
        passed = self._clock() - began
        unseen = task.id in self._sent and not isinstance(task.call, Wait)
        if unseen and self._over(self._sent[task.id], UNSEEN) and not self._over(began, task.allowed):
            del self._sent[task.id]  # it never came: it is sent again, with the same token
            self._line(task.id, "noted", f"not seen after {lasting(passed)}: sent again")
            return None
        if self._over(began, task.allowed):
            return RunState.UNVERIFIED, f"{task.what}: not within {lasting(task.allowed)}; {self._go_on}"
        if (task.id, "noted") not in self._lines and not unseen:
            self._line(task.id, "noted", task.what)
        self._say(f"{task.stage}: {task.what}; usually {lasting(task.usual)}")
        self._pause(min(self._pace.poll, 1.0) if passed < 10 else self._pace.poll)
        return None

    def _do(self, task: Task) -> Ending | None:
        """Send one task; None where the next look decides."""
        if writes(task.call) and (task.id, "intended") in self._lines and (task.id, "looked") not in self._lines:
            # A former runner may have sent it, and died before it knew: give the world time to show it.
            self._lines.add((task.id, "looked"))
            self._sent[task.id] = self._clock() - UNSEEN / self._pace.speed + 2 * self._pace.poll
            return None
        self._say(f"{task.stage}: {task.what}")
        self._line(task.id, "intended", task.what)
        seam(f"send {task.id}")
        try:
            said = self._hands.carry_out(task, self.token(task))
        except NotKnown as error:
            self._line(task.id, "noted", f"not known whether it was done: {error}")
            self._sent[task.id] = self._clock()
            return None
        except Again as error:
            began = self._since.setdefault(task.id, self._clock())
            if self._over(began, task.allowed):
                late = RunState.UNVERIFIED if isinstance(task.call, Requests) else RunState.HELD
                return late, f"{task.what}: {error}; {self._go_on}"
            self._line(task.id, "noted", f"not taken for now: {error}")
            self._pause(self._pace.poll)
            return None
        except FleetConsoleError as error:
            self._line(task.id, "refused", str(error))
            if isinstance(error, (Refused, Denied)):
                return self._broken(RunState.REFUSED), f"{task.what}: {error}; {self._go_on}"
            raise
        seam(f"answer {task.id}")
        if writes(task.call):
            self._line(task.id, "sent", said or "taken")
            self._sent[task.id] = self._clock()
        else:
            self._line(task.id, "confirmed", said or "done")
            self._since.pop(task.id, None)
        return None

    def token(self, task: Task) -> str:
        """The client token of a task: the same in every try, whoever is the runner."""
        return str(uuid.uuid5(_TOKENS, f"{self._run} {task.id}"))

    def _over(self, began: float, allowed: float) -> bool:
        return self._clock() - began > allowed / self._pace.speed

    def _line(self, step: str, phase: str, sentence: str) -> None:
        self._journal.line(self._run, step, phase, sentence)
        self._lines.add((step, phase))

    def _say(self, sentence: str) -> None:
        """What it does now; written only where it is another sentence than before."""
        if sentence != self._said:
            self._said = sentence
            self._journal.update(self._run, message=sentence)
