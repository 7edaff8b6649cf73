"""What is done to every object before it is stored: names and metadata checked, defaults set, values validated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from console.sim.kubeapi import schema as schemas
from console.sim.kubeapi.kinds import CHECKS, DEFAULTS, LABEL, SUBDOMAIN, SUBDOMAIN_RULE
from console.sim.kubeapi.resources import Resource
from console.sim.kubeapi.status import Cause, Obj, bad_request, invalid

_DNS_LABEL = re.compile(LABEL)
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
ANNOTATION_LIMIT = 256 * 1024
"""Bytes of all annotations of one object together."""

_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_QUALIFIED_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_GO_TYPES = {"string": "string", "integer": "int64", "number": "float64", "boolean": "bool", "array": "[]interface {}",
             "object": "map[string]interface {}"}  # fmt: skip


def read_types(resource: Resource, obj: Obj) -> None:
    """Raise `ApiError` 400 where a built-in, or any object's metadata, does not fit its Go type."""
    head = {**resource.schema, "properties": {"metadata": resource.schema["properties"]["metadata"]}}
    schema = head if resource.custom else resource.schema
    for cause in _type_violations(obj, schema, ""):
        kind, path = resource.kind, cause.field
        found = cause.message
        raise bad_request(
            f'{kind} in version "{resource.version}" cannot be handled as a {kind}: json: cannot unmarshal {found} '
            f"into Go struct field {kind}.{path} of type {cause.reason}"
        )


def _type_violations(value: Any, schema: Obj, path: str) -> Iterator[Cause]:
    """Causes whose reason is the Go type and whose message is JSON's word for what stands there."""
    if value is None:
        return
    if not schemas.has_type(value, schema):
        word = {"boolean": "bool", "integer": "number"}.get(name := schemas.type_name(value), name)
        yield Cause(_GO_TYPES.get(schema.get("type", ""), "intstr.IntOrString"), word, path)
    elif isinstance(value, dict):
        fields, extra = schema.get("properties", {}), schema.get("additionalProperties")
        for name, inner in value.items():
            # Go names the struct's field; the key within a map stays unnamed.
            here = f"{path}.{name}" if path and name in fields else path or name
            known = fields.get(name, extra)
            if isinstance(known, dict):
                yield from _type_violations(inner, known, here)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            yield from _type_violations(item, schema["items"], path)


def set_defaults(resource: Resource, obj: Obj) -> None:
    """Fill in what the apiserver fills in, in place."""
    if resource.custom:
        for name, inner in resource.schema.get("properties", {}).items():
            if name != "metadata" and name in obj:
                schemas.apply_defaults(obj[name], inner)
        return
    default = DEFAULTS.get(resource.kind)
    if default is not None:
        default(obj)


def validate(resource: Resource, obj: Obj, before: Obj | None) -> None:
    """Raise `ApiError` 422 with every cause. `before` is the stored object in an update."""
    causes = list(_metadata_causes(resource, obj["metadata"], before))
    causes += schemas.violations({k: v for k, v in obj.items() if k != "metadata"}, _without_metadata(resource.schema))
    check = CHECKS.get(resource.kind)
    if check is not None and not resource.custom:
        causes += check(obj, before)
    if causes:
        raise invalid(resource.kind, resource.group, obj["metadata"].get("name", ""), causes)


def _without_metadata(schema: Obj) -> Obj:
    return {**schema, "required": [name for name in schema.get("required", ()) if name != "metadata"]}


def _metadata_causes(resource: Resource, metadata: Obj, before: Obj | None) -> Iterator[Cause]:
    name = metadata.get("name", "")
    if not name:
        yield Cause("FieldValueRequired", "Required value: name or generateName is required", "metadata.name")
    elif before is None:
        if resource.kind == "Namespace" and not (len(name) <= 63 and _DNS_LABEL.fullmatch(name)):
            yield Cause("FieldValueInvalid", f'Invalid value: "{name}": {_LABEL_RULE}', "metadata.name")
        elif not (len(name) <= 253 and SUBDOMAIN.fullmatch(name)):
            yield Cause("FieldValueInvalid", f'Invalid value: "{name}": {SUBDOMAIN_RULE}', "metadata.name")
    for key, value in (metadata.get("labels") or {}).items():
        yield from _key_causes(key, "metadata.labels")
        if len(value) > 63:
            yield Cause(
                "FieldValueInvalid", f'Invalid value: "{value}": must be no more than 63 bytes', "metadata.labels"
            )
        elif not _LABEL_VALUE.fullmatch(value):
            yield Cause("FieldValueInvalid", f'Invalid value: "{value}": {_VALUE_RULE}', "metadata.labels")
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        yield from _key_causes(key.lower(), "metadata.annotations", shown=key)
    if sum(len(key.encode()) + len(str(value).encode()) for key, value in annotations.items()) > ANNOTATION_LIMIT:
        yield Cause(
            "FieldValueTooLong", f"Too long: may not be more than {ANNOTATION_LIMIT} bytes", "metadata.annotations"
        )


def _key_causes(key: str, field: str, *, shown: str = "") -> Iterator[Cause]:
    prefix, slash, name = key.rpartition("/")
    shown = shown or key
    if slash and not SUBDOMAIN.fullmatch(prefix):
        yield Cause("FieldValueInvalid", f'Invalid value: "{shown}": prefix part {SUBDOMAIN_RULE}', field)
    if not name:
        yield Cause("FieldValueInvalid", f'Invalid value: "{shown}": name part must be non-empty', field)
    elif len(name) > 63:
        yield Cause("FieldValueInvalid", f'Invalid value: "{shown}": name part must be no more than 63 bytes', field)
    elif not _QUALIFIED.fullmatch(name):
        yield Cause("FieldValueInvalid", f'Invalid value: "{shown}": {_QUALIFIED_RULE}', field)
