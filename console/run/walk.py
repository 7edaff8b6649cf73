"""The way of a run's routes along the positions of its plan, forward and back: writes, verification, holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from functools import cache

from console.decide.plan import Plan, RouteChange, Values
from console.decide.usual import Waits, usual
from console.errors import FleetConsoleError, Lost, Superseded
from console.kube.lease import FleetLease
from console.model.fleet import Fleet, Layer
from console.model.run import RunRoute, Usual
from console.observe import Observer
from console.present import waits
from console.run.hand import BRIEFLY, Hand, said
from console.run.verify import Look, Outcome, Target, Verdict, Waiting, ledger, unproven
from console.run.words import Words
from console.settings import Duration, Settings

Tell = Callable[..., None]
Record = Callable[..., None]
_AGAIN = 10.0
"""Seconds after which the record of a hold that the hub did not take is written once more."""


class Walk:
    """Moves all routes of a plan from place to place (`Plan.stations`). `tell` updates the run's report; `record`
    writes its record on the Fleet, within a time-out if one is given: both before anything of a step is written, and
    once it is known until when a step holds. `past` tells what other runs waited for; it is asked once."""

    def __init__(
        self,
        plan: Plan,
        settings: Settings,
        hand: Hand,
        lease: FleetLease,
        words: Words,
        observer: Observer,
        tell: Tell,
        record: Record,
        past: Callable[[], Sequence[Waits]] = lambda: (),
    ) -> None:
        self._plan = plan
        self._settings = settings
        self._hand = hand
        self._lease = lease
        self._words = words
        self._observer = observer
        self._tell = tell
        self._record = record
        self._past = cache(past)
        self._since: tuple[str | None, Layer, float] | None = None
        """(gateway, layer, epoch second): what is waited for, and from when on."""
        self.at = 0
        """The place that was gone to last."""
        self.saying = ""
        """What is done at this place besides, to begin the run's message with."""
        self.looked: Callable[[Fleet], None] = lambda fleet: None
        """Is told each look at the picture."""
        self._held = {change.key: plan.stations(change) for change in plan.routes}
        self._places: dict[str, int] = {}
        self._versions: dict[str, int | None] = {}
        self._written: dict[str, float] = {}
        """Route key -> the monotonic second at which our last write of it was read back."""

    def find(self) -> None:
        """Where every route stands, by what its Ingress holds. Raises `Superseded` where one holds nothing planned."""
        self._places = {
            change.key: self._hand.place_of(change, self._held[change.key], self.last) for change in self._plan.routes
        }

    @property
    def last(self) -> int:
        """The place of the final step."""
        return len(self._plan.positions) - 1

    @property
    def count(self) -> int:
        """Places in all."""
        return len(self._plan.positions) + len(self._plan.returns)

    @property
    def below(self) -> tuple[int, ...]:
        """The places from here down to before: the steps, or what is left of the way back."""
        if self.at <= self.last:
            return tuple(range(self.at - 1, -1, -1))
        way = self._plan.way_back
        return way[way.index(self.at) + 1 :]

    @property
    def astray(self) -> bool:
        """Whether any route stands somewhere else than at the last step."""
        return any(self.values(one, self.place(one)) != one.after for one in self._plan.routes)

    @property
    def begun(self) -> bool:
        """Whether any route holds something else than before the plan."""
        return any(self._places.values())

    def place(self, change: RouteChange) -> int:
        """The place whose values a route holds."""
        return self._places.get(change.key, 0)

    def values(self, change: RouteChange, index: int) -> Values:
        """What a route holds at a place."""
        return self._held[change.key][index]

    def targets(self) -> dict[str, dict[str, int | None]]:
        """Route key -> member id -> weight of the place that was gone to last."""
        return {change.key: change.weights(self.values(change, self.at)) for change in self._plan.routes}

    def go(self, index: int) -> Verdict:
        """Write every route's values of a place, then wait until the layers hold them."""
        going = "back" if self._along(index) < self._along(self.at) else "forward"
        self.at = index
        routes = self.ledger(self._observer.store.fleet)
        layer, message = Layer.ANNOTATION, "writing to the hub"
        self._tell(step=index, going=going, hold_until=None, routes=routes, layer=layer, message=message)
        self._record()
        for change in self._plan.routes:
            stands = self.place(change)
            wanted = self.values(change, index)
            if stands != index and self.values(change, stands) != wanted:
                if change.key not in self._hand.stamped:
                    self._hand.stamp(change)
                if self._words.told():
                    return Verdict(Outcome.TOLD, None, "a word came")
                try:
                    self._versions[change.key] = self._hand.weigh(change, self.values(change, stands), wanted)
                finally:
                    if change.key in self._hand.taken:  # also where it could not be read back
                        self._places[change.key] = index
                self._written[change.key] = time.monotonic()
            self._places[change.key] = index
        try:
            verdict = self._waiting(eager=True).verdict()
            if verdict.outcome is Outcome.TIMED_OUT and self._since is not None:
                gateway, layer, since = self._since
                waited = waits.against(layer, time.time() - since, self._usual(gateway, layer))
                verdict = replace(verdict, sentence=f"{verdict.sentence} ({waited})")
            return verdict
        finally:
            self._observer.consent(0.0, frozenset())

    def _along(self, index: int) -> float:
        """How far a place is on the way to the last step; those of the way back follow one another from there down."""
        return index if index <= self.last else self.last - (index - self.last) / (1 + len(self._plan.returns))

    def stay(self, seconds: float) -> Verdict:
        """Stay for so long whatever is said of holds, as long as the values stay."""
        end = time.monotonic() + seconds
        return self._waiting().hold(lambda: end - time.monotonic())

    def hold(self) -> Verdict:
        """Stay for the plan's hold, as long as the values stay."""
        began, shown, recorded, again = time.time(), 0.0, 0.0, 0.0

        def left() -> float:
            nonlocal shown, recorded, again
            now, end = time.time(), 0.0 if self._words.hasten else began + self._plan.hold + self._words.more
            if end and end != shown:
                shown = end
                self._tell(
                    hold_until=end, message="; ".join(filter(None, (self.saying, "every readable layer holds it")))
                )
            if end > now and end != recorded and now >= again:
                again = now + _AGAIN
                try:
                    self._record(BRIEFLY)
                    recorded = end
                except Lost as error:
                    waiting.unheard(error)
                except FleetConsoleError:
                    pass  # other logins hear of it later; the hold stays one
            return end - time.time()

        waiting = self._waiting()
        verdict = waiting.hold(left)
        self._words.more = 0.0
        self._tell(hold_until=None)
        return verdict

    def _waiting(self, *, eager: bool = False) -> Waiting:
        """`eager`: probe as fast as the plan has consent for while nothing but answers is missing."""
        shown: list[tuple[tuple[RunRoute, ...], Look, str]] = []

        def tell(fleet: Fleet, seen: Look) -> None:
            lines = self.ledger(fleet)
            self.looked(fleet)
            if eager and self._plan.probe_rate is not None:
                self._observer.consent(self._plan.probe_rate, frozenset(unproven(fleet, targets)))
            if self._hand.witness is not None:
                self._hand.witness.looked(fleet, lines)
            if self._words.touch:
                self._words.touch = False
                self._touch(fleet)
            since, known = self._waited(fleet, seen)
            message = "; ".join(filter(None, (self.saying, seen.sentence + self._late(seen, since, known))))
            if shown != [(lines, seen, message)]:
                shown[:] = [(lines, seen, message)]
                self._tell(routes=lines, layer=seen.layer, message=message, since=since, usual=known)

        targets = [
            Target(one, self.values(one, self.place(one)), self._versions.get(one.key), self._written.get(one.key))
            for one in self._plan.routes
        ]
        run = self._settings.run
        return Waiting(
            self._observer,
            targets,
            fleet_uid=self._plan.fleet_uid,
            steady=Duration.parse(run.steady),
            timeout=Duration.parse(run.verify_timeout),
            read=self._hand.glance,
            told=self._words.told,
            overtaken=self._lease.lost.is_set,
            tell=tell,
            rules_read=self._observer.rules_read,
        )

    def _waited(self, fleet: Fleet, seen: Look) -> tuple[float | None, Usual | None]:
        """From when on the layer of a look has been waited for, and what past runs waited for it; None for none."""
        if seen.settled or seen.layer is None:
            self._since = None
            return None, None
        route = fleet.route(seen.route)
        gateway = route.gateway if route is not None else None
        if self._since is None or self._since[:2] != (gateway, seen.layer):
            self._since = gateway, seen.layer, time.time()
        return self._since[2], self._usual(gateway, seen.layer)

    def _usual(self, gateway: str | None, layer: Layer) -> Usual | None:
        return usual(self._past(), gateway, layer) if gateway else None

    def _late(self, seen: Look, since: float | None, known: Usual | None) -> str:
        """That a wait is longer than nearly all before it, and what can be done, to end its sentence with."""
        if since is None or not waits.late(known, time.time() - since):
            return ""
        return f"; that is longer than usual{waits.REMEDY if seen.layer is Layer.CONTROLLER else ''}"

    def _touch(self, fleet: Fleet) -> None:
        """Touch the Ingresses under our fence that wait at the controller's layer. One that cannot be touched is
        journaled as refused, and the waiting goes on; raises `Superseded` where one is not ours any more."""
        routes = {route.key: route for route in fleet.routes}
        waiting = [
            change
            for change in self._plan.routes
            if change.key in self._hand.stamped
            and change.key in routes
            and routes[change.key].agreement.stuck_at is Layer.CONTROLLER
        ]
        if not waiting:
            self._hand.note("touch", "noted", "nothing of this run waits for the controller: nothing was touched")
        for change in waiting:
            try:
                self._hand.touch(change)
            except Superseded:
                raise
            except FleetConsoleError as error:
                self._hand.note(f"touch {change.key}", "noted", f"not touched: {error}")

    @property
    def standing(self) -> str:
        """What every route holds, in words; equal ones together."""
        held: dict[str, list[str]] = {}
        for change in self._plan.routes:
            held.setdefault(said(self.values(change, self.place(change))), []).append(change.key)
        parts = [f"{_several(keys)} hold{'s' if len(keys) == 1 else ''} {split}" for split, keys in held.items()]
        unsure = _several([one.key for one in self._plan.routes if one.key in self._hand.unsure])
        return ", ".join(parts) + (f"; the newest write of {unsure} was not answered" if unsure else "")

    def ledger(self, fleet: Fleet) -> tuple[RunRoute, ...]:
        """Every route as the run tells it: what it wants is of the place that was gone to last, reached or not."""
        return tuple(ledger(fleet, one, self.values(one, self.at)) for one in self._plan.routes)


def _several(keys: Sequence[str]) -> str:
    return ", ".join(keys) if len(keys) <= 3 else f"{', '.join(keys[:2])} and {len(keys) - 2} more"


class Way(Enum):
    """How a run goes on after a step."""

    ON = "on"
    HOLD = "hold"
    BACK = "back"


def loss(plan: Plan, unviewed: float) -> Way:
    """What a plan wants where nobody has looked at its run for `unviewed` seconds."""
    if unviewed <= LOSS:
        return Way.ON
    return {"continue": Way.ON, "hold": Way.HOLD, "rollback": Way.BACK}[plan.on_loss]


LOSS = 30.0
"""Seconds without a look of a viewer after which its operator counts as lost."""
