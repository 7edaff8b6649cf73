"""From an ApplicationSet and the cluster Secrets to the Applications that it wants. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any

from console.sim.argo import template
from console.sim.argo.kinds import (
    APPLICATION_SETS,
    APPLICATIONS,
    IN_CLUSTER,
    IN_CLUSTER_SERVER,
    RESOURCES_FINALIZER,
    annotations_of,
    is_cluster,
    labels_of,
)
from console.sim.argo.selector import SelectorError, is_empty, matches
from console.sim.client import Obj

FROM_PARAMS = "ApplicationGenerationFromParamsError"
RENDER = "RenderTemplateParamsError"
"""Reasons of the condition: a generator that gives no parameters, a template that cannot be filled with them."""


class GenerationError(Exception):
    """Nothing can be generated; `reason` is the condition's."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def secret_value(secret: Obj, key: str) -> str:
    """A text in a Secret, "" where there is none."""
    try:
        return base64.b64decode((secret.get("data") or {}).get(key, ""), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def applications(owner: Obj, secrets: Iterable[Obj]) -> list[Obj]:
    """The Applications of a set, by the order of generators and clusters. Raises `GenerationError`."""
    spec = owner["spec"]
    clusters = sorted(filter(is_cluster, secrets), key=lambda secret: str(secret["metadata"]["name"]))
    strict = "missingkey=error" in (spec.get("goTemplateOptions") or ())
    found = []
    for generator in spec.get("generators") or ():
        for params in _parameters(generator, clusters, is_go=bool(spec.get("goTemplate")), strict=strict):
            found.append(_application(owner, params, strict=strict))
    return found


def _parameters(generator: Obj, clusters: list[Obj], *, is_go: bool, strict: bool) -> Iterator[Obj]:
    """One set of parameters for each Application of a generator; kinds that are not simulated give none."""
    if "clusters" in generator:
        asked = generator["clusters"] or {}
        selector = asked.get("selector") or {}
        try:
            chosen = [_cluster(secret) for secret in clusters if matches(selector, labels_of(secret))]
        except SelectorError as error:
            raise GenerationError(FROM_PARAMS, str(error)) from None
        if is_empty(selector) and not any(each["server"] == IN_CLUSTER_SERVER for each in chosen):
            chosen.insert(0, {"name": IN_CLUSTER, "nameNormalized": IN_CLUSTER, "server": IN_CLUSTER_SERVER})
        for params in chosen:
            values = _rendered(asked.get("values") or {}, params, FROM_PARAMS, is_go=is_go, strict=strict)
            yield {**params, "values": values}
    elif "list" in generator:
        yield from (generator["list"] or {}).get("elements") or ()


def _cluster(secret: Obj) -> Obj:
    name = secret_value(secret, "name")
    return {
        "name": name,
        "nameNormalized": template.normalized(name),
        "server": secret_value(secret, "server"),
        "project": secret_value(secret, "project"),
        "metadata": {"labels": labels_of(secret), "annotations": annotations_of(secret)},
    }


def _rendered(document: Any, params: Obj, reason: str, *, is_go: bool, strict: bool) -> Any:
    known = params if is_go else template.flat(params)

    def render(text: str) -> str:
        return template.go(text, known, strict=strict) if is_go else template.plain(text, known)

    try:
        return template.everywhere(document, render)
    except template.TemplateError as error:
        raise GenerationError(reason, str(error)) from None


def _application(owner: Obj, params: Obj, *, strict: bool) -> Obj:
    spec = owner["spec"]
    done = _rendered(spec["template"], params, RENDER, is_go=bool(spec.get("goTemplate")), strict=strict)
    metadata = {key: done["metadata"][key] for key in ("name", "labels", "annotations") if done["metadata"].get(key)}
    finalizers = list(done["metadata"].get("finalizers") or ())
    if not (spec.get("syncPolicy") or {}).get("preserveResourcesOnDeletion") and not finalizers:
        finalizers = [RESOURCES_FINALIZER]
    if finalizers:
        metadata["finalizers"] = finalizers
    return {
        "apiVersion": APPLICATIONS.api_version,
        "kind": APPLICATIONS.kind,
        "metadata": {
            **metadata,
            # Whatever the template says: a set makes Applications in its own namespace.
            "namespace": owner["metadata"]["namespace"],
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": done["spec"],
    }


def owner_reference(owner: Obj) -> Obj:
    """The reference by which an Application belongs to its set."""
    return {
        "apiVersion": APPLICATION_SETS.api_version,
        "kind": APPLICATION_SETS.kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"].get("uid", ""),
        "controller": True,
        "blockOwnerDeletion": True,
    }
