"""VPC 2016-04-28, RPC style: the networks that Fleets, members and gateways share. Lists are wrapped twice, pages are
numbered, 10 entries each by default and 50 at most."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from console.sim.account import network
from console.sim.account.state import Account, RouteEntry, Vpc, VSwitch
from console.sim.openapis.pages import GROUP, among, page, tagged, tags_of
from console.sim.openapis.parameters import Parameters
from console.sim.openapis.product import Answer, Product
from console.sim.openapis.refusal import OpenApiError


def product(account: Account) -> Product:
    """What a console asks, and what makes and takes away."""
    reads: dict[str, Callable[[Account, Parameters], Answer]] = {
        "DescribeVpcs": describe_vpcs,
        "DescribeVpcAttribute": describe_vpc_attribute,
        "DescribeVSwitches": describe_vswitches,
        "DescribeZones": describe_zones,
        "DescribeRouteTableList": describe_route_table_list,
        "DescribeRouteEntryList": describe_route_entry_list,
    }
    writes: dict[str, Callable[[Account, Parameters], Answer]] = {
        "CreateVpc": create_vpc,
        "DeleteVpc": delete_vpc,
        "CreateVSwitch": create_vswitch,
        "DeleteVSwitch": delete_vswitch,
        "TagResources": tag_resources,
    }
    return Product(
        "vpc",
        "2016-04-28",
        reads={name: partial(answer, account) for name, answer in reads.items()},
        writes={name: partial(change, account) for name, change in writes.items()},
    )


def describe_vpcs(account: Account, asked: Parameters) -> Answer:
    """DescribeVpcs."""
    _check_region(account, asked, needed=True)
    wanted = tags_of(asked.items("Tag", 20))
    found = [
        _vpc(account, each)
        for each in account.vpcs.values()
        if among(each.id, asked.text("VpcId"))
        and asked.text("VpcName") in ("", each.name)
        and tagged(each.tags, wanted)
    ]
    return _page("Vpcs", "Vpc", found, asked)


def describe_vpc_attribute(account: Account, asked: Parameters) -> Answer:
    """DescribeVpcAttribute. Data centres come in through a CEN."""
    _check_region(account, asked, needed=False)
    vpc = network.vpc_of(account, _text(asked, "VpcId"))
    outside = any(each.custom for each in vpc.routes)
    cens = [{"CenId": account.id("cen-", "vpc"), "CenStatus": "Attached"}]
    return {
        **_vpc(account, vpc),
        "Description": "",
        "AssociatedCens": {"AssociatedCen": cens if outside else []},
        "CloudResources": {"CloudResourceSetType": []},
    }


def describe_vswitches(account: Account, asked: Parameters) -> Answer:
    """DescribeVSwitches: one of region and VPC is needed."""
    _check_region(account, asked, needed=not asked.text("VpcId"))
    wanted = tags_of(asked.items("Tag", 20))
    found = [
        _vswitch(account, each)
        for each in account.vswitches.values()
        if asked.text("VpcId") in ("", each.vpc)
        and asked.text("ZoneId") in ("", each.zone)
        and asked.text("VSwitchName") in ("", each.name)
        and among(each.id, asked.text("VSwitchId"))
        and tagged(each.tags, wanted)
    ]
    return _page("VSwitches", "VSwitch", found, asked)


def describe_zones(account: Account, asked: Parameters) -> Answer:
    """DescribeZones."""
    _check_region(account, asked, needed=True)
    zones = [{"ZoneId": zone, "LocalName": zone, "ZoneType": "AvailabilityZone"} for zone in account.zones]
    return {"Zones": {"Zone": zones}}


def describe_route_table_list(account: Account, asked: Parameters) -> Answer:
    """DescribeRouteTableList: every VPC has its system table and no other."""
    _check_region(account, asked, needed=True)
    found = [
        {
            "RouteTableId": vpc.table,
            "RouteTableName": "",
            "RouteTableType": "System",
            "AssociateType": "VSwitch",
            "RouterId": account.id("vrt-bp1", vpc.id),
            "RouterType": "VRouter",
            "VpcId": vpc.id,
            "VSwitchIds": {"VSwitchId": _vswitches_of(account, vpc)},
            "Status": "Available",
            "CreationTime": account.date(vpc.created),
            "ResourceGroupId": GROUP,
            "Tags": {"Tag": []},
        }
        for vpc in account.vpcs.values()
        if asked.text("VpcId") in ("", vpc.id) and asked.text("RouteTableId") in ("", vpc.table)
    ]
    answer = _page("RouterTableList", "RouterTableListType", found, asked)
    return {**answer, "Code": "200", "Success": True}


def describe_route_entry_list(account: Account, asked: Parameters) -> Answer:
    """DescribeRouteEntryList: the system's entries for the vSwitches, and those that somebody wrote."""
    _check_region(account, asked, needed=True)
    table = _text(asked, "RouteTableId")
    vpc = next((each for each in account.vpcs.values() if each.table == table), None)
    if vpc is None:
        raise OpenApiError("InvalidRouteTableId.NotFound", "Specified route table does not exist.", 404)
    entries = [*vpc.routes, *_own_routes(account, vpc)]
    kind, cidr = asked.text("RouteEntryType"), asked.text("DestinationCidrBlock")
    found = [_route(each, vpc) for each in entries if kind in ("", _kind(each)) and cidr in ("", each.cidr)]
    most, start = asked.number("MaxResult", 50, 1, 500), int(asked.text("NextToken") or 0)
    rest = start + most < len(found)
    return {
        "RouteEntrys": {"RouteEntry": found[start : start + most]},
        **({"NextToken": str(start + most)} if rest else {}),
    }


