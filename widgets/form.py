"""A form: rows of fields with what is wrong beside each, a value edited in place, boxes to tick, lists to choose from.

Moving and typing are apart: enter, or a digit or letter never by itself, begins to type; enter and the arrows keep what
was typed, escape takes it back. So the keys of the page keep their meaning wherever nothing is being typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from console.decide.setup.typed import Ask
from console.model.text import inert
from console.present.line import Ink, Line, Span, cut, dim, fit, line, strong, width
from console.present.setup_form import Row
from widgets.lines import Lines
from widgets.paint import SELECTED, strip

LIMIT = 2_000
"""Characters that a value may have."""


class Form(Lines, can_focus=True):
    """Draws rows; `selected` is the marked one's key. Rows move under the mark only when a person moves it."""

    DEFAULT_CSS = "Form { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup,ctrl+b", "move(-10)", "page up", show=False),
        Binding("pagedown,ctrl+f", "move(10)", "page down", show=False),
        Binding("home", "move(-9999)", "first", show=False),
        Binding("end", "move(9999)", "last", show=False),
        Binding("enter", "open", "change", show=False),
        Binding("space", "tick", "tick", show=False),
    ]

    class Typed(Message):
        """A value is being typed, or was taken back."""

        def __init__(self, key: str, text: str) -> None:
            super().__init__()
            self.key = key
            self.text = text

    class Kept(Message):
        """What was typed is kept: the next row may be marked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Opened(Message):
        """A row that is not typed was opened: a list to choose from, an item to add, a box, a check."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    class Ticked(Message):
        """A box was turned."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    class Moved(Message):
        """Another row was marked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: tuple[Row, ...] = ()
        self._place = 0
        self._top = 0
        self._typing: str | None = None
        self._cursor = 0
        self._before = ""

    def show(self, rows: Sequence[Row]) -> None:
        """New rows; the mark stays on its row where that is still there, and what is being typed goes on."""
        marked = self.selected
        self._rows = tuple(rows)
        keys = [one.key for one in self._rows]
        if marked is not None and marked.key in keys:
            self._place = keys.index(marked.key)
        else:
            self._typing = None
            self._place = min(self._place, max(0, len(keys) - 1))
            self._settle(1)
        self._draw()

    def first(self) -> None:
        """Mark the first row."""
        self._typing, self._place, self._top = None, 0, 0
        self._settle(1)
        self._draw()

    def mark(self, key: str) -> None:
        """Mark the row of a key, where there is one."""
        found = next((place for place, one in enumerate(self._rows) if one.key == key), None)
        if found is not None:
            self._place, self._typing = found, None
            self._draw()

    @property
    def selected(self) -> Row | None:
        """The marked row."""
        return self._rows[self._place] if self._place < len(self._rows) else None

    @property
    def typing(self) -> bool:
        """Whether a value is being typed."""
        return self._typing is not None

    def type(self) -> None:
        """Begin to type the marked row's value."""
        row = self.selected
        if row is not None and row.kind == "field" and not row.locked:
            self._typing = self._before = row.text
            self._cursor = len(row.text)
            self._draw()
            self.post_message(self.Moved())

    def strips(self, cells: int, rows: int) -> list[Strip]:
        """The window around the marked row; its last line says how many rows follow."""
        every = self.content
        if not every:
            return []
        fits = len(every) <= rows
        room = rows if fits else max(1, rows - 1)
        self._top = max(min(self._top, self._place, len(every) - room), self._place - room + 1, 0)
        head = self._place
        while head > 0 and self._rows[head - 1].kind == "head" and head - 1 < self._top:
            head -= 1
            self._top = head
        drawn = []
        for place in range(self._top, min(self._top + room, len(every))):
            over = SELECTED if place == self._place and self.has_focus and self._typing is None else None
            drawn.append(strip(every[place], cells, over=over))
        if not fits:
            below = len(every) - self._top - len(drawn)
            words = f"  {below} more rows (down)" if below > 0 else f"  end; {self._top} rows above (up)"
            drawn += [Strip.blank(cells)] * (room - len(drawn)) + [strip(line(dim(words)), cells)]
        return drawn

    def _draw(self) -> None:
        self.content = [self._line(place, row) for place, row in enumerate(self._rows)]

    def on_resize(self) -> None:
        """Columns are as wide as there is room."""
        self._draw()
        super().on_resize()

    def _line(self, place: int, row: Row) -> Line:
        cells = self.size.width or 80
        mark = Span("▸ ", Ink.ACCENT) if place == self._place else Span("  ")
        if row.kind == "head":
            return (strong(cut(row.label, cells)), Span("  "), *row.side)
        if row.kind == "add":
            return (mark, Span(row.label, Ink.ACCENT))
        if row.kind == "check":
            return (mark, Span(cut(row.label, 26 if row.side else cells), _ink(row)), Span("  "), *row.side)
        label = 22 if cells < 100 else 28
        room = 26 if cells < 100 else 32 if cells < 140 else 44
        value = self._box(row) if row.ask is Ask.TICK else self._value(place, row, room)
        if row.kind == "confirm":
            return (mark, *value, Span(" "), *fit(line(row.label), label), Span("  "), *row.side)
        return (mark, *fit(line(row.label), label), *fit(value, room + 2), Span("  "), *row.side)

    def _box(self, row: Row) -> Line:
        said = row.text or row.default
        return line(Span("[x]" if said == "yes" else "[ ]", Ink.STRONG), *([] if row.text else [dim(" (default)")]))

    def _value(self, place: int, row: Row, room: int) -> Line:
        if place == self._place and self._typing is not None:
            return (Span("["), *self._typed(room), Span("]"))
        if not row.text:
            return line(Span("["), *fit(line(dim(row.default or ("choose" if row.picks else ""))), room), Span("]"))
        return line(Span("["), *fit(line(Span(inert(row.text, LIMIT))), room), Span("]"))

    def _typed(self, room: int) -> Line:
        """The part of what is typed that holds the cursor; the cursor is drawn as a bar."""
        assert self._typing is not None
        text, cursor = self._typing, self._cursor
        first = 0
        while width(inert(text[first:cursor], LIMIT)) > room - 2:
            first += 1
        before, after = inert(text[first:cursor], LIMIT), inert(text[cursor:], LIMIT)
        return fit((Span(before, Ink.STRONG), Span("▏", Ink.ACCENT), Span(after, Ink.STRONG)), room)

    def _settle(self, way: int) -> None:
        """From a head on to the next row that can be marked."""
        place = self._place
        while 0 <= place < len(self._rows) and self._rows[place].kind == "head":
            place += way
        if not 0 <= place < len(self._rows):
            place = next((n for n, one in enumerate(self._rows) if one.kind != "head"), 0)
        self._place = place

    def action_move(self, way: int) -> None:
        """Another row; heads are passed over."""
        if not self._rows:
            return
        place = max(0, min(len(self._rows) - 1, self._place + way))
        step = 1 if way > 0 else -1
        while 0 <= place < len(self._rows) and self._rows[place].kind == "head":
            place += step
        if 0 <= place < len(self._rows):
            self._place = place
        elif way < 0:
            self._top = 0
        self._draw()
        self.repaint()
        self.post_message(self.Moved())

    def action_open(self) -> None:
        """Type the value, or have the screen do what the row is for."""
        row = self.selected
        if row is None:
            return
        if row.ask is Ask.TICK and row.kind in ("field", "confirm"):
            self.post_message(self.Ticked(row))
        elif row.kind == "field" and not row.picks and not row.locked:
            self.type()
        else:
            self.post_message(self.Opened(row))

    def action_tick(self) -> None:
        """Turn a box."""
        row = self.selected
        if row is not None and row.ask is Ask.TICK:
            self.post_message(self.Ticked(row))

    def on_focus(self) -> None:
        """The marked row is drawn reversed while the keys are here."""
        self.repaint()

    def on_blur(self) -> None:
        """And plain with its mark elsewhere."""
        self.repaint()

    def on_paste(self, event: events.Paste) -> None:
        """Into a value that is being typed; its first line alone."""
        event.stop()
        if self._typing is not None and event.text.strip():
            self._insert(event.text.strip().splitlines()[0])

    def on_key(self, event: events.Key) -> None:
        """What is typed, while something is."""
        if self._typing is None:
            return
        event.stop()
        event.prevent_default()
        text, at = self._typing, self._cursor
        match event.key:
            case "enter" | "tab" | "down" | "up" | "shift+tab":
                self._keep(-1 if event.key in ("up", "shift+tab") else 1, stay=event.key == "enter")
            case "escape":
                self._take_back()
            case "left" | "right":
                self._cursor = max(0, min(len(text), at + (1 if event.key == "right" else -1)))
            case "home" | "ctrl+a":
                self._cursor = 0
            case "end" | "ctrl+e":
                self._cursor = len(text)
            case "backspace" if at:
                self._change(text[: at - 1] + text[at:], at - 1)
            case "delete":
                self._change(text[:at] + text[at + 1 :], at)
            case "ctrl+u":
                self._change(text[at:], 0)
            case _ if event.is_printable and event.character:
                self._insert(event.character)
        self._draw()

    def _insert(self, more: str) -> None:
        assert self._typing is not None
        text = self._typing[: self._cursor] + more + self._typing[self._cursor :]
        self._change(text[:LIMIT], min(LIMIT, self._cursor + len(more)))

    def _change(self, text: str, cursor: int) -> None:
        if self._typing is None or self.selected is None:
            return
        self._cursor = max(0, min(len(text), cursor))
        if text != self._typing:
            self._typing = text
            self._draw()
            self.post_message(self.Typed(self.selected.key, text))

    def _keep(self, way: int, *, stay: bool) -> None:
        row = self.selected
        self._typing = None
        if row is not None:
            self.post_message(self.Kept(row.key))
        if not stay:
            self.action_move(way)

    def _take_back(self) -> None:
        row, before = self.selected, self._before
        self._typing = None
        if row is not None:
            self.post_message(self.Typed(row.key, before))
            self.post_message(self.Kept(row.key))


def _ink(row: Row) -> Ink:
    return Ink.BAD if row.label.startswith("x") else Ink.WARN
