"""What follows from a part of the picture and many ask for, worked out once for as long as the part is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

P = TypeVar("P")
V = TypeVar("V")


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
        self._made: dict[int, tuple[P, V]] = {}

    def of(self, parts: Iterable[P]) -> list[V]:
        """What follows from each of `parts`, in order."""
        former, make = self._made, self._make
        # An identity is another object's only once its own is let go, and it is held here.
        found = [former.get(id(one)) or (one, make(one)) for one in parts]
        self._made = {id(pair[0]): pair for pair in found}
        return [value for _, value in found]
