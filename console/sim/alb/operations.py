"""The ALB OpenAPI as a product of the endpoint: its reads, and the writes that become jobs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from console.sim.alb.answers import READS
from console.sim.alb.state import Alb
from console.sim.openapis.parameters import Parameters
from console.sim.openapis.product import Product
from console.sim.openapis.refusal import OpenApiError


def product(alb: Alb) -> Product:
    """The operations of one service."""
    return Product(
        "alb",
        "2020-06-16",
        reads={name: partial(answer, alb) for name, answer in READS.items()},
        writes={name: partial(change, alb) for name, change in _WRITES.items()},
    )


def _update_rule(alb: Alb, asked: Parameters) -> dict[str, Any]:
    job = alb.update_rule(asked.text("RuleId", needed=True), tuples=_tuples(asked.items("RuleActions", 5)))
    return {"JobId": job.id}


def _update_rules(alb: Alb, asked: Parameters) -> dict[str, Any]:
    rules = [rule for rule in asked.items("Rules", 10) if isinstance(rule, dict)]
    if not rules:
        raise OpenApiError("MissingParam.Rules", "The parameter Rules is required.")
    jobs = [
        alb.update_rule(
            str(rule.get("RuleId")), tuples=_tuples(rule.get("RuleActions") or []), api="UpdateRulesAttribute"
        )
        for rule in rules
    ]
    return {"JobId": jobs[-1].id}


def _update_servers(alb: Alb, asked: Parameters) -> dict[str, Any]:
    weights: dict[tuple[str, int], int] = {}
    for server in asked.items("Servers", 40):
        try:
            weights[str(server.get("ServerIp") or server["ServerId"]), int(server["Port"])] = int(server["Weight"])
        except (KeyError, ValueError, TypeError):
            raise OpenApiError("IllegalParam.Servers", "The parameter Servers is illegal.") from None
    return {"JobId": alb.weigh_servers(asked.text("ServerGroupId", needed=True), weights).id}


def _tuples(actions: list[Any]) -> list[tuple[str, int]] | None:
    """The forward tuples among a rule's actions; None where it names none. A weight is needed beside another tuple."""
    for action in actions:
        forward = action.get("ForwardGroupConfig") if isinstance(action, dict) else None
        if not isinstance(forward, dict):
            continue
        tuples = [one for one in forward.get("ServerGroupTuples") or [] if isinstance(one, dict)]
        if len(tuples) > 1 and any("Weight" not in one for one in tuples):
            raise OpenApiError("MissingParam.Weight", "The parameter Weight is required.")
        try:
            return [(str(one["ServerGroupId"]), int(one.get("Weight", 100))) for one in tuples]
        except (KeyError, ValueError):
            raise OpenApiError(
                "IllegalParam.ServerGroupTuples", "The parameter ServerGroupTuples is illegal."
            ) from None
    return None


_WRITES: dict[str, Callable[[Alb, Parameters], dict[str, Any]]] = {
    "UpdateRuleAttribute": _update_rule,
    "UpdateRulesAttribute": _update_rules,
    "UpdateServerGroupServersAttribute": _update_servers,
}
