"""ADCP 2022-01-01, RPC style: the Fleet itself and the clusters that are associated with it. No list has pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from console.sim.openapis.facts import Facts
from console.sim.openapis.parameters import Parameters
from console.sim.openapis.product import Answer, Product
from console.sim.openapis.refusal import OpenApiError
from console.sim.world import Member

GROUP = "rg-simulated"


def product(facts: Facts) -> Product:
    """The reads of a console."""
    reads: dict[str, Callable[[Facts, Parameters], Answer]] = {
        "DescribeHubClusters": describe_hub_clusters,
        "DescribeHubClusterDetails": describe_hub_cluster_details,
        "DescribeManagedClusters": describe_managed_clusters,
        "DescribeRegions": describe_regions,
    }
    return Product("adcp", "2022-01-01", reads={name: partial(answer, facts) for name, answer in reads.items()})


def describe_hub_clusters(facts: Facts, asked: Parameters) -> Answer:
    """DescribeHubClusters. The Fleet has no tags, so that any wish for one leaves nothing."""
    hub = _hub(facts)
    info = hub["ClusterInfo"]
    meets = (
        asked.text("Profile") in ("", info["Profile"])
        and asked.text("ResourceGroupId") in ("", info["ResourceGroupID"])
        and asked.text("Tag") in ("", "[]")
    )
    return {"Clusters": [hub] if meets else []}


def describe_hub_cluster_details(facts: Facts, asked: Parameters) -> Answer:
    """DescribeHubClusterDetails."""
    _check_hub(facts, asked)
    hub = _hub(facts)
    features = {"Enabled": True, "HAEnabled": True, "PublicAccessEnabled": False, "AccessControlList": []}
    info = {**hub["ClusterInfo"], "MetaData": {"ACKOne": {"GitOps": features}}}
    network = {**hub["Network"], "IPStack": "ipv4"}
    return {"Cluster": {**hub, "ClusterInfo": info, "Network": network}}


def describe_managed_clusters(facts: Facts, asked: Parameters) -> Answer:
    """DescribeManagedClusters."""
    _check_hub(facts, asked)
    return {"Clusters": [_managed(facts, member) for member in facts.world.members]}


def describe_regions(facts: Facts, asked: Parameters) -> Answer:
    """DescribeRegions."""
    return {"Regions": [{"RegionId": facts.world.region, "LocalName": facts.world.region}]}


def _hub(facts: Facts) -> Answer:
    world = facts.world
    return {
        "ClusterInfo": {
            "ClusterId": world.id,
            "Name": world.name,
            "State": "running",
            "Profile": "Default",
            "Version": world.version.removeprefix("v"),
            "ClusterSpec": "ack.pro.small",
            "RegionId": world.region,
            "ErrorMessage": "",
            "CreationTime": facts.date(world.age),
            "UpdateTime": facts.date(0.0),
            "ResourceGroupID": GROUP,
            "Tags": [],
        },
        "ApiServer": {
            "EnabledPublic": True,
            "ApiServerEipId": facts.id("eip-bp1", "hub"),
            "LoadBalancerId": facts.id("lb-bp1", "hub"),
        },
        "Endpoints": {"IntranetApiServerEndpoint": facts.hub(), "PublicApiServerEndpoint": facts.hub()},
        "Network": {
            "VpcId": world.vpc,
            "VSwitches": [vswitch.id for vswitch in world.vswitches[:1]],
            "SecurityGroupIDs": [facts.id("sg-bp1", "hub")],
            "ClusterDomain": "cluster.local",
        },
        "Conditions": [],
        "LogConfig": {"EnableLog": False},
        "MeshConfig": {"EnableMesh": False},
    }


def _managed(facts: Facts, member: Member) -> Answer:
    ack = member.kind == "ack"
    # The association's own enumeration has no word for disconnected.
    state = "running" if facts.state(member) == "running" else "inactive"
    return {
        "Cluster": {
            "ClusterID": member.id,
            "Name": member.name,
            "State": state,
            "ClusterType": "ManagedKubernetes" if ack else "ExternalKubernetes",
            "ClusterSpec": "ack.pro.small" if ack else "",
            "Profile": "Default",
            "Region": member.region,
            "CurrentVersion": member.version.removeprefix("v"),
            "InitVersion": member.version.removeprefix("v"),
            "VpcID": facts.world.vpc,
            "VSwitchID": ",".join(vswitch.id for vswitch in member.vswitches[:1]),
            "Created": facts.date(member.age),
            "Updated": facts.date(0.0),
            "ResourceGroupId": GROUP,
        },
        "Status": {"State": "Successed", "Message": ""},
        "MeshStatus": {"InMesh": False},
    }


def _check_hub(facts: Facts, asked: Parameters) -> None:
    wanted = asked.text("ClusterId", needed=True)
    if wanted != facts.world.id:
        raise OpenApiError("Cluster.NotFound", f"The cluster {wanted} is not found.", 404)
