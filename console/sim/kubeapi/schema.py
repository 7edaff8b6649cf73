"""Structural schemas at work: unknown fields dropped or named, defaults set, values checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from console.sim.kubeapi.status import Cause, Obj

_OPEN = "x-kubernetes-preserve-unknown-fields"
_EMBEDDED = ("apiVersion", "kind", "metadata")
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


def prune(value: Any, schema: Obj, *, path: str = "", top: bool = True) -> list[str]:
    """Drop the fields that a schema does not know, in place; returns their paths."""
    if isinstance(value, list):
        items = schema.get("items")
        if not isinstance(items, dict):
            return []
        return [lost for i, item in enumerate(value) for lost in prune(item, items, path=f"{path}[{i}]", top=False)]
    if not isinstance(value, dict):
        return []
    properties = schema.get("properties") or {}
    extra = schema.get("additionalProperties")
    embedded = top or schema.get("x-kubernetes-embedded-resource")
    is_open = bool(schema.get(_OPEN)) or extra is True or not schema.get("type")
    lost: list[str] = []
    for name in list(value):
        here = f"{path}.{name}" if path else name
        if name in properties:
            if top and name == "metadata":
                continue
            lost += prune(value[name], properties[name], path=here, top=False)
        elif isinstance(extra, dict):
            lost += prune(value[name], extra, path=here, top=False)
        elif not is_open and not (embedded and name in _EMBEDDED):
            del value[name]
            lost.append(here)
    return lost


def apply_defaults(value: Any, schema: Obj) -> None:
    """Set declared defaults, in place, as the apiserver does for CRs."""
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            apply_defaults(item, schema["items"])
    elif isinstance(value, dict):
        for name, inner in (schema.get("properties") or {}).items():
            # A null that the schema does not allow counts as absent where there is a default.
            if "default" in inner and (name not in value or (value[name] is None and not inner.get("nullable"))):
                value[name] = msgspec.json.decode(msgspec.json.encode(inner["default"]))
            if name in value:
                apply_defaults(value[name], inner)
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            for name in value.keys() - (schema.get("properties") or {}).keys():
                apply_defaults(value[name], extra)


def violations(value: Any, schema: Obj, path: str = "") -> list[Cause]:
    """Everything in a value that its schema forbids; paths are dotted, as in `spec.taints[0].key`."""
    if value is None and schema.get("nullable"):
        return []
    if not has_type(value, schema):
        return [_wrong_type(value, schema, path)]
    found = _value_violations(value, schema, path)
    if isinstance(value, dict):
        found += _map_violations(value, schema, path)
    elif isinstance(value, list):
        found += _list_violations(value, schema, path)
    return found + _junctor_violations(value, schema, path)


def has_type(value: Any, schema: Obj) -> bool:
    """Whether a value is of its schema's type; anything is where none is named."""
    if schema.get("x-kubernetes-int-or-string"):
        return isinstance(value, (int, str)) and not isinstance(value, bool)
    expected = schema.get("type")
    if not expected:
        return True
    if isinstance(value, bool):
        return bool(expected == "boolean")
    if expected == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _PYTHON_TYPES[expected])


