"""A page on one run: it follows it, and has a new runner go on with it where its own is dead or it stopped."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.message import Message
from textual.worker import get_current_worker

from console.errors import FleetConsoleError
from console.model.run import RunReport
from console.model.text import inert
from console.present.line import Ink
from screens import standing
from screens.confirm import Confirmation
from screens.undo import UndoingPlace
from widgets.pager import Pager


class FollowingPlace(UndoingPlace):
    """Leaving it changes nothing."""

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
            for report in self.console.desk.follow(run, lambda: not worker.is_cancelled):
                if worker.is_cancelled:
                    return
                self.post_message(self.Told(report))
        except FleetConsoleError as error:
            self.post_message(self.Said(f"the run is not followed: {error}"))

    def on_following_place_told(self, message: Told) -> None:
        """Show the newest report."""
        former, self._report = self._report, message.report
        self.news(former)
        self._changed()

    def news(self, former: RunReport) -> None:
        """Mind what is new since a former report."""

    def ask_to_resume(self, *sentences: str) -> None:
        """Ask for the run's id, then start a new runner for it."""
        run = self._report.run
        self.app.push_screen(Confirmation(f"Resume run {inert(run, 40)}", sentences, run), self._resume)

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

    def on_following_place_resumed(self, message: Resumed) -> None:
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
