"""The draft, or one step's part of it, as YAML in an editor: what is wrong stands under it with line and column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.timer import Timer

from console import yaml_file
from console.decide.setup import draft as drafts
from console.decide.setup.draft import Document
from console.errors import FleetConsoleError, TopologyError
from console.model.text import inert
from console.present.line import Ink, Line, Span, dim, line, paragraph, strong
from screens.place import Place
from widgets.lines import Lines
from widgets.sheet import TextSheet

PAUSE = 0.2
"""Seconds without a key after which what is typed is judged."""
TOLD = 4
"""Problems that stand under the editor."""


class EditPage(Place):
    """Returns the document with what was edited, None where it was left as it is. `tops`: the fields of the topology
    that are edited; empty: all."""

    PLACE: ClassVar[str] = "edit"
    AUTO_FOCUS: ClassVar[str | None] = "TextSheet"

    def __init__(self, document: Document, tops: Sequence[str]) -> None:
        super().__init__()
        self._whole = document
        self._tops = tuple(tops)
        part = {name: document[name] for name in tops if name in document} if tops else document
        self._text = drafts.yaml_text(part) if part else "".join(f"{name}:\n" for name in tops)
        self._meant: Document | None = document
        self._wrong: list[str] = []
        self._pause: Timer | None = None

    def body(self) -> ComposeResult:
        """The editor and what is wrong."""
        yield Lines(id="about")
        yield TextSheet(self._text, id="sheet")
        yield Lines(id="detail")

    def on_mount(self) -> None:
        """Say at once what is wrong already."""
        self._judge()

    def draw(self) -> None:
        """Head and problems."""
        cells = self.size.width
        what = ", ".join(self._tops) if self._tops else "the whole topology"
        self.query_one("#about", Lines).content = [
            line(strong("EDIT"), f"  {what}", dim("   ^s keeps it, ^g drops it"))
        ]
        out: list[Line] = []
        for one in self._wrong[:TOLD]:
            out += paragraph(f"x {one}", cells, most=2, ink=Ink.BAD)
        if len(self._wrong) > TOLD:
            out.append(line(dim(f"  and {len(self._wrong) - TOLD} more")))
        self.query_one("#detail", Lines).content = out or [line(Span("+ sound in itself", Ink.GOOD))]

    def on_text_area_changed(self, message: TextSheet.Changed) -> None:
        """What is typed is judged after a moment without keys: YAML of a large topology takes its time."""
        self._meant = None
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE, self._judge)

    def _judge(self) -> None:
        text, self._pause = self.query_one(TextSheet).text, None
        self._meant, self._wrong = None, []
        try:
            located = yaml_file.compose(text, "line", TopologyError)
        except FleetConsoleError as error:
            self._wrong = [inert(str(error), 300)]
            self._changed()
            return
        self._wrong = [f"{flaw.place[0]}:{flaw.place[1]}: {flaw.sentence}" for flaw in located.flaws]
        value = located.value if located.value is not None else {}
        if not isinstance(value, dict):
            self._wrong = ["1:1: a mapping is needed"]
        elif not located.flaws:
            kept = {name: one for name, one in self._whole.items() if name not in self._tops} if self._tops else {}
            said = {name: one for name, one in value.items() if one is not None}
            self._meant = _ordered(kept | said, self._whole)
            for one in drafts.draft(self._meant).problems:
                if not self._tops or one.path.startswith(self._tops):
                    row, column = located.place(one.path, key=one.at_key)
                    self._wrong.append(f"{row}:{column}: {one}")
        self._changed()

    def do_keep(self) -> None:
        """Take it; problems may stay, they stand beside their fields."""
        if self._pause is not None:
            self._pause.stop()
            self._judge()
        if self._meant is None:
            self.say(f"this is no YAML yet: {self._wrong[0] if self._wrong else '?'}")
        else:
            self.dismiss(self._meant)

    def do_back(self) -> None:
        """As keep: leaving loses no work."""
        self.do_keep()

    def do_drop(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)


def _ordered(said: dict[str, object], whole: Document) -> Document:
    """In the order of the fields that were there, new ones behind them."""
    names = [*(name for name in whole if name in said), *(name for name in said if name not in whole)]
    return {name: said[name] for name in names}
