"""What an account holds: networks, security groups, clusters, Fleets and their associations, each as the cloud's own
services keep it. What is served behind them is the grounds' affair (grounds.py)."""

from __future__ import annotations

import ipaddress
import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeVar

from console.sim.account.tasks import Tasks
from console.sim.alb.state import Alb
from console.sim.openapis.refusal import OpenApiError
from console.sim.world import Node, digest

RESERVED = 4
"""Addresses of every vSwitch that the cloud keeps: the first and the last three."""
OF_AN_ALB = 3
"""Addresses that an ALB holds in each of its vSwitches."""
T = TypeVar("T")


@dataclass(slots=True)
class RouteEntry:
    """Where packets for a range go. `custom`: written by somebody, in place of the system's own."""

    id: str
    cidr: str
    name: str = ""
    custom: bool = True
    next_hop: tuple[str, str] = ("local", "")
    """Type and id."""


@dataclass(slots=True)
class Vpc:
    """A network. `status`: Pending | Available; `routes` are those of its system route table."""

    id: str
    name: str
    cidr: str
    created: float
    table: str
    status: str = "Available"
    tags: dict[str, str] = field(default_factory=dict)
    routes: list[RouteEntry] = field(default_factory=list)


@dataclass(slots=True)
class VSwitch:
    """A subnet in one cloud zone; `status` as its VPC's."""

    id: str
    name: str
    vpc: str
    zone: str
    cidr: str
    created: float
    status: str = "Available"
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def network(self) -> ipaddress.IPv4Network:
        """Its range."""
        return ipaddress.IPv4Network(self.cidr)


@dataclass(slots=True)
class Permission:
    """One inbound rule of a security group; `ports` as `8080/8080`, `-1/-1` for all."""

    id: str
    protocol: str
    ports: str
    source: str
    policy: str = "Accept"
    priority: int = 1
    description: str = ""


@dataclass(slots=True)
class SecurityGroup:
    """Who may reach the machines in it; `permissions` by rule id."""

    id: str
    name: str
    vpc: str
    created: float
    permissions: dict[str, Permission] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def admits(self, source: ipaddress.IPv4Network, port: int) -> bool:
        """Whether a whole range may reach a TCP port: the lowest priority that speaks of it decides, Drop first."""
        speaking = [one for one in self.permissions.values() if _speaks(one, source, port)]
        first = min(speaking, key=lambda one: (one.priority, one.policy == "Accept"), default=None)
        return first is not None and first.policy == "Accept"


@dataclass(slots=True)
class Cluster:
    """A cluster as CS knows it. `state` in its enumeration; `network`: terway-eniip | flannel of an ACK cluster."""

    id: str
    name: str
    kind: Literal["ack", "registered"]
    version: str
    vpc: str
    created: float
    state: str = "initial"
    vswitches: tuple[str, ...] = ()
    pod_vswitches: tuple[str, ...] = ()
    zone: str = ""
    """The failure domain that members of this cluster are in, where the scenario names one."""
    container_cidr: str = ""
    service_cidr: str = ""
    network: str = ""
    security_group: str = ""
    nodes: tuple[Node, ...] = ()
    node_cidr: str = ""
    pods: tuple[str, ...] = ()
    """Addresses of pods that stand in vSwitches from the beginning."""
    pool: str = "default-nodepool"
    instance_type: str = ""
    protected: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    token: str = ""
    """By which the agent of a registered cluster says whose it is."""
    spec: str = "ack.pro.small"


@dataclass(slots=True)
class Association:
    """A cluster of a Fleet; `state`: Installing | Successed | Failed | Deleting."""

    cluster: str
    state: str = "Installing"
    message: str = ""


@dataclass(slots=True)
class Line:
    """A line of a Fleet's log; `level`: error | warn | info."""

    at: float
    level: str
    text: str


@dataclass(slots=True)
class Hub:
    """A Fleet. `state` in ADCP's enumeration, and `updating` while it changes."""

    id: str
    name: str
    version: str
    vpc: str
    vswitches: tuple[str, ...]
    created: float
    state: str = "initial"
    error: str = ""
    argocd: bool = False
    public: bool = False
    audit: bool = False
    protected: bool = False
    profile: str = "Default"
    tags: dict[str, str] = field(default_factory=dict)
    members: dict[str, Association] = field(default_factory=dict)
    log: list[Line] = field(default_factory=list)


