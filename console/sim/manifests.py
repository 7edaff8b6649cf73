"""The world's objects on the hub, as their controllers would have left them: namespaces, ManagedClusters and their
Leases, AlbConfigs with their IngressClasses, Ingresses. Pure; field by field after domain.md 1.1 to 1.3 and 3.1."""

from __future__ import annotations

import json
from collections.abc import Iterator

from console.sim.client import Obj
from console.sim.ingress_annotations import PREFIX, REMOTE_CLUSTERS, WEIGHT_PREFIX
from console.sim.recorder import micro_time, rfc3339
from console.sim.routing import CONTROLLER
from console.sim.world import Gateway, Member, Route, World

LEASE = "managed-cluster-lease"
LEASE_SECONDS = 60
GRACE = 5 * LEASE_SECONDS
"""Seconds without renewal after which the hub gives a member up: 5 lease durations."""
UNREACHABLE = "cluster.open-cluster-management.io/unreachable"
ZONE_LABEL = "topology.kubernetes.io/zone"
NAMESPACES = ("argocd", "ack-cluster-gateway", "ack-multiple-clusters", "arms-prom", "kube-queue", "fleet-console")
"""What a live Fleet has beside Kubernetes' own, and where the console keeps its runs."""
HEALTH_PATH = "/healthz"


def hub(world: World) -> Iterator[Obj]:
    """Every object, in an order in which what is referred to comes first."""
    yield from namespaces(world)
    for member in world.members:
        yield managed_cluster(world, member)
        yield lease(world, member)
    for gateway in world.gateways:
        yield ingress_class(world, gateway)
        yield alb_config(world, gateway)
    for route in world.routes:
        yield ingress(world, route)


def fresh(world: World) -> Iterator[Obj]:
    """What a Fleet has that was made just now: namespaces of its own, none of ArgoCD and none of a console."""
    for name in ("ack-cluster-gateway", "ack-multiple-clusters", "kube-queue"):
        yield namespace(name, world.began)


def namespace(name: str, made: float) -> Obj:
    """One namespace, made at an epoch second."""
    labels = {"kubernetes.io/metadata.name": name}
    metadata = {"name": name, "labels": labels, "creationTimestamp": rfc3339(made)}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def namespaces(world: World) -> Iterator[Obj]:
    """One a member, named by its id; one a Service's namespace, since the Fleet's must equal the workload's."""
    wanted = (*NAMESPACES, *(member.id for member in world.members), *(service.namespace for service in world.services))
    for name in dict.fromkeys(wanted):
        yield namespace(name, world.began - world.age)


def managed_cluster(world: World, member: Member) -> Obj:
    """A member as the hub knows it; one whose agent is silent for too long carries what the hub made of that."""
    joined = rfc3339(world.began - member.age)
    spec: Obj = {"hubAcceptsClient": True, "leaseDurationSeconds": LEASE_SECONDS}
    lost = world.silent.get(member.id, 0.0) > GRACE
    if lost:
        since = rfc3339(world.began - world.silent[member.id] + GRACE)
        available = lease_stopped(since)
        spec["taints"] = [unreachable(since)]
    else:
        available = reachable(joined)
    cpu, memory = sum(node.cpu for node in member.nodes), member.nodes[0].memory
    capacity = {"cpu": str(cpu), "memory": _times(memory, len(member.nodes))}
    return {
        "apiVersion": "cluster.open-cluster-management.io/v1",
        "kind": "ManagedCluster",
        "metadata": {
            "name": member.id,
            "labels": {ZONE_LABEL: member.zone},
            "creationTimestamp": joined,
        },
        "spec": spec,
        "status": {
            "capacity": capacity,
            "allocatable": {"cpu": f"{cpu * 1000 - 80 * len(member.nodes)}m", "memory": capacity["memory"]},
            "version": {"kubernetes": member.version},
            "clusterClaims": [
                {"name": "id.k8s.io", "value": member.id},
                {"name": "kubeversion.open-cluster-management.io", "value": member.version},
                {"name": "platform.open-cluster-management.io", "value": platform(member)},
                {"name": "region.open-cluster-management.io", "value": member.region},
            ],
            "conditions": _conditions(available, joined, lost=lost),
        },
    }


def _conditions(available: Obj, joined: str, *, lost: bool) -> list[Obj]:
    """What the hub and the agent said last; the hub's word on the clock goes with its word on the link."""
    clock = ("True", "ManagedClusterClockSynced", "The clock of the managed cluster is synced with the hub.")
    if lost:
        clock = ("Unknown", str(available["reason"]), str(available["message"]))
    return [
        condition(
            "HubAcceptedManagedCluster", "True", "HubClusterAdminAccepted", "Accepted by hub cluster admin", joined
        ),
        condition("ManagedClusterJoined", "True", "ManagedClusterJoined", "Managed cluster joined", joined),
        available,
        condition("ManagedClusterConditionClockSynced", *clock, available["lastTransitionTime"]),
    ]


