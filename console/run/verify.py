"""Waiting until the layers hold what was written, with the viewer's own readers, only faster."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from console.decide.plan import RouteChange, Values
from console.errors import FleetConsoleError, Superseded
from console.kube.write import annotations_of
from console.model.fleet import AlbHealthWord, Controller, Fleet, Layer, Route
from console.model.freshness import SourceName, SourceState
from console.model.run import RunRoute
from console.model.text import inert
from console.observe import Observer
from console.present.times import clock
from console.run.hand import holds, said, writer

LOOK = 0.25
"""Seconds between two looks at the picture."""
REREAD = 2.0
"""Seconds between two readings of the Ingress itself, which no watch can delay."""
ROUND = 8
"""Ingresses that one such reading takes at most."""
SILENT = 10.0
"""Seconds after which a hub that answers no reading counts as not reached."""
_BLIND = (SourceState.LOST, SourceState.STALE, SourceState.DENIED)


class Outcome(Enum):
    """How the waiting ended."""

    HOLDS = "holds"
    SUPERSEDED = "superseded"
    TIMED_OUT = "timed out"
    UNREACHED = "unreached"
    """The time is over, and the hub answers nobody."""
    TOLD = "told"
    """A command came."""
    OVERTAKEN = "overtaken"
    """The Lease is somebody else's."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, the layer it was at, and the sentence that explains it."""

    outcome: Outcome
    layer: Layer | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a route. `agrees`: no readable layer speaks against the values; `settled`: all are sure of them.

    `layer`: the first that does not hold them, or the deepest once all do.
    """

    agrees: bool
    settled: bool
    layer: Layer | None
    sentence: str
    route: str = ""
    """The route that it speaks of."""


def look(fleet: Fleet, change: RouteChange, values: Values, version: int | None, fleet_uid: str) -> Look:
    """What the picture says of a route that should hold `values` since resourceVersion `version`."""
    route = fleet.route(change.key)
    if fleet.uid == fleet_uid and route is None and _bare(fleet, values):
        return Look(True, True, Layer.ANNOTATION, "")
    if fleet.uid != fleet_uid or route is None:
        return Look(False, False, Layer.ANNOTATION, "the route is not read yet")
    blind = _blind(fleet, route)
    if blind is not None:
        return blind
    seen = int(route.resource_version) if route.resource_version.isdigit() else None
    if version is not None and seen is not None and seen < version:
        return Look(False, False, Layer.ANNOTATION, "our own write is not read back by the watch yet")
    if not _noted(route, values):
        return Look(False, False, Layer.ANNOTATION, "the annotations differ from what was written")
    agreement = route.agreement
    left = _left(fleet, change, values) if agreement.stuck_at in (None, Layer.OBSERVED) and route.probed else ""
    if left:
        return Look(True, True, Layer.RULE, f"{left} is dead, so that what clients see does not tell its share")
    if agreement.stuck_at is not None:
        failing = _failing(fleet, change, values, route) if agreement.stuck_at is Layer.OBSERVED else ""
        return Look(False, False, agreement.stuck_at, f"{failing}{agreement.sentence}")
    if route.probed and all(line.observed is None for line in route.members):
        sentence = "too few probe answers since the rule changed"
        return Look(True, False, Layer.OBSERVED, f"{_failing(fleet, change, values, route)}{sentence}")
    if not agreement.settled:
        return Look(True, False, Layer.OBSERVED, f"{_failing(fleet, change, values, route)}{agreement.sentence}")
    return Look(True, True, agreement.deepest, "")


def look_at(fleet: Fleet, targets: Sequence[Target], fleet_uid: str) -> Look:
    """All targets in one look: the one that is furthest from its values speaks for them, by its name where there are
    several."""
    looks = [(one, look(fleet, one.change, one.values, one.version, fleet_uid)) for one in targets]
    order = list(Layer)
    waiting = [(one, seen) for one, seen in looks if not seen.agrees] or [(o, s) for o, s in looks if not s.settled]
    ranked = sorted(waiting or looks, key=lambda pair: order.index(pair[1].layer or Layer.ANNOTATION))
    one, seen = ranked[0]
    seen = replace(seen, route=one.change.key)
    if len(looks) == 1 or not waiting:
        return seen
    more = f" (and {len(waiting) - 1} more of {len(looks)} routes)" if len(waiting) > 1 else ""
    return replace(seen, sentence=f"{one.change.key}: {seen.sentence}{more}")


def _left(fleet: Fleet, change: RouteChange, values: Values) -> str:
    """The members that still have weight, no more of it than before the plan, and that the ALB finds dead: the requests
    that they should answer fail, and whoever waits for their share would keep clients there."""
    before = change.weights(change.before)
    kept = {member for member, part in change.weights(values).items() if part and part <= (before.get(member) or 0)}
    dead = (one.name for one in fleet.members if one.id in kept and one.alb_health.word is AlbHealthWord.DEAD)
    return ", ".join(dead)


def _failing(fleet: Fleet, change: RouteChange, values: Values, route: Route) -> str:
    """What fails behind the gateway, to begin a sentence with: requests, and members that get weight and are dead."""
    if not route.probe_failures:
        return ""
    served = {member for member, weight in change.weights(values).items() if weight}
    dead = [one.name for one in fleet.members if one.id in served and one.alb_health.word is AlbHealthWord.DEAD]
    by = f", and the ALB finds {', '.join(dead)} dead" if dead else ""
    return f"{route.probe_failures} requests failed since the rule changed{by}; "


def unproven(fleet: Fleet, targets: Sequence[Target]) -> Iterator[str]:
    """The routes of which nothing but more answers is missing; none where nobody answers at all."""
    if fleet.source(SourceName.PROBE).state is SourceState.LOST:
        return
    for one in targets:
        route = fleet.route(one.change.key)
        if route is not None and route.probed:
            seen = look(fleet, one.change, one.values, one.version, fleet.uid or "")
            if seen.layer is Layer.OBSERVED and not seen.settled:
                yield route.key


def _blind(fleet: Fleet, route: Route) -> Look | None:
    """A source that stopped answering proves nothing by what it said last."""
    for name, layer in ((SourceName.ROUTES, Layer.ANNOTATION), (SourceName.ALB, Layer.RULE)):
        source = fleet.source(name)
        read = name is SourceName.ROUTES or route.rule_state is not None
        if read and source.state in _BLIND:
            why = f": {source.message}" if source.message else ""
            return Look(False, False, layer, f"{name} is {source.state}{why}")
    probe = fleet.source(SourceName.PROBE)
    if route.probed and probe.state is SourceState.LOST:
        return Look(False, False, Layer.OBSERVED, f"no probe is answered: {probe.message}")
    return None


def ledger(fleet: Fleet, change: RouteChange, values: Values) -> RunRoute:
    """The route as the run tells it: before, after and now by member, and the deepest layer that holds `values`."""
    route = fleet.route(change.key)
    held = {line.key: line.raw for line in route.members if line.key is not None} if route else {}
    now = change.weights(tuple((key, held.get(key)) for key, _ in change.members))
    before, after = change.weights(change.before), change.weights(change.after)
    deepest = _deepest(route) if route is not None and _noted(route, values) else None
    wants = change.weights(values)
    return RunRoute(
        change.key,
        tuple(before.items()),
        tuple(after.items()),
        tuple(now.items()),
        deepest,
        tuple(wants.items()),
    )


def _deepest(route: Route) -> Layer:
    """The deepest readable layer above the one that does not hold yet; at least the annotation, which does: where even
    that seems not to, the record read last is another run's, and asks for something else."""
    readable = [Layer.CONTROLLER] if route.controller is not Controller.NOT_REPORTED else []
    readable += [Layer.RULE] if any(line.rule is not None for line in route.members) else []
    if route.agreement.settled and route.agreement.deepest is Layer.OBSERVED:
        return Layer.OBSERVED
    order = list(Layer)
    stuck = route.agreement.stuck_at
    deeper = [one for one in readable if stuck is None or order.index(one) < order.index(stuck)]
    return deeper[-1] if deeper else Layer.ANNOTATION


