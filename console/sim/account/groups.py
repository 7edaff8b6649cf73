"""Security groups: the inbound rules that decide whether a gateway reaches a cluster's nodes and pods."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from console.sim.account.state import Account, Permission, SecurityGroup, found
from console.sim.openapis.refusal import OpenApiError

MOST = 200
"""Rules of one group."""
PROTOCOLS = ("TCP", "UDP", "ICMP", "GRE", "ALL")


def group_for(account: Account, name: str, vpc: str, sources: Iterable[str], *, words: Iterable[str] = ()) -> str:
    """A security group that lets whole ranges in, at every port; its id."""
    made = SecurityGroup(account.id("sg-bp1", *words), name, vpc, account.now())
    account.groups[made.id] = made
    for source in sources:
        admit(account, made.id, Permission("", "ALL", "-1/-1", source))
    return made.id


def admit(account: Account, group: str, wanted: Permission) -> Permission:
    """Add a rule; one that is there already stays the one there is."""
    held = group_of(account, group).permissions
    _check(wanted)
    same = next((one for one in held.values() if _told(one) == _told(wanted)), None)
    if same is not None:
        return same
    if len(held) >= MOST:
        raise OpenApiError("AuthorizationLimitExceed", "The limit of authorization records in the group reaches.", 403)
    wanted.id = account.id("sgr-bp1")
    held[wanted.id] = wanted
    return wanted


def revoke(account: Account, group: str, rules: Iterable[str], same: Iterable[Permission]) -> None:
    """Take rules away by id, or by what they say; one that is not there is no error, as in the cloud."""
    held = group_of(account, group).permissions
    for identifier in rules:
        if identifier not in held:
            words = f"The specified parameter SecurityGroupRuleId {identifier} is not valid."
            raise OpenApiError("InvalidSecurityGroupRule.RuleNotExist", words, 404)
        del held[identifier]
    for wanted in same:
        for one in [one for one in held.values() if _told(one) == _told(wanted)]:
            del held[one.id]


def group_of(account: Account, identifier: str) -> SecurityGroup:
    """The security group of this id. Raises `OpenApiError`."""
    words = "The specified SecurityGroupId does not exist."
    return found(account.groups, identifier, "InvalidSecurityGroupId.NotFound", words)


def _told(one: Permission) -> tuple[str, str, str, str, int]:
    return one.protocol.upper(), one.ports, one.source, one.policy.capitalize(), one.priority


def _check(one: Permission) -> None:
    low, _, high = one.ports.partition("/")
    try:
        ipaddress.IPv4Network(one.source)
        wide = one.ports == "-1/-1" or 1 <= int(low) <= int(high) <= 65535
    except ValueError:
        wide = False
    if one.protocol.upper() not in PROTOCOLS or not wide or not 1 <= one.priority <= 100:
        words = f"The rule {one.protocol} {one.ports} from {one.source or 'nowhere'} is not valid."
        raise OpenApiError("InvalidParam.Permissions", words)
    if one.protocol.upper() in ("TCP", "UDP") and one.ports == "-1/-1":
        raise OpenApiError("InvalidParam.PortRange", "PortRange of TCP and UDP is 1/65535 at most.")
