"""The smallest complete hybrid topology that discovery allows, with a reason for every choice: what `topology init`
writes, and what the wizard begins with. It asks nothing; where there is no choice it says what is missing."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from console.errors import UsageError
from console.model.ground import Ground, Site, Subnet, Vpc
from console.model.text import inert
from console.model.topology import (
    SCHEMA,
    AnswerPart,
    ApplicationPart,
    CidrsPart,
    FleetPart,
    GatewayPart,
    HealthCheckPart,
    ListenerPart,
    MemberPart,
    NodesPart,
    RoutePart,
    Topology,
    VpcPart,
    VSwitchPart,
)

FREE = 8
"""Addresses that a gateway's vSwitch needs free (domain.md 6, rule 16)."""
POD_MASK = range(19, 26)
"""Masks of pod vSwitches (domain.md 6, rule 7)."""
_DEMO = "https://github.com/AliyunContainerService/gitops-demo.git"
_SERVICES = ("172.19.0.0/20", "172.21.0.0/20", "172.22.0.0/20", "172.23.0.0/20", "192.168.0.0/20")

_NAME = re.compile(r"(?=.{1,55}$)[a-z]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
"""Of a topology whose parts are called after it: `-gateway` behind it is a Kubernetes object's name, `-fleet` a cloud
resource's."""
_FLANNEL = ("10.244.0.0/16", "172.24.0.0/14", "192.168.128.0/17", "172.28.0.0/14")


@dataclass(frozen=True, slots=True)
class Proposal:
    """The topology; `reasons`: path in it, as `gateway.vswitches`, -> why so. One sentence each, inert."""

    topology: Topology
    reasons: Mapping[str, str]


def check_name(name: str) -> None:
    """Raises `UsageError` where nothing can be called after a topology of this name."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"a topology cannot be called '{inert(name, 80)}'",
            fix="Name it with lower-case letters, digits, - and single . within, behind a letter, at most 55.",
        )


def propose(ground: Ground, region: str, sites: Mapping[str, Site], *, name: str = "demo") -> Proposal:
    """Two members, one gateway, seed.txt's application and one route. `sites`: kubeconfig context -> the data centre
    that answers there.

    Raises `UsageError` with everything that is missing.
    """
    return _Chooser(ground, region, sites, name).proposal()


class _Chooser:
    """Chooses in the order of dependence; each choice leaves its reason."""

    def __init__(self, ground: Ground, region: str, sites: Mapping[str, Site], name: str) -> None:
        self._ground = ground
        self._region = region
        self._sites = sites
        self._name = name
        self._why: dict[str, str] = {}
        self._missing: list[str] = []

    def proposal(self) -> Proposal:
        vpc = self._vpc()
        subnets = [one for one in self._ground.account.subnets or () if vpc is None or one.vpc == vpc.id]
        gateway = self._gateway(subnets)
        nodes, pods = self._ack_subnets(subnets, gateway)
        context, site = self._site()
        if self._missing or vpc is None or nodes is None:
            raise UsageError(
                "no topology can be proposed: " + "; ".join(self._missing),
                fix="Make what is missing, or write the file.",
            )
        used = {_named(one): one for one in (*gateway, nodes, *([pods] if pods else []))}
        services = self._services(vpc, site)
        topology = Topology(
            schema=SCHEMA,
            name=self._name,
            region=self._region,
            vpc=VpcPart(id=vpc.id),
            vswitches=tuple(VSwitchPart(name=name, id=one.id) for name, one in used.items()),
            fleet=FleetPart(name=f"{self._name}-fleet", vswitches=(_named(nodes),), public=True),
            members=(self._ack(nodes, pods, services, self._flannel(vpc, site)), self._idc(context, site, nodes)),
            gateway=GatewayPart(
                name=f"{self._name}-gateway",
                vswitches=tuple(_named(one) for one in gateway),
                listeners=(ListenerPart(port=8001),),
            ),
            applications=(self._application(),),
            routes=(self._route(),),
        )
        self._why |= {
            "vpc": f"{vpc.name or vpc.id} {vpc.cidr}: Fleet, members and gateway share one VPC",
            "fleet.vswitches": "that of the nodes: the Fleet's API server needs few addresses",
            "fleet.public": "this host is taken to be outside the VPC; false where it is inside",
            "gateway.listeners": "the port of the vendor's demonstration; plain HTTP",
        }
        return Proposal(topology, self._why)

    def _vpc(self) -> Vpc | None:
        found = [one for one in self._ground.account.vpcs or () if one.status in ("", "Available")]
        subnets = self._ground.account.subnets or ()
        if not found:
            why = self._ground.unread.get("vpcs", "the region has none")
            self._missing.append(f"a VPC ({why})")
            return None
        return max(found, key=lambda one: sum(1 for each in subnets if each.vpc == one.id))

    def _gateway(self, subnets: Sequence[Subnet]) -> tuple[Subnet, ...]:
        """A vSwitch in each of two ALB zones: the smallest with room enough, which leaves the large ones to pods."""
        zones = self._ground.account.alb_zones
        chosen: dict[str, Subnet] = {}
        for one in sorted(subnets, key=lambda one: (_size(one), one.zone, one.id)):
            fits = (zones is None or one.zone in zones) and (one.free is None or one.free >= FREE)
            if fits and one.zone not in chosen and len(chosen) < 2:
                chosen[one.zone] = one
        if len(chosen) < 2:
            self._missing.append(
                f"vSwitches in two ALB zones with {FREE} free addresses each (there are {len(chosen)})"
            )
        told = ", ".join(f"{one.zone} {one.cidr} ({_free(one)})" for one in chosen.values())
        self._why["gateway.vswitches"] = f"the smallest vSwitches in two ALB zones: {told}"
        return tuple(sorted(chosen.values(), key=lambda one: one.zone))

    def _ack_subnets(self, subnets: Sequence[Subnet], gateway: Sequence[Subnet]) -> tuple[Subnet | None, Subnet | None]:
        """Of nodes and of pods, in one zone: the zone with a pair, and in it the largest for pods."""
        rest = [one for one in subnets if one not in gateway]
        if not rest:
            self._missing.append("a vSwitch for nodes beside those of the gateway")
            return None, None
        pairs = [
            (nodes, pods)
            for nodes in rest
            for pods in rest
            if nodes is not pods and nodes.zone == pods.zone and _mask(pods) in POD_MASK and _size(nodes) <= _size(pods)
        ]
        if not pairs:
            nodes = max(rest, key=lambda one: (one.free or 0, one.id))
            self._why["members[0].vswitches"] = f"{nodes.zone} {nodes.cidr} ({_free(nodes)}): nodes in one zone"
            self._why["members[0].cidrs.pods"] = "no pod vSwitch in the nodes' zone: pods are Flannel's, an overlay"
            return nodes, None
        nodes, pods = max(pairs, key=lambda pair: (pair[1].free or 0, pair[0].free or 0, pair[0].id))
        self._why["members[0].vswitches"] = f"{nodes.zone} {nodes.cidr} ({_free(nodes)}): nodes in one zone"
        self._why["members[0].pod_vswitches"] = f"{pods.zone} {pods.cidr} ({_free(pods)}): Terway, in the nodes' zone"
        return nodes, pods

    def _site(self) -> tuple[str, Site]:
        answering = {name: one for name, one in self._sites.items() if not one.problem}
        if not answering:
            told = "; ".join(f"{name}: {one.problem}" for name, one in self._sites.items()) or "the kubeconfig has none"
            self._missing.append(f"a kubeconfig context of the data centre's cluster ({told})")
            return "", Site()
        return next(iter(answering.items()))

    def _services(self, vpc: Vpc, site: Site) -> str:
        taken = [vpc.cidr, *vpc.secondary, *vpc.user, *site.pods, *_around(site.nodes)]
        taken += [one.services for one in self._ground.account.clusters or () if one.services]
        chosen = next((one for one in _SERVICES if not any(_overlap(one, each) for each in taken)), _SERVICES[0])
        self._why["members[0].cidrs.services"] = "free of the VPC, of the data centre and of other clusters' Services"
        return chosen

    def _flannel(self, vpc: Vpc, site: Site) -> str:
        """A pod range that the VPC and the data centre leave free."""
        taken = [vpc.cidr, *vpc.secondary, *vpc.user, *_joined(site.pods), *_around(site.nodes)]
        return next((one for one in _FLANNEL if not any(_overlap(one, each) for each in taken)), _FLANNEL[0])

    def _ack(self, nodes: Subnet, pods: Subnet | None, services: str, flannel: str) -> MemberPart:
        self._why["members[0].zone"] = "the failure domain is the cloud zone of its vSwitches"
        self._why["members[0].nodes"] = "two nodes of a common size; change both to what the load needs"
        return MemberPart(
            name=f"{self._name}-ack",
            kind="ack",
            zone=nodes.zone,
            vswitches=(_named(nodes),),
            pod_vswitches=(_named(pods),) if pods else (),
            cidrs=CidrsPart(services=services, pods=() if pods else (flannel,)),
            network="underlay" if pods else "overlay",
            nodes=NodesPart(count=2, instance_types=("ecs.g7.xlarge",)),
        )

    def _idc(self, context: str, site: Site, nodes: Subnet) -> MemberPart:
        self._why["members[1].zone"] = "the data centre is a failure domain of its own; name it as your people do"
        self._why["members[1].cidrs"] = (
            f"as {len(site.nodes)} nodes of context {context} say; the mask of nodes is a guess"
        )
        self._why["members[1].network"] = (
            "the safe choice: NodePort Services work in both; underlay if the VPC routes to pods"
        )
        return MemberPart(
            name=f"{self._name}-idc",
            kind="registered",
            zone="data-centre",
            vswitches=(_named(nodes),),
            cidrs=CidrsPart(nodes=_around(site.nodes), pods=_joined(site.pods)),
            network="overlay",
            context=context,
        )

    def _application(self) -> ApplicationPart:
        self._why["applications[0]"] = "the vendor's demonstration; put your repository in its place"
        return ApplicationPart(
            name="appset-web-demo-overlay",
            application="{{.metadata.annotations.cluster_id}}-web-demo-overlay",
            repository=_DEMO,
            path="manifests/helm/web-demo",
            namespace="gateway-demo",
            parameters={"envCluster": "{{.metadata.annotations.cluster_name}}"},
        )

    def _route(self) -> RoutePart:
        self._why["routes[0].weights"] = "an even split, so that the first requests prove both ways"
        self._why["routes[0].health_check"] = "on: without it the ALB never leaves a dead member"
        self._why["routes[0].answer"] = "the demonstration names its cluster in the answer; yours may do it elsewhere"
        return RoutePart(
            name="gateway-demo/web-demo",
            host="demo.example.com",
            paths=("/svc1",),
            service="service1",
            port=80,
            health_check=HealthCheckPart(path="/healthz"),
            weights={f"{self._name}-ack": 50, f"{self._name}-idc": 50},
            answer=AnswerPart(json="envCluster"),
        )


def _named(one: Subnet) -> str:
    return one.name if one.name and one.name[0].isalpha() and " " not in one.name else one.id


def _mask(one: Subnet) -> int:
    return int(one.cidr.rpartition("/")[2] or 0)


def _size(one: Subnet) -> int:
    return ipaddress.ip_network(one.cidr, strict=False).num_addresses


def _free(one: Subnet) -> str:
    return "free addresses not said" if one.free is None else f"{one.free} free"


def _overlap(one: str, other: str) -> bool:
    try:
        return ipaddress.ip_network(one).overlaps(ipaddress.ip_network(other, strict=False))
    except (ValueError, TypeError):
        return False


def _around(addresses: Sequence[str]) -> tuple[str, ...]:
    """The smallest range of /24 or larger that holds all addresses; nothing where none is one."""
    known = sorted(_known(addresses))
    if not known:
        return ()
    network = ipaddress.ip_network(f"{known[0]}/24", strict=False)
    while known[-1] not in network:
        network = network.supernet()
    return (str(network),)


def _known(addresses: Sequence[str]) -> Iterator[ipaddress.IPv4Address]:
    for one in addresses:
        try:
            yield ipaddress.IPv4Address(one)
        except ValueError:
            continue


def _joined(ranges: Sequence[str]) -> tuple[str, ...]:
    """The smallest range that holds all pod ranges of a cluster."""
    networks = []
    for one in ranges:
        try:
            networks.append(ipaddress.IPv4Network(one, strict=False))
        except ValueError:
            continue
    if not networks:
        return ()
    whole = min(networks)
    while not all(one.subnet_of(whole) for one in networks):
        whole = whole.supernet()
    return (str(whole),)
