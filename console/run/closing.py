"""The end of a run: the fence off, what was switched off for it on again, its record finished, the Lease released, and
only then said to be over. What of that fails is told, and keeps nothing else from being done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from console.decide.plan import Plan
from console.errors import FleetConsoleError, Superseded
from console.kube.connect import Hub
from console.kube.lease import FleetLease
from console.model.run import RunState
from console.model.text import inert
from console.observe import Observer
from console.run import others, recovered
from console.run.bulletin import Bulletin
from console.run.hand import Hand
from console.run.hook import Hook
from console.run.journal import Journal
from console.run.reverters import Reverters
from console.run.walk import Walk
from console.run.witness import Witness

_Left = tuple[str, str]
"""What an ending could not do, and why."""


class Closing:
    """Of one run. `close` says it each time that the run is over for now: one that retreated ends again."""

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        hub: Hub,
        bulletin: Bulletin,
        hand: Hand,
        walk: Walk,
        lease: FleetLease,
        reverters: Reverters,
        witness: Witness,
        observer: Observer,
        hook: Hook,
    ) -> None:
        self.head = ""
        """Of the chain over the run's evidence, once it is sealed."""
        self._plan = plan
        self._journal = journal
        self._hub = hub
        self._bulletin = bulletin
        self._hand = hand
        self._walk = walk
        self._lease = lease
        self._reverters = reverters
        self._witness = witness
        self._observer = observer
        self._hook = hook
        self._left: list[_Left] = []

    def close(self, state: RunState, message: str, *, touched: bool, retreated: bool, standing: bool) -> None:
        """`touched`: whether a weight was written, or may have been; `retreated`: whether it gave its way back up;
        `standing`: whether what its routes hold is still to be said."""
        self._left = []
        run = self._bulletin.report.run
        for change in self._plan.routes:
            if change.key in self._hand.stamped:
                self._try(partial(self._hand.unstamp, change), f"our fence is still on {change.key}")
        if state is RunState.HELD and touched:  # it was on its way: what it reached is where it stands
            places = [*map(self._walk.place, self._plan.routes)]
            self._walk.at = self._walk.at if self._walk.at in places else max(places)
            self._bulletin.try_telling(step=max(places), routes=self._walk.ledger(self._observer.store.fleet))
        owed = self._restore(state, touched=touched)
        if (of := self._plan.of) is not None and state is RunState.ROLLED_BACK:
            undone = partial(others.undone, self._hub, self._journal, of, run)
            self._try(undone, f"run {of} still tells that it goes back")
        also = [self._walk.standing if touched else "nothing was written"] if standing else []
        if state is RunState.DONE and (took := self._recovery()):
            also.append(took)
        self._bulletin.try_telling(
            expires=self._expires(state, retreated=retreated), hold_until=None, since=None, usual=None
        )

        def whole() -> str:  # what is left to say grows until the last part
            return _sentences(message, *also, *owed, *_told(self._left, message))

        self._bulletin.report = replace(self._bulletin.report, state=state, message=whole())
        self.head = self._witness.seal(self._bulletin.report)
        if self._bulletin.recorded:
            self._try(self._bulletin.record, "its record on the Fleet is not up to date")
        if self._lease.fence:
            self._try(self._release, "the Fleet's Lease runs out by itself")
        self._bulletin.tell(state=state, message=whole(), ended=time.time())
        self._hook.tell(self._bulletin.report)

    def _expires(self, state: RunState, *, retreated: bool) -> float | None:
        """The epoch second at which it goes back by itself; one that retreated has that behind it."""
        if state is not RunState.DONE:
            return None
        if retreated:
            return self._bulletin.report.expires
        return time.time() + self._plan.expires if self._plan.expires else None

    def _recovery(self) -> str:
        """How long clients had to wait, in a sentence; nothing where none had to, or the journal does not tell."""
        self._witness.flush()
        with suppress(FleetConsoleError, ValueError, LookupError, TypeError):
            return recovered.said(self._journal, self._bulletin.report.run)
        return ""

    def _restore(self, state: RunState, *, touched: bool) -> list[str]:
        """Restore the automated sync that is owed, unless its weights have to stay as they are, or another runner may
        have it by now; returns what there is to say of it. What was taken on from the run that this one undoes is no
        debt of that one any more."""
        holds = state in (RunState.HELD, RunState.UNVERIFIED) and touched
        stays = state is RunState.DONE or holds or (self._reverters.owed != () and not self._holds_lease())
        said = self._reverters.end(stays=stays, guarded=state is RunState.DONE)
        of, run, taken = self._plan.of, self._bulletin.report.run, self._reverters.taken
        if of is not None and taken:
            why = _failure(partial(others.pass_on, self._hub, self._journal, of, run, taken))
            said += [f"run {of} still tells of what it owed: {why}"] if why else []
        return said

    def _holds_lease(self) -> bool:
        """Whether the Fleet's Lease was taken, and is ours still, by the hub's own word."""
        with suppress(FleetConsoleError):
            return self._lease.fence > 0 and self._lease.renew()
        return False

    def _release(self) -> None:
        def send() -> None:
            if not self._lease.release():
                raise FleetConsoleError("the hub could not be told")

        self._hand.step("release", "the Fleet's Lease", send)

    def _try(self, part: Callable[[], object], otherwise: str) -> None:
        if why := _failure(part):
            self._left.append((otherwise, why))


def _failure(part: Callable[[], object]) -> str:
    """Do a part of the ending; why it failed, empty where it did not."""
    try:
        part()
    except Superseded:
        return ""  # gone, or another run's by now: nothing of ours is left there
    except Exception as error:
        return inert(error, 160)
    return ""


def _told(left: Sequence[_Left], message: str) -> list[str]:
    """A sentence for each reason why something was left; a reason that `message` gives already is not said again."""
    found: dict[str, list[str]] = {}
    for what, why in left:
        found.setdefault(why, []).append(what)
    return [f"{', '.join(whats)}{'' if why in message else f': {why}'}" for why, whats in found.items()]


def _sentences(*parts: str) -> str:
    """One after the other, with one full stop between two."""
    return ". ".join(part.rstrip(".") for part in parts)
