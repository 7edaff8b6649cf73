"""The simulated world as typed values: a scenario with identities, addresses and dates filled in from the seed. Two
worlds of the same scenario and seed are equal but for `began`; nothing here knows how any of it is served."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from console.errors import SettingsError
from console.sim.argo.git import Application, Repository, applications, repository
from console.sim.cluster_specs import DataCentreSpec, MemberSpec
from console.sim.faults.specs import AgentSilent, Fault, HandEdited, MemberLost, RevisionHeld, ServersDead
from console.sim.scenario import Scenario, ServiceSpec, VSwitchSpec
from console.sim.terms import Layout, seconds

POD_BLOCK = 64
"""Addresses that a node takes from its member's pod range at a time."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a member. `block` is its part of the pod range."""

    name: str
    ip: str
    cpu: int
    memory: str
    block: str


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod behind a Service; the ALB knows it by its address."""

    name: str
    ip: str
    node: str


@dataclass(frozen=True, slots=True)
class Service:
    """A Service with its Deployment, the same in every member. `busy`: CPU in percent of the requests."""

    namespace: str
    name: str
    workload: str
    port: int
    target_port: int
    pods: int
    most: int
    busy: int

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class Member:
    """A cluster of the Fleet; `id` is `c` and 32 hex digits, the ManagedCluster's name. `age` in seconds."""

    id: str
    name: str
    kind: str
    zone: str
    version: str
    region: str
    age: float
    nodes: tuple[Node, ...]
    node_cidr: str
    pod_cidr: str
    pods: Mapping[tuple[str, str], tuple[Pod, ...]]
    """By the namespace and name of their Service, for every Service that it has."""
    vswitches: tuple[VSwitch, ...] = ()
    """Of its nodes and, where they are in the VPC, of its pods; none outside the cloud."""


@dataclass(frozen=True, slots=True)
class VSwitch:
    """A subnet of the VPC in one cloud zone."""

    id: str
    zone: str
    cidr: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Gateway:
    """An AlbConfig to be: members by id, listeners as (port, protocol)."""

    name: str
    ingress_class: str
    vswitches: tuple[VSwitch, ...]
    listeners: tuple[tuple[int, str], ...]
    members: tuple[str, ...]
    age: float
    layout: Layout = "per-member"


@dataclass(frozen=True, slots=True)
class Route:
    """An Ingress to be. `weights` by member id, empty for none; `probe` and `share` as in the scenario."""

    namespace: str
    name: str
    gateway: str
    host: str
    path: str
    service: Service
    weights: tuple[tuple[str, int], ...]
    health_check: bool
    probe: float
    share: float
    age: float
    health_interval: int = 2

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class DataCentre:
    """A cluster outside the cloud that nothing knows of yet; `network`: underlay | overlay, `age` in seconds."""

    name: str
    zone: str
    version: str
    network: str
    nodes: tuple[Node, ...]
    node_cidr: str
    pod_cidr: str
    age: float


@dataclass(frozen=True, slots=True)
class World:
    """Everything there is at the moment `began` (epoch seconds), faults that hold from the start included."""

    scenario: str
    seed: int
    began: float
    name: str
    region: str
    version: str
    vpc: str
    vpc_cidr: str
    members: tuple[Member, ...]
    gateways: tuple[Gateway, ...]
    services: tuple[Service, ...]
    routes: tuple[Route, ...]
    load: float
    reconciled: float
    """Seconds since the controller's last success."""
    repository: Repository
    applications: tuple[Application, ...] = ()
    edited: Mapping[tuple[str, str], HandEdited] = field(default_factory=dict)
    """Deployments that were changed past git, by member id and application."""
    dead: Mapping[str, ServersDead] = field(default_factory=dict)
    """Members whose servers do not answer, by id."""
    silent: Mapping[str, float] = field(default_factory=dict)
    """Seconds since the last renewal of a silent agent, by member id."""
    faults: tuple[Fault, ...] = ()
    """Everything that is wrong from the start; `dead` and `silent` are what it did before."""
    vpc_name: str = ""
    vswitches: tuple[VSwitch, ...] = ()
    """All of the VPC: the gateways' and those of members in the cloud."""
    light: bool = False
    """Without the members' own APIs and without ArgoCD's controllers, as large worlds are."""
    provisioned: bool = True
    """Whether the Fleet is there; where not, it is for somebody to make."""
    zones: tuple[str, ...] = ()
    """The region's cloud zones, in order."""
    data_centres: tuple[DataCentre, ...] = ()
    fleet: str = ""
    """The Fleet's cluster id, where it is not the first one's."""

    @property
    def age(self) -> float:
        """Seconds since the Fleet was made: a day before its first member."""
        return max((member.age for member in self.members), default=0.0) + 86400.0

    @property
    def id(self) -> str:
        """The Fleet's cluster id, of the same form as a member's."""
        return self.fleet or "c" + digest(self.seed, "fleet", self.name)[:32]

    def member(self, identifier: str) -> Member:
        """The member with this id. Raises `KeyError` for none."""
        return {member.id: member for member in self.members}[identifier]

    def gateway(self, name: str) -> Gateway:
        """The gateway of this name. Raises `KeyError` for none."""
        return {gateway.name: gateway for gateway in self.gateways}[name]


