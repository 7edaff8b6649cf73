"""How inks look: a few attributes and the terminal's own 16 colours, so that any theme, and none, stays readable."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from console.present.line import Ink, Line, fit

STYLES: dict[Ink, Style] = {
    Ink.PLAIN: Style.null(),
    Ink.DIM: Style(dim=True),
    Ink.STRONG: Style(bold=True),
    Ink.TITLE: Style(bold=True),
    Ink.ACCENT: Style(color="cyan"),
    Ink.GOOD: Style(color="green"),
    Ink.WARN: Style(color="yellow"),
    Ink.BAD: Style(color="red", bold=True),
}
SELECTED = Style(color="default", reverse=True, dim=False)
"""Laid over the selected row of the table that has the keys; the row is marked by a sign as well."""


def strip(content: Line, cells: int, *, over: Style | None = None) -> Strip:
    """A line as exactly `cells` cells. Text is drawn as it is, never parsed."""
    return Strip([Segment(span.text, _style(span.ink, over)) for span in fit(content, cells) if span.text], cells)


@lru_cache(64)
def _style(ink: Ink, over: Style | None) -> Style:
    return STYLES[ink] if over is None else STYLES[ink] + over
