"""A live table: the selection follows its key, and a changed cell repaints itself."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.geometry import Region

from console.present.line import line
from console.present.sheet import Column, Sheet
from widgets.table import Table

Fact = tuple[str, str]


def sheet(facts: Sequence[Fact]) -> Sheet[Fact]:
    """Names and values."""
    columns = (Column[Fact]("NAME", 24, lambda f: line(f[0])), Column[Fact]("VALUE", 6, lambda f: line(f[1])))
    return Sheet(columns, tuple(facts), lambda f: f[0])


class Stage(App[None]):
    """One table of six rows, its head included."""

    CSS = "Table { height: 6; }"

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.left: list[int] = []

    def compose(self) -> ComposeResult:
        """The table."""
        yield Table(keeps=True)

    def on_table_opened(self, message: Table.Opened) -> None:
        """Kept."""
        self.opened.append(message.key)

    def on_table_left(self, message: Table.Left) -> None:
        """Kept."""
        self.left.append(message.way)


def shown(table: Table) -> list[str]:
    """The rows as text."""
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


async def test_the_selected_row_stays_selected_when_the_order_changes() -> None:
    app = Stage()
    async with app.run_test(size=(40, 8)) as pilot:
        table = app.query_one(Table)
        table.focus()
        table.sheet = sheet([("a", "1"), ("b", "2"), ("c", "3")])
        await pilot.press("down")
        table.sheet = sheet([("c", "3"), ("a", "1"), ("b", "2")])
        await pilot.pause()

        assert ("b", 2) == (table.selected, table.index)
        assert ["NAME", "c", "a", "▸ b"] == [row[:6].strip() for row in shown(table)[:4]]


async def test_a_selected_row_that_goes_hands_on_to_the_one_in_its_place() -> None:
    app = Stage()
    async with app.run_test(size=(40, 8)):
        table = app.query_one(Table)
        table.sheet = sheet([("a", "1"), ("b", "2"), ("c", "3")])
        table.select("b")
        table.sheet = sheet([("a", "1"), ("c", "3")])

        assert "c" == table.selected


async def test_a_changed_value_repaints_its_cell_and_nothing_else() -> None:
    app = Stage()
    async with app.run_test(size=(40, 8)) as pilot:
        table = app.query_one(Table)
        table.sheet = sheet([("a", "11"), ("b", "22")])
        await pilot.pause()
        painted: list[Region] = []
        table.refresh = lambda *regions, **options: painted.extend(regions)  # type: ignore[assignment, method-assign]
        table.sheet = sheet([("a", "11"), ("b", "23")])

        assert [(2, 1)] == [(region.y, region.height) for region in painted]
        assert painted[0].width <= 6


async def test_an_equal_sheet_paints_nothing() -> None:
    app = Stage()
    async with app.run_test(size=(40, 8)) as pilot:
        table = app.query_one(Table)
        table.sheet = sheet([("a", "11")])
        await pilot.pause()
        painted: list[Region] = []
        table.refresh = lambda *regions, **options: painted.extend(regions)  # type: ignore[assignment, method-assign]
        table.sheet = sheet([("a", "11")])

        assert [] == painted


async def test_a_window_over_many_rows_says_which_and_moves_only_as_far_as_it_must() -> None:
    app = Stage()
    async with app.run_test(size=(50, 8)) as pilot:
        table = app.query_one(Table)
        table.focus()
        table.sheet = sheet([(f"r{n:04}", "1") for n in range(5000)])
        await pilot.press("end")
        first = shown(table)
        await pilot.press("up")

        assert first[0].startswith("NAME 4996-5000 of 5,000")
        assert [first[1:4], "r4998"] == [shown(table)[1:4], table.selected]


async def test_keys_open_and_leave() -> None:
    app = Stage()
    async with app.run_test(size=(40, 8)) as pilot:
        table = app.query_one(Table)
        table.focus()
        table.sheet = sheet([("a", "1"), ("b", "2")])
        await pilot.press("enter", "up", "down", "down")

        assert (["a"], [-1, 1]) == (app.opened, app.left)
