"""The dashboard: the whole Fleet in one glance at 80x24, in every situation, and keys that say why not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual import events

from console.app import FleetConsole
from console.model.fleet import AlbHealth, AlbHealthWord
from screens.confirm import Confirmation
from screens.help import HelpPage
from screens.member import MemberPage
from screens.route import RoutePage
from screens.sources import SourcesPage
from tests import situations
from tests.stage import stage
from widgets.keys import Keys
from widgets.table import Table


def page(app: FleetConsole) -> list[str]:
    """The rows of the terminal."""
    return ["".join(strip.text) for strip in app.screen._compositor.render_strips()]


SIZES = [(80, 24), (120, 40), (200, 60), (60, 16), (40, 10)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", situations.ALL)
async def test_every_situation_is_drawn_at_every_size(name: str, size: tuple[int, int]) -> None:
    app, _ = stage(situations.ALL[name]())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        rows = page(app)

        assert size[1] == len(rows)
        assert "READ-ONLY" in rows[0]
        assert rows[-1].startswith("s shift")
        assert "\x1b" not in "".join(rows)


async def test_the_calm_fleet_is_whole_at_80_by_24() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        words = "\n".join(page(app))

        for word in ("zone-a", "zone-b", "ack-prod", "idc-prod", "gateway-demo/web-demo", "shop/checkout", "57-67",
                     "hub live", "cloud live", "probe live", "TIMELINE", "run 7c1 done", "62 %"):  # fmt: skip
            assert word in words
        assert not any(table.wanted > table.size.height for table in app.screen.query(Table))


async def test_a_wide_terminal_draws_the_topology_with_the_split_on_its_edges() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        (row,) = [row for row in page(app) if "clients ──" in row]

        assert "demo-gateway Active ─┬─  62 % ━" in row


async def test_a_very_wide_terminal_shows_the_marked_row_beside_the_tables() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(200, 60)) as pilot:
        await pilot.press("down")
        await pilot.pause()
        words = "\n".join(row[112:] for row in page(app))

        assert "gateway-demo/web-demo" in words
        assert situations.ACK in words


async def test_the_worst_thing_stands_under_the_header() -> None:
    app, _ = stage(situations.zone_lost())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()

        assert page(app)[1].startswith("!! zone-b idc-prod: 0 of 12 backends healthy")


async def test_no_kubeconfig_is_one_sentence_with_the_next_step_and_the_screen_stays() -> None:
    app, _ = stage(situations.no_kubeconfig())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter", "s", "r", "escape")
        words = " ".join(" ".join(row.split()) for row in page(app))

        assert "no kubeconfig was found. Give one with --kubeconfig FILE, or set KUBECONFIG" in words


async def test_an_unavailable_key_stays_in_the_footer_and_says_why() -> None:
    app, _ = stage(situations.no_kubeconfig())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("s")
        said = app.screen.query_one(Keys).said
        await pilot.press("down")

        assert "s shift: no route is selected" == said
        assert page(app)[-1].startswith("s shift")


async def test_the_selection_flows_from_members_to_routes_and_back() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("up", "up")
        first = app.screen.focused
        await pilot.press("down", "down", "down")

        assert ("members", "routes") == (
            first.id if first else None,
            app.screen.focused.id if app.screen.focused else None,
        )


async def test_the_selected_route_stays_selected_when_others_come_before_it() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "down")
        fleet = situations.calm()
        first = situations.route("a-new/route", situations.even(62, 38))
        feed.show(replace(fleet, routes=(first, *fleet.routes)))
        await pilot.pause()

        assert "shop/checkout" == app.screen.query_one("#routes", Table).selected


@pytest.mark.parametrize(
    ("keys", "place"),
    [("enter", RoutePage), ("up enter", MemberPage), ("i", SourcesPage), ("question_mark", HelpPage)],
)
async def test_pages_open_by_key_and_escape_leads_back(keys: str, place: type) -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys.split())
        opened = app.screen
        await pilot.press("escape")

        assert isinstance(opened, place)
        assert "Dashboard" == type(app.screen).__name__


async def test_the_filter_keeps_the_routes_that_hold_the_word() -> None:
    app, _ = stage(situations.many())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"0123", "enter")
        await pilot.pause()
        filtered = app.screen.query_one("#routes", Table).wanted
        await pilot.press("escape")
        await pilot.pause()

        assert (2, 1001) == (filtered, app.screen.query_one("#routes", Table).wanted)


async def test_a_filter_that_fits_nothing_says_so() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"zzz")
        await pilot.pause()

        assert any("none of 3 routes matches the filter" in row for row in page(app))


async def test_a_paste_outside_an_input_does_nothing() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        before = page(app)
        app.post_message(events.Paste("saq\n"))
        await pilot.pause()

        assert before == page(app)


async def test_a_covered_screen_draws_nothing_and_catches_up_when_it_is_uncovered() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        below = app.screen_stack[0]
        drawn: list[str] = []
        below.draw = lambda: drawn.append("drawn")  # type: ignore[attr-defined]
        feed.show(situations.zone_lost())
        await pilot.pause()
        covered = list(drawn)
        await pilot.press("escape")
        await pilot.pause()

        assert ([], ["drawn"]) == (covered, drawn[:1])


async def test_a_screen_beneath_a_dialog_stays_current() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(Confirmation("Drain", ("It drains.",), "word"))
        await pilot.pause()
        drawn: list[str] = []
        app.screen_stack[0].draw = lambda: drawn.append("drawn")  # type: ignore[attr-defined]
        feed.show(situations.zone_lost())
        await pilot.pause()

        assert ["drawn"] == drawn[:1]


async def test_the_palette_finds_an_action() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("colon")
        await pilot.pause(0.2)
        await pilot.press(*"sources")
        await pilot.pause(0.6)
        await pilot.press("enter")
        await pilot.pause(0.3)

        assert isinstance(app.screen, SourcesPage)


async def test_hostile_text_moves_no_column() -> None:
    app, _ = stage(situations.hostile_text())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        widths = {strip.cell_length for strip in app.screen._compositor.render_strips()}

        assert {80} == widths


async def test_unknown_health_is_never_ok_and_never_dead() -> None:
    fleet = situations.calm()
    unknown = replace(fleet.members[1], alb_health=AlbHealth(AlbHealthWord.UNKNOWN, why="weight 0: Unused"))
    app, _ = stage(replace(fleet, members=(fleet.members[0], unknown)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        (row,) = [row for row in page(app) if "idc-prod" in row and "reg" in row]

        assert "?" in row.split()
        assert "dead" not in row


async def test_the_members_on_the_screen_are_told_to_whoever_reads() -> None:
    calm = situations.calm()
    crowd = [replace(calm.members[0], id=f"c{number:031}", name=f"ack-{number:03}") for number in range(100)]
    app, feed = stage(replace(calm, members=tuple(crowd)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()

    assert "c" + "0" * 31 == feed.desk.seen[0]
    assert 1 <= len(feed.desk.seen) < 24
