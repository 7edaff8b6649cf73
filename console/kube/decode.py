"""Objects of the hub as they come over the wire -> the records of `console.model.hub`, or a named problem.

Every object is decoded alone, into the fields that are used and no others; a field of the wrong kind costs itself
alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from console.kube.fields import Notes, is_name
from console.model.hub import (
    HASH_LABEL,
    AlbConfig,
    Event,
    FieldOwner,
    Heartbeat,
    Ingress,
    IngressClass,
    ManagedCluster,
    Path,
    Problem,
)
from console.model.text import inert

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
REMOTE_CLUSTERS = "alb.ingress.kubernetes.io/remote-clusters"
LEASE_NAME = "managed-cluster-lease"
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
_SHOWN_KINDS = ("Ingress", "AlbConfig", "ManagedCluster")


class Metadata(msgspec.Struct):
    """metadata of any object; every field may hold anything."""

    name: Any = None
    namespace: Any = None
    uid: Any = None
    resourceVersion: Any = None  # noqa: N815 - the wire's name
    deletionTimestamp: Any = None  # noqa: N815
    creationTimestamp: Any = None  # noqa: N815
    labels: Any = None
    annotations: Any = None
    managedFields: Any = None  # noqa: N815
    ownerReferences: Any = None  # noqa: N815


class Thing(msgspec.Struct):
    """Any object of the hub, reduced to the top-level fields that some kind uses."""

    metadata: Metadata
    spec: Any = None
    status: Any = None
    operation: Any = None
    data: Any = None
    involvedObject: Any = None  # noqa: N815
    reason: Any = None
    message: Any = None
    type: Any = None
    count: Any = None
    series: Any = None
    source: Any = None
    reportingComponent: Any = None  # noqa: N815
    firstTimestamp: Any = None  # noqa: N815
    lastTimestamp: Any = None  # noqa: N815
    eventTime: Any = None  # noqa: N815


@dataclass(frozen=True, slots=True)
class Decoded:
    """One object of the wire. `key` None: not of interest. `fact` None with a problem: not readable at all."""

    key: str | None
    version: str = ""
    fact: Any = None
    problem: Problem | None = None


Shape = Callable[[Thing, Notes], Any]
"""Makes the record of one kind; None for an object that is not of interest."""

_THING = msgspec.json.Decoder(Thing)


def decode(raw: bytes | msgspec.Raw, kind: str, shape: Shape, key: Callable[[Metadata], str]) -> Decoded:
    """One object of `kind`; never raises, whatever the bytes are."""
    try:
        thing = _THING.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return Decoded("?", problem=Problem(f"{kind} ?", f"unreadable: {inert(error, 160)}"))
    meta = thing.metadata
    version = meta.resourceVersion if isinstance(meta.resourceVersion, str) else ""
    if not is_name(meta.name) or not (meta.namespace in (None, "") or is_name(meta.namespace)):
        shown = inert(f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name, 80)
        problem = Problem(f"{kind} {shown}", "its name or namespace is none that an object can have")
        return Decoded(f"?{shown}", version, None, problem)
    notes = Notes()
    fact = shape(thing, notes)
    if fact is None:
        return Decoded(None, version)
    name = f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name
    return Decoded(key(meta), version, fact, Problem(f"{kind} {name}", notes.sentence) if notes else None)


def by_name(meta: Metadata) -> str:
    """The key of an object of the cluster."""
    return str(meta.name)


def by_path(meta: Metadata) -> str:
    """The key of an object in a namespace: `NAMESPACE/NAME`."""
    return f"{meta.namespace or ''}/{meta.name}"


def by_namespace(meta: Metadata) -> str:
    """The key of an object that each member's namespace holds one of."""
    return str(meta.namespace or "")


def managed_cluster(thing: Thing, notes: Notes) -> ManagedCluster:
    """A member (domain.md 3.1)."""
    spec, status = notes.fields(thing.spec, "spec"), notes.fields(thing.status, "status")
    conditions = {
        condition.get("type"): (condition, place)
        for condition, place in notes.items(status.get("conditions"), "status.conditions")
        if isinstance(condition.get("type"), str)
    }
    available, place = conditions.get("ManagedClusterConditionAvailable", ({}, ""))
    joined, joined_place = conditions.get("ManagedClusterJoined", ({}, ""))
    version = notes.fields(status.get("version"), "status.version")
    return ManagedCluster(
        name=thing.metadata.name,
        uid=notes.text(thing.metadata.uid, "metadata.uid"),
        labels=_labels(thing, notes),
        claims=tuple(
            (notes.text(claim.get("name"), f"{where}.name"), notes.text(claim.get("value"), f"{where}.value"))
            for claim, where in notes.items(status.get("clusterClaims"), "status.clusterClaims")
        ),
        accepted=notes.truth(spec.get("hubAcceptsClient"), "spec.hubAcceptsClient"),
        joined=notes.some(joined.get("status"), f"{joined_place}.status"),
        available=notes.some(available.get("status"), f"{place}.status"),
        available_reason=notes.text(available.get("reason"), f"{place}.reason"),
        available_message=notes.text(available.get("message"), f"{place}.message"),
        available_since=notes.time(available.get("lastTransitionTime"), f"{place}.lastTransitionTime"),
        taints=tuple(
            f"{notes.text(taint.get('key'), f'{where}.key')}:{notes.text(taint.get('effect'), f'{where}.effect')}"
            for taint, where in notes.items(spec.get("taints"), "spec.taints")
        ),
        version=notes.some(version.get("kubernetes"), "status.version.kubernetes"),
    )


