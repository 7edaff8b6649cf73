"""One run from its Lease to its end: dry run, record, fence, weights, layers; back again on a word; always a named
state."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from console.decide.plan import Plan, RouteChange, Values
from console.errors import FleetConsoleError, Refused, Superseded
from console.kube import write
from console.kube.connect import Hub
from console.kube.lease import FleetLease
from console.model.fleet import Fleet, Layer
from console.model.run import Reason, RunReport, RunState
from console.observe import Observer
from console.run import record, verify
from console.run.hand import Hand, holds
from console.run.journal import Journal
from console.run.seams import seam
from console.run.verify import Outcome
from console.settings import Duration, Settings


class Executor:
    """Carries one planned run out. `carry_out` returns when the run is over; it raises nothing of its own."""

    def __init__(self, journal: Journal, report: RunReport, plan: Plan, settings: Settings, hub: Hub) -> None:
        self._journal = journal
        self._report = report
        self._plan = plan
        self._settings = settings
        self._hub = hub
        self._lease = FleetLease(hub, report.run, Duration.parse(settings.run.lease))
        self._hand = Hand(hub, journal, report.run, plan.fleet_uid, self._lease)
        self._heard = 0
        self._targets: dict[str, dict[str, int | None]] = {}
        self._recorded = False

    def carry_out(self, observer: Observer, gateway: str | None) -> RunState:
        """The whole run; the journal and the record hold how it went."""
        try:
            state, message = self._run(observer, gateway)
        except Superseded as error:
            state, message = RunState.SUPERSEDED, str(error)
        except Refused as error:
            state = RunState.HELD if self._hand.wrote else RunState.REFUSED
            message = str(error)
            found = tuple(reason for reason in error.reasons if isinstance(reason, Reason))
            self._tell(reasons=(*self._report.reasons, *found))
        except FleetConsoleError as error:
            denied = not self._hand.wrote and error.__class__.__name__ == "Denied"
            state = RunState.HELD if self._hand.wrote else RunState.REFUSED if denied else RunState.FAILED
            message = str(error)
        self._end(state, message)
        return state

    def _run(self, observer: Observer, gateway: str | None) -> tuple[RunState, str]:
        (change,) = self._plan.routes
        write.ensure_namespace(self._hub)
        seam("send lease")
        fence = self._lease.acquire()
        seam("answer lease")
        self._tell(fence=fence, message="holds the Fleet's Lease")
        before = change.before
        if holds(self._hand.read(change), change.after):
            before = change.after  # what is wanted is there already: nothing is written, only verified
        self._hand.try_dry(change, before, change.after)
        self._targets = {change.key: change.weights(change.after)}
        self._record()
        observer.watch_rules(gateway)
        observer.boost(change.key, self._settings.probe_budget)
        observer.settled(10.0)
        self._hand.stamp(change)
        version = self._hand.weigh(change, before, change.after)
        verdict = self._verify(observer, change, change.after, version)
        if verdict.outcome is Outcome.TOLD:
            return self._obey(observer, change)
        if self._plan.kind == "rollback" and verdict.outcome is Outcome.HOLDS:
            return RunState.ROLLED_BACK, verdict.sentence
        return _STATES[verdict.outcome], verdict.sentence

    def _obey(self, observer: Observer, change: RouteChange) -> tuple[RunState, str]:
        word = self._journal.commands(self._report.run)[-1]
        if word == "stop":
            return RunState.HELD, "stopped on a word; the new weights stay"
        self._targets = {change.key: change.weights(change.before)}
        self._record()
        version = self._hand.weigh(change, change.after, change.before)
        verdict = self._verify(observer, change, change.before, version)
        if verdict.outcome is Outcome.HOLDS:
            return RunState.ROLLED_BACK, verdict.sentence
        return _STATES[verdict.outcome], verdict.sentence

    def _verify(self, observer: Observer, change: RouteChange, values: Values, version: int | None) -> verify.Verdict:
        shown: list[Any] = [None]

        def tell(fleet: Fleet, layer: Layer | None, sentence: str) -> None:
            line = verify.ledger(fleet, change, layer)
            if shown[0] != (line, sentence):
                shown[0] = (line, sentence)
                self._tell(routes=(line,), layer=layer, message=sentence)

        return verify.wait(
            observer,
            change,
            values,
            version=version,
            steady=Duration.parse(self._settings.run.steady),
            timeout=Duration.parse(self._settings.run.verify_timeout),
            told=self._told,
            held=lambda: self._lease.held,
            tell=tell,
        )

    def _told(self) -> bool:
        """Whether a command came since the last one was obeyed."""
        count = len(self._journal.commands(self._report.run))
        if count > self._heard:
            self._heard = count
            return True
        return False

    def _end(self, state: RunState, message: str) -> None:
        """Take the fence off, finish the record, release the Lease, and only then say that it is over."""
        (change,) = self._plan.routes
        with suppress(FleetConsoleError):
            if self._lease.fence and self._lease.held:
                self._hand.unstamp(change)
        self._report = replace(self._report, state=state, message=message)
        if self._recorded:
            with suppress(FleetConsoleError):
                self._record()
        if self._lease.fence:
            seam("send release")
            self._lease.release()
            seam("answer release")
        self._tell(state=state, message=message, ended=time.time())

    def _record(self) -> None:
        seam("send record")
        write.put_record(
            self._hub,
            self._report.run,
            record.data(self._report, self._plan, self._lease.fence, self._targets),
        )
        self._recorded = True
        seam("answer record")

    def _tell(self, **values: Any) -> None:
        self._journal.update(self._report.run, **values)
        known: Mapping[str, Any] = {k: v for k, v in values.items() if k in RunReport.__slots__}
        self._report = replace(self._report, **known)


_STATES = {
    Outcome.HOLDS: RunState.DONE,
    Outcome.SUPERSEDED: RunState.SUPERSEDED,
    Outcome.TIMED_OUT: RunState.UNVERIFIED,
    Outcome.OVERTAKEN: RunState.SUPERSEDED,
}
