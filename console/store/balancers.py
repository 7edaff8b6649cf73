"""One ALB in figures: its state, and what it holds of what its quotas allow; what was not read yet stays unknown."""

from __future__ import annotations

from console.model.alb import LoadBalancerFacts, ServerGroup
from console.model.fleet import Balancer


def balancer(facts: LoadBalancerFacts) -> Balancer:
    """What is known of one load balancer."""
    one, read = facts.load_balancer, facts.read
    listeners = tuple(sorted((each.port, each.protocol, each.status) for each in facts.listeners))
    return Balancer(
        business=one.business,
        locks=one.locks if "attributes" in read else None,
        zones=one.zones,
        listeners=listeners if "listeners" in read else None,
        rules=len({rule.id for rule in facts.rules}) if "rules" in read else None,
        servers=_servers(facts) if {"rules", "groups"} <= read else None,
    )


def _servers(facts: LoadBalancerFacts) -> int | None:
    """Servers times the rules that use them; None where the size of one group is not known."""
    groups = {group.id: group for group in facts.groups}
    counts = [_size(facts, groups.get(group)) for rule in facts.rules for group in {id for id, _ in rule.tuples}]
    return None if None in counts else sum(count for count in counts if count is not None)


def _size(facts: LoadBalancerFacts, group: ServerGroup | None) -> int | None:
    if group is None:
        return None
    if group.server_count is not None:
        return group.server_count
    return sum(server.group == group.id for server in facts.servers) or None
