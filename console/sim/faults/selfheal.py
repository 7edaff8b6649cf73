"""Somebody who knows better: writes the weights that a route had at first back after every change, as a GitOps
controller with self-heal does whose source holds them; where an Application is named, as long as its policy says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from console.sim.argo.kinds import ANOTHERS, APPLICATIONS, NAMESPACE, TRACKING, tracking_id
from console.sim.client import INGRESSES, Client, Mirror, Obj, Place, Refusal, place
from console.sim.ingress_annotations import WEIGHT_PREFIX, annotations_of

AGENT = "argocd-application-controller"
"""The field manager that its writes are known by."""
POLICY = {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["ServerSideApply=true"]}


@asynccontextmanager
async def owning(client: Client, where: Place, name: str) -> AsyncIterator[None]:
    """An Application of that name in ArgoCD's namespace, whose own the Ingress at `where` says that it is; both are
    gone again afterwards."""
    ingress = await client.get(INGRESSES, *where)
    await client.create(APPLICATIONS, _application(name, where[0]))
    mark = {"metadata": {"annotations": {TRACKING: tracking_id(name, ingress)}}}
    await client.merge(INGRESSES, *where, mark)
    try:
        yield
    finally:
        with suppress(Refusal):
            await client.merge(INGRESSES, *where, {"metadata": {"annotations": {TRACKING: None}}})
            await client.delete(APPLICATIONS, NAMESPACE, name)


def _application(name: str, namespace: str) -> Obj:
    source = {"repoURL": "https://git.example.com/gateway.git", "path": "ingresses", "targetRevision": "main"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": NAMESPACE, "annotations": {ANOTHERS: AGENT}},
        "spec": {
            "project": "default",
            "source": source,
            "destination": {"name": "in-cluster", "namespace": namespace},
            "syncPolicy": POLICY,
        },
        "status": {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}},
    }


class SelfHealer:
    """Keeps the weights of the Ingress at `where` as they were first seen; `after` in seconds. `application`: by whose
    policy; None: by its own."""

    def __init__(self, client: Client, where: Place, after: float, application: str | None = None) -> None:
        self._client = client
        self._where = where
        self._after = after
        self._application = application
        self._wanted: dict[str, str] | None = None
        self._drifted = asyncio.Event()
        self._mirror = Mirror(client, INGRESSES, self._changed)
        self._policies = Mirror(client, APPLICATIONS, self._policy_changed) if application else None

    async def run(self) -> None:
        """Watch and write until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._mirror.run())
            if self._policies is not None:
                group.create_task(self._policies.run())
            while True:
                await self._drifted.wait()
                await asyncio.sleep(self._after)
                self._drifted.clear()
                await self._heal()

    async def ready(self) -> None:
        """Return once the weights to keep are known."""
        await self._mirror.ready.wait()
        if self._policies is not None:
            await self._policies.ready.wait()

    async def _heal(self) -> None:
        import aiohttp

        now = self._mirror.objects.get(self._where)
        if now is None or self._wanted is None or _weights(now) == self._wanted or not self._may():
            return
        annotations = {**dict.fromkeys(_weights(now)), **self._wanted}
        try:
            await self._client.merge(INGRESSES, *self._where, {"metadata": {"annotations": annotations}})
        except (Refusal, aiohttp.ClientError, OSError, TimeoutError):
            # Tried again like everything else that a controller fails at.
            self._drifted.set()

    def _may(self) -> bool:
        """Whether the Application's policy says so, which drift alone does not."""
        if self._policies is None:
            return True
        found = self._policies.objects.get((NAMESPACE, self._application or ""))
        automated = ((found or {}).get("spec", {}).get("syncPolicy") or {}).get("automated")
        return automated is not None and automated.get("enabled") is not False and bool(automated.get("selfHeal"))

    def _policy_changed(self, _: Obj | None, now: Obj | None) -> None:
        if now is not None and place(now) == (NAMESPACE, self._application):
            self._drifted.set()

    def _changed(self, _: Obj | None, now: Obj | None) -> None:
        if now is None or place(now) != self._where:
            return
        if self._wanted is None:
            self._wanted = _weights(now)
        elif _weights(now) != self._wanted:
            self._drifted.set()


def _weights(ingress: Obj) -> dict[str, str]:
    return {key: value for key, value in annotations_of(ingress).items() if key.startswith(WEIGHT_PREFIX)}
