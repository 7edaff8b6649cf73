"""The observed share: what a number of probe answers says about a weight, and how surely.

Wilson score intervals; the rules of agreement are design.md's: agree where the 95 % interval meets the target within
2 points, disagree where the 99.9 % interval excludes it, 0 and 100 only after 300 samples without a miss.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Z95 = 1.959964
Z999 = 3.290527
MARGIN = 2.0
"""Points of share by which the 95 % interval may miss the target and still agree."""
FEW = 30
"""Samples under which nothing is said."""
CERTAIN = 300
"""Samples without a miss after which 0 or 100 is believed."""
NEWEST = 400
"""Answers that count; older ones are history, so that one stray answer is outlived."""
LATELY = 30.0
"""Seconds of requests by which a route is said to answer now."""
_STRIDE = 10
"""Answers between two places at which a change is looked for."""


class Verdict(StrEnum):
    """What the samples say about a target."""

    AGREE = "agree"
    DISAGREE = "disagree"
    UNKNOWN = "not yet known"


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `samples` answers came from one member; bounds in percent of the 95 % interval."""

    hits: int
    samples: int

    @property
    def share(self) -> float:
        """Percent of the answers, 0 to 100."""
        return 100.0 * self.hits / self.samples

    @property
    def low(self) -> float:
        """Lower bound of the 95 % interval, percent."""
        return interval(self.hits, self.samples, Z95)[0]

    @property
    def high(self) -> float:
        """Upper bound of the 95 % interval, percent."""
        return interval(self.hits, self.samples, Z95)[1]

    def verdict(self, target: float) -> Verdict:
        """What these samples say about a target share in percent."""
        if target <= 0.0 or target >= 100.0:
            return self._certain(missed=self.hits if target <= 0.0 else self.samples - self.hits)
        low, high = interval(self.hits, self.samples, Z95)
        if low - MARGIN <= target <= high + MARGIN:
            return Verdict.AGREE
        low, high = interval(self.hits, self.samples, Z999)
        return Verdict.UNKNOWN if low <= target <= high else Verdict.DISAGREE

    def _certain(self, missed: int) -> Verdict:
        if missed:
            return Verdict.DISAGREE
        return Verdict.AGREE if self.samples >= CERTAIN else Verdict.UNKNOWN


def interval(hits: int, samples: int, z: float) -> tuple[float, float]:
    """Wilson score interval of hits/samples in percent; (0, 100) of no samples."""
    if samples <= 0:
        return 0.0, 100.0
    p = hits / samples
    spread = z * math.sqrt(p * (1 - p) / samples + z * z / (4 * samples * samples))
    centre = p + z * z / (2 * samples)
    scale = 100.0 / (1 + z * z / samples)
    return max(0.0, (centre - spread) * scale), min(100.0, (centre + spread) * scale)


@dataclass(frozen=True, slots=True)
class ProbeSeries:
    """The newest answers of one route's probe: monotonic second and member id, or None where the answer named nobody.

    `failures` counts requests without a usable answer (no connection, time-out, 5xx) as (second, sentence).
    """

    route: str
    answers: tuple[tuple[float, str | None], ...] = ()
    failures: tuple[tuple[float, str], ...] = ()

    def unanswered(self, since: float) -> tuple[int, int]:
        """How many requests had no usable answer, of how many: in the newest `LATELY` seconds, and since the monotonic
        second `since`."""
        newest = max((told[-1][0] for told in (self.answers, self.failures) if told), default=0.0)
        begin = max(since, newest - LATELY)
        failed = sum(at >= begin for at, _ in self.failures)
        return failed, failed + sum(at >= begin for at, _ in self.answers)

    def shares(self, members: tuple[str, ...], since: float) -> dict[str, Share | None]:
        """Member id -> share of the attributed answers since the monotonic second `since`; None where too few."""
        named = [member for at, member in self.answers if at >= since and member is not None][-NEWEST:]
        if len(named) < FEW:
            return dict.fromkeys(members)
        return {member: Share(named.count(member), len(named)) for member in members}


def changed(answers: Sequence[tuple[float, str | None]]) -> float | None:
    """The second of the answer from which on they surely come in other parts than before, as when the servers of a
    member die or come back; None where they do not. What came before says nothing of now."""
    named = [(at, word) for at, word in answers if word is not None][-NEWEST:]
    words = frozenset(word for _, word in named)
    if len(words) < 2:
        return None
    best, found = 0.0, None
    for cut in range(FEW, len(named) - FEW + 1, _STRIDE):
        older, recent = [word for _, word in named[:cut]], [word for _, word in named[cut:]]
        gap = max(_gap(older, recent, word) for word in words)
        if gap > best:
            best, found = gap, named[cut][0]
    return found


def _gap(older: Sequence[str], recent: Sequence[str], word: str) -> float:
    """Points of share between the 99.9 % intervals of one word before and after; 0 or less where they meet."""
    low, high = interval(older.count(word), len(older), Z999)
    lower, higher = interval(recent.count(word), len(recent), Z999)
    return max(lower - high, low - higher)
