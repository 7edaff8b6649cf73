"""Several Fleets: one is shown at a time, chosen by name, and no fact of one is ever shown under another's name."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from console import settings as settings_file
from console.app import FleetConsole
from console.errors import SettingsError
from console.model.fleet import Fleet
from console.settings import FleetSettings, Settings
from screens.dashboard import Dashboard
from screens.fleets import FleetsPage
from tests import situations
from tests.screen_shift import page, said
from tests.stage import StageFeed

NAMES = ("hz-prod", "sh-prod")
SETTINGS = Settings(fleets=tuple(FleetSettings(name=name) for name in NAMES))


def pictured(name: str) -> Fleet:
    """A Fleet whose members have the same names as the other's, and whose routes do not."""
    fleet = situations.calm()
    routes = tuple(replace(route, key=f"{name}/{route.key.partition('/')[2]}") for route in fleet.routes)
    return replace(fleet, name=name, uid=f"uid-{name}", routes=routes, region=None)


class Feeds:
    """Feeds of both, all kept: a former one may publish late."""

    def __init__(self) -> None:
        self.made: list[StageFeed] = []

    def __call__(self, settings: Settings, config: Path | None = None) -> StageFeed:
        assert settings.fleet.name is not None
        self.made.append(StageFeed(pictured(settings.fleet.name)))
        return self.made[-1]


def console() -> tuple[FleetConsole, Feeds]:
    feeds = Feeds()
    return FleetConsole(SETTINGS, feeds(SETTINGS), feeds=feeds), feeds


async def test_another_fleet_is_chosen_by_a_key_and_the_console_is_read_only_after_it() -> None:
    app, _ = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a", "f", "down", "enter")
        await pilot.pause(0.2)
        words = page(app)

        assert app.armed is None
        assert isinstance(app.screen, Dashboard)
        assert words.startswith("sh-prod")
        assert "sh-prod/api" in words
        assert "hz-prod" not in words


async def test_the_fleet_that_is_shown_is_not_opened_again() -> None:
    app, feeds = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f", "enter")

        assert isinstance(app.screen, FleetsPage)
        assert "hz-prod is shown already" == said(app)
        assert 1 == len(feeds.made)


async def test_one_fleet_alone_has_no_other() -> None:
    app = FleetConsole(Settings(), StageFeed(situations.calm()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f")

        assert "f fleets: settings name no other Fleet" == said(app)


async def test_no_fact_crosses_over_in_1000_random_switches() -> None:
    app, feeds = console()
    chance = random.Random(7)
    mixed: list[str] = []
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(1000):
            name = chance.choice(NAMES)
            if name != app.settings.fleet.name:
                app.open_fleet(name)
            late = chance.choice(feeds.made[-20:])
            late.again()
            if chance.random() < 0.1:
                await pilot.pause()
            shown = app.fleet
            strange = [route.key for route in shown.routes if not route.key.startswith(f"{shown.name}/")]
            mixed += strange if shown.name == app.settings.fleet.name else [shown.name]

        assert [] == mixed


def test_a_fleet_is_opened_by_its_name() -> None:
    assert "sh-prod" == SETTINGS.opening("sh-prod").fleet.name
    assert SETTINGS is SETTINGS.opening(None)
    with pytest.raises(SettingsError, match=r"no Fleet is called 'x'\. In settings: hz-prod, sh-prod"):
        SETTINGS.opening("x")


@pytest.mark.parametrize("fleets", [[{"name": "a"}, {"name": "a"}], [{"name": "a"}, {}]])
def test_several_fleets_need_names_of_their_own(fleets: list[dict[str, str]]) -> None:
    with pytest.raises(SettingsError, match="several Fleets need a name each"):
        settings_file.parse({"fleets": fleets})
