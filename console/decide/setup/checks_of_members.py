"""Rules about members: whose they are, who lets the gateway in, and whether the APIs reach one another (domain.md
section 6, rows 8, 9, 12 and 13)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from console.decide.setup.cidrs import Use, parsed, ranges
from console.decide.setup.finding import Finding, ok, red, unchecked, unread, warn
from console.decide.setup.found import Found
from console.decide.setup.plan_cloud import admits
from console.model.ground import Admission, SecurityGroup
from console.model.text import inert
from console.model.topology import MemberPart

_NO_WAY = ("local", "NatGateway", "Ipv4Gateway")
"""Next hops that lead to no data centre."""


def one_fleet(found: Found) -> Iterator[Finding]:
    """A cluster is a member of one Fleet at most."""
    source, needed = "DescribeManagedClusters", f"no Fleet but {found.fleet_id}"
    for number, part in enumerate(found.topology.members):
        about, there = f"members[{number}]", found.cluster(part)
        if there is None:
            continue
        fleets = found.account.fleets
        holders = {one.id for one in fleets or () for each in one.attached or () if each.cluster == there.id}
        others = sorted(({there.fleet} | holders) - {"", found.fleet_id})
        if others:
            measured = f"{part.name} is a member of {inert(', '.join(others), 120)}"
            fix = "Detach it there first, which takes away what that Fleet deployed; or adopt that Fleet."
            yield red(about, source, measured, needed, fix)
        elif fleets is None or (unknown := [one.id for one in fleets if one.attached is None]):
            how = f"Look in the ACK One console which Fleet {part.name} belongs to."
            what = "fleets" if fleets is None else f"fleets {unknown[0]}"
            yield unread(found, what, about, source, needed, how)
        else:
            yield ok(about, source, f"{part.name} is in no other of {len(fleets)} Fleets", needed)


def node_pool(found: Found) -> Iterator[Finding]:
    """A new ACK cluster has nodes for what is to run on it."""
    for number, part in enumerate(found.topology.members):
        if part.kind != "ack" or part.id is not None or found.cluster(part) is not None:
            continue
        about, source, needed = f"members[{number}].nodes", "CreateCluster: nodepools", "a node pool"
        if part.nodes is None:
            fix = "Say nodes: {instance_types: [...]}, or add a pool by hand: until then its workloads wait."
            yield warn(about, source, f"{part.name} is made without nodes", needed, fix)
        else:
            measured = f"{part.nodes.count} nodes of {inert(', '.join(part.nodes.instance_types), 120)}"
            yield ok(about, source, measured, needed)


def security_group(found: Found) -> Iterator[Finding]:
    """Each member's security group admits all ports from the gateway's vSwitches; a step writes what is missing."""
    gateway = found.topology.gateway
    if gateway is None:
        return
    sources = [(name, parsed(found.subnet_cidr(name))) for name in gateway.vswitches]
    for number, part in enumerate(found.topology.members):
        if part not in found.topology.members_of(gateway.members):
            continue
        about, there = f"members[{number}]", found.cluster(part)
        if there is None and part.kind == "ack":
            measured = f"made with {part.name}; a step will write {len(sources)} rules"
            yield ok(about, "AuthorizeSecurityGroup", measured, "all ports from each ALB vSwitch")
        elif there is not None and (there.security_group or part.kind == "ack"):
            group = next((one for one in found.account.groups or () if one.id == there.security_group), None)
            for name, network in sources:
                if network is not None:
                    yield _admitted(found, about, there.security_group, group, name, network)


def _admitted(
    found: Found, about: str, identifier: str, group: SecurityGroup | None, name: str, network: IPv4Network
) -> Finding:
    source, needed = "DescribeSecurityGroupAttribute", f"all ports from {network} (ALB vSwitch {name})"
    if group is None or group.rules is None:
        shown = inert(identifier, 60) or "the cluster's security group"
        how = f"Look in the ECS console whether {shown} admits all ports from {network}"
        how += ", and add it there: no step does." if group is not None and group.denied else "."
        one = f"groups {identifier}"
        return unread(found, one if one in found.ground.unread else "groups", about, source, needed, how)
    shown = f"{inert(group.id, 60)} ({len(group.rules)} rules)"
    if admits(group, str(network)):
        return ok(about, source, f"{shown} admits {network}", needed)
    drops = [one.priority for one in group.rules if _drops(one, network)]
    if drops and min(drops) <= 1:  # of two rules with the same priority the one that drops holds
        fix = f"Take away the rule of priority {min(drops)} that drops {network}: no rule of ours comes before it."
        return red(about, source, f"{shown} drops {network} at priority {min(drops)}", needed, fix)
    fix = "A step will write 1 rule: all ports from it, priority 1."
    return warn(about, source, f"{shown} shuts out {network}", needed, fix)


def _drops(rule: Admission, network: IPv4Network) -> bool:
    home = parsed(rule.source)
    heard = rule.protocol.lower() in ("all", "-1", "tcp")
    return rule.policy.lower() == "drop" and heard and home is not None and network.overlaps(home)


def api_reachable(found: Found) -> Iterator[Finding]:
    """The Fleet's API server and each member's reach each other, which only a working agent proves."""
    needed = "the Fleet's API and the member's reach each other"
    if found.ground.hub is None and found.fleet is not None and found.fleet.state == "running":
        how = "Run this host in the VPC, or set fleet.public: true."
        yield unread(found, "hub", "fleet", "GET /version of the Fleet", "the Fleet's API reached from here", how)
    for number, part in enumerate(found.topology.members):
        about, source = f"members[{number}]", f"ManagedCluster {inert(found.cluster_id(part), 60)}"
        if _available(found, part):
            yield ok(about, source, "Available: its agent is heard", needed)
            continue
        how = f"From a host in the VPC: curl -k https://API-OF-{part.name}:6443/version; from {part.name} the Fleet's."
        yield unchecked(about, source, "not there, or not Available yet", needed, how)


def _available(found: Found, part: MemberPart) -> bool:
    status = (found.hub.find("ManagedCluster", found.cluster_id(part)) or {}).get("status")
    conditions = status.get("conditions") if isinstance(status, dict) else None
    wanted = ("ManagedClusterConditionAvailable", "True")
    listed = conditions if isinstance(conditions, list) else []
    return any(isinstance(one, dict) and (one.get("type"), one.get("status")) == wanted for one in listed)


def data_centre_api(found: Found) -> Iterator[Finding]:
    """The data centre's own API answers, where a context of it is named."""
    for number, part in enumerate(found.topology.members):
        if part.kind != "registered" or part.context is None:
            continue
        about, source = f"members[{number}].context", f"kubeconfig context {inert(part.context, 60)}"
        site, needed = found.ground.sites.get(part.name), "an API that answers"
        cluster = found.cluster(part)
        if cluster is not None and cluster.state == "running":
            yield ok(about, f"DescribeClusterDetail {cluster.id}", "its agent is connected", needed)
        elif site is None:
            how = f"Try kubectl --context {inert(part.context, 60)} version."
            yield unread(found, "sites", about, source, needed, how)
        elif site.problem:
            fix = "Correct context or kubeconfig, or leave context out and apply the agent's manifest by hand."
            yield red(about, source, inert(site.problem), needed, fix)
        else:
            yield ok(about, source, f"Kubernetes {inert(site.version, 40) or 'of unknown version'}", needed)


