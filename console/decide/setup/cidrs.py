"""Address ranges of a topology in its ground, which of them clash, and where each stands on one axis.

An ACK cluster's nodes and Terway pods live in vSwitches, and so inside the VPC; everything else must keep out of it
(domain.md section 6, rows 3 to 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, collapse_addresses
from itertools import combinations, pairwise
from math import log2

from console.decide.setup.found import Found
from console.model.ground import MemberCluster, Subnet
from console.model.text import inert
from console.model.topology import MemberPart

DEFAULT_SERVICES = "172.19.0.0/20"
"""What CreateCluster takes where service_cidr is absent (row 7)."""
_GAP = 2.0
"""Width on the axis of addresses that nobody has, in bits as the others'."""


class Use(StrEnum):
    """What a range is for."""

    VPC = "CIDR"
    SECONDARY = "secondary CIDR"
    USER = "UserCidr"
    VSWITCH = "vSwitch"
    NODES = "nodes"
    PODS = "pods"
    SERVICES = "services"


OF_VPC = (Use.VPC, Use.SECONDARY, Use.USER)
OF_CLUSTER = (Use.NODES, Use.PODS)


@dataclass(frozen=True, slots=True)
class Range:
    """One range. `path`: in the topology, empty where only the account has it; `owner`: `VPC`, a vSwitch or a cluster
    by name; `source`: topology.yaml, or the API call that said it; `inside`: its addresses are the VPC's by design;
    `fixed`: it is there and cannot change; `kind`: ack | registered | other for a cluster's, else empty."""

    path: str
    owner: str
    use: Use
    network: IPv4Network
    source: str = "topology.yaml"
    kind: str = ""
    inside: bool = False
    fixed: bool = False

    def __str__(self) -> str:
        return f"{self.owner} {self.use} {self.network}"


@dataclass(frozen=True, slots=True)
class Clash:
    """Two ranges that share addresses and must not. `rule`: cidr-overlap | service-cidr; `red`, or a warning."""

    first: Range
    second: Range
    rule: str
    red: bool

    @property
    def network(self) -> IPv4Network:
        """What they share."""
        return shared(self.first.network, self.second.network) or self.first.network


@dataclass(frozen=True, slots=True)
class Bar:
    """A range on the common axis of a CIDR map, all fractions from 0 to 1: where it begins and ends, and the parts of
    it that clash. The axis is by bits, not by addresses, so that a /24 can be seen beside a /8; order, containment and
    disjointness are kept."""

    range: Range
    start: float
    end: float
    clashes: tuple[tuple[float, float], ...] = ()


def shared(first: IPv4Network, second: IPv4Network) -> IPv4Network | None:
    """The addresses of both: of two ranges that overlap, one holds the other."""
    if first.subnet_of(second):
        return first
    return second if second.subnet_of(first) else None


def span(network: IPv4Network) -> str:
    """First and last address, as `10.32.0.0-10.47.255.255`."""
    return f"{network.network_address}-{network.broadcast_address}"


def parsed(text: str | None) -> IPv4Network | None:
    """A range; None where a text is none."""
    try:
        return IPv4Network(text) if text else None
    except ValueError:
        return None


def zone_of(found: Found, name: str) -> str:
    """The zone of a vSwitch by its name in the topology; empty where neither it nor the account says."""
    there, part = found.subnet(name), found.topology.vswitch(name)
    return there.zone if there else (part.zone if part else None) or ""


def ranges(found: Found) -> tuple[Range, ...]:
    """All that are known: VPC, vSwitches, members in the topology's order, then the VPC's other clusters."""
    switches = tuple(_vswitches(found))
    members = (_member(found, number, part, switches) for number, part in enumerate(found.topology.members))
    return (*_vpc(found), *switches, *(one for each in members for one in each), *_others(found))


def clashes(all_ranges: Sequence[Range]) -> tuple[Clash, ...]:
    """Every pair that clashes."""
    pairs = combinations(all_ranges, 2)
    found = (_clash(a, b) for a, b in pairs if shared(a.network, b.network) is not None)
    return tuple(one for one in found if one is not None)


