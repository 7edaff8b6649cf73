"""Follows one member's own API as the hub is followed: Deployments, Services, autoscalers and nodes, listed for the
whole cluster where that is allowed, else namespace by namespace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import quote

from console.errors import FleetConsoleError
from console.kube import decode, workload
from console.kube.connect import Hub
from console.kube.decode import Decoded
from console.kube.feed import Feed
from console.kube.follow import Follower
from console.kube.kinds import Kind
from console.kube.listing import Lister
from console.kube.watch import Reader
from console.model.freshness import Part
from console.model.text import inert
from console.store.events import FromApi, OfMember

Namespaces = Callable[[], Sequence[str] | None]
"""The namespaces that routes stand in; None while that is not known yet."""

_LATER = 1.0
"""Seconds between two looks for the namespaces of the routes."""

PARTS = (
    Kind(
        Part.DEPLOYMENTS,
        "Deployment",
        "apps",
        "deployments",
        "/apis/apps/v1/deployments",
        workload.deployment,
        decode.by_path,
    ),
    Kind(Part.SERVICES, "Service", "", "services", "/api/v1/services", workload.service, decode.by_path),
    Kind(
        Part.AUTOSCALERS,
        "HorizontalPodAutoscaler",
        "autoscaling",
        "horizontalpodautoscalers",
        "/apis/autoscaling/v2/horizontalpodautoscalers",
        workload.autoscaler,
        decode.by_path,
    ),
    Kind(Part.NODES, "Node", "", "nodes", "/api/v1/nodes", workload.node, decode.by_name),
)
"""What is read of a member, in the order in which it is asked for."""


class MemberFollower(Follower):
    """Reads the own API of member `member`, shown as `name`, until `stop`. `post` is the store's `apply`."""

    def __init__(
        self,
        member: str,
        name: str,
        kubeconfig: str | None,
        context: str | None,
        post: Callable[..., None],
        clock: Callable[[], float],
        namespaces: Namespaces,
    ) -> None:
        self._name = f"the API of {inert(name, 60)}"
        self._namespaces = namespaces

        def of_member(*said: FromApi) -> None:
            post(*(OfMember(member, one) for one in said))

        super().__init__(kubeconfig, context, of_member, clock, opened=lambda _: None, members=tuple)

    def _fed(self, post: Callable[..., None], clock: Callable[[], float]) -> Feed:
        return Feed(post, clock, tuple(Part), self._name)

    def _readers(self, hub: Hub) -> list[Reader]:
        return [PartReader(hub, kind, self._feed, self._namespaces) for kind in PARTS]


class PartReader(Reader):
    """Follows one part of a member."""

    def __init__(self, hub: Hub, kind: Kind, feed: Feed, namespaces: Namespaces) -> None:
        super().__init__(hub, kind, feed)
        self._namespaces = namespaces

    def _otherwise(self, generation: int) -> bool:
        """List the routes' namespaces one by one, for those who may not list them all; False where that is refused."""
        if self.kind.key is not decode.by_path:
            return False
        namespaces = self._namespaces()
        if namespaces is None:
            self._rest(_LATER)
            return True
        found: dict[str, Decoded] = {}
        try:
            for namespace in namespaces:
                one = Lister(self._hub, replace(self.kind, path=within(self.kind.path, namespace), namespace=namespace))
                found.update(one.read(lambda: None)[1])
        except FleetConsoleError:
            return False
        if namespaces:
            self._detoured(found, "may not be listed for all namespaces, so those of the routes are listed", generation)
        return bool(namespaces)


def within(path: str, namespace: str) -> str:
    """The path of a list of all namespaces, for one of them."""
    prefix, _, resource = path.rpartition("/")
    return f"{prefix}/namespaces/{quote(namespace, safe='')}/{resource}"
