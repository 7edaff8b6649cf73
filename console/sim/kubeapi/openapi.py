"""OpenAPI documents of what is served: v3 per group and version, for validation and explain, and a small v2."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from aiohttp import web

from console.sim.kubeapi import negotiation
from console.sim.kubeapi.notation import DEFINED_AS, OWN_DESCRIPTION
from console.sim.kubeapi.resources import Registry, Resource
from console.sim.kubeapi.status import Obj, no_such_path

_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1"
_META_NAMES = (
    "ObjectMeta",
    "OwnerReference",
    "ManagedFieldsEntry",
    "LabelSelector",
    "LabelSelectorRequirement",
    "Condition",
)
_QUERY = {
    "write": ("dryRun", "fieldManager", "fieldValidation"),
    "patch": ("dryRun", "fieldManager", "fieldValidation", "force"),
    "list": ("allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion",
             "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "watch"),
}  # fmt: skip


class Documents:
    """Documents by group and version, rebuilt when what is served changes."""

    def __init__(self, registry: Registry, version: str) -> None:
        self._registry = registry
        self._version = version
        self._built_at = -1
        self._documents: dict[str, bytes] = {}

    def answer(self, request: web.Request, parts: list[str]) -> web.Response:
        """`/openapi/v2`, `/openapi/v3` and what the latter lists. Raises `ApiError` 404."""
        self._refresh()
        if parts == ["v2"] and _PROTOBUF in request.headers.get("Accept", ""):
            return negotiation.answer(request, _bare_v2(self._version), media=_PROTOBUF.replace("@", "."))
        if parts == ["v2"]:
            return negotiation.answer(request, self._v2())
        if parts == ["v3"]:
            paths = {
                path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={_hash(self._document(path))}"}
                for path in self._paths()
            }
            return negotiation.answer_object(request, {"paths": paths})
        path = "/".join(parts[1:])
        if parts[:1] != ["v3"] or path not in self._paths():
            raise no_such_path()
        return negotiation.answer(request, self._document(path))

    def _refresh(self) -> None:
        if self._built_at != self._registry.changes:
            self._documents.clear()
            self._built_at = self._registry.changes

    def _paths(self) -> dict[str, tuple[str, str]]:
        return {
            (f"apis/{group}/{version}" if group else f"api/{version}"): (group, version)
            for group, versions in self._registry.group_versions().items()
            for version in versions
        }

    def _document(self, path: str) -> bytes:
        known = self._documents.get(path)
        if known is None:
            resources = self._registry.of(*self._paths()[path])
            known = self._documents[path] = msgspec.json.encode(_v3(resources, self._version))
        return known

    def _v2(self) -> bytes:
        known = self._documents.get("v2")
        if known is None:
            definitions: Obj = {}
            for resource in self._registry:
                _define(resource, definitions, "#/definitions/")
            info = {"title": "Kubernetes", "version": self._version}
            document = {"swagger": "2.0", "info": info, "paths": {}, "definitions": definitions}
            known = self._documents["v2"] = msgspec.json.encode(document)
        return known


def _bare_v2(version: str) -> bytes:
    """A v2 document without definitions as the protobuf message that client-go insists on (gnostic's Document).

    kubectl asks for it only about kinds that v3 does not know, to find that v2 does not know them either.
    """

    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    info = field(1, b"Kubernetes") + field(2, version.encode())
    return field(1, b"2.0") + field(2, info) + field(8, b"")


def _v3(resources: list[Resource], version: str) -> Obj:
    schemas: Obj = {}
    paths: Obj = {}
    for resource in resources:
        name = _define(resource, schemas, "#/components/schemas/")
        _add_paths(resource, name, paths)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": version},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _define(resource: Resource, into: Obj, prefix: str) -> str:
    """Add a resource's schema and the named ones within; returns the schema's name."""
    namespace = _namespace(resource)
    name = f"{namespace}.{resource.kind}"
    schema = _flatten({k: v for k, v in resource.schema.items() if k != DEFINED_AS}, into, prefix, namespace)
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    into[name] = {**schema, "x-kubernetes-group-version-kind": [kind]}
    return name


def _namespace(resource: Resource) -> str:
    if resource.custom:
        return ".".join([*reversed(resource.group.split(".")), resource.version])
    return f"io.k8s.api.{(resource.group or 'core').split('.')[0]}.{resource.version}"


def _flatten(schema: Any, into: Obj, prefix: str, namespace: str) -> Any:
    """A schema with its named parts taken out and referred to, as the published documents do."""
    if isinstance(schema, list):
        return [_flatten(item, into, prefix, namespace) for item in schema]
    if not isinstance(schema, dict):
        return schema
    defined = schema.get(DEFINED_AS)
    plain = {
        key: _flatten(value, into, prefix, namespace) if key not in ("default", "enum", "required") else value
        for key, value in schema.items()
        if key not in (DEFINED_AS, OWN_DESCRIPTION)
    }
    if not isinstance(defined, str):
        return plain
    name = f"{_META if defined in _META_NAMES else namespace}.{defined}"
    into.setdefault(name, {**plain, "description": schema.get(OWN_DESCRIPTION, plain.get("description", ""))})
    reference: Obj = {"allOf": [{"$ref": prefix + name}]}
    if "definitions" in prefix:
        reference = {"$ref": prefix + name}
    if "description" in plain:
        reference["description"] = plain["description"]
    return reference


def _add_paths(resource: Resource, name: str, paths: Obj) -> None:
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    collection = f"{root}/{resource.plural}"
    if resource.namespaced:
        if "list" in resource.verbs:
            paths[collection] = {"get": _operation(resource, name, "list", "list")}
        collection = f"{root}/namespaces/{{namespace}}/{resource.plural}"
    on_collection: Obj = {}
    for verb, method, query in (
        ("list", "get", "list"),
        ("create", "post", "write"),
        ("deletecollection", "delete", "list"),
    ):
        if verb in resource.verbs:
            on_collection[method] = _operation(resource, name, verb, query)
    paths[collection] = on_collection
    on_object: Obj = {}
    for verb, method, query in (
        ("get", "get", ""),
        ("update", "put", "write"),
        ("patch", "patch", "patch"),
        ("delete", "delete", ""),
    ):
        if verb in resource.verbs:
            on_object[method] = _operation(resource, name, verb, query)
    if on_object:
        paths[f"{collection}/{{name}}"] = on_object
        if resource.has_status:
            paths[f"{collection}/{{name}}/status"] = {m: o for m, o in on_object.items() if m != "delete"}


def _operation(resource: Resource, name: str, verb: str, query: str) -> Obj:
    action = {"create": "post", "update": "put"}.get(verb, verb)
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {
        "operationId": f"{action}{resource.group.title().replace('.', '')}{resource.version.title()}{resource.kind}",
        "parameters": [
            {"name": parameter, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
            for parameter in _QUERY.get(query, ())
        ],
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": kind,
    }


def _hash(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()[:32].upper()
