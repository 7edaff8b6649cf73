"""A place that is one page of lines: what the detail pages share."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from console.present.line import Line
from screens.place import Place
from widgets.pager import Pager


class Page(Place):
    """Draws `lines` in a window that only a person moves."""

    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    def body(self) -> ComposeResult:
        """One page of lines."""
        yield Pager(id="body")

    def draw(self) -> None:
        """The page as it is now."""
        self.query_one(Pager).show(self.lines(self.size.width))

    def lines(self, cells: int) -> list[Line]:
        """Everything the page says, wrapped to `cells` cells."""
        raise NotImplementedError
