"""A run that needs eyes rings once; one whose runner was killed is told on the dashboard, and resumed from its page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from console.app import FleetConsole
from console.model.fleet import Run
from console.model.run import RunReport, RunState
from console.settings import Settings
from screens.run import RunPage
from screens.vigil import Vigil
from tests import situations
from tests.screen_shift import page, said
from tests.screen_upkeep import until
from tests.stage import StageFeed, stage
from tests.wishes import shift

WALL = situations.WALL
REPORT = RunReport("r1", situations.calm().uid or "", "shift", RunState.RUNNING, "h")


def begun(settings: Settings | None = None) -> tuple[FleetConsole, StageFeed, list[str]]:
    """A console on a Fleet whose record says that the one run of this host is under way; and its bell."""
    record = Run("r1", "running", ("gateway-demo/api",), "oncall@jump1", "OPS-12", WALL, "jump1", 4711, "h")
    app, feed = stage(replace(situations.calm(), runs=(record,)), settings)
    plan = shift(situations.calm(), "gateway-demo/api", {situations.ACK: 80, situations.IDC: 20}).plan
    assert plan is not None
    feed.desk.start_run(plan, "OPS-12", ())
    rung: list[str] = []
    app.bell = lambda: rung.append("bell")  # type: ignore[method-assign]
    return app, feed, rung


async def look(app: FleetConsole, pilot: Pilot[int]) -> None:
    """The journal is read, as it is every few seconds."""
    app._look_at_runs()
    await app.workers.wait_for_complete([one for one in app.workers if one.group == "host runs"])
    await pilot.pause()


async def test_a_runner_that_was_killed_is_told_on_the_dashboard_with_the_way_on() -> None:
    app, feed, rung = begun()
    async with app.run_test(size=(80, 24)) as pilot:
        await look(app, pilot)
        before = page(app)
        feed.desk.tell(replace(feed.desk.reports["r1"], state=RunState.INTERRUPTED))
        await look(app, pilot)
        await look(app, pilot)
        words = " ".join(page(app).split())

        assert "run r1: under way on gateway-demo/api" in before
        assert "run r1: interrupted on gateway-demo/api: its runner on this host is dead." in words
        assert "5 resumes, 2 goes back" in words
        assert ["bell"] == rung


async def test_it_is_resumed_from_its_page_armed_and_confirmed() -> None:
    app, feed, _ = begun()
    feed.desk.tell(replace(feed.desk.reports["r1"], state=RunState.INTERRUPTED))
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(RunPage(feed.desk.reports["r1"]))
        await pilot.press("5")
        unarmed = said(app)
        shown = page(app)
        await pilot.press("a", "5", *"r1", "enter")
        await until(pilot, lambda: "resume r1" in feed.desk.asked)
        await until(pilot, lambda: "goes on" in page(app))
        await pilot.press("5")

        assert "5 resume: the console is read-only; press a to arm it" == unarmed
        assert "5 resume: a new runner goes on from what stands there" in shown
        assert "5 resume: there is nothing to resume: the run is running" == said(app)


async def test_arming_that_expired_before_the_word_was_typed_resumes_nothing() -> None:
    app, feed, _ = begun()
    feed.desk.tell(replace(feed.desk.reports["r1"], state=RunState.INTERRUPTED))
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(RunPage(feed.desk.reports["r1"]))
        await pilot.press("a", "5")
        app.armed_until = 0.0
        await pilot.press(*"r1", "enter")
        await pilot.pause()

        assert "nothing was started: the console is read-only" in said(app)
        assert "resume r1" not in feed.desk.asked


@pytest.mark.parametrize(("settings", "times"), [(Settings(), 1), (Settings(bell=False), 0)])
async def test_a_run_that_is_shown_rings_once_unless_settings_silence_it(settings: Settings, times: int) -> None:
    app, feed, rung = begun(settings)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(RunPage(feed.desk.reports["r1"]))
        await pilot.pause()
        feed.desk.tell(replace(feed.desk.reports["r1"], state=RunState.HELD, message="stopped"))
        await until(pilot, lambda: "stopped" in page(app))
        await look(app, pilot)

        assert times == len(rung)


@pytest.mark.parametrize("state", [RunState.HELD, RunState.FAILED, RunState.SUPERSEDED, RunState.INTERRUPTED])
def test_each_state_that_needs_eyes_is_news_once(state: RunState) -> None:
    vigil = Vigil()
    before = vigil.news((REPORT,), WALL)
    after = replace(REPORT, state=state)

    assert ((), ("r1",), ()) == (before, vigil.news((after,), WALL), vigil.news((after,), WALL))


def test_what_ended_before_the_screen_opened_is_no_news_but_an_expiry_that_is_overdue_is() -> None:
    held, late = replace(REPORT, state=RunState.HELD), replace(REPORT, run="r2", state=RunState.DONE, expires=WALL - 1)

    assert ("r2",) == Vigil().news((held, late), WALL)


def test_an_expiry_rings_when_its_time_has_come() -> None:
    vigil = Vigil()
    waits = replace(REPORT, state=RunState.DONE, expires=WALL + 5)

    assert ((), ("r1",), ()) == tuple(vigil.news((waits,), WALL + seconds) for seconds in (0, 6, 7))
