"""Lists of raw objects, page by page, for those who want them as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.errors import Answered
from console.kube.connect import Hub, failure, permission
from console.kube.kinds import METADATA
from console.kube.served import Resource

_PAGE = "100"
_AGAIN = 3
"""Times that a list which expires half-way is begun again."""


def items(
    hub: Hub,
    resource: Resource,
    namespace: str = "",
    *,
    query: Sequence[tuple[str, str]] = (),
    accept: str = "application/json",
) -> Iterator[Mapping[str, Any]]:
    """Every object of a list; one that expired was begun again, and objects may come twice then.

    Raises `Answered` with status 404 where the kind is not served, and what else a refused list raises. Where only
    metadata is asked for, an answer with more in it is dropped unread.
    """
    token, again, plural = "", 0, resource.plural
    wanted = permission("list", resource.group, plural, namespace or None)
    while True:
        asked = [*query, ("limit", _PAGE), *([("continue", token)] if token else [])]
        answer = hub.call("GET", resource.path(namespace), query=asked, accept=accept, timeout=(5, 20))
        if answer.status == 410 and token and again < _AGAIN:
            token, again = "", again + 1
            continue
        if not answer.ok:
            raise failure(answer, f"list {plural}", wanted, hub.called)
        page = answer.json()
        found = page.get("items") if isinstance(page, dict) else 0
        if not isinstance(found, list | None):
            raise Answered(f"{hub.called} answered with no list of {plural}", status=answer.status)
        if accept == METADATA and page.get("kind") != "PartialObjectMetadataList":
            words = f"{hub.called} answered with whole {plural} where their metadata was asked for"
            raise Answered(f"{words}: dropped unread", status=answer.status)
        yield from (one for one in found or () if isinstance(one, dict))
        meta = page.get("metadata")
        following = meta.get("continue") if isinstance(meta, dict) else None
        if not isinstance(following, str) or not following:
            return
        token = following
