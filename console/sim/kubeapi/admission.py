"""What the apiserver does to an object before it stores it: names and metadata checked, defaults set, values validated."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Any

from console.sim.kubeapi import schema as schemas
from console.sim.kubeapi.resources import Resource
from console.sim.kubeapi.status import Cause, Obj, bad_request, invalid

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_DNS_LABEL = re.compile(_LABEL)
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
ANNOTATION_LIMIT = 256 * 1024
"""Bytes of all annotations of one object together."""

_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
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
    if not schemas._has_type(value, schema):
        word = {"boolean": "bool", "integer": "number"}.get(name := schemas.type_name(value), name)
        yield Cause(_GO_TYPES.get(schema.get("type", ""), "intstr.IntOrString"), word, path)
    elif isinstance(value, dict):
        extra = schema.get("additionalProperties")
        for name, inner in value.items():
            known = schema.get("properties", {}).get(name, extra if isinstance(extra, dict) else None)
            if known:
                yield from _type_violations(
                    inner, known, f"{path}.{name}" if path and name in schema.get("properties", {}) else path or name
                )
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
    default = _DEFAULTS.get(resource.kind)
    if default is not None:
        default(obj)


def validate(resource: Resource, obj: Obj, before: Obj | None) -> None:
    """Raise `ApiError` 422 with every cause. `before` is the stored object in an update."""
    causes = list(_metadata_causes(resource, obj["metadata"], before))
    causes += schemas.violations({k: v for k, v in obj.items() if k != "metadata"}, _without_metadata(resource.schema))
    check = _CHECKS.get(resource.kind)
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
        elif not (len(name) <= 253 and _SUBDOMAIN.fullmatch(name)):
            yield Cause("FieldValueInvalid", f'Invalid value: "{name}": {_SUBDOMAIN_RULE}', "metadata.name")
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
    if slash and not _SUBDOMAIN.fullmatch(prefix):
        yield Cause("FieldValueInvalid", f'Invalid value: "{shown}": prefix part {_SUBDOMAIN_RULE}', field)
    if not name:
        yield Cause("FieldValueInvalid", f'Invalid value: "{shown}": name part must be non-empty', field)
    elif len(name) > 63:
        yield Cause("FieldValueInvalid", f'Invalid value: "{shown}": name part must be no more than 63 bytes', field)
    elif not _QUALIFIED.fullmatch(name):
        yield Cause("FieldValueInvalid", f'Invalid value: "{shown}": {_QUALIFIED_RULE}', field)


def _default_namespace(obj: Obj) -> None:
    obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    obj.setdefault("status", {}).setdefault("phase", "Active")
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"]["name"]


def _default_secret(obj: Obj) -> None:
    obj.setdefault("type", "Opaque")
    texts = obj.pop("stringData", None) or {}
    if texts:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in texts.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}


def _default_service(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["type"] != "ExternalName":
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        spec.setdefault("internalTrafficPolicy", "Cluster")
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    obj.setdefault("status", {}).setdefault("loadBalancer", {})


def _default_ingress(obj: Obj) -> None:
    obj.setdefault("status", {}).setdefault("loadBalancer", {})


def _default_ingress_class(obj: Obj) -> None:
    parameters = (obj.get("spec") or {}).get("parameters")
    if parameters:
        parameters.setdefault("scope", "Cluster")


def _default_event(obj: Obj) -> None:
    obj.setdefault("source", {})
    for name in ("firstTimestamp", "lastTimestamp", "eventTime"):
        obj.setdefault(name, None)
    for name in ("reportingComponent", "reportingInstance"):
        obj.setdefault(name, "")


def _default_deployment(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {"maxSurge": "25%", "maxUnavailable": "25%"})
    obj.setdefault("status", {})


def _default_autoscaler(obj: Obj) -> None:
    obj.setdefault("spec", {}).setdefault("minReplicas", 1)
    obj.setdefault("status", {})


def _default_crd(obj: Obj) -> None:
    names = obj.get("spec", {}).get("names", {})
    if isinstance(names.get("kind"), str):
        names.setdefault("listKind", names["kind"] + "List")
        names.setdefault("singular", names["kind"].lower())
    obj.get("spec", {}).setdefault("conversion", {"strategy": "None"})
    obj.get("spec", {}).pop("preserveUnknownFields", None)


def _check_ingress(obj: Obj, before: Obj | None) -> Iterator[Cause]:
    spec = obj.get("spec") or {}
    rules = spec.get("rules") or []
    if not rules and not spec.get("defaultBackend"):
        why = "Invalid value: []networking.IngressRule(nil): either `defaultBackend` or `rules` must be specified"
        yield Cause("FieldValueInvalid", why, "spec")
    if spec.get("defaultBackend"):
        yield from _check_backend(spec["defaultBackend"], "spec.defaultBackend")
    for number, rule in enumerate(rules):
        host = rule.get("host", "")
        if host and not _SUBDOMAIN.fullmatch(host.removeprefix("*.")):
            yield Cause(
                "FieldValueInvalid", f'Invalid value: "{host}": {_SUBDOMAIN_RULE}', f"spec.rules[{number}].host"
            )
        for at, path in enumerate((rule.get("http") or {}).get("paths") or ()):
            field = f"spec.rules[{number}].http.paths[{at}]"
            text = path.get("path", "")
            if not text.startswith("/") and (text or path.get("pathType") in ("Exact", "Prefix")):
                yield Cause("FieldValueInvalid", f'Invalid value: "{text}": must be an absolute path', f"{field}.path")
            if isinstance(path.get("backend"), dict):
                yield from _check_backend(path["backend"], f"{field}.backend")


def _check_backend(backend: Obj, field: str) -> Iterator[Cause]:
    service, resource = backend.get("service"), backend.get("resource")
    if service and resource:
        why = 'Invalid value: "": cannot set both resource and service backends'
        yield Cause("FieldValueInvalid", why, field)
    elif (not service and not resource) or (
        service and not ((service.get("port") or {}).get("name") or (service.get("port") or {}).get("number"))
    ):
        yield Cause("FieldValueRequired", "Required value: port name or number is required", field)


def _check_lease(obj: Obj, before: Obj | None) -> Iterator[Cause]:
    spec = obj.get("spec") or {}
    seconds, transitions = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
    if seconds is not None and seconds <= 0:
        yield Cause(
            "FieldValueInvalid", f"Invalid value: {seconds}: must be greater than 0", "spec.leaseDurationSeconds"
        )
    if transitions is not None and transitions < 0:
        why = f"Invalid value: {transitions}: must be greater than or equal to 0"
        yield Cause("FieldValueInvalid", why, "spec.leaseTransitions")


def _check_config(obj: Obj, before: Obj | None) -> Iterator[Cause]:
    for name in ("data", "binaryData"):
        for key in obj.get(name) or {}:
            if not _CONFIG_KEY.fullmatch(key):
                why = (
                    f"Invalid value: \"{key}\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
                    "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
                )
                yield Cause("FieldValueInvalid", why, f"{name}[{key}]")
    if before is not None and before.get("immutable"):
        if not obj.get("immutable"):
            yield Cause("FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set", "immutable")
        for name in ("data", "binaryData"):
            if obj.get(name) != before.get(name):
                yield Cause("FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set", name)


def _check_secret(obj: Obj, before: Obj | None) -> Iterator[Cause]:
    for key, value in (obj.get("data") or {}).items():
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            yield Cause(
                "FieldValueInvalid", 'Invalid value: "<secret contents redacted>": must be base64', f"data[{key}]"
            )
    if before is not None and obj.get("type") != before.get("type"):
        yield Cause("FieldValueInvalid", f'Invalid value: "{obj.get("type")}": field is immutable', "type")
    yield from _check_config(obj, before)


def _check_event(obj: Obj, before: Obj | None) -> Iterator[Cause]:
    about = (obj.get("involvedObject") or {}).get("namespace", "")
    if (about or "default") != obj["metadata"].get("namespace"):
        yield Cause(
            "FieldValueInvalid", f'Invalid value: "{about}": does not match event.namespace', "involvedObject.namespace"
        )


def _check_crd(obj: Obj, before: Obj | None) -> Iterator[Cause]:
    spec = obj.get("spec") or {}
    names, versions = spec.get("names") or {}, spec.get("versions") or []
    wanted = f"{names.get('plural', '')}.{spec.get('group', '')}"
    if obj["metadata"].get("name") != wanted:
        why = f'Invalid value: "{obj["metadata"].get("name", "")}": must be spec.names.plural+"."+spec.group'
        yield Cause("FieldValueInvalid", why, "metadata.name")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        shown = "[]string{" + ", ".join(f'"{v.get("name", "")}"' for v in versions if v.get("storage")) + "}"
        why = f"Invalid value: {shown}: must have exactly one version marked as storage version"
        yield Cause("FieldValueInvalid", why, "spec.versions")
    for number, version in enumerate(versions):
        if not isinstance((version.get("schema") or {}).get("openAPIV3Schema"), dict):
            field = f"spec.versions[{number}].schema.openAPIV3Schema"
            yield Cause("FieldValueRequired", "Required value: schemas are required", field)
    if before is not None:
        for field in ("group", "scope"):
            if spec.get(field) != before["spec"].get(field):
                yield Cause(
                    "FieldValueInvalid", f'Invalid value: "{spec.get(field)}": field is immutable', f"spec.{field}"
                )


_Check = Callable[[Obj, Obj | None], Iterator[Cause]]
_DEFAULTS: dict[str, Callable[[Obj], None]] = {
    "Namespace": _default_namespace,
    "Secret": _default_secret,
    "Service": _default_service,
    "Ingress": _default_ingress,
    "IngressClass": _default_ingress_class,
    "Event": _default_event,
    "Deployment": _default_deployment,
    "HorizontalPodAutoscaler": _default_autoscaler,
    "CustomResourceDefinition": _default_crd,
}
_CHECKS: dict[str, _Check] = {
    "Ingress": _check_ingress,
    "Lease": _check_lease,
    "ConfigMap": _check_config,
    "Secret": _check_secret,
    "Event": _check_event,
    "CustomResourceDefinition": _check_crd,
}
