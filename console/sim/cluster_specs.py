"""What a scenario may say of clusters: members of the Fleet, and data centres that nothing knows of yet."""

from __future__ import annotations

from typing import Literal

from console.sim.terms import Base, Days, Name, Positive


class NodesSpec(Base, frozen=True):
    """The nodes of a member, all alike. `cpu` in cores, `memory` as a quantity."""

    count: Positive
    cpu: Positive
    memory: str
    cidr: str


class PodsSpec(Base, frozen=True):
    """Where a member's pods have their addresses."""

    cidr: str


class MemberSpec(Base, frozen=True):
    """A cluster of the Fleet."""

    name: Name
    kind: Literal["ack", "registered"]
    zone: Name
    version: str
    nodes: NodesSpec
    pods: PodsSpec
    cloud_zone: str = ""
    """Of an ACK member's vSwitches; absent: one of the gateways' vSwitches'."""
    age: Days = "30d"


class DataCentreSpec(Base, frozen=True):
    """A Kubernetes cluster outside the cloud that nothing in the account knows of yet: all there is of it is a context,
    by its name, with an administrator's token. Its nodes, and the pods of an `underlay`, have routes in the VPC."""

    name: Name
    zone: Name
    version: str
    network: Literal["overlay", "underlay"]
    nodes: NodesSpec
    pods: PodsSpec
    age: Days = "30d"
