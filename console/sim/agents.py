"""The control link of the members: agents that renew their Lease on the hub, and the hub's own controller that gives a
member up when they stop. Both are clients of the Kubernetes API."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from datetime import datetime

from console.sim.client import LEASES, MANAGED_CLUSTERS, Client, Mirror, Obj, Refusal
from console.sim.manifests import GRACE, LEASE, UNREACHABLE, lease_stopped, reachable, unreachable
from console.sim.recorder import micro_time, rfc3339

RENEWAL = 20.0
"""Seconds between two renewals of an agent."""
FASTEST_RENEWAL = 5.0
"""However fast the simulator runs: a Lease renewed all the time would only be noise on the watch."""
MOST_RENEWALS = 20.0
"""Renewals a second of all agents together: an API server has more to do than to note heartbeats."""
AVAILABLE = "ManagedClusterConditionAvailable"


def renewal(speed: float, members: int) -> float:
    """Seconds between two renewals of each of so many agents."""
    return max(RENEWAL / speed, FASTEST_RENEWAL, members / MOST_RENEWALS)


class Agent:
    """One member's agent, which renews every `pause` seconds. `silent` is the switch of the fault of that name."""

    def __init__(self, client: Client, member: str, *, pause: float, silent: bool, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._pause = pause
        self.member = member
        self.silent = silent

    async def run(self) -> None:
        """Renew until cancelled. A hub that does not answer is asked again at the next renewal."""
        import aiohttp

        while True:
            await asyncio.sleep(self._pause * random.uniform(0.9, 1.1))
            if self.silent:
                continue
            try:
                await self.renew()
            except (Refusal, aiohttp.ClientError, OSError, TimeoutError):
                continue

    async def renew(self) -> None:
        """One heartbeat; after a gap that the hub noticed the agent also says that it is available again."""
        patch = {"spec": {"renewTime": micro_time(self._clock())}}
        await self._client.merge(LEASES, self.member, LEASE, patch)
        cluster = await self._client.get(MANAGED_CLUSTERS, "", self.member)
        if _available(cluster) != "True":
            await _set_condition(self._client, cluster, reachable(rfc3339(self._clock())))


class LeaseController:
    """The hub's view of the agents: five lease durations without renewal, and the member is Unknown and tainted.
    `pause`: seconds between two renewals of an agent that is well."""

    def __init__(
        self,
        client: Client,
        *,
        speed: float = 1.0,
        pause: float = FASTEST_RENEWAL,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._clock = clock
        # Never shorter than what agents need at their fastest, or speed alone would make members unknown.
        self._grace = max(GRACE / speed, 4 * pause)
        self._pause = min(5.0, self._grace / 10)
        self.leases = Mirror(client, LEASES)
        self.clusters = Mirror(client, MANAGED_CLUSTERS)

    async def run(self) -> None:
        """Look at every member again and again until cancelled."""
        import aiohttp

        async with asyncio.TaskGroup() as group:
            group.create_task(self.leases.run())
            group.create_task(self.clusters.run())
            await self.leases.ready.wait()
            await self.clusters.ready.wait()
            while True:
                for cluster in list(self.clusters.objects.values()):
                    try:
                        await self.judge(cluster)
                    except (Refusal, aiohttp.ClientError, OSError, TimeoutError):
                        continue
                await asyncio.sleep(self._pause)

    async def judge(self, cluster: Obj) -> None:
        """Condition and taint of one member, brought in line with its Lease."""
        name = cluster["metadata"]["name"]
        lease = self.leases.objects.get((name, LEASE))
        renewed = _epoch((lease or {}).get("spec", {}).get("renewTime"))
        silent = renewed is not None and self._clock() - renewed > self._grace
        now = rfc3339(self._clock())
        if silent and _available(cluster) != "Unknown":
            cluster = await _set_condition(self._client, cluster, lease_stopped(now))
        taints = list(cluster.get("spec", {}).get("taints") or ())
        tainted = any(taint.get("key") == UNREACHABLE for taint in taints)
        if tainted == (_available(cluster) in ("Unknown", None)):
            return
        others = [taint for taint in taints if taint.get("key") != UNREACHABLE]
        wanted = others if tainted else [*others, unreachable(now)]
        # Lists are replaced whole: the version makes the patch fail where somebody else changed them meanwhile.
        patch = {"metadata": {"resourceVersion": cluster["metadata"]["resourceVersion"]}, "spec": {"taints": wanted}}
        await self._client.merge(MANAGED_CLUSTERS, "", name, patch)


def _available(cluster: Obj) -> str | None:
    conditions = cluster.get("status", {}).get("conditions") or ()
    return next((each.get("status") for each in conditions if each.get("type") == AVAILABLE), None)


async def _set_condition(client: Client, cluster: Obj, condition: Obj) -> Obj:
    metadata = cluster["metadata"]
    present = cluster.get("status", {}).get("conditions") or ()
    others = [each for each in present if each.get("type") != condition["type"]]
    status = {"conditions": [*others, condition]}
    patch = {"metadata": {"resourceVersion": metadata["resourceVersion"]}, "status": status}
    return await client.merge(MANAGED_CLUSTERS, "", metadata["name"], patch, subresource="status")


def _epoch(text: object) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None
