"""Objects as `kubectl get` shows them: Table answers with the columns of each kind, and PartialObjectMetadata."""

from __future__ import annotations

from datetime import datetime

from console.sim.kubeapi.columns import columns_of
from console.sim.kubeapi.resources import Column, Resource
from console.sim.kubeapi.status import Obj

PARTIAL_V1 = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}


def partial(obj: Obj, version: str) -> Obj:
    """An object's metadata alone."""
    return {"kind": "PartialObjectMetadata", "apiVersion": f"meta.k8s.io/{version}", "metadata": obj["metadata"]}


def table(resource: Resource, objects: list[Obj], now: datetime, version: str, include: str) -> Obj:
    """A Table of objects; `include` is None, Metadata or Object, as the query's includeObject."""
    columns = columns_of(resource)
    rows = []
    for obj in objects:
        row: Obj = {"cells": [cell(obj, now) for _, cell in columns]}
        if include == "Object":
            row["object"] = obj
        elif include != "None":
            row["object"] = partial(obj, version)
        rows.append(row)
    metadata = (
        {"resourceVersion": objects[0]["metadata"]["resourceVersion"]}
        if len(objects) == 1 and "resourceVersion" in objects[0]["metadata"]
        else {}
    )
    return {
        "kind": "Table",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": metadata,
        "columnDefinitions": [_definition(column) for column, _ in columns],
        "rows": rows,
    }


def _definition(column: Column) -> Obj:
    return {
        "name": column.name,
        "type": column.type,
        "format": column.format,
        "description": column.description
        or f"Custom resource definition column (in JSONPath format): {column.json_path}",
        "priority": column.priority,
    }