def lease(thing: Thing, notes: Notes) -> Heartbeat | None:
    """An agent's heartbeat; other Leases are not of interest."""
    if thing.metadata.name != LEASE_NAME or not thing.metadata.namespace:
        return None
    spec = notes.fields(thing.spec, "spec")
    duration = notes.number(spec.get("leaseDurationSeconds"), "spec.leaseDurationSeconds")
    renewed = notes.time(spec.get("renewTime"), "spec.renewTime")
    return Heartbeat(thing.metadata.namespace, renewed, 60 if duration is None else duration)


def alb_config(thing: Thing, notes: Notes) -> AlbConfig:
    """A gateway (domain.md 1.1)."""
    spec, status = notes.fields(thing.spec, "spec"), notes.fields(thing.status, "status")
    balancer = notes.fields(status.get("loadBalancer"), "status.loadBalancer")
    remote = _annotations(thing, notes).get(REMOTE_CLUSTERS, "")
    members = [part.strip() for part in remote.split(",") if part.strip()]
    for member in members:
        if not is_name(member):
            notes.append(f"annotation {REMOTE_CLUSTERS} names '{inert(member, 60)}', which is no cluster id")
    return AlbConfig(
        name=thing.metadata.name,
        uid=notes.text(thing.metadata.uid, "metadata.uid"),
        resource_version=notes.text(thing.metadata.resourceVersion, "metadata.resourceVersion", 64),
        remote_clusters=tuple(dict.fromkeys(member for member in members if is_name(member))),
        load_balancer=notes.some(balancer.get("id"), "status.loadBalancer.id"),
        dns=notes.some(balancer.get("dnsname"), "status.loadBalancer.dnsname"),
        listeners=tuple(
            _listener(item, place, notes) for item, place in notes.items(spec.get("listeners"), "listeners")
        ),
        hash=_hash(thing, notes),
    )


def _listener(item: dict[str, Any], place: str, notes: Notes) -> tuple[int, str]:
    return notes.number(item.get("port"), f"{place}.port") or 0, notes.text(item.get("protocol"), f"{place}.protocol")


def ingress_class(thing: Thing, notes: Notes) -> IngressClass:
    """What ties routes to a gateway."""
    spec = notes.fields(thing.spec, "spec")
    parameters = notes.fields(spec.get("parameters"), "spec.parameters")
    kind = notes.some(parameters.get("kind"), "spec.parameters.kind")
    group = notes.some(parameters.get("apiGroup"), "spec.parameters.apiGroup")
    leads = kind == "AlbConfig" and group in ("alibabacloud.com", None)
    return IngressClass(
        name=thing.metadata.name,
        controller=notes.text(spec.get("controller"), "spec.controller"),
        gateway=notes.some(parameters.get("name"), "spec.parameters.name") if leads else None,
        default=_annotations(thing, notes).get(_DEFAULT_CLASS) == "true",
    )


def ingress(thing: Thing, notes: Notes) -> Ingress:
    """A route; its annotations stay byte for byte."""
    spec, status = notes.fields(thing.spec, "spec"), notes.fields(thing.status, "status")
    annotations = _annotations(thing, notes)
    named = notes.some(spec.get("ingressClassName"), "spec.ingressClassName")
    legacy = annotations.get(_CLASS_ANNOTATION)
    balancer = notes.fields(status.get("loadBalancer"), "status.loadBalancer")
    address = next(iter(notes.items(balancer.get("ingress"), "status.loadBalancer.ingress")), ({}, ""))
    return Ingress(
        namespace=thing.metadata.namespace or "",
        name=thing.metadata.name,
        uid=notes.text(thing.metadata.uid, "metadata.uid"),
        resource_version=notes.text(thing.metadata.resourceVersion, "metadata.resourceVersion", 64),
        class_name=named or (inert(legacy) if legacy else None),
        paths=_paths(spec, notes),
        annotations=tuple(sorted(pair for pair in annotations.items() if pair[0] != LAST_APPLIED)),
        owners=_owners(thing, notes),
        hash=_hash(thing, notes),
        address=notes.some(address[0].get("hostname"), f"{address[1]}.hostname")
        or notes.some(address[0].get("ip"), f"{address[1]}.ip"),
        deleting=thing.metadata.deletionTimestamp is not None,
    )


