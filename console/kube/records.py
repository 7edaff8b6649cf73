"""Writes to our own objects on the Fleet: runs' records, words left in them, the freeze, Events, the namespace."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from console.errors import Refused, Superseded, UsageError
from console.kube.connect import Answer, Hub, failure, permission
from console.kube.record import FREEZE_NAME, RUN_LABEL
from console.kube.write import JSON_PATCH, Operations, document, failed, test
from console.model.hub import MANAGER, RUN_NAMESPACE, Word
from console.model.text import inert

_RECORDS = f"/api/v1/namespaces/{RUN_NAMESPACE}/configmaps"
_FENCE = re.compile(r"[0-9]{1,9}")
_TRIES = 4
"""Tries to update a record that words come into meanwhile."""


def ensure_namespace(hub: Hub) -> None:
    """Create the namespace of Lease and records where it is missing. Raises `Denied` with the permission it needs."""
    answer = hub.call("GET", f"/api/v1/namespaces/{RUN_NAMESPACE}")
    if answer.status != 404:
        return  # who may not read it may still use it: the next write tells
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": RUN_NAMESPACE}}
    made = hub.call("POST", "/api/v1/namespaces", query=[("fieldManager", MANAGER)], body=body)
    if not made.ok and made.status != 409:
        raise failed(made, f"create namespace {RUN_NAMESPACE}", permission("create", "", "namespaces"))


def create_record(hub: Hub, run: str, data: Mapping[str, str]) -> None:
    """Make a run's ConfigMap. Raises `Refused` where another run of that id is recorded already."""
    answer = hub.call("POST", _RECORDS, query=[("fieldManager", MANAGER)], body=_record(run, data))
    if answer.status == 409:
        raise Refused(f"a run called {run} is recorded on this Fleet already", fix="Start it again for another id.")
    if not answer.ok:
        wanted = permission("create", "", "configmaps", RUN_NAMESPACE)
        raise failed(answer, f"create ConfigMap {_record_name(run)}", wanted)


def update_record(hub: Hub, run: str, data: Mapping[str, str], timeout: tuple[float, float] = (5, 10)) -> None:
    """Write everything of a run's ConfigMap that is its runner's, anew where somebody deleted it or it was never
    written; words left there for the run stay. `timeout` is as for `Hub.call`, for each of its requests.

    Raises `Superseded` where a run of a greater fence wrote it: that one was taken over.
    """
    name = _record_name(run)
    for _ in range(_TRIES):
        answer = _update(hub, run, data, timeout)
        if answer.status == 404:
            made = _record(run, data)
            answer = hub.call("POST", _RECORDS, query=[("fieldManager", MANAGER)], body=made, timeout=timeout)
        if answer.status not in (409, 422):
            break
    if not answer.ok:
        raise failed(answer, f"update ConfigMap {name}", permission("patch", "", "configmaps", RUN_NAMESPACE))


def _update(hub: Hub, run: str, data: Mapping[str, str], timeout: tuple[float, float]) -> Answer:
    name = _record_name(run)
    found = hub.call("GET", f"{_RECORDS}/{name}", timeout=timeout)
    if found.status == 404:
        return found
    held = document(found, f"read ConfigMap {name}", permission("get", "", "configmaps", RUN_NAMESPACE))
    fields = held.get("data")
    fence = fields.get("fence") if isinstance(fields, dict) else None
    if isinstance(fence, str) and _FENCE.fullmatch(fence) and int(fence) > int(data["fence"]):
        raise Superseded(f"run {run} was taken over by another runner")
    operations = [test("/metadata/resourceVersion", str(held["metadata"].get("resourceVersion")))]
    operations += [] if isinstance(fields, dict) else [{"op": "add", "path": "/data", "value": {}}]
    return _patch(hub, run, [*operations, *_fields(data)], timeout)


def _fields(data: Mapping[str, str]) -> list[dict[str, Any]]:
    """A JSON Patch that sets fields of a record, whether or not they are there."""
    return [{"op": "add", "path": f"/data/{key}", "value": value} for key, value in data.items()]


def _amended(hub: Hub, run: str, state: str, data: Mapping[str, str]) -> Answer:
    """Set fields of a record that is in a state; refused by the API server where it is in another."""
    return _patch(hub, run, [test("/data/state", state), *_fields(data)])


def mark_interrupted(hub: Hub, run: str, message: str, updated: str) -> bool:
    """Say in another run's record that its runner is gone; False where it said so, or something else, already."""
    return _amended(hub, run, "running", {"state": "interrupted", "message": message, "updated": updated}).ok


def mark_undone(hub: Hub, run: str, message: str, updated: str) -> bool:
    """Say in the record of a run that is done that nothing of it is left to go back from; False where it is not."""
    return _amended(hub, run, "done", {"expires": "", "message": message, "updated": updated}).ok