def create_vpc(account: Account, asked: Parameters) -> Answer:
    """CreateVpc."""
    _check_region(account, asked, needed=True)
    tags = tags_of(asked.items("Tag", 20))
    made = network.create_vpc(account, name=asked.text("VpcName"), cidr=asked.text("CidrBlock"), tags=tags)
    return {
        "VpcId": made.id,
        "VRouterId": account.id("vrt-bp1", made.id),
        "RouteTableId": made.table,
        "ResourceGroupId": GROUP,
    }


def delete_vpc(account: Account, asked: Parameters) -> Answer:
    """DeleteVpc."""
    network.delete_vpc(account, _text(asked, "VpcId"))
    return {}


def create_vswitch(account: Account, asked: Parameters) -> Answer:
    """CreateVSwitch."""
    made = network.create_vswitch(
        account,
        vpc=_text(asked, "VpcId"),
        zone=_text(asked, "ZoneId"),
        cidr=_text(asked, "CidrBlock"),
        name=asked.text("VSwitchName"),
        tags=tags_of(asked.items("Tag", 20)),
    )
    return {"VSwitchId": made.id}


def delete_vswitch(account: Account, asked: Parameters) -> Answer:
    """DeleteVSwitch."""
    network.delete_vswitch(account, _text(asked, "VSwitchId"))
    return {}


def tag_resources(account: Account, asked: Parameters) -> Answer:
    """TagResources of VPCs and vSwitches."""
    kind = _text(asked, "ResourceType").upper()
    if kind not in ("VPC", "VSWITCH"):
        raise OpenApiError("InvalidResourceType.NotSupport", f"The resource type {kind} is not supported.")
    tags = tags_of(asked.items("Tag", 20))
    for identifier in map(str, asked.items("ResourceId", 50)):
        lookup = network.vpc_of if kind == "VPC" else network.vswitch_of
        lookup(account, identifier).tags.update(tags)
    return {}


def _vpc(account: Account, vpc: Vpc) -> Answer:
    return {
        "VpcId": vpc.id,
        "VpcName": vpc.name,
        "RegionId": account.region,
        "CidrBlock": vpc.cidr,
        "SecondaryCidrBlocks": {"SecondaryCidrBlock": []},
        "UserCidrs": {"UserCidr": []},
        "Status": vpc.status,
        "IsDefault": False,
        "VSwitchIds": {"VSwitchId": _vswitches_of(account, vpc)},
        "RouterTableIds": {"RouterTableIds": [vpc.table]},
        "Tags": {"Tag": _tags(vpc.tags)},
        "CreationTime": account.date(vpc.created),
        "ResourceGroupId": GROUP,
        "CenStatus": "Attached" if any(each.custom for each in vpc.routes) else "Detached",
    }


def _vswitch(account: Account, vswitch: VSwitch) -> Answer:
    return {
        "VSwitchId": vswitch.id,
        "VSwitchName": vswitch.name,
        "VpcId": vswitch.vpc,
        "ZoneId": vswitch.zone,
        "CidrBlock": vswitch.cidr,
        "AvailableIpAddressCount": account.free(vswitch),
        "Status": vswitch.status,
        "IsDefault": False,
        "RouteTable": {"RouteTableId": account.vpcs[vswitch.vpc].table, "RouteTableType": "System"},
        "Tags": {"Tag": _tags(vswitch.tags)},
        "CreationTime": account.date(vswitch.created),
        "ResourceGroupId": GROUP,
    }


def _tags(tags: dict[str, str]) -> list[Answer]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _vswitches_of(account: Account, vpc: Vpc) -> list[str]:
    return [each.id for each in account.vswitches.values() if each.vpc == vpc.id]


def _own_routes(account: Account, vpc: Vpc) -> Iterable[RouteEntry]:
    """The system's entries for what is in the VPC itself; a flannel cluster's pods are among them, node by node."""
    for vswitch in account.vswitches.values():
        if vswitch.vpc == vpc.id:
            yield RouteEntry(account.id("rte-bp1", vswitch.id), vswitch.cidr, custom=False)


def _kind(entry: RouteEntry) -> str:
    return "Custom" if entry.custom else "System"


def _route(entry: RouteEntry, vpc: Vpc) -> Answer:
    kind, target = entry.next_hop
    hop = {"NextHopType": kind, "NextHopId": target, "Enabled": 1, "Weight": 0}
    return {
        "RouteEntryId": entry.id,
        "RouteEntryName": entry.name,
        "RouteTableId": vpc.table,
        "DestinationCidrBlock": entry.cidr,
        "Type": _kind(entry),
        "Status": "Available",
        "IpVersion": "ipv4",
        "NextHops": {"NextHop": [hop]},
    }


def _check_region(account: Account, asked: Parameters, *, needed: bool) -> None:
    region = _text(asked, "RegionId") if needed else asked.text("RegionId")
    if region not in ("", account.region):
        raise OpenApiError("InvalidRegionId.NotFound", "The specified RegionId does not exist.", 404)


def _text(asked: Parameters, name: str) -> str:
    """A parameter that is needed, with this product's own code where it is missing."""
    if not asked.text(name):
        words = f'The input parameter "{name}" that is mandatory for processing this request is not supplied.'
        raise OpenApiError("MissingParameter", words)
    return asked.text(name)


def _page(outer: str, inner: str, found: list[Answer], asked: Parameters) -> Answer:
    entries, at, most = page(found, asked)
    return {outer: {inner: entries}, "PageNumber": at, "PageSize": most, "TotalCount": len(found)}
