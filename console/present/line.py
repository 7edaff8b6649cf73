"""Text as it is drawn: spans of one ink, lines of spans, and how they are cut, padded and wrapped by terminal cells."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size


class Ink(StrEnum):
    """How a span is meant; what that looks like is chosen where it is painted."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    TITLE = "title"
    """Headings of columns and sections."""
    ACCENT = "accent"
    """What a person can act on: keys, the present choice."""
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


class Span(NamedTuple):
    """Text of one ink; the text is inert already and holds no line break."""

    text: str
    ink: Ink = Ink.PLAIN


Line = tuple[Span, ...]
"""One line, left to right."""

EMPTY: Line = ()


def line(*parts: str | Span) -> Line:
    """A line of spans; bare text is plain."""
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def dim(text: str) -> Span:
    """Text that steps back."""
    return Span(text, Ink.DIM)


def strong(text: str) -> Span:
    """Text that stands out."""
    return Span(text, Ink.STRONG)


def title(text: str) -> Span:
    """A heading."""
    return Span(text, Ink.TITLE)


def accent(text: str) -> Span:
    """A key or the present choice."""
    return Span(text, Ink.ACCENT)


@lru_cache(4096)
def width(text: str) -> int:
    """Terminal cells that `text` takes: wide characters count two."""
    return cell_len(text)


def length(content: Iterable[Span]) -> int:
    """Terminal cells of a line."""
    return sum(width(span.text) for span in content)


def text(content: Iterable[Span]) -> str:
    """The words of a line without its inks."""
    return "".join(span.text for span in content)


def cut(words: str, cells: int) -> str:
    """`words` in at most `cells` cells; what does not fit ends in `…`."""
    if width(words) <= cells:
        return words
    if cells <= 0:
        return ""
    return set_cell_size(words, cells - 1).rstrip() + "…"


def fit(content: Line, cells: int, *, right: bool = False) -> Line:
    """`content` in exactly `cells` cells: cut with `…` or padded with blanks, on the left where `right`."""
    have = length(content)
    if have > cells:
        content = _bare(content)
        have = length(content)
    if have == cells:
        return content
    if have < cells:
        blank = Span(" " * (cells - have))
        return (blank, *content) if right else (*content, blank)
    kept: list[Span] = []
    room = cells
    for span in content:
        size = width(span.text)
        if size >= room:
            short = cut(span.text, room) if size > room else span.text
            short = short if size > room or span is content[-1] else cut(span.text + " ", room)
            kept.append(Span(short, span.ink))
            room -= width(short)
            break
        kept.append(span)
        room -= size
    return (*kept, Span(" " * room)) if room > 0 else tuple(kept)


def _bare(content: Line) -> Line:
    """A line without the blanks at its end."""
    kept = list(content)
    while kept and not kept[-1].text.rstrip(" "):
        kept.pop()
    return (*kept[:-1], Span(kept[-1].text.rstrip(" "), kept[-1].ink)) if kept else ()


def ends(left: Line, right: Line, cells: int) -> Line:
    """`left` and `right` at the two ends of `cells` cells; where both do not fit, the right one stays whole."""
    size = length(right)
    if size >= cells:
        return fit(right, cells)
    return (*fit(left, cells - size - 1), Span(" "), *right)


def wrap(words: str, cells: int) -> tuple[str, ...]:
    """`words` over as many lines as it takes, broken at blanks, and inside a word that fits on no line."""
    lines: list[str] = []
    current = ""
    for word in words.split(" "):
        candidate = f"{current} {word}" if current else word
        if width(candidate) <= cells:
            current = candidate
            continue
        if current:
            lines.append(current)
        while width(word) > cells > 1:
            head = set_cell_size(word, cells).rstrip()
            lines.append(head)
            word = word[len(head) :]
        current = word
    if current or not lines:
        lines.append(current)
    return tuple(lines)


def paragraph(words: str, cells: int, *, indent: int = 0, most: int | None = None, ink: Ink = Ink.PLAIN) -> list[Line]:
    """`words` wrapped into lines behind `indent` blanks; with `most`, the last line kept ends in `…`."""
    found = wrap(words, max(8, cells - indent))
    if most is not None and len(found) > most:
        rest = " ".join(found[most - 1 :])
        found = (*found[: most - 1], cut(rest, max(8, cells - indent)))
    return [(Span(" " * indent), Span(one, ink)) if indent else (Span(one, ink),) for one in found]
