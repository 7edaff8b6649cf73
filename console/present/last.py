"""What follows from a part of the picture and many ask for, worked out once for as long as the part is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


class Each(Generic[P, V]):
    """`make` of every part that was asked about last, each made of that part alone: where one of many is another, one
    is made."""

    def __init__(self, make: Callable[[P], V]) -> None:
        self._make = make
        self._parts: tuple[P, ...] = ()
        self._values: list[V] = []

    def of(self, parts: Iterable[P]) -> list[V]:
        """What follows from each of `parts`, in order."""
        parts = tuple(parts)
        if len(parts) == len(self._parts):
            others = [place for place, other in enumerate(map(is_not, parts, self._parts)) if other]
            few = len(others) <= _FEW
        else:
            others, few = [], False
        values = list(self._values) if few else self._looked_up(parts)
        for place in others if few else ():
            values[place] = self._make(parts[place])
        self._parts, self._values = parts, values
        return list(values)

    def _looked_up(self, parts: tuple[P, ...]) -> list[V]:
        """Wherever they stand now."""
        # An identity is another object's only once its own is let go, and it is held here.
        known = {id(part): (value,) for part, value in zip(self._parts, self._values, strict=True)}
        found = [known.get(id(part)) or (self._make(part),) for part in parts]
        return [value for (value,) in found]
