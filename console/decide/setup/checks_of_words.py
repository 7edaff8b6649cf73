"""Rules that no API shows, for which a person has to look (domain.md section 6, rows 10 to 12 and 14), and the
permissions that were asked for."""

from __future__ import annotations

from collections.abc import Iterator

from console.decide.setup.finding import Finding, ok, red, unchecked, unread
from console.decide.setup.found import Found
from console.model.text import inert
from console.model.topology import MemberPart

_RAM = (
    "vpc:CreateVpc, vpc:CreateVSwitch, ecs:AuthorizeSecurityGroup, cs:CreateCluster, adcp:CreateHubCluster, "
    "adcp:UpdateHubClusterFeature, adcp:AttachClusterToHub"
)


def permissions(found: Found) -> Iterator[Finding]:
    """We may do on the Fleet what the set-up does there, by access review."""
    source, needed = "SelfSubjectAccessReview", "every verb allowed"
    if found.ground.hub is None:
        why = found.ground.unread.get("hub")
        measured = f"not known: {inert(why)}" if why else "the Fleet has no API yet; asked when it has"
        how = "Ask with `kubectl auth can-i --list` on the Fleet."
        yield unchecked("fleet", source, measured, needed, how)
        return
    allowed = found.hub.allowed
    missing = [inert(what, 80) for what, may in allowed.items() if not may]
    if missing:
        measured = f"{len(missing)} of {len(allowed)} not allowed: {', '.join(missing)}"
        yield red(
            "fleet", source, measured, needed, "Grant them: GrantUserPermission with RoleName admin on the Fleet."
        )
    elif allowed:
        yield ok("fleet", source, f"{len(allowed)} of {len(allowed)} allowed", needed)
    else:
        how = "Ask with `kubectl auth can-i --list` on the Fleet."
        yield unread(found, "permissions", "fleet", source, needed, how)


def ram_writes(found: Found) -> Iterator[Finding]:
    """The key may make what will be made; RAM answers only by trying."""
    how = f"Look in the RAM console whether the key's policies allow: {_RAM}."
    yield unchecked("name", "RAM policies", "no API says what a key may write", "permission for each write", how)


def leased_line(found: Found) -> Iterator[Finding]:
    """A line joins each data centre to the VPC."""
    for about, part in _data_centres(found):
        how = f"Look in the Express Connect console for a circuit and a VBR that end at {part.name}, both Normal."
        needed = f"a leased line between {part.name} and {found.vpc_id}"
        yield unchecked(about, "Express Connect console", "no API that we use shows it", needed, how)


def cen(found: Found) -> Iterator[Finding]:
    """CEN, or a peering, joins the line's VBR to the VPC and publishes the routes."""
    for about, part in _data_centres(found):
        how = f"Look in the CEN console whether {found.vpc_id} and the VBR of {part.name} hang on one transit router."
        needed = f"{found.vpc_id} and the VBR of {part.name} joined"
        yield unchecked(about, "CEN console", "no API that we use shows it", needed, how)


def firewall(found: Found) -> Iterator[Finding]:
    """The data centre's firewall admits the gateway's vSwitches, from where ALB probes and connects."""
    sources = _sources(found)
    for about, part in _data_centres(found) if sources else ():
        ports = "node ports" if part.network == "overlay" else "pods' ports"
        how = f"From a host in {sources}: connect to a node of {part.name}; look for it in firewall and iptables."
        needed = f"{sources} admitted to the {ports} of {part.name}"
        yield unchecked(about, "the data centre's firewall", "no API shows it", needed, how)


def back_routes(found: Found) -> Iterator[Finding]:
    """The data centre knows the way back to the gateway's vSwitches, and each node the way to its pods."""
    sources = _sources(found)
    for about, part in _data_centres(found) if sources else ():
        inner = " and, on each node, to its pods" if part.network == "overlay" else ""
        how = f"On a node of {part.name}: ip route get an address of {sources}."
        needed = f"routes of {part.name} to {sources}{inner}"
        yield unchecked(about, "the data centre's routers", "no API shows it", needed, how)


def _data_centres(found: Found) -> Iterator[tuple[str, MemberPart]]:
    for number, part in enumerate(found.topology.members):
        if part.kind == "registered":
            yield f"members[{number}]", part


def _sources(found: Found) -> str:
    """The ranges of the gateway's vSwitches."""
    gateway = found.topology.gateway
    known = [found.subnet_cidr(name) or name for name in (gateway.vswitches if gateway else ())]
    return inert(", ".join(known), 200)
