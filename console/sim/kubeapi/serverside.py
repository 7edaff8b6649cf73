"""Server-side apply: a configuration merged into what is there, what it gave up removed, conflicts by field."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from console.sim.kubeapi.ownership import (
    UPDATE,
    Entry,
    Fields,
    Manager,
    Owners,
    Path,
    field_schema,
    fields_of,
    item_key,
    keyed,
)
from console.sim.kubeapi.status import ApiError, Obj


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
    for path in sorted(given_up, key=len):
        _remove(merged, path, keep=others.union(own))
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


def _merge(live: Any, config: Any, schema: Obj) -> Any:
    if isinstance(config, dict) and schema.get("x-kubernetes-map-type") != "atomic":
        result = dict(live) if isinstance(live, dict) else {}
        for name, value in config.items():
            result[name] = _merge(result.get(name), value, field_schema(schema, name))
        return result
    if isinstance(config, list) and isinstance(live, list):
        if keys := keyed(schema):
            return _merge_items(live, config, schema, keys)
        if schema.get("x-kubernetes-list-type") == "set":
            return live + [item for item in config if item not in live]
    return config


def _merge_items(live: list[Any], config: list[Any], schema: Obj, keys: list[str]) -> list[Any]:
    result = list(live)
    places = {item_key(item, keys, schema): position for position, item in enumerate(result)}
    for item in config:
        key = item_key(item, keys, schema)
        if key in places:
            result[places[key]] = _merge(result[places[key]], item, schema.get("items", {}))
        else:
            result.append(item)
    return result


def _held(path: Path, others: set[Path]) -> bool:
    """Whether another manager owns the field or something inside it."""
    return any(other[: len(path)] == path for other in others)


def _remove(tree: Obj, path: Path, *, keep: set[Path]) -> None:
    """Take a field out of an object, unless something below it is still owned, and what that leaves empty with it."""
    if any(len(kept) > len(path) and kept[: len(path)] == path for kept in keep):
        return
    parents: list[Any] = [tree]
    for key in path[:-1]:
        step = _step(parents[-1], key)
        if step is None:
            return
        parents.append(step[1])
    while path and (found := _step(parents[-1], path[-1])) is not None:
        container, path = parents.pop(), path[:-1]
        del container[found[0]]
        if container or path in keep:
            return


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
