"""A place that is one page of lines: what the detail pages share."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from console.present.line import Line, text
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

    @property
    def copied(self) -> str:
        """The page."""
        many = len(self.query_one(Pager).content) if self.is_mounted else 0
        return f"this page, {many:,} lines" if many else ""

    def copy_text(self) -> str:
        """Everything the page says, also what the window does not show."""
        return "\n".join(text(one).rstrip() for one in self.query_one(Pager).content) + "\n"

    def top(self) -> None:
        """Another page: from its beginning."""
        self.query_one(Pager).action_scroll_end(-1)
        self._changed()

    def lines(self, cells: int) -> list[Line]:
        """Everything the page says, wrapped to `cells` cells."""
        raise NotImplementedError
