"""A run of one step: a refresh or a sync of one Application, written once, read back, and followed until ArgoCD has
taken it. It looks at the world first, so that a runner that follows a dead one asks for nothing twice.

It takes no part in the Fleet's lock: weights are not its own, and the API server itself lets in one operation at a
time, since the write fails unless the Application is still the one that was read.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from console import log
from console.decide.onestep import REFRESH, OneStep, marked, operation
from console.errors import FleetConsoleError, Refused, Superseded
from console.kube import applications, records, write
from console.kube.argo import RUNNING
from console.kube.connect import Hub
from console.kube.fields import moment_of
from console.model.run import RunReport, RunState
from console.model.text import inert
from console.run import record
from console.run.again import PATIENCE
from console.run.guard import unwritten
from console.run.hand import TRIES
from console.run.hook import Hook
from console.run.journal import Journal
from console.run.seams import seam
from console.settings import Settings

LOOK = 0.5
"""Seconds between two looks at the Application."""
_AFTER = 5.0
"""Seconds by which the clocks of the Fleet and this host may differ without misleading us."""

Application = Mapping[str, Any]
Ending = tuple[RunState, str]


class OneStepRun:
    """Carries one planned step out. `carry_out` returns when the run is over; it raises nothing of its own.
    `resumed`: another runner began it, and is dead."""

    def __init__(
        self,
        journal: Journal,
        report: RunReport,
        step: OneStep,
        settings: Settings,
        hub: Hub,
        *,
        resumed: bool = False,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._journal = journal
        self._report = report
        self._step = step
        self._settings = settings
        self._hub = hub
        self._resumed = resumed
        self._clock = clock
        self._pause = pause
        self._place = applications.place(step.namespace, step.name)
        self._name = f"{step.kind} {step.key}"
        self._asked = resumed and any(one.step == self._name and one.phase == "sent" for one in report.lines)
        """Whether the API server is known to have taken our write."""
        self._tried = False
        """Whether a write was sent at all that was not answered with a no."""
        self._recorded = False

    def carry_out(self) -> RunState:
        """The whole run; the journal and the record hold how it went."""
        state, message = self._named()
        self._report = replace(self._report, state=state, message=message)
        if self._recorded:
            with suppress(FleetConsoleError):
                self._record()
        self._journal.update(self._report.run, state=state, message=message, ended=time.time())
        Hook(self._settings.run, self._report.run).tell(self._report)
        return state

    def _named(self) -> Ending:
        """How it ended; every failure has a state."""
        try:
            self._settings.check_writable()
            records.ensure_namespace(self._hub)
            self._record()
            self._recorded = True
            self._ask()
            return self._follow()
        except Superseded as error:
            return RunState.SUPERSEDED, str(error)
        except FleetConsoleError as error:
            if self._asked:
                return RunState.UNVERIFIED, str(error)
            if self._tried:
                return RunState.UNVERIFIED, f"whether it was written is not known: {error}"
            return unwritten(error), f"nothing was written: {error}"
        except Exception as error:  # whatever it was, the run must not look alive
            log.note("defect", traceback.format_exc())
            return RunState.FAILED, f"the runner failed: {type(error).__name__}: {inert(error, 200)}"

    def _ask(self) -> None:
        """Write what is asked, unless it stands there already."""
        for _ in range(TRIES):
            found = self._read_back()
            if self._there(found):
                self._tell("it is asked for already: waiting for ArgoCD")
                self._note("confirmed", "it was there already")
                return
            if self._asked:
                return  # taken, and followed by something else: what stands there tells
            if self._same_fleet() and self._send(found):
                found = self._read_back()
                stands = "read back" if self._there(found) else "taken already, read"
                self._note("confirmed", f"{stands} at version {_version(found)}")
                return
        raise Superseded(f"{self._name}: somebody else writes this Application faster than we do")

    def _there(self, found: Application) -> bool:
        """Whether what we ask for stands there. Raises `Refused` where another operation does."""
        if self._step.kind == "refresh":
            return write.annotations_of(found).get(REFRESH) in (self._step.annotation, "hard")
        state = applications.state_of(found)
        ours = marked(found.get("operation"), self._report.run) or marked(state.get("operation"), self._report.run)
        if ours:
            self._asked = True
        elif self._overlooked(state):
            raise Superseded(
                "another operation began since a dead runner meant to ask for this one: whether it did is not known",
                fix="Look at the Application before it is synced again.",
            )
        elif not self._asked and (found.get("operation") is not None or state.get("phase") in RUNNING):
            raise Refused("another operation is already in progress", fix="Wait until it has ended.")
        return ours

    def _overlooked(self, state: Mapping[str, Any]) -> bool:
        """Whether an operation of somebody else began after a dead runner had written down that it means to write."""
        meant = [one.at for one in self._report.lines if one.step == self._name and one.phase == "intended"]
        began = moment_of(state.get("startedAt"))
        return bool(self._resumed and meant and not self._asked and began is not None and began > meant[0] + _AFTER)

    def _same_fleet(self) -> bool:
        uid = self._hub.fleet_uid()
        if uid != self._step.fleet_uid:
            raise Refused(f"the server is another Fleet now ({uid})", fix="Check the kubeconfig.")
        return True

    def _send(self, found: Application) -> bool:
        """Send once; False where what stands there has to be looked at again."""
        if self._step.kind == "refresh":
            what = f"{REFRESH}: {self._step.annotation}"
            operations = applications.refresh(found, self._step.annotation)
        else:
            what = f".operation of {self._step.sentence}"
            policy = applications.sync_policy(found)
            asked = operation(self._step, self._report.run, self._report.actor, policy)
            operations = applications.sync(found, asked)
        self._note("intended", what)
        seam(f"send {self._name}")
        try:
            answer = write.send(self._hub, self._place, operations)
        except Superseded:
            self._note("refused", "it changed since it was read: reading what stands there")
            return False
        except FleetConsoleError as error:
            if not write.still_unknown(error):
                self._note("refused", str(error))
                raise
            self._tried = True
            self._note("noted", f"not known whether it was written: {error}")
            self._pause(1.0)
            return False
        self._asked = True
        seam(f"answer {self._name}")
        self._note("sent", f"{len(operations)} operations, answered at version {_version(answer)}")
        return True

    def _follow(self) -> Ending:
        """Until ArgoCD has taken it, or the time allowed is over."""
        deadline = self._clock() + self._step.within
        while True:
            waits = f"waiting for ArgoCD to take the {self._step.kind}"
            try:
                found = self._read()
                ending, waits = self._refreshed(found) if self._step.kind == "refresh" else self._synced(found)
                if ending is not None:
                    self._note("confirmed" if ending[0] is RunState.DONE else "noted", ending[1])
                    return ending
            except FleetConsoleError as error:
                if not write.still_unknown(error):
                    raise
                waits = f"{waits}; {error}"
            if self._clock() >= deadline:
                self._note("noted", f"not within {self._step.within:g} s")
                left = "It stays asked for, and may still be taken."
                return RunState.UNVERIFIED, f"not within {self._step.within:g} s: {waits}. {left}"
            self._tell(waits)
            self._pause(LOOK)

    def _refreshed(self, found: Application) -> tuple[Ending | None, str]:
        if REFRESH in write.annotations_of(found):
            return None, "waiting for the controller to take the annotation away"
        at = inert(applications.status_of(found).get("reconciledAt") or "never", 40)
        return (RunState.DONE, f"refreshed: {_standing(found)}, compared with git at {at}"), ""

    def _synced(self, found: Application) -> tuple[Ending | None, str]:
        state = applications.state_of(found)
        if marked(found.get("operation"), self._report.run) and not marked(state.get("operation"), self._report.run):
            return None, "waiting for the controller to begin"
        if not marked(state.get("operation"), self._report.run):
            return (RunState.SUPERSEDED, "another operation has taken its place: how it ended is not known"), ""
        phase, said = inert(state.get("phase") or "?", 40), inert(state.get("message") or "", 300)
        if phase == "Succeeded":
            did = "would do" if self._step.dry_run else "synced"
            return (RunState.DONE, f"{did}: {said or phase}; {_standing(found)}"), ""
        if phase in ("Failed", "Error"):
            return (RunState.FAILED, f"the operation ended {phase}: {said or 'it does not say why'}"), ""
        return None, f"the operation is {phase}{f': {said}' if said else ''}"

    def _read(self) -> Application:
        """The Application as it is. Raises `Superseded` where it is gone or another object has its name."""
        found = write.read(self._hub, self._place)
        if found is None or found["metadata"].get("uid") != self._step.uid:
            raise Superseded(f"{self._place.called} is gone, or another object has its name")
        return found

    def _read_back(self) -> Application:
        """Read; once something was sent, until the hub answers. Raises its last failure after `PATIENCE`."""
        began = self._clock()
        while True:
            try:
                return self._read()
            except FleetConsoleError as error:
                sent = self._asked or self._tried
                if not (sent and write.still_unknown(error)) or self._clock() - began > PATIENCE:
                    raise
                self._pause(LOOK)

    def _record(self) -> None:
        """Write the run's record on the Fleet whole, before anything else is written."""
        data = record.of_step(self._report, self._step)
        fresh = not self._recorded and not self._resumed
        send = records.create_record if fresh else records.update_record
        self._journal.line(self._report.run, "record", "intended", f"{self._report.state}")
        seam("send record")
        try:
            send(self._hub, self._report.run, data)
        except FleetConsoleError as error:
            self._journal.line(self._report.run, "record", "refused", str(error))
            raise
        seam("answer record")
        self._journal.line(self._report.run, "record", "confirmed", f"{self._report.state}")

    def _note(self, phase: str, sentence: str) -> None:
        self._journal.line(self._report.run, self._name, phase, sentence)

    def _tell(self, message: str) -> None:
        if message != self._report.message:
            self._report = replace(self._report, message=message)
            self._journal.update(self._report.run, message=message)


def _standing(found: Application) -> str:
    """`Synced, Healthy, revision 4f2c91a`; inert."""
    status = applications.status_of(found)
    sync, health = status.get("sync"), status.get("health")
    words = [part.get("status") if isinstance(part, dict) else None for part in (sync, health)]
    revision = sync.get("revision") if isinstance(sync, dict) else None
    return ", ".join([*(inert(word or "?", 40) for word in words), f"revision {inert(revision or '?', 40)}"])


def _version(found: Application) -> str:
    return inert(found["metadata"].get("resourceVersion") or "?", 40)
