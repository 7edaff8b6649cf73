"""What a runner sees besides its own steps, kept for evidence: Ingresses as they were, answers to its writes, layers as
they moved, probe answers by the second, controllers' words, and how far the Fleet's clock is from this host's.

Everything is gathered in memory and kept about once a second in one commit; what a killed runner had not kept yet is
missing, and no run goes on from any of it. A journal that cannot keep it keeps no run from ending.
"""

from __future__ import annotations

import json
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar, cast

from console import log
from console.decide.plan import Plan, RouteChange
from console.errors import FleetConsoleError
from console.kube import exhibit
from console.kube.connect import Answer, Hub
from console.model.evidence import Exhibit, ExhibitKind
from console.model.fleet import Fleet, Route
from console.model.run import RunReport, RunRoute
from console.run import chain
from console.run.journal import Journal

EVERY = 1.0
"""Seconds between two commits, and the length of one probe exhibit, while things move."""
QUIET, SELDOM = 300.0, 30.0
"""Seconds without a layer that moved after which it is only this often."""
MOST = 20_000
"""Exhibits of one run; further ones are not kept, and the seal says how many."""
TIGHTER = 0.2
"""Seconds by which the bounds of the clocks' difference must have moved to be told again."""

F = TypeVar("F", bound=Callable[..., Any])
Sample = list[Any]
"""[count, first sent, last sent]"""


def _harmless(method: F) -> F:
    """Whatever is wrong with evidence keeps no write from being made."""

    @wraps(method)
    def told(*words: Any, **named: Any) -> Any:
        try:
            return method(*words, **named)
        except Exception:
            log.note("evidence", traceback.format_exc())
            return ""

    return cast(F, told)


