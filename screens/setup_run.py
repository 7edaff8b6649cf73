"""A set-up, or a teardown, while it goes and after: stage by stage, what the cloud says, stop and resume."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.message import Message
from textual.worker import get_current_worker

from console.decide.setup.task import SetupPlan
from console.errors import FleetConsoleError
from console.model.run import RunReport
from console.model.text import inert
from console.present import setup_runs
from console.present.line import Ink
from console.present.setup_runs import Outline
from screens import standing
from screens.confirm import Confirmation
from screens.standing import Standing
from screens.undo import UndoingPlace
from widgets.pager import Pager


class SetupRunPage(UndoingPlace):
    """Follows one run; leaving it changes nothing."""

    PLACE: ClassVar[str] = "setup-run"
    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    class Told(Message):
        """The run has a new report."""

        def __init__(self, report: RunReport) -> None:
            super().__init__()
            self.report = report

    class Outlined(Message):
        """What the run was told to do was read."""

        def __init__(self, told: Outline, made: Path | None) -> None:
            super().__init__()
            self.told = told
            self.made = made

    class Resumed(Message):
        """A new runner goes on."""

        def __init__(self, report: RunReport) -> None:
            super().__init__()
            self.report = report

    def __init__(self, report: RunReport, plan: SetupPlan | None = None) -> None:
        """`plan`: as it was confirmed, where this page comes from its confirmation."""
        super().__init__()
        self._report = report
        self._plan = plan
        self._outline: Outline | None = None
        self._made: Path | None = None

    def body(self) -> ComposeResult:
        """One page of lines."""
        yield Pager(id="body")

    def on_mount(self) -> None:
        """Follow it."""
        self._read()
        self._follow(self._report.run)

    @work(thread=True, exclusive=True, group="read")
    def _read(self) -> None:
        """What it was told to do; of a teardown also what is left to do, which only the ground tells."""
        desk, worker = self.console.desk.setups, get_current_worker()
        try:
            order = desk.order(self._report.run)
            self.post_message(self.Outlined(setup_runs.outline(order, self._plan), desk.made(order.topology.name)))
            if order.kind == "teardown" and self._plan is None and not self._report.state.over:
                left = order.plan(desk.look(order.topology))
                if not worker.is_cancelled:
                    self.post_message(self.Outlined(setup_runs.outline(order, left), None))
        except FleetConsoleError as error:
            self.post_message(self.Said(f"what it was told to do is not read: {error}"))

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

    def on_setup_run_page_told(self, message: Told) -> None:
        """Show the newest report; what it left is looked for once it is over."""
        ended = message.report.state.over and not self._report.state.over
        self._report = message.report
        if ended:
            self._read()
        self._changed()

    def on_setup_run_page_outlined(self, message: Outlined) -> None:
        """Show what is to come, too."""
        known = self._outline.tasks if self._outline is not None else {}
        self._outline = replace(message.told, tasks={**message.told.tasks, **known})
        self._made = message.made or self._made
        self._changed()

    def draw(self) -> None:
        """The run as it was told last."""
        lines = setup_runs.run_lines(self._report, self._outline, time.time(), self.size.width)
        self.query_one(Pager).show(lines)

    def standing(self) -> Standing:
        """With whether it left settings to open."""
        made = self._made is not None and setup_runs.over_well(self._report)
        return replace(super().standing(), made=made)

    def do_stop(self) -> None:
        """Ask, then tell it to stop."""
        sentences = (
            "It finishes what is in flight and holds here. What was made stays, and what the cloud has begun goes on "
            "there. It can be resumed, or taken away again.",
        )
        self.ask_to(self._report, "stop", "Stop here", sentences)

    def do_resume(self) -> None:
        """Ask, then have a new runner look at what stands, and go on."""
        run = self._report.run
        sentences = ("A new runner looks at what stands now, and goes on with what is left of the plan.",)
        self.app.push_screen(Confirmation(f"Resume run {inert(run, 40)}", sentences, run), self._confirmed_resume)

    def _confirmed_resume(self, yes: bool | None) -> None:
        if not yes:
            return
        if why := standing.resume(self.standing()):
            self.say(f"nothing was started: {why}")
            return
        self.say("starting a runner ...", Ink.PLAIN)
        self._resume()

    @work(thread=True, exclusive=True, group="resume")
    def _resume(self) -> None:
        try:
            self.post_message(self.Resumed(self.console.desk.setups.resume(self._report.run)))
        except FleetConsoleError as error:
            self.post_message(self.Said(f"not resumed: {error}"))

    def on_setup_run_page_resumed(self, message: Resumed) -> None:
        """Follow it again."""
        self._report = message.report
        self.hush()
        self._follow(message.report.run)
        self._changed()

    def do_open_made(self) -> None:
        """Read the Fleet that was set up, by the settings that were left."""
        if self._made is not None:
            try:
                self.console.open_settings(self._made)
            except FleetConsoleError as error:
                self.say(str(error))

    @property
    def copied(self) -> str:
        """The command that follows it from another terminal."""
        return self.console.desk.attach(self._report.run)

    @property
    def report(self) -> RunReport | None:
        """This run."""
        return self._report
