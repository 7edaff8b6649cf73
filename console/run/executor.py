"""One run from its dry run to its end: Lease, record, fence, weights, layers; back again on a word; always a named
state, with the fence off and the Lease released wherever the hub can be told."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from console.decide.plan import Plan, RouteChange, Values, weight
from console.errors import Denied, FleetConsoleError, Refused, Superseded
from console.kube import write
from console.kube.connect import Hub
from console.kube.holder import Holder
from console.kube.lease import FleetLease
from console.model.fleet import Fleet
from console.model.run import Reason, RunReport, RunRoute, RunState
from console.model.text import inert
from console.observe import Observer
from console.run import record
from console.run.hand import Hand, holds, said
from console.run.journal import Journal
from console.run.verify import Look, Outcome, Verdict, Waiting, ledger
from console.settings import Duration, Settings
from console.store.memory import weight_keys

SETTLE = 10.0
"""Seconds that the readers get to see every layer as it is before the write."""

_STATES = {
    Outcome.HOLDS: RunState.DONE,
    Outcome.SUPERSEDED: RunState.SUPERSEDED,
    Outcome.TIMED_OUT: RunState.UNVERIFIED,
    Outcome.UNREACHED: RunState.HELD,
    Outcome.OVERTAKEN: RunState.HELD,
}
Ending = tuple[RunState, str]
"""A run's last state, and the sentence that goes with it."""


