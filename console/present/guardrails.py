"""The guardrails as a list: what each wants, what it weighs by settings, and its threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from console.decide.rules import OFF, Rule
from console.model.fleet import Fleet
from console.model.freshness import SourceName
from console.present.times import due
from console.settings import RuleSettings


@dataclass(frozen=True, slots=True)
class Row:
    """One rule; `threshold` None where it has none."""

    name: str
    severity: str
    threshold: float | None
    unit: str
    says: str
    overridable: bool
    set_: bool

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "rule": self.name,
            "severity": self.severity,
            "threshold": self.threshold,
            "unit": self.unit or None,
            "says": self.says,
            "overridable": self.overridable,
            "from": "settings" if self.set_ else "built in",
        }


def row(rule: Rule, said: RuleSettings | None) -> Row:
    """A rule as settings have it."""
    severity = rule.weighs(said)
    own = said.threshold if said is not None and said.threshold is not None else rule.threshold
    threshold = own if rule.threshold is not None else None
    return Row(
        rule.name,
        str(severity) if severity is not None else OFF,
        threshold,
        rule.unit,
        rule.says,
        not rule.absolute,
        said is not None,
    )


def text(rows: Sequence[Row]) -> str:
    """As a table."""
    out = [f"{'RULE':<18}{'WEIGHS':<9}{'LIMIT':<8}SAYS"]
    for one in rows:
        limit = "" if one.threshold is None else f"{one.threshold:g} {one.unit}"
        fixed = "" if one.overridable else "  (cannot be overridden)"
        out.append(f"{one.name:<18}{one.severity:<9}{limit:<8}{one.says}{fixed}")
    return "\n".join(out)


def standing(fleet: Fleet, wall: float) -> str:
    """The freeze that a new one replaces: whose, why, until when; empty where there is none at the epoch second `wall`,
    and that nobody knows where it could not be read."""
    found = fleet.freeze
    if found is None:
        known = fleet.source(SourceName.RUNS).state.answered
        return "" if known else "whether it was frozen before is not known"
    if found.until is not None and found.until <= wall:
        return ""
    until = f" until {due(found.until, found.since)}" if found.until is not None else " until it is taken away"
    return f"it replaces the freeze by {found.actor or 'somebody'}{until}: {found.reason or 'no reason given'}"
