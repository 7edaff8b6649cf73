"""The one budget of OpenAPI calls of this process: ten a second, three of them kept for stopping and going back.

Any throttling seen halves it; it grows back over half a minute.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

RATE = 10.0
"""Calls a second."""
KEPT = 3.0
"""Of these, kept for urgent calls."""
_LEAST = 1 / 16
_RECOVERY = 30.0
"""Seconds in which half of the budget grows back."""


class CallBudget:
    """Two token buckets: ordinary calls draw from one, urgent calls from both. Any thread may call."""

    def __init__(
        self,
        rate: float = RATE,
        kept: float = KEPT,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._rates = (rate - kept, kept)
        self._tokens = [rate - kept, kept]
        self._share = 1.0
        self._at = clock()
        self._granted: deque[float] = deque(maxlen=1000)

    @property
    def share(self) -> float:
        """How much of the whole budget may be used now, above 0 to 1."""
        with self._lock:
            self._fill()
            return self._share

    @property
    def minute(self) -> tuple[int, int]:
        """Calls granted in the last minute, and how many a minute are allowed now."""
        with self._lock:
            self._fill()
            while self._granted and self._granted[0] <= self._at - 60.0:
                self._granted.popleft()
            return len(self._granted), round(sum(self._rates) * 60.0 * self._share)

    def take(self, *, urgent: bool = False) -> None:
        """Wait until one more call may be made. Urgent calls wait only where both parts are used up."""
        while (pause := self._try(urgent)) > 0:
            self._sleep(pause)

    def throttled(self) -> None:
        """The service said: too many calls. Half as many from now on."""
        with self._lock:
            self._fill()
            self._share = max(_LEAST, self._share / 2)
            self._tokens = [0.0, min(self._tokens[1], 1.0)]

    def _try(self, urgent: bool) -> float:
        """Seconds to wait before trying again; 0 where a call was granted."""
        with self._lock:
            self._fill()
            for bucket in (1, 0) if urgent else (0,):
                if self._tokens[bucket] >= 1.0:
                    self._tokens[bucket] -= 1.0
                    self._granted.append(self._at)
                    return 0.0
            bucket = 1 if urgent else 0
            return (1.0 - self._tokens[bucket]) / (self._rates[bucket] * self._share) + 0.001

    def _fill(self) -> None:
        now = self._clock()
        passed, self._at = max(0.0, now - self._at), now
        for bucket, rate in enumerate(self._rates):
            self._tokens[bucket] = min(max(1.0, rate * self._share), self._tokens[bucket] + passed * rate * self._share)
        self._share = min(1.0, self._share + passed * 0.5 / _RECOVERY)
