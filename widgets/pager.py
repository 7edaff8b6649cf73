"""A page of lines with a window over them; moves only when a person moves it, and says how much is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.strip import Strip

from console.present.line import Line, dim, line
from widgets.lines import Lines
from widgets.paint import strip


class Pager(Lines, can_focus=True):
    """Lines that may be more than rows."""

    DEFAULT_CSS = "Pager { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", "up", show=False),
        Binding("down,j", "scroll_by(1)", "down", show=False),
        Binding("pageup,ctrl+b", "scroll_page(-1)", "page up", show=False),
        Binding("pagedown,ctrl+f,space", "scroll_page(1)", "page down", show=False),
        Binding("home", "scroll_end(-1)", "first", show=False),
        Binding("end", "scroll_end(1)", "last", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._first = 0

    def show(self, lines: Sequence[Line]) -> None:
        """New lines; the window stays where it is, as far as there are lines."""
        self._first = min(self._first, max(0, len(lines) - self._window))
        self.content = lines

    @property
    def _window(self) -> int:
        return max(1, self.size.height - 1)

    def strips(self, cells: int, rows: int) -> list[Strip]:
        """The window; its last row says how many lines follow, or that there are some above."""
        every = self.content
        if len(every) <= rows:
            return [strip(one, cells) for one in every]
        shown = [strip(one, cells) for one in every[self._first : self._first + rows - 1]]
        below = len(every) - self._first - len(shown)
        words = f"  {below} more lines (down)" if below else f"  end; {self._first} lines above (up)"
        return [*shown, *[Strip.blank(cells)] * (rows - 1 - len(shown)), strip(line(dim(words)), cells)]

    def _move(self, to: int) -> None:
        first = max(0, min(to, len(self.content) - self._window))
        if first != self._first and len(self.content) > self.size.height:
            self._first = first
            self.repaint()

    def action_scroll_by(self, way: int) -> None:
        """One line."""
        self._move(self._first + way)

    def action_scroll_page(self, way: int) -> None:
        """One window."""
        self._move(self._first + way * self._window)

    def action_scroll_end(self, way: int = 1) -> None:
        """To the first or the last line."""
        self._move(0 if way < 0 else len(self.content))
