"""What ArgoCD's objects are called: resources, labels, annotations and finalizers (domain.md sections 3.2 and 4)."""

from __future__ import annotations

from console.sim.client import Obj, Resource

GROUP = "argoproj.io"
NAMESPACE = "argocd"
APPLICATIONS = Resource(GROUP, "v1alpha1", "applications", "Application")
APPLICATION_SETS = Resource(GROUP, "v1alpha1", "applicationsets", "ApplicationSet")
APP_PROJECTS = Resource(GROUP, "v1alpha1", "appprojects", "AppProject")
SECRETS = Resource("", "v1", "secrets", "Secret")
NAMESPACES = Resource("", "v1", "namespaces", "Namespace")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
SERVICES = Resource("", "v1", "services", "Service")
MANAGED = {resource.kind: resource for resource in (SERVICES, DEPLOYMENTS)}
"""What the simulated charts render, in the order in which a sync applies it."""

SECRET_TYPE = "argocd.argoproj.io/secret-type"
CLUSTER_ID = "cluster_id"
CLUSTER_NAME = "cluster_name"
"""Annotations by which ACK One's templates know a cluster."""
REFRESH = "argocd.argoproj.io/refresh"
SET_REFRESH = "argocd.argoproj.io/application-set-refresh"
SKIP_RECONCILE = "argocd.argoproj.io/skip-reconcile"
TRACKING = "argocd.argoproj.io/tracking-id"
ANOTHERS = "simulator.example/controller"
"""On an Application that something else of the simulator acts for: the controller leaves it alone."""
RESOURCES_FINALIZER = "resources-finalizer.argocd.argoproj.io"
IN_CLUSTER = "in-cluster"
IN_CLUSTER_SERVER = "https://kubernetes.default.svc"
SET_CONTROLLER = "argocd-applicationset-controller"
CONTROLLER = "argocd-application-controller"
"""Field managers and User-Agents of the two controllers."""


def is_cluster(secret: Obj) -> bool:
    """Whether a Secret declares a cluster; ArgoCD looks in its own namespace alone."""
    return secret["metadata"].get("namespace") == NAMESPACE and labels_of(secret).get(SECRET_TYPE) == "cluster"


def labels_of(obj: Obj) -> dict[str, str]:
    """Labels of an object."""
    found: dict[str, str] = obj["metadata"].get("labels") or {}
    return found


def annotations_of(obj: Obj) -> dict[str, str]:
    """Annotations of an object."""
    found: dict[str, str] = obj["metadata"].get("annotations") or {}
    return found


def tracking_id(application: str, obj: Obj) -> str:
    """What ties an object in a member to its Application: `app:apps/Deployment:namespace/name`."""
    group = obj["apiVersion"].rpartition("/")[0]
    metadata = obj["metadata"]
    return f"{application}:{group}/{obj['kind']}:{metadata.get('namespace', '')}/{metadata['name']}"


def tracked_by(obj: Obj) -> str:
    """The Application that an object says it belongs to; "" for none, also where the object is a copy of another."""
    found = annotations_of(obj).get(TRACKING, "")
    name = found.partition(":")[0]
    return name if found == tracking_id(name, obj) else ""


def merge_patch(before: Obj, wanted: Obj) -> Obj:
    """The JSON merge patch that makes `before` into `wanted`; {} where they are equal."""
    patch: Obj = dict.fromkeys(before.keys() - wanted.keys())
    for key, value in wanted.items():
        former = before.get(key)
        if isinstance(value, dict) and isinstance(former, dict):
            inner = merge_patch(former, value)
            if inner:
                patch[key] = inner
        elif key not in before or former != value:
            patch[key] = value
    return patch
