"""The weights of one route as a person edits them: one row a member, digits typed in place, the sum always in sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from console.present.line import Ink, Line, Span, dim, fit, line, title
from widgets.lines import Lines
from widgets.paint import SELECTED, strip


class Entry(NamedTuple):
    """One member: id, name, the weight it has now, and what is known of it."""

    member: str
    name: str
    now: int | None
    known: Line


class Editor(Lines, can_focus=True):
    """Weights being edited. Digits replace, backspace takes back, + and - move by one, = gives the member what is
    missing to 100."""

    DEFAULT_CSS = "Editor { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("plus,right", "add(1)", "one more", show=False),
        Binding("minus,left", "add(-1)", "one less", show=False),
        Binding("equals_sign", "fill", "the rest", show=False),
        Binding("backspace,delete", "erase", "erase", show=False),
    ]

    class Edited(Message):
        """A weight was changed."""

        def __init__(self, editor: Editor) -> None:
            super().__init__()
            self.editor = editor

        @property
        def control(self) -> Editor:
            """Where."""
            return self.editor

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._entries: tuple[Entry, ...] = ()
        self._typed: dict[str, str] = {}
        self._place = 0
        self._fresh = True

    def show(self, entries: Sequence[Entry]) -> None:
        """The members; what was typed for them stays."""
        self._entries = tuple(entries)
        for entry in entries:
            self._typed.setdefault(entry.member, "" if entry.now is None else str(entry.now))
        self._place = min(self._place, max(0, len(entries) - 1))
        self._draw()

    @property
    def weights(self) -> dict[str, int | None]:
        """Member id -> weight as typed; None where nothing is typed."""
        return {entry.member: _number(self._typed[entry.member]) for entry in self._entries}

    @property
    def total(self) -> int:
        """The sum of what is typed."""
        return sum(value or 0 for value in self.weights.values())

    def strips(self, cells: int, rows: int) -> list[Strip]:
        """Head, one row a member, the sum; rows around the edited one where not all fit."""
        room = max(1, rows - 2)
        top = min(max(0, self._place - room + 1), max(0, len(self._entries) - room))
        drawn = [strip(self.content[0], cells)] if self.content else []
        for place, row in list(enumerate(self.content[1:-1]))[top : top + room]:
            edited = place == self._place and self.has_focus
            drawn.append(strip(row, cells, over=SELECTED if edited else None))
        return [*drawn, *(strip(one, cells) for one in self.content[-1:])]

    def _draw(self) -> None:
        width = max([8, *(min(30, len(entry.name)) for entry in self._entries)])
        head = line(title(f"{'WEIGHTS':<{width + 2}}"), title("   now     new   "), title("known of it"))
        self.content = [head, *(self._row(entry, width) for entry in self._entries), self._sum(width)]

    def _row(self, entry: Entry, width: int) -> Line:
        marked = self._entries[self._place] == entry
        typed = self._typed[entry.member]
        now = "absent" if entry.now is None else str(entry.now)
        changed = _number(typed) != entry.now
        return (
            Span("▸ " if marked else "  ", Ink.ACCENT),
            *fit((Span(entry.name),), width),
            Span(f"{now:>6} -> "),
            Span(f"[{typed:>3}]  ", Ink.STRONG if changed else Ink.PLAIN),
            *entry.known,
        )

    def _sum(self, width: int) -> Line:
        total = self.total
        if any(value is not None and value > 100 for value in self.weights.values()):
            return line(Span(f"  {'sum':<{width}}          {total:>5}   a weight is 0 to 100", Ink.WARN))
        if total == 100:
            return line(dim(f"  {'sum':<{width}}          {total:>5}   = 100"))
        gap, way = f"{100 - total} missing", "gives them to"
        if total > 100:
            gap, way = f"{total - 100} too many", "takes them from"
        return line(Span(f"  {'sum':<{width}}          {total:>5}   {gap}; = {way} this member", Ink.WARN))

    def _edit(self, member: str, typed: str) -> None:
        if self._typed.get(member) != typed:
            self._typed[member] = typed
            self._draw()
            self.post_message(self.Edited(self))

    def on_key(self, event: events.Key) -> None:
        """Digits are the new weight; the first one after a move replaces what stood there."""
        if event.character is None or event.character not in "0123456789" or not self._entries:
            return
        event.stop()
        event.prevent_default()
        member = self._entries[self._place].member
        former = "" if self._fresh else self._typed[member]
        self._fresh = False
        if len(former) < 3:
            self._edit(member, (former + event.character).lstrip("0") or "0")

    def on_focus(self) -> None:
        """The edited row is drawn reversed while the keys are here."""
        self._fresh = True
        self.repaint()

    def on_blur(self) -> None:
        """And plain with its mark elsewhere."""
        self.repaint()

    def action_move(self, way: int) -> None:
        """Another member."""
        self._fresh = True
        self._place = max(0, min(len(self._entries) - 1, self._place + way))
        self._draw()

    def action_add(self, by: int) -> None:
        """One more or less."""
        if self._entries:
            member = self._entries[self._place].member
            value = max(0, min(100, (_number(self._typed[member]) or 0) + by))
            self._fresh = True
            self._edit(member, str(value))

    def action_fill(self) -> None:
        """What is missing to 100, or too many, to or from this member."""
        if self._entries:
            member = self._entries[self._place].member
            rest = 100 - self.total + (_number(self._typed[member]) or 0)
            self._fresh = True
            self._edit(member, str(max(0, min(100, rest))))

    def action_erase(self) -> None:
        """Take the last digit back; everything right after a move."""
        if self._entries:
            member = self._entries[self._place].member
            self._edit(member, "" if self._fresh else self._typed[member][:-1])
            self._fresh = False


def _number(typed: str) -> int | None:
    return int(typed) if typed else None
