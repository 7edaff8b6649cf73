"""The controller between the Fleet and the ALB: AlbConfigs and Ingresses in, an ALB and its rules out, asynchronously,
with the events, labels, back-off and blocking of the real one (domain.md section 2). A client of the Kubernetes API;
what it asks of the cloud goes through `Cloud`."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from console.sim.client import (
    ALB_CONFIGS,
    EVENTS,
    INGRESS_CLASSES,
    INGRESSES,
    MANAGED_CLUSTERS,
    Client,
    Mirror,
    Obj,
    Refusal,
    Resource,
    place,
)
from console.sim.ingress_annotations import WEIGHT_PREFIX, ModelError
from console.sim.recorder import NORMAL, WARNING, Recorder
from console.sim.routing import CONTROLLER, HASH_LABEL, Lookup, Model, build, digest_of
from console.sim.terms import Layout
from console.sim.workqueue import WorkQueue

COMPONENT = "ingress"
SYNC = ("Sync", "Scheduled for sync")
SUCCESS = ("SuccessfullyReconciled", "Successfully reconciled")
DELAY = (1.0, 3.0)
"""Seconds between a change and the attempt to carry it out, at least and at most."""


class CloudRefused(Exception):
    """The ALB OpenAPI said no, or its change failed; the text is the API's message."""


class Applied(NamedTuple):
    """The ALB that a model became."""

    load_balancer: str
    dns_name: str


class Cloud(Protocol):
    """The ALB, as much of it as the controller needs. Both raise `CloudRefused`."""

    async def apply(self, model: Model) -> Applied:
        """Bring an ALB in line with a model; its last changes may still be under way at return."""

    async def delete(self, gateway: str) -> None:
        """Remove the ALB of an AlbConfig that is gone."""


class AlbIngressController:
    """Reconciles every AlbConfig with its Ingresses. `delay` in seconds, divided by `speed` like the back-off;
    `layouts`: how AlbConfigs, by name, have their server groups."""

    def __init__(
        self,
        client: Client,
        cloud: Cloud,
        backends: Lookup,
        *,
        speed: float = 1.0,
        seed: int = 1,
        delay: tuple[float, float] = DELAY,
        weight_prefix: str = WEIGHT_PREFIX,
        clock: Callable[[], float] = time.time,
        fleet: str = "",
        layouts: Mapping[str, Layout] | None = None,
    ) -> None:
        self._client = client
        self._cloud = cloud
        self._backends = backends
        self._random = random.Random(seed)
        self.delay = delay
        self._weight_prefix = weight_prefix
        self._fleet = fleet
        self._layouts = layouts or {}
        self.ready = asyncio.Event()
        """Set once everything is mirrored and changes are acted upon."""
        self.recorder = Recorder(client, COMPONENT, clock)
        self.queue = WorkQueue(self.reconcile, speed=speed)
        self._configs = Mirror(client, ALB_CONFIGS, self._config_changed)
        self._classes = Mirror(client, INGRESS_CLASSES, lambda before, now: self._all_pending())
        self._ingresses = Mirror(client, INGRESSES, self._ingress_changed)
        self._clusters = Mirror(client, MANAGED_CLUSTERS, self._cluster_changed)

    async def run(self) -> None:
        """Work until cancelled."""
        mirrors = (self._clusters, self._configs, self._classes, self._ingresses)
        async with asyncio.TaskGroup() as group:
            for mirror in mirrors:
                group.create_task(mirror.run())
            for mirror in mirrors:
                await mirror.ready.wait()
            await self._remember_events()
            group.create_task(self.recorder.run())
            group.create_task(self.queue.run())
            self.ready.set()
            self._all_pending()

    async def reconcile(self, gateway: str) -> None:
        """One attempt at one AlbConfig; raises so that the queue comes back."""
        config = self._configs.objects.get(("", gateway))
        if config is None or config["metadata"].get("deletionTimestamp"):
            await self._cloud.delete(gateway)
            return
        ingresses = [each for each in self._routes_of(gateway) if not each["metadata"].get("deletionTimestamp")]
        group = [config, *ingresses]
        try:
            associated = frozenset(name for _, name in self._clusters.objects)
            model = build(
                config,
                ingresses,
                associated=associated,
                backends=self._backends,
                weight_prefix=self._weight_prefix,
                fleet=self._fleet,
                layout=self._layouts.get(gateway, "per-member"),
            )
            if model.missing:
                # The write comes back as a change of the AlbConfig, and with it the next attempt.
                await self._add_listeners(config, model.missing)
                return
            applied = await self._cloud.apply(model)
        except ModelError as error:
            self._tell(group, WARNING, "FailedBuildModel", f"Failed build model due to {error}")
            raise
        except CloudRefused as error:
            self._tell(group, WARNING, "FailedApplyModel", f"Failed deploy model due to {error}")
            raise
        try:
            await acknowledge(self._client, config, ingresses, applied)
        except Refusal as refusal:
            self._tell(group, WARNING, "FailedUpdateStatus", f"Failed update status due to {refusal}")
            raise
        self._praise(group)

    def resync(self) -> None:
        """Have every AlbConfig looked at again, changed or not."""
        for _, name in self._configs.objects:
            self._enqueue(name)

    def _praise(self, group: Iterable[Obj]) -> None:
        """The word of success about everything that was carried out and still stands as it was."""
        for obj in group:
            mirror = self._configs if obj["kind"] == ALB_CONFIGS.kind else self._ingresses
            now = mirror.objects.get(place(obj))
            # An object that changed meanwhile is not what was carried out; its own attempt will say so.
            if now is not None and digest_of(now) == digest_of(obj):
                self.recorder.record(obj, NORMAL, *SUCCESS)

    async def _add_listeners(self, config: Obj, missing: Iterable[tuple[int, str]]) -> None:
        """Listeners that Ingresses ask for and the AlbConfig lacks are added to it."""
        metadata = config["metadata"]
        present = list((config.get("spec") or {}).get("listeners") or ())
        wanted = [*present, *({"port": port, "protocol": protocol} for port, protocol in dict.fromkeys(missing))]
        patch = {"metadata": {"resourceVersion": metadata["resourceVersion"]}, "spec": {"listeners": wanted}}
        await self._client.merge(ALB_CONFIGS, "", metadata["name"], patch)

    def _tell(self, group: Iterable[Obj], type_: str, reason: str, message: str) -> None:
        for obj in group:
            self.recorder.record(obj, type_, reason, message)

    async def _remember_events(self) -> None:
        """Go on counting one's own events, as a recorder that never stopped would."""
        items, _ = await self._client.list(EVENTS)
        for item in items:
            if (item.get("source") or {}).get("component") == COMPONENT:
                self.recorder.remember(item)

    def _gateway_of(self, ingress: Obj) -> str | None:
        name = class_of(ingress)
        return gateway_of(self._classes.objects.get(("", name))) if name else None

    def _routes_of(self, gateway: str) -> list[Obj]:
        return [ingress for ingress in self._ingresses.objects.values() if self._gateway_of(ingress) == gateway]

    def _config_changed(self, before: Obj | None, now: Obj | None) -> None:
        if not self.ready.is_set():
            return
        if before is not None and now is not None and _done(now):
            return
        if now is not None:
            self.recorder.record(now, NORMAL, *SYNC)
        self._enqueue(((now or before) or {})["metadata"]["name"])

    def _ingress_changed(self, before: Obj | None, now: Obj | None) -> None:
        if not self.ready.is_set():
            return
        own = {self._gateway_of(each) for each in (before, now) if each is not None}
        if before is not None and now is not None and _done(now) and len(own) == 1:
            return  # what is new, or moved to another AlbConfig, is not carried out there, whatever its label says
        gateways = own - {None}
        if now is not None and gateways:
            self.recorder.record(now, NORMAL, *SYNC)
        for gateway in gateways:
            self._enqueue(str(gateway))

    def _cluster_changed(self, before: Obj | None, now: Obj | None) -> None:
        if before is None or now is None:
            self._all_pending()

    def _all_pending(self) -> None:
        """Enqueue every AlbConfig of which something is not carried out yet."""
        if not self.ready.is_set():
            return
        for (_, name), config in self._configs.objects.items():
            if not all(map(_done, (config, *self._routes_of(name)))):
                self._enqueue(name)

    def _enqueue(self, gateway: str) -> None:
        self.queue.add(gateway, self._random.uniform(*self.delay))


