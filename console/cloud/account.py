"""Reads what an account holds in one region, as far as a set-up asks: each part alone, so that what one call is refused
leaves the others known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from console.cloud.members import Members, note
from console.cloud.network_decode import GroundFields, NetworkDecoder
from console.cloud.openapi import OpenApis
from console.cloud.trouble import Trouble
from console.errors import FleetConsoleError
from console.model.ground import Account, Balancer, NextHop, SecurityGroup, Subnet, Vpc

PARTS = ("regions", "alb_zones", "vpcs", "subnets", "hops", "groups", "fleets", "clusters", "balancers")
"""Of `Account`, in the order in which they are asked for."""
_PAGE, _PAGES = 50, 200
_UNNAMED = "no VPC is named yet"
Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. `unread`: part -> why it is None; `odd`: part -> what of it had another shape than it should."""

    account: Account
    unread: dict[str, str] = field(default_factory=dict)
    odd: dict[str, str] = field(default_factory=dict)


class AccountReader:
    """The questions; `read` blocks. A reader keeps what never changes, so that the same one is asked again."""

    def __init__(self, openapis: OpenApis, region: str) -> None:
        self._openapis = openapis
        self._region = region
        self._members = Members(openapis, region)
        self._guards: dict[str, str] = {}
        """Security group of each cluster that was read -> its VPC."""

    def remember(self, cluster: str, task: str) -> None:
        """A creation, an association or a deletion answered with this task: its lines are read with the cluster."""
        self._members.remember(cluster, task)

    def read(
        self,
        parts: Collection[str] = PARTS,
        *,
        vpc: str | None = None,
        groups: Collection[str] = (),
        balancers: Collection[str] = (),
    ) -> Reading:
        """The parts that are named. `vpc`: whose vSwitches, routes, security groups and balancers are meant; without it
        those of the region are read, but no routes. `groups`: security groups whose rules are wanted besides those of
        the VPC's clusters, read now or before; `balancers`: ids of those whose rules are."""
        found: dict[str, Any] = {}
        unread: dict[str, str] = {}
        odd: dict[str, str] = {}

        def ask(part: str, look: Callable[[NetworkDecoder], object]) -> None:
            decoder = NetworkDecoder()
            try:
                found[part] = look(decoder)
            except (Trouble, FleetConsoleError) as error:
                unread[part] = str(error)
            note(odd, part, decoder)

        looks: dict[str, Callable[[NetworkDecoder], object]] = {
            "regions": self._regions,
            "alb_zones": self._alb_zones,
            "vpcs": self._vpcs,
            "subnets": lambda decoder: self._subnets(decoder, vpc),
            "hops": lambda decoder: self._hops(decoder, vpc),
            "balancers": lambda decoder: self._balancers(decoder, vpc, balancers, unread),
        }
        for part, look in looks.items():
            if part in parts:
                ask(part, look)
        found |= self._members.read(parts, vpc, unread, odd)
        self._guards |= {one.security_group: one.vpc for one in found.get("clusters", ()) if one.security_group}
        wanted = {*groups, *(group for group, place in self._guards.items() if place == vpc)}
        if "groups" in parts:
            ask("groups", lambda decoder: self._groups(decoder, vpc, wanted, unread))
        return Reading(Account(**found), unread, odd)

    def _regions(self, decoder: NetworkDecoder) -> tuple[str, ...]:
        return tuple(decoder.regions(self._openapis.rpc("adcp", "DescribeRegions", {})))

    def _alb_zones(self, decoder: NetworkDecoder) -> tuple[str, ...]:
        return tuple(decoder.zones(self._openapis.rpc("alb", "DescribeZones", {})))

    def _vpcs(self, decoder: NetworkDecoder) -> tuple[Vpc, ...]:
        pages = self._pages("DescribeVpcs", {"RegionId": self._region}, decoder, decoder.vpcs)
        return tuple(one for one in pages if one.id)

    def _subnets(self, decoder: NetworkDecoder, vpc: str | None) -> tuple[Subnet, ...]:
        place = {"RegionId": self._region, **({"VpcId": vpc} if vpc else {})}
        return tuple(one for one in self._pages("DescribeVSwitches", place, decoder, decoder.subnets) if one.id)

    def _hops(self, decoder: NetworkDecoder, vpc: str | None) -> tuple[NextHop, ...]:
        """Of every table of the VPC: vSwitches may have tables of their own."""
        place = {"RegionId": self._region, "VpcId": _named(vpc)}
        tables = filter(None, self._pages("DescribeRouteTableList", place, decoder, decoder.tables))
        return tuple(hop for table in tuple(tables) for hop in self._entries(decoder, _named(vpc), table))

    def _entries(self, decoder: NetworkDecoder, vpc: str, table: str) -> Iterator[NextHop]:
        asked = {"RegionId": self._region, "RouteTableId": table, "MaxResult": "100"}
        for body in self._following("vpc", "DescribeRouteEntryList", asked, decoder):
            yield from decoder.hops(body, vpc, table)

    def _groups(
        self, decoder: NetworkDecoder, vpc: str | None, wanted: Collection[str], unread: dict[str, str]
    ) -> tuple[SecurityGroup, ...]:
        """All of the VPC or region, and the rules of those that are wanted: None where these cannot be read."""
        asked = {"RegionId": self._region, "MaxResults": "100", **({"VpcId": vpc} if vpc else {})}
        bodies = self._following("ecs", "DescribeSecurityGroups", asked, decoder)
        listed = tuple(one for body in bodies for one in decoder.groups(body) if one.id)
        found = []
        for group in listed:
            if group.id in wanted:
                try:
                    group = replace(group, rules=tuple(self._rules(decoder, group.id)))
                except Trouble as error:
                    if error.code.endswith(".NotFound"):
                        continue  # it went between the list and its own answer
                    unread[f"groups {group.id}"] = str(error)
                    group = replace(group, denied=error.permission is not None)
            found.append(group)
        return tuple(found)

    def _rules(self, decoder: NetworkDecoder, group: str) -> Iterator[Any]:
        asked = {"RegionId": self._region, "SecurityGroupId": group, "Direction": "ingress", "NicType": "intranet"}
        for body in self._following("ecs", "DescribeSecurityGroupAttribute", asked, decoder):
            yield from decoder.rules(body)

    def _balancers(
        self, decoder: NetworkDecoder, vpc: str | None, wanted: Collection[str], unread: dict[str, str]
    ) -> tuple[Balancer, ...]:
        """All of the VPC or region, and the rules of those that are wanted: None where these cannot be read."""
        asked: dict[str, Any] = {"MaxResults": "100", **({"VpcIds": [vpc]} if vpc else {})}
        bodies = self._following("alb", "ListLoadBalancers", asked, decoder)
        found = []
        for balancer in tuple(one for body in bodies for one in decoder.balancers(body)):
            if balancer.id in wanted:
                try:
                    balancer = replace(balancer, rules=tuple(self._gateway_rules(decoder, balancer.id)))
                except Trouble as error:
                    unread[f"balancers {balancer.id}"] = str(error)
            found.append(balancer)
        return tuple(found)

    def _gateway_rules(self, decoder: NetworkDecoder, balancer: str) -> Iterator[tuple[str, str]]:
        asked = {"LoadBalancerIds": [balancer], "MaxResults": "100"}
        for body in self._following("alb", "ListRules", asked, decoder):
            yield from decoder.gateway_rules(body)

    def _pages(
        self, action: str, asked: dict[str, str], decoder: NetworkDecoder, decode: Callable[[Any], Iterator[Told]]
    ) -> Iterator[Told]:
        """Every page of a list of VPC's, numbered from 1: as many entries as it says, or until a page is not full."""
        seen = 0
        for number in range(1, _PAGES + 1):
            body = self._openapis.rpc("vpc", action, {**asked, "PageNumber": str(number), "PageSize": str(_PAGE)})
            page, total = tuple(decode(body)), decoder.total(body)
            yield from page
            seen += len(page)
            if not page or (len(page) < _PAGE if total is None else seen >= total):
                return

    def _following(self, product: str, action: str, asked: dict[str, Any], decoder: GroundFields) -> Iterator[Any]:
        """The body of every page of a list that goes on by tokens."""
        token = ""
        for _ in range(_PAGES):
            body = self._openapis.rpc(product, action, {**asked, **({"NextToken": token} if token else {})})
            yield body
            following = decoder.token(body)
            if not following or following == token:
                return
            token = following


def _named(vpc: str | None) -> str:
    if vpc is None:
        raise Unnamed(_UNNAMED)
    return vpc


class Unnamed(FleetConsoleError):
    """A part is of one VPC, and none is named."""
