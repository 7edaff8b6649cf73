"""The CIDR map: every range as a bar on one axis, and who overlaps whom in words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from console.decide.setup import cidrs
from console.decide.setup.cidrs import Bar, Clash, Use
from console.decide.setup.found import Found
from console.present.line import EMPTY, Ink, Line, Span, cut, dim, fit, line, paragraph, title

ROOMY = 100
"""Cells from which on names, bars and words have more room."""


class CidrMap(NamedTuple):
    """Every range on one axis, and every pair that clashes."""

    bars: tuple[Bar, ...] = ()
    clashes: tuple[Clash, ...] = ()


def mapped(found: Found) -> CidrMap:
    """The map of a topology in its ground; as many steps as there are pairs of ranges."""
    ranges = cidrs.ranges(found)
    clashes = cidrs.clashes(ranges)
    return CidrMap(cidrs.bars(ranges, clashes), clashes)


def lines(drawn: CidrMap, cells: int, most: int | None = None) -> list[Line]:
    """The map; with `most`, the ranges that clash or that a person can change come before the others."""
    bars, clashes = drawn
    shown = _chosen(bars, clashes, most - 1 if most is not None else len(bars))
    names = 20 if cells < ROOMY else 28
    rest = max(0, cells - names - 22)
    room = max(10, rest // 2)
    left = f"{len(bars) - len(shown)} more ranges: m" if len(shown) < len(bars) else ""
    red = sum(one.red for one in clashes)
    words = f"{red} clash{'es' if red != 1 else ''}" if clashes else "nothing overlaps that must not"
    head = line(title("CIDR MAP"), "  ", Span(words, Ink.BAD if red else Ink.PLAIN), dim(f"  {left}"))
    return [head, *(_bar_line(bar, clashes, names, room, rest - room) for bar in shown)]


def clash_lines(drawn: CidrMap, cells: int) -> list[Line]:
    """Every clash in a sentence, with the addresses that are shared."""
    out: list[Line] = []
    for one in drawn.clashes:
        sign, ink = ("x", Ink.BAD) if one.red else ("!", Ink.WARN)
        words = f"{sign} {one.first} overlaps {one.second} at {cidrs.span(one.network)} ({one.rule})"
        out += paragraph(words, cells, ink=ink)
    return out or [line(dim("nothing overlaps that must not"))]


def _chosen(bars: Sequence[Bar], clashes: Sequence[Clash], most: int) -> list[Bar]:
    """The bars that are shown where not all can be, in their order."""
    if len(bars) <= most:
        return list(bars)
    clashing = {each for one in clashes for each in (one.first, one.second)}

    def rank(bar: Bar) -> int:
        if bar.range in clashing:
            return 0
        if bar.range.use is Use.VPC:
            return 1
        return 3 if bar.range.use is Use.VSWITCH else 2

    kept = set(sorted(range(len(bars)), key=lambda place: (rank(bars[place]), place))[: max(1, most)])
    return [bar for place, bar in enumerate(bars) if place in kept]


def _bar_line(bar: Bar, clashes: Sequence[Clash], names: int, room: int, rest: int) -> Line:
    one = bar.range
    named = fit(line(cut(f"{one.owner} {one.use}", names)), names)
    spans = [Span(" "), *fit(line(str(one.network)), 18), Span(" |"), *_drawn(bar, room), Span(" ")]
    words, ink = _words(bar, clashes)
    return (*named, *spans, Span(cut(words, max(0, rest - 1)), ink)) if rest > 8 else (*named, *spans)


def _drawn(bar: Bar, room: int) -> Line:
    """`    ==XXXX==   ` in `room` cells; what is narrower than a cell takes one."""
    cells = [" "] * room
    for place in _cells(bar.start, bar.end, room):
        cells[place] = "="
    for start, end in bar.clashes:
        for place in _cells(start, end, room):
            cells[place] = "X"
    spans: list[Span] = []
    for sign in cells:
        ink = Ink.BAD if sign == "X" else Ink.PLAIN
        if spans and spans[-1].ink is ink:
            spans[-1] = Span(spans[-1].text + sign, ink)
        else:
            spans.append(Span(sign, ink))
    return tuple(spans)


def _cells(start: float, end: float, room: int) -> range:
    first = min(room - 1, int(start * room))
    return range(first, max(first + 1, min(room, round(end * room))))


def _words(bar: Bar, clashes: Sequence[Clash]) -> tuple[str, Ink]:
    mine = [one for one in clashes if bar.range in (one.first, one.second)]
    if not mine:
        return "", Ink.DIM
    one = mine[0]
    other = one.second if one.first == bar.range else one.first
    more = f" +{len(mine) - 1}" if len(mine) > 1 else ""
    sign = "x" if one.red else "!"
    return f"{sign} {other.owner} {other.use}{more}", Ink.BAD if one.red else Ink.WARN


def page(drawn: CidrMap, cells: int) -> list[Line]:
    """The whole map and every clash."""
    return [*lines(drawn, cells), EMPTY, *clash_lines(drawn, cells)]