def _paths(spec: dict[str, Any], notes: Notes) -> tuple[Path, ...]:
    found = []
    for rule, place in notes.items(spec.get("rules"), "spec.rules"):
        host = notes.some(rule.get("host"), f"{place}.host")
        http = notes.fields(rule.get("http"), f"{place}.http")
        for path, where in notes.items(http.get("paths"), f"{place}.http.paths"):
            service, port = _backend(path.get("backend"), f"{where}.backend", notes)
            kind = notes.text(path.get("pathType"), f"{where}.pathType")
            found.append(Path(host, notes.text(path.get("path"), f"{where}.path") or "/", kind, service, port))
    if not found and spec.get("defaultBackend") is not None:
        service, port = _backend(spec.get("defaultBackend"), "spec.defaultBackend", notes)
        found.append(Path(None, "/", "Prefix", service, port))
    return tuple(found)


def _backend(value: object, place: str, notes: Notes) -> tuple[str | None, str | None]:
    service = notes.fields(notes.fields(value, place).get("service"), f"{place}.service")
    port = notes.fields(service.get("port"), f"{place}.service.port")
    number = notes.number(port.get("number"), f"{place}.service.port.number")
    named = str(number) if number is not None else notes.some(port.get("name"), f"{place}.service.port.name")
    return notes.some(service.get("name"), f"{place}.service.name"), named


def _owners(thing: Thing, notes: Notes) -> tuple[FieldOwner, ...]:
    """Who holds which annotations and labels, from managedFields; managers of neither are left out."""
    owners = []
    for entry, place in notes.items(thing.metadata.managedFields, "metadata.managedFields"):
        fields = notes.fields(entry.get("fieldsV1"), f"{place}.fieldsV1")
        metadata = notes.fields(fields.get("f:metadata"), f"{place}.fieldsV1.f:metadata")
        annotations = _owned(metadata, "f:annotations", place, notes)
        labels = _owned(metadata, "f:labels", place, notes)
        if annotations or labels:
            manager = notes.text(entry.get("manager"), f"{place}.manager")
            operation = notes.text(entry.get("operation"), f"{place}.operation")
            at = notes.time(entry.get("time"), f"{place}.time")
            owners.append(FieldOwner(manager, operation, at, annotations, labels))
    return tuple(owners)


def _owned(metadata: dict[str, Any], name: str, place: str, notes: Notes) -> frozenset[str]:
    fields = notes.fields(metadata.get(name), f"{place}.fieldsV1.f:metadata.{name}")
    keys = (key.removeprefix("f:") for key in fields if key.startswith("f:"))
    return frozenset(key for key in keys if is_name(key) and key != LAST_APPLIED)


def event(thing: Thing, notes: Notes) -> Event | None:
    """An Event of a kind that the console shows."""
    about = notes.fields(thing.involvedObject, "involvedObject")
    kind = about.get("kind")
    if kind not in _SHOWN_KINDS:
        return None
    series = notes.fields(thing.series, "series")
    source = notes.fields(thing.source, "source")
    moments = (
        (thing.lastTimestamp, "lastTimestamp"),
        (series.get("lastObservedTime"), "series.lastObservedTime"),
        (thing.eventTime, "eventTime"),
        (thing.firstTimestamp, "firstTimestamp"),
        (thing.metadata.creationTimestamp, "metadata.creationTimestamp"),
    )
    times = (notes.time(value, place) for value, place in moments)
    count = notes.number(thing.count, "count") or notes.number(series.get("count"), "series.count") or 1
    component = notes.text(source.get("component"), "source.component")
    return Event(
        uid=notes.text(thing.metadata.uid, "metadata.uid"),
        kind=kind,
        namespace=notes.text(about.get("namespace"), "involvedObject.namespace"),
        name=notes.text(about.get("name"), "involvedObject.name"),
        type=notes.text(thing.type, "type"),
        reason=notes.text(thing.reason, "reason"),
        message=notes.text(thing.message, "message"),
        count=max(1, count),
        at=next((moment for moment in times if moment is not None), None),
        resource_version=notes.text(thing.metadata.resourceVersion, "metadata.resourceVersion", 64),
        component=component or notes.text(thing.reportingComponent, "reportingComponent"),
        object_uid=notes.text(about.get("uid"), "involvedObject.uid"),
    )


def _annotations(thing: Thing, notes: Notes) -> dict[str, str]:
    return dict(notes.texts(thing.metadata.annotations, "metadata.annotations"))


def _labels(thing: Thing, notes: Notes) -> tuple[tuple[str, str], ...]:
    pairs = notes.texts(thing.metadata.labels, "metadata.labels")
    return tuple(sorted((key, inert(value)) for key, value in pairs))


def _hash(thing: Thing, notes: Notes) -> str | None:
    labels = thing.metadata.labels
    return notes.some(labels.get(HASH_LABEL), f"metadata.labels[{HASH_LABEL}]") if isinstance(labels, dict) else None
