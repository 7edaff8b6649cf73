"""Requests a second as a Prometheus query gave them, and as they are told of members and routes. None is not known,
never 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FRESH = 60.0
"""Seconds after its source's last answer for which a rate is still told."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One series: what its labels say of a member and of a route (NAMESPACE/NAME), None where they say nothing; both
    inert. `value`: requests a second, to three figures."""

    member: str | None
    route: str | None
    value: float


@dataclass(frozen=True, slots=True)
class Rates:
    """The newest answer of the query."""

    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteRate:
    """Requests a second of one route, in all and by member id."""

    whole: float | None = None
    parts: tuple[tuple[str, float], ...] = ()

    def of(self, member: str) -> float | None:
        """One member's part."""
        return dict(self.parts).get(member)

    @property
    def by_member(self) -> Mapping[str, float]:
        """Member id -> requests a second."""
        return dict(self.parts)


NO_RATE = RouteRate()
