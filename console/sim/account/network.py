"""VPCs and vSwitches: made, Pending for a moment, refused where their ranges do not fit, and taken away once nothing
stands in them."""

from __future__ import annotations

import ipaddress

from console.sim.account.state import Account, RouteEntry, Vpc, VSwitch, found
from console.sim.openapis.refusal import OpenApiError

SETTLE = 3.0
"""Seconds until a network is Available."""
PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
VPC_MASKS = range(8, 29)
VSWITCH_MASKS = range(16, 30)


def create_vpc(account: Account, *, name: str, cidr: str, tags: dict[str, str]) -> Vpc:
    """A VPC, Pending at first; the default range is the cloud's own."""
    network = _network(cidr or "172.16.0.0/12", "InvalidCidrBlock.Malformed", "CidrBlock")
    if network.prefixlen not in VPC_MASKS or not any(network.subnet_of(one) for one in PRIVATE):
        raise OpenApiError("InvalidCidrBlock", f"Specified CidrBlock {network} is not valid for a VPC.")
    identifier = account.id("vpc-bp1")
    table = account.id("vtb-bp1", identifier)
    made = Vpc(identifier, name, str(network), account.now(), table, status="Pending", tags=tags)
    made.routes.append(
        RouteEntry(account.id("rte-bp1", table), "100.64.0.0/10", custom=False, next_hop=("service", ""))
    )
    account.vpcs[made.id] = made
    account.tasks.after(SETTLE, lambda: _available(made))
    return made


def delete_vpc(account: Account, identifier: str) -> None:
    """A VPC in which nothing is left."""
    vpc_of(account, identifier)
    inside = [one.id for one in account.vswitches.values() if one.vpc == identifier]
    inside += [one.id for one in account.groups.values() if one.vpc == identifier]
    if inside:
        raise OpenApiError("DependencyViolation", f"Specified VPC still has dependencies: {', '.join(inside[:3])}.")
    del account.vpcs[identifier]


def create_vswitch(account: Account, *, vpc: str, zone: str, cidr: str, name: str, tags: dict[str, str]) -> VSwitch:
    """A vSwitch, Pending at first."""
    inside = vpc_of(account, vpc)
    if inside.status != "Available":
        raise OpenApiError("IncorrectVpcStatus", "Current VPC status does not support this operation.")
    if zone not in account.zones:
        raise OpenApiError("InvalidZoneId.NotFound", "Specified zone does not exist.", 404)
    network = _network(cidr, "InvalidCidrBlock.Malformed", "CidrBlock")
    if network.prefixlen not in VSWITCH_MASKS or not network.subnet_of(ipaddress.IPv4Network(inside.cidr)):
        raise OpenApiError("InvalidCidrBlock", f"Specified CidrBlock {network} is not valid in {inside.cidr}.")
    for other in account.vswitches.values():
        if other.vpc == vpc and other.network.overlaps(network):
            words = f"Specified CidrBlock {network} overlaps {other.cidr} of {other.id}."
            raise OpenApiError("InvalidCidrBlock.Overlapped", words)
    made = VSwitch(account.id("vsw-bp1"), name, vpc, zone, str(network), account.now(), status="Pending", tags=tags)
    account.vswitches[made.id] = made
    account.tasks.after(SETTLE, lambda: _available(made))
    return made


def delete_vswitch(account: Account, identifier: str) -> None:
    """A vSwitch in which nothing stands."""
    vswitch_of(account, identifier)
    users = [one.id for one in account.clusters.values() if identifier in (*one.vswitches, *one.pod_vswitches)]
    users += [one.id for one in account.hubs.values() if identifier in one.vswitches]
    users += [one.id for one in account.alb.load_balancers.values() if identifier in {each for _, each in one.zones}]
    if users:
        words = f"Specified VSwitch still has dependencies: {', '.join(users[:3])}."
        raise OpenApiError("DependencyViolation", words)
    del account.vswitches[identifier]


def vpc_of(account: Account, identifier: str) -> Vpc:
    """The VPC of this id. Raises `OpenApiError`."""
    return found(account.vpcs, identifier, "InvalidVpcId.NotFound", "Specified VPC does not exist.")


def vswitch_of(account: Account, identifier: str) -> VSwitch:
    """The vSwitch of this id. Raises `OpenApiError`."""
    words = f"Specified virtual switch {identifier} does not exist."
    return found(account.vswitches, identifier, "InvalidVswitchID.NotFound", words)


def _available(made: Vpc | VSwitch) -> None:
    made.status = "Available"


def _network(text: str, code: str, name: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(text)
    except ValueError:
        raise OpenApiError(code, f"Specified {name} {text} is malformed.") from None
