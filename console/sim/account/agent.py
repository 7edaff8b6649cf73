"""The agent of a registered cluster: the manifest that CS hands out for it, and what of it tells whose cluster it
connects, read from where it was applied."""

from __future__ import annotations

import base64
from typing import Any

from console.sim.account.state import Cluster
from console.sim.client import Obj

NAMESPACE = "alibabacloud-ack-connector"
NAME = "alibabacloud-ack-connector"
"""Of the Deployment and of the Secret; what the current product calls them is not published (domain.md 5.2)."""
ROLE = "ack-connector-admin"
IMAGE = "registry.example.com/acs/alibabacloud-ack-connector:v1.3.0"
PORT = 5533
"""Of the endpoint that it dials."""


def manifest(cluster: Cluster, *, private: bool, restricted: bool) -> str:
    """The YAML to apply in the data centre; `private`: by the VPC's endpoint."""
    import yaml

    return yaml.safe_dump_all(_objects(cluster, private=private, restricted=restricted), sort_keys=False)


def token_of(secret: Obj | None) -> tuple[str, str]:
    """The cluster's id and the token in an agent's Secret; empty where it holds none."""
    data = (secret or {}).get("data") or {}
    try:
        cluster, token = (base64.b64decode(data.get(key, "")).decode() for key in ("clusterId", "token"))
    except ValueError:
        return "", ""
    return cluster, token


def _objects(cluster: Cluster, *, private: bool, restricted: bool) -> list[Obj]:
    labels = {"app": NAME}
    rules: list[dict[str, Any]] = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    if restricted:
        rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE}
    where = {"name": NAME, "namespace": NAMESPACE, "labels": labels}
    encoded = {
        key: base64.b64encode(value.encode()).decode()
        for key, value in (("clusterId", cluster.id), ("token", cluster.token))
    }
    domain = "cs-intranet.aliyuncs.example" if private else "cs.aliyuncs.example"
    container = {
        "name": "connector",
        "image": IMAGE,
        "env": [
            {"name": "INTERNAL_ENDPOINT", "value": str(private).lower()},
            {"name": "ENDPOINT", "value": f"{cluster.id}.{domain}:{PORT}"},
        ],
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 10254}},
        "volumeMounts": [{"name": "credentials", "mountPath": "/etc/ack", "readOnly": True}],
    }
    pod = {
        "serviceAccountName": NAME,
        "containers": [container],
        "volumes": [{"name": "credentials", "secret": {"secretName": NAME}}],
    }
    rbac = "rbac.authorization.k8s.io/v1"
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": where},
        {"apiVersion": rbac, "kind": "ClusterRole", "metadata": {"name": ROLE, "labels": labels}, "rules": rules},
        {
            "apiVersion": rbac,
            "kind": "ClusterRoleBinding",
            "metadata": {"name": ROLE, "labels": labels},
            "roleRef": reference,
            "subjects": [subject],
        },
        {"apiVersion": "v1", "kind": "Secret", "metadata": where, "type": "Opaque", "data": encoded},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": where,
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        },
    ]
