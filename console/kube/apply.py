"""Writes of a set-up to a Kubernetes API: server-side apply under our field manager, create, delete, and manifests of
several documents. What an answer means is told apart as in `write`; a conflict names each field and its owner."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from console.errors import Answered, FleetConsoleError, Refused, Superseded, UsageError
from console.kube.connect import Answer, Hub, permission
from console.kube.manifest import documents
from console.kube.served import NotServed, Resource, Served
from console.kube.write import document, failed
from console.model.ground import Key
from console.model.text import inert
from console.model.topology import SETUP_MANAGER

APPLY_PATCH = "application/apply-patch+yaml"
_OWNER = re.compile(r'conflict with "(?P<owner>(?:[^"\\]|\\.)*)"')
_QUIET = ("Secret",)
"""Kinds of whose refusals only the status is told: the words may quote what they hold."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A field that somebody else manages with another value. `path` as the API server prints it."""

    path: str
    owner: str


class Conflict(Superseded):
    """A server-side apply would take fields from others; nothing was written. Chosen, it is applied with `force`."""

    def __init__(self, shown: str, fields: tuple[Owned, ...]) -> None:
        named = ", ".join(f"{one.path} (of {one.owner})" for one in fields[:3])
        more = f" and {len(fields) - 3} more" if len(fields) > 3 else ""
        super().__init__(
            f"{shown}: others manage fields with other values: {named}{more}",
            fix="Keep theirs, or take the fields over.",
        )
        self.fields = fields


