"""The kinds of object that are read from a hub: where each is listed, with which selectors, and how it is decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from console.kube import argo, decode, record
from console.kube.decode import Metadata, Shape
from console.kube.trouble import permission
from console.model.freshness import SourceName, Topic
from console.model.hub import RUN_NAMESPACE

EVENTS_KEPT = 2_000
"""Events kept; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object and the source that it is.

    `selector` is what a server may not know and is then left out: what it would have left out is left out at decode.
    `each`: the path of one member's object, for those who may read single objects only. Where `accept` asks for
    metadata alone, an answer with more in it is dropped.
    """

    source: Topic
    name: str
    group: str
    resource: str
    path: str
    shape: Shape
    key: Callable[[Metadata], str]
    query: tuple[tuple[str, str], ...] = ()
    selector: tuple[tuple[str, str], ...] = ()
    namespace: str | None = None
    keep: int | None = None
    page: int = 100
    each: Callable[[str], str] | None = None
    accept: str = "application/json"
    every: float | None = None
    """Seconds between two lists of a kind that is never watched."""

    @property
    def verbs(self) -> tuple[str, ...]:
        """What must be allowed to read it."""
        return ("list", "watch") if self.every is None else ("list",)

    @property
    def full_name(self) -> str:
        """`ingresses.networking.k8s.io`"""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    def permission(self, verb: str) -> str:
        """The permission that `verb` on this kind needs."""
        return permission(verb, self.group, self.resource, self.namespace)


def _lease_of(member: str) -> str:
    return f"/apis/coordination.k8s.io/v1/namespaces/{quote(member, safe='')}/leases/{decode.LEASE_NAME}"


KINDS = (
    Kind(
        SourceName.MEMBERS,
        "ManagedCluster",
        "cluster.open-cluster-management.io",
        "managedclusters",
        "/apis/cluster.open-cluster-management.io/v1/managedclusters",
        decode.managed_cluster,
        decode.by_name,
    ),
    Kind(
        SourceName.HEARTBEATS,
        "Lease",
        "coordination.k8s.io",
        "leases",
        "/apis/coordination.k8s.io/v1/leases",
        decode.lease,
        decode.by_namespace,
        selector=(("fieldSelector", f"metadata.name={decode.LEASE_NAME}"),),
        each=_lease_of,
    ),
    Kind(
        SourceName.GATEWAYS,
        "AlbConfig",
        "alibabacloud.com",
        "albconfigs",
        "/apis/alibabacloud.com/v1/albconfigs",
        decode.alb_config,
        decode.by_name,
    ),
    Kind(
        SourceName.CLASSES,
        "IngressClass",
        "networking.k8s.io",
        "ingressclasses",
        "/apis/networking.k8s.io/v1/ingressclasses",
        decode.ingress_class,
        decode.by_name,
    ),
    Kind(
        SourceName.ROUTES,
        "Ingress",
        "networking.k8s.io",
        "ingresses",
        "/apis/networking.k8s.io/v1/ingresses",
        decode.ingress,
        decode.by_path,
    ),
    Kind(
        SourceName.EVENTS,
        "Event",
        "",
        "events",
        "/api/v1/events",
        decode.event,
        decode.by_path,
        selector=(
            (
                "fieldSelector",
                ",".join(f"involvedObject.kind!={k}" for k in ("Pod", "Application", "ApplicationSet", "ReplicaSet")),
            ),
        ),
        keep=EVENTS_KEPT,
        page=500,
    ),
    Kind(
        SourceName.APPLICATIONS,
        "Application",
        "argoproj.io",
        "applications",
        "/apis/argoproj.io/v1alpha1/applications",
        argo.application,
        decode.by_path,
    ),
    Kind(
        SourceName.SETS,
        "ApplicationSet",
        "argoproj.io",
        "applicationsets",
        "/apis/argoproj.io/v1alpha1/applicationsets",
        argo.application_set,
        decode.by_path,
    ),
    Kind(
        SourceName.RUNS,
        "ConfigMap",
        "",
        "configmaps",
        f"/api/v1/namespaces/{RUN_NAMESPACE}/configmaps",
        record.ours,
        decode.by_name,
        namespace=RUN_NAMESPACE,
    ),
)
"""What is read, in the order in which it is asked for."""

METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Asks a list for the objects' metadata and nothing else."""


def cluster_secrets(namespace: str) -> Kind:
    """ArgoCD's cluster Secrets, without their data."""
    return Kind(
        SourceName.CLUSTER_SECRETS,
        "Secret",
        "",
        "secrets",
        f"/api/v1/namespaces/{quote(namespace, safe='')}/secrets",
        argo.cluster_secret,
        decode.by_name,
        query=(("labelSelector", "argocd.argoproj.io/secret-type=cluster"),),
        namespace=namespace,
        accept=METADATA,
        every=60.0,
    )
