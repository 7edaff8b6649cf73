"""How weights of members become weights of the servers in a group that all members share: each member's servers sum up
to its part of the whole, exactly, in whole numbers from 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping

MOST = 100
"""The largest weight a server may have."""


def spread(wanted: Mapping[str, int] | None, servers: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """Member -> weights of its servers, from its weight and from how many servers it has.

    Without weights every server counts alike. A member's servers differ by 1 at most.
    """
    if wanted is None:
        return {member: (MOST,) * count for member, count in servers.items()}
    weighed = {member: wanted.get(member, 0) for member, count in servers.items() if count}
    factor = _factor({member: (weight, servers[member]) for member, weight in weighed.items() if weight})
    return {member: _dealt(weighed.get(member, 0) * factor, count) for member, count in servers.items()}


def _factor(parts: Mapping[str, tuple[int, int]]) -> int:
    """What every member's weight is multiplied with, so that its servers' sum fits them: as many as the largest member
    has servers, whose servers then carry the member's own weight, or what fits."""
    if not parts:
        return 0
    most = max(count for _, count in parts.values())
    return min(most, *(MOST * count // weight for weight, count in parts.values()))


def _dealt(total: int, count: int) -> tuple[int, ...]:
    each, more = divmod(total, count) if count else (0, 0)
    return tuple(each + (index < more) for index in range(count))
