"""What follows from a part of the picture and many ask for, worked out once for as long as the part is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress, count
from operator import is_not
from typing import Generic, TypeVar

P = TypeVar("P")
V = TypeVar("V")
_FEW = 8
"""Parts that are other ones in their places; more of them may be the same ones in another order."""


class Last(Generic[P, V]):
    """`make` of the part that was asked about last. Parts never change, and a new picture has the former one's parts
    where they are as before."""

    def __init__(self, make: Callable[[P], V]) -> None:
        self._make = make
        self._made: tuple[P, V] | None = None

    def of(self, part: P) -> V:
        """What follows from `part`."""
        if self._made is None or self._made[0] is not part:
            self._made = (part, self._make(part))
        return self._made[1]


def others(parts: Sequence[object], former: Sequence[object]) -> list[int] | None:
    """The places at which `parts` has another object than `former`; None where there are not as many."""
    if len(parts) != len(former):
        return None
    return list(compress(count(), map(is_not, parts, former))) if parts is not former else []


class Others:
    """The places at which a row of parts has other ones than the row before. Many ask for the same two rows."""

    def __init__(self) -> None:
        self._last: tuple[Sequence[object], Sequence[object], list[int] | None] = ((), (), [])

    def between(self, parts: Sequence[object], former: Sequence[object]) -> list[int] | None:
        """As `others`."""
        if self._last[0] is not parts or self._last[1] is not former:
            self._last = (parts, former, others(parts, former))
        return self._last[2]


class Each(Generic[P, V]):
    """`make` of every part that was asked about last, each made of that part alone: where one of many is another, one
    is made."""

    def __init__(self, make: Callable[[P], V], others: Others | None = None) -> None:
        self._make = make
        self._others = others or Others()
        self._parts: tuple[P, ...] = ()
        self._values: list[V] = []

    def of(self, parts: Iterable[P]) -> Sequence[V]:
        """What follows from each of `parts`, in order."""
        parts = tuple(parts)
        others = self._others.between(parts, self._parts)
        if others is None or len(others) > _FEW:
            values = self._looked_up(parts)
        else:
            values = list(self._values)
            for place in others:
                values[place] = self._make(parts[place])
        self._parts, self._values = parts, values
        return values

    def _looked_up(self, parts: tuple[P, ...]) -> list[V]:
        """Wherever they stand now."""
        # An identity is another object's only once its own is let go, and it is held here.
        known = {id(part): (value,) for part, value in zip(self._parts, self._values, strict=True)}
        found = [known.get(id(part)) or (self._make(part),) for part in parts]
        return [value for (value,) in found]
