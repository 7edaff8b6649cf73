"""What the ALB OpenAPI says (2020-06-16), one record a kind. Text is inert; statuses are the service's own words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """GetLoadBalancerAttribute: `status` Inactive|Active|Provisioning|Configuring|CreateFailed; `business`
    Normal|Abnormal."""

    id: str
    name: str = ""
    status: str = ""
    business: str = ""
    dns: str = ""
    locks: tuple[str, ...] = ()
    zones: tuple[tuple[str, str], ...] = ()
    """((zone id, status), ...)"""


@dataclass(frozen=True, slots=True)
class Listener:
    """ListListeners: `status` Provisioning|Running|Configuring|Stopped."""

    id: str
    load_balancer: str
    port: int
    protocol: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """ListRules: `status` Provisioning|Configuring|Available; `tuples` ((server group id, weight 0-100), ...)."""

    id: str
    name: str
    load_balancer: str
    listener: str
    status: str
    priority: int = 0
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    tuples: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ServerGroup:
    """ListServerGroups: `health_check` None where the answer does not say."""

    id: str
    name: str = ""
    status: str = ""
    health_check: bool | None = None
    tags: tuple[tuple[str, str], ...] = ()
    server_count: int | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """ListServerGroupServers: `status` Adding|Available|Configuring|Removing is a configuration state, not health."""

    id: str
    group: str
    ip: str
    port: int
    weight: int
    status: str = ""


@dataclass(frozen=True, slots=True)
class AbnormalServer:
    """One entry of NonNormalServers: `status` Initial|Unhealthy|Unused|Unavailable, `reason` its code."""

    id: str
    ip: str
    port: int
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GroupHealth:
    """GetListenerHealthStatus for one group under one listener or rule; only abnormal servers are listed there,
    so healthy = count - len(abnormal)."""

    listener: str
    rule: str | None
    group: str
    enabled: bool | None
    count: int
    abnormal: tuple[AbnormalServer, ...] = ()

    @property
    def key(self) -> str:
        """Unique within one load balancer."""
        return f"{self.listener}/{self.rule or ''}/{self.group}"


@dataclass(frozen=True, slots=True)
class LoadBalancerFacts:
    """Everything that one round of polling read of one load balancer, or of what could be read of it."""

    load_balancer: LoadBalancer
    listeners: tuple[Listener, ...] = ()
    rules: tuple[Rule, ...] = ()
    groups: tuple[ServerGroup, ...] = ()
    servers: tuple[Server, ...] = ()
    health: tuple[GroupHealth, ...] = ()
    read: frozenset[str] = frozenset()
    """The parts that were answered at least once: rules, groups, servers, listeners, health, attributes."""
