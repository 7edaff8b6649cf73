"""Only what differs is written to the terminal, and what is written makes the terminal show the frame."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from widgets.glass import Glass

COLUMNS, ROWS = 12, 3
STANDARD = ColorSystem.STANDARD
STYLES = [None, Style(bold=True), Style(color="red"), Style(color="default", bgcolor="default"), Style(reverse=True)]


def frame(*rows: str | Strip) -> LayoutUpdate:
    """A whole frame of rows."""
    strips = [row if isinstance(row, Strip) else Strip([Segment(row.ljust(COLUMNS))]) for row in rows]
    return LayoutUpdate([[strip] for strip in strips], Region(0, 0, COLUMNS, ROWS))


class Terminal:
    """As much of a terminal as `Glass` writes to: moves, erasing, attributes, ASCII."""

    def __init__(self) -> None:
        self.rows = [[(" ", "")] * COLUMNS for _ in range(ROWS)]
        self._at = (0, 0)
        self._style = ""

    def write(self, data: str) -> None:
        """Obey."""
        for control, end, text in re.findall(r"\x1b\[([0-9;]*)([A-Za-z])|([^\x1b])", data):
            y, x = self._at
            if end == "H":
                row, column = map(int, control.split(";"))
                self._at = (row - 1, column - 1)
            elif end == "J":
                self.rows = [[(" ", "")] * COLUMNS for _ in range(ROWS)]
            elif end == "K":
                self.rows[y][x:] = [(" ", "")] * (COLUMNS - x)
            elif end == "m":
                words = control.removeprefix("0;")
                self._style = "" if words in ("0", "") else words
            else:
                self.rows[y][x] = (text, self._style)
                self._at = (y, x + 1)

    def words(self) -> list[str]:
        """The letters shown."""
        return ["".join(cell for cell, _ in row) for row in self.rows]


def test_a_first_frame_costs_its_letters_and_not_its_blanks() -> None:
    written = Glass().difference(frame("hello", "", ""), (COLUMNS, ROWS), STANDARD)

    assert "\x1b[0m\x1b[2J\x1b[1;1Hhello" == written


def test_an_equal_frame_writes_nothing() -> None:
    glass = Glass()
    glass.difference(frame("hello", "", ""), (COLUMNS, ROWS), STANDARD)

    assert "" == glass.difference(frame("hello", "", ""), (COLUMNS, ROWS), STANDARD)


def test_a_changed_cell_costs_that_cell() -> None:
    glass = Glass()
    glass.difference(frame("hello world!", "", ""), (COLUMNS, ROWS), STANDARD)

    assert "\x1b[1;7HW" == glass.difference(frame("hello World!", "", ""), (COLUMNS, ROWS), STANDARD)


def test_another_size_is_written_whole() -> None:
    glass = Glass()
    glass.difference(frame("hello", "", ""), (COLUMNS, ROWS), STANDARD)

    assert "hello" in glass.difference(frame("hello", "", ""), (COLUMNS + 1, ROWS), STANDARD)


def test_what_is_forgotten_is_written_whole() -> None:
    glass = Glass()
    glass.difference(frame("hello", "", ""), (COLUMNS, ROWS), STANDARD)
    glass.forget()

    assert "hello" in glass.difference(frame("hello", "", ""), (COLUMNS, ROWS), STANDARD)


def test_the_terminals_own_colours_need_no_sequence() -> None:
    own = Strip([Segment("hello".ljust(COLUMNS), Style(color="default", bgcolor="default"))])

    assert "\x1b[0m\x1b[2J\x1b[1;1Hhello" == Glass().difference(frame(own, "", ""), (COLUMNS, ROWS), STANDARD)


def test_without_colours_there_is_no_attribute_at_all() -> None:
    red = Strip([Segment("hello".ljust(COLUMNS), Style(color="red", bold=True))])
    written = Glass().difference(frame(red, "", ""), (COLUMNS, ROWS), None)

    assert "\x1b[1;1Hhello" in written
    assert re.search(r"\x1b\[[1-9][0-9;]*m", written) is None


def test_mono_marks_by_bold_and_reverse_what_colours_mark() -> None:
    inks = (
        Style(color="yellow"),
        Style(color="red", bold=True),
        Style(bgcolor="blue"),
        Style(dim=True, underline=True),
        Style(color="default", bgcolor="default"),
    )
    row = Strip([Segment(letter, ink) for letter, ink in zip("abcde", inks, strict=True)] + [Segment(" " * 7)])
    written = Glass(mono=True).difference(frame(row, "", ""), (COLUMNS, ROWS), STANDARD)

    assert "\x1b[0m\x1b[2J\x1b[1;1H\x1b[1ma\x1b[0;1;7mb\x1b[0;7mc\x1b[0;2md\x1b[0me" == written


def test_a_row_with_wide_characters_is_written_whole() -> None:
    glass = Glass()
    glass.difference(frame(Strip([Segment("宽a" + " " * 9)]), "", ""), (COLUMNS, ROWS), STANDARD)
    written = glass.difference(frame(Strip([Segment("宽b" + " " * 9)]), "", ""), (COLUMNS, ROWS), STANDARD)

    assert "\x1b[1;1H宽b\x1b[K" == written


def test_a_plain_terminal_gets_ascii_only_in_the_same_cells() -> None:
    row = Strip([Segment("─━▸…宽é".ljust(COLUMNS - 1))])
    written = Glass(plain=True).difference(frame(row, "", ""), (COLUMNS, ROWS), STANDARD)

    assert "-=>~???" in written
    assert written.isascii()


@pytest.mark.parametrize("seed", range(3))
@given(st.data())
def test_a_terminal_that_obeys_shows_every_frame(seed: int, data: st.DataObject) -> None:
    glass, terminal = Glass(), Terminal()
    letters = st.text("ab ", min_size=COLUMNS, max_size=COLUMNS)
    for _ in range(3):
        rows = data.draw(st.lists(letters, min_size=ROWS, max_size=ROWS))
        inks = data.draw(st.lists(st.sampled_from(STYLES), min_size=ROWS, max_size=ROWS))
        strips = [Strip([Segment(row[:5], ink), Segment(row[5:])]) for row, ink in zip(rows, inks, strict=True)]
        terminal.write(glass.difference(frame(*strips), (COLUMNS, ROWS), STANDARD))

        assert rows == terminal.words()
