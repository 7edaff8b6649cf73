"""Answers of the ALB OpenAPI -> the records of `console.model.alb`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from console.cloud.fields import Fields
from console.model.alb import (
    AbnormalServer,
    GroupHealth,
    Listener,
    LoadBalancer,
    Rule,
    Server,
    ServerGroup,
)
from console.model.text import inert


class Decoder(Fields):
    """Decodes the answers of one round."""

    def load_balancer(self, body: Any) -> LoadBalancer:
        """GetLoadBalancerAttribute."""
        zones = tuple(
            (self._text(zone, "zone_id"), self._text(zone, "status")) for zone in self._items(body, "zone_mappings")
        )
        locks = (self._text(lock, "lock_type") for lock in self._items(body, "load_balancer_operation_locks"))
        return LoadBalancer(
            id=self._text(body, "load_balancer_id"),
            name=self._text(body, "load_balancer_name"),
            status=self._text(body, "load_balancer_status"),
            business=self._text(body, "load_balancer_bussiness_status"),
            dns=self._text(body, "dnsname"),
            locks=tuple(locks),
            zones=zones,
        )

    def listeners(self, body: Any) -> Iterator[Listener]:
        """ListListeners."""
        for one in self._items(body, "listeners"):
            yield Listener(
                id=self._text(one, "listener_id"),
                load_balancer=self._text(one, "load_balancer_id"),
                port=self._number(one, "listener_port") or 0,
                protocol=self._text(one, "listener_protocol"),
                status=self._text(one, "listener_status"),
            )

    def rules(self, body: Any) -> Iterator[Rule]:
        """ListRules; of the actions only those that forward."""
        for one in self._items(body, "rules"):
            conditions = list(self._items(one, "rule_conditions"))
            yield Rule(
                id=self._text(one, "rule_id"),
                name=self._text(one, "rule_name"),
                load_balancer=self._text(one, "load_balancer_id"),
                listener=self._text(one, "listener_id"),
                status=self._text(one, "rule_status"),
                priority=self._number(one, "priority") or 0,
                hosts=tuple(value for c in conditions for value in self._values(c, "host_config")),
                paths=tuple(value for c in conditions for value in self._values(c, "path_config")),
                tuples=tuple(pair for action in self._items(one, "rule_actions") for pair in self._tuples(action)),
            )

    def groups(self, body: Any) -> Iterator[ServerGroup]:
        """ListServerGroups."""
        for one in self._items(body, "server_groups"):
            check = getattr(one, "health_check_config", None)
            tags = ((self._text(tag, "key"), self._text(tag, "value")) for tag in self._items(one, "tags"))
            yield ServerGroup(
                id=self._text(one, "server_group_id"),
                name=self._text(one, "server_group_name"),
                status=self._text(one, "server_group_status"),
                health_check=self._truth(check, "health_check_enabled"),
                tags=tuple(tags),
                server_count=self._number(one, "server_count"),
            )

    def servers(self, body: Any, group: str) -> Iterator[Server]:
        """ListServerGroupServers of one group."""
        for one in self._items(body, "servers"):
            weight = self._number(one, "weight")
            yield Server(
                id=self._text(one, "server_id"),
                group=group,
                ip=self._text(one, "server_ip"),
                port=self._number(one, "port") or 0,
                weight=100 if weight is None else weight,
                status=self._text(one, "status"),
            )

    def health(self, body: Any, listener: str) -> Iterator[GroupHealth]:
        """GetListenerHealthStatus with rules: the listener's own groups, then each rule's."""
        for one in self._items(body, "listener_health_status"):
            for group in self._items(one, "server_group_infos"):
                yield self._group_health(group, self._text(one, "listener_id") or listener, None)
        for one in self._items(body, "rule_health_status"):
            for group in self._items(one, "server_group_infos"):
                yield self._group_health(group, listener, self._text(one, "rule_id"))

    def _group_health(self, one: Any, listener: str, rule: str | None) -> GroupHealth:
        abnormal = tuple(
            AbnormalServer(
                id=self._text(server, "server_id"),
                ip=self._text(server, "server_ip"),
                port=self._number(server, "port") or 0,
                status=self._text(server, "status"),
                reason=self._text(getattr(server, "reason", None), "reason_code"),
            )
            for server in self._items(one, "non_normal_servers")
        )
        enabled = self._text(one, "health_check_enabled").lower()
        return GroupHealth(
            listener=listener,
            rule=rule,
            group=self._text(one, "server_group_id"),
            enabled={"on": True, "true": True, "off": False, "false": False}.get(enabled),
            count=self._number(one, "server_count") or 0,
            abnormal=abnormal,
        )

    def _tuples(self, action: Any) -> Iterator[tuple[str, int]]:
        """A lone tuple without a weight takes everything: the service's default of 100."""
        for one in self._items(getattr(action, "forward_group_config", None), "server_group_tuples"):
            weight = self._number(one, "weight")
            yield self._text(one, "server_group_id"), 100 if weight is None else weight

    def _values(self, condition: Any, name: str) -> Iterator[str]:
        values = getattr(getattr(condition, name, None), "values", None)
        for value in values if isinstance(values, list) else ():
            if isinstance(value, str):
                yield inert(value)