def bars(all_ranges: Sequence[Range], found: Iterable[Clash]) -> tuple[Bar, ...]:
    """The CIDR map: one bar a range, in the same order."""
    place = _axis([one.network for one in all_ranges])
    marked: dict[Range, list[tuple[float, float]]] = {}
    for clash in found:
        where = (place[_first(clash.network)], place[_after(clash.network)])
        for one in (clash.first, clash.second):
            if where not in marked.setdefault(one, []):
                marked[one].append(where)
    return tuple(
        Bar(one, place[_first(one.network)], place[_after(one.network)], tuple(sorted(marked.get(one, ()))))
        for one in all_ranges
    )


def _vpc(found: Found) -> Iterator[Range]:
    there = found.vpc
    if there is None:
        yield from _made("vpc.cidr", "VPC", Use.VPC, [found.topology.vpc.cidr])
        return
    for use, texts in ((Use.VPC, (there.cidr,)), (Use.SECONDARY, there.secondary), (Use.USER, there.user)):
        yield from _made("vpc", "VPC", use, texts, source="DescribeVpcs", fixed=True)


def _vswitches(found: Found) -> Iterator[Range]:
    seen: set[str] = set()
    for number, part in enumerate(found.topology.vswitches):
        there = found.subnet(part.name)
        seen.add(there.id if there else "")
        source = "DescribeVSwitches" if there else "topology.yaml"
        texts = [found.subnet_cidr(part.name)]
        path = f"vswitches[{number}].cidr"
        yield from _made(path, part.name, Use.VSWITCH, texts, source=source, inside=True, fixed=there is not None)
    for one in found.account.subnets or ():
        if one.vpc == found.vpc_id and one.id not in seen:
            owner = inert(one.name or one.id, 60)
            yield from _made("", owner, Use.VSWITCH, [one.cidr], source="DescribeVSwitches", inside=True, fixed=True)


def _member(found: Found, number: int, part: MemberPart, switches: Sequence[Range]) -> Iterator[Range]:
    path, there, site = f"members[{number}]", found.cluster(part), found.ground.sites.get(part.name)
    fixed = there is not None and part.kind == "ack"  # a data centre's ranges are what its author wrote of them
    for use, said in ((Use.NODES, part.cidrs.nodes), (Use.PODS, part.cidrs.pods)):
        place = f"{path}.cidrs.{use.value}"
        stands = tuple(_standing_pods(found, there)) if there is not None and fixed and use is Use.PODS else ()
        if stands:  # immutable (row 4): what the file says of it besides is no range of anybody
            inside = bool(there and there.pod_vswitches)
            source = "DescribeVSwitches" if inside else "DescribeClusterDetail"
            yield from _made(place, part.name, use, stands, source=source, kind="ack", inside=inside, fixed=True)
        elif said:
            within = part.kind == "ack"
            for each, text in enumerate(said):
                network = parsed(text)
                inside = within and network is not None and (use is Use.NODES or _in_any(network, switches))
                yield from _made(f"{place}[{each}]", part.name, use, [text], kind=part.kind, inside=inside, fixed=fixed)
        elif part.kind == "ack":
            yield from _of_ack(found, part, use, place)
        elif site is not None:
            texts = site.nodes if use is Use.NODES else site.pods
            yield from _made(
                place, part.name, use, texts, source="Nodes of the data centre", kind=part.kind, fixed=True
            )
    services, source = part.cidrs.services, "topology.yaml"
    if there is not None and there.services and (fixed or services is None):
        services, source = there.services, "DescribeClusterDetail"
    elif services is None and part.kind == "ack":
        services, source = DEFAULT_SERVICES, "CreateCluster's default"
    place = f"{path}.cidrs.services"
    yield from _made(place, part.name, Use.SERVICES, [services], source=source, kind=part.kind, fixed=fixed)


def _standing_pods(found: Found, there: MemberCluster) -> Iterator[str]:
    """What the pods of a cluster that stands have: Terway's vSwitches, or Flannel's range."""
    known = [one.cidr for one in _subnets(found) if one.id in there.pod_vswitches]
    yield from known or filter(None, [there.pods])


