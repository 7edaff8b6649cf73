"""The footer: what can be done here, what cannot now stays and is dimmed, and one sentence when a key said no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from console.present.line import Line, Span, accent, dim, length, paragraph
from widgets.lines import Lines


class Key(NamedTuple):
    """One key of the footer."""

    label: str
    title: str
    available: bool
    roomy: bool = False
    """It goes first where there is no room."""


class Keys(Lines):
    """One line of keys; a sentence covers it until `hush`."""

    DEFAULT_CSS = "Keys { height: auto; max-height: 3; dock: bottom; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys: Line = ()
        self._said: Span | None = None

    def show(self, keys: Sequence[Key], cells: int) -> None:
        """The keys of this place, in at most `cells` cells."""
        self._keys = keys_line(keys, cells)
        self._set()

    def say(self, sentence: Span) -> None:
        """Cover the keys with a sentence."""
        self._said = sentence
        self._set()

    def hush(self) -> None:
        """Take the sentence away."""
        if self._said is not None:
            self._said = None
            self._set()

    @property
    def said(self) -> str:
        """The sentence that covers the keys, empty where none does."""
        return self._said.text if self._said else ""

    def _set(self) -> None:
        said = self._said
        self.content = [self._keys] if said is None else paragraph(said.text, self.size.width, most=3, ink=said.ink)


def keys_line(keys: Sequence[Key], cells: int) -> Line:
    """`s shift  r runs`, the unavailable ones dimmed. Where there is little room the roomy ones go, the last one first;
    one blank between them keeps one more."""
    while length(_joined(keys, " ")) > cells and (roomy := [key for key in keys if key.roomy]):
        keys = [key for key in keys if key is not roomy[-1]]
    wide = _joined(keys, "  ")
    return wide if length(wide) <= cells else _joined(keys, " ")


def _joined(keys: Sequence[Key], gap: str) -> Line:
    spans: list[Span] = []
    for key in keys:
        if spans:
            spans.append(Span(gap))
        if key.available:
            spans += [accent(key.label), Span(f" {key.title}")]
        else:
            spans.append(dim(f"{key.label} {key.title}"))
    return tuple(spans)
