"""The simulated API lets nobody write or bind a ClusterRole beyond his own rights without `escalate` and `bind`."""

from __future__ import annotations

from typing import Any

import pytest

from console.sim.kubeapi import ApiError, escalation
from console.sim.kubeapi.access import Access, Rule
from console.sim.kubeapi.builtins import builtin_resources
from console.sim.kubeapi.paths import target_of
from console.sim.kubeapi.resources import Registry
from console.sim.kubeapi.store import Store

RBAC = escalation.GROUP
EVERYTHING = {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
NODES = {"rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]}
READS = Rule(("list",), ("",), ("nodes",))
ESCALATES, BINDS = (Rule((verb,), (RBAC,), ("clusterroles",)) for verb in ("escalate", "bind"))
BINDING = {"roleRef": {"kind": "ClusterRole", "name": "all"}}


def write(plural: str, body: dict[str, Any], *rules: Rule) -> Access:
    """Somebody with these rules is about to write; what his rights have noted."""
    registry, store, rights = Registry(), Store(10), Access({})
    for resource in builtin_resources():
        registry.add(resource)
    store.put((RBAC, "clusterroles"), {"metadata": {"name": "all"}, **EVERYTHING})
    rights.grant("somebody", rules, "token")
    target = target_of(registry, ["apis", RBAC, "v1", plural, "all"])
    escalation.check(rights, store, "somebody", target, body)
    return rights


@pytest.mark.parametrize(("plural", "body"), [("clusterroles", EVERYTHING), ("clusterrolebindings", BINDING)])
def test_more_than_ones_own_is_refused(plural: str, body: dict[str, Any]) -> None:
    for rules in ((), (READS,), (BINDS,) if plural == "clusterroles" else (ESCALATES,)):
        with pytest.raises(ApiError, match='"somebody" is attempting to grant RBAC permissions not currently held'):
            write(plural, body, *rules)


@pytest.mark.parametrize(
    ("plural", "body", "rule"),
    [("clusterroles", EVERYTHING, ESCALATES), ("clusterrolebindings", BINDING, BINDS)],
)
def test_the_verb_for_it_lets_it_pass_and_is_needed(plural: str, body: dict[str, Any], rule: Rule) -> None:
    [need] = write(plural, body, rule).needed["somebody"]

    assert (rule.verbs[0], RBAC, "clusterroles") == need[:3]


def test_what_one_has_oneself_takes_no_word_more() -> None:
    assert {} == write("clusterroles", NODES, READS, ESCALATES).needed
    assert {} == write("clusterrolebindings", BINDING, Rule(("*",), ("*",), ("*",))).needed
