"""A run's hold on its reverters: automated sync of ArgoCD Applications, switched off for the run's time and restored.

It is a debt: journaled and recorded before it is made, and noted on the Application itself by the very write that makes
it, so that any console can show it and settle it. What stands there decides what is written, whoever wrote it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import Any

from console.decide import reverters
from console.decide.reverters import HOLD, RESTORE, Reverter
from console.errors import FleetConsoleError, Refused, Superseded
from console.kube import applications, write
from console.kube.connect import Hub
from console.model.held import SyncHeld
from console.model.text import inert
from console.run.again import PATIENCE, until_answered
from console.run.hand import TRIES
from console.run.seams import seam

LOOK = 0.5
"""Seconds between two looks at a sync that is still under way."""
Application = dict[str, Any]


class Reverters:
    """Of one run. `note` journals one line (step, phase, sentence). `of`: the run that this one undoes, whose debts it
    takes on. `owed`: what it may owe already."""

    def __init__(
        self,
        hub: Hub,
        note: Callable[[str, str, str], None],
        run: str,
        fleet_uid: str,
        known: Sequence[Reverter],
        *,
        of: str | None = None,
        owed: Collection[Reverter] = (),
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._hub = hub
        self._note = note
        self._run = run
        self._fleet_uid = fleet_uid
        self._known = tuple(known)
        self._of = of
        self._owed = {one.key: one for one in owed}
        self.taken: set[str] = set()
        """Applications that this run has taken on from the one that it undoes."""
        self._clock = clock
        self._pause = pause
        self.on: list[str] = []
        """Applications whose automated sync is on by us again."""
        self.waits: Callable[[str], None] = lambda sentence: None
        """Is told for what the hub is asked again and again."""

    @property
    def owed(self) -> tuple[str, ...]:
        """The Applications whose automated sync is off, or may be, by us."""
        return tuple(self._owed)

    def try_dry(self) -> None:
        """The API server's own word on every hold. Raises `Refused` where the policy is not the planned one."""
        for one in self._known:
            found = self._read(one)
            if found is None or self._ours(found) is not None:
                continue
            try_dry(self._hub, one, found)
            self._note(f"dry run {HOLD} {one.key}", "confirmed", "the API server would take the write")

    def hold(
        self,
        ours: Callable[[], None],
        recorded: Callable[[], None],
        told: Callable[[], bool] = lambda: False,
        *,
        lenient: bool = False,
    ) -> None:
        """Switch automated sync off. `ours` raises where another runner has taken over; `recorded` writes the debts
        into the run's record; `told`: whether somebody wants something else by now.

        Raises `Refused` where the policy is not the planned one any more; `lenient`, as on a way back, that is noted,
        and nothing is held.
        """
        for one in self._known:
            try:
                self._hold(one, ours, recorded)
                if not lenient:
                    self._settled_down(one, told)
            except Superseded:
                raise
            except FleetConsoleError as error:
                if not lenient:
                    raise
                self._note(f"{HOLD} {one.key}", "noted", f"not held: {error}")

    def end(self, *, stays: bool, guarded: bool) -> list[str]:
        """What a run does that is over: restores what is owed, unless it `stays` off; returns what there is to say.
        `guarded`: the run's runner restores it at its time."""
        if not stays:
            return self.restore()
        self._look()
        if not self._owed:
            return []
        off, run = stays_off(self._owed), self._run
        if guarded:
            return [f"{off} until it goes back, or is kept"]
        return [f"{off}, or the weights would move: rollback {run} ends that, and so does restore-sync {run}"]

    def restore(self) -> list[str]:
        """Restore what is owed; returns a sentence for each that could not be."""
        left = []
        for one in tuple(self._owed.values()):
            try:
                self._restore(one)
            except Exception as error:  # what fails is told, and keeps no other from being restored
                why = inert(error, 200)
                self._note(f"{RESTORE} {one.key}", "noted", f"not restored: {why}")
                again = f"fleet-console restore-sync {self._run}"
                left.append(f"{reverters.several([one.key])} is still off, restore it with {again}: {why}")
        return left

    def _look(self) -> None:
        """Forget what is owed no more, by what stands there; what cannot be read stays owed."""
        for one in tuple(self._owed.values()):
            with suppress(Exception):  # whatever it is, the run ends
                found = self._read(one)
                held = None if found is None else applications.held_of(found)
                if held is None or held.run != self._run:
                    self._settle(one, f"{RESTORE} {one.key}", found, held)

    def _hold(self, one: Reverter, ours: Callable[[], None], recorded: Callable[[], None]) -> None:
        step = f"{HOLD} {one.key}"
        for _ in range(TRIES):
            found = self._read_back(one)
            if found is None:
                self._note(step, "noted", "it is gone: nothing of it is to be held")
                return
            held = self._ours(found)
            if held is not None and held.run == self._run:
                self._owed[one.key] = one
                self.taken |= {one.key} if self._of is not None else set()
                self._note(step, "confirmed", f"automated sync {held.automated} is off")
                return
            if held is None:
                _expect(one, found)
                what, operations = f"automated sync {one.automated} off", applications.hold(found, self._held(one))
            else:
                mine = SyncHeld(self._run, held.automated, held.since)
                what, operations = f"the debt of run {held.run} taken on", applications.take_on(found, mine)
            ours()
            self._note(step, "intended", what)
            if one.key not in self._owed:
                self._owed[one.key] = one
                recorded()
            if not self._send(one, step, what, operations):
                del self._owed[one.key]
        raise Refused(f"{step}: somebody else writes this Application faster than we do", fix="Plan it again.")

    def _settled_down(self, one: Reverter, told: Callable[[], bool]) -> None:
        """Wait until a sync that was under way has ended: it began before ours was off, and writes weights, too."""
        began = self._clock()
        while one.key in self._owed:
            found = self._read_back(one)
            if found is None or not applications.operating(found) or told():
                return
            if self._clock() - began > PATIENCE:
                self._note(f"{HOLD} {one.key}", "noted", "a sync is still under way: it may write weights yet")
                return
            self.waits(f"waiting for a sync of {one.key} that is under way")
            self._pause(LOOK)

    def _restore(self, one: Reverter) -> None:
        step = f"{RESTORE} {one.key}"
        for _ in range(TRIES):
            found = self._read_back(one)
            held = None if found is None else applications.held_of(found)
            if found is None or held is None or held.run != self._run:
                self._settle(one, step, found, held)
                return
            what = f"automated sync {held.automated} on again"
            self._note(step, "intended", what)
            self._send(one, step, what, applications.restore(found, held))
        raise Refused(f"{step}: somebody else writes this Application faster than we do")

    def _settle(self, one: Reverter, step: str, found: Application | None, held: SyncHeld | None) -> None:
        """Nothing is owed any more, by what stands there."""
        del self._owed[one.key]
        stands = None if found is None else applications.automation_of(found)
        if found is None:
            said = "the Application is gone, or another object has its name: nothing is owed"
        elif held is not None:
            said = f"run {held.run} holds it now, and restores it"
        elif stands == one.automated:
            self.on.append(one.key)
            said = f"automated sync {stands} is on"
        else:
            said = f"somebody else decides on it since: automated sync {'is off' if stands is None else stands}"
        self._note(step, "confirmed", said)

    def _send(self, one: Reverter, step: str, what: str, operations: write.Operations) -> bool:
        """Send once; what stands there afterwards decides. False where it certainly was not written."""
        self._same_fleet()
        seam(f"send {step}")
        try:
            write.send(self._hub, _place(one), operations)
        except Superseded:
            self._note(step, "refused", "a test of the write failed: reading what stands there")
            return step.startswith(RESTORE)
        except FleetConsoleError as error:
            if not write.still_unknown(error):
                self._note(step, "refused", str(error))
                self._owed = {k: v for k, v in self._owed.items() if k != one.key or step.startswith(RESTORE)}
                raise
            self._note(step, "noted", f"not known whether it was written: {error}")
            self.waits(f"the hub is asked whether {one.key} was written: {error}")
            self._pause(1.0)
            return True
        seam(f"answer {step}")
        self._note(step, "sent", what)
        return True

    def _ours(self, found: Application) -> SyncHeld | None:
        """The note of this run, or of the one that it undoes, where automated sync is off by it."""
        held = applications.held_of(found)
        off = applications.automation_of(found) is None
        return held if held is not None and off and held.run in (self._run, self._of) else None

    def _held(self, one: Reverter) -> SyncHeld:
        return SyncHeld(self._run, one.automated, time.time())

    def _read(self, one: Reverter) -> Application | None:
        """The Application as it is; None where it is gone, or another object has its name."""
        found = write.read(self._hub, _place(one))
        return found if found is not None and found["metadata"].get("uid") == one.uid else None

    def _read_back(self, one: Reverter) -> Application | None:
        """As `until_answered`."""
        what = f"Application {one.key} holds"
        return until_answered(lambda: self._read(one), what, self.waits, clock=self._clock, pause=self._pause)

    def _same_fleet(self) -> None:
        uid = self._hub.fleet_uid()
        if uid != self._fleet_uid:
            raise Refused(f"the server is another Fleet now ({uid})", fix="Check the kubeconfig.")


