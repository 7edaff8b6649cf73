"""Answers of VPC, ECS and ALB about networks -> the records of `console.model.ground`. Lists of VPC and ECS are wrapped
twice. What has no id cannot be told of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from console.cloud.fields import Fields, held
from console.cloud.trouble import Trouble
from console.model.freshness import SourceState
from console.model.ground import Admission, Balancer, NextHop, SecurityGroup, Subnet, Tags, Vpc
from console.model.text import inert


class GroundFields(Fields):
    """What every answer about the ground holds."""

    def rows(self, body: Any, *path: str) -> Iterator[Any]:
        """The entries of the list that an answer is about, by the names that lead to it; none where it is absent or
        null.

        Raises `Trouble` where something else stands there: what is not understood must not look like nothing.
        """
        found = body
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else found
            if found is None:
                return
        if not isinstance(found, list):
            raise Trouble(SourceState.STALE, f"{path[0]} in the answer has another shape than it should")
        for one in found:
            if not isinstance(one, Mapping):
                self._note(path[-1], one)
            yield one

    def total(self, body: Any) -> int | None:
        """How many entries there are on all pages; None where it does not say."""
        return self.count(body, "TotalCount")

    def texts(self, holder: Any, name: str) -> tuple[str, ...]:
        """A list of texts without the empty ones."""
        return tuple(filter(None, (self._plain(one, name) for one in self._items(holder, name))))

    def tags(self, holder: Any, key: str = "Key", value: str = "Value") -> Tags:
        """The tags in `Tags.Tag` or `Tags`, by key."""
        found = held(holder, "Tags") if key == "Key" else held(holder, "tags")
        inner = {"tags": held(found, "Tag") if held(found, "Tag") is not None else found}
        pairs = ((self._text(one, key), self._text(one, value)) for one in self._items(inner, "tags"))
        return tuple(sorted(pair for pair in pairs if pair[0]))

    def count(self, holder: Any, name: str) -> int | None:
        """A number of things."""
        found = self._number(holder, name)
        return found if found is None or found >= 0 else None

    def token(self, holder: Any) -> str:
        """By which the next page is asked for, as it was said; empty at the end."""
        found = held(holder, "NextToken")
        return found if isinstance(found, str) else ""

    def _plain(self, one: Any, name: str) -> str:
        if isinstance(one, str):
            return inert(one, 200)
        self._note(name, one)
        return ""


class NetworkDecoder(GroundFields):
    """Decodes the answers of one part."""

    def regions(self, body: Any) -> Iterator[str]:
        """ADCP DescribeRegions."""
        yield from filter(None, (self._text(one, "RegionId") for one in self.rows(body, "Regions")))

    def zones(self, body: Any) -> Iterator[str]:
        """ALB DescribeZones."""
        yield from filter(None, (self._text(one, "ZoneId") for one in self.rows(body, "Zones")))

    def vpcs(self, body: Any) -> Iterator[Vpc]:
        """DescribeVpcs."""
        for one in self.rows(body, "Vpcs", "Vpc"):
            yield Vpc(
                id=self._text(one, "VpcId"),
                name=self._text(one, "VpcName"),
                cidr=self._text(one, "CidrBlock"),
                secondary=self.texts(held(one, "SecondaryCidrBlocks"), "SecondaryCidrBlock"),
                user=self.texts(held(one, "UserCidrs"), "UserCidr"),
                status=self._text(one, "Status"),
                tags=self.tags(one),
            )

    def subnets(self, body: Any) -> Iterator[Subnet]:
        """DescribeVSwitches."""
        for one in self.rows(body, "VSwitches", "VSwitch"):
            yield Subnet(
                id=self._text(one, "VSwitchId"),
                vpc=self._text(one, "VpcId"),
                zone=self._text(one, "ZoneId"),
                cidr=self._text(one, "CidrBlock"),
                name=self._text(one, "VSwitchName"),
                free=self.count(one, "AvailableIpAddressCount"),
                status=self._text(one, "Status"),
                tags=self.tags(one),
            )

    def tables(self, body: Any) -> Iterator[str]:
        """DescribeRouteTableList: ids; empty ones are kept, since pages are counted by them."""
        for one in self.rows(body, "RouterTableList", "RouterTableListType"):
            yield self._text(one, "RouteTableId")

    def hops(self, body: Any, vpc: str, table: str) -> Iterator[NextHop]:
        """DescribeRouteEntryList of one table: an entry for each next hop, one without where none is said."""
        for one in self.rows(body, "RouteEntrys", "RouteEntry"):
            cidr = self._text(one, "DestinationCidrBlock")
            if not cidr:
                continue
            hops = list(self._items(held(one, "NextHops"), "NextHop")) or [{}]
            for hop in hops:
                yield NextHop(vpc, table, cidr, self._text(hop, "NextHopType"), self._text(hop, "NextHopId"))

    def groups(self, body: Any) -> Iterator[SecurityGroup]:
        """DescribeSecurityGroups, without rules."""
        for one in self.rows(body, "SecurityGroups", "SecurityGroup"):
            yield SecurityGroup(
                self._text(one, "SecurityGroupId"), self._text(one, "VpcId"), self._text(one, "SecurityGroupName")
            )

    def rules(self, body: Any) -> Iterator[Admission]:
        """DescribeSecurityGroupAttribute: its ingress rules. A source is a range, another group or a prefix list."""
        for one in self.rows(body, "Permissions", "Permission"):
            if self._text(one, "Direction") == "egress":
                continue
            sources = ("SourceCidrIp", "Ipv6SourceCidrIp", "SourceGroupId", "SourcePrefixListId")
            yield Admission(
                protocol=self._text(one, "IpProtocol"),
                ports=self._text(one, "PortRange"),
                source=next(filter(None, (self._text(one, name) for name in sources)), ""),
                policy=self._text(one, "Policy") or "Accept",
                priority=self.count(one, "Priority") or 1,
                id=self._text(one, "SecurityGroupRuleId"),
                note=self._text(one, "Description"),
            )

    def balancers(self, body: Any) -> Iterator[Balancer]:
        """ListLoadBalancers."""
        for one in self.rows(body, "LoadBalancers"):
            found = Balancer(
                id=self._text(one, "LoadBalancerId"),
                name=self._text(one, "LoadBalancerName"),
                status=self._text(one, "LoadBalancerStatus"),
                vpc=self._text(one, "VpcId"),
                dns=self._text(one, "DNSName"),
            )
            if found.id:
                yield found

    def gateway_rules(self, body: Any) -> Iterator[tuple[str, str]]:
        """ListRules: id and status of each."""
        for one in self.rows(body, "Rules"):
            if id := self._text(one, "RuleId"):
                yield id, self._text(one, "RuleStatus")