class Witness:
    """Of one run. Any thread may tell it; `clock` is epoch seconds, `monotonic` the probes' clock."""

    def __init__(
        self,
        journal: Journal,
        run: str,
        plan: Plan,
        hub: Hub,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._run = run
        self._hub = hub
        self._clock = clock
        self._monotonic = monotonic
        self._offset = clock() - monotonic()
        self._began = self._kept = self._moved = clock()
        self._routes = {change.key for change in plan.routes}
        self._lock = threading.Lock()
        self._waiting: list[Exhibit] = []
        known = [one.about for one in journal.exhibits(run)]
        self._count = len(known)
        self._lost = 0
        self._before = {about for about in known if about.startswith("before ")}
        self._after: dict[str, dict[str, Any]] = {}
        self._states: dict[str, str] = {}
        self._told: set[tuple[float, str]] = set()
        self._probed: dict[str, dict[str, Any]] = {}
        self._lease = ""
        self._bounds: tuple[float, float] | None = None
        hub.heard = self.answered

    @_harmless
    def read(self, change: RouteChange, ingress: dict[str, Any]) -> None:
        """An Ingress as the runner just read it: the first one is what stood there before, the last one after."""
        with self._lock:
            about = f"before {change.key}"
            if about not in self._before:
                self._before.add(about)
                self._keep(ExhibitKind.MANIFEST, about, exhibit.manifest(ingress))
            self._after[change.key] = ingress

    @_harmless
    def answered(self, method: str, path: str, query: Sequence[tuple[str, str]], answer: Answer) -> None:
        """The hub answered a write; reviews, and the Lease's renewals where nothing changed hands, are none."""
        if path.endswith("reviews"):
            return
        if "/leases" in path and answer.ok:
            with suppress(FleetConsoleError, AttributeError):
                spec = answer.json().get("spec") or {}
                holder = f"{spec.get('holderIdentity')} {spec.get('leaseTransitions')}"
                if holder == self._lease:
                    return
                self._lease = holder
        with self._lock:
            self._keep(ExhibitKind.ANSWER, f"{method} {path}", exhibit.answer(method, path, query, answer))

    @_harmless
    def probed(self, route: str, sent: float, member: str | None, failed: bool) -> None:
        """One request of a probe: when it was sent (monotonic), and which member answered, if any told."""
        if route not in self._routes:
            return
        at = round(sent + self._offset, 3)
        with self._lock:
            seen = self._probed.setdefault(route, {"failed": [0, at, at], "unnamed": [0, at, at], "members": {}})
            sample: Sample
            if failed:
                sample = seen["failed"]
            elif member is None:
                sample = seen["unnamed"]
            else:
                sample = seen["members"].setdefault(member, [0, at, at])
            first = sample[1] if sample[0] else at
            sample[:] = [sample[0] + 1, min(first, at), max(sample[2] if sample[0] else at, at)]

    @_harmless
    def looked(self, fleet: Fleet, lines: Sequence[RunRoute]) -> None:
        """One look at the picture while the run waits."""
        with self._lock:
            for line in lines:
                route = fleet.route(line.route)
                if route is not None:
                    self._layers(line, route, {one.id: one.name for one in fleet.members})
            self._events(fleet)
        now = self._clock()
        if now - self._kept >= (EVERY if now - self._moved < QUIET else SELDOM):
            self.flush()

    @_harmless
    def flush(self) -> None:
        """Keep what was gathered, now."""
        self._kept = self._clock()
        with self._lock:
            self._clocks()
            for route, seen in self._probed.items():
                self._keep(ExhibitKind.PROBE, route, json.dumps(seen, sort_keys=True))
            self._probed = {}
            waiting, self._waiting = self._waiting, []
        if waiting:
            with suppress(FleetConsoleError):
                self._journal.keep(self._run, waiting)

    @_harmless
    def seal(self, report: RunReport) -> str:
        """The runner's last word; returns the head of the chain over everything that the journal holds of the run up
        to it, empty where it could not be kept."""
        with self._lock:
            for key, ingress in self._after.items():
                self._keep(ExhibitKind.MANIFEST, f"after {key}", exhibit.manifest(ingress))
            self._after = {}
        self.flush()
        drift = self._clock() - self._monotonic() - self._offset
        said = {
            "state": report.state,
            "message": report.message,
            "actor": report.actor,
            "host": report.host,
            "lost": self._lost,
            "clock_set_by": round(drift, 3),
        }
        with suppress(FleetConsoleError):
            self._journal.seal(self._run, said)
            row = self._journal.row(self._run)
            if row is not None:
                return chain.heads(row, self._journal.exhibits(self._run))[-1]
        return ""

    def _layers(self, line: RunRoute, route: Route, names: Mapping[str, str]) -> None:
        """How deep the weights are, where that, the rule or the controller's word has changed; and what its members are
        called."""
        agreement = route.agreement
        state = {
            "gateway": route.gateway,
            "layer": line.layer,
            "stuck_at": agreement.stuck_at,
            "settled": agreement.settled,
            "controller": route.controller,
            "rule_state": route.rule_state,
            "annotation": {one.member: one.annotation for one in route.members},
            "rule": {one.member: one.rule for one in route.members},
        }
        text = json.dumps(state, sort_keys=True)
        if self._states.get(route.key) != text:
            self._states[route.key] = text
            self._moved = self._clock()
            called = {one.member: names[one.member] for one in route.members if one.member in names}
            told = {**state, "sentence": agreement.sentence, "names": called}
            self._keep(ExhibitKind.LAYER, route.key, json.dumps(told, sort_keys=True))

    def _events(self, fleet: Fleet) -> None:
        gateways = {route.gateway for route in fleet.routes if route.key in self._routes}
        since, ahead = self._began - 1.0, fleet.skew or 0
        for moment in fleet.timeline:
            key = (moment.at + ahead, moment.sentence)
            if moment.at < since or key in self._told or moment.about not in self._routes | gateways:
                continue
            self._told.add(key)
            self._keep(
                ExhibitKind.EVENT, moment.about, json.dumps({"sentence": moment.sentence}), far=moment.at + ahead
            )

    def _clocks(self) -> None:
        found = self._hub.skew_between
        if found is None:
            return
        if self._bounds is None or any(abs(a - b) > TIGHTER for a, b in zip(found, self._bounds, strict=True)):
            self._bounds = found
            body = {"fleet_minus_host": [round(bound, 3) for bound in found]}
            self._keep(ExhibitKind.CLOCK, "", json.dumps(body, sort_keys=True))

    def _keep(self, kind: ExhibitKind, about: str, body: str, *, far: float | None = None) -> None:
        if self._count >= MOST and kind is not ExhibitKind.MANIFEST:
            self._lost += 1
            return
        self._count += 1
        self._waiting.append(Exhibit(self._clock(), kind, about, body, far))
