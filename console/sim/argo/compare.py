"""Git against a member: what is the same, what differs, what is missing and what should not be there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from console.sim.argo import health
from console.sim.argo.kinds import TRACKING, annotations_of, tracked_by, tracking_id
from console.sim.client import Obj

SYNCED, OUT_OF_SYNC, UNKNOWN = "Synced", "OutOfSync", "Unknown"


class Id(NamedTuple):
    """An object within one cluster."""

    kind: str
    namespace: str
    name: str


class Compared(NamedTuple):
    """The outcome: `resources` as the status lists them, `warnings` as conditions without a time."""

    sync: str
    health: str
    resources: list[Obj]
    images: list[str]
    warnings: list[Obj]


def id_of(obj: Obj) -> Id:
    """Which object it is."""
    return Id(obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])


def with_tracking(application: str, obj: Obj) -> Obj:
    """A manifest with the annotation that makes it the Application's."""
    metadata = obj["metadata"]
    marked = {**annotations_of(obj), TRACKING: tracking_id(application, obj)}
    return {**obj, "metadata": {**metadata, "annotations": marked}}


def holds(live: Any, wanted: Any) -> bool:
    """Whether a live value is what a manifest says; what the manifest leaves open is the cluster's own business."""
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(holds(live.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(live, list) and len(live) == len(wanted) and all(map(holds, live, wanted))
    return bool(live == wanted)


def compare(application: str, wanted: Iterable[Obj], live: Mapping[Id, Obj]) -> Compared:
    """All that an Application wants, and all that is tracked as its own, against what is live."""
    manifests = {id_of(obj): with_tracking(application, obj) for obj in wanted}
    extra = [obj for key, obj in live.items() if key not in manifests and tracked_by(obj) == application]
    resources, states, warnings, images = [], [], [], set()
    for key, manifest in manifests.items():
        found = live.get(key)
        state = health.of(found) if found is not None else health.MISSING
        same = found is not None and holds(_own(found), _own(manifest))
        resources.append(_entry(manifest, SYNCED if same else OUT_OF_SYNC, state))
        states.append(state)
        if found is None:
            continue
        images |= set(_images(found))
        other = tracked_by(found)
        if other and other != application:
            what = f"{key.kind}/{key.name} is part of applications argocd/{application} and {other}"
            warnings.append({"type": "SharedResourceWarning", "message": what})
    for obj in extra:
        resources.append({**_entry(obj, OUT_OF_SYNC, health.of(obj)), "requiresPruning": True})
    synced = all(entry["status"] == SYNCED for entry in resources)
    sync = SYNCED if synced else OUT_OF_SYNC
    return Compared(sync, health.worst(states), resources, sorted(images), warnings)


def _own(obj: Obj) -> Obj:
    """The parts of an object that git decides."""
    metadata = obj["metadata"]
    marks = {key: metadata[key] for key in ("labels", "annotations") if metadata.get(key)}
    return {"metadata": marks, "spec": obj.get("spec")}


def _entry(obj: Obj, status: str, state: health.Health) -> Obj:
    group, _, version = obj["apiVersion"].rpartition("/")
    metadata = obj["metadata"]
    entry = {"version": version, "kind": obj["kind"], "namespace": metadata["namespace"], "name": metadata["name"]}
    return {**({"group": group} if group else {}), **entry, "status": status, "health": state.as_field()}


def _images(obj: Obj) -> list[str]:
    template = (obj.get("spec") or {}).get("template") or {}
    return [each["image"] for each in (template.get("spec") or {}).get("containers") or ()]
