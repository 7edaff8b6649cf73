"""Refresh and sync from the screen, at 80x24: planned, read-only at first, confirmed by the Fleet's name, followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual.pilot import Pilot

from console.model.fleet import Fleet
from console.model.run import Reason, RunState, Severity
from console.settings import Settings
from screens.onestep import OneStepPage
from screens.run import RunPage
from screens.runs import RunsPage
from tests import situations
from tests.screen_shift import page, said
from tests.situations import ACK, IDC, application
from tests.stage import StageFeed, stage


def fleet() -> Fleet:
    """`api` is ill in one of two members."""
    ill = application("api", IDC, sync="OutOfSync", health="Degraded", wanted="main", self_heal=True)
    return situations.with_applications(situations.calm(), application("api", ACK, wanted="main"), ill)


async def opened(pilot: Pilot[int], key: str) -> None:
    """The marked application, and from there the page of its refresh or sync."""
    await pilot.press("tab", "enter", key)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def until(pilot: Pilot[int], is_so: Callable[[], bool]) -> None:
    """Until what a thread told is drawn."""
    for _ in range(200):
        if is_so():
            return
        await pilot.pause(0.02)
    raise AssertionError(page(pilot.app))  # type: ignore[arg-type]


async def confirmed(pilot: Pilot[int]) -> None:
    """The Fleet's name is typed, and the run's page is there."""
    await pilot.press("enter", *"hz-prod", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, RunPage))


def started(feed: StageFeed) -> list[str]:
    return [word for word in feed.desk.asked if word.startswith("start")]


async def test_a_sync_shows_what_is_written_where_the_application_stands_and_what_automation_does() -> None:
    app, _ = stage(fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "s")
        shown = page(app)
        await pilot.press("pagedown")
        whole = shown + page(app)

        assert f"SYNC argocd/{IDC}-api" in shown
        assert '"syncStrategy":{"hook":{}}' in shown
        assert "the API server would accept it" in whole
        assert "self-heal puts drift right" in " ".join(whole.split())
        assert "wanted main" in whole


async def test_it_begins_where_it_is_not_well_and_a_key_marks_the_next_member() -> None:
    app, _ = stage(fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "f")
        first = page(app)
        await pilot.press("n")

        assert f"REFRESH argocd/{IDC}-api" in first
        assert f"REFRESH argocd/{ACK}-api" in page(app)


async def test_a_disarmed_console_starts_nothing_and_says_so() -> None:
    app, feed = stage(fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "s")
        await pilot.press("enter")

        assert "enter confirm: the console is read-only; press a to arm it" == said(app)
        assert [] == started(feed)


async def test_read_only_settings_start_nothing() -> None:
    app, feed = stage(fleet(), Settings(read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "s")
        await pilot.press("a", "enter")

        assert "settings forbid every write (read_only: true)" in said(app)
        assert [] == started(feed)


async def test_keys_change_what_is_asked_and_the_plan_with_it() -> None:
    app, feed = stage(fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "s")
        await pilot.press("a", "p", "d", "v", *"main", "enter")
        await confirmed(pilot)
        step = feed.desk.steps["r1"]
        await pilot.press("escape")

        assert ("sync", "main", True, True) == (step.kind, step.revision, step.prune, step.dry_run)


async def test_keys_of_a_sync_say_why_they_do_nothing_to_a_refresh() -> None:
    app, feed = stage(fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "f")
        await pilot.press("p")
        assert "p prune: a refresh syncs nothing" == said(app)
        await pilot.press("h")
        await pilot.pause()
        await pilot.press("a")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        await confirmed(pilot)

        assert feed.desk.steps["r1"].hard


async def test_a_revision_that_automation_does_not_want_is_refused_before_the_confirmation() -> None:
    app, feed = stage(fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "s")
        await pilot.press("a", "v", *"v9", "enter", "enter")

        assert "automated blocks: automated sync is on and wants main, not v9" in said(app)
        assert [] == started(feed)


async def test_the_run_is_followed_found_on_the_list_and_takes_no_words() -> None:
    app, feed = stage(fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "s")
        await pilot.press("a")
        await confirmed(pilot)

        assert isinstance(app.screen, RunPage)
        assert f"sync argocd/{IDC}-api" in page(app)
        await pilot.press("1")
        assert "1 stop here: a sync takes no words: it ends by itself" == said(app)
        feed.desk.tell(replace(feed.desk.reports["r1"], state=RunState.DONE, message="synced: all tasks run"))
        await until(pilot, lambda: "synced: all tasks run" in page(app))
        await pilot.press("2")
        assert "there is nothing to put back" in said(app)
        await pilot.press("escape", "r")
        assert isinstance(app.screen, RunsPage)
        await until(pilot, lambda: f"sync {IDC}-api"[:20] in page(app))


async def test_a_refusing_api_server_stops_it_before_the_confirmation() -> None:
    app, feed = stage(fleet())
    feed.desk.answers = (Reason("permission", Severity.BLOCKS, "not allowed: patch applications", "it", "ask"),)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "s")
        await pilot.press("a", "enter")

        assert "dry run: not allowed: patch applications" in said(app)
        assert [] == started(feed)


async def test_an_application_that_goes_leaves_the_page_saying_so() -> None:
    app, feed = stage(fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "s")
        feed.show(situations.with_applications(situations.calm()))
        await pilot.pause()

        assert isinstance(app.screen, OneStepPage)
        assert "not in the picture any more" in page(app)
