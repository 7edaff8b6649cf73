"""The pods of a cluster whose Deployments somebody else makes: as many as each asks for, at addresses of the nodes'
blocks, ready as far as the Deployment's status says so, and gone with it."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import json
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import pairwise

from console.sim.argo.kinds import DEPLOYMENTS, SERVICES
from console.sim.client import Client, Mirror, Obj, Refusal, Resource, place
from console.sim.kubeapi import KubeApi
from console.sim.manifests import condition
from console.sim.recorder import rfc3339
from console.sim.workqueue import WorkQueue
from console.sim.world import POD_BLOCK, Node

PODS = Resource("", "v1", "pods", "Pod")
OWNER = "fleet-console.sim/deployment"
"""The label that names a pod's Deployment."""
HASH = "pod-template-hash"
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
DELAY = 0.3
"""Seconds between a change and the attempt to follow it."""


class Pods:
    """Keeps one cluster's pods. `changed` is called whenever who stands behind its Services may be another."""

    def __init__(
        self,
        client: Client,
        api: KubeApi,
        nodes: Sequence[Node],
        changed: Callable[[], None],
        *,
        speed: float,
        seed: int,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._api = api
        self._nodes = nodes
        blocks = sorted(int(ipaddress.IPv4Address(node.block)) for node in nodes)
        self._room = min((after - before for before, after in pairwise(blocks)), default=POD_BLOCK)
        self._changed = changed
        self._clock = clock
        self._random = random.Random(seed)
        self._queue = WorkQueue(self.reconcile, speed=speed)
        self._mirrors = [
            Mirror(client, DEPLOYMENTS, self._deployment_changed),
            Mirror(client, SERVICES, lambda before, now: changed()),
        ]

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for mirror in self._mirrors:
                group.create_task(mirror.run())
            group.create_task(self._queue.run())

    async def reconcile(self, key: str) -> None:
        """The pods of one Deployment as they are to be; raises so that the queue comes back."""
        namespace, _, name = key.partition("/")
        deployment = self._api.object("apps", "deployments", namespace, name)
        mine = [pod for pod in self.pods(namespace) if pod["metadata"]["labels"].get(OWNER) == name]
        if deployment is None:
            await self._drop(mine)
            return
        wanted, template = deployment["spec"].get("replicas", 1), _digest(deployment)
        old = [pod for pod in mine if pod["metadata"]["labels"].get(HASH) != template]
        new = [pod for pod in mine if pod not in old]
        await self._drop([*old, *new[wanted:]])
        for _ in range(wanted - len(new)):
            new.append(await self._make(deployment, template))
        ready = (deployment.get("status") or {}).get("readyReplicas", 0)
        for number, pod in enumerate(new[:wanted]):
            await self._say(pod, ready=number < ready)
        self._changed()

    def pods(self, namespace: str) -> list[Obj]:
        """Those of a namespace, as they are stored."""
        return [pod for pod in self._api.objects("", "pods") if pod["metadata"].get("namespace") == namespace]

    async def _make(self, deployment: Obj, template: str) -> Obj:
        namespace, name = place(deployment)
        node, ip = next(self._free(), (None, ""))
        inner = deployment["spec"]["template"]
        suffix = "".join(self._random.choices(_LETTERS, k=5))
        labels = {**(inner.get("metadata", {}).get("labels") or {}), HASH: template, OWNER: name}
        since = rfc3339(self._clock())
        status: Obj = {"phase": "Pending"}
        if node is not None:
            status = {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "startTime": since}
        return self._api.seed(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": f"{name}-{template}-{suffix}", "namespace": namespace, "labels": labels},
                "spec": {**inner["spec"], **({"nodeName": node.name} if node is not None else {})},
                "status": status,
            },
            manager="kube-controller-manager",
        )

    async def _say(self, pod: Obj, *, ready: bool) -> None:
        """Whether it is ready; one without a node never is."""
        status, state = pod.get("status") or {}, "True" if ready and pod["spec"].get("nodeName") else "False"
        conditions = status.get("conditions") or ()
        if any(each["type"] == "Ready" and each["status"] == state for each in conditions):
            return
        since = rfc3339(self._clock())
        reason = "" if state == "True" else "ContainersNotReady"
        containers = [
            {
                "name": each["name"],
                "image": each.get("image", ""),
                "imageID": "",
                "ready": state == "True",
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": since}},
            }
            for each in pod["spec"].get("containers") or ()
        ]
        patch = {"conditions": [condition("Ready", state, reason, "", since)], "containerStatuses": containers}
        await self._tolerant(self._client.merge(PODS, *place(pod), {"status": patch}, subresource="status"))

    async def _drop(self, pods: Sequence[Obj]) -> None:
        for pod in pods:
            await self._tolerant(self._client.delete(PODS, *place(pod)))

    async def _tolerant(self, call: Awaitable[Obj]) -> None:
        try:
            await call
        except Refusal as refusal:
            if refusal.code != 404:
                raise

    def _free(self) -> Iterator[tuple[Node, str]]:
        """Places for a pod, on the node with the fewest first."""
        standing = self._api.objects("", "pods")
        taken = {(pod.get("status") or {}).get("podIP") for pod in standing}
        crowd = {node.name: sum(pod["spec"].get("nodeName") == node.name for pod in standing) for node in self._nodes}
        for node in sorted(self._nodes, key=lambda one: crowd[one.name]):
            first = ipaddress.IPv4Address(node.block)
            for number in range(2, self._room):
                if str(first + number) not in taken:
                    yield node, str(first + number)
                    break

    def _deployment_changed(self, before: Obj | None, now: Obj | None) -> None:
        self._queue.add("/".join(place(now or before or {})), DELAY)


def _digest(deployment: Obj) -> str:
    told = json.dumps(deployment["spec"]["template"], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:9]
