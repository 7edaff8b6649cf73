"""ArgoCD's objects as they come over the wire -> the records of `console.model.argo` (domain.md section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from console.kube.decode import Thing
from console.kube.fields import Notes
from console.model.argo import (
    Application,
    ApplicationSet,
    ClusterSecret,
    Condition,
    Generator,
    ManagedResource,
    Requirement,
)
from console.model.held import HELD_ANNOTATION, SyncHeld, policy_text
from console.model.text import inert

UNWELL = 20
"""Resources of one Application that are kept by name."""
SKIP = "argocd.argoproj.io/skip-reconcile"
TRACKING = "argocd.argoproj.io/tracking-id"
INSTANCE = "app.kubernetes.io/instance"
"""ArgoCD's two marks on what an Application manages: `NAME:group/kind:namespace/name`, or a label that is the name."""
RUNNING = ("Running", "Terminating")
"""Phases of an operation that has not ended."""


def application(thing: Thing, notes: Notes) -> Application:
    """One Application; a status that was never written stays None."""
    spec, status = notes.fields(thing.spec, "spec"), notes.fields(thing.status, "status")
    destination = notes.fields(spec.get("destination"), "spec.destination")
    sync = notes.fields(status.get("sync"), "status.sync")
    health = notes.fields(status.get("health"), "status.health")
    operation = notes.fields(status.get("operationState"), "status.operationState")
    policy = notes.fields(notes.fields(spec.get("syncPolicy"), "spec.syncPolicy").get("automated"), "automated")
    annotations = notes.fields(thing.metadata.annotations, "metadata.annotations")
    automated = isinstance(spec.get("syncPolicy"), dict) and spec["syncPolicy"].get("automated") is not None
    for kept in ("prune", "allowEmpty"):  # not looked at, but written back as they stand
        notes.truth(policy.get(kept), f"automated.{kept}")
    resources, unwell = _resources(status, notes)
    return Application(
        namespace=thing.metadata.namespace or "",
        name=thing.metadata.name,
        uid=notes.text(thing.metadata.uid, "metadata.uid", 64),
        set=_owner(thing, notes),
        destination=notes.some(destination.get("name"), "spec.destination.name")
        or notes.some(destination.get("server"), "spec.destination.server"),
        target=notes.text(destination.get("namespace"), "spec.destination.namespace"),
        project=notes.text(spec.get("project"), "spec.project"),
        source=_source(spec, notes),
        wanted=notes.text(_first_source(spec, notes).get("targetRevision"), "spec.source.targetRevision"),
        automated=automated and notes.truth(policy.get("enabled"), "automated.enabled") is not False,
        self_heal=notes.truth(policy.get("selfHeal"), "automated.selfHeal") is True,
        sync=notes.some(sync.get("status"), "status.sync.status"),
        revision=_revision(sync, notes),
        health=notes.some(health.get("status"), "status.health.status"),
        health_message=notes.text(health.get("message"), "status.health.message"),
        phase=notes.some(operation.get("phase"), "status.operationState.phase"),
        phase_message=notes.text(operation.get("message"), "status.operationState.message"),
        reconciled=notes.time(status.get("reconciledAt"), "status.reconciledAt"),
        conditions=tuple(_conditions(status, notes)),
        resources=resources,
        unwell=unwell[:UNWELL],
        deleting=thing.metadata.deletionTimestamp is not None,
        operating=thing.operation is not None or operation.get("phase") in RUNNING,
        skipped=annotations.get(SKIP) == "true",
        automation=policy_text(policy) if automated else "",
        held=_held(annotations, notes),
        tracker=_tracker(thing, annotations, notes),
    )


def _held(annotations: dict[str, Any], notes: Notes) -> SyncHeld | None:
    """Which run holds its sync; an annotation that is none of ours is noted."""
    text = annotations.get(HELD_ANNOTATION)
    found = SyncHeld.parse(text)
    if text is not None and found is None:
        notes.wrong(f"metadata.annotations[{HELD_ANNOTATION}]", "a run and its policy", text)
    return found


