"""Which member an ALB server group belongs to, what its rules weigh and how its backends fare.

A group's member: settings, then tags, then the longest matching CIDR of its servers; a tie is underivable (design.md).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from console.model.alb import GroupHealth, LoadBalancerFacts, Rule, Server, ServerGroup
from console.model.fleet import AlbHealth, AlbHealthWord
from console.model.hub import Ingress
from console.settings import MemberSettings
from console.store.reading import RuleReading

_Said = tuple[str, int, dict[str, tuple[str, str]], bool | None]
"""(group, servers, abnormal ones with status and reason, whether health checks are on)"""
_NAMESPACE_TAG = "ingress.k8s.alibaba/service_ns"
_INGRESS_TAG = "ingress.k8s.alibaba/ingress_name"


def member_of_address(ip: str, members: Mapping[str, MemberSettings]) -> str | None:
    """The member whose CIDR holds the address most narrowly; None for none and for a tie."""
    best: list[str] = []
    longest = -1
    for member, said in members.items():
        for cidr in said.cidrs:
            length = _holds(ip, cidr)
            if length > longest:
                best, longest = [member], length
            elif length == longest and length >= 0 and member not in best:
                best.append(member)
    return best[0] if len(best) == 1 else None


@lru_cache(maxsize=65536)
def _holds(ip: str, cidr: str) -> int:
    """Prefix length where the network holds the address, -1 where it does not."""
    try:
        network = ipaddress.ip_network(cidr)
        return network.prefixlen if ipaddress.ip_address(ip) in network else -1
    except (ValueError, TypeError):
        return -1


def member_of_group(
    group: ServerGroup, servers: Sequence[Server], ids: Sequence[str], members: Mapping[str, MemberSettings]
) -> str | None:
    """The one member a group belongs to; None where it cannot be derived or where members share the group."""
    named = [member for member, said in members.items() if group.id in said.server_groups]
    if not named:
        values = {value for _, value in group.tags}
        named = [member for member in ids if member in values]
    if not named:
        named = sorted({m for s in servers if (m := member_of_address(s.ip, members)) is not None})
        if any(member_of_address(s.ip, members) is None for s in servers):
            return None
    return named[0] if len(named) == 1 else None


class Backends:
    """One load balancer's groups resolved to members, once for all its routes."""

    def __init__(self, facts: LoadBalancerFacts, ids: Sequence[str], members: Mapping[str, MemberSettings]) -> None:
        self._facts = facts
        self._members = members
        self._servers: dict[str, list[Server]] = {}
        for server in facts.servers:
            self._servers.setdefault(server.group, []).append(server)
        self._groups = {group.id: group for group in facts.groups}
        self.member = {
            group.id: member_of_group(group, self._servers.get(group.id, []), ids, members) for group in facts.groups
        }
        self._made: dict[tuple[str, str], list[Rule]] = {}
        for rule in facts.rules:
            for maker in dict.fromkeys(self._maker(group) for group, _ in rule.tuples):
                if maker is not None:
                    self._made.setdefault(maker, []).append(rule)
        self._said: dict[str, list[_Said]] = {}
        for entry in facts.health:
            for member, said in self._share_out(entry):
                self._said.setdefault(member, []).append(said)

    def rules_of(self, route: Ingress) -> tuple[Rule, ...]:
        """The rules that this Ingress made: by their groups' tags, else by host and path."""
        tagged = self._made.get((route.namespace, route.name))
        if tagged:
            return tuple(tagged)
        wanted = {(path.host, path.path) for path in route.paths}
        return tuple(
            rule
            for rule in self._facts.rules
            if rule.tuples and any((h, p) in wanted for h in rule.hosts or (None,) for p in rule.paths or ("/",))
        )

    def _maker(self, group: str) -> tuple[str, str] | None:
        """Namespace and name of the Ingress that a group's tags name."""
        tags = dict(self._groups[group].tags) if group in self._groups else {}
        namespace, name = tags.get(_NAMESPACE_TAG), tags.get(_INGRESS_TAG)
        return (namespace, name) if namespace is not None and name is not None else None

    def reading(self, route: Ingress) -> RuleReading:
        """What the route's rules weigh, member by member; `rules differ` where they do not all say the same."""
        rules = self.rules_of(route)
        if not rules:
            return RuleReading({}, None, "no ALB rule of this route was found", missing=True)
        readings = [self._weights(rule) for rule in rules]
        unknown = next((group for _, group, _ in readings if group), "")
        if unknown:
            words = f"server group {unknown} belongs to no member that can be derived"
            return RuleReading({}, _status(rules), words, underivable=unknown)
        busy = next((rule for rule in rules if rule.status != "Available"), None)
        shared = any(one for _, _, one in readings)
        weights = readings[0][0]
        if any(other != weights for other, _, _ in readings):
            return RuleReading(weights, "rules differ", f"{len(rules)} ALB rules of this route differ", shared)
        if busy is not None:
            return RuleReading(weights, busy.status or "unknown", f"rule {busy.id} is {busy.status}", shared)
        return RuleReading(weights, "Available", "", shared)

    def _weights(self, rule: Rule) -> tuple[dict[str, float], str, bool]:
        """(member -> weight, the group that is underivable, whether members share one)."""
        weights: dict[str, float] = {}
        for group, weight in rule.tuples:
            member = self.member.get(group)
            if member is not None:
                weights[member] = weights.get(member, 0.0) + weight
            elif len(rule.tuples) == 1 and (split := self._shared(group)):
                return split, "", True
            else:
                return {}, group, False
        return weights, "", False

    def _shared(self, group: str) -> dict[str, float]:
        """Percent of the server weights of one group, member by member; empty where a server is underivable."""
        totals: dict[str, float] = {}
        for server in self._servers.get(group, []):
            member = member_of_address(server.ip, self._members)
            if member is None:
                return {}
            totals[member] = totals.get(member, 0.0) + server.weight
        whole = sum(totals.values())
        return {member: 100.0 * part / whole for member, part in totals.items()} if whole else {}

    def health(self, member: str) -> AlbHealth:
        """ALB's word on all of one member's backends; the same server under several listeners counts once."""
        worst: dict[str, tuple[int, dict[str, tuple[str, str]], bool | None]] = {}
        for group, count, bad, enabled in self._said.get(member, ()):
            known = worst.get(group)
            merged = {**(known[1] if known else {}), **bad}
            worst[group] = (max(count, known[0] if known else 0), merged, enabled)
        if not worst:
            return AlbHealth(AlbHealthWord.UNKNOWN, why="ALB says nothing of its backends")
        return _judge(worst.values())

    def _share_out(self, entry: GroupHealth) -> Iterator[tuple[str, _Said]]:
        """What ALB says of one group, member by member."""
        owner = self.member.get(entry.group)
        bad = {server.id + server.ip + str(server.port): server for server in entry.abnormal}
        if owner is not None:
            yield owner, (entry.group, entry.count, {k: (s.status, s.reason) for k, s in bad.items()}, entry.enabled)
            return
        own: dict[str, list[Server]] = {}
        for server in self._servers.get(entry.group, []):
            member = member_of_address(server.ip, self._members)
            if member is not None:
                own.setdefault(member, []).append(server)
        for member, servers in own.items():
            addresses = {server.ip for server in servers}
            mine = {k: (s.status, s.reason) for k, s in bad.items() if s.ip in addresses}
            yield member, (entry.group, len(servers), mine, entry.enabled)


