"""Every write to the hub but the Lease's: JSON Patches that test what they replace, records, and their namespace.

The API server checks no Lease on an Ingress patch, so a weight write tests the fence and the values it replaces:
whoever was overtaken fails at the server (design.md, locking).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.decide.plan import Values
from console.errors import Answered, FleetConsoleError, Lost, Superseded
from console.kube.connect import Answer, Hub, failure, permission
from console.model.hub import FENCE_ANNOTATION, RUN_NAMESPACE

MANAGER = "fleet-console"
"""Field manager of everything that the console writes."""
_JSON_PATCH = "application/json-patch+json"
Operations = list[dict[str, Any]]


def ingress_path(namespace: str, name: str) -> str:
    """Where an Ingress lives."""
    return f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses/{name}"


def read(hub: Hub, path: str, doing: str, wanted: str) -> dict[str, Any] | None:
    """One object, None where there is none. Raises what `failure` makes of every other answer."""
    answer = hub.call("GET", path)
    if answer.status == 404:
        return None
    return _document(answer, doing, wanted)


def annotations_of(ingress: Mapping[str, Any]) -> dict[str, str]:
    """The annotations of an Ingress as they are; empty where it has none."""
    found = (ingress.get("metadata") or {}).get("annotations") or {}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def stamp(ingress: Mapping[str, Any], fence: str) -> Operations:
    """Operations that put the fence on an Ingress as it was just read; they fail if it changed since."""
    metadata = ingress["metadata"]
    operations: Operations = [_test("/metadata/resourceVersion", metadata["resourceVersion"])]
    if not metadata.get("annotations"):
        operations.append({"op": "add", "path": "/metadata/annotations", "value": {}})
    return [*operations, {"op": "add", "path": _key(FENCE_ANNOTATION), "value": fence}]


def unstamp(fence: str) -> Operations:
    """Operations that take our own fence off; they fail where another one stands there."""
    return [_test(_key(FENCE_ANNOTATION), fence), {"op": "remove", "path": _key(FENCE_ANNOTATION)}]


def weigh(ingress: Mapping[str, Any], fence: str | None, before: Values, after: Values) -> Operations:
    """Operations that turn `before` into `after` under the fence, and fail where either is not there any more.

    JSON Patch cannot test that a key is absent; where one is, the object's resourceVersion is tested instead.
    """
    operations: Operations = [] if fence is None else [_test(_key(FENCE_ANNOTATION), fence)]
    if fence is None or any(value is None for _, value in before):
        operations.append(_test("/metadata/resourceVersion", ingress["metadata"]["resourceVersion"]))
    if fence is None and not ingress["metadata"].get("annotations"):
        operations.append({"op": "add", "path": "/metadata/annotations", "value": {}})
    wanted = dict(after)
    for key, held in before:
        if held is not None:
            operations.append(_test(_key(key), held))
        want = wanted[key]
        if want is None and held is not None:
            operations.append({"op": "remove", "path": _key(key)})
        elif want is not None and want != held:
            operations.append({"op": "add", "path": _key(key), "value": want})
    return operations


def patch(hub: Hub, namespace: str, name: str, operations: Operations, *, dry_run: bool = False) -> dict[str, Any]:
    """Send a JSON Patch to an Ingress. Raises `Superseded` where a test of it failed, `Lost` where nothing is known."""
    query = [("fieldManager", MANAGER), *([("dryRun", "All")] if dry_run else [])]
    answer = hub.call("PATCH", ingress_path(namespace, name), query=query, body=operations, content_type=_JSON_PATCH)
    if answer.status == 409 or (answer.status == 422 and _test_failed(answer)):
        raise Superseded(f"Ingress {namespace}/{name} no longer holds what the write replaces")
    return _document(
        answer, f"patch Ingress {namespace}/{name}", permission("patch", "networking.k8s.io", "ingresses", namespace)
    )


def ensure_namespace(hub: Hub) -> None:
    """Create the namespace of Lease and records where it is missing."""
    path = f"/api/v1/namespaces/{RUN_NAMESPACE}"
    answer = hub.call("GET", path)
    if answer.ok:
        return
    if answer.status == 403:
        return  # who may not read it may still use it; the next write tells
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": RUN_NAMESPACE}}
    made = hub.call("POST", "/api/v1/namespaces", query=[("fieldManager", MANAGER)], body=body)
    if not made.ok and made.status != 409:
        raise failure(made, f"create namespace {RUN_NAMESPACE}", permission("create", "", "namespaces"))


def put_record(hub: Hub, run: str, data: Mapping[str, str]) -> None:
    """Write a run's ConfigMap whole; creates it where it is not there."""
    name = f"run-{run}"
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": RUN_NAMESPACE, "labels": {"fleet-console/run": run}},
        "data": dict(data),
    }
    base = f"/api/v1/namespaces/{RUN_NAMESPACE}/configmaps"
    query = [("fieldManager", MANAGER)]
    answer = hub.call("PUT", f"{base}/{name}", query=query, body=body)
    verb = "update"
    if answer.status == 404:
        answer, verb = hub.call("POST", base, query=query, body=body), "create"
    if not answer.ok:
        raise failure(answer, f"write the run's record {name}", permission(verb, "", "configmaps", RUN_NAMESPACE))


def still_unknown(error: FleetConsoleError) -> bool:
    """Whether a write may have taken effect though it failed for us: no answer, or the server's own trouble."""
    return isinstance(error, Lost) or (isinstance(error, Answered) and error.status >= 500)


def _document(answer: Answer, doing: str, wanted: str) -> dict[str, Any]:
    if not answer.ok:
        raise failure(answer, doing, wanted)
    document = answer.json()
    if not isinstance(document, dict) or not isinstance(document.get("metadata"), dict):
        raise Answered(f"the answer to '{doing}' is no object", status=answer.status)
    return document


def _test_failed(answer: Answer) -> bool:
    """A failed test operation answers 422 with `the server rejected our request due to an error in our request`."""
    text = answer.body.decode("utf-8", "replace").lower()
    return "error in our request" in text or "test" in text or "testing" in text


def _test(path: str, value: str) -> dict[str, Any]:
    return {"op": "test", "path": path, "value": value}


def _key(annotation: str) -> str:
    return "/metadata/annotations/" + annotation.replace("~", "~0").replace("/", "~1")
