"""`c`: what is copied is what was asked for, it is said, and nothing else ever is."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.run.access import Access
from console.settings import Settings
from screens.desk import ObservedFleet
from screens.run import RunPage
from tests import situations
from tests.objects_as_yaml import ROUTE, shown, written
from tests.objects_as_yaml import ingress as ingress_with
from tests.stage import stage
from widgets.keys import Keys


@pytest.mark.parametrize(
    ("keys", "copied"),
    [("c", "gateway-demo/api"), ("up c", "ack-prod"), ("down down c", "shop/checkout"), ("down down down c", "api")],
)
async def test_on_the_dashboard_it_is_the_marked_rows_name(keys: str, copied: str) -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*keys.split())

        assert copied == app.clipboard
        assert f"copied to the terminal's clipboard: {copied}" in app.screen.query_one(Keys).said


async def test_on_a_page_it_is_the_whole_page_also_what_is_below_the_window() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter", "c")

        assert app.clipboard.startswith("gateway-demo/api")
        assert "WHAT HAPPENED" in app.clipboard
        assert "run 7c1 done" in app.clipboard


async def test_on_a_yaml_page_it_is_the_object_alone() -> None:
    app, feed = stage(situations.calm())
    feed.desk.documents["gateway-demo/api"] = document = written(ingress_with(labels={"long": "x" * 300}))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("y")
        await shown(app, pilot, "ingressClassName")
        await pilot.press("c")

        assert "\n".join(document.lines) + "\n" == app.clipboard
        assert f"the YAML of Ingress {ROUTE.key}" in app.screen.query_one(Keys).said


async def test_on_a_runs_page_it_is_the_command_that_attaches() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("s", "8", "0", "down", "equals_sign")
        await pilot.pause()
        plan = app.screen._decision.plan  # type: ignore[attr-defined]
        app.push_screen(RunPage(feed.desk.start_run(plan, "OPS-12", ())))
        await pilot.pause()
        await pilot.press("c")

        assert "fleet-console attach r1" == app.clipboard


async def test_too_much_is_not_copied_and_said() -> None:
    app, feed = stage(situations.calm())
    feed.desk.documents["gateway-demo/api"] = written(ingress_with(labels={"long": "x" * 300_000}))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("y")
        await shown(app, pilot, "ingressClassName")
        await pilot.press("c")

        assert "" == app.clipboard
        assert "not copied: 293 KiB" in app.screen.query_one(Keys).said


async def test_nothing_marked_is_nothing_copied() -> None:
    app, _ = stage(situations.nothing_yet())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")

        assert "" == app.clipboard
        assert "c copy: there is nothing to copy: no row is marked" == app.screen.query_one(Keys).said


def test_the_command_names_how_the_fleet_was_reached_and_is_quoted_for_a_shell() -> None:
    desk = ObservedFleet(Settings(), Access(kubeconfig="/k s", state_dir=Path("/state"))).desk

    assert "fleet-console attach '7c1; x' --kubeconfig '/k s' --state-dir /state" == desk.attach("7c1; x")
