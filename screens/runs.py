"""The runs: those of this host's journal, and those that other hosts recorded on the Fleet."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.message import Message
from textual.worker import get_current_worker

from console.errors import FleetConsoleError
from console.model.fleet import Run
from console.model.run import RunReport
from console.present import ledgers
from console.present.line import Ink, Line, dim, line, paragraph
from screens.run import RunPage
from screens.undo import UndoingPlace
from widgets.table import Table

AGAIN = 2.0
"""Seconds after which the journal is read again, whatever the Fleet says."""


class RunsPage(UndoingPlace):
    """A table of runs, newest first."""

    PLACE: ClassVar[str] = "runs"
    AUTO_FOCUS: ClassVar[str | None] = "Table"

    class Listed(Message):
        """The runs were read, or could not be."""

        def __init__(self, reports: tuple[RunReport, ...], failure: str = "") -> None:
            super().__init__()
            self.reports = reports
            self.failure = failure

    def __init__(self) -> None:
        super().__init__()
        self._reports: tuple[RunReport, ...] | None = None
        self._seen: tuple[Run, ...] | None = None
        self._read = 0.0
        self._failure = ""

    def body(self) -> ComposeResult:
        """The table."""
        yield Table(id="runs", keeps=True)

    def draw(self) -> None:
        """The runs as they were read last; read again where the Fleet's records changed, and after a while: a runner
        ends its record before its journal, and one that dies ends neither."""
        if self._seen != self.fleet.runs or self.now - self._read >= AGAIN:
            self._seen, self._read = self.fleet.runs, self.now
            self._list()
        reports = self._reports or ()
        self.query_one(Table).sheet = ledgers.runs_sheet(reports, () if reports else self._note())

    def _note(self) -> tuple[Line, ...]:
        if self._reports is None:
            return (line(dim("  reading the journal ...")),)
        if self._failure:
            return tuple(paragraph(self._failure, self.size.width, indent=2, ink=Ink.WARN))
        return (line(dim("  no runs: none in this host's journal, none recorded on the Fleet")),)

    @work(thread=True, exclusive=True, group="list")
    def _list(self) -> None:
        try:
            found = self.console.desk.runs(self.fleet)
        except FleetConsoleError as error:
            self.post_message(self.Listed((), str(error)))
            return
        if not get_current_worker().is_cancelled:
            self.post_message(self.Listed(found))

    def on_runs_page_listed(self, message: Listed) -> None:
        """Show them."""
        self._reports = message.reports
        self._failure = message.failure
        self._changed()

    @property
    def report(self) -> RunReport | None:
        """The marked run."""
        key = self.query_one(Table).selected if self.is_mounted else None
        return next((one for one in self._reports or () if one.run == key), None)

    @property
    def copied(self) -> str:
        """The command that follows the marked run from another terminal."""
        return self.console.desk.attach(self.report.run) if self.report else ""

    def on_table_moved(self, message: Table.Moved) -> None:
        """Other keys may be available for the marked run."""
        self._changed()

    def on_table_opened(self, message: Table.Opened) -> None:
        """Open the marked run."""
        self.do_open()

    def do_open(self) -> None:
        """Its page."""
        if self.report is not None and self.report.provisions:
            from screens.setup_run import SetupRunPage

            self.app.push_screen(SetupRunPage(self.report))
        elif self.report is not None:
            self.app.push_screen(RunPage(self.report))
