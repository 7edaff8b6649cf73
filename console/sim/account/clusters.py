"""Clusters of CS: ACK clusters with their node pool and security group, and registered clusters that wait for their
agent; made and taken away by tasks."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from console.sim.account.grounds import Grounds
from console.sim.account.groups import group_for
from console.sim.account.network import vpc_of
from console.sim.account.places import nodes_of
from console.sim.account.state import Account, Cluster, found
from console.sim.account.tasks import Event, Stage, Task, Ways
from console.sim.openapis.refusal import OpenApiError

Body = Mapping[str, Any]
KINDS = {"ManagedKubernetes": "ack", "ExternalKubernetes": "registered"}
DEFAULT_SERVICES = "172.19.0.0/20"
DEFAULT_TYPE = "ecs.g7.xlarge"
ACK_STAGES = (
    Stage("CheckParameters", "Checking quota, vSwitches and address ranges", 10),
    Stage("CreateControlPlane", "Creating the managed control plane", 60),
    Stage("CreateSecurityGroup", "Creating security group and load balancer of the API server", 15),
    Stage("InstallAddons", "Installing network plugin and system components", 30),
    Stage("CreateNodePool", "Creating the node pool and its nodes", 60),
)
REGISTERED_STAGES = (
    Stage("CheckParameters", "Checking quota and vSwitches", 4),
    Stage("CreateProxy", "Creating the endpoint that the agent connects to", 16),
)
DELETE_STAGES = (Stage("DeleteResources", "Deleting nodes, load balancer and control plane", 45),)


def create(account: Account, grounds: Grounds, body: Body) -> Task:
    """CreateCluster. Raises `OpenApiError` for what does not fit, with nothing made."""
    stages: Sequence[Stage] = ACK_STAGES
    kind = KINDS.get(str(body.get("cluster_type")))
    name = str(body.get("name") or "")
    if kind is None:
        raise OpenApiError("InvalidClusterType", f"cluster_type {body.get('cluster_type')} is not supported")
    if not 1 <= len(name) <= 63:
        raise OpenApiError("InvalidClusterName", "name must have 1 to 63 characters")
    if str(body.get("region_id")) != account.region:
        raise OpenApiError("InvalidRegionId", f"region_id {body.get('region_id')} is not {account.region}")
    vswitches = tuple(map(str, body.get("vswitch_ids") or ()))
    vpc = _vpc(account, str(body.get("vpcid") or ""), vswitches)
    version = str(body.get("kubernetes_version") or account.version.removeprefix("v"))
    tags = {str(each["key"]): str(each.get("value", "")) for each in body.get("tags") or ()}
    made = Cluster(account.cluster_id(), name, "ack", f"v{version.removeprefix('v')}", vpc, account.now(), tags=tags)
    made.vswitches, made.protected = vswitches, bool(body.get("deletion_protection"))
    if kind == "registered":
        made.kind, made.spec, made.token = "registered", "", secrets.token_urlsafe(24)
        stages = REGISTERED_STAGES
    else:
        _lay_out(account, made, body)
    account.clusters[made.id] = made

    async def done() -> None:
        if made.state == "initial" and made.kind == "registered":
            made.state = "waiting"
        elif made.state == "initial":
            await grounds.raise_cluster(made)
            made.state = "running" if made.state == "initial" else made.state
        if made.id not in account.clusters:
            # It was taken away while it was being made.
            await grounds.raze_cluster(made)

    return account.tasks.begin("cluster_create", made.id, stages, Ways(_unheard, done, lambda why: _fail(made)))


def delete(account: Account, grounds: Grounds, identifier: str) -> Task:
    """DeleteCluster; the Fleet that it is associated with loses it, too."""
    cluster = cluster_of(account, identifier)
    if cluster.protected:
        words = f"cluster {identifier} has deletion protection, please disable it first"
        raise OpenApiError("ErrorClusterDeletionProtection", words, 403)
    if account.hub_of(identifier) is not None:
        words = f"cluster {identifier} is associated with a Fleet, detach it first"
        raise OpenApiError("ErrorClusterInFleet", words, 403)
    if cluster.state == "deleting":
        raise OpenApiError("ErrorClusterState", f"cluster {identifier} is being deleted")
    former, cluster.state = cluster.state, "deleting"

    async def done() -> None:
        if former != "failed":
            await grounds.raze_cluster(cluster)
        account.groups.pop(cluster.security_group, None)
        account.clusters.pop(identifier, None)

    def failed(_: str) -> None:
        cluster.state = "delete_failed"

    return account.tasks.begin("cluster_delete", identifier, DELETE_STAGES, Ways(_unheard, done, failed))


def cluster_of(account: Account, identifier: str) -> Cluster:
    """The cluster of this id. Raises `OpenApiError`."""
    return found(account.clusters, identifier, "ErrorClusterNotFound", f"cluster {identifier} not found")


def _lay_out(account: Account, made: Cluster, body: Body) -> None:
    """Network, nodes and security group of an ACK cluster. Raises `OpenApiError`."""
    addons = {str(each.get("name")) for each in body.get("addons") or ()}
    pods = tuple(map(str, body.get("pod_vswitch_ids") or ()))
    made.container_cidr = str(body.get("container_cidr") or "")
    made.service_cidr = str(body.get("service_cidr") or DEFAULT_SERVICES)
    made.network = "flannel" if "flannel" in addons or (made.container_cidr and not pods) else "terway-eniip"
    if not made.vswitches:
        raise OpenApiError("InvalidVSwitchIds", "vswitch_ids is required")
    made.pod_vswitches = pods or (made.vswitches if made.network != "flannel" else ())
    if made.network == "flannel" and not made.container_cidr:
        raise OpenApiError("InvalidContainerCidr", "container_cidr is required with flannel")
    _vpc(account, made.vpc, (*made.vswitches, *made.pod_vswitches))
    _check_ranges(account, made)
    pool: Body = next(iter(body.get("nodepools") or ()), {})
    group = pool.get("scaling_group") or {}
    made.pool = str((pool.get("nodepool_info") or {}).get("name") or made.pool)
    made.instance_type = str(next(iter(group.get("instance_types") or ()), DEFAULT_TYPE))
    count = int(group.get("desired_size") or pool.get("count") or body.get("num_of_nodes") or 0)
    stand = tuple(map(str, group.get("vswitch_ids") or ())) or made.vswitches
    _vpc(account, made.vpc, stand)
    made.zone = account.vswitches[made.vswitches[0]].zone
    made.node_cidr = account.vswitches[stand[0]].cidr
    made.nodes = nodes_of(account, made, stand, count)
    # Within itself a cluster is open; whoever comes from elsewhere, as a gateway does, has to be let in.
    own = [account.vswitches[each].cidr for each in dict.fromkeys((*made.vswitches, *stand, *made.pod_vswitches))]
    sources = [*own, made.container_cidr] if made.container_cidr else own
    made.security_group = group_for(account, f"alicloud-cs-{made.id}", made.vpc, sources)


def _check_ranges(account: Account, made: Cluster) -> None:
    """Service and pod ranges stand apart from the VPC's and from those of its other clusters."""
    others = [account.vpcs[made.vpc].cidr]
    for cluster in account.clusters.values():
        if cluster.vpc == made.vpc:
            others += [each for each in (cluster.container_cidr, cluster.service_cidr) if each]
    for name, cidr in (("service_cidr", made.service_cidr), ("container_cidr", made.container_cidr)):
        try:
            network = ipaddress.IPv4Network(cidr) if cidr else None
        except ValueError:
            raise OpenApiError("InvalidCidr", f"{name} {cidr} is no range") from None
        for other in others if network is not None else ():
            if network is not None and network.overlaps(ipaddress.IPv4Network(other)):
                raise OpenApiError("InvalidCidr.Conflict", f"{name} {cidr} conflicts with {other}")


def _vpc(account: Account, said: str, vswitches: tuple[str, ...]) -> str:
    """The VPC of a cluster; all vSwitches stand in it. Raises `OpenApiError`."""
    for each in vswitches:
        if each not in account.vswitches:
            raise OpenApiError("InvalidVSwitchId.NotFound", f"vswitch {each} not found", 404)
        said = said or account.vswitches[each].vpc
        if account.vswitches[each].vpc != said:
            raise OpenApiError("InvalidVSwitchId", f"vswitch {each} is not in vpc {said}")
        if account.vswitches[each].status != "Available":
            raise OpenApiError("InvalidVSwitchId.Status", f"vswitch {each} is not available yet")
    return vpc_of(account, said).id


def _fail(made: Cluster) -> None:
    made.state = "failed"


def _unheard(event: Event) -> None:
    """CS keeps the lines with the task alone."""
