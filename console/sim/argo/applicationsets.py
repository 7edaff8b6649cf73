"""The ApplicationSet controller: cluster Secrets and templates in, Applications out, with the conditions, refusals and
deletions of the real one (domain.md section 4). A client of the Kubernetes API."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

from console.sim.argo import set_status
from console.sim.argo.generate import GenerationError, applications, owner_reference, secret_value
from console.sim.argo.kinds import (
    APP_PROJECTS,
    APPLICATION_SETS,
    APPLICATIONS,
    IN_CLUSTER,
    IN_CLUSTER_SERVER,
    REFRESH,
    SECRETS,
    SET_REFRESH,
    annotations_of,
    is_cluster,
    labels_of,
    merge_patch,
)
from console.sim.client import Client, Mirror, Obj, Place, Refusal, place
from console.sim.hub.marks import MADE_BY
from console.sim.recorder import rfc3339
from console.sim.workqueue import WorkQueue

DELAY = (0.2, 1.0)
"""Seconds between a change and the attempt to follow it, at least and at most."""
_KEPT = (REFRESH, "notified.notifications.argoproj.io")
"""Annotations of an Application that are not the template's to remove."""
_MAY_UPDATE = ("sync", "create-update", "create-delete-update")
_MAY_DELETE = ("sync", "create-delete")


