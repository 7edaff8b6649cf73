"""VPC 2016-04-28, RPC style: the network that Fleet, members and gateways share. Lists are wrapped twice, pages are
numbered, 10 entries each by default and 50 at most."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from functools import partial

from console.sim.openapis.facts import Facts
from console.sim.openapis.parameters import Parameters
from console.sim.openapis.product import Answer, Product
from console.sim.openapis.refusal import OpenApiError
from console.sim.world import VSwitch

GROUP = "rg-simulated"
RESERVED = 4
"""Addresses of every vSwitch that the cloud keeps: the first and the last three."""
OF_AN_ALB = 3
"""Addresses that an ALB holds in each of its vSwitches."""


def product(facts: Facts) -> Product:
    """The reads of a console."""
    reads: dict[str, Callable[[Facts, Parameters], Answer]] = {
        "DescribeVpcs": describe_vpcs,
        "DescribeVpcAttribute": describe_vpc_attribute,
        "DescribeVSwitches": describe_vswitches,
        "DescribeZones": describe_zones,
    }
    return Product("vpc", "2016-04-28", reads={name: partial(answer, facts) for name, answer in reads.items()})


def describe_vpcs(facts: Facts, asked: Parameters) -> Answer:
    """DescribeVpcs."""
    _check_region(facts, asked, needed=True)
    found = [_vpc(facts)] if _among(facts.world.vpc, asked.text("VpcId")) else []
    found = [each for each in found if asked.text("VpcName") in ("", each["VpcName"]) and not asked.items("Tag", 20)]
    return _page("Vpcs", "Vpc", found, asked)


def describe_vpc_attribute(facts: Facts, asked: Parameters) -> Answer:
    """DescribeVpcAttribute. The data centre's members come in through a CEN."""
    _check_region(facts, asked, needed=False)
    if _text(asked, "VpcId") != facts.world.vpc:
        raise OpenApiError("InvalidVpcId.NotFound", "Specified VPC does not exist.", 404)
    cens = [{"CenId": facts.id("cen-", "vpc"), "CenStatus": "Attached"}]
    outside = any(member.kind == "registered" for member in facts.world.members)
    return {
        **_vpc(facts),
        "Description": "",
        "AssociatedCens": {"AssociatedCen": cens if outside else []},
        "CloudResources": {"CloudResourceSetType": []},
    }


def describe_vswitches(facts: Facts, asked: Parameters) -> Answer:
    """DescribeVSwitches: one of region and VPC is needed."""
    _check_region(facts, asked, needed=not asked.text("VpcId"))
    found = [
        _vswitch(facts, vswitch)
        for vswitch in facts.world.vswitches
        if asked.text("VpcId") in ("", facts.world.vpc)
        and asked.text("ZoneId") in ("", vswitch.zone)
        and asked.text("VSwitchName") in ("", vswitch.name)
        and _among(vswitch.id, asked.text("VSwitchId"))
        and not asked.items("Tag", 20)
    ]
    return _page("VSwitches", "VSwitch", found, asked)


def describe_zones(facts: Facts, asked: Parameters) -> Answer:
    """DescribeZones."""
    _check_region(facts, asked, needed=True)
    zones = [{"ZoneId": zone, "LocalName": zone, "ZoneType": "AvailabilityZone"} for zone in facts.zones]
    return {"Zones": {"Zone": zones}}


def _vpc(facts: Facts) -> Answer:
    world = facts.world
    return {
        "VpcId": world.vpc,
        "VpcName": world.vpc_name,
        "RegionId": world.region,
        "CidrBlock": world.vpc_cidr,
        "SecondaryCidrBlocks": {"SecondaryCidrBlock": []},
        "UserCidrs": {"UserCidr": []},
        "Status": "Available",
        "IsDefault": False,
        "VSwitchIds": {"VSwitchId": [vswitch.id for vswitch in world.vswitches]},
        "RouterTableIds": {"RouterTableIds": [facts.id("vtb-bp1", "vpc")]},
        "Tags": {"Tag": []},
        "CreationTime": facts.date(world.age),
        "ResourceGroupId": GROUP,
        "CenStatus": "Attached",
    }


def _vswitch(facts: Facts, vswitch: VSwitch) -> Answer:
    network = ipaddress.IPv4Network(vswitch.cidr)
    return {
        "VSwitchId": vswitch.id,
        "VSwitchName": vswitch.name,
        "VpcId": facts.world.vpc,
        "ZoneId": vswitch.zone,
        "CidrBlock": vswitch.cidr,
        "AvailableIpAddressCount": max(0, network.num_addresses - RESERVED - _used(facts, vswitch, network)),
        "Status": "Available",
        "IsDefault": False,
        "RouteTable": {"RouteTableId": facts.id("vtb-bp1", "vpc"), "RouteTableType": "System"},
        "Tags": {"Tag": []},
        "CreationTime": facts.date(facts.world.age),
        "ResourceGroupId": GROUP,
    }


def _used(facts: Facts, vswitch: VSwitch, network: ipaddress.IPv4Network) -> int:
    """Addresses in use: nodes and pods that stand in the range, and those of the ALBs."""
    members = facts.world.members
    held = [node.ip for member in members for node in member.nodes]
    held += [pod.ip for member in members for pods in member.pods.values() for pod in pods]
    balancers = sum(vswitch.id in {each.id for each in gateway.vswitches} for gateway in facts.world.gateways)
    return sum(ipaddress.ip_address(ip) in network for ip in held) + OF_AN_ALB * balancers


def _check_region(facts: Facts, asked: Parameters, *, needed: bool) -> None:
    region = _text(asked, "RegionId") if needed else asked.text("RegionId")
    if region not in ("", facts.world.region):
        raise OpenApiError("InvalidRegionId.NotFound", "The specified RegionId does not exist.", 404)


def _text(asked: Parameters, name: str) -> str:
    """A parameter that is needed, with this product's own code where it is missing."""
    if not asked.text(name):
        words = f'The input parameter "{name}" that is mandatory for processing this request is not supplied.'
        raise OpenApiError("MissingParameter", words)
    return asked.text(name)


def _among(identifier: str, said: str) -> bool:
    """Whether a comma-separated list names it; an empty one names all."""
    return not said or identifier in said.split(",")


def _page(outer: str, inner: str, found: Sequence[Answer], asked: Parameters) -> Answer:
    at, most = asked.number("PageNumber", 1, 1, 10**6), asked.number("PageSize", 10, 1, 50)
    page = list(found[(at - 1) * most : at * most])
    return {outer: {inner: page}, "PageNumber": at, "PageSize": most, "TotalCount": len(found)}
