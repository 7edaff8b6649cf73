"""CustomResourceDefinitions: what one says is served, and the status that says it is."""

from __future__ import annotations

from typing import Any

from console.sim.kubeapi.builtins import whole
from console.sim.kubeapi.notation import DEFINED_AS
from console.sim.kubeapi.resources import Column, Registry, Resource
from console.sim.kubeapi.status import Obj

CRD_KEY = ("apiextensions.k8s.io", "customresourcedefinitions")
_AGE = Column("Age", "date", ".metadata.creationTimestamp")


def serve(registry: Registry, crd: Obj) -> None:
    """Serve a CRD's versions at once, in place of what it said before."""
    spec = crd["spec"]
    registry.drop(spec["group"], spec["names"]["plural"])
    for version in spec["versions"]:
        if version.get("served"):
            registry.add(_resource(spec, version))


def unserve(registry: Registry, crd: Obj) -> None:
    """Stop serving a CRD's resource."""
    registry.drop(crd["spec"]["group"], crd["spec"]["names"]["plural"])


def established(crd: Obj, now: str) -> None:
    """Set the status of an accepted CRD, in place; conditions keep their first time."""
    spec = crd["spec"]
    status = crd.setdefault("status", {})
    names = {key: spec["names"][key] for key in ("plural", "singular", "shortNames", "kind", "listKind", "categories")
             if spec["names"].get(key)}  # fmt: skip
    status["acceptedNames"] = names
    storage = next(version["name"] for version in spec["versions"] if version.get("storage"))
    status["storedVersions"] = list(dict.fromkeys([*status.get("storedVersions", ()), storage]))
    if not status.get("conditions"):
        status["conditions"] = [
            _condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
            _condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now),
        ]


def _condition(name: str, reason: str, message: str, now: str) -> Obj:
    return {"type": name, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message}


def _resource(spec: Obj, version: Obj) -> Resource:
    names = spec["names"]
    schema = whole(version["schema"]["openAPIV3Schema"])
    schema[DEFINED_AS] = names["kind"]
    has_status = "status" in (version.get("subresources") or {})
    columns = tuple(_column(entry) for entry in version.get("additionalPrinterColumns") or ()) or (_AGE,)
    selectable = tuple(entry["jsonPath"].removeprefix(".") for entry in version.get("selectableFields") or ())
    return Resource(
        group=spec["group"],
        version=version["name"],
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        kind=names["kind"],
        list_kind=names.get("listKind", ""),
        namespaced=spec["scope"] == "Namespaced",
        schema=schema,
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        has_status=has_status,
        has_generation=True,
        custom=True,
        columns=columns,
        selectable=("metadata.name", "metadata.namespace", *selectable),
        unconditional_update=False,
    )


def _column(entry: dict[str, Any]) -> Column:
    return Column(
        name=entry["name"],
        type=entry.get("type", "string"),
        json_path=entry.get("jsonPath", ""),
        description=entry.get("description", ""),
        priority=entry.get("priority", 0),
        format=entry.get("format", ""),
    )
