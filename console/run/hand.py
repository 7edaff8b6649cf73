"""The hand of a run: each route's writes, each journaled as intended, sent and confirmed, each under the fence.

Every write re-reads the object, checks the Fleet's UID and that the Lease is still ours, and is read back afterwards. A
write that got no answer is not known: what stands there afterwards decides, however long the hub takes to say it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from console.decide.plan import RouteChange, Values
from console.errors import Denied, FleetConsoleError, Refused, Superseded
from console.kube import write
from console.kube.connect import Hub
from console.kube.lease import FleetLease
from console.model.hub import FENCE_ANNOTATION, TOUCH_ANNOTATION
from console.model.text import inert
from console.run.again import until_answered
from console.run.journal import Journal
from console.run.seams import seam
from console.run.witness import Witness

TRIES = 5
"""Sends after which an Ingress that changes under our hands is given up."""

BRIEFLY = (2.0, 2.0)
"""Seconds, as for `Hub.call`, within which what goes on beside a hold or a wait is answered, or the hub is silent."""
IDENTIFIED = 1.0
"""Seconds for which the server's answer who it is holds."""

Ingress = dict[str, Any]


class Hand:
    """Writes to the Ingresses of one plan, on one Fleet, under one fence."""

    def __init__(
        self,
        hub: Hub,
        journal: Journal,
        run: str,
        fleet_uid: str,
        lease: FleetLease,
        *,
        witness: Witness | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._hub = hub
        self._journal = journal
        self._run = run
        self._fleet_uid = fleet_uid
        self._lease = lease
        self.witness = witness
        """Is told every Ingress that was read; None: nobody is."""
        self.waits: Callable[[str], None] = lambda sentence: None
        """Is told for what the hub is asked again and again."""
        self.refused = False
        """Whether the API server said no to a write, or would."""
        self._clock = clock
        self._pause = pause
        self.written: set[str] = set()
        """Routes whose weights were written, or may have been."""
        self._known: dict[str, Ingress] = {}
        """Each Ingress as it was read back last: the server tests that it is still so."""
        self._identified = float("-inf")
        self.taken: set[str] = set()
        """Routes whose newest weights the API server has answered for, read back or not."""
        self.unsure: set[str] = set()
        """Routes of which a write of weights was not answered, and that were not read since."""
        self.stamped: set[str] = set()
        """Routes on which our fence was put, or may have been."""

    @property
    def fence(self) -> str:
        """What is stamped on an Ingress while this run may write it."""
        return f"{self._lease.fence}.{self._run}"

    def glance(self, change: RouteChange) -> Ingress:
        """As `read`, for a look that would rather hear nothing than wait long."""
        return self.read(change, BRIEFLY)

    def read(self, change: RouteChange, timeout: tuple[float, float] = (5, 10)) -> Ingress:
        """The Ingress as it is. Raises `Superseded` where it is gone or another object has its name."""
        found = write.read_ingress(self._hub, change.namespace, change.name, timeout)
        if found is None or found["metadata"].get("uid") != change.uid:
            raise Superseded(f"Ingress {change.key} is gone, or another object has its name")
        if self.witness is not None:
            self.witness.read(change, found)
        return found

    def place_of(self, change: RouteChange, places: Sequence[Values], last: int) -> int:
        """Where a route stands: the index of the place whose values it holds (`Plan.stations`); of several the one that
        is furthest on the way to the `last` step.

        Raises `Superseded` where it holds none of them.
        """
        ingress = self.read(change)
        for index in chain(range(last, -1, -1), range(last + 1, len(places))):
            if holds(ingress, places[index]):
                return index
        self._expect(change, ingress, change.before)
        raise AssertionError("the values before are position 0")

    def try_dry(self, change: RouteChange, before: Values) -> None:
        """The API server's own word on the write, from a dry run without the fence: tried again where the Ingress, say
        its status, was written between reading and trying. Raises `Superseded` where other weights stand there."""
        step = f"dry run {change.key}"
        for _ in range(TRIES):
            ingress = self.read(change)
            self._expect(change, ingress, before)
            operations = write.weigh(ingress, None, before, change.after)
            try:
                write.patch(self._hub, change.namespace, change.name, operations, dry_run=True)
            except Superseded:
                continue
            except (Denied, Refused):
                self.refused = True
                raise
            self.note(step, "confirmed", "the API server would take the write")
            return
        raise Superseded(f"{step}: somebody else writes this Ingress faster than we do{writer(ingress, before)}")

    def stranger(self, change: RouteChange) -> str | None:
        """The fence of another run that stands on the Ingress; stale, since we hold the Lease."""
        found = write.annotations_of(self.read(change)).get(FENCE_ANNOTATION)
        return None if found == self.fence else found

    def stamp(self, change: RouteChange) -> None:
        """Put our fence on the Ingress, over whatever fence a former run left."""

        def stamped(ingress: Ingress) -> bool:
            return write.annotations_of(ingress).get(FENCE_ANNOTATION) == self.fence

        def operations(ingress: Ingress) -> write.Operations:
            self._lease_is_ours()
            self.stamped.add(change.key)
            return write.stamp(ingress, self.fence)

        self._write(change, "stamp", f"fence {self.fence}", operations, stamped)

    def unstamp(self, change: RouteChange) -> None:
        """Take our fence off again; another one's stays. Needs no Lease: the server tests that it is ours."""

        def bare(ingress: Ingress) -> bool:
            return write.annotations_of(ingress).get(FENCE_ANNOTATION) != self.fence

        def told(ingress: Ingress) -> str:
            found = write.annotations_of(ingress).get(FENCE_ANNOTATION)
            return "fence off" if found is None else f"another run's fence stands there, and stays: {inert(found, 60)}"

        self._write(change, "unstamp", "fence off", lambda found: write.unstamp(found, self.fence), bare, told)

    def weigh(self, change: RouteChange, before: Values, after: Values) -> int | None:
        """Write the weights; returns the resourceVersion they are at, None where it is no number.

        Raises `Superseded` where other weights or another fence stand there.
        """

        def operations(ingress: Ingress) -> write.Operations:
            self._lease_is_ours()
            self._expect(change, ingress, before)
            self._fenced(change, ingress)
            return write.weigh(ingress, self.fence, before, after)

        def written(ingress: Ingress) -> bool:
            return holds(ingress, after)

        self.taken.discard(change.key)
        ingress = self._write(change, "weigh", said(after), operations, written)
        self.written.add(change.key)
        text = str(ingress["metadata"].get("resourceVersion", ""))
        return int(text) if text.isdigit() else None

    def touch(self, change: RouteChange) -> None:
        """Have the controller look at the Ingress again: a note of ours on it gets a new value. Raises `Superseded`
        where another fence stands there."""
        value = f"{self.fence}.{time.time_ns() // 1_000_000}"

        def operations(ingress: Ingress) -> write.Operations:
            self._lease_is_ours()
            self._fenced(change, ingress)
            return write.touch(self.fence, value)

        def touched(ingress: Ingress) -> bool:
            return write.annotations_of(ingress).get(TOUCH_ANNOTATION) == value

        self._write(change, "touch", "for the controller to look at it again", operations, touched)

    def note(self, step: str, phase: str, sentence: str) -> None:
        """One line of the journal."""
        self._journal.line(self._run, step, phase, sentence)

    def step(self, step: str, what: str, send: Callable[[], object]) -> None:
        """A write to anything but an Ingress, journaled as intended, sent and confirmed, or as refused."""
        self.note(step, "intended", what)
        seam(f"send {step}")
        try:
            send()
        except FleetConsoleError as error:
            self.note(step, "refused", str(error))
            raise
        seam(f"answer {step}")
        self.note(step, "confirmed", what)

    def _write(
        self,
        change: RouteChange,
        verb: str,
        what: str,
        operations: Callable[[Ingress], write.Operations],
        done: Callable[[Ingress], bool],
        told: Callable[[Ingress], str] | None = None,
    ) -> Ingress:
        """`told`: what stands there once it is `done`; None: `what`."""
        step = f"{verb} {change.key}"
        ingress = self._known.pop(change.key, None)
        if ingress is None or done(ingress):  # what was read before decides what is sent, never that it is there
            ingress = self._read_back(change) if change.key in self.stamped else self.read(change)
        for _ in range(TRIES):
            if verb == "weigh":
                self.unsure.discard(change.key)
            if done(ingress):
                self.note(step, "confirmed", told(ingress) if told else f"{what} was there already")
                return ingress
            self._same_fleet()
            self._send(change, verb, step, what, operations(ingress))
            ingress = self._read_back(change)
            if verb == "weigh":
                self.unsure.discard(change.key)
            if done(ingress):
                self._known[change.key] = ingress
                stands = told(ingress) if told else what
                self.note(step, "confirmed", f"{stands}, read back at {_version(ingress)}")
                return ingress
            self.taken.discard(change.key)  # somebody else has written since
        raise Superseded(f"{step}: somebody else writes this Ingress faster than we do{writer(ingress, change.before)}")

    def _send(self, change: RouteChange, verb: str, step: str, what: str, sent: write.Operations) -> None:
        """Send once. Returns where the next reading has to decide; raises where the server said no."""
        self.note(step, "intended", what)
        seam(f"send {step}")
        try:
            answer = write.patch(self._hub, change.namespace, change.name, sent)
        except Superseded:
            self.note(step, "refused", "a test of the write failed: reading what stands there")
            return
        except FleetConsoleError as error:
            if not write.still_unknown(error):
                self.refused = True
                self.note(step, "refused", str(error))
                raise
            self._may_be_written(change, verb)
            if verb == "weigh":
                self.unsure.add(change.key)
            self.note(step, "noted", f"not known whether it was written: {error}")
            self.waits(f"the hub is asked whether {change.key} was written: {error}")
            self._pause(1.0)
            return
        self._may_be_written(change, verb)
        if verb == "weigh":
            self.taken.add(change.key)
        seam(f"answer {step}")
        self.note(step, "sent", f"{len(sent)} operations, answered at {_version(answer)}")

    def _may_be_written(self, change: RouteChange, verb: str) -> None:
        if verb == "weigh":
            self.written.add(change.key)

    def _read_back(self, change: RouteChange) -> Ingress:
        """As `until_answered`."""
        what = f"{change.key} holds"
        return until_answered(lambda: self.read(change), what, self.waits, clock=self._clock, pause=self._pause)

    def check_ours(self) -> None:
        """Raise `Refused` where the Lease is another runner's by now, or the server another Fleet."""
        self._lease_is_ours()
        self._same_fleet()

    def _lease_is_ours(self) -> None:
        if self._lease.held or (not self._lease.lost.is_set() and self._lease.renew()):
            return
        raise Refused("the Fleet's Lease is no longer ours", fix="Another runner has taken over: fleet-console runs.")

    def _same_fleet(self) -> None:
        """Asked before each write, but once a second for many in a row."""
        began = self._clock()
        if began - self._identified < IDENTIFIED:
            return
        uid = self._hub.fleet_uid()
        if uid != self._fleet_uid:
            raise Refused(f"the server is another Fleet now ({uid})", fix="Check the kubeconfig.")
        self._identified = began

    def _fenced(self, change: RouteChange, ingress: Ingress) -> None:
        found = write.annotations_of(ingress).get(FENCE_ANNOTATION)
        if found != self.fence:
            shown = "none" if found is None else inert(found, 60)
            raise Superseded(f"Ingress {change.key} carries another fence: {shown}")

    def _expect(self, change: RouteChange, ingress: Ingress, before: Values) -> None:
        if not holds(ingress, before):
            now = said(tuple((key, write.annotations_of(ingress).get(key)) for key, _ in before))
            by = writer(ingress, before)
            raise Superseded(f"{change.key} holds {now}, the plan replaces {said(before)}{by}")


def holds(ingress: Ingress, values: Values) -> bool:
    """Whether an Ingress holds exactly these values, absent ones absent."""
    held = write.annotations_of(ingress)
    return all(held.get(key) == value for key, value in values)


def held(ingress: Ingress, change: RouteChange) -> Values:
    """What an Ingress holds of the keys of a change, absent ones as None."""
    found = write.annotations_of(ingress)
    return tuple((key, found.get(key)) for key, _ in change.before)


def said(values: Values) -> str:
    """Raw values in words: `62:absent`."""
    return ":".join("absent" if value is None else inert(value, 12) for _, value in values)


def writer(ingress: Ingress, values: Values) -> str:
    """` (last written by NAME)`, where managedFields tell."""
    last: tuple[str, str] | None = None
    for entry in ingress["metadata"].get("managedFields") or []:
        fields = (entry.get("fieldsV1") or {}).get("f:metadata") or {}
        if any(f"f:{key}" in (fields.get("f:annotations") or {}) for key, _ in values):
            found = (str(entry.get("time") or ""), inert(entry.get("manager") or "", 60))
            last = found if last is None else max(last, found)
    return f" (last written by {last[1]})" if last else ""


def _version(ingress: Ingress) -> str:
    return f"version {inert(ingress['metadata'].get('resourceVersion', ''), 40)}"
