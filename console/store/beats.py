"""When each member's agent was heard last, by our own clock, and whose link grows late by the clock alone."""

from __future__ import annotations

import math
from collections.abc import Collection

from console.model.hub import Heartbeat

LATE = 90.0
"""Seconds after which an unrenewed Lease is suspect (domain.md 3.1)."""
LOST = 300.0
"""Seconds after which the hub itself gives the agent up: 5 x leaseDurationSeconds."""


class Beats:
    """Leases by member id. A renewal that was watched is dated by our own clock, the first sight by the agent's, with
    the difference of clocks as it is known."""

    def __init__(self) -> None:
        self._beats: dict[str, tuple[float, float]] = {}
        """Member id -> (renewed by the agent's clock, monotonic second)."""
        self._first: dict[str, tuple[float, float]] = {}
        """Member id -> (monotonic, epoch) second at which its Lease was seen first, until it is seen renewed."""
        self._skew = 0.0
        self._heard: set[str] = set()
        self._due = 0.0
        """Monotonic second before which no link grows late, or lost."""

    def last(self, member: str) -> float | None:
        """Monotonic second at which its agent was alive; None where no Lease is known."""
        known = self._beats.get(member)
        return known[1] if known is not None else None

    def beat(self, fact: Heartbeat, now: float, wall: float) -> None:
        """Remember a Lease; `wall`: epoch second."""
        known, member = self._beats.get(fact.member), fact.member
        if fact.renewed is None:
            self.silence(member)
        elif known is None:
            self._first[member] = (now, wall)
            self._hear(member, fact.renewed, self._sight(member, fact.renewed))
        elif known[0] != fact.renewed:
            self._first.pop(member, None)
            self._hear(member, fact.renewed, now)

    def skewed(self, skew: float) -> None:
        """The hub's clock is so many seconds ahead of ours: what was dated by it is dated anew."""
        if abs(skew - self._skew) < 1.0:
            return  # a Date header counts in seconds
        self._skew = skew
        for member in self._first.keys() & self._beats.keys():
            renewed, _ = self._beats[member]
            self._hear(member, renewed, self._sight(member, renewed))

    def silence(self, member: str) -> None:
        """Drop a Lease that is no more."""
        self._beats.pop(member, None)
        self._heard.add(member)

    def expects(self, fact: Heartbeat, now: float) -> bool:
        """Whether a renewal says nothing but that all is as before: the link was up, and its last sign is recent."""
        at = self.last(fact.member)
        return at is not None and fact.renewed is not None and now - at <= LATE

    def stirred(self, now: float) -> Collection[str] | None:
        """The members of whose agents anything was heard since the last picture; None where any link may have grown
        late, or lost."""
        return self._heard if now < self._due else None

    def settled(self, now: float) -> None:
        """A picture shows every link as it is now."""
        if now >= self._due:
            ends = (at + limit for _, at in self._beats.values() for limit in (LATE, LOST))
            self._due = min((end for end in ends if end >= now), default=math.inf)
        self._heard.clear()

    def _hear(self, member: str, renewed: float, at: float) -> None:
        self._beats[member] = (renewed, at)
        self._heard.add(member)
        self._due = min(self._due, at + LATE)

    def _sight(self, member: str, renewed: float) -> float:
        now, wall = self._first[member]
        return now - max(0.0, wall + self._skew - renewed)
