"""Writes to Ingresses: JSON Patches that test what they replace, and what an answer to a write means.

The API server checks no Lease on an Ingress patch, so a weight write tests the fence and the values it replaces:
whoever was overtaken fails at the server (design.md, locking). An answer is told apart as what it means: applied, a
test failed, not allowed, refused by admission, or not known; the last one only a reading can decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from console.decide.plan import Values
from console.errors import Answered, FleetConsoleError, Lost, Refused, Superseded
from console.kube.connect import Answer, Hub, failure, permission
from console.model.hub import FENCE_ANNOTATION, MANAGER
from console.model.run import Reason, Severity
from console.model.text import inert

JSON_PATCH = "application/json-patch+json"
_RBAC = re.compile(r'cannot \w+ resource "')
_FAILED_PATCH = "the server rejected our request due to an error in our request"
_ANNOTATIONS = "/metadata/annotations"
Operations = list[dict[str, Any]]


def ingress_path(namespace: str, name: str) -> str:
    """Where an Ingress lives."""
    return f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses/{name}"


def read_ingress(hub: Hub, namespace: str, name: str) -> dict[str, Any] | None:
    """An Ingress as it is now, None where there is none. Raises what `failure` makes of every other answer."""
    answer = hub.call("GET", ingress_path(namespace, name))
    if answer.status == 404:
        return None
    wanted = permission("get", "networking.k8s.io", "ingresses", namespace)
    return document(answer, f"read Ingress {namespace}/{name}", wanted)


def annotations_of(ingress: Mapping[str, Any]) -> dict[str, str]:
    """The annotations of an Ingress, raw; empty where it has none."""
    found = ingress["metadata"].get("annotations")
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}


def stamp(ingress: Mapping[str, Any], fence: str) -> Operations:
    """Operations that put the fence on an Ingress as it was just read, whatever fence it carries; they fail if the
    object changed since."""
    return [*_as_read(ingress), *_room(ingress), {"op": "add", "path": _key(FENCE_ANNOTATION), "value": fence}]


def unstamp(ingress: Mapping[str, Any], fence: str) -> Operations:
    """Operations that take our own fence off; they fail where another one stands there."""
    operations: Operations = [test(_key(FENCE_ANNOTATION), fence)]
    if set(annotations_of(ingress)) <= {FENCE_ANNOTATION}:
        # An object that had no annotations gets none back, not an empty map.
        return [*operations, *_as_read(ingress), {"op": "remove", "path": _ANNOTATIONS}]
    return [*operations, {"op": "remove", "path": _key(FENCE_ANNOTATION)}]


def weigh(ingress: Mapping[str, Any], fence: str | None, before: Values, after: Values) -> Operations:
    """Operations that turn `before` into `after` under the fence, and fail where either is not there any more.

    JSON Patch cannot test that a key is absent: where one is, and where there is no fence yet (a dry run), the object
    must be the very one that was read.
    """
    operations: Operations = []
    if fence is not None:
        operations.append(test(_key(FENCE_ANNOTATION), fence))
    if fence is None or any(value is None for _, value in before):
        operations += [*_as_read(ingress), *_room(ingress)]
    wanted = dict(after)
    operations += [test(_key(key), held) for key, held in before if held is not None]
    for key, held in before:
        want = wanted[key]
        if want is None and held is not None:
            operations.append({"op": "remove", "path": _key(key)})
        elif want is not None and want != held:
            operations.append({"op": "add", "path": _key(key), "value": want})
    return operations


def patch(hub: Hub, namespace: str, name: str, operations: Operations, *, dry_run: bool = False) -> dict[str, Any]:
    """Send a JSON Patch to an Ingress; returns the Ingress as the answer shows it.

    Raises `Superseded` where a test of it failed, `Denied`, `Refused` with the words of an admission rule, and `Lost`
    or `Answered` where `still_unknown` may have to be asked.
    """
    query = [("fieldManager", MANAGER), *([("dryRun", "All")] if dry_run else [])]
    answer = hub.call("PATCH", ingress_path(namespace, name), query=query, body=operations, content_type=JSON_PATCH)
    if answer.status == 404:
        raise Superseded(f"Ingress {namespace}/{name} is gone")
    if answer.status in (409, 422) and _overtaken(hub, namespace, name, operations, answer):
        raise Superseded(f"Ingress {namespace}/{name} no longer holds what the write replaces")
    said = admission(answer)
    if said is not None:
        raise said
    wanted = permission("patch", "networking.k8s.io", "ingresses", namespace)
    return document(answer, f"patch Ingress {namespace}/{name}", wanted)


def still_unknown(error: FleetConsoleError) -> bool:
    """Whether a write may have taken effect though it failed for us: no answer, or the server's own trouble."""
    return isinstance(error, Lost) or (isinstance(error, Answered) and (error.status >= 500 or error.status == 429))


