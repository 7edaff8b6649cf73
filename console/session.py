"""The screen's process, from a front's wish to see a Fleet until a person leaves it or a signal ends it."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from console import terminal
from console.app import FleetConsole
from console.settings import Settings
from screens.desk import Feed, ObservedFleet

if TYPE_CHECKING:
    from console.run.access import Access

PATIENCE = 3.0
"""Seconds that a clean end may take after a signal; a terminal that nobody reads may not hold the process."""


def run_screen(settings: Settings, access: Access, *, offers: bool = False) -> int | None:
    """The screen until a person leaves it or a signal ends it; returns the process's exit code, or None where the
    person wants the simulated Fleet next. `offers`: it opens on what can be done where no Fleet is known yet."""
    named = access

    def feed(opened: Settings, config: Path | None) -> Feed:
        """A kubeconfig and a context that were said are those of the Fleet that was opened with them."""
        nonlocal named
        if config is not None:
            named = replace(named, kubeconfig=None, context=None, config=config, fleet=None)
        other = config is None and opened.fleet.name != settings.fleet.name
        reach = replace(named, kubeconfig=None, context=None, fleet=opened.fleet.name) if other else named
        return ObservedFleet(opened, reach)

    plain = terminal.plain(os.environ)
    app = FleetConsole(settings, feed(settings, None), plain=plain, feeds=feed, offers=offers)
    end_by_signal(app)
    code = app.run(mouse=False)
    if app.wants_demo:
        return None
    return code if isinstance(code, int) else app.return_code or 0


def end_by_signal(app: FleetConsole) -> None:
    """SIGTERM, SIGHUP and a terminal that is gone end the screen cleanly, and within `PATIENCE` even where the terminal
    is not read."""

    def end(number: int) -> None:
        last = threading.Timer(PATIENCE, os._exit, (128 + number,))
        last.daemon = True
        last.start()
        if app.loop is not None:
            app.loop.call_soon_threadsafe(app.exit, 128 + number)

    def told(number: int, frame: FrameType | None) -> None:
        end(number)
        if app.loop is None:
            raise SystemExit(128 + number)

    def watch() -> None:
        gone = select.poll()
        gone.register(sys.__stdin__, 0)  # type: ignore[arg-type]  # 0: a hang-up is reported unasked
        gone.poll()
        end(signal.SIGHUP)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, told)
    if sys.__stdin__ is not None and sys.__stdin__.isatty():
        # SIGHUP reaches the leader of the session alone: under make or a wrapper that is not this process.
        threading.Thread(target=watch, name="terminal", daemon=True).start()
