"""What happened before the simulator began: objects made at their dates by whoever makes such objects, and the
controller's last success, done by its own client under an earlier clock, so that field owners and dates are
the server's own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from console.sim.alb_ingress import COMPONENT, SUCCESS, SYNC, Applied, acknowledge
from console.sim.client import ALB_CONFIGS, EVENTS, INGRESS_CLASSES, INGRESSES, Client, Obj
from console.sim.recorder import NORMAL, event

if TYPE_CHECKING:
    from console.sim.kubeapi import KubeApi

AGENT = "registration-agent"
"""Field manager and User-Agent of the members' agents."""
LEASES = "registration-controller"
"""Of the hub's controller that watches their Leases."""
CONTROLLER = "alb-ingress-controller"
"""Of the ALB ingress controller."""
INSTALLER = "ack-addon-manager"
"""Of whatever installs a Fleet's features."""
AUTHOR = "kubectl-create"
"""Of whoever writes what people write."""
MANAGERS = {"Lease": AGENT, "ManagedCluster": LEASES}


class Clock:
    """The clock of the API servers and of all who write to the hub: the wall's, but for what is done inside `at`, and
    off by `skew` seconds."""

    def __init__(self) -> None:
        self._set: float | None = None
        self.skew = 0.0

    def __call__(self) -> datetime:
        """Now, or the moment that is being relived."""
        return datetime.fromtimestamp(self.epoch() if self._set is None else self._set, UTC)

    def epoch(self) -> float:
        """Now, in seconds."""
        return time.time() + self.skew

    @contextmanager
    def at(self, epoch: float) -> Iterator[None]:
        """Let everything in the block happen at an epoch second."""
        former, self._set = self._set, epoch
        try:
            yield
        finally:
            self._set = former


def seed(api: KubeApi, clock: Clock, objects: Iterable[Obj]) -> None:
    """Make objects at their creationTimestamps, the oldest first."""
    for obj in sorted(objects, key=_created):
        with clock.at(_created(obj)):
            api.seed(obj, manager=MANAGERS.get(obj["kind"], AUTHOR))


async def reconciled(client: Client, clock: Clock, applied: Mapping[str, Applied], *, at: float) -> None:
    """The controller's last success about every AlbConfig and all Ingresses behind it, at epoch second `at`.

    `applied`: AlbConfig's name -> its ALB. `client` is the controller's own.
    """
    configs = {obj["metadata"]["name"]: obj for obj in (await client.list(ALB_CONFIGS))[0]}
    classes = {obj["metadata"]["name"]: obj["spec"] for obj in (await client.list(INGRESS_CLASSES))[0]}
    routes = (await client.list(INGRESSES))[0]
    with clock.at(at):
        for name, balancer in applied.items():
            mine = [route for route in routes if _gateway(classes, route) == name]
            await acknowledge(client, configs[name], mine, balancer)
            for obj in (configs[name], *mine):
                for word, when in ((SYNC, at - 2), (SUCCESS, at)):
                    await client.create(EVENTS, event(obj, COMPONENT, NORMAL, *word, first=when, last=when))


def _gateway(classes: Mapping[str, Obj], route: Obj) -> str:
    return str(classes[route["spec"]["ingressClassName"]]["parameters"]["name"])


def _created(obj: Obj) -> float:
    return datetime.fromisoformat(obj["metadata"]["creationTimestamp"]).timestamp()
