"""What a member's own API shows of the world: nodes, and for each Service its Deployment, autoscaler and pods. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from console.sim.client import Obj
from console.sim.manifests import ZONE_LABEL, condition
from console.sim.recorder import rfc3339
from console.sim.terms import seconds
from console.sim.world import Member, Node, Pod, Service, World

CPU_REQUEST = 500
"""Millicores that every pod asks for."""
MEMORY_REQUEST = "512Mi"
PODS_A_NODE = "64"
IMAGE = "registry.example.com/demo/web-demo:v1"


def member(world: World, cluster: Member) -> Iterator[Obj]:
    """Every object of one member's API."""
    for namespace in dict.fromkeys(service.namespace for service in world.services):
        labels = {"kubernetes.io/metadata.name": namespace}
        metadata = {"name": namespace, "labels": labels, "creationTimestamp": rfc3339(world.began - cluster.age)}
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    dead = cluster.id in world.dead
    for machine in cluster.nodes:
        yield node(world, cluster, machine, ready=not dead)
    for service in world.services:
        if service.key not in cluster.pods:
            continue
        pods = cluster.pods[service.key]
        yield service_object(world, cluster, service)
        yield deployment(world, cluster, service, ready=0 if dead else len(pods))
        yield autoscaler(world, cluster, service)
        for index, each in enumerate(pods):
            yield pod(world, cluster, service, each, ready=not dead, index=index)


def node(world: World, cluster: Member, each: Node, *, ready: bool) -> Obj:
    """A node with what it can carry; one of a dead zone has stopped reporting."""
    since = rfc3339(world.began - cluster.age)
    resources = {"cpu": str(each.cpu), "memory": each.memory, "pods": PODS_A_NODE}
    state = ("True", "KubeletReady", "kubelet is posting ready status")
    if not ready:
        state = ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
        since = rfc3339(world.began - _died(world, cluster))
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": each.name,
            "labels": {
                "kubernetes.io/hostname": each.name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                ZONE_LABEL: cluster.zone,
            },
            "creationTimestamp": rfc3339(world.began - cluster.age),
        },
        "spec": {"podCIDR": f"{each.block}/26"},
        "status": {
            "capacity": resources,
            "allocatable": {**resources, "cpu": f"{each.cpu * 1000 - 80}m"},
            "addresses": [{"type": "InternalIP", "address": each.ip}, {"type": "Hostname", "address": each.name}],
            "conditions": [condition("Ready", *state, since)],
            "nodeInfo": {
                "kubeletVersion": cluster.version,
                "kubeProxyVersion": cluster.version,
                "osImage": "Alibaba Cloud Linux 3",
                "kernelVersion": "5.10.134-17.al8.x86_64",
                "containerRuntimeVersion": "containerd://1.6.36",
                "operatingSystem": "linux",
                "architecture": "amd64",
                "machineID": "",
                "systemUUID": "",
                "bootID": "",
            },
        },
    }


def service_object(world: World, cluster: Member, service: Service) -> Obj:
    """The Service that the Ingress names."""
    port = {"name": "http", "port": service.port, "targetPort": service.target_port, "protocol": "TCP"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": service.name,
            "namespace": service.namespace,
            "creationTimestamp": rfc3339(world.began - cluster.age / 2),
        },
        "spec": {"type": "ClusterIP", "selector": {"app": service.workload}, "ports": [port]},
    }


def deployment(world: World, cluster: Member, service: Service, *, ready: int) -> Obj:
    """The workload; `ready` of its pods are."""
    since = rfc3339(world.began - cluster.age / 2)
    labels = {"app": service.workload}
    enough = ready >= service.pods
    conditions = [
        condition("Progressing", "True", "NewReplicaSetAvailable", "ReplicaSet has successfully progressed.", since),
        condition(
            "Available",
            "True" if enough else "False",
            "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
            "Deployment has minimum availability." if enough else "Deployment does not have minimum availability.",
            since if enough else rfc3339(world.began - _died(world, cluster)),
        ),
    ]
    status = {
        "observedGeneration": 1,
        "replicas": service.pods,
        "updatedReplicas": service.pods,
        "readyReplicas": ready,
        "availableReplicas": ready,
        "conditions": conditions,
    }
    if not enough:
        status["unavailableReplicas"] = service.pods - ready
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": service.workload,
            "namespace": service.namespace,
            "labels": labels,
            "annotations": {"deployment.kubernetes.io/revision": "1"},
            "creationTimestamp": since,
        },
        "spec": {
            "replicas": service.pods,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [_container(cluster, service)]}},
        },
        "status": status,
    }


def autoscaler(world: World, cluster: Member, service: Service) -> Obj:
    """The room upwards: at most `most` pods, and how busy those there are."""
    since = rfc3339(world.began - cluster.age / 2)
    target = {"type": "Utilization", "averageUtilization": 60}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": service.workload, "namespace": service.namespace, "creationTimestamp": since},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": service.workload},
            "minReplicas": service.pods,
            "maxReplicas": service.most,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
        "status": {
            "currentReplicas": service.pods,
            "desiredReplicas": service.pods,
            "currentMetrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "current": {
                            "averageUtilization": service.busy,
                            "averageValue": f"{CPU_REQUEST * service.busy // 100}m",
                        },
                    },
                }
            ],
            "conditions": [
                condition("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size", since),
                condition("ScalingActive", "True", "ValidMetricFound", "the HPA was able to compute the count", since),
                condition("ScalingLimited", "False", "DesiredWithinRange", "the desired count is in range", since),
            ],
        },
    }


def pod(world: World, cluster: Member, service: Service, each: Pod, *, ready: bool, index: int) -> Obj:
    """One pod; one of a dead zone still counts as running, since nobody there can say otherwise."""
    started = rfc3339(world.began - cluster.age / 2 + index)
    since = started if ready else rfc3339(world.began - _died(world, cluster))
    reason = "" if ready else "NodeNotReady"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": each.name,
            "namespace": service.namespace,
            "labels": {"app": service.workload},
            "creationTimestamp": started,
        },
        "spec": {"nodeName": each.node, "containers": [_container(cluster, service)]},
        "status": {
            "phase": "Running",
            "podIP": each.ip,
            "podIPs": [{"ip": each.ip}],
            "startTime": started,
            "conditions": [condition("Ready", "True" if ready else "False", reason, "", since)],
            "containerStatuses": [
                {
                    "name": service.workload,
                    "image": IMAGE,
                    "imageID": "",
                    "ready": ready,
                    "started": True,
                    "restartCount": 0,
                    "state": {"running": {"startedAt": started}},
                }
            ],
        },
    }


def _container(cluster: Member, service: Service) -> Obj:
    return {
        "name": service.workload,
        "image": IMAGE,
        "ports": [{"containerPort": service.target_port, "protocol": "TCP"}],
        "env": [{"name": "ENV_NAME", "value": cluster.name}],
        "resources": {"requests": {"cpu": f"{CPU_REQUEST}m", "memory": MEMORY_REQUEST}},
    }


def _died(world: World, cluster: Member) -> float:
    return seconds(world.dead[cluster.id].since)
