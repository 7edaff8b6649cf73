"""Whose a field of a live object is, by its managedFields (FieldsV1; KEP-555): what our set-up applied and nobody else
manages may be taken away again, everything else is somebody's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from console.model.ground import Object
from console.model.text import inert
from console.model.topology import SETUP_MANAGER

Way = tuple[str | Mapping[str, Any], ...]
"""To a field: names, and items of lists as they are."""
_Tree = Mapping[str, Any]


class Owned:
    """The managers of one live object."""

    def __init__(self, live: Object) -> None:
        self._ours: list[_Tree] = []
        self._others: list[tuple[str, _Tree]] = []
        held = _mapping(live.get("metadata")).get("managedFields")
        for entry in held if isinstance(held, list) else ():
            fields = _mapping(entry).get("fieldsV1")
            if isinstance(fields, Mapping) and entry.get("subresource") != "status":
                ours = (entry.get("manager"), entry.get("operation")) == (SETUP_MANAGER, "Apply")
                if ours:
                    self._ours.append(fields)
                else:
                    self._others.append((inert(str(entry.get("manager")), 60), fields))

    def solely(self, way: Way) -> bool:
        """Whether our last apply said a field, or the whole list that it stands in, and nobody else manages it."""
        return any(_reaches(one, way) for one in self._ours) and not self.others(way)

    def others(self, way: Way) -> tuple[str, ...]:
        """The managers besides us of a field, or of the whole list that it stands in."""
        return tuple(dict.fromkeys(name for name, tree in self._others if _reaches(tree, way)))

    def applied(self) -> Iterator[tuple[str, ...]]:
        """Ways to the fields that we applied, items of lists left out."""
        for one in self._ours:
            yield from _leaves(one, ())


def _reaches(tree: _Tree, way: Way) -> bool:
    """Whether a tree holds a field, a part of it, or the whole that it is a part of: a leaf stands for all below."""
    if not way or not tree:
        return True
    first, *rest = way
    inner = tree.get(f"f:{first}") if isinstance(first, str) else _item(tree, first)
    return isinstance(inner, Mapping) and _reaches(inner, tuple(rest))


def _item(tree: _Tree, item: Mapping[str, Any]) -> object:
    """The entry of a list's item, `k:{"port":80}`."""
    for key, inner in tree.items():
        if key.startswith("k:"):
            try:
                named = msgspec.json.decode(key[2:])
            except msgspec.DecodeError:
                continue
            if isinstance(named, dict) and all(item.get(name) == value for name, value in named.items()):
                return inner
    return None


def _leaves(tree: _Tree, way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for key, inner in tree.items():
        if key.startswith("f:") and isinstance(inner, Mapping):
            here = (*way, key[2:])
            if all(one == "." for one in inner):
                yield here
            else:
                yield from _leaves(inner, here)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
