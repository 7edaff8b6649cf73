"""The annotation keys that carry a route's weights."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

_CLUSTER_ID = re.compile(r"\.c[0-9a-f]{32}$")


def weight_keys(annotations: Iterable[str], prefix: str, members: Collection[str] = ()) -> tuple[str, ...]:
    """The annotation keys that carry weights: under the prefix, or ending in a cluster id."""
    return tuple(
        sorted(
            key
            for key in annotations
            if (key.startswith(prefix) and len(key) > len(prefix))
            or (
                key.startswith("alb.ingress.kubernetes.io/")
                and (_CLUSTER_ID.search(key) or any(suffix in members for suffix in suffixes(key)))
            )
        )
    )


def suffixes(key: str) -> Iterator[str]:
    """What stands behind each of a key's dots, the longest first: a member's name may have dots of its own."""
    _, dot, rest = key.rpartition("/")[2].partition(".")
    while dot:
        yield rest
        _, dot, rest = rest.partition(".")