class Account:
    """Everything there is, by id. `dead` and `silent` tell of a cluster's servers and of its agent, `now` the time."""

    def __init__(
        self,
        *,
        region: str,
        zones: Iterable[str],
        seed: int,
        version: str,
        alb: Alb,
        speed: float = 1.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.region = region
        self.zones = tuple(zones)
        self.seed = seed
        self.version = version
        """Of the API servers of Fleets and clusters that are made."""
        self.alb = alb
        self.now = now
        self.tasks = Tasks(speed=speed, now=now)
        self.vpcs: dict[str, Vpc] = {}
        self.vswitches: dict[str, VSwitch] = {}
        self.groups: dict[str, SecurityGroup] = {}
        self.clusters: dict[str, Cluster] = {}
        self.hubs: dict[str, Hub] = {}
        self.dead: Callable[[str], bool] = lambda cluster: False
        self.silent: Callable[[str], bool] = lambda cluster: False
        self._count = itertools.count(1)

    def id(self, prefix: str, *words: str) -> str:
        """`prefix` and 18 hex digits, the same for the same words, and new ones where there are none."""
        return prefix + digest(self.seed, prefix, *(words or (f"made {next(self._count)}",)))[:18]

    def cluster_id(self) -> str:
        """A new id of a cluster or a Fleet: `c` and 32 hex digits."""
        return "c" + digest(self.seed, "cluster", f"made {next(self._count)}")[:32]

    def date(self, at: float) -> str:
        """`2026-11-24T14:20:05Z`."""
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def state_of(self, cluster: Cluster) -> str:
        """A cluster's state as CS says it: a registered one whose agent is silent is disconnected."""
        if cluster.kind == "registered" and cluster.state == "running" and self.silent(cluster.id):
            return "disconnected"
        return cluster.state

    def hub_of(self, cluster: str) -> Hub | None:
        """The Fleet that a cluster is associated with."""
        return next((hub for hub in self.hubs.values() if cluster in hub.members), None)

    def free(self, vswitch: VSwitch) -> int:
        """Addresses of a vSwitch that nobody has: nodes, ALBs, and the pods of the beginning have some."""
        network = vswitch.network
        held = [node.ip for cluster in self.clusters.values() for node in cluster.nodes]
        held += [ip for cluster in self.clusters.values() for ip in cluster.pods]
        balancers = sum(vswitch.id in dict(map(reversed, one.zones)) for one in self.alb.load_balancers.values())  # type: ignore[arg-type]
        used = sum(ipaddress.IPv4Address(ip) in network for ip in held) + OF_AN_ALB * balancers
        return max(0, network.num_addresses - RESERVED - used)

    def admits(self, cluster: Cluster, port: int) -> bool:
        """Whether a cluster's security group lets every ALB of its VPC in, from all of their vSwitches."""
        group = self.groups.get(cluster.security_group)
        if group is None:
            return True
        sources = {
            vswitch
            for balancer in self.alb.load_balancers.values()
            for _, vswitch in balancer.zones
            if vswitch in self.vswitches and self.vswitches[vswitch].vpc == cluster.vpc
        }
        return all(group.admits(self.vswitches[each].network, port) for each in sources)

    def routed(self, vpc: str, ip: str) -> bool:
        """Whether the VPC knows a way to an address outside itself."""
        found = self.vpcs.get(vpc)
        address = ipaddress.IPv4Address(ip)
        return found is not None and any(address in ipaddress.IPv4Network(each.cidr) for each in found.routes)


def found(things: dict[str, T], identifier: str, code: str, words: str, status: int = 404) -> T:
    """The thing of this id. Raises `OpenApiError` with the service's code."""
    if identifier not in things:
        raise OpenApiError(code, words, status)
    return things[identifier]


def _speaks(one: Permission, source: ipaddress.IPv4Network, port: int) -> bool:
    if one.protocol.upper() not in ("ALL", "TCP") or not source.subnet_of(ipaddress.IPv4Network(one.source)):
        return False
    low, _, high = one.ports.partition("/")
    return one.ports == "-1/-1" or int(low) <= port <= int(high)