def generate(scenario: Scenario, *, seed: int, began: float) -> World:
    """The world of a scenario. Raises `SettingsError` where a range is too small for what stands in it."""
    spec = scenario.world
    services = tuple(_service(each) for each in spec.services)
    members = _members(scenario, seed, services)
    ids = {member.name: member.id for member in members}
    return World(
        scenario=scenario.name,
        seed=seed,
        began=began,
        name=spec.fleet.name,
        region=spec.fleet.region,
        version=spec.fleet.version,
        vpc="vpc-bp1" + digest(seed, "vpc", spec.vpc.name)[:18],
        vpc_cidr=spec.vpc.cidr,
        members=members,
        gateways=_gateways(scenario, seed, ids),
        services=services,
        routes=_routes(scenario, services, ids),
        load=spec.load,
        reconciled=seconds(spec.reconciled),
        repository=repository(scenario),
        applications=applications(scenario, services, ids),
        edited={(ids[f.member], f.application): f for f in scenario.faults if isinstance(f, HandEdited)},
        dead={ids[fault.member]: fault for fault in scenario.faults if isinstance(fault, ServersDead)},
        silent={
            ids[fault.member]: seconds(fault.since)
            for fault in scenario.faults
            if isinstance(fault, AgentSilent | MemberLost)
        },
        faults=tuple(each for each in scenario.faults if not isinstance(each, HandEdited | RevisionHeld)),
        vpc_name=spec.vpc.name,
        vswitches=(
            *(_vswitch(seed, each) for each in spec.vswitches),
            *(vswitch for member in members for vswitch in member.vswitches),
        ),
        light=spec.light,
        provisioned=spec.provisioned,
        zones=tuple(sorted({*spec.zones, *_zones(scenario, members)})),
        data_centres=tuple(_data_centre(scenario, each) for each in spec.data_centres),
    )


def digest(seed: int, *words: str) -> str:
    """64 hex digits that depend on nothing but the seed and the words, so that one more object moves no other one."""
    return hashlib.sha256("/".join((str(seed), *words)).encode()).hexdigest()


def _members(scenario: Scenario, seed: int, services: tuple[Service, ...]) -> tuple[Member, ...]:
    return tuple(
        Member(
            id="c" + digest(seed, "member", each.name)[:32],
            name=each.name,
            kind=each.kind,
            zone=each.zone,
            version=each.version,
            region=scenario.world.fleet.region,
            age=seconds(each.age),
            nodes=(nodes := _nodes(scenario, each, f"world.members[{number}]")),
            node_cidr=each.nodes.cidr,
            pod_cidr=each.pods.cidr,
            pods=_pods(seed, each.name, _services_of(scenario, each.name, services), nodes),
            vswitches=_member_vswitches(scenario, seed, number),
        )
        for number, each in enumerate(scenario.world.members)
    )


def _services_of(scenario: Scenario, member: str, services: tuple[Service, ...]) -> tuple[Service, ...]:
    """Those that the member has."""
    specs = zip(scenario.world.services, services, strict=True)
    return tuple(service for spec, service in specs if not spec.members or member in spec.members)


def _service(spec: ServiceSpec) -> Service:
    return Service(
        spec.namespace, spec.name, spec.workload, spec.port, spec.target_port, spec.pods, spec.most, spec.busy
    )


def _zones(scenario: Scenario, members: tuple[Member, ...]) -> set[str]:
    """The cloud zones that have a vSwitch."""
    own = {vswitch.zone for member in members for vswitch in member.vswitches}
    return own | {vswitch.zone for vswitch in scenario.world.vswitches}


def _data_centre(scenario: Scenario, spec: DataCentreSpec) -> DataCentre:
    return DataCentre(
        name=spec.name,
        zone=spec.zone,
        version=spec.version,
        network=spec.network,
        nodes=_nodes(scenario, spec, f"world.data_centres: {spec.name}"),
        node_cidr=spec.nodes.cidr,
        pod_cidr=spec.pods.cidr,
        age=seconds(spec.age),
    )


