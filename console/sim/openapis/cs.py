"""CS 2015-12-15, ROA style: the clusters behind the members, their nodes and node pools, field by field in the wire's
names (the SDK's response models)."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Sequence
from functools import partial

from console.sim.openapis.facts import Facts
from console.sim.openapis.parameters import Parameters
from console.sim.openapis.product import Answer, Product, Route
from console.sim.openapis.refusal import OpenApiError
from console.sim.world import Member, Node

GROUP = "rg-simulated"


def product(facts: Facts) -> Product:
    """The reads of a console."""
    reads: dict[str, Callable[[Facts, Parameters], Answer]] = {
        "DescribeClustersV1": describe_clusters,
        "DescribeClusterDetail": describe_cluster_detail,
        "DescribeClusterNodes": describe_cluster_nodes,
        "DescribeClusterNodePools": describe_cluster_node_pools,
        "DescribeTaskInfo": describe_task_info,
    }
    routes = {
        "/api/v1/clusters": "DescribeClustersV1",
        "/clusters/(?P<ClusterId>[^/]+)": "DescribeClusterDetail",
        "/clusters/(?P<ClusterId>[^/]+)/nodes": "DescribeClusterNodes",
        "/clusters/(?P<ClusterId>[^/]+)/nodepools": "DescribeClusterNodePools",
        "/tasks/(?P<TaskId>[^/]+)": "DescribeTaskInfo",
    }
    return Product(
        "cs",
        "2015-12-15",
        reads={name: partial(answer, facts) for name, answer in reads.items()},
        routes=tuple(Route(re.compile(path), action) for path, action in routes.items()),
    )


def describe_clusters(facts: Facts, asked: Parameters) -> Answer:
    """DescribeClustersV1: the name is matched in part, everything else whole."""
    exact = ("cluster_id", "cluster_type", "cluster_spec", "profile", "region_id")
    found = [
        cluster
        for cluster in (_cluster(facts, member) for member in facts.world.members)
        if asked.text("name") in cluster["name"] and all(asked.text(name) in ("", cluster[name]) for name in exact)
    ]
    page, info = _page(found, asked, "page_number", "page_size")
    return {"clusters": page, "page_info": info}


def describe_cluster_detail(facts: Facts, asked: Parameters) -> Answer:
    """DescribeClusterDetail."""
    return {
        **_cluster(facts, _member(facts, asked)),
        "parameters": {},
        "rrsa_config": {"enabled": False},
        "auto_mode": {"enable": False},
    }


def describe_cluster_nodes(facts: Facts, asked: Parameters) -> Answer:
    """DescribeClusterNodes."""
    member = _member(facts, asked)
    wanted = {
        "instance_id": asked.text("instanceIds"),
        "node_name": asked.text("nodeNames"),
        "ip_address": asked.text("nodeIps"),
        "nodepool_id": asked.text("nodepool_id"),
        "state": asked.text("state").removeprefix("all"),
    }
    nodes = [_node(facts, member, node) for node in member.nodes]
    page, info = _page([node for node in nodes if _meets(node, wanted)], asked, "pageNumber", "pageSize")
    return {"nodes": page, "page": info}


def describe_cluster_node_pools(facts: Facts, asked: Parameters) -> Answer:
    """DescribeClusterNodePools: a registered cluster's nodes are in none."""
    member = _member(facts, asked)
    pools = [_pool(facts, member)] if member.kind == "ack" else []
    return {"nodepools": [pool for pool in pools if asked.text("NodepoolName") in pool["nodepool_info"]["name"]]}


def describe_task_info(facts: Facts, asked: Parameters) -> Answer:
    """DescribeTaskInfo: no task was ever begun."""
    raise OpenApiError("ErrorTaskNotFound", f"task {asked.text('TaskId')} not found", 404)


