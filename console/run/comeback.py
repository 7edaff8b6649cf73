"""The way back of a run whose time is over: 1 %, a comparison with the members that serve, then up place by place; and
the retreat where a member that got weight again does not bear it."""

from __future__ import annotations

import time
from collections.abc import Callable

from console.decide.plan import Plan
from console.decide.returning import Judgement, Word
from console.model.overdue import SAID
from console.observe import Observer
from console.run.eyes import Eyes
from console.run.verify import Outcome, Verdict
from console.run.walk import Walk


class Comeback:
    """Of one run, under its Lease. `note` writes the journal (step, phase, sentence), `tell` the run's report."""

    def __init__(
        self,
        plan: Plan,
        walk: Walk,
        eyes: Eyes,
        observer: Observer,
        note: Callable[[str, str, str], None],
        tell: Callable[..., None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._walk = walk
        self._eyes = eyes
        self._observer = observer
        self._note = note
        self._tell = tell
        self._clock = clock
        self.retreated = False
        """Whether it gave the way back up, and every route holds again what the run wrote."""

    def by_proof(self) -> Verdict:
        """From where the routes stand to what was there before. `HOLDS` where that was reached, or it retreated; any
        other outcome as a step's."""
        self._eyes.start()
        way = self._plan.way_back
        if self._walk.at in way:
            way = way[way.index(self._walk.at) :]
        elif self._walk.astray:
            return self._retreat("its runner died on the way")
        for index in way:
            self._walk.saying = f"goes back: {self._where(index)}"
            self._note("return", "noted", self._where(index))
            verdict = self._walk.go(index)
            if verdict.outcome is Outcome.TIMED_OUT:
                return self._retreat(f"{self._where(index)}: {verdict.sentence}")
            if verdict.outcome is not Outcome.HOLDS:
                return verdict
            judged = self._compared(index)
            if isinstance(judged, Verdict):
                return judged
            if judged.word is not Word.PASS:
                return self._retreat(f"{self._where(index)}: {judged.word}: {judged.sentence}")
        self._walk.saying = ""
        return verdict

    def _where(self, index: int) -> str:
        """`at 10 % of the way back`, as people read it."""
        last = len(self._plan.steps)
        percent = self._plan.returns[index - last - 1] if index > last else 100 - self._plan.positions[index]
        return "at its former weights" if percent == 100 else f"at {percent} %"

    def _compared(self, index: int) -> Judgement | Verdict:
        """The comparison at a place; what is marginal is looked at for once as long again. What ended it, where
        something did before."""
        began = self._clock()
        for said in ("comparing with the serving side", "marginal, and looked at again"):
            self._walk.saying = f"goes back: {self._where(index)}, {said}"
            verdict = self._walk.stay(self._eyes.window)
            if verdict.outcome is not Outcome.HOLDS:
                return verdict
            judged = self._eyes.compared(self._observer.store.fleet, began)
            self._note("compare", "noted", f"{self._where(index)}: {judged.word}: {judged.sentence}")
            if judged.word is not Word.MARGINAL:
                return judged
        return Judgement(Word.FAIL, f"marginal twice: {judged.sentence}")

    def _retreat(self, why: str) -> Verdict:
        """Back to what the run wrote, verified as any step."""
        self._walk.saying = f"retreats: {why}"
        self._note("return", "noted", f"retreats: {why}")
        verdict = self._walk.go(self._walk.last)
        self._walk.saying = ""
        if verdict.outcome is Outcome.HOLDS:
            self.retreated = True
            self._eyes.retreated()
            said = f"{SAID}: it went back, and retreated {why}"
            return Verdict(verdict.outcome, verdict.layer, said)
        if verdict.outcome is Outcome.TIMED_OUT:
            return Verdict(verdict.outcome, verdict.layer, f"it retreated {why}; {verdict.sentence}")
        return verdict
