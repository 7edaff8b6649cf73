"""Rules about the account: the region, the resources that a topology names, the names that it would take, and the one
VPC that everything shares (domain.md section 6, rows 1, 9, 10, 17 and 18)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from console.decide.setup.finding import Finding, ok, red, unchecked, unread
from console.decide.setup.found import Found
from console.decide.setup.manifests import CONTROLLER
from console.model.ground import Tags
from console.model.text import inert

_T = TypeVar("_T")
_DEAD = ("failed", "deleting", "deleted", "delete_failed", "removing")
"""States of a Fleet or a cluster that no set-up brings back (domain.md 5.1 and 5.2)."""


class Named(NamedTuple):
    """A part of a topology that is, or will be, a resource of the account, and those of its kind that are there."""

    path: str
    part: str
    call: str
    kind: str
    id: str | None
    name: str
    there: tuple[Thing, ...] | None


class Thing(NamedTuple):
    """One of them. `vpc`: where it stands, empty where not said."""

    id: str
    name: str
    vpc: str
    tags: Tags
    state: str = ""
    region: str = ""
    type: str = ""


def named(found: Found) -> Iterator[Named]:
    """Every part that names a resource."""
    topology, account = found.topology, found.account
    vpcs = _all(account.vpcs, lambda one: Thing(one.id, one.name, one.id, one.tags))
    subnets = _all(account.subnets, lambda one: Thing(one.id, one.name, one.vpc, one.tags))
    fleets = _all(account.fleets, lambda one: Thing(one.id, one.name, one.vpc, one.tags, one.state, one.region))
    clusters = _all(
        account.clusters, lambda one: Thing(one.id, one.name, one.vpc, one.tags, one.state, one.region, one.kind)
    )
    yield Named("vpc", "vpcs", "DescribeVpcs", "VPC", topology.vpc.id, topology.vpc.name or "", vpcs)
    for number, switch in enumerate(topology.vswitches):
        path = f"vswitches[{number}]"
        inside = None if subnets is None else tuple(one for one in subnets if switch.id or one.vpc == found.vpc_id)
        yield Named(path, "subnets", "DescribeVSwitches", "vSwitch", switch.id, switch.name, inside)
    fleet = topology.fleet
    yield Named("fleet", "fleets", "DescribeHubClusters", "Fleet", fleet.id, fleet.name, fleets)
    for number, part in enumerate(topology.members):
        path = f"members[{number}]"
        yield Named(path, "clusters", "DescribeClustersV1", "cluster", part.id, part.name, clusters)


def _all(things: Iterable[_T] | None, made: Callable[[_T], Thing]) -> tuple[Thing, ...] | None:
    return None if things is None else tuple(made(one) for one in things)


def region(found: Found) -> Iterator[Finding]:
    """ACK One and ALB exist in the region, and what exists already is in it."""
    name, account = found.topology.region, found.account
    source, needed = "DescribeRegions (ADCP)", f"{name} among the regions of ACK One"
    how = "Look for the region in the ACK One console."
    if account.regions is None:
        yield unread(found, "regions", "region", source, needed, how)
    elif name in account.regions:
        yield ok("region", source, f"{name} is one of {len(account.regions)} regions", needed)
    else:
        known = inert(", ".join(account.regions), 200) or "none"
        yield red(
            "region", source, f"{name} is not among {len(account.regions)} regions", needed, f"Choose of: {known}."
        )
    source, needed = "DescribeZones (ALB)", "one zone or more with ALB"
    if account.alb_zones is None:
        yield unread(found, "alb_zones", "region", source, needed, "Look for the region in the ALB console.")
    elif not account.alb_zones and found.topology.gateway is not None:
        yield red("region", source, f"no zone of {name} has ALB", needed, "Choose a region that has ALB.")
    for one in named(found):
        thing = _of(found, one)
        if thing is not None and thing.region not in ("", name):
            measured = f"{one.kind} {inert(thing.name or thing.id, 60)} is in {inert(thing.region, 40)}"
            yield red(one.path, one.call, measured, f"in {name}", "Set region to it, or name another one.")


def resource_found(found: Found) -> Iterator[Finding]:
    """What a topology names by id is there, of the kind that it says, and alive."""
    for one in named(found):
        if one.id is None:
            continue
        needed = f"{one.kind} {one.id} in {found.topology.region}"
        if one.there is None:
            yield unread(found, one.part, f"{one.path}.id", one.call, needed, f"Look for {one.id} in the console.")
            continue
        thing = _of(found, one)
        if thing is None:
            if one.kind == "vSwitch" and found.topology.vpc.id and found.vpc is None and found.account.vpcs is not None:
                continue  # of a VPC that is not there none was read: that of the VPC says it
            place = found.topology.region if one.kind != "vSwitch" else found.vpc_id
            measured = f"not among {len(one.there)} in {place}"
            fix = "Correct the id, or leave it out so that a new one is made."
            yield red(f"{one.path}.id", one.call, measured, needed, fix)
        elif thing.state in _DEAD:
            fix = "Repair or delete it at the cloud, or leave the id out so that a new one is made."
            yield red(f"{one.path}.id", one.call, f"{one.id} is {thing.state}", "a state that can become running", fix)
        else:
            yield ok(f"{one.path}.id", one.call, f"{one.kind} {inert(thing.name or thing.id, 60)} is there", needed)
    for number, part in enumerate(found.topology.members):
        there = found.cluster(part)
        if there is not None and there.kind != part.kind:
            fix = f"Set kind: {there.kind}, or name another cluster."
            measured = f"{there.id} is of kind {inert(there.kind, 40)}"
            yield red(f"members[{number}].kind", "DescribeClusterDetail", measured, f"kind {part.kind}", fix)


def same_vpc(found: Found) -> Iterator[Finding]:
    """Fleet, members and vSwitches share one VPC; what is not there yet is made in it."""
    wanted, count = found.vpc_id, 0
    for one in named(found):
        thing = _of(found, one)
        if thing is None or one.kind == "VPC":
            continue
        if thing.vpc in ("", wanted):
            count += thing.vpc == wanted
            continue
        name = inert(thing.name or thing.id, 60)
        measured = f"{one.kind} {name} stands in {inert(thing.vpc, 40)}"
        fix = f"Set vpc.id: {inert(thing.vpc, 40)}, or name a {one.kind} of {wanted}."
        yield red(one.path, one.call, measured, wanted, fix)
    if found.account.vpcs is None and found.topology.vpc.id is None:
        how = "Look for the name in the VPC console."
        yield unread(found, "vpcs", "vpc", "DescribeVpcs", "all in one VPC", how)
    else:
        yield ok("vpc", "VpcId of each resource", f"{count} existing resources in {wanted}", "all in one VPC")


def name_taken(found: Found) -> Iterator[Finding]:
    """What will be made takes a name that is free, or that is ours already."""
    for one in named(found):
        if one.id is not None:
            continue
        path, needed = f"{one.path}.name", f"no other {one.kind} called {one.name}"
        if one.there is None:
            how = f"Look for a {one.kind} called {one.name} in the console."
            yield unread(found, one.part, path, one.call, needed, how)
            continue
        same = [thing for thing in one.there if thing.name == one.name]
        strangers = [thing for thing in same if not found.ours(thing.tags)]
        if strangers:
            measured = f"{inert(strangers[0].id, 60)} has the name, and not our tag"
            fix = f"Choose another name, or adopt it: id: {inert(strangers[0].id, 60)}."
            yield red(path, one.call, measured, needed, fix)
        elif len(same) > 1:
            ids = inert(", ".join(thing.id for thing in same), 120)
            fix = "Keep one by its id, and delete what is left over."
            yield red(path, one.call, f"{len(same)} of ours have the name: {ids}", "one at most", fix)
        else:
            yield ok(path, one.call, "ours already" if same else "the name is free", needed)
    yield from _gateway_name(found)


def _gateway_name(found: Found) -> Iterator[Finding]:
    gateway, balancers = found.topology.gateway, found.account.balancers
    if gateway is None:
        return
    there = found.hub.find("AlbConfig", gateway.name)
    needed = f"no other ALB called {gateway.name}"
    if balancers is None:
        how = f"Look for an ALB called {gateway.name} in the console."
        yield unread(found, "balancers", "gateway.name", "ListLoadBalancers", needed, how)
    elif there is None and (same := [one for one in balancers if one.name == gateway.name]):
        named = f"{inert(same[0].id, 60)} has the name"
        if found.fleet is not None and found.ground.hub is None:
            # It may well be the gateway's own: its AlbConfig lies where nobody has looked from here.
            measured = f"{named}; whether an AlbConfig of the Fleet made it is not read from this host yet"
            how = f"Look on the Fleet: kubectl get albconfig {gateway.name}. Where it is there, the ALB is its own."
            yield unchecked("gateway.name", "ListLoadBalancers", measured, needed, how)
        else:
            yield red("gateway.name", "ListLoadBalancers", named, needed, "Choose another name for the gateway.")
    else:
        yield ok("gateway.name", "ListLoadBalancers", "the name is free" if there is None else "ours already", needed)
    spec = (found.hub.find("IngressClass", gateway.ingress_class) or {}).get("spec")
    if not isinstance(spec, dict):
        return
    parameters = spec.get("parameters")
    points = parameters.get("name") if isinstance(parameters, dict) else None
    if (spec.get("controller"), points) != (CONTROLLER, gateway.name):
        measured = f"it is of {inert(spec.get('controller'), 60)} and points to {inert(points, 60)}"
        fix = "Choose another gateway.ingress_class; Ingresses of this one belong to another gateway."
        needed = f"{CONTROLLER} and AlbConfig {gateway.name}"
        yield red("gateway.ingress_class", f"IngressClass {gateway.ingress_class}", measured, needed, fix)


def _of(found: Found, one: Named) -> Thing | None:
    """The resource that a part is, by id, else by name where it is ours."""
    for thing in one.there or ():
        if thing.id == one.id or (one.id is None and thing.name == one.name and found.ours(thing.tags)):
            return thing
    return None
