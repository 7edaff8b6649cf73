"""One object of the hub, whole and fresh, as YAML that may be looked at: inert, and without what only machines read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from console.errors import Answered
from console.kube.connect import Hub
from console.kube.decode import LAST_APPLIED
from console.kube.kinds import KINDS
from console.kube.trouble import failure
from console.model.freshness import SourceName
from console.model.text import inert

LONGEST = 2_000
"""Characters of one line that are shown."""


def yaml_of(hub: Hub, source: SourceName, key: str) -> tuple[str, ...]:
    """The object's lines, its keys in the order of the API's answer. `key`: `NAME` or `NAMESPACE/NAME`.

    Blocks. Raises `Answered` where there is no such object, else what `failure` makes of the answer.
    """
    kind = next(one for one in KINDS if one.source is source)
    namespace, _, name = key.rpartition("/")
    head, _, resource = kind.path.rpartition("/")
    inside = f"/namespaces/{quote(namespace, safe='')}" if namespace and "/namespaces/" not in head else ""
    answer = hub.call("GET", f"{head}{inside}/{resource}/{quote(name, safe='')}")
    if answer.status == 404:
        raise Answered(f"{kind.name} {inert(key, 160)} is not on the hub any more", status=404)
    if not answer.ok:
        raise failure(answer, doing=f"read {kind.full_name} {inert(key, 160)}", permission=kind.permission("get"))
    return tuple(_lines(answer.json()))


def _lines(thing: Any) -> Iterator[str]:
    import yaml

    managers = _fold(thing)
    text = yaml.dump(thing, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False, allow_unicode=True)
    for line in text.splitlines():
        yield inert(line, LONGEST)
    if managers:
        yield f"# managedFields are left out; written by {inert(', '.join(managers), 400)}"


def _fold(thing: Any) -> list[str]:
    """Take managedFields and the last-applied copy out; returns who manages fields."""
    metadata = thing.get("metadata") if isinstance(thing, dict) else None
    if not isinstance(metadata, dict):
        return []
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        annotations.pop(LAST_APPLIED, None)
    entries = metadata.pop("managedFields", None)
    found = [entry.get("manager") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return sorted({manager for manager in found if isinstance(manager, str)})