def amend_record(hub: Hub, run: str, data: Mapping[str, str]) -> None:
    """Change some fields of a run's ConfigMap. Raises as `failed` says."""
    answer = _patch(hub, run, _fields(data))
    if not answer.ok:
        wanted = permission("patch", "", "configmaps", RUN_NAMESPACE)
        raise failed(answer, f"update ConfigMap {_record_name(run)}", wanted)


def anchored(hub: Hub, run: str) -> str | None:
    """The head of the chain over a run's evidence as its runner recorded it; None where the record has none.

    Raises `UsageError` where there is no record, `Denied` with the permission that is missing.
    """
    name = _record_name(run)
    answer = hub.call("GET", f"{_RECORDS}/{name}")
    if answer.status == 404:
        raise UsageError(f"run {inert(run, 40)} has no record on this Fleet")
    held = document(answer, f"read ConfigMap {name}", permission("get", "", "configmaps", RUN_NAMESPACE))
    fields = held.get("data")
    head = fields.get("evidence") if isinstance(fields, dict) else None
    return inert(head, 64) if isinstance(head, str) and head else None


def leave_word(hub: Hub, run: str, word: Word) -> None:
    """Leave a word in the record of a run that goes elsewhere; its runner hears it within a second or two.

    Raises `UsageError` where there is no such record, `Denied` with the permission that is missing.
    """
    said = json.dumps({"id": word.id, "word": word.word, "actor": word.actor, "seconds": word.seconds})
    operations = [{"op": "add", "path": "/data/word", "value": said}]
    answer = _patch(hub, run, operations)
    if answer.status == 404:
        raise UsageError(f"run {inert(run, 40)} has no record on this Fleet", fix="See fleet-console runs.")
    if not answer.ok:
        raise failed(answer, f"leave a word for run {run}", permission("patch", "", "configmaps", RUN_NAMESPACE))


def freeze(hub: Hub, data: Mapping[str, str] | None) -> bool:
    """Write the Fleet's freeze, or take it away (None); False where there was none to take away."""
    path, query = f"{_RECORDS}/{FREEZE_NAME}", [("fieldManager", MANAGER)]
    if data is None:
        answer = hub.call("DELETE", path)
        if answer.status == 404:
            return False
        if not answer.ok:
            raise failed(answer, "unfreeze the Fleet", permission("delete", "", "configmaps", RUN_NAMESPACE))
        return True
    metadata = {"name": FREEZE_NAME, "namespace": RUN_NAMESPACE}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}
    answer = hub.call("POST", _RECORDS, query=query, body=body)
    if answer.status == 409:
        answer = hub.call("PUT", path, query=query, body=body)
    if not answer.ok:
        raise failed(answer, "freeze the Fleet", permission("create", "", "configmaps", RUN_NAMESPACE))
    return True


def tell_event(hub: Hub, run: str, reason: str, message: str, at: str) -> bool:
    """An Event about a run's record, for whoever watches the Fleet; False where it could not be written."""
    about = {"apiVersion": "v1", "kind": "ConfigMap", "name": _record_name(run), "namespace": RUN_NAMESPACE}
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{_record_name(run)}.", "namespace": RUN_NAMESPACE},
        "involvedObject": about,
        "reason": reason,
        "message": message[:1000],
        "type": "Warning",
        "source": {"component": MANAGER},
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }
    return hub.call("POST", f"/api/v1/namespaces/{RUN_NAMESPACE}/events", body=body).ok


def newest_fence(hub: Hub) -> int:
    """The greatest fence that a run on this Fleet ever recorded, 0 where there is none: a Lease that somebody deleted
    must not begin to count anew. Raises what `failure` makes of an answer that is no list."""
    answer = hub.call("GET", _RECORDS, query=[("labelSelector", RUN_LABEL)])
    if not answer.ok:
        raise failure(answer, "list the runs' records", permission("list", "", "configmaps", RUN_NAMESPACE))
    found = answer.json()
    items = found.get("items") if isinstance(found, dict) else None
    fences = [(item.get("data") or {}).get("fence") for item in items or () if isinstance(item, dict)]
    return max((int(text) for text in fences if isinstance(text, str) and _FENCE.fullmatch(text)), default=0)


def _patch(hub: Hub, run: str, operations: Operations, timeout: tuple[float, float] = (5, 10)) -> Answer:
    path, query = f"{_RECORDS}/{_record_name(run)}", [("fieldManager", MANAGER)]
    return hub.call("PATCH", path, query=query, body=operations, content_type=JSON_PATCH, timeout=timeout)


def _record_name(run: str) -> str:
    return f"run-{run}"


def _record(run: str, data: Mapping[str, str]) -> dict[str, Any]:
    metadata = {"name": _record_name(run), "namespace": RUN_NAMESPACE, "labels": {RUN_LABEL: run}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}
