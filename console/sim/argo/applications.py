"""The Application controller: git and the members in, status and syncs out, with the refreshes, operations, healing and
deletions of the real one (domain.md section 4). A client of the hub's API and of each member's."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from console.sim.argo import app_status, sync
from console.sim.argo.charts import Charts, Rendered, SourceError
from console.sim.argo.compare import Id, compare
from console.sim.argo.destinations import Destination, DestinationError, Destinations
from console.sim.argo.kinds import (
    ANOTHERS,
    APP_PROJECTS,
    APPLICATIONS,
    NAMESPACE,
    REFRESH,
    RESOURCES_FINALIZER,
    SECRETS,
    SKIP_RECONCILE,
    annotations_of,
    is_cluster,
    merge_patch,
    tracked_by,
)
from console.sim.client import Client, Mirror, Obj, Refusal, place
from console.sim.recorder import rfc3339
from console.sim.workqueue import WorkQueue

if TYPE_CHECKING:
    import aiohttp

POLL = 180.0
"""Seconds between two comparisons with git that nothing else asked for (timeout.reconciliation)."""
FASTEST_POLL = 5.0
"""However fast the simulator runs: a status written all the time would only be noise on the watch."""
DELAY = (0.1, 0.4)
"""Seconds between a change and the attempt to follow it, at least and at most."""
SYNC_TIME = (1.0, 3.0)
"""Seconds that a sync takes, at least and at most."""
PATIENCE = 10.0
"""Seconds that the start waits for the members to answer."""


class _Trouble(Exception):
    """Why there is nothing to compare: the condition's type and message."""

    def __init__(self, type_: str, message: str) -> None:
        super().__init__(message)
        self.type = type_


