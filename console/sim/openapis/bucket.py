"""Which calls are let through: so many a second, or so many of every ten."""

from __future__ import annotations

import random
from collections.abc import Callable


class Bucket:
    """Calls a second that are let through, with a second's worth of burst; `rate` may change while it runs."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self.rate = rate
        self._clock = clock
        self._level = rate
        self._at = clock()

    def take(self) -> bool:
        """Whether one more call is let through."""
        now = self._clock()
        self._level = min(self.rate, self._level + (now - self._at) * self.rate)
        self._at = now
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True


class Sieve:
    """Keeps back exactly `kept` of every ten calls in a row; which ones a seed says."""

    def __init__(self, kept: int, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._kept = kept
        self._turn: list[bool] = []

    def keeps(self) -> bool:
        """Whether this call is kept back."""
        if not self._turn:
            self._turn = [place < self._kept for place in range(10)]
            self._random.shuffle(self._turn)
        return self._turn.pop()
