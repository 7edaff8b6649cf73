"""How long and when, in words: ages in steps that keep a quiet screen quiet, elapsed time, and the time of day."""

from __future__ import annotations

import time

from console.model.spans import span

UNKNOWN = "?"
"""Stands wherever nothing is known; never 0, never empty."""

FRESH = 10.0
"""Seconds under which a fact is simply live."""

DAY = 86_400.0


def age(seconds: float | None) -> str:
    """`live` under 10 s, then steps of 10 s, then minutes, hours, days; `?` where there was no answer yet."""
    if seconds is None:
        return UNKNOWN
    if seconds < FRESH:
        return "live"
    return span(seconds)


def exact(seconds: float) -> str:
    """Elapsed time as a clock shows it: `0:07`, `1:12`, `1:02:30`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def clock(at: float | None) -> str:
    """Local time of day of an epoch second: `12:04:31`."""
    return "--:--:--" if at is None else time.strftime("%H:%M:%S", time.localtime(at))


def due(at: float | None, since: float | None) -> str:
    """`clock` of an epoch second to come; `moment` where it may be more than a day after `since`, the epoch second of
    what it ends."""
    near = at is None or (since is not None and at - since <= DAY)
    return clock(at) if near else moment(at)


def past(at: float | None, wall: float) -> str:
    """`clock` of an epoch second, in 8 cells; its date, `11-24`, where that is more than a day before `wall`."""
    if at is None or wall - at <= DAY:
        return clock(at)
    return f"{time.strftime('%m-%d', time.localtime(at)):<8}"


def moment(at: float | None) -> str:
    """Local date and time of an epoch second: `2026-11-24 12:04`."""
    return UNKNOWN if at is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
