"""What a set-up of this topology made, and the file no longer names: by our label or tag. A set-up leaves it alone,
since it may carry traffic; it is told, so that nobody takes it for gone. A teardown takes it away, but for a Fleet and
a VPC besides those of the file: what stands in them is not looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from console.decide.setup import manifests
from console.decide.setup.finding import Finding, ok, warn
from console.decide.setup.found import Found
from console.model.ground import Key, MemberCluster, Object, SecurityGroup, Subnet
from console.model.text import inert
from console.model.topology import TAG, MemberPart

_KINDS = ("Ingress", "AlbConfig", "IngressClass", "ApplicationSet", "AppProject", "Namespace")
"""That a set-up makes whole, in the order in which they may go: an AlbConfig waits for its Ingresses."""
_PARTS = {"Ingress": "routes", "ApplicationSet": "applications", "AppProject": "applications", "Namespace": "routes"}
_DOES = {
    "Ingress": "it still takes requests",
    "AlbConfig": "its ALB still stands, and is paid for",
    "ApplicationSet": "its workloads still run",
}
_GOING = ("deleting", "deleted", "removing")


class LeftBehind(NamedTuple):
    """One thing. `about`: the part of the file that would name it; `does`: what it still does; `how`: to remove it;
    `key`: which object of the Fleet it is, None for a resource of the cloud; `goes`: whether a teardown takes it."""

    what: str
    about: str
    source: str
    does: str
    how: str
    key: Key | None = None
    goes: bool = True


def left_behind(found: Found) -> tuple[LeftBehind, ...]:
    """All of it, in the order in which it may go."""
    return (*_objects(found), *_resources(found))


def check(found: Found) -> Iterator[Finding]:
    """Nothing of ours stands that the file no longer names."""
    needed, known = "the file names all that its set-up made", left_behind(found)
    for one in known:
        measured = f"{one.what} was made by this topology's set-up, and the file no longer names it; {one.does}"
        yield warn(one.about, one.source, measured, needed, one.how)
    if not known:
        yield ok("name", "labels and tags of ours", "nothing else of ours stands", needed)


def _objects(found: Found) -> Iterator[LeftBehind]:
    wanted = {(key.kind, key.namespace, key.name) for key in manifests.wanted(found)}
    strays = [
        key
        for key, one in found.hub.objects.items()
        if key.kind in _KINDS and found.made(one) and (key.kind, key.namespace, key.name) not in wanted
    ]
    for key in sorted(strays, key=lambda one: (_KINDS.index(one.kind), str(one))):
        place = f" -n {key.namespace}" if key.namespace else ""
        command = f"kubectl delete {key.kind.lower()} {key.name}{place}"
        how = f"Name it in the file again, or remove it on the Fleet: {command}."
        if key.kind == "ApplicationSet":
            how += " Its workloads go with it unless preserveResourcesOnDeletion is true."
        does = _DOES.get(key.kind, "nothing of the file needs it")
        if key.kind == "Ingress":
            does += _shared(found, found.hub.objects[key])
        about = _PARTS.get(key.kind, "gateway")
        yield LeftBehind(inert(str(key), 200), about, f"label of {key.kind}", does, inert(how, 400), key)


def _resources(found: Found) -> Iterator[LeftBehind]:
    """Of the cloud: clusters before the Fleet, and the network last."""
    account = found.account
    kept = {one.id for one in (found.fleet, found.vpc) if one is not None}
    yield from _rules(found)
    for cluster in clusters(found):
        if cluster.state not in _GOING:
            how = "detach it from the Fleet, then delete it in the ACK console"
            yield _resource("cluster", cluster.name, cluster.id, "members", "DescribeClustersV1", how)
    for fleet in account.fleets or ():
        if found.ours(fleet.tags) and fleet.id not in kept and fleet.state not in _GOING:
            how = "delete it in the console"
            yield _resource("Fleet", fleet.name, fleet.id, "fleet", "DescribeHubClusters", how, goes=False)
    for switch in vswitches(found):
        how = "delete it in the VPC console"
        yield _resource("vSwitch", switch.name, switch.id, "vswitches", "DescribeVSwitches", how)
    for vpc in account.vpcs or ():
        if found.ours(vpc.tags) and vpc.id not in kept:
            how = "delete it in the VPC console"
            yield _resource("VPC", vpc.name, vpc.id, "vpc", "DescribeVpcs", how, goes=False)


def clusters(found: Found) -> tuple[MemberCluster, ...]:
    """Clusters of ours that no member of the file is, those that are going included."""
    kept = {found.cluster_id(part) for part in found.topology.members}
    return tuple(one for one in found.account.clusters or () if found.ours(one.tags) and one.id not in kept)


def members(found: Found) -> tuple[MemberPart, ...]:
    """The same as members: as the file would name them by their ids."""
    taken = {one.name for one in found.topology.members}
    out = []
    for one in clusters(found):
        name = one.id if one.name in taken else inert(one.name, 60)
        kind: Literal["ack", "registered"] = "ack" if one.kind == "ack" else "registered"
        out.append(MemberPart(name=name, kind=kind, id=one.id, zone="", network="overlay"))
    return tuple(out)


def vswitches(found: Found) -> tuple[Subnet, ...]:
    """vSwitches of ours that the file does not name."""
    kept = {found.subnet_id(part.name) for part in found.topology.vswitches}
    return tuple(one for one in found.account.subnets or () if found.ours(one.tags) and one.id not in kept)


def _rules(found: Found) -> Iterator[LeftBehind]:
    """Rules of ours in security groups that stay, for ranges that the gateway no longer has."""
    gateway = found.topology.gateway
    behind = found.topology.members_of(gateway.members) if gateway is not None else ()
    ranges = {found.subnet_cidr(name) for name in gateway.vswitches} if gateway is not None else set()
    needing = {one.security_group for part in behind if (one := found.cluster(part)) is not None}
    going = {one.security_group for one in clusters(found)}
    for group in found.account.groups or ():
        wanted = ranges if group.id in needing else set()
        if group.id in going or "" in wanted:
            continue
        for source in sources(found, group):
            if source not in wanted:
                yield LeftBehind(
                    f"rule for {inert(source, 60)} in security group {inert(group.id, 60)}", "gateway.vswitches",
                    "DescribeSecurityGroupAttribute: Description",
                    "it still admits all ports from there",
                    "Name its vSwitch for the gateway again, or remove the rule in the ECS console.",
                )  # fmt: skip


def sources(found: Found, group: SecurityGroup) -> tuple[str, ...]:
    """Ranges that rules of ours admit to a security group."""
    return tuple(one.source for one in group.rules or () if one.note == f"{TAG} {found.topology.name}")


def _shared(found: Found, live: Object) -> str:
    """Which of its requests a route of the file is for, too."""
    spec = live.get("spec")
    places = set()
    for rule in (spec.get("rules") or ()) if isinstance(spec, Mapping) else ():
        for path in (rule.get("http") or {}).get("paths") or ():
            places.add((rule.get("host"), path.get("path")))
    for part in found.topology.routes:
        both = [one for one in part.paths if (part.host, one) in places]
        if both:
            return f", also those for {part.host or 'any host'}{both[0]} that route {part.name} is for"
    return ""


def _resource(
    kind: str, name: str, identifier: str, about: str, source: str, how: str, *, goes: bool = True
) -> LeftBehind:
    what = f"{kind} {inert(name, 60)} ({inert(identifier, 60)})"
    does = "it still stands, and may be paid for"
    return LeftBehind(what, about, source, does, f"Name it in the file again, or {how}.", goes=goes)