def stays_off(keys: Iterable[str]) -> str:
    """What the message of a run that is over says of what it owes; how it goes on follows."""
    return f"{reverters.several(keys)} stays off"


def try_dry(hub: Hub, one: Reverter, found: Application) -> None:
    """Have the API server try a hold of an Application as it was just read. Raises as `write.send`, and `Refused`
    where the policy is not the planned one."""
    _expect(one, found)
    write.send(hub, _place(one), applications.hold(found, SyncHeld("dry", one.automated, 0.0)), dry_run=True)


def _expect(one: Reverter, found: Application) -> None:
    """Raise `Refused` where an Application as it was just read is not what was planned."""
    owners = found["metadata"].get("ownerReferences") or ()
    if any(isinstance(owner, dict) and owner.get("kind") == "ApplicationSet" for owner in owners):
        raise Refused(f"an ApplicationSet owns Application {one.key} and would write its sync policy back")
    stands = applications.automation_of(found)
    if stands != one.automated:
        held = applications.held_of(found)
        now = f"is off for run {held.run}" if held is not None and stands is None else f"is {stands or 'off'}"
        said = f"the sync policy of Application {one.key} was changed since the plan: automated sync {now}"
        raise Refused(said, fix="Plan it again.")


def _place(one: Reverter) -> write.Place:
    return applications.place(one.namespace, one.name)
