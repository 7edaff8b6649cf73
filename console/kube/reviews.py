"""Access reviews, many at once: over a long line they would add up."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from console.errors import FleetConsoleError
from console.kube.connect import Hub

_HANDS = 6


def reviews(hub: Hub, wanted: Sequence[tuple[str, str, str, str | None]]) -> dict[str, bool]:
    """`VERB GROUP/RESOURCE` -> whether we may, in the namespace that is said or in every one; what the server does not
    say is left out. The core group is the empty word: `create /namespaces`."""

    def ask(one: tuple[str, str, str, str | None]) -> bool | None:
        try:
            return hub.allowed(*one)
        except FleetConsoleError:
            return None

    with ThreadPoolExecutor(_HANDS, thread_name_prefix="review") as hands:
        said = zip(wanted, hands.map(ask, wanted), strict=True)
        return {f"{verb} {group}/{resource}": may for (verb, group, resource, _), may in said if may is not None}