def condition(type_: str, status: str, reason: str, message: str, since: str) -> Obj:
    """One entry of `status.conditions`."""
    return {"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": since}


def reachable(since: str) -> Obj:
    """The condition while the agent renews its Lease."""
    return condition(
        "ManagedClusterConditionAvailable", "True", "ManagedClusterAvailable", "Managed cluster is available", since
    )


def lease_stopped(since: str) -> Obj:
    """The condition after the grace, in the words of OCM's lease controller."""
    return condition(
        "ManagedClusterConditionAvailable",
        "Unknown",
        "ManagedClusterLeaseUpdateStopped",
        "Registration agent stopped updating its lease.",
        since,
    )


def unreachable(since: str) -> Obj:
    """The automatic taint of a member whose availability is unknown."""
    return {"key": UNREACHABLE, "effect": "NoSelect", "timeAdded": since}


def platform(member: Member) -> str:
    """The platform claim: the cloud's own clusters say so, a data centre's says nothing better."""
    return "AlibabaCloud" if member.kind == "ack" else "Other"


def lease(world: World, member: Member) -> Obj:
    """The agent's heartbeat, renewed some seconds ago or when the agent fell silent."""
    renewed = world.began - world.silent.get(member.id, 3.0)
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": LEASE,
            "namespace": member.id,
            "labels": {"open-cluster-management.io/cluster-name": member.id},
            "creationTimestamp": rfc3339(world.began - member.age),
        },
        "spec": {
            "holderIdentity": LEASE,
            "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": micro_time(renewed),
        },
    }


def ingress_class(world: World, gateway: Gateway) -> Obj:
    """Ties Ingresses to the AlbConfig."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": gateway.ingress_class, "creationTimestamp": rfc3339(world.began - gateway.age)},
        "spec": {
            "controller": CONTROLLER,
            "parameters": {"apiGroup": "alibabacloud.com", "kind": "AlbConfig", "name": gateway.name},
        },
    }


def alb_config(world: World, gateway: Gateway) -> Obj:
    """One ALB, with the members that are associated with it."""
    return {
        "apiVersion": "alibabacloud.com/v1",
        "kind": "AlbConfig",
        "metadata": {
            "name": gateway.name,
            "annotations": {REMOTE_CLUSTERS: ",".join(gateway.members)},
            "creationTimestamp": rfc3339(world.began - gateway.age),
        },
        "spec": {
            "config": {
                "name": gateway.name,
                "addressType": "Internet",
                "addressAllocatedMode": "Fixed",
                "edition": "Standard",
                "billingConfig": {"payType": "PostPay"},
                "zoneMappings": [{"vSwitchId": vswitch.id, "zoneId": vswitch.zone} for vswitch in gateway.vswitches],
            },
            "listeners": [{"port": port, "protocol": protocol} for port, protocol in gateway.listeners],
        },
    }


def ingress(world: World, route: Route) -> Obj:
    """One route with its weights as annotations."""
    gateway = world.gateway(route.gateway)
    annotations = {
        PREFIX + "listen-ports": json.dumps([{protocol: port} for port, protocol in gateway.listeners]),
        **{WEIGHT_PREFIX + member: str(weight) for member, weight in route.weights},
    }
    if route.health_check:
        annotations |= {
            PREFIX + "healthcheck-enabled": "true",
            PREFIX + "healthcheck-path": HEALTH_PATH,
            PREFIX + "healthcheck-protocol": "HTTP",
            PREFIX + "healthcheck-method": "HEAD",
            PREFIX + "healthcheck-httpcode": "http_2xx",
            PREFIX + "healthcheck-timeout-seconds": "2",
            PREFIX + "healthcheck-interval-seconds": str(route.health_interval),
            PREFIX + "healthy-threshold-count": "3",
            PREFIX + "unhealthy-threshold-count": "3",
        }
    backend = {"service": {"name": route.service.name, "port": {"number": route.service.port}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": route.name,
            "namespace": route.namespace,
            "annotations": annotations,
            "creationTimestamp": rfc3339(world.began - route.age),
        },
        "spec": {
            "ingressClassName": gateway.ingress_class,
            "rules": [
                {
                    "host": route.host,
                    "http": {"paths": [{"path": route.path, "pathType": "Prefix", "backend": backend}]},
                }
            ],
        },
    }


def _times(quantity: str, count: int) -> str:
    """A quantity with a unit, `count` times: 6 x 64Gi is 384Gi."""
    number = quantity.rstrip("KMGTPEinumk")
    return f"{int(number) * count}{quantity.removeprefix(number)}"
