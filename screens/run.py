"""One run while it goes, and after: its routes layer by layer, what it waits for, its journal."""

from __future__ import annotations

import time
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.message import Message
from textual.worker import get_current_worker

from console.errors import FleetConsoleError
from console.model.run import RunReport
from console.present import ledgers
from screens.undo import UndoingPlace
from widgets.pager import Pager


class RunPage(UndoingPlace):
    """Follows one run; leaving it changes nothing."""

    PLACE: ClassVar[str] = "run"
    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    class Told(Message):
        """The run has a new report."""

        def __init__(self, report: RunReport) -> None:
            super().__init__()
            self.report = report

    def __init__(self, report: RunReport) -> None:
        super().__init__()
        self._report = report

    def body(self) -> ComposeResult:
        """One page of lines."""
        yield Pager(id="body")

    def on_mount(self) -> None:
        """Follow it."""
        self._follow(self._report.run)

    @work(thread=True, exclusive=True, group="follow")
    def _follow(self, run: str) -> None:
        worker = get_current_worker()
        try:
            for report in self.console.desk.follow(run):
                if worker.is_cancelled:
                    return
                self.post_message(self.Told(report))
        except FleetConsoleError as error:
            self.post_message(self.Said(f"the run is not followed: {error}"))

    def on_run_page_told(self, message: Told) -> None:
        """Show the newest report."""
        self._report = message.report
        self._changed()

    def draw(self) -> None:
        """The run against the newest picture."""
        lines = ledgers.run_lines(self._report, self.fleet, self.now, time.time(), self.size.width)
        self.query_one(Pager).show(lines)

    @property
    def copied(self) -> str:
        """The command that follows it from another terminal."""
        return self.console.desk.attach(self._report.run)

    @property
    def report(self) -> RunReport | None:
        """This run."""
        return self._report
