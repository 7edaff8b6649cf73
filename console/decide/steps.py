"""Steps on the way from one split to another: whole weights that sum to 100, fair, and the same on every host."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from console.errors import UsageError
from console.model.text import inert

PROFILES = {"now": (100,), "canary": (10, 50, 100)}
"""By name: percent of the way after each step."""


def parse(text: str) -> tuple[int, ...]:
    """`now`, `canary`, or percentages `10,50,100`. Raises `UsageError`."""
    if text in PROFILES:
        return PROFILES[text]
    why = ""
    parts = [part.strip().removesuffix("%").strip() for part in text.split(",")]
    if all(re.fullmatch(r"[0-9]{1,3}", part) for part in parts):
        found = tuple(int(part) for part in parts)
        rise = all(a < b for a, b in zip((0, *found), found, strict=False))
        if rise and found[-1] == 100:
            return found
        why = ": they do not end with 100" if rise and found[-1] < 100 else ""
    raise UsageError(
        f"'{inert(text, 60)}' are no steps{why}",
        fix=f"Say {', '.join(PROFILES)}, or rising percentages, the last 100: 10,50,100.",
    )


def shared(parts: Sequence[Fraction | int], whole: int = 100) -> list[int]:
    """`whole` split in proportion to `parts`, which are not all 0, by largest remainder; among equal remainders the
    earlier one gains."""
    total = sum(parts)
    exact = [Fraction(part) * whole / total for part in parts]
    floors = [int(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda place: (floors[place] - exact[place], place))
    for place in order[: whole - sum(floors)]:
        floors[place] += 1
    return floors


def between(before: Sequence[int | None], after: Sequence[int | None], percent: int) -> list[int]:
    """The split `percent` of the way; absent weights count as 0. Raises `ValueError` where one side makes no split."""
    old, new = [value or 0 for value in before], [value or 0 for value in after]
    if not sum(old) or not sum(new):
        raise ValueError("there is no split to go from, or to")
    way = Fraction(percent, 100)
    held, wanted = ([Fraction(value, sum(side)) for value in side] for side in (old, new))
    return shared([a + (b - a) * way for a, b in zip(held, wanted, strict=True)])


def tried(before: Sequence[int | None], after: Sequence[int | None], percent: int) -> list[int]:
    """The split `percent` of the way, where whoever gains has a point more than before at least. Raises `ValueError`
    as `between`, and where the others have too little to lose for that."""
    held = between(before, after, 0)
    wanted = between(before, after, 100)
    now = between(before, after, percent)
    for place, want in enumerate(wanted):
        if want > held[place] >= now[place]:
            room = [now[one] - wanted[one] for one in range(len(now))]
            giver = max(range(len(now)), key=lambda one: (wanted[one] < held[one], room[one], -one))
            if wanted[giver] >= held[giver] or room[giver] <= 0:
                raise ValueError("nobody has a point to give")
            now[place] += 1
            now[giver] -= 1
    return now
