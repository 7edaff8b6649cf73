"""What of the ground has to be known before a plan of it may be believed. A part that was not read, or only in part, is
neither there nor absent: what cannot be told must not be made twice, nor be left behind."""

from __future__ import annotations

from collections.abc import Iterator

from console.decide.setup.found import Found
from console.model.ground import Ground, MemberCluster
from console.model.topology import Topology

NEEDED = ("vpcs", "subnets", "fleets", "clusters", "groups")
"""Parts of the account without which nobody can tell what is missing."""
_WRITTEN = ("Namespace", "AlbConfig", "IngressClass", "Ingress", "AppProject", "ApplicationSet")
"""Kinds that could not be listed and may be there: what cannot be seen is not made anew."""
UNSEEN = "hub"
"""Named with `--also`, a teardown leaves what it cannot see on the Fleet to go with the Fleet, or to stay."""


def unknown(topology: Topology, ground: Ground) -> tuple[str, ...]:
    """Why no plan can be made yet, a sentence for each part that is needed and was not read."""
    return _told(ground, [*_parts(ground), *_in_part(Found(topology, ground))])


def unknown_to_show(topology: Topology, ground: Ground) -> tuple[str, ...]:
    """As `unknown`, for a plan that is only shown: of a region that is none nothing is there to be read, and its rule
    is red, so that nothing is written."""
    return () if no_region(topology.region, ground) else unknown(topology, ground)


def no_region(name: str, ground: Ground) -> bool:
    """Whether a region surely has no ACK One, or is none."""
    return ground.account.regions is not None and name not in ground.account.regions


def unknown_to_teardown(topology: Topology, ground: Ground, also: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """As `unknown`, and what a teardown would overlook besides: the gateway's ALB, agents in data centres that do not
    answer, all that stands on a Fleet whose API does not."""
    found = Found(topology, ground)
    parts = [*_parts(ground), *_in_part(found), *_denied(found)]
    if topology.gateway is not None and ground.account.balancers is None:
        parts.append("balancers")
    fleet = found.fleet
    if fleet is not None and fleet.state == "running" and ground.hub is None and UNSEEN not in also:
        parts += ["hub"] if "hub" in ground.unread else []
    silent = [
        f"the data centre of {part.name}: {site.problem} (without its context in the file its agent stays)"
        for part in topology.members
        if (site := ground.sites.get(part.name)) is not None and site.problem and _ours(found, part.name)
    ]
    return (*_told(ground, parts), *silent)


def _ours(found: Found, member: str) -> bool:
    part = found.topology.member(member)
    cluster = found.cluster(part) if part is not None else None
    return cluster is not None and found.ours(cluster.tags)


def _told(ground: Ground, parts: list[str]) -> tuple[str, ...]:
    return tuple(f"{name}: {ground.unread.get(name, 'not read')}" for name in parts)


def _parts(ground: Ground) -> Iterator[str]:
    yield from (name for name in NEEDED if getattr(ground.account, name) is None)
    yield from (one for one in ground.unread if one.startswith("hub ") and one.removeprefix("hub ") in _WRITTEN)


def _in_part(found: Found) -> Iterator[str]:
    """Of a Fleet that may be ours its tags or associations; of a member behind the gateway its security group, or the
    group's rules."""
    topology, unread = found.topology, found.ground.unread
    for fleet in found.account.fleets or ():
        named = fleet.id == topology.fleet.id
        perhaps = topology.fleet.id is None and fleet.name == topology.fleet.name
        told = named or found.ours(fleet.tags)
        associated = not told or (fleet.state == "running" and fleet.attached is None)
        if f"fleets {fleet.id}" in unread and (named or perhaps) and associated:
            yield f"fleets {fleet.id}"
    gateway = topology.gateway
    for part in topology.members_of(gateway.members) if gateway is not None else ():
        cluster = found.cluster(part)
        if cluster is None or part.kind != "ack":
            continue
        if not cluster.security_group and cluster.state == "running" and f"clusters {cluster.id}" in unread:
            yield f"clusters {cluster.id}"
        if cluster.security_group and f"groups {cluster.security_group}" in unread and not _shut(found, cluster):
            yield f"groups {cluster.security_group}"


def _denied(found: Found) -> Iterator[str]:
    """Security groups whose rules may not be read, and of which some may be ours."""
    for part in found.topology.members:
        cluster = found.cluster(part)
        if cluster is not None and not found.ours(cluster.tags) and _shut(found, cluster):
            yield f"groups {cluster.security_group}"


def _shut(found: Found, cluster: MemberCluster) -> bool:
    return any(one.id == cluster.security_group and one.denied for one in found.account.groups or ())
