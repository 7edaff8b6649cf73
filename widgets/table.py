"""A live table: rows of facts by key, the selected one marked, its own window over any number of rows.

Only the rows in the window are drawn, a changed fact repaints its cell, and the selection follows its key when the
order changes. Rows move under the selection only when a person moves it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from console.present.line import Ink, Line, Span
from console.present.sheet import Sheet
from widgets.lines import Lines
from widgets.paint import SELECTED, strip

MARKED = Span("▸ ", Ink.ACCENT)
UNMARKED = Span("  ")


class Table(Lines, can_focus=True):
    """Draws a `Sheet`; `selected` is the key of the marked row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "page down", show=False),
        Binding("home", "end(-1)", "first", show=False),
        Binding("end", "end(1)", "last", show=False),
        Binding("enter", "open", "open", show=False),
    ]

    class Opened(Message):
        """A row was opened."""

        def __init__(self, table: Table, key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> Table:
            """The table it was opened in."""
            return self.table

    class Moved(Message):
        """Another row was marked."""

        def __init__(self, table: Table, key: str | None) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> Table:
            """The table it was marked in."""
            return self.table

    class Left(Message):
        """The selection was moved beyond the first row (-1) or the last one (1)."""

        def __init__(self, table: Table, way: int) -> None:
            super().__init__()
            self.table = table
            self.way = way

    def __init__(self, *, id: str | None = None, selectable: bool = True, keeps: bool = False) -> None:
        """`keeps`: the mark stays while another widget has the keys, since actions are about the marked row."""
        super().__init__(id=id)
        self.can_focus = selectable
        self._keeps = keeps
        self._sheet: Sheet[Any] = Sheet()
        self._keys: list[str] = []
        self._selected: str | None = None
        self._top = 0

    @property
    def sheet(self) -> Sheet[Any]:
        """The table's value."""
        return self._sheet

    @sheet.setter
    def sheet(self, sheet: Sheet[Any]) -> None:
        place = self.index
        self._sheet = sheet
        self._keys = [sheet.key(item) for item in sheet.items]
        if self._selected not in self._keys:
            self._selected = self._keys[min(place or 0, len(self._keys) - 1)] if self._keys else None
        self._show_selected()
        self.repaint()

    @property
    def selected(self) -> str | None:
        """Key of the marked row, None where there are no rows."""
        return self._selected

    def select(self, key: str | None) -> None:
        """Mark the row of `key`, where there is one."""
        if key == self._selected or key not in self._keys:
            return
        self._selected = key
        self._show_selected()
        self.repaint()
        self.post_message(self.Moved(self, key))

    @property
    def index(self) -> int | None:
        """Place of the marked row."""
        return self._keys.index(self._selected) if self._selected in self._keys else None

    @property
    def on_screen(self) -> tuple[str, ...]:
        """Keys of the rows that are on the screen."""
        return tuple(self._keys[self._top : self._top + self._room])

    @property
    def wanted(self) -> int:
        """Rows that show everything: the head, the rows, the note."""
        return 1 + len(self._keys) + len(self._sheet.note)

    def strips(self, cells: int, rows: int) -> list[Strip]:
        """Head, the rows of the window, the note."""
        sheet, room = self._sheet, self._room
        note = [strip(one, cells) for one in sheet.note[: max(0, rows - 1)]]
        drawn = [strip(self._head(cells), cells)]
        for place in range(self._top, min(self._top + room, len(self._keys))):
            marked = self._keys[place] == self._selected and (self.has_focus or self._keeps)
            row = sheet.row(sheet.items[place], cells, MARKED if marked else UNMARKED)
            drawn.append(strip(row, cells, over=SELECTED if marked and self.has_focus else None))
        return [*drawn, *note]

    def _head(self, cells: int) -> Line:
        if len(self._keys) <= self._room:
            return self._sheet.head(cells)
        last = min(self._top + self._room, len(self._keys))
        first, every = self._top + 1, len(self._keys)
        return self._sheet.head(
            cells, f" {first}-{last} of {every:,}", f" {first}-{last}/{every}", f" {first}/{every}", f" /{every}"
        )

    @property
    def _room(self) -> int:
        return max(1, self.size.height - 1 - len(self._sheet.note))

    def _show_selected(self) -> None:
        """Move the window as little as shows the marked row."""
        place = self.index
        if place is None:
            self._top = 0
            return
        room = self._room
        self._top = min(self._top, max(0, len(self._keys) - room))
        if place < self._top:
            self._top = place
        elif place >= self._top + room:
            self._top = place - room + 1

    def on_resize(self) -> None:
        """The window may hold more or fewer rows now."""
        self._show_selected()

    def on_focus(self, event: events.Focus) -> None:
        """The marked row is drawn reversed while the table has the keys."""
        self.repaint()

    def on_blur(self, event: events.Blur) -> None:
        """And plain with its mark while it has not."""
        self.repaint()

    def action_move(self, way: int) -> None:
        """One row up or down; beyond the ends the screen decides."""
        place = self.index
        if place is None or not 0 <= place + way < len(self._keys):
            self.post_message(self.Left(self, way))
            return
        self.select(self._keys[place + way])

    def action_page(self, way: int) -> None:
        """One window up or down."""
        if (place := self.index) is not None:
            self.select(self._keys[max(0, min(len(self._keys) - 1, place + way * self._room))])

    def action_end(self, way: int) -> None:
        """To the first or last row."""
        if self._keys:
            self.select(self._keys[0 if way < 0 else -1])

    def action_open(self) -> None:
        """Open the marked row."""
        if self._selected is not None:
            self.post_message(self.Opened(self, self._selected))
