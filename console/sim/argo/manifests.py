"""ArgoCD's objects on the hub as made long ago: the project, the members' Secrets, the ApplicationSets. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import NamedTuple

from console.sim.argo.charts import path_of
from console.sim.argo.git import Application
from console.sim.argo.kinds import (
    APP_PROJECTS,
    APPLICATION_SETS,
    CLUSTER_ID,
    CLUSTER_NAME,
    IN_CLUSTER,
    NAMESPACE,
    SECRET_TYPE,
    SECRETS,
)
from console.sim.client import Obj
from console.sim.recorder import rfc3339
from console.sim.world import Member, World

PROJECT = "default"


class Cluster(NamedTuple):
    """A member as ArgoCD reaches it: its API's address, an identity there, its certificate's authority (PEM)."""

    member: Member
    server: str
    token: str
    authority: bytes

    @property
    def name(self) -> str:
        """ArgoCD's name for it, as ACK One gives it: the cluster's id and name."""
        return f"{self.member.id}-{self.member.name}"


def project(world: World) -> Obj:
    """The project that allows everything, which every ArgoCD begins with."""
    return {
        "apiVersion": APP_PROJECTS.api_version,
        "kind": APP_PROJECTS.kind,
        "metadata": {
            "name": PROJECT,
            "namespace": NAMESPACE,
            "creationTimestamp": rfc3339(world.began - world.age),
        },
        "spec": {
            "sourceRepos": ["*"],
            "destinations": [{"namespace": "*", "server": "*"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
        },
    }


def cluster_secret(world: World, cluster: Cluster, *, labelled: bool = True) -> Obj:
    """How ArgoCD is told of a member (domain.md section 3.2); `labelled`: with the label that operators add."""
    member = cluster.member
    tls = {"caData": base64.b64encode(cluster.authority).decode()}
    config = json.dumps({"bearerToken": cluster.token, "tlsClientConfig": tls})
    data = {"name": cluster.name, "server": cluster.server, "config": config}
    return {
        "apiVersion": SECRETS.api_version,
        "kind": SECRETS.kind,
        "metadata": {
            "name": secret_name(member),
            "namespace": NAMESPACE,
            "labels": {SECRET_TYPE: "cluster", **({"cluster": label(member)} if labelled else {})},
            "annotations": {CLUSTER_ID: member.id, CLUSTER_NAME: member.name},
            "creationTimestamp": rfc3339(world.began - member.age),
        },
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }


def secret_name(member: Member) -> str:
    """What its Secret is called."""
    return f"cluster-{member.id}"


def label(member: Member) -> str:
    """The label that operators add by hand to tell the two kinds of cluster apart."""
    return "ack" if member.kind == "ack" else "idc"


def application_set(world: World, application: Application) -> Obj:
    """A set after the vendor's example, named by the cluster's name so that the example itself still fits beside it."""
    return {
        "apiVersion": APPLICATION_SETS.api_version,
        "kind": APPLICATION_SETS.kind,
        "metadata": {
            "name": application.name,
            "namespace": NAMESPACE,
            "creationTimestamp": rfc3339(world.began - application.age),
        },
        "spec": {
            "goTemplate": True,
            "goTemplateOptions": ["missingkey=error"],
            "generators": list(_generators(world, application)),
            "syncPolicy": {"preserveResourcesOnDeletion": False},
            "template": {
                "metadata": {"name": "{{.metadata.annotations.cluster_name}}-" + application.name},
                "spec": {
                    "project": PROJECT,
                    "destination": {"name": "{{.name}}", "namespace": application.service.namespace},
                    "source": {
                        "repoURL": world.repository.url,
                        "path": path_of(application.service),
                        "targetRevision": "{{.values.revision}}",
                        "helm": {
                            "valueFiles": ["values.yaml"],
                            "parameters": [
                                {"name": "envCluster", "value": "{{.metadata.annotations.cluster_name}}"},
                            ],
                        },
                    },
                    "syncPolicy": {
                        "automated": {"selfHeal": True} if application.self_heal else {},
                        "syncOptions": ["CreateNamespace=true"],
                    },
                },
            },
        },
    }


def _generators(world: World, application: Application) -> Iterator[Obj]:
    """One for all members; one for each kind of member where they follow different revisions."""
    by_label = {label(member): application.revisions[member.id] for member in world.members}
    if len(set(by_label.values())) == 1:
        selector: Obj = {
            "matchExpressions": [
                {"key": SECRET_TYPE, "operator": "In", "values": ["cluster"]},
                {"key": "name", "operator": "NotIn", "values": [IN_CLUSTER]},
            ]
        }
        yield {"clusters": {"selector": selector, "values": {"revision": next(iter(by_label.values()))}}}
        return
    for name, revision in by_label.items():
        yield {"clusters": {"selector": {"matchLabels": {"cluster": name}}, "values": {"revision": revision}}}
