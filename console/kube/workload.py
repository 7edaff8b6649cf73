"""Objects of a member's API as they come over the wire -> the records of `console.model.workload`, or a named
problem."""

from __future__ import annotations

from typing import Any

from console.kube.decode import Thing
from console.kube.fields import Notes, is_name
from console.model.text import inert
from console.model.workload import Autoscaler, Deployment, Node, Service

_MOST_LABELS = 100
"""Labels or selector terms that are read of one object."""


def deployment(thing: Thing, notes: Notes) -> Deployment:
    """apps/v1. An API server leaves `readyReplicas` out where it is 0, and fills `replicas` in."""
    spec, status = notes.fields(thing.spec, "spec"), notes.fields(thing.status, "status")
    template = notes.fields(spec.get("template"), "spec.template")
    metadata = notes.fields(template.get("metadata"), "spec.template.metadata")
    reported = status.get("observedGeneration") is not None
    ready = _count(status, "readyReplicas", "status.readyReplicas", notes)
    if ready is None and reported and status.get("readyReplicas") is None:
        ready = 0
    return Deployment(
        namespace=str(thing.metadata.namespace or ""),
        name=thing.metadata.name,
        labels=_pairs(metadata.get("labels"), "spec.template.metadata.labels", notes),
        wanted=1 if spec and spec.get("replicas") is None else _count(spec, "replicas", "spec.replicas", notes),
        ready=ready,
    )


def autoscaler(thing: Thing, notes: Notes) -> Autoscaler:
    """autoscaling/v2."""
    spec = notes.fields(thing.spec, "spec")
    target = notes.fields(spec.get("scaleTargetRef"), "spec.scaleTargetRef")
    name = target.get("name")
    scales = target.get("kind") == "Deployment" and str(target.get("apiVersion") or "apps/").startswith("apps/")
    if scales and not is_name(name):
        notes.wrong("spec.scaleTargetRef.name", "a name", name)
    return Autoscaler(
        namespace=str(thing.metadata.namespace or ""),
        name=thing.metadata.name,
        target=name if scales and is_name(name) else None,
        most=_count(spec, "maxReplicas", "spec.maxReplicas", notes),
    )


def service(thing: Thing, notes: Notes) -> Service:
    """core/v1. A selector that cannot be read whole is none: with a term less it would lead to more pods."""
    spec = notes.fields(thing.spec, "spec")
    before = len(notes)
    selector = _pairs(spec.get("selector"), "spec.selector", notes)
    return Service(
        namespace=str(thing.metadata.namespace or ""),
        name=thing.metadata.name,
        selector=selector if len(notes) == before else (),
    )


def node(thing: Thing, notes: Notes) -> Node:
    """core/v1; its Ready condition is True, False, or Unknown once it stopped reporting."""
    status = notes.fields(thing.status, "status")
    conditions = notes.items(status.get("conditions"), "status.conditions")
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one, _ in conditions)
    return Node(name=thing.metadata.name, ready=ready)


def _count(fields: dict[str, Any], name: str, place: str, notes: Notes) -> int | None:
    """A count of pods; None where there is none, or where it is below 0."""
    number = notes.number(fields.get(name), place)
    if number is not None and number < 0:
        notes.wrong(place, "a count", number)
        return None
    return number


def _pairs(value: object, place: str, notes: Notes) -> tuple[tuple[str, str], ...]:
    """Labels or selector terms; where they are too many they are none, and noted."""
    pairs = sorted((key, inert(text)) for key, text in notes.texts(value, place))
    if len(pairs) > _MOST_LABELS:
        notes.append(f"{place} holds {len(pairs)} terms, which is too many to be read")
        return ()
    return tuple(pairs)