def _of_ack(found: Found, part: MemberPart, use: Use, place: str) -> Iterator[Range]:
    """Nodes and pods of an ACK cluster by its vSwitches, or by what the service says of it."""
    there = found.cluster(part)
    names = part.vswitches if use is Use.NODES else part.pod_vswitches
    texts = [found.subnet_cidr(name) for name in names]
    if not names and there is not None:
        texts = [one.cidr for one in _subnets(found) if one.id in there.vswitches] if use is Use.NODES else []
    fixed = there is not None
    yield from _made(place, part.name, use, texts, source="DescribeVSwitches", kind="ack", inside=True, fixed=fixed)


def _others(found: Found) -> Iterator[Range]:
    """Clusters of the VPC that are no members."""
    members = {found.cluster_id(part) for part in found.topology.members}
    for one in found.account.clusters or ():
        if one.vpc != found.vpc_id or one.id in members:
            continue
        owner = f"{inert(one.name or one.id, 60)} (no member)"
        for use, text in ((Use.PODS, one.pods), (Use.SERVICES, one.services)):
            yield from _made("", owner, use, [text], source="DescribeClusterDetail", kind="other", fixed=True)


def _subnets(found: Found) -> tuple[Subnet, ...]:
    return found.account.subnets or ()


def _made(
    path: str, owner: str, use: Use, texts: Iterable[str | None], *,
    source: str = "topology.yaml", kind: str = "", inside: bool = False, fixed: bool = False,
) -> Iterator[Range]:  # fmt: skip
    networks = [network for network in map(parsed, texts) if network is not None]
    for network in collapse_addresses(networks):
        yield Range(path, owner, use, network, source, kind, inside, fixed)


def _in_any(network: IPv4Network, all_ranges: Iterable[Range]) -> bool:
    return any(network.subnet_of(one.network) for one in all_ranges)


def _clash(a: Range, b: Range) -> Clash | None:
    """Whether two ranges that overlap may not."""
    if Use.SERVICES in (a.use, b.use):
        return _of_services(a, b) if a.use is Use.SERVICES else _of_services(b, a)
    if a.use is Use.VSWITCH and b.use is Use.VSWITCH:
        return None if a.fixed and b.fixed else Clash(a, b, "cidr-overlap", red=True)
    if b.use in OF_VPC:
        a, b = b, a
    if a.use in OF_VPC and b.use in OF_CLUSTER:
        return None if b.inside or b.kind == "other" else Clash(b, a, "cidr-overlap", red=True)
    if a.use not in OF_CLUSTER or b.use not in OF_CLUSTER:
        return None
    if a.owner == b.owner and (a.use is b.use or (a.inside and b.inside)):
        return None
    if {a.kind, b.kind} == {"other"}:
        return None
    # What stood beside a stranger before we came does not keep us from writing.
    red = not ("other" in (a.kind, b.kind) and a.fixed and b.fixed)
    return Clash(a, b, "cidr-overlap", red=red)


def _of_services(services: Range, other: Range) -> Clash | None:
    """Service addresses are each cluster's own, and hide what has the same addresses outside (rows 4 and 5)."""
    if services.kind == "other":
        if other.kind in ("", "other") or other.inside:
            return None
        rule = "service-cidr" if other.use is Use.SERVICES else "cidr-overlap"
        return Clash(other, services, rule, red=rule == "cidr-overlap" and not other.fixed)
    if other.use in (Use.USER, Use.VSWITCH) or other.inside:
        return None
    if other.use is Use.SERVICES:
        return None if services.owner == other.owner else Clash(services, other, "service-cidr", red=False)
    red = services.owner == other.owner or (services.kind == "ack" and not (other.kind == "other" and services.fixed))
    return Clash(services, other, "service-cidr", red=red)


def _axis(networks: Iterable[IPv4Network]) -> dict[int, float]:
    """Boundary -> fraction: between two neighbours, as many units as the addresses there have bits, and few where
    nobody has any."""
    networks = list(networks)
    edges = sorted({edge for one in networks for edge in (_first(one), _after(one))})
    place, at = dict.fromkeys(edges[:1], 0.0), 0.0
    for low, high in pairwise(edges):
        covered = any(_first(one) <= low and high <= _after(one) for one in networks)
        at += 1.0 + log2(high - low) if covered else _GAP
        place[high] = at
    return {edge: value / at for edge, value in place.items()} if at else place


def _first(network: IPv4Network) -> int:
    return int(network.network_address)


def _after(network: IPv4Network) -> int:
    return int(network.broadcast_address) + 1
