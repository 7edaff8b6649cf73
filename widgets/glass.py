"""What the terminal shows, cell by cell, so that only the cells that differ are written to it.

Textual composes three whole frames before a person sees the first one, and paints a changed cell from the left edge of
its widget; over a slow line both are felt. `Glass` compares every frame with what is on the terminal already: the first
frame costs its letters, an equal one nothing, a changed cell itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from rich.cells import split_graphemes
from rich.color import ColorSystem
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

Cell = tuple[str, Style | None]
"""One terminal cell: its character ("" behind a wide one) and its style, None for the terminal's own."""

BLANK: Cell = (" ", None)
NEAR = 6
"""Unchanged cells between two changed ones that are cheaper written again than jumped over."""
ERASE = 4
"""Blank cells at the end of a row from which on erasing is cheaper than writing them."""

_TO_ASCII = {"─": "-", "━": "=", "│": "|", "╌": "-", "▶": ">", "▸": ">", "…": "~", "·": ".", "→": ">"}
_TO_ASCII |= dict.fromkeys("┬├└┌┐┘┤┴┼╭╮╯╰", "+") | dict.fromkeys("█▌▐▀▄▊▎▔▁", "#")


class Glass:
    """The cells of one terminal. `plain` draws ASCII only, for terminals that know no more; `mono` without colours."""

    def __init__(self, *, plain: bool = False, mono: bool = False) -> None:
        self._plain = plain
        self._mono = mono
        self._rows: list[list[Cell]] = []
        self._size = (0, 0)
        self._wide: set[int] = set()

    def forget(self) -> None:
        """Believe nothing of what the terminal shows: the next frame clears it and is written whole."""
        self._size = (0, 0)

    def difference(self, update: CompositorUpdate, size: tuple[int, int], colors: ColorSystem | None) -> str:
        """What must be written so that a terminal of `size` (columns, rows) shows `update`; empty where it does."""
        lead = ""
        if size != self._size:
            self._size = size
            self._rows = [[BLANK] * size[0] for _ in range(size[1])]
            self._wide.clear()
            lead = "\x1b[0m\x1b[2J"
        changed: dict[int, set[int]] = {}
        for y, x, strip in _pieces(update):
            if 0 <= y < len(self._rows):
                self._put(y, x, strip, changed)
        written = (self._row(y, sorted(columns), colors) for y, columns in sorted(changed.items()))
        return lead + "".join(written)

    def _row(self, y: int, columns: list[int], colors: ColorSystem | None) -> str:
        """A row's changes; all of a row that holds or held wide characters: terminals differ in how wide those are."""
        row = self._rows[y]
        was_wide = y in self._wide
        self._wide.discard(y)
        if any(not character for character, _ in row):
            self._wide.add(y)
        if was_wide or y in self._wide:
            columns = list(range(len(row)))
        return _written(y, row, columns, colors)

    def _put(self, y: int, x: int, strip: Strip, changed: dict[int, set[int]]) -> None:
        row = self._rows[y]
        for cell in _cells(strip, self._plain, self._mono):
            if x >= len(row):
                break
            if row[x] != cell:
                row[x] = cell
                changed.setdefault(y, set()).add(x)
            x += 1


def _pieces(update: CompositorUpdate) -> Iterator[tuple[int, int, Strip]]:
    """(row, column, strip) of everything that an update paints."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                yield y, x, strip
                x += strip.cell_length
    elif isinstance(update, ChopsUpdate):
        for y in {y for y, _, _ in update.spans}:
            for x, chop in update.chops[y].items():
                if chop is not None:
                    yield y, x, chop


def _cells(strip: Strip, plain: bool, mono: bool) -> Iterator[Cell]:
    for text, style, control in strip:
        if control:
            continue
        shown = _own(style, mono)
        if text.isascii():
            for character in text:
                yield character, shown
            continue
        for start, end, cells in split_graphemes(text)[0]:
            piece = text[start:end]
            if not cells:
                continue
            if plain:
                piece = _TO_ASCII.get(piece, "?" * cells)
                yield from ((character, shown) for character in piece)
                continue
            yield piece, shown
            yield from (("", shown) for _ in range(cells - 1))


@lru_cache(512)
def _own(style: Style | None, mono: bool) -> Style | None:
    """`style` without what is the terminal's default anyway; in mono what has a colour is bold, what was bold besides
    or has a coloured ground is reversed."""
    if style is None:
        return None
    color = None if style.color is None or style.color.is_default else style.color
    back = None if style.bgcolor is None or style.bgcolor.is_default else style.bgcolor
    if mono:
        marked = back is not None or (color is not None and bool(style.bold))
        return (
            Style(
                bold=bool(color or style.bold) or None,
                dim=style.dim or None,
                reverse=bool(marked or style.reverse) or None,
            )
            or None
        )
    shown = Style(
        color=color,
        bgcolor=back,
        bold=style.bold or None,
        dim=style.dim or None,
        italic=style.italic or None,
        underline=style.underline or None,
        reverse=style.reverse or None,
        strike=style.strike or None,
    )
    return shown or None


@lru_cache(512)
def _attributes(style: Style | None, colors: ColorSystem | None) -> str:
    """The SGR parameters of a style, empty for the terminal's own."""
    if style is None or colors is None:
        return ""
    painted = style.render("|", color_system=colors)
    return painted[2 : painted.index("m|")] if painted.startswith("\x1b[") else ""


def _written(y: int, row: list[Cell], columns: list[int], colors: ColorSystem | None) -> str:
    blank_from = len(row)
    while blank_from and row[blank_from - 1] == BLANK:
        blank_from -= 1
    out: list[str] = []
    for low, high in _stretches(columns):
        erase = high + 1 > blank_from and len(row) - max(low, blank_from) >= ERASE
        out.append(f"\x1b[{y + 1};{low + 1}H")
        out.append(_run(row[low : max(low, blank_from) if erase else high + 1], colors))
        if erase:
            out.append("\x1b[K")
            break
    return "".join(out)


def _stretches(columns: list[int]) -> Iterable[tuple[int, int]]:
    """First and last column of each piece that is written without a jump."""
    found: list[tuple[int, int]] = []
    for column in columns:
        if found and column - found[-1][1] <= NEAR:
            found[-1] = (found[-1][0], column)
        else:
            found.append((column, column))
    return found


def _run(cells: list[Cell], colors: ColorSystem | None) -> str:
    out: list[str] = []
    present = ""
    for character, style in cells:
        wanted = _attributes(style, colors)
        if wanted != present:
            out.append(f"\x1b[0;{wanted}m" if present and wanted else f"\x1b[{wanted or '0'}m")
            present = wanted
        out.append(character)
    if present:
        out.append("\x1b[0m")
    return "".join(out)
