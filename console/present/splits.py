"""A split in figures: the weights of one route layer by layer, in the order of its members; `?` where not known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from console.model.fleet import Controller, Fleet, Layer, Route, Weights
from console.model.freshness import SourceName, SourceState
from console.model.share import Share
from console.model.spans import span
from console.present import words
from console.present.line import Ink, Line, Span, dim, width
from console.present.times import UNKNOWN

_FAILED, _FAILING = 3, 0.02
"""Requests, and the part of all, from which on a route is said to fail: one that is lost now and then is no news."""


def number(value: float | None) -> str:
    """One weight; whole where it is whole."""
    return UNKNOWN if value is None else f"{value:.4g}"


def split(values: Iterable[float | None]) -> str:
    """`62:38`; one `?` where nothing at all is known."""
    known = list(values)
    if all(value is None for value in known):
        return UNKNOWN
    return ":".join(map(number, known))


def layer_values(route: Route, layer: Layer) -> tuple[float | None, ...]:
    """What one layer holds for each member of the route, None where not known; the observed share in percent."""
    return tuple(_value(line, layer) for line in route.members)


def _value(line: Weights, layer: Layer) -> float | None:
    match layer:
        case Layer.ASKED:
            return line.asked
        case Layer.ANNOTATION:
            return line.annotation
        case Layer.CONTROLLER:
            return line.controller
        case Layer.RULE:
            return line.rule
        case Layer.OBSERVED:
            return line.observed.share if line.observed else None


def interval(share: Share | None) -> str:
    """The 95 % interval of an observed share in whole percent: `61-63`."""
    if share is None:
        return UNKNOWN
    low, high = round(share.low), round(share.high)
    return f"{low}" if low == high else f"{low}-{high}"


def observed(shares: Sequence[Share | None], room: int = 99) -> str:
    """`61-63 : 37-39`, or the mid shares where the ranges take more than `room` cells."""
    if all(share is None for share in shares):
        return UNKNOWN
    ranges = " : ".join(map(interval, shares))
    if width(ranges) <= room:
        return ranges
    return ":".join(UNKNOWN if one is None else f"{one.share:.0f}" for one in shares)


def layer_cell(route: Route, layer: Layer, fleet: Fleet, room: int = 99) -> Line:
    """One layer of a route as a cell: its split, the word that stands for it, and the ink of where it parts."""
    parts = route.agreement.stuck_at is layer
    ink = Ink.WARN if parts else Ink.PLAIN
    if layer is Layer.ASKED and route.run is None:
        return (dim("-"),)
    if layer is Layer.CONTROLLER and route.controller is not Controller.ACKNOWLEDGED:
        return (words.of(route.controller).span,)
    if layer is Layer.OBSERVED:
        return _observed_cell(route, fleet, ink, room)
    shown = split(layer_values(route, layer))
    if layer is Layer.RULE:
        return _rule_cell(route, fleet, shown, ink, room)
    return (Span(shown, Ink.DIM if shown == UNKNOWN else ink),)


def _rule_cell(route: Route, fleet: Fleet, shown: str, ink: Ink, room: int) -> Line:
    if fleet.source(SourceName.ALB).state is SourceState.UNCONFIGURED:
        return (dim("no cloud"),)
    state = route.rule_state
    if state in (None, "Available"):
        return (Span(shown, Ink.DIM if shown == UNKNOWN else ink),)
    short = {"Configuring": "Conf.", "Provisioning": "Prov.", "rules differ": "differ"}.get(state, state)
    return (Span(f"{shown} {short}" if width(shown) + len(short) + 1 <= room else short, ink),)


def _observed_cell(route: Route, fleet: Fleet, ink: Ink, room: int) -> Line:
    if not route.probed or fleet.source(SourceName.PROBE).state is SourceState.UNCONFIGURED:
        return (dim("no probe"),)
    if route.probe_failures and all(line.observed is None for line in route.members):
        return (Span(f"{route.probe_failures} failed", Ink.WARN),)
    shown = observed([line.observed for line in route.members], room)
    return (dim("counting") if shown == UNKNOWN else Span(shown, ink),)


def failing_share(route: Route) -> float | None:
    """Percent of the probe's newest requests that had no usable answer; None where they are none or too few."""
    failed, asked = route.unanswered
    return 100.0 * failed / asked if failed >= _FAILED and failed >= _FAILING * asked else None


def verdict_cell(route: Route, now: float, lost: float = 0.0, *, unread: bool = False) -> Line:
    """Whether the layers agree, or the layer where they part and since when: `ctrl 14s`; what is worse stands for it:
    requests that fail, weight that members get of which none serves (`lost` percent), a controller that carries nothing
    on, an ALB that is yet to be read (`unread`)."""
    agreement = route.agreement
    if not any(line.annotation is not None for line in route.members):
        return (dim("no weights"),)
    failed = failing_share(route)
    if failed is not None:
        return (Span(f"{failed:.0f} % fail", Ink.BAD),)
    if agreement.agrees and lost >= 0.5:
        return (Span(f"{lost:.0f} % dead", Ink.BAD),)
    if agreement.agrees and route.failing:
        return (Span("blocked", Ink.WARN),)
    if agreement.agrees and unread and route.rule_state is None:
        return (Span("reading", Ink.DIM),)
    if agreement.agrees:
        counting = route.probed and all(line.observed is None for line in route.members)
        return (Span("agree", Ink.GOOD),) if agreement.settled and not counting else (Span("agree so far"),)
    if agreement.stuck_at is None:
        return (Span(UNKNOWN, Ink.DIM),)
    where = words.LAYERS[agreement.stuck_at][1]
    if agreement.since is None:
        return (Span(where, Ink.WARN),)
    return (Span(f"{where} {span(now - agreement.since)}", Ink.WARN),)
