"""From an empty account to first requests through the gateway, by keystrokes alone, against the simulator: the wizard,
its review, the typed word, a runner of its own, and the Fleet that was made, opened."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from console import settings as settings_
from console.app import FleetConsole
from console.model.run import RunState
from console.present import line as words
from console.run.access import Access
from console.settings import Settings
from screens.desk import ObservedFleet
from screens.setup import SetupPage
from screens.setup_run import SetupRunPage
from tests.simulators import simulate
from widgets.lines import Lines
from widgets.pager import Pager

LONGEST = 90.0
"""Seconds after which something is broken."""


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    where = tmp_path_factory.mktemp("unprovisioned")
    for directory, _ in simulate(where, "--scenario", "unprovisioned", "--speed", "100"):
        config = directory / "config.yaml"
        config.write_text(config.read_text("utf-8").replace("poll: 5s", "poll: 0.3s"), "utf-8")
        yield directory


def console(directory: Path) -> FleetConsole:
    """As `fleet-console --config DIR/config.yaml` makes it."""
    config = directory / "config.yaml"
    access = Access(config=config, state_dir=directory / "state")

    def feed(opened: Settings, other: Path | None) -> ObservedFleet:
        return ObservedFleet(opened, access if other is None else Access(config=other, state_dir=access.state_dir))

    settings = settings_.load(config)
    return FleetConsole(settings, feed(settings, None), feeds=feed, offers=True)


async def until(pilot: Pilot[Any], so: Callable[[], bool]) -> None:
    """What takes its time has come."""
    end = time.monotonic() + LONGEST
    while not so():
        assert time.monotonic() < end, shown(pilot.app)
        await pilot.pause(0.25)


def shown(app: Any) -> str:
    """The whole screen's words."""
    parts = [one for one in app.screen.query(Lines) if isinstance(one, Lines)]
    return "\n".join(words.text(each).rstrip() for part in parts for each in part.content)


async def test_an_empty_account_is_set_up_by_keystrokes(account: Path) -> None:
    app = console(account)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "BEGIN WITH" in shown(app) or "no Fleet is named yet" in shown(app))
        await pilot.press("end", "enter")
        await until(pilot, lambda: isinstance(app.screen, SetupPage) and "proposed of what was found" in shown(app))
        await pilot.press("right", "right", "right", "right")
        await until(pilot, lambda: "leased-line" in shown(app))
        await pilot.press("end", "space")
        await until(pilot, lambda: "confirmed:" in (account / "state" / "setup-draft.yaml").read_text("utf-8"))

        assert 0o600 == (account / "state" / "setup-draft.yaml").stat().st_mode & 0o777

        await pilot.press("0")
        await until(pilot, lambda: "PLAN" in shown(app))
        await pilot.press("a", "enter", *"demo", "enter")
        await until(pilot, lambda: isinstance(app.screen, SetupRunPage))
        await until(pilot, lambda: isinstance(app.screen, SetupRunPage) and app.screen.report is not None
                    and app.screen.report.state.over)  # fmt: skip
        said = shown(app)

        assert isinstance(app.screen, SetupRunPage) and app.screen.report is not None
        assert RunState.DONE is app.screen.report.state, said
        [first] = [one for one in app.screen.report.lines if (one.step, one.phase) == ("first requests", "confirmed")]
        assert "demo-ack" in first.sentence and "demo-idc" in first.sentence
        assert "+ FIRST REQUESTS" in words.text(
            next(one for one in app.screen.query_one(Pager).content if "FIRST REQUESTS" in words.text(one))
        )
        assert not any("to come" in one for one in said.splitlines())

        await until(pilot, lambda: app.screen.standing().made)  # type: ignore[attr-defined]
        await pilot.press("o")
        await until(pilot, lambda: app.fleet.uid is not None and len(app.fleet.members) == 2)

        assert {"demo-ack", "demo-idc"} == {one.name for one in app.fleet.members}
