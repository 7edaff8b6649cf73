"""A hybrid topology as its author writes it, and the account, hub and data centre where nothing speaks against it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from console.decide.setup.file import parse
from console.model.ground import (
    Account,
    Admission,
    Attached,
    FleetHub,
    Ground,
    HubGround,
    Key,
    MemberCluster,
    NextHop,
    Object,
    SecurityGroup,
    Site,
    Subnet,
    Vpc,
)
from console.model.topology import Topology

ACK, IDC = f"c{'a' * 32}", f"c{'b' * 32}"
REGION = "cn-hangzhou"

TEXT = f"""\
schema: fleet-console/topology/v1
name: demo
region: cn-hangzhou
vpc:
  id: vpc-1
vswitches:
- name: nodes-j
  id: vsw-nodes
- name: pods-j
  id: vsw-pods
- name: gateway-j
  id: vsw-gw-j
- name: gateway-k
  id: vsw-gw-k
fleet:
  name: demo-fleet
  id: fleet-1
members:
- name: ack-prod
  kind: ack
  id: {ACK}
  zone: cn-hangzhou-j
  vswitches:
  - nodes-j
  pod_vswitches:
  - pods-j
  cidrs:
    services: 172.19.0.0/20
  network: underlay
- name: idc-prod
  kind: registered
  id: {IDC}
  zone: cn-hangzhou-k
  cidrs:
    nodes:
    - 192.168.0.0/20
    pods:
    - 172.20.0.0/16
    services: 172.21.0.0/20
  network: overlay
  context: idc
gateway:
  name: gateway-demo
  vswitches:
  - gateway-j
  - gateway-k
  listeners:
  - port: 8001
applications:
- name: web-demo
  repository: https://github.com/AliyunContainerService/gitops-demo.git
  path: manifests/helm/web-demo
  namespace: gateway-demo
  parameters:
    envCluster: '{{{{.metadata.annotations.cluster_name}}}}'
  preserve_resources_on_deletion: true
routes:
- name: gateway-demo/web-demo
  host: demo.example.com
  service: service1
  port: 80
  weights:
    ack-prod: 60
    idc-prod: 40
"""
"""In the form that `dump` gives, so that it comes back byte for byte."""


def hybrid(*changes: tuple[str, str]) -> Topology:
    """The topology, with texts of its file replaced."""
    return parse(edited(*changes), "topology.yaml")


def edited(*changes: tuple[str, str]) -> str:
    """Its file, with texts replaced; each of them is there."""
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


ACCOUNT = Account(
    regions=(REGION, "cn-beijing"),
    alb_zones=("cn-hangzhou-h", "cn-hangzhou-j", "cn-hangzhou-k"),
    vpcs=(Vpc("vpc-1", "prod", "10.0.0.0/8", status="Available"),),
    subnets=(
        Subnet("vsw-nodes", "vpc-1", "cn-hangzhou-j", "10.0.16.0/20", "nodes", 4000),
        Subnet("vsw-pods", "vpc-1", "cn-hangzhou-j", "10.0.64.0/19", "pods", 8000),
        Subnet("vsw-gw-j", "vpc-1", "cn-hangzhou-j", "10.0.200.0/24", "gw-j", 200),
        Subnet("vsw-gw-k", "vpc-1", "cn-hangzhou-k", "10.0.201.0/24", "gw-k", 200),
    ),
    hops=(NextHop("vpc-1", "vtb-1", "192.168.0.0/16", "RouterInterface", "ri-1"),),
    groups=(SecurityGroup("sg-1", "vpc-1", rules=(Admission("ALL", "-1/-1", "10.0.200.0/23"),)),),
    fleets=(
        FleetHub(
            "fleet-1", "demo-fleet", "running", REGION, "vpc-1", argocd=True,
            attached=(Attached(ACK, "Successed"), Attached(IDC, "Successed")),
        ),
    ),
    clusters=(
        MemberCluster(
            ACK, "ack-prod", "ack", "running", REGION, "vpc-1", ("vsw-nodes",), ("vsw-pods",),
            services="172.19.0.0/20", security_group="sg-1", fleet="fleet-1",
        ),
        MemberCluster(IDC, "idc-prod", "registered", "running", REGION, "vpc-1", fleet="fleet-1"),
    ),
    balancers=(),
)  # fmt: skip


def secret(identifier: str, name: str, **labels: str) -> tuple[Key, Object]:
    """An ArgoCD cluster as the association makes it."""
    said = {"argocd.argoproj.io/secret-type": "cluster", **labels}
    full = f"{name}-{identifier}"
    metadata = {
        "name": full, "namespace": "argocd", "labels": said,
        "annotations": {"cluster_id": identifier, "cluster_name": name},
    }  # fmt: skip
    return Key("", "Secret", "argocd", full), {"metadata": metadata}


def managed(cluster: str) -> tuple[Key, Object]:
    """A member whose agent is heard."""
    condition = {"type": "ManagedClusterConditionAvailable", "status": "True"}
    return Key("cluster.open-cluster-management.io", "ManagedCluster", "", cluster), {
        "metadata": {"name": cluster},
        "status": {"conditions": [condition]},
    }


def applicationset(name: str, selector: dict[str, Any], *, preserve: bool = False) -> tuple[Key, Object]:
    """An ApplicationSet of somebody else."""
    return Key("argoproj.io", "ApplicationSet", "argocd", name), {
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {
            "generators": [{"clusters": {"selector": selector}}],
            "syncPolicy": {"preserveResourcesOnDeletion": preserve},
        },
    }


HUB = HubGround(
    "uid-1",
    objects=dict(
        (
            secret(ACK, "ack-prod", cluster="ack"),
            secret(IDC, "idc-prod", cluster="idc"),
            managed(ACK),
            managed(IDC),
        )
    ),
    allowed={"create networking.k8s.io/ingresses": True, "patch alibabacloud.com/albconfigs": True},
)
GROUND = Ground(ACCOUNT, HUB, sites={"idc-prod": Site(version="v1.30")})


def account(**values: Any) -> Ground:
    """The ground with parts of the account replaced."""
    return replace(GROUND, account=replace(ACCOUNT, **values))


def hub(*objects: tuple[Key, Object], **values: Any) -> Ground:
    """The ground with objects on the hub added or replaced, and other values of it."""
    return replace(GROUND, hub=replace(HUB, objects={**HUB.objects, **dict(objects)}, **values))
