"""What an Application's status says after a comparison, and whether that calls for a sync by itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from console.sim.argo.charts import Rendered
from console.sim.argo.compare import OUT_OF_SYNC, UNKNOWN, Compared
from console.sim.argo.kinds import NAMESPACE
from console.sim.client import Obj

SELF_HEAL_PAUSE = 5.0
"""Seconds between the end of a sync and the next that heals (the controller's --self-heal-timeout-seconds)."""
HISTORY = 10
"""Deployments that are remembered (spec.revisionHistoryLimit)."""
INVALID, COMPARISON, SYNC_ERROR = "InvalidSpecError", "ComparisonError", "SyncError"
DELETION_ERROR = "DeletionError"
_REPLACED = (INVALID, COMPARISON, SYNC_ERROR, DELETION_ERROR, "SharedResourceWarning")


class Decision(NamedTuple):
    """What automation makes of an Application: an operation to start, or a moment to come back at, or neither."""

    operation: Obj | None = None
    wait: float | None = None


def compared(application: Obj, rendered: Rendered, found: Compared, now: str, *, latest: bool) -> Obj:
    """The status after a comparison; one with git itself (`latest`) is dated, one after a member changed is not."""
    before: Obj = application.get("status") or {}
    failure = _failed_before(application, rendered.commit.sha, found)
    return {
        **_without_conditions(before),
        **conditions(before.get("conditions") or (), [*found.warnings, *failure], now),
        "controllerNamespace": NAMESPACE,
        "health": _health(before, found.health, now),
        "reconciledAt": now if latest or "reconciledAt" not in before else before["reconciledAt"],
        "resources": found.resources,
        "sourceType": "Helm",
        "summary": {"images": found.images},
        "sync": {"comparedTo": _compared_to(application), "revision": rendered.commit.sha, "status": found.sync},
    }


def uncompared(application: Obj, type_: str, message: str, now: str) -> Obj:
    """The status where there was nothing to compare with: the last known resources stay, the verdict goes."""
    before: Obj = application.get("status") or {}
    sync = {"comparedTo": _compared_to(application), "status": UNKNOWN}
    if "revision" in (before.get("sync") or {}):
        sync["revision"] = before["sync"]["revision"]
    return {
        **_without_conditions(before),
        **conditions(before.get("conditions") or (), [{"type": type_, "message": message}], now),
        "controllerNamespace": NAMESPACE,
        "health": _health(before, UNKNOWN, now),
        "reconciledAt": now,
        "sync": sync,
    }


def conditions(present: Iterable[Obj], wanted: Iterable[Obj], now: str) -> Obj:
    """The field with new conditions in place of the last attempt's, if any; the same words keep their time."""
    known = {(each["type"], each["message"]): each for each in present}
    others = [each for each in known.values() if each["type"] not in _REPLACED]
    new = [known.get((each["type"], each["message"]), {**each, "lastTransitionTime": now}) for each in wanted]
    return {"conditions": [*others, *new]} if others or new else {}


def automatic(application: Obj, found: Compared, sha: str, now: float, *, speed: float = 1.0) -> Decision:
    """Whether the sync policy wants a sync now. One commit is tried once, unless self-healing is on."""
    automated = (application["spec"].get("syncPolicy") or {}).get("automated")
    if automated is None or automated.get("enabled") is False or found.sync != OUT_OF_SYNC:
        return Decision()
    prune = bool(automated.get("prune"))
    differing = [each for each in found.resources if each["status"] == OUT_OF_SYNC]
    if not prune and all(each.get("requiresPruning") for each in differing):
        return Decision()
    if _attempted(application, sha):
        state = application["status"]["operationState"]
        if not automated.get("selfHeal") or state.get("phase") != "Succeeded":
            return Decision()
        due = _epoch(state["finishedAt"]) + SELF_HEAL_PAUSE / speed
        if due > now:
            return Decision(wait=(due - now) * speed)
    return Decision(operation=automatic_operation(sha, prune=prune))


def automatic_operation(sha: str, *, prune: bool = False) -> Obj:
    """The operation that automation writes."""
    sync = {"revision": sha, **({"prune": True} if prune else {})}
    return {"initiatedBy": {"automated": True}, "retry": {"limit": 5}, "sync": sync}


def running(operation: Obj, now: str) -> Obj:
    """The state of an operation that has begun."""
    return {"operation": operation, "phase": "Running", "startedAt": now}


def finished(state: Obj, phase: str, message: str, now: str, *, result: Obj | None = None) -> Obj:
    """The state of an operation that has ended."""
    done = {**state, "phase": phase, "message": message, "finishedAt": now}
    return done if result is None else {**done, "syncResult": result}


def history(application: Obj, state: Obj, now: str) -> list[Obj]:
    """The deployments so far and the one that just ended."""
    present = list((application.get("status") or {}).get("history") or ())
    entry = {
        "id": present[-1]["id"] + 1 if present else 0,
        "revision": state["syncResult"]["revision"],
        "source": state["syncResult"]["source"],
        "deployStartedAt": state["startedAt"],
        "deployedAt": now,
        "initiatedBy": state["operation"].get("initiatedBy") or {},
    }
    return [*present, entry][-(application["spec"].get("revisionHistoryLimit") or HISTORY) :]


def _failed_before(application: Obj, sha: str, found: Compared) -> list[Obj]:
    """Automation that does not try again says why."""
    state = (application.get("status") or {}).get("operationState") or {}
    automated = (application["spec"].get("syncPolicy") or {}).get("automated") is not None
    failed = state.get("phase") in ("Failed", "Error")
    if not (automated and failed and found.sync == OUT_OF_SYNC and _attempted(application, sha)):
        return []
    return [{"type": SYNC_ERROR, "message": f"Failed last sync attempt to {sha}: {state.get('message', '')}"}]


def _attempted(application: Obj, sha: str) -> bool:
    result = ((application.get("status") or {}).get("operationState") or {}).get("syncResult") or {}
    return bool(result.get("revision") == sha and result.get("source") == application["spec"].get("source"))


def _without_conditions(status: Obj) -> Obj:
    return {key: value for key, value in status.items() if key != "conditions"}


def _health(before: Obj, status: str, now: str) -> Obj:
    former: Obj = before.get("health") or {}
    return former if former.get("status") == status else {"status": status, "lastTransitionTime": now}


def _compared_to(application: Obj) -> Obj:
    spec = application["spec"]
    return {key: spec[key] for key in ("destination", "source") if key in spec}


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
