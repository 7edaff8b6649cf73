"""The hand of a run: one route's writes, each journaled as intended, sent and confirmed, each under the fence.

Every write re-reads the object, checks the Fleet's UID and that the Lease is still ours, and is read back afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from console.decide.plan import RouteChange, Values
from console.errors import FleetConsoleError, Refused, Superseded
from console.kube import write
from console.kube.connect import Hub, permission
from console.kube.lease import FleetLease
from console.model.hub import FENCE_ANNOTATION
from console.model.text import inert
from console.run.journal import Journal
from console.run.seams import seam

TRIES = 5
"""Reads after which a write without an answer is given up as not known."""


class Hand:
    """Writes to the Ingresses of one plan, on one Fleet, under one fence."""

    def __init__(self, hub: Hub, journal: Journal, run: str, fleet_uid: str, lease: FleetLease) -> None:
        self._hub = hub
        self._journal = journal
        self._run = run
        self._fleet_uid = fleet_uid
        self._lease = lease
        self.wrote = False
        """Whether a weight was ever sent."""

    @property
    def fence(self) -> str:
        """What is stamped on an Ingress while this run may write it."""
        return f"{self._lease.fence}.{self._run}"

    def read(self, change: RouteChange) -> dict[str, Any]:
        """The Ingress as it is. Raises `Superseded` where it is gone or another object has its name."""
        path = write.ingress_path(change.namespace, change.name)
        wanted = permission("get", "networking.k8s.io", "ingresses", change.namespace)
        found = write.read(self._hub, path, f"read Ingress {change.key}", wanted)
        if found is None or found["metadata"].get("uid") != change.uid:
            raise Superseded(f"Ingress {change.key} is gone, or another object has its name")
        return found

    def try_dry(self, change: RouteChange, before: Values, after: Values) -> None:
        """The API server's own word on the write, from a dry run without the fence."""
        ingress = self.read(change)
        self._expect(change, ingress, before)
        operations = write.weigh(ingress, None, before, after)
        write.patch(self._hub, change.namespace, change.name, operations, dry_run=True)
        self._journal.line(self._run, f"dry run {change.key}", "confirmed", "the API server would take the write")

    def stamp(self, change: RouteChange) -> None:
        """Put our fence on the Ingress, over whatever fence a former run left."""
        step = f"stamp {change.key}"

        def stamped(ingress: dict[str, Any]) -> bool:
            return write.annotations_of(ingress).get(FENCE_ANNOTATION) == self.fence

        self._write(change, step, f"fence {self.fence}", lambda i: write.stamp(i, self.fence), stamped)

    def unstamp(self, change: RouteChange) -> None:
        """Take our fence off again; another one's stays."""
        ingress = self.read(change)
        if write.annotations_of(ingress).get(FENCE_ANNOTATION) != self.fence:
            return

        def bare(ingress: dict[str, Any]) -> bool:
            return write.annotations_of(ingress).get(FENCE_ANNOTATION) != self.fence

        self._write(change, f"unstamp {change.key}", "fence off", lambda _: write.unstamp(self.fence), bare)

    def weigh(self, change: RouteChange, before: Values, after: Values) -> int | None:
        """Write the weights; returns the resourceVersion they are at. Raises `Superseded` where others stand there."""

        def operations(ingress: dict[str, Any]) -> write.Operations:
            self._expect(change, ingress, before)
            self._fenced(change, ingress)
            return write.weigh(ingress, self.fence, before, after)

        def written(ingress: dict[str, Any]) -> bool:
            return holds(ingress, after)

        said = ":".join("absent" if value is None else inert(value, 12) for _, value in after)
        self.wrote = True
        ingress = self._write(change, f"weigh {change.key}", said, operations, written)
        text = str(ingress["metadata"].get("resourceVersion", ""))
        return int(text) if text.isdigit() else None

    def _write(
        self,
        change: RouteChange,
        step: str,
        said: str,
        operations: Callable[[dict[str, Any]], write.Operations],
        done: Callable[[dict[str, Any]], bool],
    ) -> dict[str, Any]:
        for attempt in range(1, TRIES + 1):
            ingress = self.read(change)
            if done(ingress):
                self._journal.line(self._run, step, "confirmed", f"{said} was there already")
                return ingress
            self._allowed()
            sent = operations(ingress)
            self._journal.line(self._run, step, "intended", said)
            seam(f"send {step}")
            try:
                answer = write.patch(self._hub, change.namespace, change.name, sent)
            except Superseded:
                if attempt == TRIES:
                    raise
                continue  # somebody wrote in between: what they wrote decides, at the next reading
            except FleetConsoleError as error:
                if not write.still_unknown(error) or attempt == TRIES:
                    self._journal.line(self._run, step, "refused", str(error))
                    raise
                self._journal.line(self._run, step, "noted", f"no answer: {error}")
                time.sleep(min(2.0**attempt / 4, 4.0))
                continue
            seam(f"answer {step}")
            self._journal.line(self._run, step, "sent", f"{len(sent)} operations, {_version(answer)}")
            back = self.read(change)
            if done(back):
                self._journal.line(self._run, step, "confirmed", f"{said}, read back at {_version(back)}")
                return back
        raise Superseded(f"{step}: somebody else writes this Ingress faster than we do")

    def _allowed(self) -> None:
        if not self._lease.held:
            raise Refused(
                "the Fleet's Lease is no longer ours", fix="Another runner has taken over: fleet-console runs."
            )
        uid = self._hub.fleet_uid()
        if uid != self._fleet_uid:
            raise Refused(f"the server is another Fleet now ({uid})", fix="Check the kubeconfig; nothing was written.")

    def _fenced(self, change: RouteChange, ingress: dict[str, Any]) -> None:
        found = write.annotations_of(ingress).get(FENCE_ANNOTATION)
        if found != self.fence:
            shown = "none" if found is None else inert(found, 60)
            raise Superseded(f"Ingress {change.key} carries another fence: {shown}")

    def _expect(self, change: RouteChange, ingress: dict[str, Any], before: Values) -> None:
        if holds(ingress, before):
            return
        held = write.annotations_of(ingress)
        now = ":".join(inert(held[key], 12) if key in held else "absent" for key, _ in before)
        planned = ":".join("absent" if value is None else inert(value, 12) for _, value in before)
        raise Superseded(f"{change.key} holds {now}, the plan replaces {planned}{_by(ingress, before)}")


def _version(ingress: dict[str, Any]) -> str:
    return f"version {inert(ingress['metadata'].get('resourceVersion', ''), 40)}"


def holds(ingress: dict[str, Any], values: Values) -> bool:
    """Whether an Ingress holds exactly these values, absent ones absent."""
    held = write.annotations_of(ingress)
    return all(held.get(key) == value for key, value in values)


def _by(ingress: dict[str, Any], values: Values) -> str:
    """` (last written by NAME)`, where managedFields tell."""
    last: tuple[str, str] | None = None
    for entry in ingress["metadata"].get("managedFields") or []:
        fields = (entry.get("fieldsV1") or {}).get("f:metadata") or {}
        if any(f"f:{key}" in (fields.get("f:annotations") or {}) for key, _ in values):
            found = (str(entry.get("time") or ""), inert(entry.get("manager") or "", 60))
            last = found if last is None else max(last, found)
    return f" (last written by {last[1]})" if last else ""