class Executor:
    """Carries one planned run out. `carry_out` returns when the run is over; it raises nothing of its own."""

    def __init__(self, journal: Journal, report: RunReport, plan: Plan, settings: Settings, hub: Hub) -> None:
        self._journal = journal
        self._report = report
        self._plan = plan
        self._settings = settings
        self._hub = hub
        life = Duration.parse(settings.run.lease)
        self._lease = FleetLease(hub, report.run, life, floor=self._floor)
        self._hand = Hand(hub, journal, report.run, plan.fleet_uid, self._lease)
        self._heard = 0
        self._word: str | None = None
        self._target: Values = ()
        self._recorded = False

    def tell(self, word: str) -> None:
        """A word from within this process, as a signal brings it: `stop`."""
        self._word = self._word or word

    def carry_out(self, observer: Observer, gateway: str | None) -> RunState:
        """The whole run; the journal and the record hold how it went."""
        ending = self._named(lambda: self._run(observer, gateway))
        while not self._last_call(ending[0]):
            ending = self._named(lambda: self._obey(observer, self._change))
        self._end(*ending)
        return ending[0]

    def _named(self, part: Callable[[], Ending]) -> Ending:
        """How a part of the run ended; every failure has a state."""
        try:
            return part()
        except Superseded as error:
            return RunState.SUPERSEDED, str(error)
        except Refused as error:
            found = tuple(reason for reason in error.reasons if isinstance(reason, Reason))
            with suppress(FleetConsoleError):
                self._tell(reasons=(*self._report.reasons, *found))
            return self._broken(RunState.REFUSED), str(error)
        except FleetConsoleError as error:
            return self._broken(unwritten(error)), str(error)
        except Exception as error:  # a defect of ours must not leave a stamp and a Lease behind
            return self._broken(RunState.FAILED), f"the runner failed: {type(error).__name__}: {inert(error, 200)}"

    def _broken(self, unwritten: RunState) -> RunState:
        return RunState.HELD if self._hand.wrote else unwritten

    @property
    def _change(self) -> RouteChange:
        return self._plan.routes[0]

    def _run(self, observer: Observer, gateway: str | None) -> Ending:
        guard(self._plan, self._settings)
        change, hand = self._change, self._hand
        self._target = change.after
        before = hand.start_of(change)
        hand.try_dry(change, before)
        write.ensure_namespace(self._hub)
        hand.step("lease", "the Fleet's Lease", lambda: self._lease.acquire(self._waiting))
        self._tell(fence=self._lease.fence, message="holds the Fleet's Lease")
        stale = hand.stranger(change)
        self._succeed(stale)
        self._record()
        observer.watch_rules(gateway)
        observer.boost(change.key, self._settings.probe_budget)
        observer.settled(SETTLE)
        if self._told():
            return self._obey(observer, change)
        version = None
        if before != change.after or stale is not None:
            hand.stamp(change)
            if self._told():
                return self._obey(observer, change)
            version = hand.weigh(change, before, change.after)
        verdict = self._verify(observer, change, version)
        if verdict.outcome is Outcome.TOLD:
            return self._obey(observer, change)
        back = self._plan.kind == "rollback" and verdict.outcome is Outcome.HOLDS
        return RunState.ROLLED_BACK if back else _STATES[verdict.outcome], verdict.sentence

    def _obey(self, observer: Observer, change: RouteChange) -> Ending:
        """Do what the newest word says."""
        while self._word != "stop":
            self._word = None
            self._target = change.before
            self._record()
            version = self._put_back(change)
            verdict = self._verify(observer, change, version)
            if verdict.outcome is not Outcome.TOLD:
                back = verdict.outcome is Outcome.HOLDS
                sentence = verdict.sentence if self._hand.wrote else f"nothing was written; {verdict.sentence}"
                return RunState.ROLLED_BACK if back else _STATES[verdict.outcome], sentence
        now = f"{change.key} holds {said(self._target)}" if self._hand.wrote else "nothing was written"
        return RunState.HELD, f"stopped on a word; {now}"

    def _put_back(self, change: RouteChange) -> int | None:
        """Restore what the plan replaces, where it is not there; returns the resourceVersion of the write."""
        if holds(self._hand.read(change), change.before):
            return None
        if not self._hand.stamped:
            self._hand.stamp(change)
        return self._hand.weigh(change, change.after, change.before)

    def _verify(self, observer: Observer, change: RouteChange, version: int | None) -> Verdict:
        shown: list[tuple[RunRoute, Look]] = []

        def tell(fleet: Fleet, seen: Look) -> None:
            line = ledger(fleet, change, self._target)
            if shown != [(line, seen)]:
                shown[:] = [(line, seen)]
                self._tell(routes=(line,), layer=seen.layer, message=seen.sentence)

        return Waiting(
            observer,
            change,
            self._target,
            fleet_uid=self._plan.fleet_uid,
            version=version,
            steady=Duration.parse(self._settings.run.steady),
            timeout=Duration.parse(self._settings.run.verify_timeout),
            read=lambda: self._hand.read(change),
            told=self._told,
            overtaken=self._lease.lost.is_set,
            tell=tell,
        ).verdict()

    def _told(self) -> bool:
        """Whether a word came since the last one was obeyed."""
        words = self._journal.commands(self._report.run)
        if len(words) > self._heard:
            self._heard = len(words)
            self._word = "stop" if "stop" in (self._word, words[-1]) else words[-1]
        return self._word is not None

    def _last_call(self, state: RunState) -> bool:
        """Whether nobody wants anything else of a run that ends so; no word is taken after that."""
        open_to_words = state in (RunState.DONE, RunState.UNVERIFIED)
        with suppress(FleetConsoleError):  # a journal that cannot be written keeps nothing from ending
            heard = self._heard if open_to_words else sys.maxsize
            return self._journal.take_no_more(self._report.run, heard) or not self._told()
        return True

    def _waiting(self, sentence: str) -> None:
        if sentence != self._report.message:
            self._tell(message=sentence)

    def _floor(self) -> int:
        """Where a new Lease begins to count; the records that cannot be listed cannot be outbid."""
        with suppress(Denied):
            return write.newest_fence(self._hub)
        return 0

    def _succeed(self, stale: str | None) -> None:
        """Say in the records of the runs that we succeed that their runners are gone: the Lease is ours now."""
        former = Holder.parse(self._lease.former)
        runs = {former.run if former else None, self._plan.of, stale.partition(".")[2] if stale else None}
        for run in sorted(one for one in runs - {None, self._report.run} if one and record.is_run(one)):
            message = f"its runner was gone when run {self._report.run} took the Fleet's Lease"
            with suppress(FleetConsoleError):
                if write.mark_interrupted(self._hub, run, message, record.stamp(time.time())):
                    self._hand.note("succeed", "noted", f"run {run} is marked as interrupted in its record")

    def _record(self) -> None:
        """Write the run's record whole, with what it wants now."""
        targets = {self._change.key: self._change.weights(self._target)}
        data = record.data(self._report, self._plan, self._lease.fence, targets)
        send = write.update_record if self._recorded else write.create_record
        self._hand.step("record", f"{self._report.state}", lambda: send(self._hub, self._report.run, data))
        self._recorded = True

    def _end(self, state: RunState, message: str) -> None:
        """Take the fence off, finish the record, release the Lease, and only then say that it is over."""
        left: list[str] = []
        if self._hand.stamped:
            self._try(lambda: self._hand.unstamp(self._change), "our fence is still on the Ingress", left)
        sentence = ". ".join([message, *left])
        self._report = replace(self._report, state=state, message=sentence)
        if self._recorded:
            self._try(self._record, "its record on the Fleet is not up to date", left)
        if self._lease.fence:
            self._try(self._release, "the Fleet's Lease runs out by itself", left)
        self._tell(state=state, message=". ".join([message, *left]), ended=time.time())

    def _release(self) -> None:
        def send() -> None:
            if not self._lease.release():
                raise FleetConsoleError("the hub could not be told")

        self._hand.step("release", "the Fleet's Lease", send)

    def _try(self, part: Callable[[], object], otherwise: str, left: list[str]) -> None:
        """A part of the ending; what fails is told and keeps nothing else from being done."""
        try:
            part()
        except Superseded:
            return  # gone, or another run's by now: nothing of ours is left there
        except Exception as error:
            left.append(f"{otherwise}: {inert(error, 160)}")

    def _tell(self, **values: Any) -> None:
        self._journal.update(self._report.run, **values)
        known = {name: value for name, value in values.items() if name in RunReport.__slots__}
        self._report = replace(self._report, **known)


def unwritten(error: FleetConsoleError) -> RunState:
    """The state of a run that failed before it wrote a weight."""
    return RunState.REFUSED if isinstance(error, Denied | Refused) else RunState.FAILED


def guard(plan: Plan, settings: Settings) -> None:
    """Look at a plan once more before anything is written for it. Raises `Refused`."""
    if settings.read_only:
        raise Refused("settings forbid every write (read_only: true)", fix="Set read_only: false.")
    if len(plan.routes) != 1 or plan.steps != (100,) or plan.kind not in ("shift", "rollback"):
        raise Refused("the plan is none that this version carries out: one route, one step")
    change = plan.routes[0]
    keys = [key for key, _ in change.members]
    members = [member for _, member in change.members]
    weights = set(weight_keys(keys, settings.fleet.weights.key_prefix, members))
    strange = [key for key in keys if key not in weights]
    if strange or not keys:
        raise Refused(f"the plan writes what is no weight: {inert(', '.join(strange) or 'nothing', 200)}")
    if plan.kind == "shift" and any(v is None or weight(v) is None for _, v in change.after):
        raise Refused("the plan writes a value that is no weight from 0 to 100")
