"""How healthy an object is, in ArgoCD's words and by its rules (gitops-engine, pkg/health). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from console.sim.argo.kinds import DEPLOYMENTS
from console.sim.client import Obj

ORDER = ("Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown")
"""From best to worst."""
TOO_LATE = "ProgressDeadlineExceeded"


class Health(NamedTuple):
    """One of `ORDER`, and why."""

    status: str
    message: str = ""

    def as_field(self) -> Obj:
        """As `status.resources[].health` has it."""
        return {"status": self.status, **({"message": self.message} if self.message else {})}


MISSING = Health("Missing")


def of(obj: Obj) -> Health:
    """A live object's health; what is no Deployment is healthy by being there."""
    return _deployment(obj) if obj["kind"] == DEPLOYMENTS.kind else Health("Healthy")


def worst(found: Iterable[Health]) -> str:
    """The health of the whole; nothing at all is healthy."""
    return max((each.status for each in found), key=ORDER.index, default="Healthy")


def _deployment(obj: Obj) -> Health:
    spec, status = obj["spec"], obj.get("status") or {}
    if spec.get("paused"):
        return Health("Suspended", "Deployment is paused")
    if obj["metadata"].get("generation", 0) > status.get("observedGeneration", 0):
        what = "observed deployment generation less than desired generation"
        return Health("Progressing", f"Waiting for rollout to finish: {what}")
    conditions = {each["type"]: each for each in status.get("conditions") or ()}
    if conditions.get("Progressing", {}).get("reason") == TOO_LATE:
        return Health("Degraded", f'Deployment "{obj["metadata"]["name"]}" exceeded its progress deadline')
    wanted, all_there = spec.get("replicas", 1), status.get("replicas", 0)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        what = f"{updated} out of {wanted} new replicas have been updated..."
    elif all_there > updated:
        what = f"{all_there - updated} old replicas are pending termination..."
    elif available < updated:
        what = f"{available} of {updated} updated replicas are available..."
    else:
        return Health("Healthy")
    return Health("Progressing", f"Waiting for rollout to finish: {what}")
