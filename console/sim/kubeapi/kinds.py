"""What the apiserver sets and checks for each built-in kind beyond its schema."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from console.sim.kubeapi.schema import malformed
from console.sim.kubeapi.status import Cause, Obj

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = re.compile(rf"{LABEL}(\.{LABEL})*")
SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_CONFIG_KEY_RULE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
_APPROVAL = "api-approved.kubernetes.io"
_IMMUTABLE = "Forbidden: field is immutable when `immutable` is set"


def _default_namespace(obj: Obj) -> None:
    obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    obj.setdefault("status", {}).setdefault("phase", "Active")
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"].get("name", "")


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
        if host and not SUBDOMAIN.fullmatch(host.removeprefix("*.")):
            yield Cause("FieldValueInvalid", f'Invalid value: "{host}": {SUBDOMAIN_RULE}', f"spec.rules[{number}].host")
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
                why = f'Invalid value: "{key}": {_CONFIG_KEY_RULE}'
                yield Cause("FieldValueInvalid", why, f"{name}[{key}]")
    if before is not None and before.get("immutable"):
        if not obj.get("immutable"):
            yield Cause("FieldValueForbidden", _IMMUTABLE, "immutable")
        for name in ("data", "binaryData"):
            if obj.get(name) != before.get(name):
                yield Cause("FieldValueForbidden", _IMMUTABLE, name)


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
    group = spec.get("group", "")
    if (group.endswith((".k8s.io", ".kubernetes.io")) or "." not in group) and _APPROVAL not in (
        obj["metadata"].get("annotations") or {}
    ):
        why = f'Required value: protected groups must have approval annotation "{_APPROVAL}"'
        yield Cause("FieldValueRequired", why, f"metadata.annotations[{_APPROVAL}]")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        shown = "[]string{" + ", ".join(f'"{v.get("name", "")}"' for v in versions if v.get("storage")) + "}"
        why = f"Invalid value: {shown}: must have exactly one version marked as storage version"
        yield Cause("FieldValueInvalid", why, "spec.versions")
    for number, version in enumerate(versions):
        field = f"spec.versions[{number}].schema.openAPIV3Schema"
        structure = (version.get("schema") or {}).get("openAPIV3Schema")
        if structure is not None:
            yield from malformed(structure, field)
        else:
            yield Cause("FieldValueRequired", "Required value: schemas are required", field)
    if before is not None:
        for field in ("group", "scope"):
            if spec.get(field) != before["spec"].get(field):
                yield Cause(
                    "FieldValueInvalid", f'Invalid value: "{spec.get(field)}": field is immutable', f"spec.{field}"
                )


Check = Callable[[Obj, Obj | None], Iterator[Cause]]
DEFAULTS: dict[str, Callable[[Obj], None]] = {
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
CHECKS: dict[str, Check] = {
    "Ingress": _check_ingress,
    "Lease": _check_lease,
    "ConfigMap": _check_config,
    "Secret": _check_secret,
    "Event": _check_event,
    "CustomResourceDefinition": _check_crd,
}
