"""A short notation for structural schemas, so that the built-in types fit on a few pages and still explain themselves.

A line is `name[!] type | description`, children are indented by two spaces, `!` marks a required field. Types are
`string integer int32 int64 boolean number date-time micro-time quantity int-or-string byte any`, `string(A,B)` for an
enumeration, `map(T)`, `[T]` for an atomic list, `{T}` for a set, `{T key,key}` for a list that merges by keys, and the
name of a definition: with children it is defined there, without it refers to one defined before.
"""

from __future__ import annotations

import re

from console.sim.kubeapi.status import Obj

_SCALARS: dict[str, Obj] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "boolean": {"type": "boolean"},
    "number": {"type": "number"},
    "date-time": {"type": "string", "format": "date-time", "nullable": True},
    "micro-time": {"type": "string", "format": "date-time", "nullable": True},
    "quantity": {"x-kubernetes-int-or-string": True},
    "int-or-string": {"x-kubernetes-int-or-string": True},
    "byte": {"type": "string", "format": "byte"},
    "any": {"x-kubernetes-preserve-unknown-fields": True},
}
_LINE = re.compile(r"^(?P<indent> *)(?P<name>[^\s!]+)(?P<required>!?) (?P<type>[^|]+?)\s*(?:\|\s*(?P<text>.*))?$")

DEFINED_AS = "x-definition"
"""Marks a schema that has a name of its own; documents refer to it by that name."""


OWN_DESCRIPTION = "x-own-description"
"""What a named schema says of itself, where the field that uses it says something else."""


def described(schema: Obj, text: str) -> Obj:
    """A schema with a field's description; a named one keeps its own beside it."""
    own = {OWN_DESCRIPTION: schema["description"]} if DEFINED_AS in schema and "description" in schema else {}
    return {**schema, **own, "description": text}


class Notation:
    """Definitions read so far, by name."""

    def __init__(self) -> None:
        self.definitions: dict[str, Obj] = {}

    def read(self, text: str) -> None:
        """Add the top-level definitions of a text."""
        lines = [line for line in text.splitlines() if line.strip()]
        self._children(lines, 0, 0, self.definitions, [])

    def _children(self, lines: list[str], start: int, indent: int, into: dict[str, Obj], required: list[str]) -> int:
        """Read the lines of one depth into `into`; returns the first line that is not theirs."""
        position = start
        while position < len(lines):
            match = _LINE.match(lines[position])
            assert match is not None, lines[position]
            if len(match["indent"]) < indent:
                break
            properties: dict[str, Obj] = {}
            needed: list[str] = []
            position = self._children(lines, position + 1, indent + 2, properties, needed)
            top = indent == 0
            schema = self._type(match["type"], properties, needed, name=match["name"] if top else "")
            if match["text"]:
                schema = described(schema, match["text"])
            if top:
                schema[DEFINED_AS] = match["name"]
            into[match["name"]] = schema
            if match["required"]:
                required.append(match["name"])
        return position

    def _type(self, text: str, properties: dict[str, Obj], required: list[str], *, name: str) -> Obj:
        if text.startswith(("[", "{")):
            inner, *keys = text[1:-1].split(" ", 1)
            listed: Obj = {"type": "array", "items": self._type(inner, properties, required, name="")}
            if text.startswith("["):
                listed["x-kubernetes-list-type"] = "atomic"
            elif keys:
                names = keys[0].split(",")
                listed |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": names}
                listed |= {"x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": names[0]}
            else:
                listed |= {"x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge"}
            return listed
        if text.startswith("map("):
            return {"type": "object", "additionalProperties": self._type(text[4:-1], properties, required, name="")}
        if text.startswith("string("):
            return {"type": "string", "enum": text[7:-1].split(",")}
        if text in _SCALARS:
            return dict(_SCALARS[text])
        return self._object(text, properties, required, top=bool(name))

    def _object(self, text: str, properties: dict[str, Obj], required: list[str], *, top: bool) -> Obj:
        if not properties and text in self.definitions:
            return dict(self.definitions[text])
        schema: Obj = {"type": "object"}
        if properties:
            schema["properties"] = properties
        if required:
            schema["required"] = required
        if text == "atomic":
            schema["x-kubernetes-map-type"] = "atomic"
        elif text == "open":
            schema["x-kubernetes-preserve-unknown-fields"] = True
        elif not top and text != "object":
            schema[DEFINED_AS] = text
            self.definitions[text] = schema
        return schema
