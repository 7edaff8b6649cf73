"""Rules about address ranges and failure domains (domain.md section 6, rows 2 to 7)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations

from console.decide.setup.cidrs import OF_VPC, Range, Use, clashes, parsed, ranges, span, zone_of
from console.decide.setup.finding import Finding, ok, red, unchecked, warn
from console.decide.setup.found import Found
from console.model.topology import MemberPart

_PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_PRIVATE_WORDS = "within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
_SERVICE_MASKS, _POD_MASKS = (16, 24), (19, 25)


def different_zones(found: Found) -> Iterator[Finding]:
    """Members that stand in for each other stand in different zones: by the topology's word, and by their vSwitches."""
    members = found.topology.members
    for number, part in enumerate(members):
        zones = _zones(found, part)
        # Another failure domain's name than the cloud's is its author's own, and says nothing of vSwitches.
        if part.zone.startswith(found.topology.region) and part.zone not in zones:
            measured = f"vSwitches of {part.name} stand in {_words(zones)}"
            fix = "Set zone to where its vSwitches are, or name others."
            yield warn(f"members[{number}].zone", "DescribeVSwitches: ZoneId", measured, part.zone, fix)
    if len(members) < 2:
        return
    views = ({part.name: {part.zone} for part in members}, {part.name: _zones(found, part) for part in members})
    source, needed = "zone of each member, ZoneId of its vSwitches", "2 zones or more"
    every = min((set[str]().union(*view.values()) for view in views), key=len)
    if len(every) < 2:
        measured = f"{len(members)} members in 1 zone, {_words(every)}"
        yield red("members", source, measured, needed, "Place one member in another zone, with a vSwitch of that zone.")
        return
    yield ok("members", source, f"{len(members)} members in {len(every)} zones", needed)
    for first, second in combinations(views[0], 2):
        alike = next((view[first] for view in views if view[first] == view[second]), None)
        if alike is not None:
            measured = f"{first} and {second} are both in {_words(alike)}"
            yield warn("members", source, measured, "another zone each", "Know that both go when this zone goes.")


def _zones(found: Found, part: MemberPart) -> set[str]:
    """Where a member stands: an ACK cluster where its nodes' vSwitches are, a data centre where its author says."""
    known = {zone_of(found, name) for name in part.vswitches if part.kind == "ack"} - {""}
    return known or {part.zone}


def cidr_overlap(found: Found) -> Iterator[Finding]:
    """Nodes and pods of no two clusters overlap, nor what is outside the VPC the VPC."""
    yield from _clashing(found, "cidr-overlap")
    for number, part in enumerate(found.topology.members):
        for use, said in ((Use.NODES, part.cidrs.nodes), (Use.PODS, part.cidrs.pods)):
            known = said or any(one.owner == part.name and one.use is use for one in ranges(found))
            if not known:
                about, needed = f"members[{number}].cidrs.{use.value}", "a range that nobody else has"
                how = f"Ask who runs {part.name} for the range of its {use.value}, and write it down here."
                yield unchecked(about, "topology.yaml, Nodes of the data centre", "not known", needed, how)


def service_cidr(found: Found) -> Iterator[Finding]:
    """No cluster's Services hide addresses that its pods need; two clusters' Services may be alike, and are told."""
    yield from _clashing(found, "service-cidr")


def _clashing(found: Found, rule: str) -> Iterator[Finding]:
    known = ranges(found)
    mine = [one for one in clashes(known) if one.rule == rule]
    for one in mine:
        measured = f"{one.first} overlaps {one.second} at {span(one.network)} ({one.network})"
        if one.red and one.first.fixed:
            fix = (
                f"{one.first.owner} keeps its ranges: choose another for {one.second.owner}, or make the cluster anew."
            )
        elif one.red:
            fix = _elsewhere(one.second)
        else:
            fix = "It works while neither reaches the other's Services; choose another range where you can."
        source = ", ".join(dict.fromkeys((one.first.source, one.second.source)))
        say = red if one.red else warn
        yield say(one.first.path or one.second.path, source, measured, "0 addresses in common", fix)
    if not any(one.red for one in mine):
        yield ok("members", "ranges of VPC, vSwitches and members", f"{len(known)} ranges", "0 addresses in common")


def _elsewhere(other: Range) -> str:
    """What to do about a range that another one takes addresses of: where that one takes all, it is the wrong one."""
    if all(private.subnet_of(other.network) for private in _PRIVATE):
        return f"Correct {other.owner} {other.use}: outside {other.network} there is no private range."
    return f"Choose a range outside {other.network}."


def cidr_range(found: Found) -> Iterator[Finding]:
    """Ranges are of the kinds and masks that the services take, and vSwitches lie within their VPC."""
    known, reds = ranges(found), 0
    for one in (*_outside(known), *_private(found, known), *_masks(found, known)):
        reds += 1
        yield one
    if not reds:
        yield ok(
            "vpc",
            "CreateCluster, CreateVSwitch",
            f"{len(known)} ranges within bounds",
            "ranges and masks as documented",
        )


def _outside(known: tuple[Range, ...]) -> Iterator[Finding]:
    """New vSwitches outside their VPC."""
    homes = [one.network for one in known if one.use in OF_VPC]
    for one in known:
        if (
            one.use is Use.VSWITCH
            and not one.fixed
            and homes
            and not any(one.network.subnet_of(home) for home in homes)
        ):
            within = ", ".join(map(str, homes))
            fix = f"Choose a range within {within}."
            yield red(one.path, "CreateVSwitch", f"{one.network} is outside the VPC", f"within {within}", fix)


def _private(found: Found, known: tuple[Range, ...]) -> Iterator[Finding]:
    """The VPC to be made, and Flannel's pods and Services of ACK clusters to be made."""
    for one in known:
        flannel = one.kind == "ack" and not one.inside and one.use in (Use.PODS, Use.SERVICES)
        if one.fixed or not (flannel or one.use is Use.VPC):
            continue
        if not any(one.network.subnet_of(private) for private in _PRIVATE):
            call = "CreateVpc" if one.use is Use.VPC else "CreateCluster"
            yield red(one.path, call, str(one), _PRIVATE_WORDS, "Choose a private range.")


def _masks(found: Found, known: tuple[Range, ...]) -> Iterator[Finding]:
    for one in known:
        if one.use is Use.SERVICES and one.kind == "ack" and not one.fixed:
            yield from _mask(one.path, "CreateCluster: service_cidr", str(one), one.network, _SERVICE_MASKS)
    for number, part in enumerate(found.topology.members):
        for each, name in enumerate(part.pod_vswitches if found.cluster(part) is None else ()):
            network = parsed(found.subnet_cidr(name))
            if network is not None:
                about = f"members[{number}].pod_vswitches[{each}]"
                yield from _mask(about, "CreateCluster: pod_vswitch_ids", f"{name} {network}", network, _POD_MASKS)


def _mask(about: str, source: str, what: str, network: IPv4Network, bounds: tuple[int, int]) -> Iterator[Finding]:
    low, high = bounds
    if not low <= network.prefixlen <= high:
        fix = f"Choose a range with a mask of /{low} to /{high}."
        yield red(about, source, f"{what} has a mask of /{network.prefixlen}", f"/{low} to /{high}", fix)


def _words(zones: set[str]) -> str:
    return ", ".join(sorted(zones))