def _nodes(scenario: Scenario, spec: MemberSpec | DataCentreSpec, where: str) -> tuple[Node, ...]:
    place = f"{scenario.name}: {where}"
    addresses = _network(spec.nodes.cidr, f"{place}.nodes.cidr")
    blocks = _network(spec.pods.cidr, f"{place}.pods.cidr")
    if addresses.num_addresses < spec.nodes.count + 12 or blocks.num_addresses < (spec.nodes.count + 1) * POD_BLOCK:
        raise SettingsError(f"{place}: {spec.nodes.count} nodes do not fit its ranges", fix="Make the ranges larger.")
    first_block = int(blocks.network_address)
    region = scenario.world.fleet.region if isinstance(spec, MemberSpec) and spec.kind == "ack" else ""
    return tuple(
        Node(
            name=f"{region}.{ip}" if region else f"{spec.name}-node-{index + 1:02d}",
            ip=str(ip),
            cpu=spec.nodes.cpu,
            memory=spec.nodes.memory,
            block=str(ipaddress.ip_address(first_block + (index + 1) * POD_BLOCK)),
        )
        for index in range(spec.nodes.count)
        for ip in (addresses.network_address + 10 + index,)
    )


def _pods(
    seed: int, member: str, services: tuple[Service, ...], nodes: tuple[Node, ...]
) -> dict[tuple[str, str], tuple[Pod, ...]]:
    """Pods spread over the nodes in turn; each node hands out the addresses of its block in order."""
    used = dict.fromkeys((node.name for node in nodes), 1)
    turn = 0
    placed: dict[tuple[str, str], tuple[Pod, ...]] = {}
    for service in services:
        pods = []
        replica_set = digest(seed, "replicaset", member, *service.key)[:9]
        for index in range(service.pods):
            node = nodes[turn % len(nodes)]
            turn += 1
            used[node.name] += 1
            if used[node.name] >= POD_BLOCK:
                raise SettingsError(f"member {member}: its pods do not fit its nodes", fix="Give it more nodes.")
            ip = str(ipaddress.ip_address(node.block) + used[node.name])
            suffix = digest(seed, "pod", member, *service.key, str(index))[:5]
            pods.append(Pod(f"{service.workload}-{replica_set}-{suffix}", ip, node.name))
        placed[service.key] = tuple(pods)
    return placed


def _network(cidr: str, place: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise SettingsError(f"{place}: {error}", fix="Write it as 10.0.0.0/16.") from None


def _gateways(scenario: Scenario, seed: int, ids: Mapping[str, str]) -> tuple[Gateway, ...]:
    spec = scenario.world
    subnets = {each.name: _vswitch(seed, each) for each in spec.vswitches}
    return tuple(
        Gateway(
            name=each.name,
            ingress_class=each.ingress_class,
            vswitches=tuple(subnets[name] for name in each.vswitches),
            listeners=tuple((listener.port, listener.protocol) for listener in each.listeners),
            members=tuple(ids[name] for name in each.members or ids),
            age=seconds(each.age),
            layout=each.layout,
        )
        for each in spec.gateways
    )


def _vswitch(seed: int, spec: VSwitchSpec) -> VSwitch:
    return VSwitch("vsw-bp1" + digest(seed, "vswitch", spec.name)[:18], spec.zone, spec.cidr, spec.name)


def _member_vswitches(scenario: Scenario, seed: int, number: int) -> tuple[VSwitch, ...]:
    """Subnets of an ACK member, in one cloud zone: its own, or that of a gateway's vSwitch in turn."""
    world, spec = scenario.world, scenario.world.members[number]
    if spec.kind != "ack":
        return ()
    zones = [each.zone for each in world.vswitches]
    zone = spec.cloud_zone or (zones[number % len(zones)] if zones else f"{world.fleet.region}-a")
    ranges = {f"{spec.name}-nodes": spec.nodes.cidr, f"{spec.name}-pods": spec.pods.cidr}
    vpc = _network(world.vpc.cidr, f"{scenario.name}: world.vpc.cidr")
    return tuple(
        _vswitch(seed, VSwitchSpec(name=name, zone=zone, cidr=cidr))
        for name, cidr in ranges.items()
        if _network(cidr, f"{scenario.name}: world.members[{number}]").subnet_of(vpc)
    )


def _routes(scenario: Scenario, services: tuple[Service, ...], ids: Mapping[str, str]) -> tuple[Route, ...]:
    by_key = {service.key: service for service in services}
    return tuple(
        Route(
            namespace=(namespace := each.name.partition("/")[0]),
            name=each.name.partition("/")[2],
            gateway=each.gateway,
            host=each.host,
            path=each.path,
            service=by_key[namespace, each.service],
            weights=tuple((ids[name], weight) for name, weight in each.weights.items()),
            health_check=each.health_check,
            probe=each.probe,
            share=each.share,
            age=seconds(each.age),
            health_interval=each.health_interval,
        )
        for each in scenario.world.routes
    )
