"""Which built-in resources are served, with their names, traits and schemas."""

from __future__ import annotations

from functools import cache
from typing import Any

from console.sim.kubeapi.definitions import CORE, GROUPS, META
from console.sim.kubeapi.notation import DEFINED_AS, Notation, described
from console.sim.kubeapi.resources import Resource
from console.sim.kubeapi.status import Obj

EVENTS_KEY = ("", "events")
_NAMES = ("metadata.name", "metadata.namespace")
_EVENT_FIELDS = (
    *(f"involvedObject.{name}"
      for name in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")),
    "reason", "reportingComponent", "source", "source.component", "type",
)  # fmt: skip
_NEW_EVENT_NAMES = {
    "regarding": "involvedObject",
    "note": "message",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
    "reportingController": "reportingComponent",
}


@cache
def _definitions() -> dict[str, Obj]:
    notation = Notation()
    for text in (META, CORE, GROUPS):
        notation.read(text)
    event = notation.definitions["Event"]
    renamed = {core: new for new, core in _NEW_EVENT_NAMES.items()}
    properties = {renamed.get(name, name): schema for name, schema in event["properties"].items()}
    notation.definitions["events.k8s.io/Event"] = {**event, "properties": properties, "required": []}
    return notation.definitions


def object_meta() -> Obj:
    """The schema of `metadata`, which CRs share."""
    return _definitions()["ObjectMeta"]


def whole(schema: Obj) -> Obj:
    """A kind's schema with apiVersion, kind and metadata in front of its own fields."""
    head = {
        "apiVersion": {
            "type": "string",
            "description": "APIVersion defines the versioned schema of this representation of an object.",
        },
        "kind": {
            "type": "string",
            "description": "Kind is a string value representing the REST resource this object represents.",
        },
        "metadata": described(object_meta(), "Standard object's metadata."),
    }
    # A CRD may say more of apiVersion and kind, but metadata is always the server's own.
    return {**schema, "properties": {**head, **(schema.get("properties") or {}), "metadata": head["metadata"]}}


def _resource(
    group: str, plural: str, kind: str, *, namespaced: bool = True, schema: str = "", **traits: Any
) -> Resource:
    definition = whole(_definitions()[schema or kind])
    definition[DEFINED_AS] = kind
    return Resource(
        group=group, version=traits.pop("version", "v1"), plural=plural, singular=kind.lower(), kind=kind,
        namespaced=namespaced, schema=definition, **traits,
    )  # fmt: skip


def _review(group: str, plural: str, kind: str) -> Resource:
    return _resource(group, plural, kind, namespaced=False, verbs=("create",))


@cache
def builtin_resources() -> tuple[Resource, ...]:
    """Every built-in, in the order discovery shows groups."""
    networking, auth, rbac = "networking.k8s.io", "authorization.k8s.io", "rbac.authorization.k8s.io"
    return (
        _resource("", "configmaps", "ConfigMap", short_names=("cm",)),
        _resource("", "events", "Event", short_names=("ev",), selectable=_NAMES + _EVENT_FIELDS, create_on_update=True),
        _resource("", "namespaces", "Namespace", namespaced=False, short_names=("ns",), has_status=True,
                  selectable=(*_NAMES, "status.phase"),
                  verbs=("create", "delete", "get", "list", "patch", "update", "watch")),
        _resource("", "nodes", "Node", namespaced=False, short_names=("no",), has_status=True,
                  selectable=(*_NAMES, "spec.unschedulable")),
        _resource("", "pods", "Pod", short_names=("po",), categories=("all",), has_status=True,
                  selectable=(*_NAMES, "spec.nodeName", "status.phase")),
        _resource("", "secrets", "Secret", selectable=(*_NAMES, "type")),
        _resource("", "serviceaccounts", "ServiceAccount", short_names=("sa",)),
        _resource("", "services", "Service", short_names=("svc",), categories=("all",), has_status=True),
        _resource("apps", "deployments", "Deployment", short_names=("deploy",), categories=("all",),
                  has_status=True, has_generation=True),
        _resource("apps", "replicasets", "ReplicaSet", short_names=("rs",), categories=("all",),
                  has_status=True, has_generation=True),
        _resource("events.k8s.io", "events", "Event", schema="events.k8s.io/Event",
                  stored_under=EVENTS_KEY, create_on_update=True,
                  selectable=(*_NAMES, *(f.replace("involvedObject", "regarding") for f in _EVENT_FIELDS))),
        _review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
        _review(auth, "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
        _review(auth, "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
        _resource("autoscaling", "horizontalpodautoscalers", "HorizontalPodAutoscaler", version="v2",
                  short_names=("hpa",), categories=("all",), has_status=True),
        _resource(networking, "ingressclasses", "IngressClass", namespaced=False, has_generation=True),
        _resource(networking, "ingresses", "Ingress", short_names=("ing",), has_status=True, has_generation=True),
        _resource(rbac, "clusterroles", "ClusterRole", namespaced=False),
        _resource(rbac, "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
        _resource(rbac, "roles", "Role"),
        _resource(rbac, "rolebindings", "RoleBinding"),
        _resource("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False,
                  short_names=("crd", "crds"), categories=("api-extensions",), has_status=True, has_generation=True,
                  unconditional_update=False),
        _resource("coordination.k8s.io", "leases", "Lease", unconditional_update=False, create_on_update=True),
        _resource("discovery.k8s.io", "endpointslices", "EndpointSlice", has_generation=True),
    )  # fmt: skip


def _event_as_new(obj: Obj) -> Obj:
    renamed = {core: new for new, core in _NEW_EVENT_NAMES.items()}
    return {renamed.get(name, name): value for name, value in obj.items()}


def as_served(resource: Resource, obj: Obj) -> Obj:
    """A stored object in the form of the resource's group and version (shares parts with the stored one)."""
    if resource.key == EVENTS_KEY and resource.group:
        obj = _event_as_new(obj)
    if obj.get("apiVersion") == resource.api_version:
        return obj
    return {**obj, "apiVersion": resource.api_version, "kind": resource.kind}


def as_stored(resource: Resource, obj: Obj) -> Obj:
    """The reverse of `as_served`."""
    if resource.key == EVENTS_KEY and resource.group:
        obj = {_NEW_EVENT_NAMES.get(name, name): value for name, value in obj.items()}
        return {**obj, "apiVersion": "v1"}
    return obj
