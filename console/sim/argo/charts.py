"""What the repository holds: a chart for each workload, rendered as Helm renders it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from console.sim.argo.git import Commit, Repository
from console.sim.argo.kinds import DEPLOYMENTS, SERVICES
from console.sim.client import Obj
from console.sim.member_manifests import CPU_REQUEST, MEMORY_REQUEST
from console.sim.world import Service

FOLDER = "manifests/helm"
NODE_PORT = 30100
"""Where a node serves the chart's Service if `isNodePort` is set."""
REGISTRY = "registry.example.com/demo"


class SourceError(Exception):
    """A source that gives no manifests; the text is the repo server's."""


class Rendered(NamedTuple):
    """Manifests, and the commit that they are of."""

    commit: Commit
    objects: list[Obj]


class Charts:
    """The repository with its charts, as the repo server sees it."""

    def __init__(self, repository: Repository, services: Iterable[Service]) -> None:
        self._repository = repository
        self._services = {path_of(service): service for service in services}

    def render(self, source: Obj, namespace: str, *, revision: str = "") -> Rendered:
        """The manifests of an Application's source, at `revision` in place of its own. Raises `SourceError`."""
        url = source.get("repoURL", "")
        if url.removesuffix(".git") != self._repository.url.removesuffix(".git"):
            raise SourceError(f"failed to list refs: authentication required: Repository not found: {url}")
        asked = revision or source.get("targetRevision", "")
        commit = self._repository.resolve(asked)
        if commit is None:
            raise SourceError(f"unable to resolve '{asked}' to a commit SHA")
        path = source.get("path", "").strip("/")
        service = self._services.get(path)
        if service is None:
            raise SourceError(f"{path}: app path does not exist")
        parameters = (source.get("helm") or {}).get("parameters") or ()
        values = {each.get("name", ""): each.get("value", "") for each in parameters}
        return Rendered(commit, [_service(service, namespace, values), _deployment(service, namespace, values, commit)])

    def can_start(self, image: str) -> bool:
        """Whether some commit deploys this image; the registry has no other."""
        known = (image_of(each, commit) for each in self._services.values() for commit in self._repository.commits)
        return image in known


def path_of(service: Service) -> str:
    """Where the chart of a workload is."""
    return f"{FOLDER}/{service.workload}"


def image_of(service: Service, commit: Commit) -> str:
    """The image that a commit deploys."""
    return image_at(service, commit.version)


def image_at(service: Service, version: str) -> str:
    """A workload's image of some version, whether it was ever built or not."""
    return f"{REGISTRY}/{service.workload}:{version}"


def _service(service: Service, namespace: str, values: dict[str, str]) -> Obj:
    port: Obj = {"name": "http", "port": service.port, "targetPort": service.target_port, "protocol": "TCP"}
    is_node_port = values.get("isNodePort", "").lower() == "true"
    if is_node_port:
        port["nodePort"] = NODE_PORT
    return {
        "apiVersion": SERVICES.api_version,
        "kind": SERVICES.kind,
        "metadata": {"name": service.name, "namespace": namespace},
        "spec": {
            "type": "NodePort" if is_node_port else "ClusterIP",
            "selector": {"app": service.workload},
            "ports": [port],
        },
    }


def _deployment(service: Service, namespace: str, values: dict[str, str], commit: Commit) -> Obj:
    labels = {"app": service.workload}
    container = {
        "name": service.workload,
        "image": image_of(service, commit),
        "ports": [{"containerPort": service.target_port, "protocol": "TCP"}],
        "env": [{"name": "ENV_NAME", "value": values.get("envCluster", "cluster-oneregion")}],
        "resources": {"requests": {"cpu": f"{CPU_REQUEST}m", "memory": MEMORY_REQUEST}},
    }
    return {
        "apiVersion": DEPLOYMENTS.api_version,
        "kind": DEPLOYMENTS.kind,
        "metadata": {"name": service.workload, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": service.pods,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
