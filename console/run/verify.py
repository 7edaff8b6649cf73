"""Waiting until the layers hold what was written, with the viewer's own readers, only faster."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from console.decide.plan import RouteChange, Values
from console.model.fleet import Fleet, Layer, Route
from console.model.run import RunRoute
from console.observe import Observer

LOOK = 0.25
"""Seconds between two looks."""


class Outcome(Enum):
    """How the waiting ended."""

    HOLDS = "holds"
    SUPERSEDED = "superseded"
    TIMED_OUT = "timed out"
    TOLD = "told"
    """A command came."""
    OVERTAKEN = "overtaken"
    """The Lease is no longer ours."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, the layer it was at, and the sentence that explains it."""

    outcome: Outcome
    layer: Layer | None
    sentence: str


def look(fleet: Fleet, change: RouteChange, values: Values, version: int | None) -> tuple[bool, Layer | None, str]:
    """(whether every readable layer holds `values`, the layer it is at, what is waited for)."""
    route = fleet.route(change.key)
    if route is None:
        return False, None, "the route is not read yet"
    seen = int(route.resource_version) if route.resource_version.isdigit() else None
    if version is not None and seen is not None and seen < version:
        return False, Layer.ANNOTATION, "our own write is not read back by the watch yet"
    if not _noted(route, values):
        return False, Layer.ANNOTATION, "the annotations differ from what was written"
    agreement = route.agreement
    if agreement.stuck_at is not None:
        return False, agreement.stuck_at, agreement.sentence
    if route.probed and all(line.observed is None for line in route.members):
        return False, Layer.OBSERVED, "too few probe answers since the rule changed"
    if not agreement.settled:
        return False, Layer.OBSERVED, agreement.sentence
    return True, agreement.deepest, ""


def superseded(fleet: Fleet, change: RouteChange, values: Values, version: int | None) -> str:
    """Who changed the weights after our confirmed write, as a sentence; nothing where nobody did."""
    route = fleet.route(change.key)
    if route is None or version is None or not route.resource_version.isdigit():
        return ""
    if int(route.resource_version) <= version or _noted(route, values):
        return ""
    held = ":".join("absent" if line.annotation is None else str(line.annotation) for line in route.members)
    who = f" by {route.owner}" if route.owner else ""
    return f"{change.key} was changed to {held}{who} after our write"


def ledger(fleet: Fleet, change: RouteChange, layer: Layer | None) -> RunRoute:
    """The route as the run tells it: before, after and now by member."""
    route = fleet.route(change.key)
    now = {line.member: line.annotation for line in route.members} if route else {}
    change = change.arranged(list(now))
    before, after = change.weights(change.before), change.weights(change.after)
    return RunRoute(
        change.key,
        tuple(before.items()),
        tuple(after.items()),
        tuple((member, now.get(member)) for member in after),
        layer,
    )


def wait(
    observer: Observer,
    change: RouteChange,
    values: Values,
    *,
    version: int | None,
    steady: float,
    timeout: float,
    told: Callable[[], bool],
    held: Callable[[], bool],
    tell: Callable[[Fleet, Layer | None, str], None],
    clock: Callable[[], float] = time.monotonic,
) -> Verdict:
    """Look until every readable layer held `values` for `steady` seconds without a break, or something else ends it."""
    began, since = clock(), None
    layer, sentence = None, ""
    while True:
        fleet = observer.store.fleet
        now = clock()
        who = superseded(fleet, change, values, version)
        if who:
            return Verdict(Outcome.SUPERSEDED, Layer.ANNOTATION, who)
        holds, layer, sentence = look(fleet, change, values, version)
        since = (since if since is not None else now) if holds else None
        if since is not None:
            sentence = f"every readable layer holds it, for {steady:g} s to be sure"
        tell(fleet, layer, sentence)
        if since is not None and now - since >= steady:
            return Verdict(Outcome.HOLDS, layer, f"verified down to {layer}")
        if told():
            return Verdict(Outcome.TOLD, layer, sentence)
        if not held():
            return Verdict(Outcome.OVERTAKEN, layer, "another runner took the Fleet's Lease over")
        if now - began >= timeout:
            return Verdict(Outcome.TIMED_OUT, layer, f"not verified within {timeout:g} s: {sentence}")
        time.sleep(LOOK)


def _noted(route: Route, values: Values) -> bool:
    held = {line.key: line.raw for line in route.members if line.key is not None}
    return all(held.get(key) == value for key, value in values)
