"""ECS 2014-05-26, RPC style, as far as security groups go: who may reach the machines of a cluster."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from console.sim.account.groups import admit, group_of, revoke
from console.sim.account.state import Account, Permission, SecurityGroup
from console.sim.openapis.pages import GROUP, page, tagged, tags_of
from console.sim.openapis.parameters import Parameters
from console.sim.openapis.product import Answer, Product
from console.sim.openapis.refusal import OpenApiError


def product(account: Account) -> Product:
    """Groups and their inbound rules."""
    reads: dict[str, Callable[[Account, Parameters], Answer]] = {
        "DescribeSecurityGroups": describe_security_groups,
        "DescribeSecurityGroupAttribute": describe_security_group_attribute,
    }
    writes: dict[str, Callable[[Account, Parameters], Answer]] = {
        "AuthorizeSecurityGroup": authorize_security_group,
        "RevokeSecurityGroup": revoke_security_group,
        "TagResources": tag_resources,
    }
    return Product(
        "ecs",
        "2014-05-26",
        reads={name: partial(answer, account) for name, answer in reads.items()},
        writes={name: partial(change, account) for name, change in writes.items()},
    )


def describe_security_groups(account: Account, asked: Parameters) -> Answer:
    """DescribeSecurityGroups, by numbered pages or, where MaxResults is said, by tokens."""
    wanted = tags_of(asked.items("Tag", 20))
    found = [
        _group(account, each)
        for each in account.groups.values()
        if asked.text("VpcId") in ("", each.vpc)
        and asked.text("SecurityGroupId") in ("", each.id)
        and tagged(each.tags, wanted)
    ]
    if asked.text("MaxResults"):
        most, start = asked.number("MaxResults", 10, 1, 100), int(asked.text("NextToken") or 0)
        after = str(start + most) if start + most < len(found) else ""
        groups = {"SecurityGroup": found[start : start + most]}
        return {"SecurityGroups": groups, "NextToken": after, "TotalCount": len(found), "RegionId": account.region}
    entries, at, size = page(found, asked, most=100)
    return {
        "SecurityGroups": {"SecurityGroup": entries},
        "PageNumber": at,
        "PageSize": size,
        "TotalCount": len(found),
        "RegionId": account.region,
    }


def describe_security_group_attribute(account: Account, asked: Parameters) -> Answer:
    """DescribeSecurityGroupAttribute: inbound rules; whoever asks for outbound ones alone gets none."""
    group = group_of(account, asked.text("SecurityGroupId", needed=True))
    outbound = asked.text("Direction") == "egress"
    rules = [] if outbound else [_permission(account, group, each) for each in group.permissions.values()]
    return {
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "VpcId": group.vpc,
        "RegionId": account.region,
        "Description": "",
        "InnerAccessPolicy": "Accept",
        "Permissions": {"Permission": rules},
    }


def authorize_security_group(account: Account, asked: Parameters) -> Answer:
    """AuthorizeSecurityGroup: one rule or many; the form without an index is the older one."""
    wanted = _permissions(asked)
    if not wanted:
        raise OpenApiError("MissingParameter", "The input parameter Permissions is mandatory.")
    for each in wanted:
        admit(account, asked.text("SecurityGroupId", needed=True), each)
    return {}


def revoke_security_group(account: Account, asked: Parameters) -> Answer:
    """RevokeSecurityGroup, by rule ids or by the same words."""
    rules = [str(each) for each in asked.items("SecurityGroupRuleId", 100)]
    revoke(account, asked.text("SecurityGroupId", needed=True), rules, _permissions(asked))
    return {}


def tag_resources(account: Account, asked: Parameters) -> Answer:
    """TagResources of security groups."""
    kind = asked.text("ResourceType", needed=True)
    if kind != "securitygroup":
        raise OpenApiError("InvalidResourceType.NotFound", f"The ResourceType {kind} is not supported.", 404)
    tags = tags_of(asked.items("Tag", 20))
    for identifier in map(str, asked.items("ResourceId", 50)):
        group_of(account, identifier).tags.update(tags)
    return {}


def _permissions(asked: Parameters) -> list[Permission]:
    found = [each for each in asked.items("Permissions", 100) if isinstance(each, dict)]
    if asked.text("IpProtocol"):
        found.append({name: asked.text(name) for name in ("IpProtocol", "PortRange", "SourceCidrIp", "Policy")})
    return [
        Permission(
            "",
            str(each.get("IpProtocol", "")).upper(),
            str(each.get("PortRange", "")),
            str(each.get("SourceCidrIp", "")),
            str(each.get("Policy") or "Accept").capitalize(),
            _priority(each.get("Priority")),
            str(each.get("Description", "")),
        )
        for each in found
    ]


def _priority(said: object) -> int:
    try:
        return int(str(said or 1))
    except ValueError:
        raise OpenApiError("InvalidParam.Priority", f"The priority {said} is not valid.") from None


def _group(account: Account, group: SecurityGroup) -> Answer:
    return {
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "VpcId": group.vpc,
        "Description": "",
        "SecurityGroupType": "normal",
        "CreationTime": account.date(group.created),
        "ResourceGroupId": GROUP,
        "RuleCount": len(group.permissions),
        "Tags": {"Tag": [{"TagKey": key, "TagValue": value} for key, value in group.tags.items()]},
    }


def _permission(account: Account, group: SecurityGroup, one: Permission) -> Answer:
    return {
        "SecurityGroupRuleId": one.id,
        "IpProtocol": one.protocol,
        "PortRange": one.ports,
        "SourceCidrIp": one.source,
        "Policy": one.policy,
        "Priority": str(one.priority),
        "Direction": "ingress",
        "Description": one.description,
        "NicType": "intranet",
        "CreateTime": account.date(group.created),
    }
