"""One run while it goes, and after: its routes layer by layer, what it waits for, its journal."""

from __future__ import annotations

import time
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.message import Message
from textual.worker import get_current_worker

from console.errors import FleetConsoleError
from console.model.run import RunReport, RunState
from console.model.spans import spoken
from console.model.text import inert
from console.present import ledgers
from console.present.line import Ink
from screens import standing
from screens.confirm import Confirmation
from screens.undo import UndoingPlace
from widgets.pager import Pager

EXTENSION = 600.0
"""Seconds that the key extends by; the verb takes any."""


class RunPage(UndoingPlace):
    """Follows one run; leaving it changes nothing."""

    PLACE: ClassVar[str] = "run"
    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    class Told(Message):
        """The run has a new report."""

        def __init__(self, report: RunReport) -> None:
            super().__init__()
            self.report = report

    class Resumed(Message):
        """A new runner goes on with the run."""

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
        self.console.heed(message.report)
        self._changed()

    def draw(self) -> None:
        """The run against the newest picture."""
        lines = ledgers.run_lines(self._report, self.fleet, self.now, time.time(), self.size.width)
        self.query_one(Pager).show(lines)

    def do_stop(self) -> None:
        """Ask, then tell it to stop where it is."""
        report = self._report
        done = report.state is RunState.DONE
        sentences = (
            ("It does not go back by itself any more: the weights stay as they are for good.",)
            if done
            else (
                "It finishes the write in flight and holds here: every route keeps what it has, "
                "the fence and the Fleet's Lease are given back.",
                "Nothing is put back; a rollback can be started later.",
            )
        )
        self.ask_to(report, "stop", "Keep" if done else "Stop here", sentences)

    def do_go_back(self) -> None:
        """As on the list of runs."""
        self.do_roll_back()

    def do_finish(self) -> None:
        """Ask, then tell it to skip its holds."""
        sentences = ("It skips the holds that are left and goes on to its last step; every step is still verified.",)
        self.ask_to(self._report, "finish", "Finish now", sentences)

    def do_extend(self) -> None:
        """Ask, then lengthen what runs down."""
        what = "It goes back by itself" if self._report.state.over else "The hold that goes on, or comes next, ends"
        self.ask_to(self._report, "extend", "Extend", (f"{what} {spoken(EXTENSION)} later.",), EXTENSION)

    def do_touch(self) -> None:
        """Ask, then have its runner touch what waits for the controller."""
        sentences = (
            "Its runner changes a note of its own on every Ingress of this run that waits for the controller, under "
            "its fence, so that the controller looks at it again now; no weight changes, and the note goes at the end.",
            "After failures the controller's own next retry may be 16 min away.",
        )
        self.ask_to(self._report, "touch", "Touch", sentences)

    def do_go_on(self) -> None:
        """Ask, then start a new runner for it."""
        report = self._report
        sentences = (
            "A new runner looks at what stands there, and goes on with the run's own plan to its end.",
            "What somebody else changed meanwhile it leaves alone, and says so.",
        )
        self.app.push_screen(Confirmation(f"Resume run {inert(report.run, 40)}", sentences, report.run), self._resume)

    def _resume(self, yes: bool | None) -> None:
        if not yes:
            return
        if why := standing.resume(self.standing()):
            self.say(f"nothing was started: {why}")
            return
        self.say("starting the runner ...", Ink.PLAIN)
        self._start_again(self._report.run)

    @work(thread=True, exclusive=True, group="undo")
    def _start_again(self, run: str) -> None:
        try:
            self.post_message(self.Resumed(self.console.desk.resume(run)))
        except FleetConsoleError as error:
            self.post_message(self.Said(f"not started: {error}"))

    def on_run_page_resumed(self, message: Resumed) -> None:
        """Follow the new runner."""
        self.hush()
        self._report = message.report
        self._changed()
        self._follow(message.report.run)

    @property
    def copied(self) -> str:
        """The command that follows it from another terminal."""
        return self.console.desk.attach(self._report.run)

    @property
    def report(self) -> RunReport | None:
        """This run."""
        return self._report
