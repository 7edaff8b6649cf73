"""Which kinds an API server serves, and where their objects live; asked once for each group and version, and anew for a
kind that was not among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from console.errors import Answered
from console.kube.connect import Hub, failure
from console.model.text import inert


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind as the server serves it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def prefix(self) -> str:
        """Of every path."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def path(self, namespace: str = "", name: str = "") -> str:
        """Of its list, in a namespace where one is said, or of one object."""
        place = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        return f"{self.prefix}{place}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


class NotServed(Answered):
    """The server has no such kind, for example since its CRD is not installed."""


class Served:
    """What one server serves. Any thread may ask."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: dict[tuple[str, str], dict[str, Resource]] = {}

    def find(self, group: str, version: str, kind: str) -> Resource:
        """A kind of a group and version. Raises `NotServed`, and what a refused question raises."""
        known = self._known.get((group, version), {})
        if kind not in known:
            known = self._known[group, version] = self._ask(group, version)
        if kind not in known:
            named = f"{inert(kind, 80)} of {inert(group or 'the core', 120)}/{inert(version, 40)}"
            raise NotServed(
                f"{self._hub.called} serves no {named}", status=404, fix="Install its CRD, or what brings it."
            )
        return known[kind]

    def of(self, manifest: Mapping[str, Any]) -> Resource:
        """The kind of an object, by its apiVersion."""
        group, _, version = str(manifest.get("apiVersion", "")).rpartition("/")
        return self.find(group, version, str(manifest.get("kind", "")))

    def preferred(self, group: str, kind: str) -> Resource:
        """A kind in the version that the server prefers. Raises as `find`."""
        if not group:
            return self.find("", "v1", kind)
        answer = self._hub.call("GET", f"/apis/{quote(group, safe='')}")
        if answer.status == 404:
            raise NotServed(f"{self._hub.called} serves no group {inert(group, 120)}", status=404)
        if not answer.ok:
            raise failure(answer, f"tell what it serves of {inert(group, 120)}", who=self._hub.called)
        said = answer.json()
        preferred = said.get("preferredVersion") if isinstance(said, dict) else None
        version = preferred.get("version") if isinstance(preferred, dict) else None
        return self.find(group, str(version or "v1"), kind)

    def _ask(self, group: str, version: str) -> dict[str, Resource]:
        path = (
            f"/apis/{quote(group, safe='')}/{quote(version, safe='')}" if group else f"/api/{quote(version, safe='')}"
        )
        answer = self._hub.call("GET", path)
        if answer.status == 404:
            return {}
        if not answer.ok:
            raise failure(answer, f"tell what it serves of {inert(group or 'the core', 120)}", who=self._hub.called)
        said = answer.json()
        listed = said.get("resources") if isinstance(said, dict) else None
        found: dict[str, Resource] = {}
        for one in listed if isinstance(listed, list) else ():
            kind, plural = (one.get("kind"), one.get("name")) if isinstance(one, dict) else (None, None)
            if isinstance(kind, str) and isinstance(plural, str) and "/" not in plural:
                found.setdefault(kind, Resource(group, version, kind, plural, one.get("namespaced") is True))
        return found
