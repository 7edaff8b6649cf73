"""What the ALB's rules say of one route, as its backends were resolved to members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleReading:
    """What the ALB's rules say of a route: member id -> weight, the state word, and why a member is missing."""

    weights: Mapping[str, float]
    state: str | None
    message: str = ""
    shared: bool = False
    """Members share one group: weights are percentages, and agree within 1 point."""
    missing: bool = False
    """Nothing carries the route: what would was read, and has no rule of it."""
    underivable: str = ""
    """The server group whose member nothing tells."""
