"""What stands behind an account's entries: API servers that are really served, controllers that really work. The
account says when; whoever serves it says how."""

from __future__ import annotations

from typing import Protocol

from console.sim.account.state import Cluster, Hub


class Grounds(Protocol):
    """All of it raise where that cannot be, which fails the task that asked."""

    async def raise_cluster(self, cluster: Cluster) -> None:
        """Serve the API of an ACK cluster, with its nodes."""

    async def raze_cluster(self, cluster: Cluster) -> None:
        """Serve it no more; a registered cluster's own goes on."""

    async def raise_hub(self, hub: Hub) -> None:
        """Serve a Fleet's API, with its controllers."""

    async def raze_hub(self, hub: Hub) -> None:
        """Serve it no more."""

    async def set_argocd(self, hub: Hub) -> None:
        """Begin ArgoCD on a Fleet, or end it, as the entry says."""

    async def join(self, hub: Hub, cluster: Cluster) -> None:
        """Make a cluster a member: what the hub holds of it, and its agent."""

    async def leave(self, hub: Hub, cluster: Cluster) -> None:
        """Take that away again."""

    def kubeconfig(self, identifier: str) -> str | None:
        """An administrator's kubeconfig of a cluster or Fleet, as YAML; None where its API is not served."""

    def endpoint(self, identifier: str) -> str:
        """Where the API of a cluster or Fleet is, "" for nowhere."""


class Nothing:
    """Grounds of an account that nobody serves: every entry is only told about."""

    async def raise_cluster(self, cluster: Cluster) -> None:
        """Nothing."""

    async def raze_cluster(self, cluster: Cluster) -> None:
        """Nothing."""

    async def raise_hub(self, hub: Hub) -> None:
        """Nothing."""

    async def raze_hub(self, hub: Hub) -> None:
        """Nothing."""

    async def set_argocd(self, hub: Hub) -> None:
        """Nothing."""

    async def join(self, hub: Hub, cluster: Cluster) -> None:
        """Nothing."""

    async def leave(self, hub: Hub, cluster: Cluster) -> None:
        """Nothing."""

    def kubeconfig(self, identifier: str) -> str | None:
        """None."""
        return None

    def endpoint(self, identifier: str) -> str:
        """Where a loopback address would be."""
        return "https://127.0.0.1:6443"
