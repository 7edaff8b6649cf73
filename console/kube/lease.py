"""The Fleet's single-writer lock: one Lease, whose transitions number the fence.

A holder that provably died on this host is succeeded at once; elsewhere the Lease must have been seen unrenewed for
its whole life, by our own monotonic clock and never by the times that stand in it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from console.errors import Answered, FleetConsoleError, Refused
from console.kube.connect import Hub, permission
from console.kube.fields import moment_of
from console.kube.holder import Holder, Process, told
from console.kube.write import document, failed
from console.model.hub import MANAGER, RUN_NAMESPACE, Lock
from console.model.run import Reason, Severity
from console.model.text import inert
from console.present.times import clock

NAME = "fleet-console-runner"
_GROUP = "coordination.k8s.io"
_BASE = f"/apis/{_GROUP}/v1/namespaces/{RUN_NAMESPACE}/leases"
_PATH = f"{_BASE}/{NAME}"
_POLL = 0.5
"""Seconds between two looks at a Lease that is not renewed."""
LONGEST = 120.0
"""Seconds of life of somebody else's Lease that are waited for; a longer one is refused at once."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A Lease as it was read; fields of the wrong kind count as absent."""

    holder: str
    life: float
    transitions: int
    renewed: str
    acquired: str
    version: str

    @classmethod
    def of(cls, lease: dict[str, Any], life: float) -> _Seen:
        spec = lease.get("spec")
        fields: dict[str, Any] = spec if isinstance(spec, dict) else {}

        def text(name: str) -> str:
            return fields[name] if isinstance(fields.get(name), str) else ""

        def number(name: str) -> int:
            value = fields.get(name)
            return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0

        return cls(
            text("holderIdentity"), float(number("leaseDurationSeconds") or life), number("leaseTransitions"),
            text("renewTime"), text("acquireTime"), str(lease["metadata"].get("resourceVersion")),
        )  # fmt: skip


