"""How the members that a run gives weight again are seen to serve: by a direct probe, or by their own pods."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from msgspec import structs

from console.decide import returning
from console.decide.plan import Plan
from console.decide.returning import Judgement, Proof, Tally
from console.model.direct import Sample
from console.model.fleet import Fleet
from console.model.text import inert
from console.model.workload import WorkloadWord
from console.probe.direct import Ask, Direct
from console.probe.request import ask
from console.settings import DirectSettings, Duration, MemberSettings, Settings

LOOK = 0.5
"""Seconds between two looks at a member's pods that count as one answer each."""
NEWEST = 20_000
"""Looks, and requests through the gateway, that are kept."""
LONGEST = 1800.0
"""Seconds for which a member must be clean at most, however often a way back was given up."""
_NOTHING = "neither a direct probe nor its own API is in settings (fleets.members.ID.direct)"


class Eyes:
    """For one plan. A member with a direct probe is judged by it alone, any other one by its own API's word on its
    pods. `clock` is monotonic. Any thread may tell and ask."""

    def __init__(
        self,
        plan: Plan,
        settings: Settings,
        *,
        ask: Ask = ask,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._settings = settings.fleet.members
        self._clock = clock
        self._growing, self._serving = returning.growing(plan), returning.serving(plan)
        members = (*self._growing, *self._serving)
        probed = {one: found for one in members if (found := self._said(one).direct) is not None}
        self._direct = Direct(probed, ask=ask, clock=clock)
        self._probed: dict[str, DirectSettings] = probed
        self._pods: dict[str, deque[Sample]] = {
            one: deque(maxlen=NEWEST) for one in members if one not in probed and self._said(one).readable
        }
        self._gateway: deque[Sample] = deque(maxlen=NEWEST)
        self._routes = {change.key for change in plan.routes}
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self.clean = float(Duration.parse(settings.run.returning.clean))
        """Seconds for which a member must be clean before it gets weight; twice as long after each retreat."""
        self.window = float(Duration.parse(settings.run.returning.compare))
        """Seconds of one comparison."""

    def _said(self, member: str) -> MemberSettings:
        return self._settings.get(member, MemberSettings())

    def reading(self, settings: Settings) -> tuple[Settings, bool]:
        """Settings by which only those members' own APIs are read whose pods decide, and whether there are any."""
        members = {
            one: said if one in self._pods else structs.replace(said, kubeconfig=None, context=None)
            for one, said in settings.fleet.members.items()
        }
        fleet = structs.replace(settings.fleet, members=members)
        return structs.replace(settings, fleets=(fleet, *settings.fleets[1:])), bool(self._pods)

    def start(self) -> None:
        """Begin to look, or go on with it."""
        self._direct.start()

    def stop(self) -> None:
        """Look no more, and forget what was seen."""
        self._direct.stop()
        self.forget()

    def forget(self) -> None:
        """What was seen proves nothing any more."""
        self._direct.forget()
        with self._lock:
            for samples in (*self._pods.values(), self._gateway):
                samples.clear()

    def retreated(self) -> None:
        """A way back was given up: the next one needs a longer time without a failure."""
        self.clean = min(max(LONGEST, self.clean), 2 * self.clean)
        self.forget()

    def heard(self, route: str, sent: float, member: str | None, failed: bool) -> None:
        """One request through the gateway, sent at a monotonic second."""
        if route in self._routes:
            with self._lock:
                self._gateway.append(Sample(sent, None, f"{route} failed" if failed else ""))

    def look(self, fleet: Fleet) -> None:
        """Take from the picture what members' own APIs say of their pods."""
        now = self._clock()
        with self._lock:
            if now - self._looked < LOOK:
                return
            self._looked = now
            for member, samples in self._pods.items():
                samples.append(Sample(now, None, _unready(fleet, member)))

    def samples(self, member: str) -> Sequence[Sample]:
        """What was seen of a member, oldest first."""
        if member in self._probed:
            return self._direct.samples(member)
        with self._lock:
            return tuple(self._pods.get(member, ()))

    def proof(self, fleet: Fleet) -> Proof:
        """Whether every member that would get weight again is proven to serve; else which is not, and why."""
        self.look(fleet)
        for member in self._growing:
            seen = member in self._probed or member in self._pods
            found = returning.clean(self.samples(member), self._clock(), self.clean) if seen else Proof(False, _NOTHING)
            if not found.proven:
                return replace(found, sentence=f"no proof that {self._name(fleet, member)} serves: {found.sentence}")
        return Proof(True)

    def compared(self, fleet: Fleet, since: float) -> Judgement:
        """How the members that have weight again fare beside those that serve, from a monotonic second on."""
        ours = {self._name(fleet, one): returning.tally(self.samples(one), since) for one in self._growing}
        others = returning.tally([sample for one in self._serving for sample in self.samples(one)], since)
        with self._lock:
            gateway: Tally = returning.tally(tuple(self._gateway), since)
        return returning.compare(ours, others, gateway)

    def _name(self, fleet: Fleet, member: str) -> str:
        known = next((one.name for one in fleet.members if one.id == member), None)
        return inert(known or self._said(member).name or member, 60)


def _unready(fleet: Fleet, member: str) -> str:
    """What a member's own API says against its pods; empty where all that are wanted are ready."""
    known = next((one for one in fleet.members if one.id == member), None)
    if known is None:
        return "its own API is not read yet"
    seen = known.workload
    if not seen.current or seen.word is WorkloadWord.UNKNOWN:
        return f"its own API does not say whether its pods are ready{f': {seen.why}' if seen.why else ''}"
    return "" if seen.word is WorkloadWord.OK else f"{seen.ready} of {seen.wanted} pods are ready by its own API"