def type_name(value: Any) -> str:
    """JSON's word for a value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return next(name for name, types in _PYTHON_TYPES.items() if isinstance(value, types))


def _wrong_type(value: Any, schema: Obj, path: str) -> Cause:
    expected = "integer,string" if schema.get("x-kubernetes-int-or-string") else schema["type"]
    actual = type_name(value)
    message = f'Invalid value: "{actual}": {path or "<root>"} in body must be of type {expected}: "{actual}"'
    return Cause("FieldValueTypeInvalid", message, path or "<root>")


def _value_violations(value: Any, schema: Obj, path: str) -> list[Cause]:
    found: list[Cause] = []
    shown = msgspec.json.encode(value).decode()

    def wrong(rule: str) -> None:
        found.append(Cause("FieldValueInvalid", f"Invalid value: {shown}: {path} in body {rule}", path))

    if "enum" in schema and value not in schema["enum"]:
        supported = ", ".join(msgspec.json.encode(option).decode() for option in schema["enum"])
        found.append(
            Cause("FieldValueNotSupported", f"Unsupported value: {shown}: supported values: {supported}", path)
        )
    if isinstance(value, str):
        if "pattern" in schema and not _pattern(schema["pattern"]).search(value):
            wrong(f"should match '{schema['pattern']}'")
        if len(value) < schema.get("minLength", 0):
            wrong(f"should be at least {schema['minLength']} chars long")
        if "maxLength" in schema and len(value) > schema["maxLength"]:
            message = f"Too long: may not be more than {schema['maxLength']} bytes"
            found.append(Cause("FieldValueTooLong", message, path))
        if schema.get("format") == "date-time" and not _DATE_TIME.match(value):
            wrong(f"must be of type date-time: {shown}")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if "minimum" in schema and value < schema["minimum"]:
            wrong(f"should be greater than or equal to {schema['minimum']}")
        if "maximum" in schema and value > schema["maximum"]:
            wrong(f"should be less than or equal to {schema['maximum']}")
        if schema.get("format") == "int32" and not -(2**31) <= value < 2**31:
            wrong(f"must be of type int32: {shown}")
    return found


def _map_violations(value: Obj, schema: Obj, path: str) -> list[Cause]:
    found: list[Cause] = []
    properties = schema.get("properties") or {}
    extra = schema.get("additionalProperties")
    for name in schema.get("required") or ():
        if name not in value:
            found.append(Cause("FieldValueRequired", "Required value", f"{path}.{name}" if path else name))
    for name, inner in value.items():
        here = f"{path}.{name}" if path else name
        if name in properties:
            if here != "metadata":
                found += violations(inner, properties[name], here)
        elif isinstance(extra, dict):
            found += violations(inner, extra, here)
    if len(value) < schema.get("minProperties", 0):
        message = (
            f"Invalid value: {len(value)}: {path} in body should have at least {schema['minProperties']} properties"
        )
        found.append(Cause("FieldValueInvalid", message, path))
    return found


def _list_violations(value: list[Any], schema: Obj, path: str) -> list[Cause]:
    found: list[Cause] = []
    if len(value) < schema.get("minItems", 0):
        message = f"Invalid value: {len(value)}: {path} in body should have at least {schema['minItems']} items"
        found.append(Cause("FieldValueInvalid", message, path))
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        message = f"Too many: {len(value)}: must have at most {schema['maxItems']} items"
        found.append(Cause("FieldValueTooMany", message, path))
    keys = schema.get("x-kubernetes-list-map-keys")
    seen: set[str] = set()
    for position, item in enumerate(value):
        if isinstance(schema.get("items"), dict):
            found += violations(item, schema["items"], f"{path}[{position}]")
        if keys and isinstance(item, dict):
            identity = {key: item.get(key) for key in keys}
            text = msgspec.json.encode(identity).decode()
            if text in seen:
                found.append(Cause("FieldValueDuplicate", f"Duplicate value: {text}", f"{path}[{position}]"))
            seen.add(text)
    return found


def _junctor_violations(value: Any, schema: Obj, path: str) -> list[Cause]:
    """allOf, anyOf, oneOf and not, which structural schemas use for value checks only."""

    def fits(inner: Obj) -> bool:
        return not violations(value, inner, path)

    def wrong(rule: str) -> Cause:
        shown = msgspec.json.encode(value).decode() if not isinstance(value, (dict, list)) else f'"{type_name(value)}"'
        return Cause("FieldValueInvalid", f"Invalid value: {shown}: {path} in body {rule}", path)

    found = [cause for inner in schema.get("allOf", ()) for cause in violations(value, inner, path)]
    if "anyOf" in schema and not any(map(fits, schema["anyOf"])):
        found.append(wrong("must validate at least one schema (anyOf)"))
    if "oneOf" in schema and sum(map(fits, schema["oneOf"])) != 1:
        found.append(wrong("must validate one and only one schema (oneOf)"))
    if "not" in schema and fits(schema["not"]):
        found.append(wrong("must not validate the schema (not)"))
    return found


_SHAPES: dict[str, type | tuple[type, ...]] = {
    "type": str,
    "properties": dict,
    "items": dict,
    "additionalProperties": (dict, bool),
    "required": list,
    "enum": list,
    "pattern": str,
    "format": str,
    "not": dict,
    **{f"x-kubernetes-{name}": list for name in ("list-map-keys", "validations")},
    **{f"{name}Of": list for name in ("all", "any", "one")},
    **{f"{end}{what}": int for end in ("min", "max") for what in ("Length", "Items", "Properties")},
    **{f"{end}imum": (int, float) for end in ("min", "max")},
}


def malformed(schema: Any, path: str) -> tuple[Cause, ...]:
    """What in a CRD's schema is no schema, so that everything that reads a stored one may trust its shape."""
    return _malformed_of(msgspec.json.encode(schema), path)


@lru_cache(maxsize=32)
def _malformed_of(encoded: bytes, path: str) -> tuple[Cause, ...]:
    """Each of a process's API servers is given the same large CRDs, and members of a schema are many thousands."""
    return tuple(_malformed(msgspec.json.decode(encoded), path))


def _malformed(schema: Any, path: str) -> Iterator[Cause]:
    if not isinstance(schema, dict):
        yield Cause("FieldValueTypeInvalid", f'Invalid value: "{type_name(schema)}": must be a schema', path)
        return
    for name, shape in _SHAPES.items():
        if name in schema and not isinstance(schema[name], shape):
            why = f'Invalid value: "{type_name(schema[name])}": is of the wrong type'
            yield Cause("FieldValueTypeInvalid", why, f"{path}.{name}")
            return
    expected = schema.get("type", "")
    if expected and expected not in _PYTHON_TYPES:
        supported = ", ".join(f'"{name}"' for name in sorted(_PYTHON_TYPES))
        why = f'Unsupported value: "{expected}": supported values: {supported}'
        yield Cause("FieldValueNotSupported", why, f"{path}.type")
    for name in ("required", "x-kubernetes-list-map-keys"):
        if not all(isinstance(item, str) for item in schema.get(name, ())):
            yield Cause("FieldValueTypeInvalid", "Invalid value: must be a list of texts", f"{path}.{name}")
    if schema.get("x-kubernetes-list-type") == "map" and not schema.get("x-kubernetes-list-map-keys"):
        yield Cause("FieldValueRequired", "Required value: must have keys", f"{path}.x-kubernetes-list-map-keys")
    for name, inner in schema.get("properties", {}).items():
        yield from _malformed(inner, f"{path}.properties[{name}]")
    for name in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(name), dict):
            yield from _malformed(schema[name], f"{path}.{name}")
    for name in ("allOf", "anyOf", "oneOf"):
        for number, inner in enumerate(schema.get(name, ())):
            yield from _malformed(inner, f"{path}.{name}[{number}]")


_DATE_TIME = re.compile(r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$")


@lru_cache(maxsize=500)
def _pattern(text: str) -> re.Pattern[str]:
    """A schema's pattern; one that Python cannot read (RE2 differs in rare escapes) accepts everything."""
    try:
        return re.compile(text)
    except re.error:
        return re.compile("")