class ApplicationSetController:
    """Keeps every set's Applications as its template wants them. `delay` in seconds, divided by `speed`."""

    def __init__(
        self,
        client: Client,
        *,
        speed: float = 1.0,
        seed: int = 1,
        delay: tuple[float, float] = DELAY,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._random = random.Random(seed)
        self._delay = delay
        self._clock = clock
        self.ready = asyncio.Event()
        """Set once everything is mirrored and changes are acted upon."""
        self.queue = WorkQueue(self.reconcile, speed=speed)
        self._sets = Mirror(client, APPLICATION_SETS, self._set_changed)
        self._secrets = Mirror(client, SECRETS, self._secret_changed)
        self._projects = Mirror(client, APP_PROJECTS, lambda before, now: self._all())
        self._applications = Mirror(client, APPLICATIONS, self._application_changed)

    async def run(self) -> None:
        """Work until cancelled."""
        mirrors = (self._secrets, self._projects, self._applications, self._sets)
        async with asyncio.TaskGroup() as group:
            for mirror in mirrors:
                group.create_task(mirror.run())
            for mirror in mirrors:
                await mirror.ready.wait()
            group.create_task(self.queue.run())
            self.ready.set()
            self._all()

    async def reconcile(self, key: str) -> None:
        """One attempt at one set; raises so that the queue comes back."""
        namespace, _, name = key.partition("/")
        owner = self._sets.objects.get((namespace, name))
        if owner is None or owner["metadata"].get("deletionTimestamp"):
            # What it owned goes with it: the API server collects what has no owner left.
            return
        try:
            wanted = applications(owner, self._secrets.objects.values())
        except GenerationError as error:
            await self._say(owner, reason=error.reason, message=str(error), generated=False)
            return
        valid, problems = self._validated(owner, wanted)
        try:
            await self._bring_about(owner, valid, {place(each) for each in wanted})
        except Refusal as refusal:
            await self._say(owner, reason="UpdateApplicationError", message=str(refusal), generated=True)
            raise
        if SET_REFRESH in annotations_of(owner):
            gone = {"metadata": {"annotations": {SET_REFRESH: None}}}
            await self._client.merge(APPLICATION_SETS, namespace, name, gone)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        reason = "ApplicationValidationError" if problems else ""
        await self._say(owner, reason=reason, message=problems[-1] + more if problems else "", generated=True)

    def _validated(self, owner: Obj, wanted: list[Obj]) -> tuple[list[Obj], list[str]]:
        """The Applications that may be written, and what is wrong with the others."""
        valid: list[Obj] = []
        problems: list[str] = []
        names: set[str] = set()
        for application in wanted:
            name, spec = application["metadata"]["name"], application["spec"]
            project = spec.get("project", "")
            trouble = self._destination_trouble(spec.get("destination") or {})
            if name in names:
                set_name = owner["metadata"]["name"]
                problems.append(f"ApplicationSet {set_name} contains applications with duplicate name: {name}")
            elif (owner["metadata"]["namespace"], project) not in self._projects.objects:
                problems.append(f"application references project {project} which does not exist")
            elif trouble:
                problems.append(f"application destination spec is invalid: {trouble}")
            else:
                valid.append(application)
            names.add(name)
        return valid, problems

    def _destination_trouble(self, destination: Obj) -> str:
        name, server = destination.get("name", ""), destination.get("server", "")
        if name and server:
            return f"application destination can't have both name and server defined: {name} {server}"
        if name and name not in self._cluster_values("name", IN_CLUSTER):
            return f"there are no clusters with this name: {name}"
        if server and server not in self._cluster_values("server", IN_CLUSTER_SERVER):
            return f'error getting cluster by server "{server}": cluster "{server}" not found'
        return "" if name or server else "destination server or name must be provided"

    def _cluster_values(self, key: str, own: str) -> set[str]:
        return {own, *(secret_value(each, key) for each in self._secrets.objects.values() if is_cluster(each))}

    async def _bring_about(self, owner: Obj, valid: list[Obj], wanted: set[Place]) -> None:
        """Create, update and delete, as far as the set's policy lets it."""
        policy = (owner["spec"].get("syncPolicy") or {}).get("applicationsSync") or "sync"
        for application in valid:
            found = self._applications.objects.get(place(application))
            if found is None:
                await self._create(application)
            elif policy in _MAY_UPDATE:
                await self._update(owner, found, application)
        for application in self._owned(owner) if policy in _MAY_DELETE else ():
            if place(application) not in wanted and not application["metadata"].get("deletionTimestamp"):
                await self._delete(application)

    async def _create(self, application: Obj) -> None:
        try:
            await self._client.create(APPLICATIONS, application)
        except Refusal as refusal:
            # Ours, and the mirror is behind; whoever else's it is will show at the next attempt.
            if refusal.reason != "AlreadyExists":
                raise

    async def _update(self, owner: Obj, found: Obj, wanted: Obj) -> None:
        metadata = found["metadata"]
        other = next((each for each in metadata.get("ownerReferences") or () if each.get("controller")), None)
        if other is not None and other["uid"] != owner["metadata"]["uid"]:
            what = f"Object {metadata['namespace']}/{metadata['name']} is already owned by another"
            raise Refusal(409, "AlreadyOwned", f"{what} {other['kind']} controller {other['name']}")
        kept = (*_KEPT, *((owner["spec"].get("preservedFields") or {}).get("annotations") or ()))
        stay = {key: value for key, value in annotations_of(found).items() if key in kept}
        before = {
            "metadata": {
                "labels": labels_of(found),
                "annotations": annotations_of(found),
                "finalizers": metadata.get("finalizers") or [],
                "ownerReferences": metadata.get("ownerReferences") or [],
            },
            "spec": found["spec"],
        }
        after = {
            "metadata": {
                "labels": {**labels_of(wanted), **_marks(found)},
                "annotations": {**annotations_of(wanted), **stay},
                "finalizers": wanted["metadata"].get("finalizers") or [],
                "ownerReferences": [owner_reference(owner)],
            },
            "spec": wanted["spec"],
        }
        if metadata.get("deletionTimestamp"):
            # Whoever deletes it may finish; the next attempt makes it anew.
            return
        patch = merge_patch(before, after)
        if patch:
            await self._client.merge(APPLICATIONS, *place(found), patch)

    async def _delete(self, application: Obj) -> None:
        """Let an Application go; without its cluster nobody could clean up there, so that is not waited for."""
        where = place(application)
        try:
            if self._destination_trouble(application["spec"].get("destination") or {}):
                await self._client.merge(APPLICATIONS, *where, {"metadata": {"finalizers": None}})
            await self._client.delete(APPLICATIONS, *where)
        except Refusal as refusal:
            if refusal.code != 404:
                raise

    async def _say(self, owner: Obj, *, reason: str = "", message: str = "", generated: bool) -> None:
        """Write the status where it differs. Gone is fine."""
        before: Obj = owner.get("status") or {}
        now = rfc3339(self._clock())
        owned = set_status.resources(self._owned(owner))
        after = {
            **before,
            "conditions": set_status.conditions(
                before.get("conditions") or (), now, reason=reason, message=message, generated=generated
            ),
            "resources": owned,
            "resourcesCount": len(owned),
        }
        patch = merge_patch(before, after)
        try:
            if patch:
                await self._client.merge(APPLICATION_SETS, *place(owner), {"status": patch}, subresource="status")
        except Refusal as refusal:
            if refusal.code != 404:
                raise

    def _owned(self, owner: Obj) -> list[Obj]:
        uid = owner["metadata"]["uid"]
        return [each for each in self._applications.objects.values() if _owner(each).get("uid") == uid]

    def _set_changed(self, before: Obj | None, now: Obj | None) -> None:
        if now is None:
            return
        refresh = SET_REFRESH in annotations_of(now)
        if before is None or before["spec"] != now["spec"] or refresh:
            self._enqueue(now)

    def _secret_changed(self, before: Obj | None, now: Obj | None) -> None:
        if any(each is not None and is_cluster(each) for each in (before, now)):
            self._all()

    def _application_changed(self, before: Obj | None, now: Obj | None) -> None:
        owner = _owner(now or before or {})
        found = self._sets.objects.get(((now or before or {})["metadata"]["namespace"], owner.get("name", "")))
        if found is not None and (before is None or now is None or _visible(before) != _visible(now)):
            self._enqueue(found)

    def _all(self) -> None:
        for owner in self._sets.objects.values():
            self._enqueue(owner)

    def _enqueue(self, owner: Obj) -> None:
        if self.ready.is_set():
            self.queue.add("/".join(place(owner)), self._random.uniform(*self._delay))


def _marks(application: Obj) -> dict[str, str]:
    """The label by which the simulator knows its own at a given server; no template names it."""
    return {key: value for key, value in labels_of(application).items() if key == MADE_BY}


def _owner(application: Obj) -> Obj:
    references = application.get("metadata", {}).get("ownerReferences") or ()
    found = (each for each in references if each.get("controller") and each.get("kind") == APPLICATION_SETS.kind)
    return next(found, {})


def _visible(application: Obj) -> tuple[object, ...]:
    """The parts of an Application that its set writes or shows."""
    status = application.get("status") or {}
    metadata = application["metadata"]
    written = (application["spec"], labels_of(application), annotations_of(application), metadata.get("finalizers"))
    return (*written, metadata.get("deletionTimestamp"), (status.get("sync") or {}).get("status"), status.get("health"))
