"""ArgoCD put together: its two controllers on the hub, and the Deployment controllers of the members that it deploys
to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from console.sim.argo.applications import ApplicationController
from console.sim.argo.applicationsets import ApplicationSetController
from console.sim.argo.charts import Charts
from console.sim.argo.kinds import CONTROLLER, SET_CONTROLLER
from console.sim.argo.manifests import Cluster
from console.sim.argo.workloads import Workloads
from console.sim.client import Client
from console.sim.world import World

if TYPE_CHECKING:
    import aiohttp

DEPLOYMENT_CONTROLLER = "kube-controller-manager"
"""Field manager and User-Agent of the members' Deployment controllers."""


class Argo:
    """Everything of ArgoCD that runs. `alive`: whether the servers of a member, by id, answer."""

    def __init__(
        self,
        world: World,
        session: aiohttp.ClientSession,
        hub: Callable[[str], Client],
        clusters: Sequence[Cluster],
        *,
        alive: Callable[[str], bool],
        speed: float,
    ) -> None:
        charts = Charts(world.repository, world.services)
        self.sets = ApplicationSetController(hub(SET_CONTROLLER), speed=speed, seed=world.seed)
        self.applications = ApplicationController(hub(CONTROLLER), session, charts, speed=speed, seed=world.seed)
        self._workloads = [
            Workloads(
                Client(session, cluster.server, cluster.token, agent=DEPLOYMENT_CONTROLLER),
                alive=lambda member=cluster.member.id: alive(member),  # type: ignore[misc]
                can_start=charts.can_start,
                speed=speed,
                seed=world.seed,
            )
            for cluster in clusters
        ]

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.sets.run())
            group.create_task(self.applications.run())
            for workloads in self._workloads:
                group.create_task(workloads.run())

    async def ready(self) -> None:
        """Return when both controllers act upon changes."""
        await self.sets.ready.wait()
        await self.applications.ready.wait()
