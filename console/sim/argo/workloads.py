"""A member's own Deployment controller, as far as statuses go: a change rolls out over some seconds, an image that the
registry lacks never starts, and where the member's servers are dead nothing is ready. Pods stay as they are: the ALB
knows them by their addresses."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable
from datetime import datetime

from console.sim.argo.health import TOO_LATE
from console.sim.argo.kinds import DEPLOYMENTS, merge_patch
from console.sim.client import Client, Mirror, Obj, Refusal, place
from console.sim.manifests import condition
from console.sim.recorder import rfc3339
from console.sim.workqueue import WorkQueue

ROLLOUT = (3.0, 6.0)
"""Seconds that a rolling update takes, at least and at most."""
DEADLINE = 600.0
"""Seconds without progress after which a rollout has failed (spec.progressDeadlineSeconds)."""
LOSS = 40.0
"""Seconds until the pods of servers that died are known not to be ready (the node monitor's grace)."""
LOOK = 1.0
"""Seconds between two looks at the servers."""
ROLLING, ROLLED = "ReplicaSetUpdated", "NewReplicaSetAvailable"


class Workloads:
    """Keeps the statuses of one member's Deployments. `alive`: whether its servers answer; times go by `speed`."""

    def __init__(
        self,
        client: Client,
        *,
        alive: Callable[[], bool],
        can_start: Callable[[str], bool],
        speed: float = 1.0,
        seed: int = 1,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._alive = alive
        self._can_start = can_start
        self._speed = speed
        self._random = random.Random(seed)
        self._clock = clock
        self._queue = WorkQueue(self.reconcile, speed=speed)
        self._deployments = Mirror(client, DEPLOYMENTS, self._changed)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._deployments.run())
            group.create_task(self._queue.run())
            await self._deployments.ready.wait()
            for where, deployment in self._deployments.objects.items():
                if _rolling_since(deployment.get("status") or {}) is not None:
                    self._queue.add("/".join(where))
            were = self._alive()
            while True:
                await asyncio.sleep(LOOK)
                if self._alive() != were:
                    were = self._alive()
                    for key in self._deployments.objects:
                        self._queue.add("/".join(key), 0.0 if were else LOSS)

    async def reconcile(self, key: str) -> None:
        """One step of one Deployment; raises so that the queue comes back."""
        namespace, _, name = key.partition("/")
        deployment = self._deployments.objects.get((namespace, name))
        if deployment is None:
            return
        now = self._clock()
        status = deployment.get("status") or {}
        since = _rolling_since(status)
        works = self._alive() and all(map(self._can_start, _images(deployment)))
        if status.get("observedGeneration") != deployment["metadata"]["generation"]:
            await self._say(deployment, rolling(deployment, now))
            self._queue.add(key, self._random.uniform(*ROLLOUT))
        elif works:
            await self._say(deployment, rolled(deployment, now))
        elif not self._alive():
            await self._say(deployment, stuck(deployment, now, ready=0))
        elif since is not None and now - since < DEADLINE / self._speed:
            self._queue.add(key, DEADLINE - (now - since) * self._speed)
        elif since is not None:
            await self._say(deployment, stuck(deployment, now, ready=status.get("readyReplicas", 0)))

    async def _say(self, deployment: Obj, status: Obj) -> None:
        patch = merge_patch(deployment.get("status") or {}, status)
        try:
            if patch:
                await self._client.merge(DEPLOYMENTS, *place(deployment), {"status": patch}, subresource="status")
        except Refusal as refusal:
            if refusal.code != 404:
                raise

    def _changed(self, before: Obj | None, now: Obj | None) -> None:
        if now is not None and (now.get("status") or {}).get("observedGeneration") != now["metadata"]["generation"]:
            self._queue.add("/".join(place(now)))


def rolling(deployment: Obj, now: float) -> Obj:
    """The status at the first new pod of a rolling update: most of the old ones still serve."""
    before = deployment.get("status") or {}
    wanted = deployment["spec"].get("replicas", 1)
    ready = min(before.get("readyReplicas", 0), wanted - wanted // 4)
    return _status(deployment, now, updated=math.ceil(wanted / 4), ready=ready, all_there=ready + 1, reason=ROLLING)


def rolled(deployment: Obj, now: float) -> Obj:
    """The status once every pod is new and ready."""
    wanted = deployment["spec"].get("replicas", 1)
    return _status(deployment, now, updated=wanted, ready=wanted, all_there=wanted, reason=ROLLED)


def stuck(deployment: Obj, now: float, *, ready: int) -> Obj:
    """The status after a rollout that ran out of time, or whose servers died."""
    before = deployment.get("status") or {}
    wanted = deployment["spec"].get("replicas", 1)
    updated, all_there = before.get("updatedReplicas", wanted), max(before.get("replicas", wanted), ready)
    return _status(deployment, now, updated=updated, ready=ready, all_there=all_there, reason=TOO_LATE)


def _status(deployment: Obj, now: float, *, updated: int, ready: int, all_there: int, reason: str) -> Obj:
    before = deployment.get("status") or {}
    wanted = deployment["spec"].get("replicas", 1)
    enough = ready >= wanted - wanted // 4
    name = f'ReplicaSet for "{deployment["metadata"]["name"]}"'
    progress = {
        ROLLING: ("True", f"{name} is progressing."),
        ROLLED: ("True", f"{name} has successfully progressed."),
        TOO_LATE: ("False", f"{name} has timed out progressing."),
    }[reason]
    available = (
        ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        if enough
        else ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    )
    conditions = [
        _condition(before, "Progressing", progress[0], reason, progress[1], now),
        _condition(before, "Available", *available, now),
    ]
    counts = {"replicas": all_there, "updatedReplicas": updated, "readyReplicas": ready, "availableReplicas": ready}
    missing = {"unavailableReplicas": wanted - ready} if ready < wanted else {}
    generation = deployment["metadata"]["generation"]
    return {"observedGeneration": generation, **counts, **missing, "conditions": conditions}


def _condition(before: Obj, type_: str, status: str, reason: str, message: str, now: float) -> Obj:
    """A condition that keeps its time while it says the same."""
    known = {(each["type"], each["status"], each["reason"]): each for each in before.get("conditions") or ()}
    return known.get((type_, status, reason)) or condition(type_, status, reason, message, rfc3339(now))


def _rolling_since(status: Obj) -> float | None:
    """The epoch second at which the rollout that is under way began."""
    for each in status.get("conditions") or ():
        if each["type"] == "Progressing" and each["reason"] == ROLLING:
            return datetime.fromisoformat(each["lastTransitionTime"]).timestamp()
    return None


def _images(deployment: Obj) -> list[str]:
    return [each["image"] for each in deployment["spec"]["template"]["spec"]["containers"]]
