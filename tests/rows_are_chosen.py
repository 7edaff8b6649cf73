"""`/` narrows every table at once and says by how much, `o` sorts the routes, and the marked row stays marked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual import events

from console.app import FleetConsole
from console.model.fleet import Agreement, Controller, Fleet, Layer
from console.present.chosen import Order, choose, counts, ordered, trouble
from tests import situations
from tests.stage import stage
from widgets.field import Field
from widgets.keys import Keys
from widgets.table import Table


def page(app: FleetConsole) -> str:
    """The rows of the terminal."""
    return "\n".join("".join(strip.text) for strip in app.screen._compositor.render_strips())


def marked(app: FleetConsole) -> str | None:
    """The marked route."""
    return app.screen.query_one("#routes", Table).selected


def troubled() -> Fleet:
    """One route is well, one is not settled, one disagrees, the last one failed; two gateways."""
    fleet = situations.calm()
    first, second, third = fleet.routes
    apart = Agreement(False, Layer.RULE, Layer.RULE, "the rule holds 62", situations.NOW - 9)
    return replace(
        fleet,
        routes=(
            replace(first, gateway="west"),
            replace(second, agreement=replace(second.agreement, settled=False)),
            replace(third, agreement=apart),
            replace(third, key="shop/zz", gateway="west", controller=Controller.FAILED),
        ),
    )


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("", "2 of 2 members, 3 of 3 routes, 2 of 2 applications"),
        ("ZONE-A", "1 of 2 members, 0 of 3 routes, 0 of 2 applications"),
        ("web-demo", "0 of 2 members, 1 of 3 routes, 1 of 2 applications"),
        ("shop.example", "0 of 2 members, 1 of 3 routes, 0 of 2 applications"),
        (situations.IDC[-6:], "1 of 2 members, 0 of 3 routes, 0 of 2 applications"),
    ],
)
def test_a_word_is_looked_for_in_every_table(word: str, said: str) -> None:
    fleet = situations.calm()

    assert said == counts(fleet, choose(fleet, word))


def test_trouble_comes_first() -> None:
    fleet = troubled()

    assert [0, 1, 3, 4] == [trouble(route) for route in ordered(fleet.routes, Order.TROUBLE)]


def test_by_gateway_the_names_stay_in_order_and_routes_without_one_come_last() -> None:
    fleet = troubled()
    astray = (replace(fleet.routes[0], key="a/astray", gateway=None), *fleet.routes)

    assert ["gateway-demo/web-demo", "shop/checkout", "gateway-demo/api", "shop/zz", "a/astray"] == [
        route.key for route in ordered(astray, Order.GATEWAY)
    ]


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((80, 24), "0 of 2 members, 1 of 3 routes, 1 of 2 applications"),
        ((120, 40), "0 of 2 members, 1 of 3 routes, 1 of 2 applications"),
        ((60, 16), "0/2 1/3 1/2"),
    ],
)
async def test_the_filter_says_how_many_of_how_many(size: tuple[int, int], said: str) -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=size) as pilot:
        await pilot.press("slash", *"web")
        await pilot.pause()

        assert said in page(app)
        assert "none of 2 members matches the filter" in page(app)


async def test_a_word_that_comes_in_one_burst_with_the_key_is_no_key_of_the_dashboard() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(120, 40)) as pilot:
        for key, character in (("slash", "/"), *((letter, letter) for letter in "shop")):
            app.post_message(events.Key(key, character))
        await pilot.pause()
        await pilot.pause()

        assert "shop" == app.screen.query_one("#filter", Field).value
        assert "1 of 3 routes" in page(app)


async def test_enter_keeps_the_filter_and_leads_to_the_rows_that_there_are() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"zone-b", "enter")
        await pilot.pause()
        kept = page(app)

        assert "FILTER" in kept
        assert "1 of 2 members" in kept
        assert "members" == (app.screen.focused.id if app.screen.focused else None)


async def test_escape_shows_everything_again_also_while_one_types() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"zone-b", "escape")
        await pilot.pause()

        assert "FILTER" not in page(app)
        assert [3, 4, 3] == [app.screen.query_one(f"#{n}", Table).wanted for n in ("members", "routes", "applications")]
        assert "routes" == (app.screen.focused.id if app.screen.focused else None)


async def test_o_goes_through_the_orders_and_the_marked_row_stays_marked() -> None:
    app, _ = stage(troubled())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down")
        seen = []
        for _ in Order:
            await pilot.press("o")
            await pilot.pause()
            table = app.screen.query_one("#routes", Table)
            seen.append((app.screen.query_one(Keys).said.partition(":")[0], table.index, marked(app)))

        assert [
            ("routes by trouble", 2, "gateway-demo/web-demo"),
            ("routes by gateway, then by name", 0, "gateway-demo/web-demo"),
            ("routes by name", 1, "gateway-demo/web-demo"),
        ] == seen


async def test_the_head_of_the_table_says_the_order_while_it_is_not_by_name() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o")
        await pilot.pause()
        by_trouble = page(app)
        await pilot.press("o", "o")
        await pilot.pause()

        assert "ROUTES by trouble" in by_trouble
        assert "ROUTES by" not in page(app)


async def test_a_route_that_gets_into_trouble_moves_and_stays_marked() -> None:
    fleet = situations.calm()
    app, feed = stage(fleet)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "down", "o")
        failed = replace(fleet.routes[2], controller=Controller.FAILED)
        feed.show(replace(fleet, routes=(*fleet.routes[:2], failed)))
        await pilot.pause()

        assert (0, "shop/checkout") == (app.screen.query_one("#routes", Table).index, marked(app))


async def test_there_is_nothing_to_sort_where_there_are_no_routes() -> None:
    app, _ = stage(situations.denied())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o")

        assert "o order: there are no routes to sort" == app.screen.query_one(Keys).said
