"""A token bucket: how many calls a second are let through."""

from __future__ import annotations

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
