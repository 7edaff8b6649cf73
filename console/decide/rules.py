"""The guardrails by name: what each says, what it weighs, and its threshold; and all of them asked at once.

Severity and threshold are settings (`rules.NAME`), but for those that are `absolute`: what they need, nobody can waive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from console.decide import rules_of_gateway, rules_of_run, rules_of_target
from console.decide.case import Case, Finding
from console.errors import UsageError
from console.model.run import Reason, Severity
from console.model.text import inert
from console.settings import RuleSettings

_WEIGHT = {Severity.INFORMS: 0, Severity.ASKS: 1, Severity.BLOCKS: 2}
OFF = "off"


@dataclass(frozen=True, slots=True)
class Rule:
    """One guardrail. `says`: what it wants, one sentence; `threshold` in `unit`, None where there is none."""

    name: str
    severity: Severity
    says: str
    look: Callable[[Case], Iterable[Finding]]
    threshold: float | None = None
    unit: str = ""
    absolute: bool = False

    def weighs(self, said: RuleSettings | None) -> Severity | None:
        """Its severity by settings; None where it is off."""
        if self.absolute or said is None or said.severity is None:
            return self.severity
        return None if said.severity == OFF else Severity(said.severity)


BLOCKS, ASKS, INFORMS = Severity.BLOCKS, Severity.ASKS, Severity.INFORMS

RULES: tuple[Rule, ...] = (
    Rule("read-only", BLOCKS, "Settings allow writes.", rules_of_run.read_only, absolute=True),
    Rule("current", BLOCKS, "The Fleet is known and its Ingresses are read now.", rules_of_run.current, absolute=True),
    Rule("split", BLOCKS, "Every route that is to move has a split that can be read.", rules_of_run.split,
         absolute=True),
    Rule("new-key", BLOCKS, "No weight key is written that was never seen on its Ingress, without a word (--new-key).",
         rules_of_target.new_key, absolute=True),
    Rule("behind-gateway", BLOCKS, "Every member that gets weight is behind the route's gateway.",
         rules_of_target.behind),
    Rule("derivable", BLOCKS, "Every ALB server group of the route is known to be some member's.",
         rules_of_target.derivable),
    Rule("target-health", BLOCKS, "A member that gains serves: by ALB backends; at weight 0 by pods, a direct probe.",
         rules_of_target.health),
    Rule("serving", BLOCKS, "A member that is not known to be dead keeps weight on every route.",
         rules_of_target.serving, absolute=True),
    Rule("dead-steps", INFORMS, "A member that serves nothing is left in one step.", rules_of_target.dead_steps),
    Rule("health-check", INFORMS, "Health checks are on, or nobody sees a backend die.", rules_of_target.health_check),
    Rule("application", BLOCKS, "A member that gains has the route's applications Synced and Healthy.",
         rules_of_target.application),
    Rule("revision", ASKS, "It runs the same revision as the members that lose.", rules_of_target.revision),
    Rule("headroom", BLOCKS, "It takes the load that it would get.", rules_of_target.headroom_, 100.0, "%"),
    Rule("control-link", INFORMS, "The hub hears its agent, which says nothing of its traffic.", rules_of_target.link),
    Rule("cluster-state", ASKS, "The cloud says that its cluster runs.", rules_of_target.cluster),
    Rule("in-flight", BLOCKS, "No change of the route's ALB rule is under way.", rules_of_gateway.in_flight),
    Rule("gateway-can-act", BLOCKS, "Nothing keeps the gateway's controller or its ALB from acting.",
         rules_of_gateway.can_act),
    Rule("revert", ASKS, "Nobody is known to put the weights back.", rules_of_gateway.revert),
    Rule("long-connections", INFORMS, "No sticky sessions keep clients where they are.", rules_of_gateway.sticky),
    Rule("freeze", BLOCKS, "Nobody has frozen the Fleet.", rules_of_run.freeze),
    Rule("other-run", BLOCKS, "No other run is under way on the Fleet.", rules_of_run.other_run),
    Rule("clock-skew", BLOCKS, "The Fleet's clock and this host's are close.", rules_of_run.skew, 30.0, "s"),
    Rule("credentials", BLOCKS, "The Fleet's credential outlives the plan.", rules_of_run.credentials, 300.0, "s"),
    Rule("way-back", INFORMS, "Whoever gets weight again at the run's time can be proven to serve.",
         rules_of_run.way_back),
    Rule("dwell", INFORMS, "The last run on the route was not just now.", rules_of_run.dwell, 600.0, "s"),
    Rule("data-layer", ASKS, "Somebody said that the data layer is ready for it (a drain).", rules_of_run.data_layer),
    Rule("assertion", BLOCKS, "What settings assert stays true (assertions).", rules_of_run.assertion),
    Rule("no-change", INFORMS, "The plan changes something.", rules_of_run.no_change),
)  # fmt: skip
"""In the order in which they are shown among their like."""


def named(name: str) -> Rule:
    """The rule of that name. Raises `UsageError`."""
    found = next((rule for rule in RULES if rule.name == name), None)
    if found is None:
        known = ", ".join(rule.name for rule in RULES)
        raise UsageError(f"no rule is called '{inert(name, 40)}'", fix=f"Rules: {known}.")
    return found


def reasons(case: Case) -> tuple[Reason, ...]:
    """Every rule's word, the same one once."""
    found: dict[Reason, None] = {}
    for rule in RULES:
        severity = rule.weighs(case.around.rules.get(rule.name))
        if severity is None:
            continue
        for one in rule.look(case):
            weight = min(severity, one.at_most, key=_WEIGHT.__getitem__)
            found[Reason(rule.name, weight, one.measured, one.needed, one.message)] = None
    return tuple(found)
