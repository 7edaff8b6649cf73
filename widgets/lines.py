"""Lines of text that repaint only the cells that changed: the ground of every live widget."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import RenderResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from console.present.line import Line
from widgets.paint import strip


class Lines(Widget):
    """Draws `content` by the line API; equal lines paint nothing, a changed one paints from its first changed cell to
    its last."""

    DEFAULT_CSS = "Lines { height: auto; width: 1fr; }"
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._content: tuple[Line, ...] = ()
        self._strips: list[Strip] = []

    @property
    def content(self) -> tuple[Line, ...]:
        """The lines shown."""
        return self._content

    @content.setter
    def content(self, lines: Sequence[Line]) -> None:
        taller = len(lines) != len(self._content)
        self._content = tuple(lines)
        if taller and self.styles.height is not None and self.styles.height.is_auto:
            self.refresh(layout=True)
        self.repaint()

    def strips(self, cells: int, rows: int) -> list[Strip]:
        """What is drawn in `rows` rows of `cells` cells; to be overridden by what draws otherwise."""
        return [strip(one, cells) for one in self._content[:rows]]

    def repaint(self) -> None:
        """Draw anew, and mark the cells that differ from what was drawn before."""
        cells, rows = self.size
        if not cells or not rows:
            return
        former, self._strips = self._strips, self._drawn(cells, rows)
        for y, (old, new) in enumerate(zip(former, self._strips, strict=False)):
            if old is not new and (extent := _difference(old, new)) is not None:
                self.refresh(Region(extent[0], y, extent[1] - extent[0], 1))
        if len(former) != len(self._strips):
            self.refresh()

    def _drawn(self, cells: int, rows: int) -> list[Strip]:
        drawn = self.strips(cells, rows)
        return drawn + [Strip.blank(cells)] * (rows - len(drawn))

    def on_resize(self) -> None:
        """Another size draws everything anew."""
        self._strips = self._drawn(*self.size)
        self.refresh()

    def render(self) -> RenderResult:
        """Never used: lines are drawn by `render_line`."""
        return ""

    def render_line(self, y: int) -> Strip:
        """One row, as it was drawn last."""
        if len(self._strips) <= y or self._strips[y].cell_length != self.size.width:
            self._strips = self._drawn(*self.size)
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As many rows as there are lines."""
        return len(self._content)


def _difference(old: Strip, new: Strip) -> tuple[int, int] | None:
    """First and one past the last cell in which two strips of one width differ; None where they are equal."""
    if old == new:
        return None
    before, after = list(old), list(new)
    start = 0
    while before and after and before[0] == after[0]:
        start += after[0].cell_length
        before.pop(0)
        after.pop(0)
    end = new.cell_length
    while before and after and before[-1] == after[-1]:
        end -= after[-1].cell_length
        before.pop()
        after.pop()
    return start, max(end, start + 1)