def _tracker(thing: Thing, annotations: dict[str, Any], notes: Notes) -> str:
    """The Application that its marks name; what names itself is managed by nobody else."""
    label = notes.fields(thing.metadata.labels, "metadata.labels").get(INSTANCE)
    marks = (str(annotations.get(TRACKING) or "").partition(":")[0], label if isinstance(label, str) else "")
    return next((inert(mark, 120) for mark in marks if mark and mark != thing.metadata.name), "")


def application_set(thing: Thing, notes: Notes) -> ApplicationSet:
    """One ApplicationSet, with what its cluster generators select."""
    spec, status = notes.fields(thing.spec, "spec"), notes.fields(thing.status, "status")
    policy = notes.fields(spec.get("syncPolicy"), "spec.syncPolicy")
    conditions = tuple(_set_conditions(status, notes))
    failed = next((one for one in conditions if one.type == "ErrorOccurred"), None)
    why = f"{failed.reason} {failed.message}".strip() if failed else ""
    generators, others = _generators(spec, notes)
    return ApplicationSet(
        namespace=thing.metadata.namespace or "",
        name=thing.metadata.name,
        error=(why or "it does not say why") if failed is not None and failed.status == "True" else "",
        rolling=any(one.type == "RolloutProgressing" and one.status == "True" for one in conditions),
        preserves=notes.truth(policy.get("preserveResourcesOnDeletion"), "preserveResourcesOnDeletion") is True,
        generators=generators,
        others=others,
        conditions=conditions,
    )


def _set_conditions(status: dict[str, Any], notes: Notes) -> Iterator[Condition]:
    for condition, place in notes.items(status.get("conditions"), "status.conditions"):
        yield Condition(
            notes.text(condition.get("type"), f"{place}.type", 80),
            notes.text(condition.get("status"), f"{place}.status", 40),
            notes.text(condition.get("reason"), f"{place}.reason", 80),
            notes.text(condition.get("message"), f"{place}.message"),
            notes.time(condition.get("lastTransitionTime"), f"{place}.lastTransitionTime"),
        )


def _owner(thing: Thing, notes: Notes) -> str | None:
    for owner, place in notes.items(thing.metadata.ownerReferences, "metadata.ownerReferences"):
        if owner.get("kind") == "ApplicationSet":
            return notes.some(owner.get("name"), f"{place}.name")
    return None


def _first_source(spec: dict[str, Any], notes: Notes) -> dict[str, Any]:
    single = notes.fields(spec.get("source"), "spec.source")
    return single or next((item for item, _ in notes.items(spec.get("sources"), "spec.sources")), {})


def _source(spec: dict[str, Any], notes: Notes) -> str:
    first = _first_source(spec, notes)
    parts = (notes.text(first.get("repoURL"), "spec.source.repoURL"), notes.text(first.get("path"), "spec.source.path"))
    return " ".join(part for part in parts if part)


def _revision(sync: dict[str, Any], notes: Notes) -> str | None:
    """The one revision, or those of several sources side by side."""
    one = notes.some(sync.get("revision"), "status.sync.revision")
    many = sync.get("revisions")
    if one is not None or many is None:
        return one
    if not isinstance(many, list):
        notes.wrong("status.sync.revisions", "a list", many)
        return None
    return "+".join(inert(each, 64) for each in many if isinstance(each, str) and each) or None


def _conditions(status: dict[str, Any], notes: Notes) -> Iterator[tuple[str, str]]:
    for condition, place in notes.items(status.get("conditions"), "status.conditions"):
        kind = notes.text(condition.get("type"), f"{place}.type")
        yield kind, notes.text(condition.get("message"), f"{place}.message")


