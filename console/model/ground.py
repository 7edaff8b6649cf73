"""What is there already: the account, the hub and the data centres as the set-up's readers found them. Every text is
inert, but names and values inside `objects` are byte for byte what the API server said.

A part that could not be read is None, and `unread` says why (with the permission or setting that it would take): what
is not known is neither there nor absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Object = Mapping[str, Any]
"""A Kubernetes object as the API server said it."""
Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Vpc:
    """DescribeVpcs: `status` Available | Pending. `secondary`: secondary CIDR blocks; `user`: UserCidrs."""

    id: str
    name: str = ""
    cidr: str = ""
    secondary: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    status: str = ""
    tags: Tags = ()


@dataclass(frozen=True, slots=True)
class Subnet:
    """DescribeVSwitches. `free`: AvailableIpAddressCount, None where it was not said."""

    id: str
    vpc: str
    zone: str
    cidr: str
    name: str = ""
    free: int | None = None
    status: str = ""
    tags: Tags = ()


@dataclass(frozen=True, slots=True)
class NextHop:
    """DescribeRouteEntryList: a custom or system route of one of the VPC's tables; `kind` e.g. RouterInterface,
    Attachment, VpnGateway, local."""

    vpc: str
    table: str
    cidr: str
    kind: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Admission:
    """One ingress rule of a security group. `ports`: `FROM/TO`, `-1/-1` for all; `priority` 1 (first) to 100."""

    protocol: str
    ports: str
    source: str
    policy: str = "Accept"
    priority: int = 1
    id: str = ""
    note: str = ""
    """Description."""


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """DescribeSecurityGroupAttribute. `rules` None: not read; `denied`: for want of a permission, so that asking again
    does not help."""

    id: str
    vpc: str
    name: str = ""
    rules: tuple[Admission, ...] | None = None
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Attached:
    """One of DescribeManagedClusters: `state` Installing | Successed (sic) | Failed | Deleting | Deleted."""

    cluster: str
    state: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class FleetHub:
    """DescribeHubClusters and DescribeHubClusterDetails. `argocd` None: not said. `log`: its last lines."""

    id: str
    name: str
    state: str
    region: str = ""
    vpc: str = ""
    vswitches: tuple[str, ...] = ()
    argocd: bool | None = None
    public: bool | None = None
    error: str = ""
    attached: tuple[Attached, ...] | None = None
    tags: Tags = ()
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberCluster:
    """DescribeClustersV1 and DescribeClusterDetail. `kind` ack | registered | another type's own word; `fleet`: the
    id of the Fleet that it is associated with, empty where none that can be seen; `log`: lines of its newest task."""

    id: str
    name: str
    kind: str
    state: str
    region: str = ""
    vpc: str = ""
    vswitches: tuple[str, ...] = ()
    pod_vswitches: tuple[str, ...] = ()
    pods: str = ""
    services: str = ""
    security_group: str = ""
    version: str = ""
    nodes: int | None = None
    """How many it has; None where it was not said."""
    fleet: str = ""
    error: str = ""
    tags: Tags = ()
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Balancer:
    """ListLoadBalancers. `rules`: RuleId and RuleStatus of each of its rules (ListRules), None: not read."""

    id: str
    name: str
    status: str = ""
    vpc: str = ""
    dns: str = ""
    rules: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What the OpenAPIs say of one region. `clusters`: without those that are deleted."""

    regions: tuple[str, ...] | None = None
    alb_zones: tuple[str, ...] | None = None
    vpcs: tuple[Vpc, ...] | None = None
    subnets: tuple[Subnet, ...] | None = None
    hops: tuple[NextHop, ...] | None = None
    groups: tuple[SecurityGroup, ...] | None = None
    fleets: tuple[FleetHub, ...] | None = None
    clusters: tuple[MemberCluster, ...] | None = None
    balancers: tuple[Balancer, ...] | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """Which Kubernetes object: `group` empty for the core; `namespace` empty for what has none."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Inside:
    """What lies in a namespace beside the kinds of `HubGround.objects`, and no other object owns. `unread`: kind -> why
    it could not be listed."""

    keys: tuple[Key, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HubGround:
    """The Fleet's Kubernetes API. `objects`: Namespaces, ManagedClusters, AlbConfigs, IngressClasses, Ingresses,
    AppProjects, ApplicationSets, Applications, and the metadata (never the data) of ArgoCD's cluster Secrets.
    `missing`: kinds that the server does not serve. `allowed`: `VERB GROUP/RESOURCE` -> what an access review said."""

    uid: str
    objects: Mapping[Key, Object] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    allowed: Mapping[str, bool] = field(default_factory=dict)
    gateway_events: tuple[str, ...] = ()
    """Newest Warning events of AlbConfigs and Ingresses, `KIND NAME: REASON MESSAGE`."""
    inside: Mapping[str, Inside] = field(default_factory=dict)
    """By namespace: those alone that a teardown looks into before it takes them away."""

    def find(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """An object by kind and name."""
        return next(
            (
                one
                for key, one in self.objects.items()
                if (key.kind, key.namespace, key.name) == (kind, namespace, name)
            ),
            None,
        )


@dataclass(frozen=True, slots=True)
class Site:
    """A data centre's own Kubernetes API. `problem`: why it cannot be used, empty where it can; `agent`: whether the
    connector stands there; `nodes`: addresses; `pods`: podCIDRs of its nodes."""

    problem: str = ""
    version: str = ""
    agent: bool = False
    nodes: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Handed:
    """An agent's manifest that was written for a person to apply. `file`: its objects by name alone, without what is
    secret, as `kubectl delete -f` takes it; `objects`: `KIND NAME`."""

    file: str
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """First requests of one route: answers by cluster id, and those without a usable one (`failed`)."""

    counts: tuple[tuple[str, int], ...] = ()
    unattributed: int = 0
    failed: int = 0
    last_failure: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that was found."""

    account: Account = Account()
    hub: HubGround | None = None
    """None while the Fleet has no API that we can reach."""
    sites: Mapping[str, Site] = field(default_factory=dict)
    """By member name, registered members with a context only."""
    shares: Mapping[str, Share] = field(default_factory=dict)
    """By route key; empty before the first requests."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """Part (`fleets`, `clusters`, `hub`, ...) -> why it is not known."""
    unproven: bool = False
    """Whether the last set-up from this host did not come to its end, so that all may stand, and nobody has asked for
    anything yet, nor are its files there."""
    handed: Mapping[str, Handed] = field(default_factory=dict)
    """By member name, registered members without a context for which a manifest was written on this host."""
