"""The pump between the store and a front: at once after a quiet quarter of a second, else four times a second.

Coalescing happens here, at the source: a screen gets whole pictures, at most four a second, never the same one twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from console.model.fleet import Fleet
from console.store.store import FleetStore

QUIET = 0.25
"""Seconds without a publication after which the next picture goes out at once; also the shortest time between two."""
_TICK = 5.0


class Pump:
    """Calls `publish(fleet)` from its own thread with every new picture of the store."""

    def __init__(self, store: FleetStore, publish: Callable[[Fleet], None]) -> None:
        self._store = store
        self._publish = publish
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
            fleet = self._store.fleet
            if fleet is not shown:
                shown = fleet
                self._publish(fleet)
                self._stopped.wait(QUIET)
            version = self._store.wait_news(version, _TICK)
