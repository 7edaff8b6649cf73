"""What people say to a run while it goes: through the journal of this host, or through its record on the Fleet."""

from __future__ import annotations

from collections.abc import Callable

from console.kube.record import WORDS
from console.model.fleet import Run
from console.model.text import inert
from console.run.journal import Journal


class Words:
    """Hears the words for one run. `record` gives the run as its record on the Fleet tells it, None while unread.
    `heard`: the id of the word of another login that was taken last, None where a former runner was told whatever the
    record holds at the first look."""

    def __init__(self, journal: Journal, run: str, record: Callable[[], Run | None], heard: str | None = "") -> None:
        self._journal = journal
        self._run = run
        self._record = record
        self._count = 0
        self._fresh = heard is None
        self.heard = heard or ""
        """The id of the newest word of another login that was taken."""
        self.turn: str | None = None
        """`stop`, `rollback` or `rollback-now`, until it is obeyed."""
        self.by = ""
        """` of WHO` where another login said that; empty where it came from this host."""
        self.hasten = False
        """Whether holds are to be skipped."""
        self.touch = False
        """Whether the Ingresses that wait for the controller are to be touched, until that was done."""
        self.more = 0.0
        """Seconds by which the present hold, or the expiry, was extended, until that was done."""

    @property
    def count(self) -> int:
        """Words of the journal that were heard."""
        return self._count

    def tell(self, word: str) -> None:
        """A word from within this process, as a signal brings it."""
        self._take(word, 0.0)

    def told(self) -> bool:
        """Whether a word that ends what is being done came since the last one was obeyed."""
        words = self._journal.commands(self._run)
        for word in words[self._count :]:
            verb, _, seconds = word.partition(" ")
            self._take(verb, float(seconds or 0.0))
        self._count = len(words)
        record = self._record()
        other = record.word if record is not None else None
        if self._fresh and record is not None:
            self._fresh, self.heard = False, other.id if other is not None else ""
        if other is not None and other.id != self.heard:
            self.heard = other.id
            self._journal.viewed(self._run)  # whoever speaks to it is there
            self._journal.line(self._run, "word", "noted", f"{other.word} by {inert(other.actor or 'somebody', 200)}")
            self._take(other.word, other.seconds, f" of {inert(other.actor or 'somebody', 200)}")
        return self.turn is not None

    def obeyed(self) -> str | None:
        """The word that is to be obeyed now; it is taken."""
        word, self.turn = self.turn, None
        return word

    def _take(self, verb: str, seconds: float, by: str = "") -> None:
        if verb not in WORDS:
            return
        if verb == "finish":
            self.hasten = True
        elif verb == "touch":
            self.touch = True
        elif verb == "extend":
            self.more += seconds
        elif self.turn != "stop":
            self.turn, self.by = verb, by
