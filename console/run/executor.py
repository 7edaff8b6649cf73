"""One run from its dry run to its end: Lease, record, fence, steps, holds, verification; back again on a word; always a
named state, with the fence off and the Lease released wherever the hub can be told."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress

from console import log
from console.decide.plan import Plan
from console.decide.usual import Waits, waits
from console.errors import Denied, FleetConsoleError, Refused, Superseded
from console.kube import records
from console.kube.connect import Hub
from console.kube.holder import Holder
from console.kube.lease import FleetLease
from console.model.fleet import Layer, Run
from console.model.overdue import SAID
from console.model.run import Reason, RunReport, RunState
from console.model.text import inert
from console.observe import Observer
from console.run import others, record
from console.run.bulletin import Bulletin
from console.run.closing import Closing
from console.run.comeback import Comeback
from console.run.eyes import Eyes
from console.run.guard import guard, unwritten
from console.run.hand import Hand
from console.run.hook import Hook
from console.run.journal import Journal
from console.run.reverters import Reverters
from console.run.rows import TRIED
from console.run.verify import Outcome, Verdict
from console.run.walk import LOSS, Walk, Way, loss
from console.run.witness import Witness
from console.run.words import Words
from console.settings import Duration, Settings

SETTLE = 10.0
"""Seconds that the readers get to see every layer as it is before the write."""

_STATES = {
    Outcome.HOLDS: RunState.DONE,
    Outcome.SUPERSEDED: RunState.SUPERSEDED,
    Outcome.TIMED_OUT: RunState.UNVERIFIED,
    Outcome.UNREACHED: RunState.HELD,
    Outcome.OVERTAKEN: RunState.HELD,
}
_LOST = "its operator was lost"
Ending = tuple[RunState, str]
"""A run's last state, and the sentence that goes with it."""