class FleetLease:
    """The Lease as one runner holds it, renewed by a thread of its own from `acquire` to `release`.

    `duration`: seconds of its life. `floor`: the fence below which a new Lease may not begin to count. `patient`: take
    it over from a holder that lives, too, once it was seen unrenewed for its life, as that of a stopped process.
    """

    def __init__(
        self,
        hub: Hub,
        run: str,
        duration: float,
        *,
        floor: Callable[[], int] = lambda: 0,
        patient: bool = False,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._hub = hub
        self.holder = str(Holder(run, Process.own()))
        self._life = max(1.0, float(round(duration)))
        self._floor = floor
        self._patient = patient
        self._clock = clock
        self._pause = pause
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self._renewed = float("-inf")
        self._version = ""
        self.lost = threading.Event()
        """Set once it is somebody else's: nothing may be written after that."""
        self.fence = 0
        """The fencing number, 0 before it was taken."""
        self.former = ""
        """The holderIdentity that was succeeded; empty where nobody held it."""

    def acquire(self, waiting: Callable[[str], None] = lambda _: None) -> int:
        """Take the Lease and return the fencing number; `waiting` is told whom it waits for.

        Raises `Refused` where a living runner holds it, `Denied` with the permission that is missing.
        """
        first: tuple[_Seen, float] | None = None
        while True:
            lease = _read(self._hub)
            seen = None if lease is None else _Seen.of(lease, self._life)
            if seen is not None and not self._free(seen):
                first = self._still(seen, first)
                if self._clock() - first[1] < seen.life:
                    waiting(f"{told(seen.holder)} holds the Fleet's Lease; waiting up to {seen.life:g} s for a renewal")
                    self._pause(_POLL)
                    continue
            if self._take(lease, seen):
                threading.Thread(target=self._keep, name="lease", daemon=True).start()
                return self.fence

    @property
    def held(self) -> bool:
        """Whether it is certainly still ours: renewed within its life by our own clock, and nobody else's."""
        return self.fence > 0 and not self.lost.is_set() and self._clock() - self._renewed < self._life

    def renew(self) -> bool:
        """Renew it now; False where it was not answered or is not ours any more. Raises `FleetConsoleError`."""
        with self._turn:
            if self._ended.is_set() or self.lost.is_set():
                return False
            began = self._clock()
            lease = self._ours()
            if lease is None:
                self.lost.set()
                return False
            lease["spec"]["renewTime"] = _now()
            if self._put(lease) is None:
                return False  # overtaken between reading and writing: the next look says by whom
            self._renewed = began
            return True

    def release(self) -> bool:
        """Give it back where it is still ours; the transitions stay, so that fences only grow. False where the server
        could not be told: then its life runs out."""
        self._ended.set()
        for _ in range(3):
            with self._turn, suppress(FleetConsoleError):
                lease = self._ours()
                if lease is None:
                    return True
                lease["spec"] |= {"holderIdentity": "", "renewTime": _now()}
                if self._put(lease) is not None:
                    return True
            self._pause(_POLL)
        return False

    def _keep(self) -> None:
        while not self._ended.wait(self._life / 3) and not self.lost.is_set():
            with suppress(FleetConsoleError):  # `held` says when our time is up
                self.renew()

    def _free(self, seen: _Seen) -> bool:
        """Whether nobody holds it: released, ours, or its holder died on this host."""
        holder = Holder.parse(seen.holder)
        return seen.holder in ("", self.holder) or (holder is not None and holder.process.dead)

    def _still(self, seen: _Seen, first: tuple[_Seen, float] | None) -> tuple[_Seen, float]:
        """Since when (monotonic) the Lease is seen just so. Raises `Refused` where its holder lives."""
        holder = Holder.parse(seen.holder)
        renewed = first is not None and first[0] != seen
        lives = holder is not None and holder.process.lives and not self._patient
        if renewed or lives or seen.life > LONGEST:
            raise _refused(seen)
        return first or (seen, self._clock())

    def _take(self, lease: dict[str, Any] | None, seen: _Seen | None) -> bool:
        """Become the holder, one transition further; False where somebody else was faster."""
        began = self._clock()
        if lease is None or seen is None:
            fence = self._floor() + 1
            metadata = {"name": NAME, "namespace": RUN_NAMESPACE}
            body = {"apiVersion": f"{_GROUP}/v1", "kind": "Lease", "metadata": metadata, "spec": self._spec(fence)}
            taken = self._send("POST", _BASE, body, "create")
        else:
            fence = seen.transitions + 1
            taken = self._put({**lease, "spec": self._spec(fence)})
        if taken is None:
            self._pause(0.05)
            return False
        self.former = "" if seen is None or seen.holder == self.holder else seen.holder
        self._renewed, self.fence = began, fence
        return True

    def _spec(self, fence: int) -> dict[str, Any]:
        now = _now()
        return {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": int(self._life),
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": fence,
        }

    def _ours(self) -> dict[str, Any] | None:
        """The Lease as it is now, None where it is gone or another's."""
        lease = _read(self._hub)
        if lease is None:
            return None
        seen = _Seen.of(lease, self._life)
        return lease if (seen.holder, seen.transitions) == (self.holder, self.fence) else None

    def _put(self, lease: dict[str, Any]) -> dict[str, Any] | None:
        """Replace the very Lease that was read: its resourceVersion goes back with it."""
        return self._send("PUT", _PATH, lease, "update")

    def _send(self, method: str, path: str, body: dict[str, Any], verb: str) -> dict[str, Any] | None:
        answer = self._hub.call(method, path, query=[("fieldManager", MANAGER)], body=body)
        if answer.status in (404, 409) and (method == "PUT" or answer.status == 409):
            return None
        if not answer.ok:
            raise failed(answer, f"{verb} the Fleet's Lease", permission(verb, _GROUP, "leases", RUN_NAMESPACE))
        found = answer.json()
        if not isinstance(found, dict):
            raise Answered("the answer about the Fleet's Lease is no object", status=answer.status)
        return found


def holder(hub: Hub) -> Holder | None:
    """Which run holds the Lease, whether or not it is renewed; None where none of ours does."""
    lease = _read(hub)
    return None if lease is None else Holder.parse(_Seen.of(lease, 0.0).holder)


def look(hub: Hub) -> Lock:
    """What the Lease says. Raises as `holder`."""
    lease = _read(hub)
    if lease is None:
        return Lock()
    seen = _Seen.of(lease, 0.0)
    held = Holder.parse(seen.holder)
    return Lock(inert(held.run, 40) if held is not None else "", moment_of(seen.renewed), seen.life)


def _read(hub: Hub) -> dict[str, Any] | None:
    """The Lease as it stands, None where there is none."""
    answer = hub.call("GET", _PATH)
    if answer.status == 404:
        return None
    return document(answer, "read the Fleet's Lease", permission("get", _GROUP, "leases", RUN_NAMESPACE))


def _refused(seen: _Seen) -> Refused:
    holder = Holder.parse(seen.holder)
    since, renewed = (clock(moment_of(at)) if at else "an unknown time" for at in (seen.acquired, seen.renewed))
    measured = f"{told(seen.holder)} holds the Fleet's Lease since {since}, renewed {renewed}"
    attach = f"fleet-console attach {inert(holder.run, 40)}" if holder else "fleet-console runs"
    reason = Reason(
        "other-run", Severity.BLOCKS, measured, "no other run on this Fleet", f"wait, or look at it: {attach}"
    )  # fmt: skip
    return Refused(measured, (reason,), fix=f"Wait, or look at it: {attach}.")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
