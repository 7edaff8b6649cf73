"""Who is who: each part of a topology in the ground, by its id, or by its name where it carries our tag."""

from __future__ import annotations

from dataclasses import dataclass

from console.model.ground import (
    Account,
    Attached,
    Balancer,
    FleetHub,
    Ground,
    HubGround,
    MemberCluster,
    Object,
    Subnet,
    Tags,
    Vpc,
)
from console.model.topology import LABEL, TAG, MemberPart, Topology

ARGO = "argocd"
"""Namespace of ArgoCD on a Fleet (domain.md 3.2)."""
_CLUSTER_ID = "cluster_id"
_IN_CLUSTER = "in-cluster"


@dataclass(frozen=True, slots=True)
class Found:
    """A topology looked up in the ground. Look-ups give None for what is not there yet, `..._id` a placeholder."""

    topology: Topology
    ground: Ground

    @property
    def account(self) -> Account:
        """What the OpenAPIs say."""
        return self.ground.account

    @property
    def hub(self) -> HubGround:
        """The Fleet's API; an empty one while it has none."""
        return self.ground.hub or HubGround("")

    def ours(self, tags: Tags) -> bool:
        """Whether a cloud resource was made by this topology's set-up."""
        return (TAG, self.topology.name) in tags

    def made(self, thing: Object) -> bool:
        """Whether a Kubernetes object was made whole by this topology's set-up."""
        metadata = thing.get("metadata")
        labels = metadata.get("labels") if isinstance(metadata, dict) else None
        return isinstance(labels, dict) and labels.get(LABEL) == self.topology.name

    @property
    def vpc(self) -> Vpc | None:
        """The VPC."""
        part = self.topology.vpc
        for one in self.account.vpcs or ():
            if one.id == part.id or (part.id is None and one.name == part.name and self.ours(one.tags)):
                return one
        return None

    @property
    def vpc_id(self) -> str:
        """Its id, or a placeholder."""
        return self.topology.vpc.id or (self.vpc.id if self.vpc else f"<VPC {self.topology.vpc.name}>")

    def subnet(self, name: str) -> Subnet | None:
        """A vSwitch by its name in the topology."""
        part = self.topology.vswitch(name)
        if part is None:
            return None
        for one in self.account.subnets or ():
            same = one.vpc == self.vpc_id and one.name == part.name and self.ours(one.tags)
            if one.id == part.id or (part.id is None and same):
                return one
        return None

    def subnet_id(self, name: str) -> str:
        """Its id, or a placeholder."""
        part, there = self.topology.vswitch(name), self.subnet(name)
        return (part.id if part else None) or (there.id if there else f"<vSwitch {name}>")

    def subnet_cidr(self, name: str) -> str:
        """Its range: as it is, else as it is to be; empty where neither is known."""
        part, there = self.topology.vswitch(name), self.subnet(name)
        return there.cidr if there else (part.cidr if part else None) or ""

    @property
    def fleet(self) -> FleetHub | None:
        """The Fleet."""
        part = self.topology.fleet
        for one in self.account.fleets or ():
            if one.id == part.id or (part.id is None and one.name == part.name and self.ours(one.tags)):
                return one
        return None

    @property
    def fleet_id(self) -> str:
        """Its id, or a placeholder."""
        return self.topology.fleet.id or (self.fleet.id if self.fleet else f"<Fleet {self.topology.fleet.name}>")

    def cluster(self, part: MemberPart) -> MemberCluster | None:
        """A member's cluster."""
        for one in self.account.clusters or ():
            if one.id == part.id or (part.id is None and one.name == part.name and self.ours(one.tags)):
                return one
        return None

    def cluster_id(self, part: MemberPart) -> str:
        """Its id, or a placeholder."""
        there = self.cluster(part)
        return part.id or (there.id if there else f"<cluster {part.name}>")

    def attached(self, part: MemberPart) -> Attached | None:
        """A member's association with the Fleet."""
        fleet = self.fleet
        return next(
            (one for one in (fleet.attached if fleet else None) or () if one.cluster == self.cluster_id(part)), None
        )

    def secret(self, part: MemberPart) -> Object | None:
        """The ArgoCD cluster Secret (metadata alone) of a member: by its annotation, else by its name."""
        identifier = self.cluster_id(part)
        for key, one in self.hub.objects.items():
            if key.kind != "Secret" or key.namespace != ARGO or key.name == _IN_CLUSTER:
                continue
            annotations = one.get("metadata", {}).get("annotations") or {}
            if annotations.get(_CLUSTER_ID) == identifier or identifier in key.name:
                return one
        return None

    def applications(self, name: str) -> tuple[Object, ...]:
        """Those that an ApplicationSet owns."""
        return tuple(
            one
            for key, one in self.hub.objects.items()
            if key.kind == "Application"
            and any(
                owner.get("kind") == "ApplicationSet" and owner.get("name") == name
                for owner in one.get("metadata", {}).get("ownerReferences") or ()
            )
        )

    @property
    def balancer_id(self) -> str:
        """Of the gateway's ALB, as the AlbConfig's status says it; empty where it does not."""
        gateway = self.topology.gateway
        config = self.hub.find("AlbConfig", gateway.name) if gateway else None
        identifier = (((config or {}).get("status") or {}).get("loadBalancer") or {}).get("id")
        return identifier if isinstance(identifier, str) else ""

    @property
    def balancer(self) -> Balancer | None:
        """The gateway's ALB."""
        return next((one for one in self.account.balancers or () if one.id == self.balancer_id), None)