class Executor:
    """Carries one planned run out, from where its routes stand. `carry_out` returns when the run is over, or with
    `INTERRUPTED` where it reached nothing of what another runner began; it raises nothing of its own. `resumed`:
    another runner began it; `taken`: which may be alive, and is not waited for. `words` and `eyes`: those of whoever
    guarded it before."""

    def __init__(
        self,
        journal: Journal,
        report: RunReport,
        plan: Plan,
        settings: Settings,
        hub: Hub,
        observer: Observer,
        *,
        resumed: bool = False,
        taken: bool = False,
        words: Words | None = None,
        eyes: Eyes | None = None,
    ) -> None:
        self._journal = journal
        self._plan = plan
        self._settings = settings
        self._hub = hub
        self._observer = observer
        self._resumed = resumed
        self._taken = taken
        self._words = words or Words(journal, report.run, self._own_record, None if resumed else "")
        self._lease = FleetLease(hub, report.run, Duration.parse(settings.run.lease), floor=self._floor, patient=taken)
        self._witness = Witness(journal, report.run, plan, hub)
        self._hand = Hand(hub, journal, report.run, plan.fleet_uid, self._lease, witness=self._witness)
        self._hand.waits = self._asks
        self._bulletin = Bulletin(journal, report, hub, self._hand, self._data, known=resumed)
        self._reverters = Reverters(
            hub, self._hand.note, report.run, plan.fleet_uid, plan.reverters, of=plan.of,
            owed=plan.reverters if resumed else (),
        )  # fmt: skip
        self._reverters.waits = self._asks
        self._walk = Walk(
            plan, settings, self._hand, self._lease, self._words, observer, self._bulletin.tell, self._bulletin.record,
            self._past,
        )  # fmt: skip
        self._eyes = eyes or Eyes(plan, settings)
        self._walk.looked = self._eyes.look
        observer.listen(self._probed)
        self._comeback = Comeback(plan, self._walk, self._eyes, observer, self._hand.note, self._bulletin.tell)
        self._closing = Closing(
            plan, journal, hub, self._bulletin, self._hand, self._walk, self._lease, self._reverters, self._witness,
            observer, Hook(settings.run, report.run),
        )  # fmt: skip
        self._refused = False
        """Whether the part that ended last was refused, and not overtaken or lost."""
        self._strange: set[str] = set()
        """Routes that carried another run's fence."""

    def tell(self, word: str) -> None:
        """A word from within this process, as a signal brings it: `stop`."""
        self._words.tell(word)

    def carry_out(self) -> RunState:
        """The whole run; the journal and the record hold how it went."""
        ending = self._named(self._run)
        if ending[0] is RunState.INTERRUPTED:
            self._hand.note(TRIED, "noted", ending[1])
            return ending[0]
        if ending[0] is RunState.HELD and self._refused and self._plan.on_refusal == "rollback":
            refusal = ending[1]
            state, sentence = self._named(lambda: self._back(now=True))
            ending = state, f"{refusal}; {sentence}"
        while not self._last_call(ending[0]):
            ending = self._named(self._obey)
        self._end(*ending)
        return ending[0]

    def go_back(self, word: str | None = None) -> RunState:
        """The way back of a run that is over and still holds its weights: at once by a person's `word`, or, where its
        time has come, by proof, place after place.

        `REFUSED` where it could not begin, say since another run goes: it does not end, and is to be tried again.
        `DONE` where it retreated: it holds its weights as before, its time is still over, and it is to be tried again.
        """
        state, sentence = self._named(lambda: self._return(word))
        if state is not RunState.SUPERSEDED and not self._lease.fence:
            message = f"{SAID}: it cannot go back yet: {sentence}"
            self._bulletin.try_telling(state=RunState.DONE, message=message)
            with suppress(FleetConsoleError):  # whoever reads the record knows that its runner lives
                records.amend_record(self._hub, self._bulletin.report.run, {"message": message})
            return RunState.REFUSED
        self._end(state, sentence)
        return state

    def _probed(self, route: str, sent: float, member: str | None, failed: bool) -> None:
        """One request through the gateway, to whoever wants to know."""
        self._witness.probed(route, sent, member, failed)
        self._eyes.heard(route, sent, member, failed)

    def _named(self, part: Callable[[], Ending]) -> Ending:
        """How a part of the run ended; every failure has a state, and one of a write its layer."""
        ending = self._ended(part)
        if ending[0] is RunState.SUPERSEDED or self._hand.refused:
            self._bulletin.try_telling(layer=Layer.ANNOTATION)
        return ending

    def _ended(self, part: Callable[[], Ending]) -> Ending:
        self._refused = self._hand.refused = False
        try:
            return part()
        except Superseded as error:
            return RunState.SUPERSEDED, str(error)
        except Refused as error:
            self._refused = True
            found = tuple(reason for reason in error.reasons if isinstance(reason, Reason))
            with suppress(FleetConsoleError):
                self._bulletin.tell(reasons=(*self._bulletin.report.reasons, *found))
            return self._broken(RunState.REFUSED), str(error)
        except FleetConsoleError as error:
            self._refused = isinstance(error, Denied)
            return self._broken(unwritten(error)), str(error)
        except Exception as error:  # a defect of ours must not leave a stamp and a Lease behind
            log.note("defect", traceback.format_exc())
            return self._broken(RunState.FAILED), f"the runner failed: {type(error).__name__}: {inert(error, 200)}"

    def _broken(self, unwritten: RunState) -> RunState:
        if self._resumed and not self._lease.fence:  # what stands there is told by whoever stands for it
            return unwritten if self._taken else RunState.INTERRUPTED
        return RunState.HELD if self._touched else unwritten

    @property
    def _touched(self) -> bool:
        """Whether a weight was written in this run, or may have been."""
        return bool(self._hand.written) or (self._resumed and self._walk.begun)

    def _run(self) -> Ending:
        guard(self._plan, self._settings)
        self._walk.find()
        if not self._resumed:
            for change in self._plan.routes:
                self._hand.try_dry(change, self._walk.values(change, self._walk.place(change)))
            if self._plan.kind != "rollback":
                self._reverters.try_dry()
        self._take_lease()
        self._watch()
        if self._resumed:
            self._walk.at = self._place_told
        self._stamp()
        if not self._resumed:
            others.tell_overrides(self._hub, self._bulletin.report, self._plan.overrides, self._hand.note)
        back = self._resumed and self._bulletin.report.going == "back"
        if not self._words.told():
            lenient = back or self._plan.kind == "rollback"
            self._reverters.hold(self._hand.check_ours, self._bulletin.record, self._words.told, lenient=lenient)
        if self._words.told():
            return self._obey()
        if back:
            return self._down((self._walk.at, *self._walk.below))
        return self._forward(self._walk.last if self._plan.at_once else max(1, self._walk.at))

    def _take_lease(self) -> None:
        records.ensure_namespace(self._hub)
        self._witness.flush()
        self._hand.step("lease", "the Fleet's Lease", lambda: self._lease.acquire(self._waiting))
        self._bulletin.tell(fence=self._lease.fence, hold_until=None, message="holds the Fleet's Lease")
        fences = {change.key: self._hand.stranger(change) for change in self._plan.routes}
        self._strange = {key for key, fence in fences.items() if fence is not None}
        former = Holder.parse(self._lease.former)
        stale = (fence.partition(".")[2] for fence in fences.values() if fence is not None)
        ended = {former.run if former else None, self._plan.of, *stale} - {None, self._bulletin.report.run}
        others.succeed(self._hub, self._bulletin.report.run, filter(None, ended), self._hand.note)
        self._bulletin.record()

    def _watch(self) -> None:
        self._observer.settled(SETTLE)
        gateways = {route.key: route.gateway for route in self._observer.store.fleet.routes}
        named = (gateways.get(change.key) for change in self._plan.routes)
        self._observer.watch_rules(*{name for name in named if name is not None})
        for change in self._plan.routes:
            self._observer.boost(change.key, self._settings.probe_budget)

    def _stamp(self) -> None:
        """Put our fence on every Ingress that will be written, or that another run's fence stands on, before any
        weight is: whoever was overtaken fails at the server from now on."""
        self._bulletin.tell(layer=Layer.ANNOTATION, message="putting its fence on the hub's Ingresses")
        for change in self._plan.routes:
            moves = self._walk.values(change, self._walk.place(change)) != change.after
            if moves or change.key in self._strange or self._resumed:
                self._hand.stamp(change)
            if self._words.told():
                return

    def _forward(self, first: int) -> Ending:
        for index in range(first, self._walk.last + 1):
            verdict = self._walk.go(index)
            if verdict.outcome is not Outcome.HOLDS:
                return self._turned(verdict)
            if index == self._walk.last:
                back = self._plan.kind == "rollback"
                return RunState.ROLLED_BACK if back else RunState.DONE, verdict.sentence
            verdict = self._walk.hold()
            if verdict.outcome is not Outcome.HOLDS:
                return self._turned(verdict)
            way = loss(self._plan, self._journal.unviewed(self._bulletin.report.run))
            if way is not Way.ON:
                return self._lost(way)
        raise AssertionError("the last step ends it")

    def _lost(self, way: Way) -> Ending:
        """What the plan wants instead of the next step, which would begin now, where nobody looks any more."""
        self._hand.note("loss", "noted", f"nobody has looked at this run for {LOSS:g} s: {self._plan.on_loss}")
        if way is Way.HOLD:
            return RunState.HELD, f"{_LOST}; {self._standing()}"
        self._walk.saying = _LOST
        state, sentence = self._back(now=False)
        self._walk.saying = ""
        return state, f"{_LOST}; {sentence}" if state is RunState.ROLLED_BACK else sentence

    def _turned(self, verdict: Verdict) -> Ending:
        """How a step that does not hold goes on: by the word that came, or to the end that its outcome names."""
        return self._obey() if verdict.outcome is Outcome.TOLD else (_STATES[verdict.outcome], verdict.sentence)

    def _obey(self) -> Ending:
        """Do what the newest word says."""
        word = self._words.obeyed()
        self._walk.saying = ""
        if word == "stop":
            return RunState.HELD, f"stopped on a word{self._words.by}; {self._standing()}"
        self._bulletin.tell(expires=None)  # a person's word, which asks for no proof, whoever carries it out
        return self._back(now=word == "rollback-now")

    def _back(self, *, now: bool) -> Ending:
        """Down the steps again, each verified, or at once."""
        return self._down((0,) if now else self._walk.below or (0,))

    def _down(self, places: Iterable[int]) -> Ending:
        wrote, verdict = self._touched, Verdict(Outcome.HOLDS, None, "")
        for index in places:
            verdict = self._walk.go(index)
            if verdict.outcome is not Outcome.HOLDS:
                return self._turned(verdict)
        return RunState.ROLLED_BACK, verdict.sentence if wrote else f"nothing was written; {verdict.sentence}"

    def _return(self, word: str | None) -> Ending:
        guard(self._plan, self._settings)
        self._walk.find()
        self._walk.at = self._place_told if self._resumed and self._bulletin.report.going == "back" else self._walk.last
        self._bulletin.tell(state=RunState.RUNNING)
        self._take_lease()
        self._bulletin.tell(ended=None)
        self._watch()
        self._stamp()
        if word is not None:
            self._bulletin.tell(expires=None)
            return self._back(now=word == "rollback-now")
        verdict = self._comeback.by_proof()
        if verdict.outcome is not Outcome.HOLDS:
            return self._turned(verdict)
        return (RunState.DONE if self._comeback.retreated else RunState.ROLLED_BACK), verdict.sentence

    @property
    def _place_told(self) -> int:
        """The place that its runner went to last, as the report tells."""
        return self._bulletin.report.step if 0 <= self._bulletin.report.step < self._walk.count else self._walk.last

    def _standing(self) -> str:
        return self._walk.standing if self._touched else "nothing was written"

    def _past(self) -> tuple[Waits, ...]:
        """What past runs of this host waited for; nothing where the journal does not tell."""
        with suppress(FleetConsoleError, ValueError, LookupError, TypeError):
            return tuple(waits(*one) for one in self._journal.past(self._bulletin.report.run))
        return ()

    def _own_record(self) -> Run | None:
        return self._observer.store.fleet.run(self._bulletin.report.run)

    def _last_call(self, state: RunState) -> bool:
        """Whether nobody wants anything else of a run that ends so; no word is taken after that."""
        if state is RunState.DONE and self._plan.expires is not None:
            return not self._words.told()
        open_to_words = state in (RunState.DONE, RunState.UNVERIFIED)
        with suppress(FleetConsoleError):  # a journal that cannot be written keeps nothing from ending
            heard = self._words.count if open_to_words else sys.maxsize
            return self._journal.take_no_more(self._bulletin.report.run, heard) or not self._words.told()
        return True

    def _asks(self, sentence: str) -> None:
        """The hub is asked again: what it holds is what is not known."""
        if self._bulletin.report.state is RunState.RUNNING:
            self._bulletin.try_telling(layer=Layer.ANNOTATION, message=sentence)

    def _waiting(self, sentence: str) -> None:
        if sentence != self._bulletin.report.message:
            self._bulletin.tell(message=sentence)

    def _floor(self) -> int:
        """Where a new Lease begins to count; the records that cannot be listed cannot be outbid."""
        with suppress(Denied):
            return records.newest_fence(self._hub)
        return 0

    def _data(self, report: RunReport) -> dict[str, str]:
        """The record's data, with what the run wants now."""
        data = record.data(report, self._plan, self._lease.fence, self._walk.targets(), self._words.heard)
        data |= {"evidence": self._closing.head} if self._closing.head else {}
        return data | (record.debts(self._reverters.owed) if self._plan.reverters else {})

    def _end(self, state: RunState, message: str) -> None:
        partly = state in (RunState.HELD, RunState.SUPERSEDED, RunState.UNVERIFIED) and len(self._plan.routes) > 1
        self._closing.close(
            state,
            message,
            touched=self._touched,
            retreated=self._comeback.retreated,
            standing=partly and not message.startswith(("stopped on", _LOST)),
        )
