"""Whether a run whose time is over may go back: whether the members that get weight again are proven to serve, and how
they fare beside those that serve once they have some of it. No data is never a pass.

Rates are of failed answers. Two sides are told apart by Fisher's exact test, one side alone by Wilson's 95 % bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import comb

from console.decide.plan import Plan
from console.model.direct import Sample
from console.model.share import Z95, interval

LEAST = 3
"""Answers below which nothing is said of a member."""
ALLOWED = 0.01
"""Share of failed answers that is nobody's fault."""
WORSE = 0.05
"""Chance that the sides are alike below which one counts as worse."""
SLOWER, MUCH_SLOWER = 1.5, 3.0
"""Times the serving side's p95 from which on answers are slow, and too slow."""
NOTICED, FELT = 0.05, 0.1
"""Seconds of difference below which that is not said."""
GAP = 10.0
"""Seconds without a sample after which what was seen before proves nothing."""


class Word(StrEnum):
    """What a comparison says."""

    PASS = "pass"
    MARGINAL = "marginal"
    FAIL = "fail"
    NO_DATA = "no data"


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether members are proven to serve; the sentence says what is missing, and stays the same while that does."""

    proven: bool
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A comparison, with its numbers in a sentence."""

    word: Word
    sentence: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers of one side within a window; `p95` in seconds, None where none was measured."""

    served: int = 0
    failed: int = 0
    p95: float | None = None
    why: str = ""
    """What was wrong last."""

    @property
    def count(self) -> int:
        """All of them."""
        return self.served + self.failed

    @property
    def rate(self) -> float:
        """Share of failed ones; 0 of none."""
        return self.failed / self.count if self.count else 0.0


def growing(plan: Plan) -> tuple[str, ...]:
    """Ids of the members whose weight grows on any route by going back, each once."""
    found = dict[str, None]()
    for change in plan.routes:
        before, after = change.weights(change.before), change.weights(change.after)
        found.update((member, None) for member, held in before.items() if (held or 0) > (after[member] or 0))
    return tuple(found)


def serving(plan: Plan) -> tuple[str, ...]:
    """Ids of the members that carry the traffic now and get none by going back."""
    gaining, found = growing(plan), dict[str, None]()
    for change in plan.routes:
        after = change.weights(change.after)
        found.update((member, None) for member, held in after.items() if held and member not in gaining)
    return tuple(found)


def clean(samples: Sequence[Sample], now: float, wanted: float) -> Proof:
    """Whether one member has answered for `wanted` seconds up to `now` without a failure and without a gap."""
    if not samples:
        return Proof(False, "nothing was heard of it yet")
    newest, gap = samples[-1], max(GAP, wanted / 4)
    if not newest.served:
        return Proof(False, newest.why)
    if now - newest.at > gap:
        return Proof(False, "it is not heard any more")
    since = newest.at
    for sample in reversed(samples):
        if not sample.served or since - sample.at > gap:
            break
        since = sample.at
    if now - since < wanted:
        return Proof(False, f"it serves again, and must do so for {wanted:g} s without a failure")
    return Proof(True)


def tally(samples: Iterable[Sample], since: float) -> Tally:
    """The answers from a monotonic second on."""
    found = [sample for sample in samples if sample.at >= since]
    served = [sample for sample in found if sample.served]
    times = sorted(sample.seconds for sample in served if sample.seconds is not None)
    p95 = times[min(len(times) - 1, int(len(times) * 0.95))] if times else None
    why = next((sample.why for sample in reversed(found) if not sample.served), "")
    return Tally(len(served), len(found) - len(served), p95, why)


def compare(returning: Mapping[str, Tally], others: Tally, gateway: Tally | None = None) -> Judgement:
    """How members that have weight again, by name, fare beside all `others` together; the worst one speaks. `gateway`:
    requests through it in the same window, None where it is not probed."""
    found = [_beside(name, one, others) for name, one in returning.items()]
    if gateway is not None and gateway.count >= LEAST:
        found.append(_alone("requests through the gateway", gateway))
    if not found:
        return Judgement(Word.NO_DATA, "nobody gets weight again")
    order = (Word.FAIL, Word.NO_DATA, Word.MARGINAL, Word.PASS)
    return min(found, key=lambda one: order.index(one.word))


def _beside(name: str, one: Tally, others: Tally) -> Judgement:
    if one.count < LEAST:
        return Judgement(Word.NO_DATA, f"{name}: {one.count} answers, and {LEAST} are the least that says anything")
    alone = _alone(name, one)
    if others.count < LEAST:
        return Judgement(alone.word, f"{alone.sentence}; nothing is known of the serving side")
    said = f"{_failed(name, one)}, serving side {others.failed} of {others.count}"
    slow = _slower(one, others)
    if one.failed and (fisher(one, others) < WORSE or surely(one) > 0.5):
        return Judgement(Word.FAIL, f"{said}{_why(one)}")
    if slow.word is Word.FAIL:
        return Judgement(Word.FAIL, f"{said}, {slow.sentence}")
    if one.failed and one.rate > max(ALLOWED, others.rate):
        return Judgement(Word.MARGINAL, f"{said}{_why(one)}")
    return Judgement(slow.word, f"{said}{', ' if slow.sentence else ''}{slow.sentence}")


def _alone(name: str, one: Tally) -> Judgement:
    """One side by itself: no more than `ALLOWED` may fail."""
    if surely(one) > ALLOWED:
        return Judgement(Word.FAIL, f"{_failed(name, one)}{_why(one)}")
    word = Word.MARGINAL if one.rate > ALLOWED else Word.PASS
    return Judgement(word, f"{_failed(name, one)}{_why(one)}")


def _slower(one: Tally, others: Tally) -> Judgement:
    if one.p95 is None or others.p95 is None:
        return Judgement(Word.PASS, "")
    said = f"p95 {one.p95 * 1000:.0f} ms beside {others.p95 * 1000:.0f} ms"
    more = one.p95 - others.p95
    if more > FELT and one.p95 > MUCH_SLOWER * others.p95:
        return Judgement(Word.FAIL, said)
    slow = more > NOTICED and one.p95 > SLOWER * others.p95
    return Judgement(Word.MARGINAL if slow else Word.PASS, said)


def _failed(name: str, one: Tally) -> str:
    return f"{name}: {one.failed} of {one.count} failed"


def _why(one: Tally) -> str:
    return f" ({one.why})" if one.why else ""


def surely(one: Tally) -> float:
    """The share of failed answers that is exceeded for sure: Wilson's lower 95 % bound."""
    return interval(one.failed, one.count, Z95)[0] / 100 if one.count else 0.0


def fisher(one: Tally, others: Tally) -> float:
    """The chance that so many failures or more are one's, where both sides are alike; one-sided, exact."""
    failed, count = one.failed + others.failed, one.count + others.count
    ways = comb(count, one.count)
    most = min(failed, one.count)
    return sum(comb(failed, k) * comb(count - failed, one.count - k) for k in range(one.failed, most + 1)) / ways
