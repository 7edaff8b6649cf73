"""Nobody grants what he has not: writing a ClusterRole takes its rules or `escalate`, binding one its rules or `bind`.
Source: kubernetes, pkg/registry/rbac/clusterrole/policybased and clusterrolebinding/policybased."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from console.sim.kubeapi.access import Access
from console.sim.kubeapi.paths import Target
from console.sim.kubeapi.status import Obj, forbidden
from console.sim.kubeapi.store import Store

GROUP = "rbac.authorization.k8s.io"
ROLES, BINDINGS = "clusterroles", "clusterrolebindings"


def check(rights: Access, store: Store, role: str, target: Target, body: Any) -> None:
    """Look at what `role` is about to write. Raises `ApiError` 403 in the apiserver's words."""
    if target.resource.group != GROUP or not isinstance(body, dict):
        return
    if target.resource.plural == ROLES:
        _check(rights, role, "escalate", target, target.name, body)
    elif target.resource.plural == BINDINGS:
        name = str((body.get("roleRef") or {}).get("name", ""))
        bound = store.get((GROUP, ROLES), ("", name))
        _check(rights, role, "bind", target, name, bound.obj if bound is not None else {})


def _check(rights: Access, role: str, verb: str, target: Target, name: str, granting: Obj) -> None:
    missing = [one for one in _rules(granting) if not rights.allows(role, *one)]
    if not missing:
        return
    if rights.allows(role, verb, GROUP, ROLES, name=name):
        rights.check(role, verb, GROUP, ROLES, namespace="", name=name)  # by which it counts as needed
        return
    held = ", ".join(f'APIGroups:["{group}"], Resources:["{one}"], Verbs:["{each}"]' for each, group, one in missing)
    why = f'user "{role}" is attempting to grant RBAC permissions not currently held: {{{held}}}'
    raise forbidden(target.resource.plural, GROUP, target.name, why)


def _rules(role: Obj) -> Iterable[tuple[str, str, str]]:
    """Verb, group and resource of each."""
    for rule in role.get("rules") or ():
        for verb in rule.get("verbs") or ():
            for group in rule.get("apiGroups") or ():
                for resource in rule.get("resources") or ():
                    yield verb, group, resource
