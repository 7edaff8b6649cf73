"""The screen as `fleet-console` runs it, with a clock inside: how long its event loop stalls, what it paints, when its
picture is whole, and when it equals the truth after a storm. Writes one JSON document and ends.

    python -m tests.bench_inside --config FILE --state-dir DIR

`BENCH` in the environment: JSON of `began` (monotonic second), `size`, `directory`, `out`, `rate`, `lasting`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import console.app
from console import session, settings
from console.model.fleet import Fleet
from console.model.freshness import SourceName, SourceState
from console.run.access import Access
from widgets.glass import Glass

STEP = 0.005
"""Seconds between two looks at the event loop's clock."""
AFTER = 3.0
"""Seconds after the whole picture that still count as loading."""
PATIENCE = 90.0


class _Glass(Glass):
    """Notes when something was painted."""

    painted: ClassVar[list[float]] = []

    def difference(self, *what: Any) -> str:
        written = super().difference(*what)
        if written:
            self.painted.append(time.monotonic())
        return written


class Measured(console.app.FleetConsole):
    """The application with its clocks."""

    def __init__(self, *what: Any, **how: Any) -> None:
        super().__init__(*what, **how)
        self.pictures: list[tuple[float, Fleet]] = []
        self.stalls: list[tuple[float, float, float]] = []
        """(monotonic second, seconds for which the loop did not run, those in which its thread computed)"""

    def on_ready(self) -> None:
        """Beside the application's own, which Textual calls as well."""
        self._clock = asyncio.create_task(self._look())
        threading.Thread(target=Script(self, json.loads(os.environ["BENCH"])).run, daemon=True).start()

    def watch_fleet(self, fleet: Fleet) -> None:
        """Every picture with the wall's second at which it became the screen's."""
        self.pictures.append((time.time(), fleet))

    async def _look(self) -> None:
        while True:
            before, computed = time.monotonic(), time.thread_time()
            await asyncio.sleep(STEP)
            self.stalls.append((before, time.monotonic() - before - STEP, time.thread_time() - computed))


class Script:
    """What is measured, in order, from a thread beside the screen."""

    def __init__(self, app: Measured, asked: dict[str, Any]) -> None:
        self._app = app
        self._asked = asked
        self._directory = Path(asked["directory"])
        self._found: dict[str, float] = {}

    def run(self) -> None:
        """Load, storm, compare, tell."""
        app, found = self._app, self._found
        began = time.monotonic()
        self._until(self._whole)
        found["hub"] = time.monotonic() - self._asked["began"]
        time.sleep(AFTER)
        found["stall_loading"], found["busy_loading"] = self._worst(began)
        from console.sim.faults import remote

        self._until(lambda fleet: all(route.rule_state is not None for route in fleet.routes))
        found["cloud"] = time.monotonic() - self._asked["began"]
        time.sleep(1.0)
        began, computed = time.monotonic(), time.process_time()
        done = remote.storm(self._directory, rate=self._asked["rate"], lasting=self._asked["lasting"])
        ended = time.monotonic()
        found["cost"] = (time.process_time() - computed) / done["changes"]
        time.sleep(1.5)
        found["stall_storm"], found["busy_storm"] = self._worst(began)
        paints = [at for at in _Glass.painted if began <= at < ended]
        found["paints"] = len(paints) / (ended - began)
        found["rss"] = _resident()
        found["equal"] = self._equal(done["ended"])
        Path(self._asked["out"]).write_text(json.dumps(found))
        app.call_from_thread(app.exit, 0)

    def _whole(self, fleet: Fleet) -> bool:
        members, applications, routes = self._asked["size"]
        counts = (len(fleet.members), len(fleet.applications), len(fleet.routes))
        return counts == (members, applications, routes) and fleet.source(SourceName.EVENTS).state is SourceState.LIVE

    def _until(self, wanted: Callable[[Fleet], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not wanted(self._app.fleet):
            time.sleep(0.02)

    def _worst(self, began: float) -> tuple[float, float]:
        """The longest stall, and the longest stretch of computing."""
        since = [(stall, busy) for at, stall, busy in self._app.stalls if at >= began]
        return max((stall for stall, _ in since), default=0.0), max((busy for _, busy in since), default=0.0)

    def _equal(self, ended: float) -> float:
        """Seconds from the end of the storm to the picture that equals the truth fact by fact; `PATIENCE` for none."""
        from console.sim.faults import remote

        truth = remote.truth(self._directory)
        later = [(at, fleet) for at, fleet in self._app.pictures if at >= ended] or self._app.pictures[-1:]
        return next((max(0.0, at - ended) for at, fleet in later if _facts(fleet) == truth), PATIENCE)


def _facts(fleet: Fleet) -> dict[str, Any]:
    return {
        "applications": {
            one.key: {"sync": one.sync, "health": one.health, "revision": one.revision} for one in fleet.applications
        },
        "routes": {route.key: route.noted for route in fleet.routes},
        "members": {member.id: member.link.value for member in fleet.members},
    }


def _resident() -> float:
    """MiB of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """As the front door opens the screen."""
    config, state = Path(sys.argv[2]), Path(sys.argv[4])
    setattr(session, "FleetConsole", Measured)  # noqa: B010 - as below
    setattr(console.app, "Glass", _Glass)  # noqa: B010 - they are not exported to be replaced
    access = Access(kubeconfig=None, context=None, config=config, state_dir=state)
    session.run_screen(settings.load(config), access)


if __name__ == "__main__":
    main()
