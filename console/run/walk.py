"""The way of a run's routes along the positions of its plan, forward and back: writes, verification, holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum

from console.decide.plan import Plan, RouteChange, Values
from console.kube.lease import FleetLease
from console.model.fleet import Fleet, Layer
from console.model.run import RunRoute
from console.observe import Observer
from console.run.hand import Hand
from console.run.verify import Look, Outcome, Target, Verdict, Waiting, ledger, unproven
from console.run.words import Words
from console.settings import Duration, Settings

Tell = Callable[..., None]


class Walk:
    """Moves all routes of a plan from position to position (`Plan.positions`). `tell` updates the run's report,
    `record` writes its record on the Fleet; both before anything of a step is written."""

    def __init__(
        self,
        plan: Plan,
        settings: Settings,
        hand: Hand,
        lease: FleetLease,
        words: Words,
        observer: Observer,
        tell: Tell,
        record: Callable[[], None],
    ) -> None:
        self._plan = plan
        self._settings = settings
        self._hand = hand
        self._lease = lease
        self._words = words
        self._observer = observer
        self._tell = tell
        self._record = record
        self.at = 0
        """The position that was gone to last."""
        self._places: dict[str, int] = {}
        self._versions: dict[str, int | None] = {}

    def find(self) -> None:
        """Where every route stands, by what its Ingress holds. Raises `Superseded` where one holds nothing planned."""
        self._places = {change.key: self._hand.place_of(change, self._plan.positions) for change in self._plan.routes}

    @property
    def last(self) -> int:
        """The final position."""
        return len(self._plan.positions) - 1

    @property
    def begun(self) -> bool:
        """Whether any route holds something else than before the plan."""
        return any(self._places.values())

    def place(self, change: RouteChange) -> int:
        """The position whose values a route holds."""
        return self._places.get(change.key, 0)

    def values(self, change: RouteChange, index: int) -> Values:
        """What a route holds at a position."""
        return change.at(self._plan.positions[index])

    def targets(self) -> dict[str, dict[str, int | None]]:
        """Route key -> member id -> weight of the position that was gone to last."""
        return {change.key: change.weights(self.values(change, self.at)) for change in self._plan.routes}

    def go(self, index: int) -> Verdict:
        """Write every route's values of a position, then wait until the layers hold them."""
        going = "back" if index < self.at else "forward"
        self.at = index
        self._tell(step=index, going=going, hold_until=None, layer=Layer.ANNOTATION, message="writing to the hub")
        self._record()
        for change in self._plan.routes:
            stands = self.place(change)
            wanted = self.values(change, index)
            if stands != index and self.values(change, stands) != wanted:
                if change.key not in self._hand.stamped:
                    self._hand.stamp(change)
                if self._words.told():
                    return Verdict(Outcome.TOLD, None, "a word came")
                self._versions[change.key] = self._hand.weigh(change, self.values(change, stands), wanted)
            self._places[change.key] = index
        try:
            return self._waiting(eager=True).verdict()
        finally:
            self._observer.consent(0.0, frozenset())

    def hold(self) -> Verdict:
        """Stay for the plan's hold, as long as the values stay."""
        began, shown = time.time(), [0.0]

        def left() -> float:
            end = 0.0 if self._words.hasten else began + self._plan.hold + self._words.more
            if end and [end] != shown:
                shown[:] = [end]
                self._tell(hold_until=end)
            return end - time.time()

        verdict = self._waiting().hold(left)
        self._words.more = 0.0
        self._tell(hold_until=None)
        return verdict

    def _waiting(self, *, eager: bool = False) -> Waiting:
        """`eager`: probe as fast as the plan has consent for while nothing but answers is missing."""
        shown: list[tuple[tuple[RunRoute, ...], Look]] = []

        def tell(fleet: Fleet, seen: Look) -> None:
            lines = self.ledger(fleet)
            if eager and self._plan.probe_rate is not None:
                self._observer.consent(self._plan.probe_rate, frozenset(unproven(fleet, targets)))
            if self._hand.witness is not None:
                self._hand.witness.looked(fleet, lines)
            if shown != [(lines, seen)]:
                shown[:] = [(lines, seen)]
                self._tell(routes=lines, layer=seen.layer, message=seen.sentence)

        targets = [
            Target(change, self.values(change, self.place(change)), self._versions.get(change.key))
            for change in self._plan.routes
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

    def ledger(self, fleet: Fleet) -> tuple[RunRoute, ...]:
        """Every route as the run tells it."""
        return tuple(ledger(fleet, one, self.values(one, self.place(one))) for one in self._plan.routes)


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
