"""What CS says of clusters, nodes and node pools, field by field in the wire's names."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence

from console.sim.account.clusters import cluster_of
from console.sim.account.state import Account, Cluster
from console.sim.openapis.pages import GROUP
from console.sim.openapis.parameters import Parameters
from console.sim.openapis.product import Answer
from console.sim.world import Node


def describe_clusters(account: Account, asked: Parameters) -> Answer:
    """DescribeClustersV1: the name is matched in part, everything else whole."""
    exact = ("cluster_id", "cluster_type", "cluster_spec", "profile", "region_id")
    found = [
        told
        for told in (_cluster(account, cluster) for cluster in account.clusters.values())
        if asked.text("name") in told["name"] and all(asked.text(name) in ("", told[name]) for name in exact)
    ]
    page, info = _page(found, asked, "page_number", "page_size")
    return {"clusters": page, "page_info": info}


def describe_cluster_detail(account: Account, asked: Parameters) -> Answer:
    """DescribeClusterDetail."""
    return {
        **_cluster(account, cluster_of(account, asked.text("ClusterId"))),
        "parameters": {},
        "rrsa_config": {"enabled": False},
        "auto_mode": {"enable": False},
    }


def describe_cluster_nodes(account: Account, asked: Parameters) -> Answer:
    """DescribeClusterNodes."""
    cluster = cluster_of(account, asked.text("ClusterId"))
    wanted = {
        "instance_id": asked.text("instanceIds"),
        "node_name": asked.text("nodeNames"),
        "ip_address": asked.text("nodeIps"),
        "nodepool_id": asked.text("nodepool_id"),
        "state": asked.text("state").removeprefix("all"),
    }
    nodes = [_node(account, cluster, node) for node in cluster.nodes]
    page, info = _page([node for node in nodes if _meets(node, wanted)], asked, "pageNumber", "pageSize")
    return {"nodes": page, "page": info}


def describe_cluster_node_pools(account: Account, asked: Parameters) -> Answer:
    """DescribeClusterNodePools: a registered cluster's nodes are in none."""
    cluster = cluster_of(account, asked.text("ClusterId"))
    pools = [_pool(account, cluster)] if cluster.kind == "ack" else []
    return {"nodepools": [pool for pool in pools if asked.text("NodepoolName") in pool["nodepool_info"]["name"]]}


def _cluster(account: Account, cluster: Cluster) -> Answer:
    ack = cluster.kind == "ack"
    version = cluster.version.removeprefix("v")
    return {
        "cluster_id": cluster.id,
        "name": cluster.name,
        "state": account.state_of(cluster),
        "cluster_type": "ManagedKubernetes" if ack else "ExternalKubernetes",
        "cluster_spec": cluster.spec if ack else "",
        "profile": "Default",
        "region_id": account.region,
        "zone_id": _zone(account, cluster),
        "current_version": version,
        "init_version": version,
        "next_version": "",
        "size": len(cluster.nodes),
        "vpc_id": cluster.vpc,
        "vswitch_id": ",".join(cluster.vswitches),
        "vswitch_ids": list(cluster.vswitches),
        "security_group_id": cluster.security_group,
        # Pods of an ACK cluster are in the VPC, by vSwitches; those of a data centre are its own affair.
        "container_cidr": cluster.container_cidr,
        "subnet_cidr": cluster.container_cidr,
        "service_cidr": cluster.service_cidr,
        "network_mode": "vpc",
        "ip_stack": "ipv4",
        "proxy_mode": "ipvs" if ack else "",
        "master_url": json.dumps(_master_url(cluster) if ack else {}),
        "meta_data": json.dumps(_meta_data(cluster) if ack else {}),
        "external_loadbalancer_id": account.id("lb-bp1", cluster.name) if ack else "",
        "deletion_protection": cluster.protected,
        "created": account.date(cluster.created),
        "updated": account.date(account.now()),
        "resource_group_id": GROUP,
        "tags": [{"key": key, "value": value} for key, value in {"ack.aliyun.com": cluster.id, **cluster.tags}.items()],
        "maintenance_window": {"enable": False},
        "operation_policy": {"cluster_auto_upgrade": {"enabled": False, "channel": ""}},
    }


