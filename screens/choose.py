"""A list to choose from: one thing, or several; what is chosen is returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.decide.setup.choices import Choice
from console.model.text import inert
from console.present.line import Line, accent, dim, line, strong, width
from console.present.sheet import Column, Sheet
from widgets.lines import Lines
from widgets.table import Table

TYPE = "\0type"
"""Is returned where a person would rather type."""
NEW = "\0new"
"""Is returned where a person wants a new one."""
NONE = "\0none"
"""Is returned where nothing is to be said there."""
ROWS = 14


class Choosing(ModalScreen[tuple[str, ...] | None]):
    """Returns what is chosen, `(TYPE,)`, `(NEW,)` or `(NONE,)`, and None where a person left. `several`: space ticks,
    enter takes."""

    AUTO_FOCUS = "Table"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "tick", show=False),
        Binding("escape", "leave", "leave", show=False),
    ]

    def __init__(
        self, head: str, choices: Sequence[Choice], chosen: Sequence[str] = (), *, several: bool = False,
        extra: Sequence[Choice] = (),
    ) -> None:  # fmt: skip
        super().__init__()
        self._head = head
        self._choices = (*choices, *extra)
        self._extra = {one.value for one in extra}
        self._chosen = list(chosen)
        self._several = several

    def compose(self) -> ComposeResult:
        """Head, list, keys."""
        with Vertical(id="dialog"):
            yield Lines(id="said")
            yield Table(id="choices")
            yield Lines(id="answer")

    def on_mount(self) -> None:
        """Show them, the chosen one marked."""
        self.query_one("#said", Lines).content = [line(strong(self._head))]
        keys = "space" if self._several else ""
        ticks = (accent("space"), dim(" ticks  ")) if keys else ()
        self.query_one("#answer", Lines).content = [
            (*ticks, accent("enter"), dim(" takes  "), accent("esc"), dim(" leaves"))
        ]
        table = self.query_one(Table)
        table.styles.height = min(ROWS, max(2, len(self._choices) + 1), max(3, self.app.size.height - 8))
        self._show()
        table.select(self._chosen[0] if self._chosen else None)

    def _show(self) -> None:
        names = max([8, *(width(_name(one)) for one in self._choices)])
        columns: list[Column[Choice]] = [
            Column("CHOOSE", min(names + 4, 44), self._cell, least=12),
            Column("", 20, lambda one: line(dim(one.about)), grow=True),
        ]
        self.query_one(Table).sheet = Sheet(tuple(columns), self._choices, lambda one: one.value)

    def _cell(self, one: Choice) -> Line:
        if not self._several or one.value in self._extra:
            return line(_name(one))
        return line("[x] " if one.value in self._chosen else "[ ] ", _name(one))

    def action_tick(self) -> None:
        """Take one more, or one less."""
        marked = self.query_one(Table).selected
        if not self._several or marked is None or marked in self._extra:
            return
        self._chosen = (
            [one for one in self._chosen if one != marked] if marked in self._chosen else [*self._chosen, marked]
        )
        self._show()

    def on_table_opened(self, message: Table.Opened) -> None:
        """Take what is ticked, or the marked one."""
        message.stop()
        if self._several and message.key not in self._extra:
            known = [one.value for one in self._choices if one.value in self._chosen]
            self.dismiss(tuple(known) or (message.key,))
        else:
            self.dismiss((message.key,))

    def action_leave(self) -> None:
        """Nothing is changed."""
        self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """Letters go to the list alone."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)


def _name(one: Choice) -> str:
    return {TYPE: "type it", NEW: "a new one", NONE: "none"}.get(one.value) or inert(one.value, 80)
