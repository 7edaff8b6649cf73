"""CS 2015-12-15, ROA style: the clusters behind the members, their nodes and node pools, made and taken away by tasks,
field by field in the wire's names (the SDK's response models)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from console.sim.account import agent, clusters
from console.sim.account.grounds import Grounds
from console.sim.account.state import Account
from console.sim.account.tasks import Task
from console.sim.openapis import cs_answers
from console.sim.openapis.parameters import Parameters
from console.sim.openapis.product import Answer, Product, Route
from console.sim.openapis.refusal import OpenApiError

_CLUSTER = "/clusters/(?P<ClusterId>[^/]+)"
_ROUTES = (
    ("GET", "/api/v1/clusters", "DescribeClustersV1"),
    ("GET", _CLUSTER, "DescribeClusterDetail"),
    ("GET", f"{_CLUSTER}/nodes", "DescribeClusterNodes"),
    ("GET", f"{_CLUSTER}/nodepools", "DescribeClusterNodePools"),
    ("GET", "/tasks/(?P<TaskId>[^/]+)", "DescribeTaskInfo"),
    ("GET", "/k8s/(?P<ClusterId>[^/]+)/user_config", "DescribeClusterUserKubeconfig"),
    ("GET", "/k8s/(?P<ClusterId>[^/]+)/external/agent/deployment", "DescribeExternalAgent"),
    ("POST", "/clusters", "CreateCluster"),
    ("POST", f"{_CLUSTER}/tags", "ModifyClusterTags"),
    ("PUT", "/api/v2/clusters/(?P<ClusterId>[^/]+)", "ModifyCluster"),
    ("DELETE", _CLUSTER, "DeleteCluster"),
)
"""Method, path and action."""


def product(account: Account, grounds: Grounds) -> Product:
    """What a console asks, and what makes and takes away."""
    reads: dict[str, Callable[[Account, Parameters], Answer]] = {
        "DescribeClustersV1": cs_answers.describe_clusters,
        "DescribeClusterDetail": cs_answers.describe_cluster_detail,
        "DescribeClusterNodes": cs_answers.describe_cluster_nodes,
        "DescribeClusterNodePools": cs_answers.describe_cluster_node_pools,
        "DescribeTaskInfo": describe_task_info,
        "DescribeExternalAgent": describe_external_agent,
    }
    served: dict[str, Callable[[Account, Grounds, Parameters], Answer]] = {
        "CreateCluster": create_cluster,
        "DeleteCluster": delete_cluster,
    }
    return Product(
        "cs",
        "2015-12-15",
        reads={
            **{name: partial(answer, account) for name, answer in reads.items()},
            "DescribeClusterUserKubeconfig": partial(describe_cluster_user_kubeconfig, account, grounds),
        },
        writes={
            **{name: partial(change, account, grounds) for name, change in served.items()},
            "ModifyClusterTags": partial(modify_cluster_tags, account),
            "ModifyCluster": partial(modify_cluster, account),
        },
        routes=tuple(Route(re.compile(path), action, method) for method, path, action in _ROUTES),
    )


def describe_task_info(account: Account, asked: Parameters) -> Answer:
    """DescribeTaskInfo; ADCP's tasks are followed here as well."""
    identifier = asked.text("TaskId")
    task = account.tasks.known.get(identifier)
    if task is None:
        raise OpenApiError("ErrorTaskNotFound", f"task {identifier} not found", 404)
    return {
        "task_id": task.id,
        "cluster_id": task.cluster,
        "task_type": task.kind,
        "state": task.state,
        "created": account.date(task.created),
        "updated": account.date(task.updated),
        "current_stage": task.stages[task.stage].name if task.stages else "",
        "target": {"id": task.cluster, "type": "cluster"},
        "stages": _stages(account, task),
        "events": [
            {
                "action": task.kind,
                "level": event.level,
                "reason": event.reason,
                "message": event.text,
                "source": "cs",
                "timestamp": int(event.at * 1000),
            }
            for event in task.events
        ],
        "error": {"code": task.error[0], "message": task.error[1]} if task.error else {},
        "task_result": [{"data": task.cluster, "status": task.state}] if task.state != "running" else [],
        "parameters": {},
    }


def describe_external_agent(account: Account, asked: Parameters) -> Answer:
    """DescribeExternalAgent of a registered cluster."""
    cluster = clusters.cluster_of(account, asked.text("ClusterId"))
    if cluster.kind != "registered":
        raise OpenApiError("ErrorClusterType", f"cluster {cluster.id} is no registered cluster")
    if cluster.state == "initial":
        raise OpenApiError("ErrorClusterState", f"cluster {cluster.id} is initial, its endpoint is not there yet")
    private, restricted = asked.truth("PrivateIpAddress"), asked.text("AgentMode") == "restricted"
    return {"config": agent.manifest(cluster, private=private, restricted=restricted)}


def describe_cluster_user_kubeconfig(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """DescribeClusterUserKubeconfig: an administrator's, for as long as was asked."""
    cluster = clusters.cluster_of(account, asked.text("ClusterId"))
    minutes = asked.number("TemporaryDurationMinutes", 3 * 24 * 60, 15, 4320)
    config = grounds.kubeconfig(cluster.id) if account.state_of(cluster) == "running" else None
    if config is None:
        raise OpenApiError("ErrorClusterState", f"cluster {cluster.id} is {account.state_of(cluster)}")
    return {"config": config, "expiration": account.date(account.now() + 60 * minutes)}


def create_cluster(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """CreateCluster."""
    task = clusters.create(account, grounds, _document(asked))
    return {"cluster_id": task.cluster, "task_id": task.id, "request_id": task.id}


def delete_cluster(account: Account, grounds: Grounds, asked: Parameters) -> Answer:
    """DeleteCluster."""
    task = clusters.delete(account, grounds, asked.text("ClusterId"))
    return {"cluster_id": task.cluster, "task_id": task.id, "request_id": task.id}


def modify_cluster(account: Account, asked: Parameters) -> Answer:
    """ModifyCluster, as far as deletion protection goes."""
    cluster = clusters.cluster_of(account, asked.text("ClusterId"))
    cluster.protected = bool(_document(asked).get("deletion_protection", cluster.protected))
    return {"cluster_id": cluster.id}


def modify_cluster_tags(account: Account, asked: Parameters) -> Answer:
    """ModifyClusterTags: the tags that are said are set, the others stay."""
    cluster = clusters.cluster_of(account, asked.text("ClusterId"))
    if not isinstance(asked.body, list):
        raise OpenApiError("InvalidTags", "the body is no list of tags")
    cluster.tags.update({str(each["key"]): str(each.get("value", "")) for each in asked.body})
    return {}


def _document(asked: Parameters) -> Mapping[str, Any]:
    if not isinstance(asked.body, dict):
        raise OpenApiError("InvalidParameter", "the body is no JSON object")
    return asked.body


def _stages(account: Account, task: Task) -> list[Answer]:
    """Those that began: `success` once ended, else the task's own state."""
    return [
        {
            "state": task.state if ended is None else "success",
            "message": stage.text,
            "start_time": account.date(began),
            "end_time": "" if ended is None else account.date(ended),
            "outputs": {"name": stage.name},
        }
        for stage, (began, ended) in zip(task.stages, task.reached, strict=False)
    ]