def _resources(status: dict[str, Any], notes: Notes) -> tuple[int, tuple[ManagedResource, ...]]:
    """How many there are, and those that are not well; where all are, as mostly, nothing else of them is looked at."""
    found = status.get("resources")
    if isinstance(found, list) and all(isinstance(one, dict) and _is_well(one) for one in found):
        return len(found), ()
    items = list(notes.items(found, "status.resources"))
    return len(items), tuple(_unwell(items, notes))


def _unwell(resources: list[tuple[dict[str, Any], str]], notes: Notes) -> Iterator[ManagedResource]:
    for resource, place in resources:
        state = notes.some(resource.get("status"), f"{place}.status")
        health = notes.fields(resource.get("health"), f"{place}.health")
        word = notes.some(health.get("status"), f"{place}.health.status")
        if state in (None, "Synced") and word in (None, "Healthy"):
            continue
        yield ManagedResource(
            kind=notes.text(resource.get("kind"), f"{place}.kind"),
            namespace=notes.text(resource.get("namespace"), f"{place}.namespace"),
            name=notes.text(resource.get("name"), f"{place}.name"),
            status=state,
            health=word,
            message=notes.text(health.get("message"), f"{place}.health.message"),
        )


def _is_well(resource: dict[str, Any]) -> bool:
    """Whether a resource is Synced and Healthy beyond doubt."""
    health = resource.get("health") or {}
    if not isinstance(health, dict):
        return False
    return resource.get("status") in (None, "Synced") and health.get("status") in (None, "Healthy")


def _generators(spec: dict[str, Any], notes: Notes) -> tuple[tuple[Generator, ...], tuple[str, ...]]:
    """The cluster generators, and the kinds of all others."""
    found, others = [], []
    for generator, place in notes.items(spec.get("generators"), "spec.generators"):
        if "clusters" in generator:
            clusters = notes.fields(generator.get("clusters"), f"{place}.clusters")
            where = f"{place}.clusters"
            selector = notes.fields(clusters.get("selector"), f"{where}.selector")
            values = tuple((inert(key, 400), inert(value)) for key, value in notes.texts(clusters.get("values"), where))
            found.append(Generator(tuple(_requirements(selector, f"{where}.selector", notes)), values))
        else:
            others.append(inert(next((kind for kind in generator if kind != "selector"), "none"), 40))
    return tuple(found), tuple(others)


def _requirements(selector: dict[str, Any], where: str, notes: Notes) -> Iterator[Requirement]:
    for key, value in notes.texts(selector.get("matchLabels"), where):
        yield Requirement(inert(key), "In", (inert(value, 80),), written=True)
    for expression, spot in notes.items(selector.get("matchExpressions"), where):
        yield Requirement(
            notes.text(expression.get("key"), f"{spot}.key"),
            notes.text(expression.get("operator"), f"{spot}.operator", 40),
            tuple(_values(expression.get("values"), f"{spot}.values", notes)),
        )


def _values(found: object, place: str, notes: Notes) -> Iterator[str]:
    """The texts of a list of texts."""
    if found is None:
        return
    if not isinstance(found, list):
        notes.wrong(place, "a list of texts", found)
        return
    for number, value in enumerate(found):
        if isinstance(value, str):
            yield inert(value, 80)
        else:
            notes.wrong(f"{place}[{number}]", "a text", value)


def cluster_secret(thing: Thing, notes: Notes) -> ClusterSecret:
    """The metadata of a cluster Secret: the annotations that ACK One's templates read, or labels of the same names.
    Nothing else of it is kept, least of all what kubectl last applied, which may hold the data."""
    annotations = notes.fields(thing.metadata.annotations, "metadata.annotations")
    labels = notes.fields(thing.metadata.labels, "metadata.labels")

    def said(name: str) -> str | None:
        of = annotations if name in annotations else labels
        return notes.some(of.get(name), f"metadata.annotations[{name}]")

    told = tuple((key, inert(value, 80)) for key, value in notes.texts(labels, "metadata.labels"))
    return ClusterSecret(thing.metadata.name, said("cluster_id"), said("cluster_name"), told)