class Applier:
    """Writes to one API. Every method blocks; any thread may call.

    All raise `Denied`, `Refused` in the words of an admission rule, `NotServed`; and `Lost` or `Answered`, of which
    `write.still_unknown` says whether something may have been written.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._served = Served(hub)

    def read(self, key: Key) -> dict[str, Any] | None:
        """An object as it is now, in the version that the server prefers; None where there is none."""
        resource = self._served.preferred(key.group, key.kind)
        answer = self._hub.call("GET", resource.path(key.namespace, key.name))
        if answer.status == 404:
            return None
        return document(answer, f"read {inert(key, 200)}", _permission("get", resource, key.namespace))

    def apply(
        self, manifest: Mapping[str, Any], *, manager: str = SETUP_MANAGER, force: bool = False, dry_run: bool = False
    ) -> dict[str, Any]:
        """Server-side apply; the object as the answer shows it, with its resourceVersion. What is there already is left
        as it is. Raises `Conflict` where others manage a field with another value and `force` is not said."""
        resource, namespace, name = self._place(manifest)
        query = [("fieldManager", manager), *([("force", "true")] if force else []), *_dry(dry_run)]
        answer = self._hub.call(
            "PATCH", resource.path(namespace, name), query=query, body=dict(manifest), content_type=APPLY_PATCH
        )
        shown = _shown(resource, namespace, name)
        if answer.status == 409:
            raise _conflict(answer, shown)
        return self._written(answer, "patch", resource, namespace, shown)

    def create(
        self, manifest: Mapping[str, Any], *, manager: str = SETUP_MANAGER, dry_run: bool = False
    ) -> dict[str, Any]:
        """A new object, whether the server says 201 or 200. Raises `Superseded` where one is there already."""
        resource, namespace, name = self._place(manifest)
        query = [("fieldManager", manager), *_dry(dry_run)]
        answer = self._hub.call("POST", resource.path(namespace), query=query, body=dict(manifest))
        shown = _shown(resource, namespace, name)
        if answer.status == 409:
            raise Superseded(f"{shown} is there already")
        return self._written(answer, "create", resource, namespace, shown)

    def delete(
        self, key: Key, *, uid: str | None = None, propagation: str = "Background", dry_run: bool = False
    ) -> bool:
        """Deletes an object, only the very one where its `uid` is said; False where there is none any more. What has
        finalizers goes later. `propagation`: Background, Foreground or Orphan. Raises `Superseded` where another one of
        the name stands there."""
        resource = self._served.preferred(key.group, key.kind)
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation,
            **({"preconditions": {"uid": uid}} if uid else {}),
            **({"dryRun": ["All"]} if dry_run else {}),
        }
        answer = self._hub.call("DELETE", resource.path(key.namespace, key.name), body=options)
        if answer.status == 404:
            return False
        shown = _shown(resource, key.namespace, key.name)
        if answer.status == 409:
            raise Superseded(f"{shown} is another one than was seen")
        if not answer.ok:
            raise _refusal(answer, "delete", resource, key.namespace, shown)
        return True

    def apply_all(self, text: str, *, force: bool = False, dry_run: bool = False) -> tuple[Key, ...]:
        """Every document of a YAML text, in order; the keys of what was applied. Raises at the first that is refused:
        those before it stay, and all may be applied again."""
        return tuple(self._apply_one(one, force=force, dry_run=dry_run) for one in documents(text))

    def delete_all(self, text: str) -> tuple[Key, ...]:
        """Every document of a YAML text, the last one first; the keys of what was there. What is not served is not
        there either."""
        gone: list[Key] = []
        for manifest in reversed(tuple(documents(text))):
            with suppress(NotServed):
                resource, namespace, name = self._place(manifest)
                key = Key(resource.group, resource.kind, namespace, name)
                gone += [key] if self.delete(key) else []
        return tuple(gone)

    def _apply_one(self, manifest: Mapping[str, Any], *, force: bool, dry_run: bool) -> Key:
        resource, namespace, name = self._place(manifest)
        self.apply(manifest, force=force, dry_run=dry_run)
        return Key(resource.group, resource.kind, namespace, name)

    def _place(self, manifest: Mapping[str, Any]) -> tuple[Resource, str, str]:
        """Where an object belongs; one without a namespace goes to `default`, as with kubectl."""
        resource, metadata = self._served.of(manifest), manifest.get("metadata")
        metadata = metadata if isinstance(metadata, Mapping) else {}
        name = metadata.get("name")
        if not isinstance(name, str) or not name:
            raise UsageError(f"a {inert(resource.kind, 80)} has no name", fix="Give it one under metadata.name.")
        return resource, str(metadata.get("namespace") or "default") if resource.namespaced else "", name

    def _written(self, answer: Answer, verb: str, resource: Resource, namespace: str, shown: str) -> dict[str, Any]:
        if not answer.ok:
            raise _refusal(answer, verb, resource, namespace, shown)
        return document(answer, f"{verb} {shown}", _permission(verb, resource, namespace))


def _conflict(answer: Answer, shown: str) -> FleetConsoleError:
    """A 409 as its causes; without causes the object changed while it was applied."""
    try:
        said = answer.json()
    except Answered:
        said = None
    details = said.get("details") if isinstance(said, dict) else None
    causes = details.get("causes") if isinstance(details, dict) else None
    fields = tuple(
        Owned(inert(one.get("field", ""), 300), _owner(one.get("message")))
        for one in (causes if isinstance(causes, list) else ())
        if isinstance(one, dict) and one.get("reason") == "FieldManagerConflict"
    )
    return Conflict(shown, fields) if fields else Superseded(f"{shown} changed while it was written")


def _owner(message: object) -> str:
    found = _OWNER.search(message) if isinstance(message, str) else None
    return inert(found["owner"], 120) if found else "somebody else"


def _refusal(answer: Answer, verb: str, resource: Resource, namespace: str, shown: str) -> FleetConsoleError:
    error = failed(answer, f"{verb} {shown}", _permission(verb, resource, namespace))
    if resource.kind in _QUIET and isinstance(error, Refused | Answered):
        sentence = f"the API server answered {answer.status} when asked to {verb} {shown}"
        return Refused(sentence) if isinstance(error, Refused) else Answered(sentence, status=answer.status)
    return error


def _permission(verb: str, resource: Resource, namespace: str) -> str:
    return permission(verb, resource.group, resource.plural, namespace or None)


def _shown(resource: Resource, namespace: str, name: str) -> str:
    return inert(Key(resource.group, resource.kind, namespace, name), 200)


def _dry(dry_run: bool) -> list[tuple[str, str]]:
    return [("dryRun", "All")] if dry_run else []
