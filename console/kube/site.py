"""Reads a data centre's own API for a set-up: its addresses, whether the connector stands there, and whether we may put
it there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.errors import FleetConsoleError, KubeconfigError
from console.kube.connect import Hub, failure, permission
from console.kube.pages import items
from console.kube.reviews import reviews
from console.kube.served import Resource
from console.model.ground import Site
from console.model.text import inert

AGENTS = ("alibabacloud-ack-connector", "ack-cluster-agent")
"""Names of the connector's Deployment, the newer one first; neither is documented (domain.md, section 5.2)."""
WRITES = tuple(
    (verb, group, resource, None)
    for group, resource in (
        ("", "namespaces"),
        ("", "serviceaccounts"),
        ("", "secrets"),
        ("rbac.authorization.k8s.io", "clusterroles"),
        ("rbac.authorization.k8s.io", "clusterrolebindings"),
        ("apps", "deployments"),
    )
    for verb in ("create", "patch")
)
"""What the agent's manifest holds."""
_NODES = Resource("", "v1", "Node", "nodes", False)
_DEPLOYMENTS = Resource("apps", "v1", "Deployment", "deployments", True)


def read(kubeconfig: str | None, context: str | None, member: str) -> Site:
    """One data centre, whose member is called `member`; blocks. A failure is the site's `problem`, never raised."""
    try:
        hub = Hub.open(kubeconfig, context, f"the API of {inert(member, 60)}")
    except KubeconfigError as error:  # its fix names options, which are the Fleet's
        return Site(problem=str(error.args[0]))
    except FleetConsoleError as error:
        return Site(problem=str(error))
    try:
        return look(hub)
    except FleetConsoleError as error:
        return Site(problem=str(error))
    finally:
        hub.close()


def look(hub: Hub) -> Site:
    """As `read`, of an opened API. Raises what a refused question raises."""
    version = hub.call("GET", "/version", timeout=(4, 6))
    if not version.ok:
        raise failure(version, "tell its version", who=hub.called)
    nodes: list[str] = []
    pods: list[str] = []
    for node in items(hub, _NODES):
        status, spec = node.get("status"), node.get("spec")
        nodes += _addresses(status if isinstance(status, dict) else {})
        pods += _ranges(spec if isinstance(spec, dict) else {})
    agent = any(_name(one) in AGENTS for one in items(hub, _DEPLOYMENTS))
    return Site(
        problem="" if agent else _forbidden(hub),
        version=_version(version.json()),
        agent=agent,
        nodes=tuple(dict.fromkeys(nodes)),
        pods=tuple(dict.fromkeys(pods)),
    )


def _forbidden(hub: Hub) -> str:
    """What of the agent's manifest we may not write; empty where all is allowed, or the server does not say."""
    said = reviews(hub, WRITES)
    denied = [permission(*one) for one in WRITES if said.get(f"{one[0]} {one[1]}/{one[2]}") is False]
    return f"the agent cannot be applied; not allowed: {', '.join(denied)}" if denied else ""


def _addresses(status: Mapping[str, Any]) -> list[str]:
    """InternalIPs of a node."""
    listed = status.get("addresses")
    return [
        inert(one["address"], 80)
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict) and one.get("type") == "InternalIP" and isinstance(one.get("address"), str)
    ]


def _ranges(spec: Mapping[str, Any]) -> list[str]:
    """podCIDRs of a node; networks that keep their own account of them leave them out."""
    listed = spec.get("podCIDRs")
    found = listed if isinstance(listed, list) else [spec.get("podCIDR")]
    return [inert(one, 80) for one in found if isinstance(one, str) and one]


def _name(one: Mapping[str, Any]) -> object:
    metadata = one.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None


def _version(said: object) -> str:
    found = said.get("gitVersion") if isinstance(said, dict) else None
    return inert(found, 40) if isinstance(found, str) else ""
