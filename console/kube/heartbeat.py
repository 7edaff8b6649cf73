"""Asks a hub every few seconds who it is, and speaks for all of its sources whose watches are open: their ages advance
together, and fall behind together where the hub no longer answers.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from console.errors import Answered, Denied, FleetConsoleError
from console.kube.connect import Hub
from console.kube.feed import Feed, Word
from console.kube.watch import Reader
from console.model.freshness import SourceState
from console.model.text import inert

BEAT = 5.0
"""Seconds between two questions."""
_AGAIN = 1.0
"""Seconds after which a first failure is looked at again before it is believed."""


class Heartbeat(threading.Thread):
    """The source at the head of its feed. Another UID of kube-system is another Fleet: every reader then lists anew."""

    def __init__(self, hub: Hub, feed: Feed, readers: Sequence[Reader]) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self._hub = hub
        self._feed = feed
        self._readers = readers
        self._stopped = threading.Event()
        self._missed = 0

    def stop(self) -> None:
        """End soon."""
        self._stopped.set()

    def run(self) -> None:
        """Ask for ever."""
        while not self._stopped.is_set():
            try:
                self.beat()
            except Exception as error:  # the heart of every other source must not stop
                self._feed.say(Word(self._feed.head, SourceState.STALE, f"heartbeat failed: {inert(error, 160)}"))
            self._stopped.wait(_AGAIN if self._missed == 1 else BEAT)

    def beat(self) -> None:
        """Ask once."""
        try:
            uid = self._hub.fleet_uid()
        except Denied as error:
            self._denied(error)
        except FleetConsoleError as error:
            self._failed(error)
        else:
            if self._feed.identify(uid, self._hub.skew or 0.0, self._hub.granted().expires):
                self._anew()
            if self._feed.state(self._feed.head) is SourceState.DENIED:
                for reader in self._readers:
                    if not reader.streaming:  # whom it knows again now may be allowed the rest as well
                        reader.poke()
            self._answered(Word(self._feed.head, SourceState.LIVE, answered=True, mode=f"get {BEAT:.0f}s"))

    def _denied(self, error: Denied) -> None:
        """We may not read who it is; whether it answers can still be told from its version."""
        answers = False
        try:
            answers = self._hub.call("GET", "/version", timeout=(4, 4)).status in (200, 403)
        except FleetConsoleError:
            pass
        word = Word(self._feed.head, SourceState.DENIED, str(error), error.permission or None, answered=answers)
        if answers:
            self._answered(word)
        else:
            self._feed.say(word)

    def _answered(self, word: Word) -> None:
        missed, self._missed = self._missed, 0
        if missed > 1:
            self._anew()
        self._feed.say(word, *(reader.word for reader in self._readers if reader.streaming))

    def _anew(self) -> None:
        """Every watch is taken up again at once, on a fresh connection."""
        for reader in self._readers:
            reader.interrupt()
            reader.poke()

    def _failed(self, error: FleetConsoleError) -> None:
        status = error.status if isinstance(error, Answered) else 0
        seen = self._feed.state(self._feed.head) is SourceState.LIVE
        self._missed += 1
        if self._missed == 1 and seen:
            return
        if status == 429:
            state = SourceState.THROTTLED
        elif status >= 500 and seen:
            state = SourceState.STALE
        else:
            state = SourceState.LOST
        self._feed.say(Word(self._feed.head, state, str(error)))
        self._feed.age_all((reader.kind.source for reader in self._readers), f"{self._hub.called} does not answer")
