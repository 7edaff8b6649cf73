"""Reads what a Fleet's own API holds for a set-up: its objects as they are, of ArgoCD's cluster Secrets the metadata
alone, the newest trouble of the gateway, and what we may write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from console.errors import Answered, FleetConsoleError
from console.kube.connect import Hub
from console.kube.decode import LAST_APPLIED
from console.kube.kinds import METADATA
from console.kube.pages import items
from console.kube.reviews import reviews
from console.kube.served import Resource
from console.model.ground import HubGround, Inside, Key, Object
from console.model.text import inert

EVENTS = 20
"""Warnings that are kept, the newest ones."""
SETUP, TEARDOWN = ("create", "patch"), ("delete",)
"""Verbs of a set-up and of its teardown. Server-side apply of what is not there needs both of the former."""
_WRITTEN = (
    ("", "namespaces"),
    ("alibabacloud.com", "albconfigs"),
    ("networking.k8s.io", "ingressclasses"),
    ("networking.k8s.io", "ingresses"),
    ("argoproj.io", "appprojects"),
    ("argoproj.io", "applicationsets"),
)
"""Group and resource."""


_WITHIN = (
    Resource("", "v1", "ConfigMap", "configmaps", True),
    Resource("", "v1", "Service", "services", True),
    Resource("apps", "v1", "Deployment", "deployments", True),
)
"""What people put into a namespace of a Fleet beside Ingresses. Secrets may be listed in ArgoCD's namespace alone."""
_MOST = 100
"""Objects of one kind that are looked at in a namespace: one page."""
_EVERYWHERE = "kube-root-ca.crt"
"""A ConfigMap that every namespace holds."""


class _Listed(NamedTuple):
    resource: Resource
    namespace: str = ""
    query: tuple[tuple[str, str], ...] = ()
    accept: str = "application/json"


def kinds(argocd: str) -> tuple[_Listed, ...]:
    """What is read, `argocd` being the namespace of ArgoCD."""
    return (
        _Listed(Resource("", "v1", "Namespace", "namespaces", False)),
        _Listed(Resource("cluster.open-cluster-management.io", "v1", "ManagedCluster", "managedclusters", False)),
        _Listed(Resource("alibabacloud.com", "v1", "AlbConfig", "albconfigs", False)),
        _Listed(Resource("networking.k8s.io", "v1", "IngressClass", "ingressclasses", False)),
        _Listed(Resource("networking.k8s.io", "v1", "Ingress", "ingresses", True)),
        _Listed(Resource("argoproj.io", "v1alpha1", "AppProject", "appprojects", True)),
        _Listed(Resource("argoproj.io", "v1alpha1", "ApplicationSet", "applicationsets", True)),
        _Listed(Resource("argoproj.io", "v1alpha1", "Application", "applications", True)),
        _Listed(
            Resource("", "v1", "Secret", "secrets", True),
            argocd,
            (("labelSelector", "argocd.argoproj.io/secret-type=cluster"),),
            METADATA,
        ),
    )


class Groundwork(NamedTuple):
    """`hub` None: it could not be reached. `unread`: `hub`, or `hub KIND` for a kind that could not be listed, of which
    the ground then holds nothing though there may be some -> why."""

    hub: HubGround | None
    unread: Mapping[str, str]


def read(hub: Hub, *, argocd: str = "argocd", verbs: Sequence[str] = SETUP) -> Groundwork:
    """Everything, and whether the `verbs` are allowed; blocks, and raises nothing that a server can bring about."""
    unread: dict[str, str] = {}
    try:
        uid = hub.fleet_uid()
    except FleetConsoleError as error:
        return Groundwork(None, {"hub": str(error)})
    objects: dict[Key, Object] = {}
    missing: set[str] = set()
    for listed in kinds(argocd):
        kind = listed.resource.kind
        try:
            found = _list(hub, listed)
        except FleetConsoleError as error:
            unread[f"hub {kind}"] = str(error)
            continue
        if found is None:
            missing.add(kind)
        objects.update(found or {})
    events: tuple[str, ...] = ()
    try:
        events = warnings(hub)
    except FleetConsoleError as error:
        unread["hub Event"] = str(error)
    return Groundwork(HubGround(uid, objects, frozenset(missing), reviews(hub, writes(argocd, verbs)), events), unread)


