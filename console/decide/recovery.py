"""How long a route's clients had to wait, from what its probe saw: from the first failure, or the run's start, to the
moment from which on nothing went wrong any more, with the error that sampling leaves. Pure.

That moment is dated back: 0 and 100 percent are believed only after 300 answers (model/share.py), but what they prove
began with the first of them. `agreed` says when it was proven.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.model.evidence import Exhibit, ExhibitKind
from console.model.fleet import Layer

GAP = 10.0
"""Seconds without a failure after which another one is another trouble."""
AROUND = 10.0
"""Seconds before the last failure over which the part that failed is taken."""
AFTER = 2.0
"""Seconds after it over which the probe's rate is taken: that is how soon it would have seen another one."""
LOOK = 1.5
"""Seconds by which agreement is seen late: answers are posted each second, and looked at four times in one."""
SURE = 0.05
"""The chance that the true end lies outside the error."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """One probed route, or all of them together (`route` empty). Epoch seconds of this host; None where it did not get
    there. `error`: seconds either way, at 95 %."""

    route: str
    began: float
    by: str
    """What `began` is: `first failed probe` | `run start`"""
    recovered: float | None
    agreed: float | None
    error: float
    failed: int
    """Requests of the probe without a usable answer."""
    requests: int

    @property
    def since(self) -> str:
        """The same in words: nobody probed for the run before it began."""
        return "its start" if self.by == "run start" else f"the run's {self.by}"

    @property
    def seconds(self) -> float | None:
        """The recovery time; None while it has not recovered."""
        return None if self.recovered is None else max(0.0, self.recovered - self.began)


@dataclass(frozen=True, slots=True)
class _Second:
    """One probe exhibit: [count, first, last] of what failed, of what went to the wrong member, of all."""

    failed: tuple[int, float, float]
    bad: tuple[int, float, float]
    count: int
    first: float
    last: float


def recoveries(
    exhibits: Sequence[Exhibit], wanted: Mapping[str, Mapping[str, int | None]], started: float, drift: float = 0.0
) -> tuple[Recovery, ...]:
    """Each probed route's, the most patient one's last; then that of all together where there are several.

    `wanted`: route key -> member id -> weight that the run ended with. `drift`: seconds by which the clock was set.
    """
    found = []
    for route in sorted({one.about for one in exhibits if one.kind is ExhibitKind.PROBE}):
        mine = [one for one in exhibits if one.about == route]
        probed = [_second(json.loads(one.body), wanted.get(route, {})) for one in mine if one.kind is ExhibitKind.PROBE]
        seconds = sorted((one for one in probed if one is not None), key=lambda one: one.first)
        if seconds:
            found.append(_route(route, seconds, _agreed(mine), started, abs(drift)))
    return (*found, _whole(found)) if len(found) > 1 else tuple(found)


def _route(route: str, seconds: Sequence[_Second], agreed: float | None, started: float, drift: float) -> Recovery:
    before = [one for one in seconds if agreed is None or one.first <= agreed]
    began, by = started, "run start"
    last = None
    for one in (one for one in before if one.failed[0]):
        if last is None or one.failed[1] - last > GAP:
            began, by = one.failed[1], "first failed probe"
        last = one.failed[2]
    ends = [one.bad[2] for one in before if one.bad[0]]
    failed, requests = sum(one.failed[0] for one in seconds), sum(one.count for one in seconds)
    if agreed is None:
        return Recovery(route, began, by, None, None, drift, failed, requests)
    if not ends:
        return Recovery(route, began, by, agreed, agreed, LOOK + drift, failed, requests)
    end = max(ends)
    interval = _interval([one for one in before if end <= one.last and one.first <= end + AFTER])
    error = _spread([one for one in before if end - AROUND <= one.last and one.first <= end], interval) + drift
    return Recovery(route, began, by, min(agreed, end + interval), agreed, error, failed, requests)


def _interval(seconds: Sequence[_Second]) -> float:
    """Seconds between two requests."""
    count = sum(one.count for one in seconds)
    span = max(one.last for one in seconds) - min(one.first for one in seconds)
    return span / (count - 1) if count > 1 and span > 0 else 1.0


def _spread(seconds: Sequence[_Second], interval: float) -> float:
    """Seconds within which trouble of that density shows itself in a probe, all but surely."""
    count, bad = sum(one.count for one in seconds), sum(one.bad[0] for one in seconds)
    density = min(1.0, bad / count) if count else 1.0
    tries = 1.0 if density >= 1.0 else math.log(SURE) / math.log(1.0 - density)
    return interval * max(1.0, tries)


def _whole(found: Sequence[Recovery]) -> Recovery:
    first = min(found, key=lambda one: one.began)
    ends = [one.recovered for one in found if one.recovered is not None]
    agreed = [one.agreed for one in found if one.agreed is not None]
    there = len(ends) == len(found)
    return Recovery(
        "", first.began, first.by, max(ends) if there else None, max(agreed) if there else None,
        max(one.error for one in found), sum(one.failed for one in found), sum(one.requests for one in found),
    )  # fmt: skip


def _agreed(exhibits: Sequence[Exhibit]) -> float | None:
    """Since when the observed share has agreed, as it still did at the end."""
    since = None
    for one in exhibits:
        if one.kind is not ExhibitKind.LAYER:
            continue
        said = json.loads(one.body)
        holds = said.get("settled") is True and said.get("layer") == Layer.OBSERVED
        since = (since if since is not None else one.at) if holds else None
    return since


def _second(said: Mapping[str, Any], weights: Mapping[str, int | None]) -> _Second | None:
    failed: tuple[int, float, float] = tuple(said["failed"])
    wrong = [tuple(sample) for member, sample in said["members"].items() if weights and not weights.get(member)]
    good = [tuple(sample) for sample in (said["unnamed"], *said["members"].values())]
    every = [sample for sample in (failed, *good) if sample[0]]
    bad = [sample for sample in (failed, *wrong) if sample[0]]
    if not every:
        return None
    first, last = min(sample[1] for sample in every), max(sample[2] for sample in every)
    return _Second(failed, _joined(bad, first), sum(sample[0] for sample in every), first, last)


def _joined(samples: Sequence[tuple[Any, ...]], otherwise: float) -> tuple[int, float, float]:
    if not samples:
        return 0, otherwise, otherwise
    return sum(one[0] for one in samples), min(one[1] for one in samples), max(one[2] for one in samples)
