"""What follows from a part of the picture and many ask for, worked out once for as long as the part is the same."""

from __future__ import annotations

from collections.abc import Callable
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