@dataclass(frozen=True, slots=True)
class Target:
    """What one route should hold, since resourceVersion `version` (None: any). `written`: the monotonic second at which
    our write of it was read back; None where this runner wrote none."""

    change: RouteChange
    values: Values
    version: int | None = None
    written: float | None = None


class Waiting:
    """One wait for all routes of a step. `read` reads an Ingress itself, `told` says that a command came, `overtaken`
    that the Lease is somebody else's, `tell` is told each look, `rules_read` says when a gateway's rules were read last
    (`clock`; None: they are not). `steady` and `timeout` in seconds."""

    def __init__(
        self,
        observer: Observer,
        targets: Sequence[Target],
        *,
        fleet_uid: str,
        steady: float,
        timeout: float,
        read: Callable[[RouteChange], dict[str, Any]],
        told: Callable[[], bool],
        overtaken: Callable[[], bool],
        tell: Callable[[Fleet, Look], None],
        rules_read: Callable[[str], float | None] = lambda gateway: None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._observer = observer
        self._targets = deque(targets)
        self._fleet_uid = fleet_uid
        self._steady = steady
        self._timeout = timeout
        self._read = read
        self._told = told
        self._overtaken = overtaken
        self._tell = tell
        self._rules_read = rules_read
        self._clock = clock
        self._pause = pause
        self._answered = clock()
        self._unheard: tuple[str, float, type[FleetConsoleError] | None] = "", 0.0, None
        """Why no reading is answered, since which epoch second, and what kind of failure that is; empty where the last
        one was."""
        self._reread = clock()

    def verdict(self) -> Verdict:
        """Look until every readable layer has held the values for `steady` seconds without a break and is sure of
        them, or until something else ends it. The steady time and the probe's sampling overlap."""
        began = self._clock()
        since: float | None = None
        while True:
            now = self._clock()
            fleet = self._observer.store.fleet
            seen = self._unread(fleet, look_at(fleet, tuple(self._targets), self._fleet_uid), began)
            since = (since if since is not None else now) if seen.agrees else None
            if seen.settled:
                seen = replace(seen, sentence=f"every readable layer holds it, for {self._steady:g} s to be sure")
            seen = self._silence(seen)
            self._tell(fleet, seen)
            ended = self._ended(seen, now)
            if ended is not None:
                return ended
            if seen.settled and since is not None and now - since >= self._steady:
                proven = self._proven(seen)
                if proven is not None:
                    return proven
            if now - began >= self._timeout:
                return self._late(seen, now)
            self._pause(LOOK)

    def hold(self, left: Callable[[], float]) -> Verdict:
        """Stay while seconds are left, and see that nobody else writes the weights meanwhile; layers that part again
        are told, and wait for the next step's verification."""
        while (rest := left()) > 0:
            fleet = self._observer.store.fleet
            seen = self._silence(look_at(fleet, tuple(self._targets), self._fleet_uid))
            self._tell(fleet, seen)
            ended = self._ended(seen, self._clock())
            if ended is not None:
                return ended
            self._pause(min(LOOK, rest))
        return Verdict(Outcome.HOLDS, None, "held")

    def _unread(self, fleet: Fleet, seen: Look, began: float) -> Look:
        """A look at rules that nobody has read since the write: what they held before proves nothing, not even where it
        is what they should hold."""
        if not seen.agrees:
            return seen
        for target in self._targets:
            route = fleet.route(target.change.key)
            read = self._rules_read(route.gateway) if route is not None and route.gateway else None
            if route is not None and route.rule_state is not None and read is not None and read < began:
                source = fleet.source(SourceName.ALB)
                why = f": {source.message}" if source.message else ""
                sentence = f"the ALB's rules were not read since the write{why}"
                return Look(False, False, Layer.RULE, sentence, route.key)
        return seen

    def _silence(self, seen: Look) -> Look:
        """A look while the hub answers no reading: what its watches showed last is nothing to go by."""
        if not self._unheard[0]:
            return seen
        why, since, _ = self._unheard
        sentence = f"the hub has not said since {clock(since)} what stands there: {why}"
        return Look(False, False, Layer.ANNOTATION, sentence, seen.route)

    def _proven(self, seen: Look) -> Verdict | None:
        """The end of the steady time, once the Ingress itself, which no watch can delay, still holds the values; None
        where nobody says whether it does."""
        changed = self._changed(len(self._targets))
        if changed is not None:
            return Verdict(Outcome.SUPERSEDED, Layer.ANNOTATION, changed)
        if self._unheard[0]:
            return None
        return Verdict(Outcome.HOLDS, seen.layer, f"verified down to {self._depths(seen)}")

    def _depths(self, seen: Look) -> str:
        """`layer observed`, or how many routes to which layer."""
        fleet, counts = self._observer.store.fleet, dict[Layer, int]()
        looks = [look(fleet, one.change, one.values, one.version, self._fleet_uid) for one in self._targets]
        for one in looks:
            layer = one.layer or Layer.ANNOTATION
            counts[layer] = counts.get(layer, 0) + 1
        if len(counts) < 2:
            why = next((f": {one.sentence}" for one in looks if one.sentence), "")
            return f"layer {seen.layer}{why}"
        return ", ".join(f"layer {layer} on {counts[layer]}" for layer in reversed(Layer) if layer in counts)

    def _ended(self, seen: Look, now: float) -> Verdict | None:
        """What ends the waiting whatever the layers say."""
        if self._overtaken():
            return Verdict(Outcome.OVERTAKEN, seen.layer, "another runner took the Fleet's Lease over")
        suspicious = seen.layer is Layer.ANNOTATION and not seen.agrees
        if now - self._reread >= (LOOK if suspicious else REREAD):
            self._reread = now
            changed = self._changed(ROUND)
            if changed is not None:
                return Verdict(Outcome.SUPERSEDED, Layer.ANNOTATION, changed)
        return Verdict(Outcome.TOLD, seen.layer, seen.sentence) if self._told() else None

    def _changed(self, most: int) -> str | None:
        """Who changed the weights after our confirmed write, as a sentence; None where nobody did, or nobody says.
        Looks at `most` routes, and at the next ones the next time."""
        for _ in range(min(most, len(self._targets))):
            self._targets.rotate(-1)
            target = self._targets[-1]
            try:
                ingress = self._read(target.change)
            except Superseded as error:
                return str(error)
            except FleetConsoleError as error:
                self.unheard(error)
                return None
            self._answered, self._unheard = self._clock(), ("", 0.0, None)
            if not holds(ingress, target.values):
                held = annotations_of(ingress)
                now = said(tuple((key, held.get(key)) for key, _ in target.values))
                by = writer(ingress, target.values)
                after = "" if target.written is None else f", seen {self._clock() - target.written:.1f} s"
                return f"{target.change.key} was changed to {now}{after} after our write{by}"
        return None

    def unheard(self, error: FleetConsoleError) -> None:
        """The hub did not answer: its words are kept until it fails in another way, whichever route is read next, or a
        reading is answered."""
        why, since, kind = self._unheard
        if kind is not type(error):
            since = since if why else time.time() - (self._clock() - self._answered)
            self._unheard = inert(str(error), 200), since, type(error)

    def _late(self, seen: Look, now: float) -> Verdict:
        if now - self._answered > max(SILENT, 2 * REREAD):
            sentence = f"the hub has not answered for {now - self._answered:.0f} s; the weights were written"
            return Verdict(Outcome.UNREACHED, seen.layer, sentence)
        why = f": {inert(seen.sentence, 200)}" if seen.sentence else ""
        sentence = f"not verified within {self._timeout:g} s, stuck at layer {seen.layer}{why}"
        return Verdict(Outcome.TIMED_OUT, seen.layer, sentence)


def _bare(fleet: Fleet, values: Values) -> bool:
    """Whether an Ingress that should carry no weights is one that no picture shows: it leads to no known gateway."""
    return all(value is None for _, value in values) and fleet.source(SourceName.ROUTES).state.answered


def _noted(route: Route, values: Values) -> bool:
    held = {line.key: line.raw for line in route.members if line.key is not None}
    return all(held.get(key) == value for key, value in values)
