"""A table as a value: columns that draw a cell of an item, the items, and the words that stand where no rows are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from console.present.line import Line, Span, dim, fit, line, title, width

T = TypeVar("T")
GAP = 2
"""Blank cells between two columns."""
EXTRA = 3
"""Rank from which on a column is there for wide screens only."""
MARK = 2
"""Cells before the first column, where the selected row is marked."""


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column: its head, its cells' width, and how an item's cell is drawn.

    Where there is no room, columns go, the highest `rank` first; before one below `EXTRA` goes, the first column is
    cut down to its `least` cells. `grow`: takes the room that is left.
    """

    head: str
    width: int
    cell: Callable[[T], Line]
    rank: int = 0
    least: int = 4
    right: bool = False
    grow: bool = False


@dataclass(frozen=True)
class Sheet(Generic[T]):
    """A table. `key` names an item for good; `note` is drawn under the rows, or alone where there are none."""

    columns: tuple[Column[T], ...] = ()
    items: Sequence[T] = ()
    key: Callable[[T], str] = field(default=str)
    note: tuple[Line, ...] = ()

    def fitted(self, cells: int) -> tuple[tuple[Column[T], ...], int]:
        """The columns that fit into `cells` cells, the growing one widened by what is left, and the blanks between
        them: one where that keeps a column."""
        room = cells - MARK
        kept = list(self.columns)
        while kept and (over := _needs(kept, 1) - room) > 0:
            worst = max(column.rank for column in kept)
            first = kept[0]
            if worst < EXTRA and first.width > first.least:
                kept[0] = replace(first, width=max(first.least, first.width - over))
            elif len(kept) > 1:
                kept.remove(next(column for column in reversed(kept) if column.rank == worst))
            else:
                kept[0] = replace(first, width=max(1, room))
                break
        gap = GAP if _needs(kept, GAP) <= room else 1
        spare = room - _needs(kept, gap)
        return tuple(replace(column, width=column.width + spare) if column.grow else column for column in kept), gap

    def head(self, cells: int, *notes: str) -> Line:
        """The line of heads; the first one names the table, behind it the first of the `notes` that it has room for."""
        columns, gap = self.fitted(cells)
        if not columns:
            return fit((), cells)
        room = columns[0].width + MARK
        note = next((one for one in notes if width(columns[0].head) + width(one) <= room), notes[-1] if notes else "")
        first = fit(line(title(columns[0].head), dim(note)), room)
        spans: list[Span] = list(first)
        for column in columns[1:]:
            spans += [Span(" " * gap), *fit(line(title(column.head)), column.width, right=column.right)]
        return fit(tuple(spans), cells)

    def row(self, item: T, cells: int, mark: Span) -> Line:
        """One row of exactly `cells` cells, `mark` in front."""
        columns, gap = self.fitted(cells)
        spans: list[Span] = list(fit((mark,), MARK))
        for index, column in enumerate(columns):
            if index:
                spans.append(Span(" " * gap))
            spans += fit(column.cell(item), column.width, right=column.right)
        return fit(tuple(spans), cells)

    def lines(self, cells: int) -> list[Line]:
        """Head, every row and the note, where nothing is to be selected."""
        rows = [self.row(item, cells, Span("  ")) for item in self.items]
        return [self.head(cells), *rows, *self.note]


def _needs(columns: Sequence[Column[T]], gap: int) -> int:
    return sum(column.width for column in columns) + gap * (len(columns) - 1)
