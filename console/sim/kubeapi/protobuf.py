"""Just enough of Kubernetes' protobuf to read what `kubectl create` by flags sends: field numbers of a few small kinds.

Source: the generated.proto files of k8s.io/api. A message is name -> (field number, type); a type in [] repeats, `map`
is string to string, `map-bytes` string to base64.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from console.sim.kubeapi.status import Obj, bad_request

_MAGIC = b"k8s\x00"
_MESSAGES: dict[str, dict[int, tuple[str, str]]] = {
    "ObjectMeta": {
        1: ("name", "string"), 2: ("generateName", "string"), 3: ("namespace", "string"), 5: ("uid", "string"),
        6: ("resourceVersion", "string"), 7: ("generation", "int"), 8: ("creationTimestamp", "time"),
        11: ("labels", "map"), 12: ("annotations", "map"), 13: ("ownerReferences", "[OwnerReference"),
        14: ("finalizers", "[string"),
    },
    "OwnerReference": {1: ("kind", "string"), 3: ("name", "string"), 4: ("uid", "string"), 5: ("apiVersion", "string"),
                       6: ("controller", "bool"), 7: ("blockOwnerDeletion", "bool")},
    "Namespace": {1: ("metadata", "ObjectMeta"), 2: ("spec", "NamespaceSpec")},
    "NamespaceSpec": {1: ("finalizers", "[string")},
    "ConfigMap": {1: ("metadata", "ObjectMeta"), 2: ("data", "map"), 3: ("binaryData", "map-bytes"),
                  4: ("immutable", "bool")},
    "Secret": {1: ("metadata", "ObjectMeta"), 2: ("data", "map-bytes"), 3: ("type", "string"),
               4: ("stringData", "map"), 5: ("immutable", "bool")},
    "ServiceAccount": {1: ("metadata", "ObjectMeta"), 4: ("automountServiceAccountToken", "bool")},
    "Service": {1: ("metadata", "ObjectMeta"), 2: ("spec", "ServiceSpec")},
    "ServiceSpec": {1: ("ports", "[ServicePort"), 2: ("selector", "map"), 3: ("clusterIP", "string"),
                    4: ("type", "string"), 10: ("externalName", "string")},
    "ServicePort": {1: ("name", "string"), 2: ("protocol", "string"), 3: ("port", "int"),
                    4: ("targetPort", "IntOrString"), 5: ("nodePort", "int")},
    "Ingress": {1: ("metadata", "ObjectMeta"), 2: ("spec", "IngressSpec")},
    "IngressSpec": {1: ("defaultBackend", "IngressBackend"), 2: ("tls", "[IngressTLS"), 3: ("rules", "[IngressRule"),
                    4: ("ingressClassName", "string")},
    "IngressTLS": {1: ("hosts", "[string"), 2: ("secretName", "string")},
    "IngressRule": {1: ("host", "string"), 2: ("", "IngressRuleValue")},
    "IngressRuleValue": {1: ("http", "HTTPIngressRuleValue")},
    "HTTPIngressRuleValue": {1: ("paths", "[HTTPIngressPath")},
    "HTTPIngressPath": {1: ("path", "string"), 2: ("backend", "IngressBackend"), 3: ("pathType", "string")},
    "IngressBackend": {3: ("resource", "TypedLocalObjectReference"), 4: ("service", "IngressServiceBackend")},
    "TypedLocalObjectReference": {1: ("apiGroup", "string"), 2: ("kind", "string"), 3: ("name", "string")},
    "IngressServiceBackend": {1: ("name", "string"), 2: ("port", "ServiceBackendPort")},
    "ServiceBackendPort": {1: ("name", "string"), 2: ("number", "int")},
    "Deployment": {1: ("metadata", "ObjectMeta"), 2: ("spec", "DeploymentSpec")},
    "DeploymentSpec": {1: ("replicas", "int"), 2: ("selector", "LabelSelector"), 3: ("template", "PodTemplateSpec")},
    "LabelSelector": {1: ("matchLabels", "map")},
    "PodTemplateSpec": {1: ("metadata", "ObjectMeta"), 2: ("spec", "PodSpec")},
    "PodSpec": {2: ("containers", "[Container")},
    "Container": {1: ("name", "string"), 2: ("image", "string"), 3: ("command", "[string"), 4: ("args", "[string"),
                  6: ("ports", "[ContainerPort")},
    "ContainerPort": {1: ("name", "string"), 3: ("containerPort", "int"), 4: ("protocol", "string")},
    "SelfSubjectAccessReview": {1: ("metadata", "ObjectMeta"), 2: ("spec", "SelfSubjectAccessReviewSpec")},
    "SelfSubjectAccessReviewSpec": {1: ("resourceAttributes", "ResourceAttributes"),
                                    2: ("nonResourceAttributes", "NonResourceAttributes")},
    "ResourceAttributes": {1: ("namespace", "string"), 2: ("verb", "string"), 3: ("group", "string"),
                           4: ("version", "string"), 5: ("resource", "string"), 6: ("subresource", "string"),
                           7: ("name", "string")},
    "NonResourceAttributes": {1: ("path", "string"), 2: ("verb", "string")},
    "SelfSubjectRulesReview": {1: ("metadata", "ObjectMeta"), 2: ("spec", "SelfSubjectRulesReviewSpec")},
    "SelfSubjectRulesReviewSpec": {1: ("namespace", "string")},
    "SelfSubjectReview": {1: ("metadata", "ObjectMeta")},
    "DeleteOptions": {1: ("gracePeriodSeconds", "int"), 2: ("preconditions", "Preconditions"),
                      3: ("orphanDependents", "bool"), 4: ("propagationPolicy", "string"), 5: ("dryRun", "[string")},
    "Preconditions": {1: ("uid", "string"), 2: ("resourceVersion", "string")},
}  # fmt: skip


def decode(data: bytes) -> Obj | None:
    """An enveloped object as JSON values, None for kinds that are not known here.

    Raises `ApiError` 400 for bytes that are no Kubernetes protobuf.
    """
    if not data.startswith(_MAGIC):
        raise bad_request("provided data does not appear to be a protobuf message")
    try:
        envelope = dict(_fields(data[len(_MAGIC) :]))
        head = dict(_fields(_bytes(envelope.get(1, b""))))
        api_version, kind = _bytes(head.get(1, b"")).decode(), _bytes(head.get(2, b"")).decode()
        if kind not in _MESSAGES:
            return None
        return {"apiVersion": api_version, "kind": kind, **_message(_bytes(envelope.get(2, b"")), kind)}
    except (IndexError, UnicodeDecodeError, ValueError) as error:
        raise bad_request(f"error decoding protobuf: {error}") from None


def _message(data: bytes, name: str) -> Obj:
    result: Obj = {}
    for number, value in _fields(data):
        known = _MESSAGES[name].get(number)
        if known is None:
            continue
        field, kind = known
        if kind.startswith("["):
            result.setdefault(field, []).append(_value(value, kind[1:]))
        elif kind in ("map", "map-bytes"):
            pair = dict(_fields(_bytes(value)))
            result.setdefault(field, {})[_bytes(pair.get(1, b"")).decode()] = _value(
                pair.get(2, b""), "string" if kind == "map" else "bytes"
            )
        elif not field:
            result.update(_value(value, kind))
        else:
            result[field] = _value(value, kind)
    # Go writes absent strings, zeros and empty messages too; absent is what they mean.
    return {field: value for field, value in result.items() if value not in ("", None, 0, {}) or value is False}


def _value(value: int | bytes, kind: str) -> Any:
    if kind == "int":
        return value
    if kind == "bool":
        return bool(value)
    if kind == "string":
        return _bytes(value).decode()
    if kind == "bytes":
        return base64.b64encode(_bytes(value)).decode()
    if kind == "time":
        seconds = dict(_fields(_bytes(value))).get(1, 0)
        return (
            datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            if isinstance(seconds, int) and seconds
            else None
        )
    if kind == "IntOrString":
        parts = dict(_fields(_bytes(value)))
        return _bytes(parts.get(3, b"")).decode() if parts.get(1) else parts.get(2, 0)
    return _message(_bytes(value), kind)


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where bytes belong")
    return value


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield number, value
        elif wire == 2:
            length, position = _varint(data, position)
            yield number, data[position : position + length]
            position += length
        else:
            position += {1: 8, 5: 4}[wire]


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