def class_of(ingress: Obj) -> str:
    """The name of an Ingress's class, "" for none."""
    return str((ingress.get("spec") or {}).get("ingressClassName") or "")


def gateway_of(ingress_class: Obj | None) -> str | None:
    """The AlbConfig that an IngressClass names."""
    spec = (ingress_class or {}).get("spec") or {}
    parameters = spec.get("parameters") or {}
    if spec.get("controller") != CONTROLLER or parameters.get("kind") != "AlbConfig":
        return None
    return str(parameters.get("name"))


async def acknowledge(client: Client, config: Obj, ingresses: Iterable[Obj], applied: Applied) -> None:
    """Status and hash label of an AlbConfig and its Ingresses that were carried out. Raises `Refusal`."""
    balancer = {"id": applied.load_balancer, "dnsname": applied.dns_name}
    await _finish(client, ALB_CONFIGS, config, {"loadBalancer": balancer})
    for ingress in ingresses:
        await _finish(client, INGRESSES, ingress, {"loadBalancer": {"ingress": [{"hostname": applied.dns_name}]}})


async def _finish(client: Client, resource: Resource, obj: Obj, status: Obj) -> None:
    """Status and label of one object, where they differ; patches of these fields alone. Gone is fine."""
    namespace, name = place(obj)
    digest = digest_of(obj)
    try:
        if not _holds(obj.get("status") or {}, status):
            await client.merge(resource, namespace, name, {"status": status}, subresource="status")
        if (obj["metadata"].get("labels") or {}).get(HASH_LABEL) != digest:
            await client.merge(resource, namespace, name, {"metadata": {"labels": {HASH_LABEL: digest}}})
    except Refusal as refusal:
        if refusal.code != 404:
            raise


def _done(obj: Obj) -> bool:
    """Whether the hash label says that the object is carried out as it stands."""
    return bool((obj["metadata"].get("labels") or {}).get(HASH_LABEL) == digest_of(obj))


def _holds(found: Obj, wanted: Obj) -> bool:
    """Whether a merge patch of `wanted` would change nothing."""
    return all(
        _holds(found.get(key) or {}, value) if isinstance(value, dict) else found.get(key) == value
        for key, value in wanted.items()
    )
