"""One registry: footer, palette, help and README say the same keys."""

from __future__ import annotations

from pathlib import Path

import pytest

import screens
from console.present import line
from screens import actions
from screens.actions import ACTIONS
from screens.application import ApplicationPage
from screens.connect import ConnectPage
from screens.dashboard import Dashboard
from screens.drain import DrainPage, TargetsPage
from screens.edit import EditPage
from screens.gateway import GatewayPage
from screens.help import PAGES, HelpPage
from screens.member import MemberPage
from screens.offer import OfferPage
from screens.onestep import OneStepPage
from screens.place import Place
from screens.review import ReviewPage
from screens.route import RoutePage
from screens.run import RunPage
from screens.runs import RunsPage
from screens.set import SetPage
from screens.setup import SetupPage
from screens.setup_run import SetupRunPage
from screens.shift import ShiftPage
from screens.sources import SourcesPage
from screens.standing import Standing
from screens.text import TextPage
from screens.yaml import YamlPage
from tests import situations
from tests.stage import stage
from widgets.pager import Pager

PLACES: list[type[Place]] = [
    Dashboard, RoutePage, MemberPage, ApplicationPage, GatewayPage, YamlPage, SourcesPage, ShiftPage, RunPage,
    RunsPage, HelpPage, DrainPage, TargetsPage, OneStepPage, SetPage, SetupPage, ReviewPage, SetupRunPage, EditPage,
    TextPage, OfferPage, ConnectPage,
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_every_action_of_a_place_is_bound_and_carried_out_there(place: type[Place]) -> None:
    for action in actions.at(place.PLACE):
        assert callable(getattr(place, f"do_{action.id}")), action.id
        assert any(getattr(binding, "key", None) == action.key for binding in place.BINDINGS), action.id


@pytest.mark.parametrize("place", PLACES)
def test_no_place_has_one_key_for_two_actions(place: type[Place]) -> None:
    keys = [action.key for action in actions.at(place.PLACE)]

    assert sorted(set(keys)) == sorted(keys)


def test_no_action_needs_a_mouse_an_alt_or_a_function_key() -> None:
    keys = [action.key for action in ACTIONS]

    assert not [key for key in keys if key.startswith(("alt+", "f1", "f2", "super+", "ctrl+shift"))]


def test_readme_says_every_key() -> None:
    readme = (Path(screens.__file__).parent.parent / "README.md").read_text("utf-8")
    shown = readme.partition("<!-- keys -->")[2].partition("<!-- /keys -->")[0]

    assert actions.key_table() == shown.strip()


async def test_help_says_every_key_of_the_place_it_was_asked_from() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("question_mark")
        said = [line.text(one) for one in app.screen.query_one(Pager).content]

        for action in actions.at("dashboard"):
            assert any(action.label in row and action.title in row and action.does in row for row in said), action.id


async def test_the_palette_offers_the_places_actions_and_nothing_else() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)):
        offered = {command.title for command in app.get_system_commands(app.screen)}

        assert {f"{a.title} ({a.label})" for a in actions.at("dashboard") if a.id != "palette"} == offered


@pytest.mark.parametrize("action", [action for action in ACTIONS if action.danger])
def test_whatever_changes_the_world_can_be_unavailable(action: actions.Action) -> None:
    nothing = Standing(fleet=situations.nothing_yet(), read_only=True)

    assert "" != action.unavailable(nothing)


def test_the_header_says_how_long_arming_lasts() -> None:
    fleet = situations.calm()

    assert ["READ-ONLY (a arms)", "ARMED 9 min", "READ-ONLY (settings)"] == [
        actions.arming(Standing(fleet)),
        actions.arming(Standing(fleet, armed=590.0)),
        actions.arming(Standing(fleet, read_only=True, armed=590.0)),
    ]


def test_every_help_page_belongs_to_a_place() -> None:
    known = {place.PLACE for place in PLACES} | {"reading"}

    assert {page.stem for page in PAGES.glob("*.md")} <= known
