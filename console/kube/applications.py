"""Writes to Applications: the annotation that asks for a refresh, the operation that is a sync, and the automated sync
that is switched off and restored; each tests that the object is the one that was read (domain.md section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from console.decide.onestep import REFRESH
from console.kube import write
from console.kube.argo import RUNNING
from console.kube.write import Operations, Place, test
from console.model.held import HELD_ANNOTATION, SyncHeld, policy_of, policy_text

_GROUP = "argoproj.io"
_POLICY, _AUTOMATED, _HELD = "/spec/syncPolicy", "/spec/syncPolicy/automated", write.pointer(HELD_ANNOTATION)


def place(namespace: str, name: str) -> Place:
    """Where an Application lives."""
    path = f"/apis/{_GROUP}/v1alpha1/namespaces/{quote(namespace, safe='')}/applications/{quote(name, safe='')}"
    return Place(path, f"Application {namespace}/{name}", _GROUP, "applications", namespace)


def refresh(application: Mapping[str, Any], value: str) -> Operations:
    """Operations that ask for a refresh, whatever else changed since; the object must be the same one."""
    room = write.room(application)
    asked = {"op": "add", "path": write.pointer(REFRESH), "value": value}
    return [*_same(application), *(write.as_read(application) if room else []), *room, asked]


def sync(application: Mapping[str, Any], operation: Mapping[str, Any]) -> Operations:
    """Operations that ask for a sync of an Application as it was just read, and clear what the last one left."""
    asked = {"op": "add", "path": "/operation", "value": operation}
    left = [{"op": "remove", "path": "/status/operationState"}] if "operationState" in status_of(application) else []
    return [*_same(application), *write.as_read(application), asked, *left]


def hold(application: Mapping[str, Any], held: SyncHeld) -> Operations:
    """Operations that switch automated sync off where it is what `held` says, and note that on the object."""
    room = write.room(application)
    return [
        *_same(application),
        *(write.as_read(application) if room else []),
        *room,
        test(_AUTOMATED, policy_of(held.automated)),
        {"op": "remove", "path": _AUTOMATED},
        {"op": "add", "path": _HELD, "value": held.text},
    ]


def take_on(application: Mapping[str, Any], held: SyncHeld) -> Operations:
    """Operations that make another run's note, as it was just read, that of `held`."""
    former = write.annotations_of(application)[HELD_ANNOTATION]
    return [*_same(application), test(_HELD, former), {"op": "replace", "path": _HELD, "value": held.text}]


def restore(application: Mapping[str, Any], held: SyncHeld) -> Operations:
    """Operations that put automated sync back as `held` says and take the note off; what somebody has set meanwhile
    stays. JSON Patch cannot test that a field is absent, but that all around it is as it was read."""
    annotations = write.annotations_of(application)
    operations = [*_same(application), test(_HELD, annotations[HELD_ANNOTATION])]
    policy, wanted = sync_policy(application), policy_of(held.automated)
    if not policy:
        add = {"op": "add", "path": _POLICY, "value": {"automated": wanted}}
        operations += [*write.as_read(application), add]
    elif policy.get("automated") is None:
        operations += [test(_POLICY, policy), {"op": "add", "path": _AUTOMATED, "value": wanted}]
    if set(annotations) == {HELD_ANNOTATION}:
        # An object that had no annotations gets none back, not an empty map.
        return [*operations, *write.as_read(application), {"op": "remove", "path": "/metadata/annotations"}]
    return [*operations, {"op": "remove", "path": _HELD}]


def held_of(application: Mapping[str, Any]) -> SyncHeld | None:
    """Which run holds its automated sync, by the note on it."""
    return SyncHeld.parse(write.annotations_of(application).get(HELD_ANNOTATION))


def automation_of(application: Mapping[str, Any]) -> str | None:
    """Its automated sync as `policy_text`; None where there is none."""
    found = sync_policy(application).get("automated")
    return None if found is None else policy_text(found)


def operating(application: Mapping[str, Any]) -> bool:
    """Whether an operation is asked for, or under way."""
    return application.get("operation") is not None or state_of(application).get("phase") in RUNNING


def status_of(application: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its status; empty where it has none."""
    return _fields(application.get("status"))


def state_of(application: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its status.operationState; empty where it has none."""
    return _fields(status_of(application).get("operationState"))


def sync_policy(application: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its spec.syncPolicy; empty where it has none."""
    return _fields(_fields(application.get("spec")).get("syncPolicy"))


def _same(application: Mapping[str, Any]) -> Operations:
    return [test("/metadata/uid", str(application["metadata"].get("uid")))]


def _fields(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}
