"""Who set which field: managedFields in FieldsV1 form, kept for updates, and server-side apply with its conflicts.

A field is a path of FieldsV1 keys (`f:spec`, `k:{"name":"a"}`, `v:"x"`). Source: structured-merge-diff and KEP-555.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from console.sim.kubeapi.status import ApiError, Obj

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
            inner = _inner(schema, name)
            for key, part in value.items():
                if key not in _UNOWNED_METADATA:
                    _walk(part, _inner(inner, key), ("f:metadata", f"f:{key}"), found)
        elif name not in ("apiVersion", "kind"):
            _walk(value, _inner(schema, name), (f"f:{name}",), found)
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


class Applied(NamedTuple):
    """What a server-side apply comes to, before admission and storage."""

    obj: Obj
    owners: Owners


def apply(live: Obj, owners: Owners, config: Obj, schema: Obj, manager: Manager, time: str, *, force: bool) -> Applied:
    """Server-side apply of `config` onto `live` (`{}` for a new object).

    Raises `ApiError` 409 with one cause per field that another manager holds with another value, unless `force`.
    """
    own = fields_of(config, schema)
    was = fields_of(live, schema)
    merged = _merge(live, config, schema)
    conflicts = _conflicts(owners, manager, own, was)
    if conflicts and not force:
        raise _conflict(conflicts)
    previous = owners.get(manager, Entry()).fields
    others: set[Path] = set()
    for other, entry in owners.items():
        if other != manager:
            others |= entry.fields
    given_up = {path for path in previous - own.keys() if not _held(path, others)}
    for path in sorted(given_up, key=len, reverse=True):
        _remove(merged, path, keep=own.keys() | others)
    now = fields_of(merged, schema)
    changed = {path for path, value in now.items() if path not in was or was[path] != value}
    result = {
        other: Entry((entry.fields & now.keys()) - changed, entry.time)
        for other, entry in owners.items()
        if other != manager
    }
    fields = set(own)
    same = previous == fields and not changed
    result[manager] = Entry(fields, owners[manager].time if same and manager in owners else time)
    return Applied(merged, {other: entry for other, entry in result.items() if entry.fields})


def _inner(schema: Obj, name: str) -> Obj:
    found = schema.get("properties", {}).get(name)
    if found is None:
        found = schema.get("additionalProperties")
    return found if isinstance(found, dict) else {}


def _is_map(schema: Obj) -> bool:
    return "properties" not in schema


def _keyed(schema: Obj) -> list[str] | None:
    if schema.get("x-kubernetes-list-type") == "map":
        keys: list[str] = schema["x-kubernetes-list-map-keys"]
        return keys
    return None


def _item_key(item: Any, keys: list[str], schema: Obj) -> str:
    """FieldsV1's name of a list item; key fields that are absent take the schema's default."""
    known = item if isinstance(item, dict) else {}
    properties = schema.get("items", {}).get("properties", {})
    named = {key: known.get(key, properties.get(key, {}).get("default")) for key in sorted(keys)}
    if "protocol" in named and named["protocol"] is None:
        named["protocol"] = "TCP"
    return "k:" + msgspec.json.encode({key: value for key, value in named.items() if value is not None}).decode()


def _walk(value: Any, schema: Obj, path: Path, found: Fields) -> None:
    atomic = schema.get("x-kubernetes-map-type") == "atomic"
    if isinstance(value, dict) and value and not atomic:
        if _is_map(schema):
            found[path] = WHOLE
        for name, inner in value.items():
            _walk(inner, _inner(schema, name), (*path, f"f:{name}"), found)
    elif isinstance(value, list) and value and (keys := _keyed(schema)):
        found[path] = WHOLE
        for item in value:
            item_path = (*path, _item_key(item, keys, schema))
            found[item_path] = WHOLE
            for name, inner in item.items() if isinstance(item, dict) else ():
                _walk(inner, _inner(schema.get("items", {}), name), (*item_path, f"f:{name}"), found)
    elif isinstance(value, list) and value and schema.get("x-kubernetes-list-type") == "set":
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


def _merge(live: Any, config: Any, schema: Obj) -> Any:
    if isinstance(config, dict) and schema.get("x-kubernetes-map-type") != "atomic":
        result = dict(live) if isinstance(live, dict) else {}
        for name, value in config.items():
            result[name] = _merge(result.get(name), value, _inner(schema, name))
        return result
    if isinstance(config, list) and isinstance(live, list):
        if keys := _keyed(schema):
            return _merge_items(live, config, schema, keys)
        if schema.get("x-kubernetes-list-type") == "set":
            return live + [item for item in config if item not in live]
    return config


def _merge_items(live: list[Any], config: list[Any], schema: Obj, keys: list[str]) -> list[Any]:
    result = list(live)
    places = {_item_key(item, keys, schema): position for position, item in enumerate(result)}
    for item in config:
        key = _item_key(item, keys, schema)
        if key in places:
            result[places[key]] = _merge(result[places[key]], item, schema.get("items", {}))
        else:
            result.append(item)
    return result


def _held(path: Path, others: set[Path]) -> bool:
    """Whether another manager owns the field or something inside it."""
    return any(other[: len(path)] == path for other in others)


def _remove(tree: Obj, path: Path, *, keep: Iterable[Path]) -> None:
    """Take a field out of an object, unless something below it is still owned."""
    if any(len(kept) > len(path) and kept[: len(path)] == path for kept in keep):
        return
    parents: list[Any] = [tree]
    for key in path[:-1]:
        step = _step(parents[-1], key)
        if step is None:
            return
        parents.append(step[1])
    found = _step(parents[-1], path[-1])
    if found is not None:
        del parents[-1][found[0]]


def _step(container: Any, key: str) -> tuple[Any, Any] | None:
    """Index and value behind one FieldsV1 key."""
    kind, _, text = key.partition(":")
    if kind == "f" and isinstance(container, dict) and text in container:
        return text, container[text]
    if kind in ("k", "v") and isinstance(container, list):
        wanted = msgspec.json.decode(text)
        for position, item in enumerate(container):
            if kind == "v" and item == wanted:
                return position, item
            if kind == "k" and isinstance(item, dict) and _same_key(item, wanted):
                return position, item
    return None


def _same_key(item: Obj, wanted: Obj) -> bool:
    return all(item.get(key, "TCP" if key == "protocol" else None) == value for key, value in wanted.items())


def _conflicts(owners: Owners, manager: Manager, own: Fields, was: Fields) -> list[tuple[Manager, Entry, Path]]:
    changing = {path for path, value in own.items() if path in was and was[path] != value}
    found = []
    for other, entry in owners.items():
        if other != manager:
            found += [(other, entry, path) for path in sorted(entry.fields & changing)]
    return found


def _conflict(conflicts: list[tuple[Manager, Entry, Path]]) -> ApiError:
    causes, by_manager = [], dict[str, list[str]]()
    for manager, entry, path in conflicts:
        named, dotted = _named(manager, entry), _dotted(path)
        causes.append({"reason": "FieldManagerConflict", "message": f"conflict with {named}", "field": dotted})
        by_manager.setdefault(named, []).append(f"- {dotted}")
    if len(conflicts) == 1:
        message = f"Apply failed with 1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        listed = "\n".join(f"conflicts with {name}:\n" + "\n".join(paths) for name, paths in sorted(by_manager.items()))
        message = f"Apply failed with {len(conflicts)} conflicts: {listed}"
    return ApiError(409, "Conflict", message, {"causes": causes})


def _named(manager: Manager, entry: Entry) -> str:
    named = f'"{manager.name}"'
    if manager.subresource:
        named += f' with subresource "{manager.subresource}"'
    if manager.operation == UPDATE:
        named += f" using {manager.api_version}" + (f" at {entry.time}" if entry.time else "")
    return named


def _dotted(path: Path) -> str:
    """`.spec.ports[port=80,protocol="TCP"].name`, as fieldpath prints it."""
    text = ""
    for key in path:
        kind, _, name = key.partition(":")
        if kind == "f":
            text += f".{name}"
        elif kind == "k":
            named = msgspec.json.decode(name)
            text += "[" + ",".join(f"{k}={msgspec.json.encode(v).decode()}" for k, v in sorted(named.items())) + "]"
        else:
            text += f"[={name}]"
    return text
