"""The pump between the store and a front: at once after quiet, else coalesced to four pictures a second.

Coalescing happens here, at the source: a screen gets whole pictures, never the same one twice. One lone picture, as an
agent's heartbeat makes every few seconds, does not hold the next one up.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from console.model.fleet import Fleet
from console.store.store import FleetStore

QUIET = 0.25
"""Seconds between two pictures of a stream of them."""
LONE = 3 * QUIET
"""Seconds without another picture before it that make one a lone one."""
_TICK = 5.0


class Pace:
    """When the next picture may go out: at most four in any second. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._sent: deque[float] = deque(maxlen=round(1 / QUIET))

    def sent(self, now: float) -> None:
        """One went out."""
        self._sent.append(now)

    def rest(self, now: float) -> float:
        """Seconds to wait before the next one."""
        sent = self._sent
        if not sent:
            return 0.0
        lone = len(sent) == 1 or sent[-1] - sent[-2] >= LONE
        due = sent[-1] + (0.0 if lone else QUIET)
        if len(sent) == sent.maxlen:
            due = max(due, sent[0] + 1.0)
        return max(0.0, due - now)


class Pump:
    """Calls `publish(fleet)` from its own thread with every new picture of the store."""

    def __init__(self, store: FleetStore, publish: Callable[[Fleet], None]) -> None:
        self._store = store
        self._publish = publish
        self._pace = Pace()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pump", daemon=True)

    def start(self) -> None:
        """Begin; the present picture goes out first."""
        self._thread.start()

    def stop(self) -> None:
        """End; nothing is published after the call that is under way."""
        self._stopped.set()

    def _run(self) -> None:
        shown: Fleet | None = None
        version = -1
        while not self._stopped.is_set():
            version = self._store.wait_news(version, _TICK) if shown is not None else version
            self._stopped.wait(self._pace.rest(time.monotonic()))
            version = self._store.version
            fleet = self._store.fleet
            if fleet is not shown and not self._stopped.is_set():
                shown = fleet
                self._publish(fleet)
                self._pace.sent(time.monotonic())
