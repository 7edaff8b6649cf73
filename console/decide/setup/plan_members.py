"""The stages of members: ACK clusters, registered clusters, and the agents in their data centres."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from console.decide.setup import says
from console.decide.setup.found import Found
from console.decide.setup.plan_words import CLUSTERS, MINUTE, broken, tags
from console.decide.setup.task import Agent, CloudCall, Stage, Task
from console.model.ground import MemberCluster
from console.model.topology import MemberPart

_BY_HAND = 120 * MINUTE
"""For which a person's hand is waited for: the agent's manifest is applied where we do not reach."""


def clusters(found: Found) -> Iterator[Task]:
    """3 and 4. ACK clusters, registered clusters and the agents in their data centres."""
    for part in found.topology.members:
        if part.kind == "ack":
            yield from _ack(found, part)
    for part in found.topology.members:
        if part.kind == "registered":
            yield from _registered(found, part)


def _ack(found: Found, part: MemberPart) -> Iterator[Task]:
    there = found.cluster(part)
    if there is None and part.id is None:
        nodes = part.nodes.count if part.nodes else 0
        yield Task(
            f"member {part.name}", Stage.ACK, "create",
            f"create ACK cluster {part.name} ({part.spec}) with {nodes} nodes in VPC {found.vpc_id}",
            CloudCall("cs", "CreateCluster", _ack_params(found, part), ("cluster", part.name)), undo="DeleteCluster",
            says=says.cluster(found, part), final="a deleted cluster and its workloads do not come back", usual=10.0,
        )  # fmt: skip
    if there is None or there.state != "running":
        yield _running(found, part, there, Stage.ACK, usual=10 * MINUTE)


def _ack_params(found: Found, part: MemberPart) -> Mapping[str, Any]:
    nodes = part.nodes
    vswitches = [found.subnet_id(name) for name in part.vswitches]
    params: dict[str, Any] = {
        **_cluster_params(found, part, "ManagedKubernetes"), "profile": "Default", "cluster_spec": part.spec,
        "service_cidr": part.cidrs.services, "snat_entry": True,
        "is_enterprise_security_group": True,
    }  # fmt: skip
    if part.version:
        params["kubernetes_version"] = part.version
    if part.pod_vswitches:
        params["pod_vswitch_ids"] = [found.subnet_id(name) for name in part.pod_vswitches]
        params["addons"] = [{"name": "terway-eniip"}]
    else:
        params["container_cidr"] = part.cidrs.pods[0] if part.cidrs.pods else None
        params["addons"] = [{"name": "flannel"}]
    if nodes is not None:
        group = {
            "vswitch_ids": vswitches, "instance_types": list(nodes.instance_types), "desired_size": nodes.count,
            "system_disk_category": "cloud_essd", "system_disk_size": 120,
        }  # fmt: skip
        params["nodepools"] = [{"nodepool_info": {"name": "default"}, "scaling_group": group}]
    return params


def _cluster_params(found: Found, part: MemberPart, kind: str) -> dict[str, Any]:
    return {
        "name": part.name, "region_id": found.topology.region, "cluster_type": kind, "vpcid": found.vpc_id,
        "vswitch_ids": [found.subnet_id(name) for name in part.vswitches], "deletion_protection": False,
        "tags": [{"key": one["Key"], "value": one["Value"]} for one in tags(found)],
    }  # fmt: skip


def _registered(found: Found, part: MemberPart) -> Iterator[Task]:
    there, site = found.cluster(part), found.ground.sites.get(part.name)
    if there is None and part.id is None:
        params = _cluster_params(found, part, "ExternalKubernetes")
        yield Task(
            f"member {part.name}", Stage.REGISTERED, "create",
            f"create registered cluster {part.name} in VPC {found.vpc_id}",
            CloudCall("cs", "CreateCluster", params, ("cluster", part.name)), undo="DeleteCluster",
            says=says.cluster(found, part), usual=10.0,
        )  # fmt: skip
    if there is None or there.state == "initial":
        yield _running(found, part, there, Stage.REGISTERED, word="ready for its agent", usual=MINUTE)
    if there is None or there.state in ("initial", "waiting", "disconnected"):
        agent = Agent(part.name, found.cluster_id(part), file=part.context is None)
        if part.context is None:
            yield Task(
                f"member {part.name} agent", Stage.REGISTERED, "write",
                f"write the agent's manifest of {part.name} into a file; apply it to the data centre's cluster with"
                " kubectl", agent, undo="remove the file", usual=5.0,
            )  # fmt: skip
        elif site is None or not site.agent:
            yield Task(
                f"member {part.name} agent", Stage.REGISTERED, "apply",
                f"apply the agent's manifest of {part.name} to context {part.context}", agent,
                undo="delete the manifest's objects there", usual=10.0,
            )  # fmt: skip
    if there is None or there.state != "running":
        by_hand = 0.0 if part.context else _BY_HAND
        yield _running(found, part, there, Stage.REGISTERED, usual=2 * MINUTE, allowed=by_hand)


def _running(
    found: Found, part: MemberPart, there: MemberCluster | None, stage: Stage, *, word: str = "running", usual: float,
    allowed: float = 0.0,
) -> Task:  # fmt: skip
    state = "not there yet" if there is None else there.state or "in no state"
    failed = there is not None and there.state in ("failed", "deleting", "delete_failed", "unavailable")
    return Task(
        f"member {part.name} {word}", stage, "wait",
        f"wait until cluster {found.cluster_id(part)} ({part.name}) is {word} (it is {state})", CLUSTERS,
        failed=broken(there.state, there.error, there.log) if failed and there else "", item=f"member {part.name}",
        usual=usual, allowed=allowed or max(3 * usual, 15 * MINUTE),
    )  # fmt: skip