def _status(rules: Iterable[Rule]) -> str:
    """The state word of the first rule that is not Available."""
    return next((rule.status or "unknown" for rule in rules if rule.status != "Available"), "Available")


def _judge(groups: Iterable[tuple[int, dict[str, tuple[str, str]], bool | None]]) -> AlbHealth:
    total = unhealthy = silent = 0
    why = ""
    for count, bad, enabled in groups:
        total += count
        sick = [reason for status, reason in bad.values() if status == "Unhealthy"]
        unhealthy += len(sick)
        silent += count - len(sick) if enabled is False else len(bad) - len(sick)
        why = why or next(iter(sick), "") or next((status for status, _ in bad.values()), "")
        why = why or ("health check off" if enabled is False else "")
    healthy = max(0, total - unhealthy - silent)
    if total == 0:
        return AlbHealth(AlbHealthWord.UNKNOWN, 0, 0, "no backend is registered")
    if unhealthy and not healthy:
        return AlbHealth(AlbHealthWord.DEAD, 0, total, why)
    if unhealthy:
        return AlbHealth(AlbHealthWord.SOME, healthy, total, why)
    if not healthy:
        return AlbHealth(AlbHealthWord.UNKNOWN, None, total, why)
    return AlbHealth(AlbHealthWord.OK, healthy, total, why)
