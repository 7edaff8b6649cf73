"""RBAC as a Kubernetes API server reads it: from roles and bindings to the rules that whoever they bind has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from console.errors import UsageError
from console.sim.kubeapi.access import REVIEWS, Rule

GROUP = "rbac.authorization.k8s.io/v1"


def granted(documents: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules of all roles that a binding among the documents binds, whomever it names, and the reviews that every
    user may ask for. Raises `UsageError` where a binding names a role that is not among them."""
    roles: dict[tuple[str, str, str], tuple[Rule, ...]] = {}
    bindings: list[Mapping[str, Any]] = []
    for document in documents:
        if document.get("apiVersion") != GROUP:
            continue
        kind, metadata = str(document.get("kind")), document.get("metadata") or {}
        if kind in ("ClusterRole", "Role"):
            place = metadata.get("namespace", "") if kind == "Role" else ""
            roles[kind, place, metadata["name"]] = tuple(_rule(one) for one in document.get("rules") or ())
        elif kind in ("ClusterRoleBinding", "RoleBinding"):
            bindings.append(document)
    return (*REVIEWS, *(rule for binding in bindings for rule in _bound(binding, roles)))


def _bound(binding: Mapping[str, Any], roles: Mapping[tuple[str, str, str], Sequence[Rule]]) -> Iterable[Rule]:
    reference, inside = binding["roleRef"], binding["metadata"].get("namespace", "")
    kind, name = reference["kind"], reference["name"]
    found = roles.get((kind, inside if kind == "Role" else "", name))
    if found is None:
        raise UsageError(f"binding {binding['metadata'].get('name')} names {kind} {name}, which is not there")
    namespace = inside if binding["kind"] == "RoleBinding" else ""
    return [replace(rule, namespace=namespace) for rule in found]


def _rule(said: Mapping[str, Any]) -> Rule:
    return Rule(
        tuple(said.get("verbs") or ()),
        tuple(said.get("apiGroups") or ()),
        tuple(said.get("resources") or ()),
        names=tuple(said.get("resourceNames") or ()),
    )