def _cluster(facts: Facts, member: Member) -> Answer:
    world, ack = facts.world, member.kind == "ack"
    vswitches = [vswitch.id for vswitch in member.vswitches[:1] or world.vswitches[:1]]
    first = ipaddress.IPv4Network(member.node_cidr).network_address + 2
    return {
        "cluster_id": member.id,
        "name": member.name,
        "state": facts.state(member),
        "cluster_type": "ManagedKubernetes" if ack else "ExternalKubernetes",
        "cluster_spec": "ack.pro.small" if ack else "",
        "profile": "Default",
        "region_id": member.region,
        "zone_id": member.vswitches[0].zone if member.vswitches else "",
        "current_version": member.version.removeprefix("v"),
        "init_version": member.version.removeprefix("v"),
        "next_version": "",
        "size": len(member.nodes),
        "vpc_id": world.vpc,
        "vswitch_id": ",".join(vswitches),
        "vswitch_ids": vswitches,
        "security_group_id": facts.id("sg-bp1", member.name),
        # Pods of an ACK member are in the VPC, by vSwitches; those of a data centre are its own affair.
        "container_cidr": "" if len(member.vswitches) > 1 else member.pod_cidr,
        "subnet_cidr": "" if len(member.vswitches) > 1 else member.pod_cidr,
        "service_cidr": f"192.168.{16 * world.members.index(member)}.0/20" if ack else "",
        "network_mode": "vpc",
        "ip_stack": "ipv4",
        "proxy_mode": "ipvs" if ack else "",
        "master_url": json.dumps({"intranet_api_server_endpoint": f"https://{first}:6443"} if ack else {}),
        "meta_data": json.dumps({"Capabilities": {"Network": "terway-eniip"}} if ack else {}),
        "external_loadbalancer_id": facts.id("lb-bp1", member.name) if ack else "",
        "deletion_protection": ack,
        "created": facts.date(member.age),
        "updated": facts.date(0.0),
        "resource_group_id": GROUP,
        "tags": [{"key": "ack.aliyun.com", "value": member.id}],
        "maintenance_window": {"enable": False},
        "operation_policy": {"cluster_auto_upgrade": {"enabled": False, "channel": ""}},
    }


def _node(facts: Facts, member: Member, node: Node) -> Answer:
    ack, dead = member.kind == "ack", facts.dead(member.id)
    lost = facts.state(member) == "disconnected"
    return {
        "instance_id": facts.id("i-bp1", member.name, node.name) if ack else "",
        "node_name": node.name,
        "instance_name": f"worker-{node.name}",
        "host_name": node.name,
        "ip_address": [node.ip],
        "state": "running",
        "node_status": "Unknown" if dead or lost else "Ready",
        "instance_status": "Running" if ack else "",
        "instance_type": _instance_type(node) if ack else "",
        "instance_role": "Worker",
        "nodepool_id": _pool_id(facts, member) if ack else "",
        "source": "ess_attach" if ack else "",
        "is_aliyun_node": ack,
        "error_message": "",
        "creation_time": facts.date(member.age),
        "spot_strategy": "NoSpot",
    }


def _pool(facts: Facts, member: Member) -> Answer:
    count, dead = len(member.nodes), facts.dead(member.id)
    return {
        "nodepool_info": {
            "nodepool_id": _pool_id(facts, member),
            "name": "default-nodepool",
            "type": "ess",
            "is_default": True,
            "region_id": member.region,
            "resource_group_id": GROUP,
            "created": facts.date(member.age),
            "updated": facts.date(member.age),
        },
        "status": {
            "state": "active",
            "total_nodes": count,
            "healthy_nodes": 0 if dead else count,
            "failed_nodes": 0,
            "initial_nodes": 0,
            "offline_nodes": count if dead else 0,
            "removing_nodes": 0,
            "serving_nodes": 0 if dead else count,
        },
        "auto_scaling": {"enable": False},
        "scaling_group": {
            "desired_size": count,
            "instance_types": [_instance_type(member.nodes[0])],
            "vswitch_ids": [vswitch.id for vswitch in member.vswitches[:1]],
            "image_type": "AliyunLinux3",
            "security_group_id": facts.id("sg-bp1", member.name),
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


def _pool_id(facts: Facts, member: Member) -> str:
    return facts.id("np", member.name)


def _instance_type(node: Node) -> str:
    return f"ecs.g7.{'xlarge' if node.cpu <= 4 else f'{node.cpu // 4}xlarge'}"


def _member(facts: Facts, asked: Parameters) -> Member:
    wanted = asked.text("ClusterId")
    try:
        return facts.world.member(wanted)
    except KeyError:
        raise OpenApiError("ErrorClusterNotFound", f"cluster {wanted} not found", 404) from None


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
