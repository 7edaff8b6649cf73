"""A run's record on the Fleet: one ConfigMap, by which other logins and hosts know of it. Nothing secret is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from console.decide.onestep import OneStep
from console.decide.plan import Plan
from console.model.run import RunReport


def data(
    report: RunReport, plan: Plan, fence: int, targets: Mapping[str, Mapping[str, int | None]], heard: str
) -> dict[str, str]:
    """The ConfigMap's data; `targets`: route key -> member id -> weight of the step that the run is at; `heard`: the id
    of the newest word of another login that was taken."""
    before = {change.key: change.weights(change.before) for change in plan.routes}
    return {
        **_told(report, plan.canonical(), fence),
        "heard": heard,
        "targets": json.dumps(targets, sort_keys=True),
        "before": json.dumps(before, sort_keys=True),
    }


def debts(owed: Sequence[str]) -> dict[str, str]:
    """The field that names the Applications, `NAMESPACE/NAME`, whose automated sync the run switched off."""
    return {"debts": json.dumps(list(owed))}


def of_step(report: RunReport, step: OneStep) -> dict[str, str]:
    """The ConfigMap's data of a run of one step, which has no fence, no routes, and hears no words."""
    return {**_told(report, step.canonical(), 0), "heard": "", "targets": "{}", "before": "{}"}


def _told(report: RunReport, plan: str, fence: int) -> dict[str, str]:
    return {
        "state": report.state,
        "fence": str(fence),
        "plan_hash": report.plan_hash,
        "plan": plan,
        "actor": report.actor,
        "reason": report.reason,
        "host": report.host,
        "pid": str(report.pid or ""),
        "started": stamp(report.started),
        "updated": stamp(datetime.now(UTC).timestamp()),
        "step": str(report.step),
        "going": report.going,
        "hold_until": stamp(report.hold_until),
        "expires": stamp(report.expires),
        "message": report.message,
    }


def is_run(text: str) -> bool:
    """Whether a text read from the Fleet could be a run's id."""
    return re.fullmatch(r"[a-z0-9]{3,8}", text) is not None


def stamp(at: float | None) -> str:
    """Epoch seconds as RFC 3339 in UTC; empty for none."""
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
