"""ADCP 2022-01-01, RPC style: Fleets and the clusters that are associated with them. No list has pages; lists in
parameters are JSON in a text."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from console.sim.account import fleets
from console.sim.account.grounds import Grounds
from console.sim.account.state import Account, Association, Cluster, Hub
from console.sim.openapis.pages import GROUP, tagged, tags_of
from console.sim.openapis.parameters import Parameters
from console.sim.openapis.product import Answer, Product
from console.sim.openapis.refusal import OpenApiError

Asked = Callable[[Account, Grounds, Parameters], Answer]


def product(account: Account, grounds: Grounds) -> Product:
    """What a console asks, and what makes, changes and takes away."""
    reads: dict[str, Asked] = {
        "DescribeHubClusters": describe_hub_clusters,
        "DescribeHubClusterDetails": describe_hub_cluster_details,
        "DescribeHubClusterKubeconfig": describe_hub_cluster_kubeconfig,
        "DescribeHubClusterLogs": describe_hub_cluster_logs,
        "DescribeManagedClusters": describe_managed_clusters,
        "DescribeRegions": describe_regions,
    }
    writes: dict[str, Asked] = {
        "CreateHubCluster": create_hub_cluster,
        "UpdateHubClusterFeature": update_hub_cluster_feature,
        "AttachClusterToHub": attach_cluster_to_hub,
        "DetachClusterFromHub": detach_cluster_from_hub,
        "DeleteHubCluster": delete_hub_cluster,
        "TagResources": tag_resources,
    }
    return Product(
        "adcp",
        "2022-01-01",
        reads={name: partial(answer, account, grounds) for name, answer in reads.items()},
        writes={name: partial(change, account, grounds) for name, change in writes.items()},
    )


def describe_hub_clusters(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """DescribeHubClusters."""
    wanted = tags_of(asked.decoded("Tag", list))
    found = [
        _hub(account, grounds, hub)
        for hub in account.hubs.values()
        if asked.text("Profile") in ("", hub.profile)
        and asked.text("ResourceGroupId") in ("", GROUP)
        and tagged(hub.tags, wanted)
    ]
    return {"Clusters": found}


def describe_hub_cluster_details(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """DescribeHubClusterDetails."""
    hub = _asked(account, asked)
    told = _hub(account, grounds, hub)
    features = {
        "Enabled": hub.argocd,
        "HAEnabled": hub.argocd,
        "PublicAccessEnabled": False,
        "AccessControlList": [],
    }
    info = {**told["ClusterInfo"], "MetaData": {"ACKOne": {"GitOps": features}}}
    network = {**told["Network"], "IPStack": "ipv4"}
    return {"Cluster": {**told, "ClusterInfo": info, "Network": network}}


def describe_hub_cluster_kubeconfig(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """DescribeHubClusterKubeconfig, once there is an API server."""
    hub = _asked(account, asked)
    config = grounds.kubeconfig(hub.id) if hub.state in ("running", "updating") else None
    if config is None:
        raise OpenApiError("Cluster.InvalidState", f"The cluster {hub.id} is {hub.state}, it has no kubeconfig.")
    return {"Kubeconfig": config}


def describe_hub_cluster_logs(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """DescribeHubClusterLogs, the oldest line first."""
    return {
        "Logs": [
            {"ClusterLog": line.text, "LogLevel": line.level, "CreationTime": account.date(line.at)}
            for line in _asked(account, asked).log
        ]
    }


def describe_managed_clusters(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """DescribeManagedClusters."""
    members = _asked(account, asked).members.values()
    return {"Clusters": [_managed(account, account.clusters[each.cluster], each) for each in members]}


def describe_regions(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """DescribeRegions."""
    return {"Regions": [{"RegionId": account.region, "LocalName": account.region}]}


def create_hub_cluster(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """CreateHubCluster. There is no ClientToken: the same call again makes another one."""
    if asked.text("RegionId", needed=True) != account.region:
        raise OpenApiError("InvalidRegionId", f"The region {asked.text('RegionId')} is not supported.")
    hub, task = fleets.create(
        account,
        grounds,
        name=asked.text("Name"),
        vpc=asked.text("VpcId", needed=True),
        vswitches=[str(each) for each in asked.decoded("VSwitches", list)],
        tags=tags_of(asked.decoded("Tag", list)),
        profile=asked.text("Profile") or "Default",
        public=asked.truth("ApiServerPublicEip"),
        audit=asked.truth("AuditLogEnabled"),
    )
    return {"ClusterId": hub.id, "TaskId": task.id}


def update_hub_cluster_feature(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """UpdateHubClusterFeature."""
    hub = _asked(account, asked)
    task = fleets.set_features(
        account,
        grounds,
        hub,
        argocd=_truth(asked, "ArgoCDEnabled"),
        public=_truth(asked, "PublicApiServerEnabled"),
        protected=_truth(asked, "DeletionProtection"),
        name=asked.text("Name"),
    )
    return {"ClusterId": hub.id, "TaskId": task.id}


def attach_cluster_to_hub(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """AttachClusterToHub."""
    hub, clusters = _asked(account, asked), _clusters(asked)
    task = fleets.attach(account, grounds, hub, clusters)
    return {"ClusterId": hub.id, "ManagedClusterIds": clusters, "TaskId": task.id}


def detach_cluster_from_hub(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """DetachClusterFromHub."""
    hub, clusters = _asked(account, asked), _clusters(asked)
    task = fleets.detach(account, grounds, hub, clusters)
    return {"ClusterId": hub.id, "ManagedClusterIds": clusters, "TaskId": task.id}


def delete_hub_cluster(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """DeleteHubCluster."""
    hub = _asked(account, asked)
    task = fleets.delete(account, grounds, hub, force=asked.truth("Force"))
    return {"ClusterId": hub.id, "TaskId": task.id}


def tag_resources(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """TagResources of Fleets, lists as in the RPC style or as JSON."""
    identifiers = asked.items("ResourceId", 50) or asked.decoded("ResourceIds", list)
    tags = tags_of(asked.items("Tag", 20) or asked.decoded("Tags", list))
    for identifier in map(str, identifiers):
        fleets.hub_of(account, identifier).tags.update(tags)
    return {}


def _hub(account: Account, grounds: Grounds, hub: Hub) -> Answer:
    endpoint = grounds.endpoint(hub.id)
    return {
        "ClusterInfo": {
            "ClusterId": hub.id,
            "Name": hub.name,
            "State": hub.state,
            "Profile": hub.profile,
            "Version": hub.version.removeprefix("v"),
            "ClusterSpec": "ack.pro.small",
            "RegionId": account.region,
            "ErrorMessage": hub.error,
            "CreationTime": account.date(hub.created),
            "UpdateTime": account.date(account.now()),
            "ResourceGroupID": GROUP,
            "Tags": [{"Key": key, "Value": value} for key, value in hub.tags.items()],
        },
        "ApiServer": {
            "EnabledPublic": hub.public,
            "ApiServerEipId": account.id("eip-bp1", hub.id) if hub.public else "",
            "LoadBalancerId": account.id("lb-bp1", hub.id),
        },
        "Endpoints": {
            "IntranetApiServerEndpoint": endpoint,
            "PublicApiServerEndpoint": endpoint if hub.public else "",
        },
        "Network": {
            "VpcId": hub.vpc,
            "VSwitches": list(hub.vswitches),
            "SecurityGroupIDs": [account.id("sg-bp1", "hub")],
            "ClusterDomain": "cluster.local",
        },
        "Conditions": _conditions(hub),
        "LogConfig": {"EnableLog": hub.audit},
        "MeshConfig": {"EnableMesh": False},
    }


def _conditions(hub: Hub) -> list[Answer]:
    """Why it cannot be deleted."""
    found = []
    if hub.protected:
        found.append(("DeletionProtected", "DeletionProtectionEnabled", "Deletion protection is enabled."))
    if hub.members:
        found.append(("HasManagedClusters", "ManagedClustersExist", f"{len(hub.members)} clusters are associated."))
    return [{"Type": type_, "Status": "True", "Reason": reason, "Message": message} for type_, reason, message in found]


def _managed(account: Account, cluster: Cluster, association: Association) -> Answer:
    ack = cluster.kind == "ack"
    version = cluster.version.removeprefix("v")
    # The association's own enumeration has no word for disconnected.
    state = "running" if account.state_of(cluster) == "running" else "inactive"
    return {
        "Cluster": {
            "ClusterID": cluster.id,
            "Name": cluster.name,
            "State": state,
            "ClusterType": "ManagedKubernetes" if ack else "ExternalKubernetes",
            "ClusterSpec": cluster.spec if ack else "",
            "Profile": "Default",
            "Region": account.region,
            "CurrentVersion": version,
            "InitVersion": version,
            "VpcID": cluster.vpc,
            "VSwitchID": ",".join(cluster.vswitches[:1]) if ack else "",
            "Created": account.date(cluster.created),
            "Updated": account.date(account.now()),
            "ResourceGroupId": GROUP,
        },
        "Status": {"State": association.state, "Message": association.message},
        "MeshStatus": {"InMesh": False},
    }


def _asked(account: Account, asked: Parameters) -> Hub:
    return fleets.hub_of(account, asked.text("ClusterId", needed=True))


def _clusters(asked: Parameters) -> list[str]:
    """The ids in ClusterIds, a JSON array in a text."""
    text = asked.text("ClusterIds", needed=True)
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, list) or not said:
        raise OpenApiError("InvalidClusterIds", f"The parameter ClusterIds {text} is no JSON array of ids.")
    return [str(each) for each in said]


def _truth(asked: Parameters, name: str) -> bool | None:
    """None where it is not said."""
    return asked.truth(name) if asked.text(name) else None