class ApplicationController:
    """Keeps every Application's status true, and its members in line where it may. Times are divided by `speed`."""

    def __init__(
        self,
        client: Client,
        session: aiohttp.ClientSession,
        charts: Charts,
        *,
        speed: float = 1.0,
        seed: int = 1,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._charts = charts
        self._speed = speed
        self._poll = max(POLL / speed, FASTEST_POLL)
        self._random = random.Random(seed)
        self._clock = clock
        self._asked: set[str] = set()
        """Applications to be compared with git itself, not only with what is known of it."""
        self.ready = asyncio.Event()
        """Set once everything is mirrored and changes are acted upon."""
        self.queue = WorkQueue(self.reconcile, speed=speed, workers=6)
        self.destinations = Destinations(session, client, self._member_changed)
        self._secrets = Mirror(client, SECRETS, self._secret_changed)
        self._projects = Mirror(client, APP_PROJECTS)
        self._applications = Mirror(client, APPLICATIONS, self._application_changed)

    async def run(self) -> None:
        """Work until cancelled."""
        mirrors = (self._secrets, self._projects, self._applications)
        async with asyncio.TaskGroup() as group:
            for mirror in mirrors:
                group.create_task(mirror.run())
            for mirror in mirrors:
                await mirror.ready.wait()
            self.destinations.start(group)
            self.destinations.follow(self._secrets.objects.values())
            await self.destinations.answered(PATIENCE)
            group.create_task(self.queue.run())
            self.ready.set()
            for application in self._applications.objects.values():
                self._application_changed(None, application)

    async def reconcile(self, key: str) -> None:
        """One attempt at one Application; raises so that the queue comes back."""
        namespace, _, name = key.partition("/")
        try:
            # The mirror may still show an operation that is done.
            application = await self._client.get(APPLICATIONS, namespace, name)
        except Refusal as refusal:
            if refusal.code == 404:
                return
            raise
        if self._skipped(application):
            return
        if application["metadata"].get("deletionTimestamp"):
            await self._finalize(application)
            return
        latest = key in self._asked or self._expires_in(application) <= 0
        self._asked.discard(key)
        try:
            written: dict[Id, Obj] = {}
            if application.get("operation"):
                application, written = await self._operate(application)
            application = await self._refresh(application, written, latest=latest)
        except Exception:
            if latest:
                self._asked.add(key)
            raise
        self.queue.add(key, max(self._expires_in(application), 0.1) * self._speed)

    async def _refresh(self, application: Obj, written: dict[Id, Obj], *, latest: bool) -> Obj:
        """Compare, say so, and let automation act on it. `written`: objects that the mirrors may not show yet."""
        now = rfc3339(self._clock())
        try:
            destination, rendered = self._sources(application)
        except _Trouble as trouble:
            return await self._say(application, app_status.uncompared(application, trouble.type, str(trouble), now))
        found = compare(application["metadata"]["name"], rendered.objects, {**destination.live(), **written})
        status = app_status.compared(application, rendered, found, now, latest=latest)
        application = await self._say(application, status)
        decision = app_status.automatic(application, found, rendered.commit.sha, self._clock(), speed=self._speed)
        if decision.operation is not None and not application.get("operation"):
            patch = {"metadata": _version(application), "operation": decision.operation}
            application = await self._client.merge(APPLICATIONS, *place(application), patch)
        elif decision.wait is not None:
            self._enqueue(application, decision.wait)
        return application

    def _sources(self, application: Obj) -> tuple[Destination, Rendered]:
        """Where an Application goes, and what is to be there. Raises `_Trouble`."""
        spec = application["spec"]
        try:
            destination = self.destinations.find(spec.get("destination") or {})
        except DestinationError as error:
            name = application["metadata"]["name"]
            what = f"application destination spec for {name} is invalid: {error}"
            raise _Trouble(app_status.INVALID, what) from None
        if (NAMESPACE, spec.get("project", "")) not in self._projects.objects:
            what = f"Application referencing project {spec.get('project', '')} which does not exist"
            raise _Trouble(app_status.INVALID, what)
        try:
            rendered = self._charts.render(spec.get("source") or {}, spec["destination"].get("namespace", "default"))
        except SourceError as error:
            what = "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = "
            raise _Trouble(app_status.COMPARISON, f"{what}Unknown desc = {error}") from None
        if not destination.reached:
            what = f"Failed to load live state: failed to get cluster info for {destination.server!r}: no answer"
            raise _Trouble(app_status.COMPARISON, what)
        return destination, rendered

    async def _operate(self, application: Obj) -> tuple[Obj, dict[Id, Obj]]:
        """Carry out what stands in `.operation`, and clear it into the status."""
        operation = application["operation"]
        state = app_status.running(operation, rfc3339(self._clock()))
        # Whatever the last operation left in its state goes.
        former = (application.get("status") or {}).get("operationState") or {}
        start = {"status": {"operationState": {**dict.fromkeys(former), **state}}}
        application = await self._client.merge(APPLICATIONS, *place(application), start)
        await asyncio.sleep(self._random.uniform(*SYNC_TIME) / self._speed)
        written: dict[Id, Obj] = {}
        status: Obj = {}
        try:
            destination, rendered = self._sources(application)
            revision = (operation.get("sync") or {}).get("revision") or ""
            if revision:
                spec = application["spec"]
                rendered = self._charts.render(spec["source"], spec["destination"]["namespace"], revision=revision)
        except (_Trouble, SourceError) as trouble:
            state = app_status.finished(state, "Error", str(trouble), rfc3339(self._clock()))
        else:
            phase, message, result, written = await sync.carry_out(application, operation, rendered, destination)
            now = rfc3339(self._clock())
            state = app_status.finished(state, phase, message, now, result=result)
            if phase == "Succeeded" and not sync.is_partial(operation):
                status["history"] = app_status.history(application, state, now)
        done = {"operation": None, "status": {**status, "operationState": state}}
        return await self._client.merge(APPLICATIONS, *place(application), done), written

    async def _finalize(self, application: Obj) -> None:
        """Take what an Application made with it, where its finalizer says so."""
        name = application["metadata"]["name"]
        finalizers = application["metadata"].get("finalizers") or []
        kept = [each for each in finalizers if not each.startswith(RESOURCES_FINALIZER)]
        if kept == finalizers:
            return
        try:
            destination = self.destinations.find(application["spec"].get("destination") or {})
        except DestinationError as error:
            status = application.get("status") or {}
            why = [{"type": app_status.DELETION_ERROR, "message": str(error)}]
            said = app_status.conditions(status.get("conditions") or (), why, rfc3339(self._clock()))
            await self._say(application, {**status, **said})
            raise
        for obj in destination.live().values():
            if tracked_by(obj) == name:
                await destination.remove(obj)
        await self._client.merge(APPLICATIONS, *place(application), {"metadata": {"finalizers": kept or None}})

    async def _say(self, application: Obj, status: Obj) -> Obj:
        """Write the status where it differs, and take back the wish for a refresh."""
        patch: Obj = {}
        if difference := merge_patch(application.get("status") or {}, status):
            patch["status"] = difference
        if REFRESH in annotations_of(application):
            patch["metadata"] = {"annotations": {REFRESH: None}}
        return await self._client.merge(APPLICATIONS, *place(application), patch) if patch else application

    def _skipped(self, application: Obj) -> bool:
        annotations = annotations_of(application)
        if annotations.get(SKIP_RECONCILE) == "true" or ANOTHERS in annotations:
            return True
        try:
            return self.destinations.find(application["spec"].get("destination") or {}).skipped
        except DestinationError:
            return False

    def _expires_in(self, application: Obj) -> float:
        """Seconds of the wall until the next comparison with git is due."""
        reconciled = (application.get("status") or {}).get("reconciledAt")
        if reconciled is None:
            return 0.0
        return datetime.fromisoformat(reconciled).timestamp() + self._poll - self._clock()

    def _application_changed(self, before: Obj | None, now: Obj | None) -> None:
        if now is None or not self.ready.is_set():
            return
        metadata = now["metadata"]
        spec_changed = before is not None and before["spec"] != now["spec"]
        if spec_changed or REFRESH in annotations_of(now):
            self._asked.add("/".join(place(now)))
        wanted = spec_changed or REFRESH in annotations_of(now) or now.get("operation")
        if wanted or metadata.get("deletionTimestamp") or (before is not None and _wakes(before, now)):
            self._enqueue(now)
        elif before is None:
            self._enqueue(now, max(self._expires_in(now), 0.0) * self._speed)

    def _secret_changed(self, before: Obj | None, now: Obj | None) -> None:
        if not self.ready.is_set() or not any(each is not None and is_cluster(each) for each in (before, now)):
            return
        self.destinations.follow(self._secrets.objects.values())
        for application in self._applications.objects.values():
            self._enqueue(application)

    def _member_changed(self, name: str) -> None:
        application = self._applications.objects.get((NAMESPACE, name))
        if application is not None and self.ready.is_set():
            self._enqueue(application)

    def _enqueue(self, application: Obj, delay: float | None = None) -> None:
        self.queue.add("/".join(place(application)), self._random.uniform(*DELAY) if delay is None else delay)


def _wakes(before: Obj, now: Obj) -> bool:
    """Whether an Application is no longer skipped."""
    return SKIP_RECONCILE in annotations_of(before) and SKIP_RECONCILE not in annotations_of(now)


def _version(obj: Obj) -> Obj:
    """Makes a patch fail where somebody else wrote meanwhile."""
    return {"resourceVersion": obj["metadata"]["resourceVersion"]}
