"""Writes: JSON Patches that test what they replace, those to Ingresses, and what an answer to a write means.

The API server checks no Lease on an Ingress patch, so a weight write tests the fence and the values it replaces:
whoever was overtaken fails at the server (design.md, locking). An answer is told apart as what it means: applied, a
test failed, not allowed, refused by admission, or not known; the last one only a reading can decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.decide.plan import Values
from console.errors import Answered, FleetConsoleError, Lost, Refused, Superseded
from console.kube.connect import Answer, Hub, failure, permission
from console.model.hub import FENCE_ANNOTATION, MANAGER, TOUCH_ANNOTATION
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where one object lives, what people call it, and the group and resource that its permissions name."""

    path: str
    called: str
    group: str
    resource: str
    namespace: str

    def permission(self, verb: str) -> str:
        """The permission that `verb` on it needs."""
        return permission(verb, self.group, self.resource, self.namespace)


def ingress(namespace: str, name: str) -> Place:
    """An Ingress."""
    called = f"Ingress {namespace}/{name}"
    return Place(ingress_path(namespace, name), called, "networking.k8s.io", "ingresses", namespace)


def read(hub: Hub, place: Place, timeout: tuple[float, float] = (5, 10)) -> dict[str, Any] | None:
    """An object as it is now, None where there is none. Raises what `failure` makes of every other answer."""
    answer = hub.call("GET", place.path, timeout=timeout)
    if answer.status == 404:
        return None
    return document(answer, f"read {place.called}", place.permission("get"))


def read_ingress(hub: Hub, namespace: str, name: str, timeout: tuple[float, float] = (5, 10)) -> dict[str, Any] | None:
    """An Ingress, as `read`."""
    return read(hub, ingress(namespace, name), timeout)


def annotations_of(thing: Mapping[str, Any]) -> dict[str, str]:
    """The annotations of an object, raw; empty where it has none."""
    found = thing["metadata"].get("annotations")
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}


def stamp(ingress: Mapping[str, Any], fence: str) -> Operations:
    """Operations that put the fence on an Ingress as it was just read, whatever fence it carries; they fail if the
    object changed since."""
    return [*as_read(ingress), *room(ingress), {"op": "add", "path": pointer(FENCE_ANNOTATION), "value": fence}]


def unstamp(ingress: Mapping[str, Any], fence: str) -> Operations:
    """Operations that take our own fence off, and a touch with it; they fail where another fence stands there."""
    held = annotations_of(ingress)
    operations: Operations = [test(pointer(FENCE_ANNOTATION), fence)]
    if set(held) <= {FENCE_ANNOTATION, TOUCH_ANNOTATION}:
        # An object that had no annotations gets none back, not an empty map.
        return [*operations, *as_read(ingress), {"op": "remove", "path": _ANNOTATIONS}]
    if TOUCH_ANNOTATION in held:
        touched = pointer(TOUCH_ANNOTATION)
        operations += [test(touched, held[TOUCH_ANNOTATION]), {"op": "remove", "path": touched}]
    return [*operations, {"op": "remove", "path": pointer(FENCE_ANNOTATION)}]


def touch(fence: str, value: str) -> Operations:
    """Operations that change an Ingress under our fence without changing what it says, so that its controller looks at
    it again at once: a failed item's next retry may be 16 minutes away (domain.md section 2)."""
    return [test(pointer(FENCE_ANNOTATION), fence), {"op": "add", "path": pointer(TOUCH_ANNOTATION), "value": value}]


def weigh(ingress: Mapping[str, Any], fence: str | None, before: Values, after: Values) -> Operations:
    """Operations that turn `before` into `after` under the fence, and fail where either is not there any more.

    JSON Patch cannot test that a key is absent: where one is, and where there is no fence yet (a dry run), the object
    must be the very one that was read.
    """
    operations: Operations = []
    if fence is not None:
        operations.append(test(pointer(FENCE_ANNOTATION), fence))
    if fence is None or any(value is None for _, value in before):
        operations += [*as_read(ingress), *room(ingress)]
    wanted = dict(after)
    operations += [test(pointer(key), held) for key, held in before if held is not None]
    for key, held in before:
        want = wanted[key]
        if want is None and held is not None:
            operations.append({"op": "remove", "path": pointer(key)})
        elif want is not None and want != held:
            operations.append({"op": "add", "path": pointer(key), "value": want})
    return operations


def patch(hub: Hub, namespace: str, name: str, operations: Operations, *, dry_run: bool = False) -> dict[str, Any]:
    """Send a JSON Patch to an Ingress, as `send`."""
    return send(hub, ingress(namespace, name), operations, dry_run=dry_run)


def send(hub: Hub, place: Place, operations: Operations, *, dry_run: bool = False) -> dict[str, Any]:
    """Send a JSON Patch to an object; returns the object as the answer shows it.

    Raises `Superseded` where a test of it failed, `Denied`, `Refused` with the words of an admission rule, and `Lost`
    or `Answered` where `still_unknown` may have to be asked.
    """
    query = [("fieldManager", MANAGER), *([("dryRun", "All")] if dry_run else [])]
    answer = hub.call("PATCH", place.path, query=query, body=operations, content_type=JSON_PATCH)
    if answer.status == 404:
        raise Superseded(f"{place.called} is gone")
    if answer.status in (409, 422) and _overtaken(hub, place, operations, answer):
        raise Superseded(f"{place.called} no longer holds what the write replaces")
    said = admission(answer)
    if said is not None:
        raise said
    return document(answer, f"patch {place.called}", place.permission("patch"))


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
        "whoever wrote the rule knows what it wants; this write was not made",
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


def _overtaken(hub: Hub, place: Place, operations: Operations, answer: Answer) -> bool:
    """Whether a 409 or 422 means that a test failed; admission rules answer so, too, and only a reading tells."""
    if answer.status == 409:
        return True
    try:
        found = read(hub, place)
    except FleetConsoleError:
        return _FAILED_PATCH in _words(answer)
    return found is None or not passes(found, operations)


def passes(found: Mapping[str, Any], operations: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every test of a patch of ours holds on an object."""
    return all(_at(found, step["path"]) == step["value"] for step in operations if step["op"] == "test")


def _at(found: Any, path: str) -> Any:
    """What stands at a JSON pointer into an object; None where nothing does."""
    for token in path.split("/")[1:]:
        found = found.get(token.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found


def _words(answer: Answer) -> str:
    """The message of a Status object, raw."""
    try:
        found = answer.json()
    except Answered:
        return ""
    said = found.get("message") if isinstance(found, dict) else None
    return said if isinstance(said, str) else ""


def as_read(found: Mapping[str, Any]) -> Operations:
    """A test that an object is the very one that was read."""
    return [test("/metadata/resourceVersion", str(found["metadata"].get("resourceVersion")))]


def room(found: Mapping[str, Any]) -> Operations:
    """A map for annotations where there is none; only sent with `as_read`, or it would empty one made since."""
    return [] if annotations_of(found) else [{"op": "add", "path": _ANNOTATIONS, "value": {}}]


def test(path: str, value: Any) -> dict[str, Any]:
    """An operation that fails where `path` holds anything else."""
    return {"op": "test", "path": path, "value": value}


def pointer(annotation: str) -> str:
    """Where an annotation lives, for a JSON Patch."""
    return f"{_ANNOTATIONS}/" + annotation.replace("~", "~0").replace("/", "~1")
