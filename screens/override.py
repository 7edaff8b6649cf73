"""Overriding: every rule that blocks, by name, and a tick for each that shall not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.model.run import Reason
from console.present.line import EMPTY, Ink, Line, Span, accent, cut, dim, line, paragraph, strong
from widgets.lines import Lines

WIDTH = 76
MOST = 12
"""Rows at most; rules are few, findings may be many."""


class Overriding(ModalScreen[frozenset[str] | None]):
    """Returns the rules that shall not block; None where a person left."""

    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(self, reasons: Sequence[Reason], chosen: frozenset[str], stays: Sequence[Reason] = ()) -> None:
        """`stays`: what blocks all the same, and cannot be overridden."""
        super().__init__()
        self._stays = list(dict.fromkeys(one.rule for one in stays))
        found: dict[str, list[Reason]] = {}
        for reason in reasons:
            found.setdefault(reason.rule, []).append(reason)
        self._rules = found
        self._chosen = set(chosen)
        self._at = 0

    def compose(self) -> ComposeResult:
        """The rules and the keys."""
        with Vertical(id="dialog"):
            yield Lines(id="said")

    def on_mount(self) -> None:
        """Show them."""
        self._show()

    def _show(self) -> None:
        cells = max(20, min(WIDTH, self.app.size.width) - 6)
        where = "Each is named in the record, in the evidence and in an Event on the Fleet."
        out: list[Line] = [line(strong("OVERRIDE")), *paragraph(where, cells, ink=Ink.DIM)]
        if self._stays:
            left = f"The plan stays refused all the same: {', '.join(self._stays)} cannot be overridden."
            out += paragraph(left, cells, ink=Ink.WARN)
        out.append(EMPTY)
        for place, (name, reasons) in enumerate(list(self._rules.items())[:MOST]):
            mark = "[x]" if name in self._chosen else "[ ]"
            ink = Ink.STRONG if place == self._at else Ink.PLAIN
            out.append(line(Span(f"{'>' if place == self._at else ' '} {mark} {name}", ink)))
            more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
            out.append(line(dim(f"      {cut(reasons[0].measured + more, cells - 6)}")))
        keys = (accent("space"), Span(" tick  "), accent("enter"), Span(" take  "), accent("esc"), dim(" as it was"))
        self.query_one("#said", Lines).content = [*out, EMPTY, keys]

    def on_key(self, event: events.Key) -> None:
        """Few keys, all of them here."""
        event.stop()
        names = list(self._rules)[:MOST]
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "enter":
            self.dismiss(frozenset(self._chosen))
        elif event.key in ("up", "k"):
            self._at = max(0, self._at - 1)
        elif event.key in ("down", "j"):
            self._at = min(len(names) - 1, self._at + 1)
        elif event.key == "space":
            self._chosen ^= {names[self._at]}
        if self.is_mounted and event.key not in ("escape", "enter"):
            self._show()
