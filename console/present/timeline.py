"""What happened, newest first: one line a moment, time of day in front."""

from __future__ import annotations

from console.model.fleet import Fleet, Moment, Tone
from console.model.freshness import SourceName
from console.present import sources, words
from console.present.line import Line, Span, dim, fit, line
from console.present.times import past


def lines(fleet: Fleet, wall: float, cells: int, most: int, about: str | None = None) -> list[Line]:
    """The newest `most` moments, those about one object only where `about` names it. `wall`: epoch second of now."""
    chosen = [one for one in fleet.timeline if about is None or about == one.about]
    return [moment_line(one, wall, cells) for one in chosen[:most]]


def nothing(fleet: Fleet, now: float) -> list[Line]:
    """What stands where nothing is known to have happened: why nothing is, where the events are not read."""
    if fleet.source(SourceName.EVENTS).state.answered:
        return [line(dim("  nothing has happened that is known"))]
    return list(sources.note(fleet, SourceName.EVENTS, now, some=False))


def moment_line(moment: Moment, wall: float, cells: int) -> Line:
    """`12:04:31 ! api: FailedApplyModel Throttling.User`; of another day, its date."""
    shown = words.of(moment.tone)
    ink = shown.ink if moment.tone is not Tone.PLAIN else words.of(Tone.PLAIN).ink
    return fit((dim(f"{past(moment.at, wall)} "), Span(f"{shown.glyph} ", ink), Span(moment.sentence, ink)), cells)
