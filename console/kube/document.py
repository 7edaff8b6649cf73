"""Reads one object of the hub and writes it as YAML for a person: freshly, in the API's order, every line inert.

What only tools read steps back: managedFields stand apart, last-applied-configuration is left out. Secrets are never
read, and an answer that is one is not shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import yaml

from console.errors import Answered, Refused
from console.kube.connect import Hub, failure
from console.kube.decode import LAST_APPLIED
from console.kube.kinds import KINDS, Kind
from console.kube.trouble import permission
from console.model.document import Document, Subject
from console.model.freshness import SourceName, Topic
from console.model.text import inert

SHOWN: dict[Topic, Kind] = {
    kind.source: kind
    for kind in KINDS
    if kind.source
    in (SourceName.MEMBERS, SourceName.GATEWAYS, SourceName.ROUTES, SourceName.APPLICATIONS, SourceName.SETS)
}
"""The kinds that can be asked for."""
_WIDE = 1 << 30
_STEP = "  "


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # libyaml's, where it is there
    """Texts of several lines as blocks; no anchors."""

    def ignore_aliases(self, data: object) -> bool:
        """Everything is written out."""
        return True


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def read(hub: Hub, subject: Subject, clock: Callable[[], float] = time.monotonic) -> Document:
    """One GET, then the dump; blocks on the network and for as long as a large object takes.

    Raises `Answered` with status 404 where the object, or its kind, is not there, `Denied`, `Lost`, and `Refused` for
    what is never shown.
    """
    kind = SHOWN.get(subject.source)
    if kind is None:
        raise Refused(f"{inert(subject.source, 40)} are not shown as YAML")
    namespace, _, name = subject.key.rpartition("/")
    title = f"{kind.name} {inert(subject.key, 300)}"
    answer = hub.call("GET", path_of(kind, namespace, name), timeout=(5, 20))
    at, wall = clock(), time.time()
    if not answer.ok:
        raise failure(answer, f"read {title}", permission("get", kind.group, kind.resource, namespace or None))
    found = answer.json()
    if not isinstance(found, dict) or found.get("kind") != kind.name:
        raise Answered(f"the hub answered with something that is no {kind.name}", status=answer.status)
    return written(found, Document(subject, title, inert(hub.server, 200), at, wall, "", ()))


def path_of(kind: Kind, namespace: str, name: str) -> str:
    """Where one object of a kind lives."""
    root, _, resource = kind.path.rpartition("/")
    inside = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    return f"{root}{inside}/{resource}/{quote(name, safe='')}"


def written(found: dict[str, Any], document: Document) -> Document:
    """`document` with the object's version and lines. Raises `Answered` where it is nested too deep to write."""
    metadata = found.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    managers = metadata.get("managedFields")
    applied = _drop_last_applied(metadata)
    lines: list[str] = []
    managed: tuple[str, ...] = ()
    managed_at = 0
    try:
        for key, value in found.items():
            if key != "metadata" or not metadata:
                lines += _lines({key: value})
                continue
            lines.append("metadata:")
            for inner, part in metadata.items():
                if inner == "managedFields":
                    managed, managed_at = tuple(_STEP + one for one in _lines({inner: part})), len(lines)
                else:
                    lines += [_STEP + one if one else one for one in _lines({inner: part})]
    except RecursionError:
        raise Answered(f"{document.title} is nested too deep to be shown", status=200) from None
    version = metadata.get("resourceVersion")
    return replace(
        document,
        version=inert(version, 64) if isinstance(version, str) else "",
        lines=tuple(lines),
        managed=managed,
        managed_at=managed_at,
        managers=len(managers) if isinstance(managers, list) else 0,
        applied=applied,
    )


def _drop_last_applied(metadata: dict[str, Any]) -> bool:
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict) or LAST_APPLIED not in annotations:
        return False
    del annotations[LAST_APPLIED]
    if not annotations:
        del metadata["annotations"]
    return True


def _lines(part: dict[str, Any]) -> list[str]:
    text: str = yaml.dump(
        part, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=_WIDE
    )
    return [inert(one, len(one)) for one in text.rstrip("\n").split("\n")]
