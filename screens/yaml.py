"""Objects of the hub as YAML, read anew when the page opens and on `y`."""

from __future__ import annotations

import time
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.message import Message
from textual.worker import get_current_worker

from console.errors import FleetConsoleError
from console.model.freshness import SourceName
from console.present.line import EMPTY, Ink, Line, dim, line, paragraph, title
from console.present.times import clock
from screens.place import Place
from widgets.pager import Pager

Named = tuple[SourceName, str]
"""(kind of object, `NAME` or `NAMESPACE/NAME`)"""


class YamlPage(Place):
    """One or several objects below one another."""

    PLACE: ClassVar[str] = "yaml"
    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    class Read(Message):
        """One object was read, or could not be."""

        def __init__(self, named: Named, lines: tuple[str, ...], failure: str) -> None:
            super().__init__()
            self.named = named
            self.lines = lines
            self.failure = failure

    def __init__(self, named: tuple[Named, ...]) -> None:
        super().__init__()
        self._named = named
        self._shown: dict[Named, list[Line]] = {}

    def body(self) -> ComposeResult:
        """One page of lines."""
        yield Pager(id="body")

    @property
    def objects(self) -> tuple[Named, ...]:
        """Those that are shown."""
        return self._named

    def on_mount(self) -> None:
        """Ask."""
        self._read()

    def draw(self) -> None:
        """What was read so far."""
        out: list[Line] = []
        for named in self._named:
            kind, key = named
            out += [*([EMPTY] if out else []), line(title(f"{kind.value} {key}"), dim("  y reads it again"))]
            out += self._shown.get(named, [line(dim("  reading ..."))])
        self.query_one(Pager).show(out)

    @work(thread=True, exclusive=True, group="yaml")
    def _read(self) -> None:
        for named in self._named:
            try:
                answer = self.Read(named, self.console.desk.yaml(*named), "")
            except FleetConsoleError as error:
                answer = self.Read(named, (), str(error))
            if get_current_worker().is_cancelled:
                return
            self.post_message(answer)

    def on_yaml_page_read(self, message: Read) -> None:
        """Show it, with when it was read."""
        if message.failure:
            shown = list(paragraph(message.failure, self.size.width, indent=2, ink=Ink.WARN))
        else:
            shown = [line(dim(f"# read from the hub at {clock(time.time())}")), *map(line, message.lines)]
        self._shown[message.named] = shown
        self._changed()

    def do_yaml(self) -> None:
        """Read anew."""
        self._read()
