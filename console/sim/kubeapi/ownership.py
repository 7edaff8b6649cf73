"""Who set which field: managedFields in FieldsV1 form, read, written and kept through updates.

A field is a path of FieldsV1 keys (`f:spec`, `k:{"name":"a"}`, `v:"x"`). Source: structured-merge-diff and KEP-555.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from console.sim.kubeapi.status import Obj

Path = tuple[str, ...]
Fields = dict[Path, Any]
"""The fields of an object with their values; `WHOLE` for one that only says that a map or an item is there."""
WHOLE = "\0whole"
APPLY, UPDATE = "Apply", "Update"

_UNOWNED_METADATA = frozenset(
    ("name", "namespace", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "uid",
     "generation", "managedFields", "resourceVersion")
)  # fmt: skip


class Manager(NamedTuple):
    """The identity of a managedFields entry."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""


@dataclass(slots=True)
class Entry:
    """What one manager owns, and when it last set any of it."""

    fields: set[Path] = field(default_factory=set)
    time: str = ""


Owners = dict[Manager, Entry]


def fields_of(obj: Obj, schema: Obj) -> Fields:
    """All ownable fields of an object."""
    found: Fields = {}
    for name, value in obj.items():
        if name == "metadata":
            inner = field_schema(schema, name)
            for key, part in value.items():
                if key not in _UNOWNED_METADATA:
                    _walk(part, field_schema(inner, key), ("f:metadata", f"f:{key}"), found)
        elif name not in ("apiVersion", "kind"):
            _walk(value, field_schema(schema, name), (f"f:{name}",), found)
    return found


def decode(entries: object) -> Owners:
    """managedFields as owners; entries that are not understood are dropped, as the apiserver drops broken ones."""
    owners: Owners = {}
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or not isinstance(entry.get("fieldsV1"), dict):
            continue
        manager = Manager(
            str(entry.get("manager", "")),
            str(entry.get("operation", UPDATE)),
            str(entry.get("apiVersion", "")),
            str(entry.get("subresource", "")),
        )
        owners[manager] = Entry(set(_paths(entry["fieldsV1"], ())), str(entry.get("time") or ""))
    return owners


def encode(owners: Owners) -> list[Obj]:
    """Owners as managedFields: applied entries first, then by time and name."""
    ordered = sorted(owners.items(), key=lambda item: (item[0].operation, item[1].time, item[0].name))
    listed = []
    for manager, entry in ordered:
        if not entry.fields:
            continue
        tree: Obj = {}
        for path in sorted(entry.fields):
            _plant(tree, path)
        written: Obj = {
            "manager": manager.name,
            "operation": manager.operation,
            "apiVersion": manager.api_version,
            "time": entry.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": tree,
        }
        if manager.subresource:
            written["subresource"] = manager.subresource
        listed.append(written)
    return listed


def after_update(owners: Owners, before: Fields, now: Fields, manager: Manager, time: str) -> Owners:
    """Ownership after `manager` wrote `now` over `before`: changed fields become its own, removed ones nobody's."""
    changed = {path for path, value in now.items() if path not in before or before[path] != value}
    result = {
        other: Entry((entry.fields & now.keys()) - (changed if other != manager else set()), entry.time)
        for other, entry in owners.items()
    }
    if changed:
        own = result.setdefault(manager, Entry())
        own.fields |= changed
        own.time = time
    return {other: entry for other, entry in result.items() if entry.fields}


def field_schema(schema: Obj, name: str) -> Obj:
    """The schema of one field, {} where it is not known."""
    found = (schema.get("properties") or {}).get(name)
    if found is None:
        found = schema.get("additionalProperties")
    return found if isinstance(found, dict) else {}


def _is_map(schema: Obj) -> bool:
    return "properties" not in schema


def keyed(schema: Obj) -> list[str] | None:
    """The keys that a list merges by, None for an atomic list or a set."""
    if schema.get("x-kubernetes-list-type") == "map":
        keys: list[str] = schema["x-kubernetes-list-map-keys"]
        return keys
    return None


def item_key(item: Any, keys: list[str], schema: Obj) -> str:
    """FieldsV1's name of a list item; key fields that are absent take the schema's default."""
    known = item if isinstance(item, dict) else {}
    properties = schema.get("items", {}).get("properties", {})
    named = {key: known.get(key, properties.get(key, {}).get("default")) for key in sorted(keys)}
    if "protocol" in named and named["protocol"] is None:
        named["protocol"] = "TCP"
    return "k:" + msgspec.json.encode({key: value for key, value in named.items() if value is not None}).decode()


def _walk(value: Any, schema: Obj, path: Path, found: Fields) -> None:
    keys = keyed(schema)
    if isinstance(value, dict) and schema.get("x-kubernetes-map-type") != "atomic":
        # A struct with fields set is owned by those alone; a map, and anything empty, is owned by itself too.
        if _is_map(schema) or not value:
            found[path] = WHOLE
        for name, inner in value.items():
            _walk(inner, field_schema(schema, name), (*path, f"f:{name}"), found)
    elif isinstance(value, list) and keys:
        found[path] = WHOLE
        for item in value:
            item_path = (*path, item_key(item, keys, schema))
            found[item_path] = WHOLE
            for name, inner in item.items() if isinstance(item, dict) else ():
                _walk(inner, field_schema(schema.get("items", {}), name), (*item_path, f"f:{name}"), found)
    elif isinstance(value, list) and schema.get("x-kubernetes-list-type") == "set":
        found[path] = WHOLE
        for item in value:
            found[*path, "v:" + msgspec.json.encode(item).decode()] = WHOLE
    else:
        found[path] = value


def _paths(tree: Mapping[str, Any], prefix: Path) -> Iterable[Path]:
    for key, inner in tree.items():
        if key == ".":
            yield prefix
        elif isinstance(inner, dict) and inner:
            yield from _paths(inner, (*prefix, key))
        else:
            yield (*prefix, key)


def _plant(tree: Obj, path: Path) -> None:
    """Set one path in a FieldsV1 tree. Paths come sorted, so that a parent stands before its children."""
    for position, key in enumerate(path):
        last = position == len(path) - 1
        if key in tree and not last and not tree[key]:
            tree[key]["."] = {}
        tree = tree.setdefault(key, {})