def node_routes(found: Found) -> Iterator[Finding]:
    """The VPC knows the way to the nodes of each data centre."""
    for number, part in enumerate(found.topology.members):
        if part.kind == "registered":
            yield from _routed(found, number, part, Use.NODES)


def underlay_routes(found: Found) -> Iterator[Finding]:
    """The VPC knows the way to the pods of each data centre whose network is an underlay."""
    for number, part in enumerate(found.topology.members):
        if part.kind == "registered" and part.network == "underlay":
            yield from _routed(found, number, part, Use.PODS)


def _routed(found: Found, number: int, part: MemberPart, use: Use) -> Iterator[Finding]:
    about, source = f"members[{number}].cidrs.{use.value}", "DescribeRouteEntryList"
    hops = found.account.hops
    for one in ranges(found):
        if one.owner != part.name or one.use is not use:
            continue
        needed = f"a route of {found.vpc_id} to {one.network}"
        how = f"Look in the route tables of the VPC for {one.network}, and trace from an ECS instance to one of it."
        if hops is None:
            yield unread(found, "hops", about, source, needed, how)
            continue
        if found.vpc is None:
            yield unchecked(about, source, "the VPC is not there yet", needed, how)
            continue
        mine = [hop for hop in hops if hop.vpc == found.vpc_id]
        if not mine:  # every VPC has routes of its own, so none was shown to us
            yield unchecked(about, source, f"no route of {found.vpc_id} was shown", needed, how)
            continue
        ways = [hop for hop in mine if hop.kind not in _NO_WAY and _leads(hop.cidr, one.network)]
        if ways:
            measured = f"{ways[0].cidr} by {inert(ways[0].kind, 40)} {inert(ways[0].next, 60)}".rstrip()
            yield ok(about, source, measured, needed)
        else:
            fix = f"Add a route to {one.network} by the leased line's router interface, or let CEN publish it."
            if use is Use.PODS:
                fix += " Or say network: overlay, and use NodePort Services."
            yield red(about, source, f"0 of {len(mine)} routes lead to {one.network}", needed, fix)


def _leads(cidr: str, network: IPv4Network) -> bool:
    home = parsed(cidr)
    return home is not None and home.prefixlen > 0 and network.subnet_of(home)
