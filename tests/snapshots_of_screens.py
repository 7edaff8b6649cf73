"""A few pictures of whole screens, compared cell by cell; time, zone and size are fixed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests import screen_setup, situations
from tests.stage import stage


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of day as UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_calm_at_80_by_24(snap_compare: Any) -> None:
    app, _ = stage(situations.calm())

    assert snap_compare(app, terminal_size=(80, 24))


def test_a_lost_zone_at_120_by_40(snap_compare: Any) -> None:
    app, _ = stage(situations.zone_lost())

    assert snap_compare(app, terminal_size=(120, 40))


def test_a_waiting_controller_at_200_by_60(snap_compare: Any) -> None:
    app, _ = stage(situations.controller_waiting())

    assert snap_compare(app, terminal_size=(200, 60))


def test_a_shift_being_planned_at_80_by_24(snap_compare: Any) -> None:
    app, _ = stage(situations.calm())

    async def plan(pilot: Any) -> None:
        await pilot.pause(0.5)
        await pilot.press("s", "8", "0", "down", "equals_sign", "tab", *"OPS-12")
        await pilot.pause(0.8)

    assert snap_compare(app, terminal_size=(80, 24), run_before=plan)


def test_the_wizard_with_a_clash_at_120_by_40(snap_compare: Any) -> None:
    app, feed = stage(situations.calm(), screen_setup.SETTINGS)
    feed.desk.setups.kept = screen_setup.clashing()

    async def open_it(pilot: Any) -> None:
        await pilot.pause(0.5)
        await pilot.press("w")
        await screen_setup.settled(pilot)
        await pilot.press("5")
        await screen_setup.settled(pilot)

    assert snap_compare(app, terminal_size=(120, 40), run_before=open_it)
