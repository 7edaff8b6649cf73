"""The simulator's Kubernetes API server, in memory, for kubectl and every other client of the real thing."""

from console.sim.kubeapi.access import ROLES, Denial, Role, Rule
from console.sim.kubeapi.server import Fault, KubeApi
from console.sim.kubeapi.status import ApiError

__all__ = ["ROLES", "ApiError", "Denial", "Fault", "KubeApi", "Role", "Rule"]
