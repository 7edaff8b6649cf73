"""Between the readers of one API and the store: knows the state of each of its sources, and which Fleet is being read.

A generation is one Fleet. When the hub turns out to be another one, what readers still have in hand of the former is
dropped here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from console.model.freshness import HUB_SOURCES, Source, SourceState, Topic
from console.store.events import Heard, Identified, Observation


@dataclass(frozen=True, slots=True)
class Word:
    """How one source fares; `answered` also advances its age."""

    source: Topic
    state: SourceState
    message: str = ""
    permission: str | None = None
    answered: bool = False
    mode: str = ""
    """How it is read; empty: as before."""
    echo: bool = False
    """It says only that the hub as a whole is out of reach."""


class Feed:
    """All methods may be called from any thread. `post` is the store's `apply`; `clock` is monotonic.

    `topics` are the sources of this API; the first, `head`, is the API server itself, `called` so in sentences.
    """

    def __init__(
        self,
        post: Callable[..., None],
        clock: Callable[[], float],
        topics: Sequence[Topic] = HUB_SOURCES,
        called: str = "the hub",
    ) -> None:
        self.head = topics[0]
        self.called = called
        self._post = post
        self._clock = clock
        self._lock = threading.RLock()
        self._sources = {name: Source(name, SourceState.LOADING, clock()) for name in topics}
        self._uid: str | None = None
        self.generation = 0

    @property
    def now(self) -> float:
        """The monotonic second."""
        return self._clock()

    def state(self, source: Topic) -> SourceState:
        """What was last said of a source."""
        return self._sources[source].state

    def open(self) -> None:
        """Say of every source that it is being asked."""
        with self._lock:
            self._post(*(Heard(source) for source in self._sources.values()))

    def say(self, *words: Word) -> None:
        """Post how sources fare, all in one; what changes nothing is not posted."""
        with self._lock:
            now = self._clock()
            heard = []
            for word in words:
                known = self._sources[word.source]
                fresh = known.told(
                    word.state, now, word.message, word.permission,
                    answered=word.answered, mode=word.mode, echo=word.echo,
                )  # fmt: skip
                if fresh != known:
                    self._sources[word.source] = fresh
                    heard.append(Heard(fresh))
            if heard:
                self._post(*heard)

    def post(self, generation: int, *observations: Observation) -> bool:
        """Post facts read of the Fleet of `generation`; False where that is no longer the one being read."""
        with self._lock:
            if generation != self.generation:
                return False
            self._post(*observations)
            return True

    def identify(self, uid: str, skew: float, until: float | None = None) -> bool:
        """Say which Fleet answers; True where it is another one than before: everything is to be listed again."""
        with self._lock:
            other = self._uid is not None and self._uid != uid
            self._uid = uid
            if other:
                self.generation += 1
                now = self._clock()
                self._sources = {
                    name: replace(source, state=SourceState.LOADING, since=now, seen=None, message="")
                    for name, source in self._sources.items()
                }
            self._post(Identified(uid, self._clock(), skew, until))
            if other:
                self._post(*(Heard(source) for source in self._sources.values()))
            return other

    def all_lost(self, message: str, *, state: SourceState = SourceState.LOST) -> None:
        """Say of the API why it is out of reach, and of all its other sources that they are too."""
        others = (name for name in self._sources if name is not self.head)
        rest = (Word(name, SourceState.LOST, f"{self.called} is out of reach", echo=True) for name in others)
        self.say(Word(self.head, state, message), *rest)

    def age_all(self, sources: Iterable[Topic], message: str) -> None:
        """Say of sources that are current so far that they no longer are."""
        current = (SourceState.LIVE, SourceState.EMPTY)
        aged = (name for name in sources if self._sources[name].state in current)
        self.say(*(Word(name, SourceState.STALE, message, echo=True) for name in aged))