def inside(hub: Hub, namespace: str) -> Inside:
    """What lies in a namespace, its metadata alone, as far as one page of each kind shows; blocks, and raises nothing
    that a server can bring about."""
    keys: list[Key] = []
    unread: dict[str, str] = {}
    for resource in _WITHIN:
        try:
            for one in islice(_items(hub, _Listed(resource, namespace, accept=METADATA)), _MOST):
                name = one["metadata"].get("name")
                if isinstance(name, str) and name != _EVERYWHERE and not one["metadata"].get("ownerReferences"):
                    keys.append(Key(resource.group, resource.kind, namespace, name))
        except Answered as error:
            if error.status != 404:  # not served: there is none
                unread[resource.kind] = str(error)
        except FleetConsoleError as error:
            unread[resource.kind] = str(error)
    return Inside(tuple(keys), unread)


def writes(argocd: str, verbs: Sequence[str]) -> tuple[tuple[str, str, str, str | None], ...]:
    """What is asked for: verb, group, resource, namespace. Labels of ArgoCD's cluster Secrets are patched, no more."""
    found = [(verb, *one, argocd if one[0] == "argoproj.io" else None) for verb in verbs for one in _WRITTEN]
    return (*found, *((verb, "", "secrets", argocd) for verb in verbs if verb == "patch"))


def warnings(hub: Hub) -> tuple[str, ...]:
    """Newest Warning events of AlbConfigs and Ingresses, newest first, `KIND NAME: REASON MESSAGE`."""
    told: list[tuple[str, str]] = []
    for kind in ("AlbConfig", "Ingress"):
        selector = ("fieldSelector", f"type=Warning,involvedObject.kind={kind}")
        events = _Listed(Resource("", "v1", "Event", "events", True), query=(selector,))
        told += [_warning(one) for one in _items(hub, events) if _about(one, "kind") == kind]
    return tuple(dict.fromkeys(words for _, words in sorted(told, reverse=True)))[:EVENTS]


def _list(hub: Hub, listed: _Listed) -> dict[Key, Object] | None:
    """Every object of a kind; None where the server does not serve it."""
    found: dict[Key, Object] = {}
    try:
        for one in _items(hub, listed):
            object = _whole(one, listed)
            metadata = object["metadata"]
            name, namespace = metadata.get("name"), metadata.get("namespace", "")
            if isinstance(name, str) and isinstance(namespace, str):
                found[Key(listed.resource.group, listed.resource.kind, namespace, name)] = object
    except Answered as error:
        if error.status == 404:
            return None
        raise
    return found


def _items(hub: Hub, listed: _Listed) -> Iterator[Mapping[str, Any]]:
    found = items(hub, listed.resource, listed.namespace, query=listed.query, accept=listed.accept)
    return (one for one in found if isinstance(one.get("metadata"), dict))


def _whole(one: Mapping[str, Any], listed: _Listed) -> dict[str, Any]:
    """An item of a list as an object of its own: kind and version stand once, in the list. Of a Secret nothing but its
    metadata stays, and of that not the copy of its data that kubectl leaves there."""
    resource = listed.resource
    version = f"{resource.group}/{resource.version}" if resource.group else resource.version
    head = {"apiVersion": version, "kind": resource.kind}
    if resource.kind != "Secret":
        return {**one, **head}
    metadata = dict(one["metadata"])
    held = metadata.get("annotations")
    if isinstance(held, dict):
        metadata["annotations"] = {key: value for key, value in held.items() if key != LAST_APPLIED}
    return {**head, "metadata": metadata}


def _warning(event: Mapping[str, Any]) -> tuple[str, str]:
    """When, and the words."""
    when = next(filter(None, (event.get(name) for name in ("lastTimestamp", "eventTime", "firstTimestamp"))), "")
    namespace, name = _about(event, "namespace"), _about(event, "name")
    shown = f"{_about(event, 'kind')} {namespace}/{name}" if namespace else f"{_about(event, 'kind')} {name}"
    reason, message = (event.get(part) for part in ("reason", "message"))
    words = f"{shown}: {reason if isinstance(reason, str) else ''} {message if isinstance(message, str) else ''}"
    return str(when), inert(words.strip(), 300)


def _about(event: Mapping[str, Any], name: str) -> str:
    about = event.get("involvedObject")
    found = about.get(name) if isinstance(about, dict) else None
    return found if isinstance(found, str) else ""
