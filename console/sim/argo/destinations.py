"""The clusters that ArgoCD deploys to: found in their Secrets, reached with the identity that stands there, mirrored as
far as charts go."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from console.sim.argo.compare import Id, holds, id_of
from console.sim.argo.generate import secret_value
from console.sim.argo.kinds import (
    CONTROLLER,
    IN_CLUSTER,
    IN_CLUSTER_SERVER,
    MANAGED,
    NAMESPACES,
    SKIP_RECONCILE,
    annotations_of,
    is_cluster,
    tracked_by,
)
from console.sim.client import Client, Mirror, Obj, Refusal

if TYPE_CHECKING:
    import aiohttp

Changed = Callable[[str], None]
"""Told the name of the Application that an object in a cluster says it belongs to."""


class DestinationError(Exception):
    """A destination that names no cluster; the text is ArgoCD's."""


class Destination:
    """One cluster. `skipped`: its Secret says that nothing of it is to be reconciled."""

    def __init__(self, name: str, server: str, client: Client, changed: Changed) -> None:
        self.name = name
        self.server = server
        self.skipped = False
        self._client = client
        self._changed = changed
        self._mirrors = [Mirror(client, resource, self._tell) for resource in MANAGED.values()]
        self.tasks: list[asyncio.Task[None]] = []

    @property
    def reached(self) -> bool:
        """Whether it has answered, so that what it holds is known."""
        return all(mirror.ready.is_set() for mirror in self._mirrors)

    async def answer(self) -> None:
        """Return when it has answered."""
        for mirror in self._mirrors:
            await mirror.ready.wait()

    def start(self, group: asyncio.TaskGroup) -> None:
        """Mirror it until `stop`."""
        self.tasks = [group.create_task(mirror.run()) for mirror in self._mirrors]

    def stop(self) -> None:
        """Mirror it no more."""
        for task in self.tasks:
            task.cancel()

    def live(self) -> dict[Id, Obj]:
        """What it holds of the kinds that charts render."""
        return {id_of(obj): obj for mirror in self._mirrors for obj in mirror.objects.values()}

    async def apply(self, wanted: Obj, found: Obj | None, *, dry_run: bool, create_namespace: bool) -> tuple[str, Obj]:
        """Make one object what a manifest says; returns kubectl's word for it, and the object. Raises `Refusal`."""
        resource = MANAGED[wanted["kind"]]
        if found is not None and holds(found, wanted):
            return "unchanged", found
        word = "created" if found is None else "configured"
        if dry_run:
            return f"{word} (dry run)", found or wanted
        if found is not None:
            patch = {"metadata": _marks(wanted), "spec": wanted["spec"]}
            metadata = wanted["metadata"]
            return word, await self._client.merge(resource, metadata["namespace"], metadata["name"], patch)
        try:
            return word, await self._client.create(resource, wanted)
        except Refusal as refusal:
            if refusal.code != 404 or not create_namespace:
                raise
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": wanted["metadata"]["namespace"]}}
        await self._client.create(NAMESPACES, namespace)
        return word, await self._client.create(resource, wanted)

    async def remove(self, obj: Obj) -> None:
        """Delete one object. Gone is fine; raises `Refusal`."""
        try:
            await self._client.delete(MANAGED[obj["kind"]], obj["metadata"]["namespace"], obj["metadata"]["name"])
        except Refusal as refusal:
            if refusal.code != 404:
                raise

    def _tell(self, before: Obj | None, now: Obj | None) -> None:
        for application in {tracked_by(each) for each in (before, now) if each is not None} - {""}:
            self._changed(application)


class Destinations:
    """All clusters, the hub itself as `in-cluster` among them."""

    def __init__(self, session: aiohttp.ClientSession, hub: Client, changed: Changed) -> None:
        self._session = session
        self._changed = changed
        self._group: asyncio.TaskGroup | None = None
        self._own = Destination(IN_CLUSTER, IN_CLUSTER_SERVER, hub, changed)
        self._known: dict[tuple[str, str, str], Destination] = {}

    def start(self, group: asyncio.TaskGroup) -> None:
        """Begin to mirror what `follow` names."""
        self._group = group
        self._own.start(group)

    def follow(self, secrets: Iterable[Obj]) -> None:
        """Take over what the cluster Secrets say now."""
        assert self._group is not None
        seen = set()
        for secret in filter(is_cluster, secrets):
            key = (secret_value(secret, "name"), secret_value(secret, "server"), _token(secret))
            seen.add(key)
            if key not in self._known:
                client = Client(self._session, key[1], key[2], agent=CONTROLLER)
                self._known[key] = Destination(key[0], key[1], client, self._changed)
                self._known[key].start(self._group)
            self._known[key].skipped = annotations_of(secret).get(SKIP_RECONCILE) == "true"
        for key in self._known.keys() - seen:
            self._known.pop(key).stop()

    async def answered(self, patience: float) -> None:
        """Return when all have answered, or after `patience` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                for destination in (self._own, *self._known.values()):
                    await destination.answer()

    def find(self, destination: Obj) -> Destination:
        """The cluster that an Application's destination names. Raises `DestinationError`."""
        name, server = destination.get("name", ""), destination.get("server", "")
        if name and server:
            raise DestinationError(f"application destination can't have both name and server defined: {name} {server}")
        if not (name or server):
            raise DestinationError("destination server or name must be provided")
        found = [
            each
            for each in (self._own, *self._known.values())
            if (each.name == name if name else each.server == server)
        ]
        if not found and name:
            raise DestinationError(f"there are no clusters with this name: {name}")
        if not found:
            raise DestinationError(f'error getting cluster by server "{server}": cluster "{server}" not found')
        if len(found) > 1:
            raise DestinationError(f"there are {len(found)} clusters with the same name: {name or server}")
        return found[0]


def _marks(obj: Obj) -> Obj:
    return {key: obj["metadata"][key] for key in ("labels", "annotations") if key in obj["metadata"]}


def _token(secret: Obj) -> str:
    try:
        config = msgspec.json.decode(secret_value(secret, "config") or "{}")
    except msgspec.DecodeError:
        return ""
    return str(config.get("bearerToken", "")) if isinstance(config, dict) else ""
