"""Lengths of time in words."""

from __future__ import annotations


def span(seconds: float) -> str:
    """A length of time in one unit, seconds in steps of 10 from 10 s on: `4s`, `20s`, `6m`, `3h`, `2d`."""
    whole = max(0, int(seconds))
    if whole < 10:
        return f"{whole}s"
    if whole < 60:
        return f"{whole // 10 * 10}s"
    if whole < 3600:
        return f"{whole // 60}m"
    if whole < 172_800:
        return f"{whole // 3600}h"
    return f"{whole // 86_400}d"


def spoken(seconds: float) -> str:
    """`span` with its unit as a word of a sentence: `20 s`, `6 min`, `3 h`, `2 d`."""
    short = span(seconds)
    return f"{short[:-1]} {'min' if short[-1] == 'm' else short[-1]}"


def exactly(seconds: float) -> str:
    """A length of time that somebody agrees to, with nothing left out: `25 s`, `1 min 59 s`, `1 h 59 min`, `7 d`."""
    whole, part = divmod(max(0.0, seconds), 1)
    parts, left = list[str](), int(whole)
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        count, left = divmod(left, size)
        parts += [f"{count} {unit}"] if count else []
    return " ".join([*parts, *([f"{left + part:g} s"] if left or part or not parts else [])])
