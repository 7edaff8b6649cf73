"""Asks the ALB OpenAPI: each question drawn from the call budget, every page of its answer, or a `Trouble`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from console.cloud.budget import CallBudget
from console.cloud.call import Caller
from console.cloud.decode import Decoder
from console.imports import IMPORTING
from console.model.alb import GroupHealth, Listener, LoadBalancer, Rule, Server, ServerGroup

_PAGES = 200
"""Pages after which an answer that never ends is left."""
_AT_ONCE = 20
"""Ids that one question may name."""


class Alb:
    """The questions. Each blocks; any worker thread may ask. `urgent` calls may use the part kept for going back."""

    def __init__(self, client: Any, budget: CallBudget) -> None:
        self._client = client
        self._caller = Caller("alb", budget)

    @property
    def skew(self) -> float | None:
        """The cloud's clock minus ours, seconds, from the newest Date header; None before the first."""
        return self._caller.skew

    def greet(self) -> None:
        """Whether the service answers us at all."""
        models = _models()
        self._ask("ListLoadBalancers", "list_load_balancers", models.ListLoadBalancersRequest(max_results=1))

    def load_balancer(self, id: str, decoder: Decoder) -> LoadBalancer:
        """GetLoadBalancerAttribute."""
        request = _models().GetLoadBalancerAttributeRequest(load_balancer_id=id)
        return decoder.load_balancer(self._ask("GetLoadBalancerAttribute", "get_load_balancer_attribute", request))

    def listeners(self, balancer: str, decoder: Decoder) -> tuple[Listener, ...]:
        """ListListeners of one load balancer."""
        make = _models().ListListenersRequest
        pages = self._pages("ListListeners", "list_listeners", make, load_balancer_ids=[balancer])
        return tuple(one for body in pages for one in decoder.listeners(body))

    def rules(self, balancer: str, decoder: Decoder, *, urgent: bool = False) -> tuple[Rule, ...]:
        """ListRules of one load balancer."""
        make = _models().ListRulesRequest
        pages = self._pages("ListRules", "list_rules", make, urgent=urgent, load_balancer_ids=[balancer])
        return tuple(one for body in pages for one in decoder.rules(body))

    def groups(self, ids: Sequence[str], decoder: Decoder) -> tuple[ServerGroup, ...]:
        """ListServerGroups by id."""
        make = _models().ListServerGroupsRequest
        found: list[ServerGroup] = []
        for start in range(0, len(ids), _AT_ONCE):
            wanted = list(ids[start : start + _AT_ONCE])
            pages = self._pages("ListServerGroups", "list_server_groups", make, server_group_ids=wanted)
            found.extend(one for body in pages for one in decoder.groups(body))
        return tuple(found)

    def servers(self, group: str, decoder: Decoder) -> tuple[Server, ...]:
        """ListServerGroupServers."""
        make = _models().ListServerGroupServersRequest
        pages = self._pages("ListServerGroupServers", "list_server_group_servers", make, server_group_id=group)
        return tuple(one for body in pages for one in decoder.servers(body, group))

    def health(self, listener: str, decoder: Decoder) -> tuple[GroupHealth, ...]:
        """GetListenerHealthStatus, rules included; its pages hold at most 30."""
        make = _models().GetListenerHealthStatusRequest
        name, method = "GetListenerHealthStatus", "get_listener_health_status"
        pages = self._pages(name, method, make, size=30, listener_id=listener, include_rule=True)
        return tuple(one for body in pages for one in decoder.health(body, listener))

    def _pages(
        self,
        action: str,
        method: str,
        make: Callable[..., Any],
        *,
        size: int = 100,
        urgent: bool = False,
        **fields: Any,
    ) -> Iterator[Any]:
        token: str | None = None
        for _ in range(_PAGES):
            body = self._ask(action, method, make(**fields, max_results=size, next_token=token), urgent=urgent)
            yield body
            following = getattr(body, "next_token", None)
            if not isinstance(following, str) or not following or following == token:
                return
            token = following

    def _ask(self, action: str, method: str, request: Any, *, urgent: bool = False) -> Any:
        """One call; its body. Raises `Trouble`."""
        with IMPORTING:
            from darabonba.runtime import RuntimeOptions

        call = getattr(self._client, f"{method}_with_options")
        return self._caller.ask(action, lambda: call(request, RuntimeOptions()), urgent=urgent)


def _models() -> Any:
    with IMPORTING:
        from alibabacloud_alb20200616 import models

    return models
