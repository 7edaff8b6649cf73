"""Asks the query that settings name every 15 s and posts what it gave; sooner while it gives nothing, as where its
range has just begun, and more slowly while it fails."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from console import log
from console.model.freshness import Source, SourceName, SourceState
from console.model.hub import Problem
from console.model.text import inert
from console.prometheus.ask import Unanswered, ask
from console.prometheus.decode import Decoded
from console.settings import PrometheusSettings
from console.store.events import Changed, Heard, Observation

EVERY = 15.0
"""Seconds between two questions."""
_LONGEST = 120.0


class PrometheusPoll:
    """Source `prometheus`. `post` is the store's `apply`, `clock` monotonic."""

    def __init__(
        self,
        settings: PrometheusSettings | None,
        post: Callable[..., None],
        clock: Callable[[], float],
        *,
        every: float = EVERY,
        ask: Callable[[PrometheusSettings], Decoded] = ask,
    ) -> None:
        self._settings = settings
        self._post = post
        self._clock = clock
        self._every = every
        self._ask = ask
        self._failures = 0
        self._source = Source(SourceName.RATES, SourceState.LOADING, clock())
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin, in a thread of its own."""
        if self._settings is None:
            self.decline("")
            return
        self._post(Heard(self._source))
        threading.Thread(target=self._run, args=(self._settings,), name="prometheus", daemon=True).start()

    def decline(self, why: str) -> None:
        """Say that no rate is read, and why."""
        self._say(SourceState.UNCONFIGURED, why)

    def stop(self) -> None:
        """End; a question under way is not waited for."""
        self._stopped.set()

    def _run(self, settings: PrometheusSettings) -> None:
        while not self._stopped.is_set():
            try:
                self._take(self._ask(settings))
            except Unanswered as error:
                self._failed(error.state, str(error))
            except Exception as error:  # a poll that dies would look like a quiet server
                self._failed(SourceState.STALE, f"it could not be read: {inert(type(error).__name__)}")
            self._stopped.wait(self._pause())

    def _pause(self) -> float:
        if not self._failures:
            return self._every if self._source.state is SourceState.LIVE else self._every / 3
        return random.uniform(0.7, 1.0) * min(_LONGEST, self._every * 2.0 ** min(self._failures - 1, 4))

    def _take(self, found: Decoded) -> None:
        self._failures = 0
        more = f"; and {len(found.odd) - 2} more" if len(found.odd) > 2 else ""
        problem = Problem("rates", "; ".join(found.odd[:2]) + more) if found.odd else None
        news: list[Observation] = [Changed(SourceName.RATES, "rates", found.rates, self._clock(), problem)]
        self._post(*news)
        count = len(found.rates.samples)
        if count:
            self._say(SourceState.LIVE, f"{count} series", answered=True)
        else:
            self._say(SourceState.EMPTY, "the query gives no series with a rate", answered=True)

    def _failed(self, state: SourceState, words: str) -> None:
        self._failures += 1
        lost = state is SourceState.STALE and self._source.seen is None
        log.note("prometheus", words)
        self._say(SourceState.LOST if lost else state, words)

    def _say(self, state: SourceState, words: str, *, answered: bool = False) -> None:
        fresh = self._source.told(state, self._clock(), words, answered=answered, mode=f"poll {self._every:g}s")
        if fresh != self._source:
            self._source = fresh
            self._post(Heard(fresh))
