"""Operations that the cloud refuses for a while, by the way in which it does: what a fault sets, and the codes that
each product has for it. Few codes are published; these have the products' own form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from console.sim.openapis.refusal import OpenApiError, throttling

Kind = Literal[
    "quota", "permission", "throttling", "task-failed", "name-taken", "unavailable", "accepted-but-timeout",
    "accepted-but-unavailable",
]  # fmt: skip
OF_CONTROLLER = ("CreateLoadBalancer", "CreateListener", "CreateServerGroup", "CreateRule")
"""Operations of the ALB that nobody but its ingress controller calls; for it a failing job is a refusal like others."""
DROPPED = "accepted-but-timeout"
ACCEPTED = (DROPPED, "accepted-but-unavailable")
"""What is carried out, and not answered with a yes."""
TASKS = {
    "CreateHubCluster": "create_hub",
    "AttachClusterToHub": "attach_cluster",
    "DetachClusterFromHub": "detach_cluster",
    "UpdateHubClusterFeature": "update_feature",
    "DeleteHubCluster": "delete_hub",
    "CreateCluster": "cluster_create",
    "DeleteCluster": "cluster_delete",
}
"""Operations that begin a task, and what kind of task it is."""
_QUOTA = {
    "vpc": "QuotaExceeded",
    "ecs": "AuthorizationLimitExceed",
    "cs": "ErrorQuotaExceeded",
    "adcp": "QuotaExceeded.HubCluster",
    "alb": "QuotaExceeded.LoadBalancersNum",
}
_PERMISSION = {"cs": "StatusForbidden", "alb": "NoPermission"}
_TAKEN = {"vpc": "InvalidVpcName.Duplicate", "cs": "ErrorClusterNameExist", "adcp": "Cluster.NameAlreadyExist"}


class Dropped(Exception):
    """The operation was carried out, and nobody is to hear of it."""


@dataclass(slots=True)
class Refusal:
    """One operation that is refused, `left` times more; None is until it is taken away."""

    kind: str
    left: int | None = None


@dataclass(slots=True)
class Refusals:
    """By operation."""

    held: dict[str, Refusal] = field(default_factory=dict)

    def take(self, action: str) -> Refusal | None:
        """How this call is refused. A failing task is no refusal of the call."""
        found = self.held.get(action)
        if found is None or found.kind == "task-failed":
            return None
        return self._used(action, found)

    def check(self, action: str, product: str) -> None:
        """Raise the refusal of a call that is not made over the wire, in the product's words."""
        found = self.held.get(action)
        if found is not None and found.kind not in ACCEPTED:
            raise error_of(self._used(action, found).kind, product, action)

    def spoil(self, action: str, product: str) -> None:
        """Raise what is said in place of the yes to such a call, once it was carried out."""
        found = self.held.get(action)
        if found is not None and found.kind in ACCEPTED:
            raise error_of(self._used(action, found).kind, product, action)

    def dooms(self, task: str) -> bool:
        """Whether a task of this kind is to fail."""
        for action, found in list(self.held.items()):
            if found.kind == "task-failed" and TASKS.get(action) == task:
                self._used(action, found)
                return True
        return False

    def _used(self, action: str, found: Refusal) -> Refusal:
        if found.left is not None:
            found.left -= 1
            if found.left <= 0:
                del self.held[action]
        return found


def error_of(kind: str, product: str, action: str) -> OpenApiError:
    """What a product says."""
    if kind == "quota":
        return OpenApiError(_QUOTA.get(product, "QuotaExceeded"), f"The quota that {action} needs is exceeded.", 403)
    if kind == "permission":
        words = f"You are not authorized to do this action: {product}:{action}."
        return OpenApiError(_PERMISSION.get(product, "Forbidden.RAM"), words, 403)
    if kind == "name-taken":
        return OpenApiError(
            _TAKEN.get(product, "InvalidName.Duplicate"), f"The name that {action} gives is in use.", 409
        )
    if kind == "unavailable":
        return OpenApiError(
            "ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503
        )
    if kind == "accepted-but-unavailable":
        return OpenApiError("InternalError", "The request processing has failed due to some unknown error.", 500)
    if kind == DROPPED:
        return OpenApiError("SDK.ReadTimeout", f"{action}: context deadline exceeded", 504)
    if kind == "task-failed":
        return OpenApiError("OperationFailed", f"The operation {action} failed: internal error.", 500)
    return throttling()
