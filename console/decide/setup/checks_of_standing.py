"""What stands and what the file says of it, where no step of a set-up changes it: a cluster's ranges are immutable
(domain.md section 6, row 4), its nodes are made once."""

from __future__ import annotations

from collections.abc import Iterator

from console.decide.setup.cidrs import parsed
from console.decide.setup.finding import Finding, ok, red, warn
from console.decide.setup.found import Found
from console.model.ground import MemberCluster
from console.model.text import inert
from console.model.topology import MemberPart

_DETAIL = "DescribeClusterDetail"


def as_it_stands(found: Found) -> Iterator[Finding]:
    """Everything that cannot be changed is as the file says; else nobody would see that it is not."""
    told = [*_network(found), *_fleet(found)]
    for number, part in enumerate(found.topology.members):
        there = found.cluster(part)
        if there is not None and part.kind == "ack" == there.kind:
            told += [*_ranges(found, part, there, f"members[{number}]"), *_nodes(part, there, f"members[{number}]")]
        elif part.kind == "registered":
            told += _data_centre(found, part, f"members[{number}]")
    yield from told
    if not told:
        yield ok("members", f"DescribeVpcs, DescribeVSwitches, {_DETAIL}", "0 differences", "what stands, as it stands")


def _data_centre(found: Found, part: MemberPart, path: str) -> Iterator[Finding]:
    """The ranges that the file gives a data centre hold what its own API says of its nodes; else every check of
    overlaps and routes looks at the wrong ones."""
    site = found.ground.sites.get(part.name)
    if site is None or site.problem:
        return
    for use, said, stands in (("nodes", part.cidrs.nodes, site.nodes), ("pods", part.cidrs.pods, site.pods)):
        ranges = [network for text in said if (network := parsed(text)) is not None]
        known = [(text, network) for text in stands if (network := parsed(text)) is not None]
        outside = [text for text, network in known if not any(network.subnet_of(one) for one in ranges)]
        if ranges and outside:
            shown = ", ".join(outside[:3]) + (", ..." if len(outside) > 3 else "")
            measured = (
                f"{part.name}: {len(outside)} of {len(known)} {use} are outside {inert(', '.join(said), 120)}: {shown}"
            )
            fix = f"Write ranges that hold {shown}, or correct the context."
            yield red(f"{path}.cidrs.{use}", "Nodes of the data centre", measured, f"ranges that hold all {use}", fix)


def _network(found: Found) -> Iterator[Finding]:
    vpc = found.vpc
    if vpc is not None:
        yield from _fixed("vpc.cidr", "DescribeVpcs", "VPC", vpc.cidr, found.topology.vpc.cidr)
    for number, part in enumerate(found.topology.vswitches):
        there = found.subnet(part.name)
        if there is not None:
            for name, stands, said in (("cidr", there.cidr, part.cidr), ("zone", there.zone, part.zone)):
                yield from _fixed(
                    f"vswitches[{number}].{name}", "DescribeVSwitches", f"vSwitch {part.name}", stands, said
                )


def _fleet(found: Found) -> Iterator[Finding]:
    """An adopted Fleet's addresses are as they are; of ours the file said them once."""
    part, there = found.topology.fleet, found.fleet
    if part.id is None and there is not None and there.public not in (None, part.public):
        words = ("a private address only", "a public address, too")
        measured = f"its API server has {words[bool(there.public)]}; the file says {words[part.public]}"
        fix = f"Say fleet.public: {str(there.public).lower()}, or change it in the ACK One console."
        yield warn("fleet.public", "DescribeHubClusterDetails", measured, "what stands, as it stands", fix)


def _ranges(found: Found, part: MemberPart, there: MemberCluster, path: str) -> Iterator[Finding]:
    who = f"cluster {part.name}"
    yield from _fixed(f"{path}.cidrs.services", _DETAIL, f"{who} services", there.services, part.cidrs.services)
    if there.pod_vswitches:
        said = {found.subnet_id(name) for name in part.pod_vswitches}
        if part.cidrs.pods or not said <= set(there.pod_vswitches):
            stands = f"vSwitches {', '.join(there.pod_vswitches)}"
            wanted = ", ".join(part.cidrs.pods or sorted(said))
            yield _differs(f"{path}.pod_vswitches", _DETAIL, f"{who} pods", stands, wanted)
    elif there.pods and (part.pod_vswitches or part.cidrs.pods):
        wanted = f"vSwitches {', '.join(part.pod_vswitches)}" if part.pod_vswitches else ", ".join(part.cidrs.pods)
        yield from _fixed(f"{path}.cidrs.pods", _DETAIL, f"{who} pods", there.pods, wanted)


def _nodes(part: MemberPart, there: MemberCluster, path: str) -> Iterator[Finding]:
    needed = "what stands, as it stands"
    wanted = part.nodes.count if part.nodes is not None else None
    if wanted is not None and there.nodes is not None and there.state == "running" and there.nodes != wanted:
        measured = f"{part.name} has {there.nodes} nodes; the file says {wanted}, and no step changes them"
        fix = f"Scale its node pool in the ACK console, or say count: {there.nodes}."
        yield warn(f"{path}.nodes.count", f"{_DETAIL}: size", measured, needed, fix)
    if part.version and there.version and not there.version.startswith(part.version):
        measured = f"{part.name} runs {inert(there.version, 40)}; the file says {part.version}, and no step changes it"
        fix = f"Upgrade it in the ACK console, or say version: {inert(there.version, 40)}."
        yield warn(f"{path}.version", f"{_DETAIL}: current_version", measured, needed, fix)


def _fixed(path: str, source: str, what: str, stands: str, said: str | None) -> Iterator[Finding]:
    """One value, where the file says it and the cloud does."""
    if said and stands and said != stands:
        yield _differs(path, source, what, stands, said)


def _differs(path: str, source: str, what: str, stands: str, said: str) -> Finding:
    shown = inert(stands, 120)
    measured = f"{what}: {shown} stands; the file says {inert(said, 120)}"
    return red(path, source, measured, "what stands: it cannot be changed", f"Say {shown}, or make it anew.")
