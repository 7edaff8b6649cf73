"""Bodies on their way in: how a write is asked for, and what is read, tidied and refused at the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from console.sim.kubeapi import admission
from console.sim.kubeapi import schema as schemas
from console.sim.kubeapi.resources import Resource
from console.sim.kubeapi.status import Obj, bad_request


@dataclass(slots=True)
class Write:
    """How a write is asked for; `warnings` collects what the answer's Warning headers say."""

    manager: str = "unknown"
    dry_run: bool = False
    force: bool = False
    validation: str = "Warn"
    subresource: str = ""
    warnings: list[str] = field(default_factory=list)


def received(resource: Resource, body: object, write: Write) -> Obj:
    """A body as an object of this resource: kind and types checked, unknown fields dropped, warned of or refused.

    Raises `ApiError` 400.
    """
    if not isinstance(body, dict):
        raise bad_request(f"the object provided is unrecognized (must be of kind {resource.kind})")
    given = (body.get("apiVersion") or resource.api_version, body.get("kind") or resource.kind)
    if given != (resource.api_version, resource.kind):
        raise bad_request(
            f"the API version in the data ({given[0]}) does not match the expected API version ({resource.api_version})"
            if given[0] != resource.api_version
            else f'{given[1]} in version "{resource.version}" cannot be handled as a {resource.kind}'
        )
    obj: Obj = {"apiVersion": given[0], "kind": given[1]}
    obj |= {name: value for name, value in body.items() if name not in obj}
    if not resource.custom and b"null" in msgspec.json.encode(obj):  # hardly an object has any, and some are huge
        obj = _without_nulls(obj, resource.schema)
    if not isinstance(obj.get("metadata", {}), dict):
        raise bad_request("metadata is not an object")
    obj["metadata"] = _tidy(obj.get("metadata") or {})
    admission.read_types(resource, obj)
    unknown = [
        *schemas.prune(obj, resource.schema),
        *schemas.prune(obj["metadata"], resource.schema["properties"]["metadata"], path="metadata", top=False),
    ]
    if unknown and write.validation == "Strict":
        errors = ", ".join(f'unknown field "{path}"' for path in unknown)
        kind = resource.kind
        raise bad_request(
            f'{kind} in version "{resource.version}" cannot be handled as a {kind}: strict decoding error: {errors}'
        )
    if write.validation == "Warn":
        write.warnings += [f'unknown field "{path}"' for path in unknown]
    return obj


def placed(resource: Resource, namespace: str, obj: Obj) -> Obj:
    """Set the URL's namespace on an object and return its metadata. Raises `ApiError` 400 where it names another."""
    metadata: Obj = obj["metadata"]
    given = metadata.get("namespace")
    if resource.namespaced:
        if given and given != namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        metadata["namespace"] = namespace
    else:
        metadata.pop("namespace", None)
    return metadata


def _tidy(metadata: Obj) -> Obj:
    """Metadata as Go's types keep it: empty maps and lists are absent, a null label or annotation is an empty text."""
    tidy = {name: value for name, value in metadata.items() if value not in (None, {}, []) or name == "managedFields"}
    for name in ("labels", "annotations"):
        if isinstance(tidy.get(name), dict):
            tidy[name] = {key: "" if value is None else value for key, value in tidy[name].items()}
    return tidy


_ZERO: dict[str, Any] = {"string": "", "object": {}}


def _without_nulls(value: Any, schema: Obj) -> Any:
    """A built-in's value as Go's types keep it: a null field is absent, one in a list or map is its type's zero."""
    if isinstance(value, dict):
        fields, extra = schema.get("properties", {}), schema.get("additionalProperties", {})
        given = {k: _zero(extra) if v is None and k not in fields else v for k, v in value.items()}
        return {k: _without_nulls(v, fields.get(k, extra)) for k, v in given.items() if v is not None}
    if isinstance(value, list):
        items = schema.get("items", {})
        return [_without_nulls(_zero(items) if item is None else item, items) for item in value]
    return value


def _zero(schema: Obj) -> Any:
    return _ZERO.get(schema.get("type", ""))
