"""Requests a second in cells and sentences: `420/s`, and why a rate is not known."""

from __future__ import annotations

from collections.abc import Callable

from console.model.fleet import Fleet, Member, Route
from console.model.freshness import SourceName, SourceState
from console.present import sources
from console.present.line import Ink, Line, Span, dim, line
from console.present.times import UNKNOWN, age


def asked(fleet: Fleet) -> bool:
    """Whether settings name a query: then there is a column for what it gives."""
    return not fleet.source(SourceName.RATES).idle and any(one.name is SourceName.RATES for one in fleet.sources)


def figure(rate: float | None) -> str:
    """Three figures at most: `0.25`, `3.5`, `420`, `12.3k`."""
    if rate is None:
        return UNKNOWN
    if rate >= 999.5:
        return f"{rate / 1000:.3g}k" if rate < 999_500 else f"{rate / 1_000_000:.3g}M"
    return f"{rate:.3g}" if rate >= 0.01 or rate == 0 else "<0.01"


def cell(rate: float | None) -> Line:
    """The figure, or a dim `?`."""
    return (dim(UNKNOWN),) if rate is None else line(figure(rate))


def of_member(fleet: Fleet, member: Member, now: float) -> Line:
    """One member's in a line, and where it comes from."""
    if member.rate is None:
        return _why(fleet, now)
    return (Span(f"{figure(member.rate)} requests/s"), *_by(fleet, now))


def of_route(fleet: Fleet, route: Route, now: float, name: Callable[[str], str]) -> Line:
    """One route's, in all and by member; `name`: what a member id is called."""
    if route.rate.whole is None:
        return _why(fleet, now)
    parts = [f"{name(member)} {figure(rate)}" for member, rate in route.rate.parts[:4]]
    more = f" and {len(route.rate.parts) - 4} more" if len(route.rate.parts) > 4 else ""
    shown = f": {', '.join(parts)}{more}" if parts else ""
    return (Span(f"{figure(route.rate.whole)} requests/s{shown}"), *_by(fleet, now))


def _by(fleet: Fleet, now: float) -> Line:
    source = fleet.source(SourceName.RATES)
    old = "" if source.state is SourceState.LIVE else f", {source.word}"
    return (Span(f"  by Prometheus, {age(source.age(now))}{old}", Ink.DIM),)


def _why(fleet: Fleet, now: float) -> Line:
    source = fleet.source(SourceName.RATES)
    why = "the query has no series for it" if source.state.answered else sources.sentence(source, now)
    return (dim(f"{UNKNOWN} {why}"),)
