"""One set-up run from its first look to its end: look, do the first thing that is missing, look again.

What is to be done is decided anew after each task by what stands there, so a run that was killed anywhere goes on by
looking. A task that was not confirmed is not done: the world has changed, and the run says so. A creation whose answer
never came is looked for before it is sent again; it carries the same token, where the service takes one.
"""

from __future__ import annotations

import shlex
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from console import log
from console.decide.setup.away import remains
from console.decide.setup.checks import checks, unconfirmed
from console.decide.setup.order import Order
from console.decide.setup.plan_words import FIRST_REQUESTS
from console.decide.setup.task import Agent, Delete, Requests, SetupPlan, Task, Wait, shown, writes
from console.decide.setup.ways import confirm_again, ways
from console.errors import Denied, FleetConsoleError, Lost, Refused, Superseded
from console.model.ground import Ground
from console.model.run import RunReport, RunState
from console.model.text import inert
from console.present.times import exact as lasting
from console.run.journal import Journal
from console.run.seams import seam
from console.run.setup.past import Past
from console.run.setup.sides import PARTS, UNPROVEN, WRITTEN, Again, Eyes, Hands, NotKnown, touched

UNSEEN = 30.0
"""Seconds for which something that was sent is looked for before it is sent again, or called failed."""
PATIENCE = 120.0
"""Seconds for which a side that does not answer is asked again."""
BACK = 2
"""Times that one runner does the same thing over: what is undone more often, somebody undoes."""
_LOOK = "look"
"""Step of the lines that tell of a world that does not answer."""
_ALL_GONE = "everything that the set-up made is gone"
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
        self._past = Past(journal, report)
        self._sent: dict[str, float] = {}
        """Task -> when it was sent, or seen sent in the journal, and is not seen in the world yet."""
        self._done: Counter[str] = Counter()
        """Tasks that this runner did, and how often."""
        self._heard: dict[str, str] = {}
        """Task -> the last words of a failure of it."""
        self._since: dict[str, float] = {}
        """Waiting task -> when its wait began."""
        self._put_off: dict[str, float] = {}
        """Task that is not taken for now -> since when."""
        self._by_hand: dict[str, str] = {}
        """Item -> what a person has to do before it goes on."""
        self._said = ""
        self._at = ""
        """Where it is, for whoever stops it."""

    def carry_out(self) -> RunState:
        """The whole order; the journal holds how it went."""
        try:
            state, sentence = self._go()
        except Superseded as error:
            state, sentence = RunState.SUPERSEDED, str(error)
        except FleetConsoleError as error:
            nothing = RunState.REFUSED if isinstance(error, Refused) else RunState.FAILED
            state, sentence = self._broken(nothing), f"{error}; {self._ways()}"
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
        return RunState.HELD if self._past.wrote else nothing_written

    def _go(self) -> Ending:
        parts: tuple[str, ...] = PARTS
        self._say("looking at what stands")
        while True:
            if "stop" in self._journal.commands(self._run) and self._journal.take_no_more(self._run, 1):
                return RunState.HELD, f"stopped on a word{self._at}; {self._ways()}"
            ground = self._look(parts)
            plan = self._order.plan(ground, retried=self._retried, prove=True)
            self._settle(plan)
            self._by_hand = self._handed(plan)
            task = next((one for one in plan.tasks if not self._behind(one)), None)
            if task is None:
                return RunState.DONE, self._done_sentence(ground, plan)
            ending = self._next(task, ground)
            parts = touched(task.call)
            if ending is not None:
                return ending

    def _next(self, task: Task, ground: Ground) -> Ending | None:
        """One step towards the task; None where the next look decides."""
        self._at = f" at {task.stage}: {task.what}"
        if writes(task.call) and task.id not in self._order.tasks:
            if self._order.blind and isinstance(task.call, Delete):
                seen = f"the Fleet could be read only now: '{task.what}' was not confirmed"
                return RunState.HELD, f"{seen}; {confirm_again(self._order)}"
            return RunState.HELD, f"the world has changed: '{task.what}' was not confirmed; plan again"
        if task.failed:
            return self._held(task, task.failed)
        if isinstance(task.call, Wait) or task.id in self._sent:
            return self._wait(task)
        if self._done[task.id] and not writes(task.call):
            return self._again(
                task, Lost(f"done, and it is not seen: {ground.unread.get('hub', 'nothing came of it')}")
            )
        if self._done[task.id] > BACK:
            again = f"it was done {self._done[task.id]} times, and is to be done again: find out who undoes it"
            return self._held(task, again)
        return self._do(task)

    @property
    def _retried(self) -> frozenset[str]:
        """What was to be made anew, and is made: from then on it is as everything else."""
        return frozenset(one for one in self._order.retry if self._past.had(one, "intended") or self._rejoined(one))

    def _rejoined(self, item: str) -> bool:
        return self._past.had(f"{item} associated", "intended")

    def _ways(self, task: Task | None = None) -> str:
        return ways(self._order, self._run, task, wrote=self._past.made or bool(self._sent))

    def _held(self, task: Task, sentence: str, state: RunState = RunState.HELD) -> Ending:
        """An end in the middle: the step, what became of it, and what a person may do."""
        return state, f"{task.stage}: {task.what}: {sentence}; {self._ways(task)}"

    def _done_sentence(self, ground: Ground, plan: SetupPlan) -> str:
        order = self._order
        if order.kind == "teardown":
            kept = remains(order.topology, ground, order.tasks, frozenset(order.also))
            return f"what the set-up made is gone, but for {'; '.join(kept)}" if kept else _ALL_GONE
        # What was unchecked before there was anything to ask may be known by now.
        still = {one.rule for one in unconfirmed(checks(order.topology, ground))}
        open_ = [one for one in order.unconfirmed if one in still]
        said = f"; not checked: {', '.join(open_)}" if open_ else ""
        unproven = self._past.confirmed(FIRST_REQUESTS).partition(UNPROVEN)[2]
        said += f"; {UNPROVEN}{unproven}" if unproven else ""
        if plan.stays:
            return f"what the topology says stands; besides it stays: {'; '.join(plan.stays)}{said}"
        return f"everything stands as the topology says{said}"

    def _behind(self, task: Task) -> bool:
        """Whether a task that no ground can show was done in this run: its requests, its files."""
        return not shown(task.call) and self._past.had(task.id, "confirmed")

    def _look(self, parts: tuple[str, ...]) -> Ground:
        """The ground, once what a plan needs was read. What does not answer is asked again for a while."""
        began, said = self._clock(), False
        while True:
            why: FleetConsoleError
            try:
                ground = self._eyes.read(parts)
                missing = self._order.unknown(ground)
                if not missing:
                    if said:
                        self._past.line(_LOOK, "noted", f"all is read again after {lasting(self._clock() - began)}")
                    return ground
                why = Lost("; ".join(missing))
            except Denied:
                raise
            except FleetConsoleError as error:
                why = error
            if self._over(began, PATIENCE):
                raise why
            if not said:
                said = True
                self._past.line(_LOOK, "noted", f"not read, and asked again for {lasting(PATIENCE)}: {why}")
            self._say(f"looking again: {why}")
            self._pause(self._pace.poll)
            parts = PARTS

    def _settle(self, plan: SetupPlan) -> None:
        """Confirm what was sent, or waited for, and is in the plan no more."""
        there = {one.id for one in plan.tasks}
        for name in [one for one in dict.fromkeys((*self._sent, *self._since)) if one not in there]:
            sent, began = self._sent.pop(name, None), self._since.pop(name, None)
            self._done[name] += sent is not None
            self._past.orphans.discard(name)
            took = f" after {lasting(self._clock() - began)}" if began is not None else ""
            if name in self._past.open or not self._past.had(name, "confirmed"):
                self._past.line(name, "confirmed", f"it is so{took}")
        for name in sorted(self._past.awaited - there):  # begun by a former runner: how long it took nobody knows
            self._past.line(name, "confirmed", "it is so")
        self._past.settle(lambda name: name not in there and name not in self._sent)

    def _handed(self, plan: SetupPlan) -> dict[str, str]:
        """Of members whose agent a person applies: from which file, once it is written."""
        out = {}
        for one in plan.tasks:
            if isinstance(one.call, Agent) and one.call.file:
                said = self._past.confirmed(one.id)
                if said.startswith(WRITTEN):
                    file = shlex.quote(said.removeprefix(WRITTEN))
                    out[f"member {one.call.member}"] = (
                        f"; it waits for you: in its data centre, kubectl apply -f {file}"
                    )
        return out

    def _wait(self, task: Task) -> Ending | None:
        began = self._since.setdefault(task.id, self._clock())
        passed = self._clock() - began
        unseen = task.id in self._sent and not isinstance(task.call, Wait)
        if unseen and self._over(self._sent[task.id], UNSEEN) and not self._over(began, task.allowed):
            del self._sent[task.id]  # it never came: it is sent again, with the same token
            self._past.line(task.id, "noted", f"not seen after {lasting(passed)}: sent again")
            return None
        if self._over(began, task.allowed):
            late = f"not within {lasting(task.allowed)}{self._by_hand.get(task.item, '')}{self._answered(task)}"
            return self._held(task, late, RunState.UNVERIFIED)
        if not self._past.had(task.id, "noted") and not unseen:
            self._past.line(task.id, "noted", task.what)
        usual = self._by_hand.get(task.item) or f"; usually {lasting(task.usual)}"
        self._say(f"{task.stage}: {task.what}{usual}{self._answered(task)}")
        self._pause(min(self._pace.poll, 1.0) if passed < 10 else self._pace.poll)
        return None

    def _do(self, task: Task) -> Ending | None:
        """Send one task; None where the next look decides."""
        if writes(task.call) and task.id in self._past.orphans:
            # A former runner may have sent it, and died before it knew: give the world time to show it.
            self._past.orphans.discard(task.id)
            self._sent[task.id] = self._clock() - UNSEEN / self._pace.speed + 2 * self._pace.poll
            return None
        if self._done[task.id]:
            self._pause(self._pace.poll)
        self._say(f"{task.stage}: {task.what}{self._answered(task)}")
        if task.id not in self._past.open:
            self._past.line(task.id, "intended", task.what)
        seam(f"send {task.id}")
        try:
            said = self._hands.carry_out(task, self._past.token(task.id))
        except NotKnown as error:
            if not writes(task.call):
                return self._again(task, error)
            self._heard[task.id] = str(error)
            self._past.line(task.id, "noted", f"not known whether it was done: {error}")
            self._since.setdefault(task.id, self._clock())
            self._sent[task.id] = self._clock()
            return None
        except Again as error:
            return self._again(task, error)
        except FleetConsoleError as error:
            self._past.line(task.id, "refused", str(error))
            state = RunState.REFUSED if isinstance(error, (Refused, Denied)) else RunState.FAILED
            return self._held(task, str(error), self._broken(state))
        seam(f"answer {task.id}")
        self._put_off.pop(task.id, None)
        if self._heard.pop(task.id, None) is not None:
            self._say(f"{task.stage}: {task.what}")  # it was taken: the last answer is history
        if writes(task.call):
            self._past.line(task.id, "sent", said or "taken")
            self._sent[task.id] = self._clock()
        else:
            self._past.line(task.id, "confirmed", said or "done")
            self._done[task.id] += 1
        return None

    def _again(self, task: Task, error: FleetConsoleError) -> Ending | None:
        """Nothing was done, and it is worth a try, until the time allowed is over."""
        began = self._put_off.setdefault(task.id, self._clock())
        if self._over(began, task.allowed):
            late = RunState.UNVERIFIED if isinstance(task.call, Requests) else RunState.HELD
            return self._held(task, f"not taken for {lasting(task.allowed)}: {error}", late)
        if self._heard.get(task.id) != str(error):
            self._heard[task.id] = str(error)
            self._past.line(task.id, "noted", f"not taken for now: {error}")
        self._pause(self._pace.poll)
        return None

    def _answered(self, task: Task) -> str:
        """Why it is not done yet, in the last words of whoever was asked; empty where nobody said no."""
        heard = self._heard.get(task.id, "")
        return f"; the last answer: {heard}" if heard else ""

    def _over(self, began: float, allowed: float) -> bool:
        return self._clock() - began > allowed / self._pace.speed

    def _say(self, sentence: str) -> None:
        """What it does now; written only where it is another sentence than before."""
        if sentence != self._said:
            self._said = sentence
            self._journal.update(self._run, message=sentence)
