"""The Fleet's single-writer lock: one Lease, whose transitions number the fence.

A holder is host, boot, process and its start time, so that on the same host a dead one is known to be dead;
elsewhere the Lease must have been seen unrenewed for its whole life by our own monotonic clock.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.errors import FleetConsoleError, Refused
from console.kube.connect import Hub, failure, permission
from console.kube.write import MANAGER
from console.model.hub import RUN_NAMESPACE
from console.model.run import Reason, Severity
from console.model.text import inert

NAME = "fleet-console-runner"
_BASE = f"/apis/coordination.k8s.io/v1/namespaces/{RUN_NAMESPACE}/leases"
_POLL = 1.0


@dataclass(frozen=True, slots=True)
class Process:
    """One process of one boot of one host; `start` is its start time in clock ticks since boot."""

    host: str
    boot: str
    pid: int
    start: str

    @classmethod
    def own(cls) -> Process:
        """This process."""
        return cls(socket.gethostname(), boot_id(), os.getpid(), start_of(os.getpid()) or "")

    @property
    def dead(self) -> bool:
        """Whether it is provably dead: of this host, and of another boot, gone, or another process by now."""
        if self.host != socket.gethostname():
            return False
        return self.boot != boot_id() or start_of(self.pid) != self.start


def boot_id() -> str:
    """This boot of this host; empty where the system does not say, which proves nothing."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return ""


def start_of(pid: int) -> str | None:
    """Start time of a process, None where there is none (a zombie is none)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _start_without_proc(pid)
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]


def _start_without_proc(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""


def parse(holder: str) -> Process | None:
    """The process of a holderIdentity `run/host/boot/pid/start`; None where it is not one of ours."""
    parts = holder.split("/")
    if len(parts) != 5 or not parts[3].isdigit():
        return None
    return Process(parts[1], parts[2], int(parts[3]), parts[4])


class FleetLease:
    """The Lease as one runner holds it. `lost` is set once it is somebody else's: nothing may be written after that."""

    def __init__(self, hub: Hub, run: str, duration: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._hub = hub
        self._process = Process.own()
        self.holder = "/".join(
            (run, self._process.host, self._process.boot, str(self._process.pid), self._process.start)
        )
        self._duration = duration
        self._clock = clock
        self.lost = threading.Event()
        self._ended = threading.Event()
        self._renewed = clock()
        self.fence = 0

    def acquire(self) -> int:
        """Take the Lease and return the fencing number. Raises `Refused` where a living runner holds it."""
        seen: tuple[object, float] | None = None
        while True:
            answer = self._hub.call("GET", f"{_BASE}/{NAME}")
            if answer.status == 404:
                taken = self._send("POST", _BASE, self._body(None, 1))
            else:
                if not answer.ok:
                    raise failure(
                        answer, "read the Lease", permission("get", "coordination.k8s.io", "leases", RUN_NAMESPACE)
                    )
                lease = answer.json()
                spec = lease.get("spec") or {}
                if not self._free(spec):
                    state = (spec.get("holderIdentity"), spec.get("renewTime"), lease["metadata"]["resourceVersion"])
                    if seen is None or seen[0] != state:
                        if seen is not None:
                            raise self._held(spec)
                        seen = (state, self._clock())
                    if self._clock() - seen[1] < float(spec.get("leaseDurationSeconds") or self._duration):
                        time.sleep(_POLL)
                        continue
                transitions = int(spec.get("leaseTransitions") or 0) + 1
                taken = self._send("PUT", f"{_BASE}/{NAME}", self._body(lease, transitions))
            if taken is not None:
                self.fence = int(taken["spec"]["leaseTransitions"])
                self._renewed = self._clock()
                threading.Thread(target=self._keep, name="lease", daemon=True).start()
                return self.fence

    def release(self) -> None:
        """Give the Lease back where it is still ours; the transitions stay, so that fences only grow."""
        self._ended.set()
        with suppress(FleetConsoleError):
            answer = self._hub.call("GET", f"{_BASE}/{NAME}")
            if answer.ok and (answer.json().get("spec") or {}).get("holderIdentity") == self.holder:
                lease = answer.json()
                lease["spec"]["holderIdentity"] = ""
                lease["spec"]["renewTime"] = _now()
                self._send("PUT", f"{_BASE}/{NAME}", lease)

    @property
    def held(self) -> bool:
        """Whether it is certainly still ours: renewed within its life by our own clock."""
        return not self.lost.is_set() and self._clock() - self._renewed < self._duration

    def _keep(self) -> None:
        while not self._ended.wait(self._duration / 3):
            try:
                self._renew()
            except FleetConsoleError:
                continue  # `held` says when our time is up
            if self.lost.is_set():
                return

    def _renew(self) -> None:
        answer = self._hub.call("GET", f"{_BASE}/{NAME}")
        if not answer.ok:
            return
        lease = answer.json()
        if (lease.get("spec") or {}).get("holderIdentity") != self.holder:
            if not self._ended.is_set():
                self.lost.set()
            return
        lease["spec"]["renewTime"] = _now()
        began = self._clock()
        if not self._ended.is_set() and self._send("PUT", f"{_BASE}/{NAME}", lease) is not None:
            self._renewed = began

    def _free(self, spec: dict[str, Any]) -> bool:
        holder = spec.get("holderIdentity") or ""
        if holder in ("", self.holder):
            return True
        process = parse(holder)
        return process is not None and bool(process.boot) and process.dead

    def _held(self, spec: dict[str, Any]) -> Refused:
        holder = inert(spec.get("holderIdentity") or "somebody", 160)
        run, _, rest = holder.partition("/")
        since = inert(spec.get("acquireTime") or "an unknown time", 40)
        reason = Reason(
            "other-run",
            Severity.BLOCKS,
            f"run {run} on {rest.partition('/')[0] or 'another host'} holds the Fleet's Lease since {since}",
            "no other run on this Fleet",
            f"attach to it or wait: fleet-console attach {run}",
        )
        return Refused(reason.measured, (reason,), fix=reason.message)

    def _body(self, lease: dict[str, Any] | None, transitions: int) -> dict[str, Any]:
        body = lease or {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": NAME, "namespace": RUN_NAMESPACE},
        }
        body["spec"] = {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": max(1, round(self._duration)),
            "acquireTime": _now(),
            "renewTime": _now(),
            "leaseTransitions": transitions,
        }
        return body

    def _send(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        answer = self._hub.call(method, path, query=[("fieldManager", MANAGER)], body=body)
        if answer.status == 409:
            return None
        if not answer.ok:
            verb = "create" if method == "POST" else "update"
            raise failure(answer, "write the Lease", permission(verb, "coordination.k8s.io", "leases", RUN_NAMESPACE))
        document: dict[str, Any] = answer.json()
        return document


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
