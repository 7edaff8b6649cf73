"""What the journal holds of one set-up run: the lines of its former runners, and those that are added now."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from console.model.run import JournalLine, RunReport
from console.run.journal import Journal
from console.run.setup.sides import MADE, TASK

_TOKENS = uuid.UUID("7d1c9d0e-6f0a-4f57-9d7b-3f2a6c1b8e55")
_FOLLOWED = re.compile(rf"{MADE} (\S+), {TASK} ([^\s,]+)")
WAIT = "wait until"
"""How the sentence of a task that only waits begins."""
_BEGUN, _ENDED = ("intended", "sent"), ("confirmed", "refused")


def followed(lines: Iterable[JournalLine]) -> Iterator[tuple[str, str]]:
    """Cluster or Fleet and the cloud's task of each call that was taken, oldest first: by it its code and its log are
    read, by whichever run comes later."""
    for one in lines:
        found = _FOLLOWED.match(one.sentence) if one.phase == "sent" else None
        if found is not None:
            yield found[1], found[2]


class Past:
    """The lines of a run, by task."""

    def __init__(self, journal: Journal, report: RunReport) -> None:
        self._journal = journal
        self._run = report.run
        self._seen: set[tuple[str, str]] = set()
        self._done: Counter[str] = Counter()
        self._last: dict[str, str] = {}
        """Task -> what was said when it was confirmed last."""
        self._stood = False
        """Whether something that a former runner may have sent stands there."""
        self.open: set[str] = set()
        """Tasks that were begun, and neither confirmed nor refused since."""
        self.awaited: set[str] = set()
        """Tasks that only waited, and of which nobody has said since that it is so."""
        for one in report.lines:
            self._keep(one.step, one.phase, one.sentence)
        self.orphans = set(self.open)
        """Those that a former runner may have sent, and died before it knew."""

    def line(self, step: str, phase: str, sentence: str) -> None:
        """Journal one."""
        self._journal.line(self._run, step, phase, sentence)
        self._keep(step, phase, sentence)

    def had(self, step: str, phase: str) -> bool:
        """Whether a task reached a phase at any time of this run."""
        return (step, phase) in self._seen

    @property
    def wrote(self) -> bool:
        """Whether anything may have been changed."""
        return any(phase in ("sent", "confirmed") for _, phase in self._seen)

    @property
    def made(self) -> bool:
        """Whether anything of the world's may have been changed: not files of ours, nor what was waited for."""
        return self._stood or any(phase == "sent" for _, phase in self._seen)

    def token(self, step: str) -> str:
        """The client token of a task: the same in every try, whoever is the runner, until it was confirmed; what is
        made anew later is another thing."""
        done = self._done[step]
        return str(uuid.uuid5(_TOKENS, f"{self._run} {step}{f' {done}' if done else ''}"))

    def settle(self, there: Callable[[str], bool]) -> None:
        """Confirm what was begun by a former runner and stands `there`."""
        for name in sorted(one for one in self.orphans if there(one)):
            self.orphans.discard(name)
            self._stood = True
            self.line(name, "confirmed", "it stands there")

    def confirmed(self, step: str) -> str:
        """What was said when a task was confirmed last; empty where it never was."""
        return self._last.get(step, "")

    def _keep(self, step: str, phase: str, sentence: str) -> None:
        self._seen.add((step, phase))
        if phase in _BEGUN:
            self.open.add(step)
        elif phase == "noted" and sentence.startswith(WAIT):
            self.awaited.add(step)
        elif phase in _ENDED:
            self.open.discard(step)
            self.awaited.discard(step)
            if phase == "confirmed":
                self._done[step] += 1
                self._last[step] = sentence
