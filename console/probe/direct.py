"""Asks members themselves, past the gateway, while it is to be proven that they serve: a few requests a second."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from console import log
from console.model.direct import Sample
from console.model.text import inert
from console.probe.request import Reply, Unanswered, ask
from console.settings import DirectSettings, Duration

EVERY = 0.5
"""Seconds between two requests to one member, at least."""
MOST = 4.0
"""Requests a second to all members together."""
NEWEST = 20_000
"""Samples of one member that are kept: over an hour's."""

Ask = Callable[[str, str | None, float, str | None], Reply]
"""Address, host, seconds and proxy -> an answer; raises `Unanswered`."""


class Direct:
    """The direct probes of some members, by id; each in a thread of its own between `start` and `stop`. `clock` is
    monotonic."""

    def __init__(
        self,
        settings: Mapping[str, DirectSettings],
        *,
        ask: Ask = ask,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._samples: dict[str, deque[Sample]] = {member: deque(maxlen=NEWEST) for member in settings}
        self._stopped: threading.Event | None = None

    @property
    def members(self) -> tuple[str, ...]:
        """Who is asked."""
        return tuple(self._settings)

    @property
    def every(self) -> float:
        """Seconds between two requests to one member."""
        return max(EVERY, len(self._settings) / MOST)

    def start(self) -> None:
        """Begin to ask, or go on with it."""
        if self._stopped is not None:
            return
        self._stopped = threading.Event()
        for member in self._settings:
            name = f"direct {member[:12]}"
            threading.Thread(target=self._work, args=(member, self._stopped), name=name, daemon=True).start()

    def stop(self) -> None:
        """Ask no more; what was heard stays."""
        if self._stopped is not None:
            self._stopped.set()
            self._stopped = None

    def samples(self, member: str) -> Sequence[Sample]:
        """What was heard of a member, oldest first."""
        with self._lock:
            return tuple(self._samples.get(member, ()))

    def forget(self) -> None:
        """Drop what was heard."""
        with self._lock:
            for samples in self._samples.values():
                samples.clear()

    def look(self, member: str) -> Sample:
        """Ask one member once."""
        said = self._settings[member]
        began = self._clock()
        try:
            self._ask(said.url, said.host, float(Duration.parse(said.timeout)), said.proxy)
        except Unanswered as error:
            return Sample(began, None, str(error))
        except Exception as error:  # a probe that dies would look like a member that nobody hears
            return Sample(began, None, f"the request could not be made ({inert(type(error).__name__, 60)})")
        return Sample(began, self._clock() - began)

    def _work(self, member: str, stopped: threading.Event) -> None:
        last: str | None = None
        while not stopped.is_set():
            sample = self.look(member)
            with self._lock:
                if not stopped.is_set():
                    self._samples[member].append(sample)
            if sample.why != last:
                last = sample.why
                log.note("direct", member, sample.why or "answers")
            stopped.wait(self.every)