def admission(answer: Answer) -> Refused | None:
    """The refusal of an admission rule in its own words, made inert; None for every other answer."""
    words = _words(answer)
    forbidden = answer.status == 403 and words and not _RBAC.search(words)
    if not forbidden and answer.status not in (400, 406, 413, 422):
        return None
    shown = inert(words or f"the API server answered {answer.status}", 300)
    reason = Reason(
        "admission", Severity.BLOCKS, shown, "every admission rule of the Fleet takes the write",
        "whoever wrote the rule knows what it wants; nothing was written",
    )  # fmt: skip
    return Refused(f"refused by the API server: {shown}", (reason,))


def failed(answer: Answer, doing: str, wanted: str) -> FleetConsoleError:
    """A write's answer that is no yes: an admission rule's refusal, else what `failure` makes of it."""
    return admission(answer) or failure(answer, doing, wanted)


def document(answer: Answer, doing: str, wanted: str) -> dict[str, Any]:
    """The object of an answer that is a yes. Raises what `failure` makes of every other one."""
    if not answer.ok:
        raise failure(answer, doing, wanted)
    found = answer.json()
    if not isinstance(found, dict) or not isinstance(found.get("metadata"), dict):
        raise Answered(f"the answer when asked to {doing} is no object", status=answer.status)
    return found


def _overtaken(hub: Hub, namespace: str, name: str, operations: Operations, answer: Answer) -> bool:
    """Whether a 409 or 422 means that a test failed; admission rules answer so, too, and only a reading tells."""
    if answer.status == 409:
        return True
    try:
        ingress = read_ingress(hub, namespace, name)
    except FleetConsoleError:
        return _FAILED_PATCH in _words(answer)
    return ingress is None or not passes(ingress, operations)


def passes(ingress: Mapping[str, Any], operations: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every test of a patch of ours holds on an Ingress."""
    held = {_key(key): value for key, value in annotations_of(ingress).items()}
    held |= {f"/metadata/{name}": str(ingress["metadata"].get(name)) for name in ("resourceVersion", "uid")}
    return all(held.get(step["path"]) == step["value"] for step in operations if step["op"] == "test")


def _words(answer: Answer) -> str:
    """The message of a Status object, raw."""
    try:
        found = answer.json()
    except Answered:
        return ""
    said = found.get("message") if isinstance(found, dict) else None
    return said if isinstance(said, str) else ""


def _as_read(ingress: Mapping[str, Any]) -> Operations:
    return [test("/metadata/resourceVersion", str(ingress["metadata"].get("resourceVersion")))]


def _room(ingress: Mapping[str, Any]) -> Operations:
    """A map for annotations where there is none; only sent with `_as_read`, or it would empty one made since."""
    return [] if annotations_of(ingress) else [{"op": "add", "path": _ANNOTATIONS, "value": {}}]


def test(path: str, value: str) -> dict[str, Any]:
    return {"op": "test", "path": path, "value": value}


def _key(annotation: str) -> str:
    return f"{_ANNOTATIONS}/" + annotation.replace("~", "~0").replace("/", "~1")
