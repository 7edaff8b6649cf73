"""Writes to Applications: the annotation that asks for a refresh, and the operation that is a sync; each tests that the
object is the one that was read (domain.md section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from console.decide.onestep import REFRESH
from console.kube import write
from console.kube.write import Operations, Place, test

_GROUP = "argoproj.io"


def place(namespace: str, name: str) -> Place:
    """Where an Application lives."""
    path = f"/apis/{_GROUP}/v1alpha1/namespaces/{quote(namespace, safe='')}/applications/{quote(name, safe='')}"
    return Place(path, f"Application {namespace}/{name}", _GROUP, "applications", namespace)


def refresh(application: Mapping[str, Any], value: str) -> Operations:
    """Operations that ask for a refresh, whatever else changed since; the object must be the same one."""
    room = write.room(application)
    same = test("/metadata/uid", str(application["metadata"].get("uid")))
    asked = {"op": "add", "path": write.pointer(REFRESH), "value": value}
    return [same, *(write.as_read(application) if room else []), *room, asked]


def sync(application: Mapping[str, Any], operation: Mapping[str, Any]) -> Operations:
    """Operations that ask for a sync of an Application as it was just read, and clear what the last one left."""
    same = test("/metadata/uid", str(application["metadata"].get("uid")))
    asked = {"op": "add", "path": "/operation", "value": operation}
    left = [{"op": "remove", "path": "/status/operationState"}] if "operationState" in status_of(application) else []
    return [same, *write.as_read(application), asked, *left]


def status_of(application: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its status; empty where it has none."""
    return _fields(application.get("status"))


def state_of(application: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its status.operationState; empty where it has none."""
    return _fields(status_of(application).get("operationState"))


def policy_of(application: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its spec.syncPolicy; empty where it has none."""
    return _fields(_fields(application.get("spec")).get("syncPolicy"))


def _fields(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}