def _zone(account: Account, cluster: Cluster) -> str:
    """The cloud zone of an ACK cluster's nodes; a data centre is in none."""
    first = account.vswitches.get(cluster.vswitches[0]) if cluster.kind == "ack" and cluster.vswitches else None
    return first.zone if first is not None else ""


def _master_url(cluster: Cluster) -> Answer:
    """Inside the VPC, where nobody comes from here."""
    first = ipaddress.IPv4Network(cluster.node_cidr).network_address + 2
    return {"intranet_api_server_endpoint": f"https://{first}:6443"}


def _meta_data(cluster: Cluster) -> Answer:
    """The network plugin, and the pods' vSwitches where it has some."""
    pods = {"PodVswitchIds": json.dumps(cluster.pod_vswitches)} if cluster.pod_vswitches else {}
    return {"Capabilities": {"Network": cluster.network, **pods}}


def _node(account: Account, cluster: Cluster, node: Node) -> Answer:
    ack, dead = cluster.kind == "ack", account.dead(cluster.id)
    lost = account.state_of(cluster) == "disconnected"
    return {
        "instance_id": account.id("i-bp1", cluster.name, node.name) if ack else "",
        "node_name": node.name,
        "instance_name": f"worker-{node.name}",
        "host_name": node.name,
        "ip_address": [node.ip],
        "state": "running",
        "node_status": "Unknown" if dead or lost else "Ready",
        "instance_status": "Running" if ack else "",
        "instance_type": cluster.instance_type if ack else "",
        "instance_role": "Worker",
        "nodepool_id": _pool_id(account, cluster) if ack else "",
        "source": "ess_attach" if ack else "",
        "is_aliyun_node": ack,
        "error_message": "",
        "creation_time": account.date(cluster.created),
        "spot_strategy": "NoSpot",
    }


def _pool(account: Account, cluster: Cluster) -> Answer:
    count, dead, made = len(cluster.nodes), account.dead(cluster.id), cluster.state not in ("initial", "failed")
    return {
        "nodepool_info": {
            "nodepool_id": _pool_id(account, cluster),
            "name": cluster.pool,
            "type": "ess",
            "is_default": True,
            "region_id": account.region,
            "resource_group_id": GROUP,
            "created": account.date(cluster.created),
            "updated": account.date(cluster.created),
        },
        "status": {
            "state": "active" if made else "scaling",
            "total_nodes": count,
            "healthy_nodes": 0 if dead or not made else count,
            "failed_nodes": 0,
            "initial_nodes": 0 if made else count,
            "offline_nodes": count if dead else 0,
            "removing_nodes": 0,
            "serving_nodes": 0 if dead or not made else count,
        },
        "auto_scaling": {"enable": False},
        "scaling_group": {
            "desired_size": count,
            "instance_types": [cluster.instance_type],
            "vswitch_ids": list(cluster.vswitches),
            "image_type": "AliyunLinux3",
            "security_group_id": cluster.security_group,
        },
        "kubernetes_config": {
            "labels": [],
            "taints": [],
            "runtime": "containerd",
            "runtime_version": "1.6.28",
            "unschedulable": False,
        },
        "management": {"enable": True},
        "max_nodes": 0,
    }


def _pool_id(account: Account, cluster: Cluster) -> str:
    return account.id("np", cluster.name)


def _meets(node: Answer, wanted: dict[str, str]) -> bool:
    """Whether a node is among those that comma-separated lists name; an empty list names all."""
    for name, said in wanted.items():
        held = node[name] if isinstance(node[name], list) else [node[name]]
        if said and not set(held) & set(said.split(",")):
            return False
    return True


def _page(found: Sequence[Answer], asked: Parameters, number: str, size: str) -> tuple[list[Answer], Answer]:
    """One page and what it says of itself; 10 entries by default, 100 at most."""
    at, most = asked.number(number, 1, 1, 10**6), asked.number(size, 10, 1, 100)
    info = {"page_number": at, "page_size": most, "total_count": len(found)}
    return list(found[(at - 1) * most : at * most]), info
