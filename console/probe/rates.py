"""How many requests a second each probed route gets, so that all together stay within the budget; pure."""

from __future__ import annotations

from collections.abc import Mapping


def shared_rates(
    wanted: Mapping[str, float], boosted: Mapping[str, float], budget: float, limit: float = 0.0
) -> dict[str, float]:
    """Route -> requests a second.

    Boosted routes share the budget first, in proportion where it does not suffice, or the `limit` that somebody
    consented to where that is more; the others share what is left of the budget.
    """
    raised = {route: max(rate, wanted[route]) for route, rate in boosted.items() if route in wanted}
    rest = {route: rate for route, rate in wanted.items() if route not in raised}
    given = _fit(raised, max(budget, limit))
    return given | _fit(rest, max(0.0, budget - sum(given.values())))


def _fit(rates: Mapping[str, float], budget: float) -> dict[str, float]:
    total = sum(rates.values())
    scale = 1.0 if total <= budget else budget / total
    return {route: rate * scale for route, rate in rates.items()}
