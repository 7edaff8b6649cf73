"""A set-up, or a teardown, while it goes and after: stage by stage, what the cloud says, stop and resume."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.message import Message
from textual.worker import get_current_worker

from console.decide.setup import ways
from console.decide.setup.file import dump
from console.decide.setup.task import SetupPlan
from console.errors import FleetConsoleError
from console.model.run import RunReport
from console.model.topology import Topology
from console.present import setup_runs
from console.present.setup_runs import Outline
from screens.following import FollowingPlace
from screens.standing import Standing
from widgets.pager import Pager


class SetupRunPage(FollowingPlace):
    """Follows one run; leaving it changes nothing."""

    PLACE: ClassVar[str] = "setup-run"
    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    class Outlined(Message):
        """What the run was told to do was read."""

        def __init__(self, topology: Topology, told: Outline, made: Path | None) -> None:
            super().__init__()
            self.topology = topology
            self.told = told
            self.made = made

    def __init__(self, report: RunReport, plan: SetupPlan | None = None) -> None:
        """`plan`: as it was confirmed, where this page comes from its confirmation."""
        super().__init__(report)
        self._plan = plan
        self._outline: Outline | None = None
        self._made: Path | None = None
        self._topology: Topology | None = None

    def on_mount(self) -> None:
        """Read what it was told to do; the base follows it."""
        self._read()

    @work(thread=True, exclusive=True, group="read")
    def _read(self) -> None:
        """What it was told to do; of one that goes, or may go on, also what is left, in the ground's own words."""
        desk, worker = self.console.desk.setups, get_current_worker()
        try:
            order = desk.order(self._report.run)
            told, made = setup_runs.outline(order, self._plan), desk.made(order.topology.name)
            self.post_message(self.Outlined(order.topology, told, made))
            unfinished = not self._report.state.over or self._report.resumable
            if self._plan is None and unfinished:
                ground = desk.look(order.topology, away=order.kind == "teardown")
                left = order.plan(ground, prove=True)
                if not worker.is_cancelled and not order.unknown(ground):
                    self.post_message(self.Outlined(order.topology, setup_runs.outline(order, left), None))
        except FleetConsoleError as error:
            self.post_message(self.Said(f"what it was told to do is not read: {error}"))

    def news(self, former: RunReport) -> None:
        """What it left is looked for once it is over."""
        if self._report.state.over and not former.state.over:
            self._read()

    def on_setup_run_page_outlined(self, message: Outlined) -> None:
        """Show what is to come, too."""
        known = self._outline.tasks if self._outline is not None else {}
        self._outline = replace(message.told, tasks={**message.told.tasks, **known})
        self._made = message.made or self._made
        self._topology = message.topology
        self._changed()

    def draw(self) -> None:
        """The run as it was told last."""
        lines = setup_runs.run_lines(self._report, self._outline, time.time(), self.size.width)
        self.query_one(Pager).show(lines)

    def standing(self) -> Standing:
        """With whether it left settings to open, and what can be made anew."""
        made = self._made is not None and setup_runs.over_well(self._report)
        failed = ways.failed(self._report.message) if self._report.resumable and self._topology is not None else ""
        return replace(super().standing(), made=made, failed=failed)

    def do_stop(self) -> None:
        """Ask, then tell it to stop."""
        sentences = (
            "It finishes what is in flight and holds here. What was made stays, and what the cloud has begun goes on "
            "there. It can be resumed, or taken away again.",
        )
        self.ask_to(self._report, "stop", "Stop here", sentences)

    def do_resume(self) -> None:
        """Ask, then have a new runner look at what stands, and go on."""
        self.ask_to_resume("A new runner looks at what stands now, and goes on with what is left of the plan.")

    def do_make_anew(self) -> None:
        """Review what takes away what failed, and makes it again."""
        self._review("setup", ways.failed(self._report.message))

    def do_teardown(self) -> None:
        """Review what takes away all that was made."""
        self._review("teardown")

    def _review(self, kind: str, *retry: str) -> None:
        from screens.review import ReviewPage

        if self._topology is not None:
            self.app.push_screen(ReviewPage(self._topology, kind, dump(self._topology), retry=retry))

    def do_open_made(self) -> None:
        """Read the Fleet that was set up, by the settings that were left."""
        if self._made is not None:
            try:
                self.console.open_settings(self._made)
            except FleetConsoleError as error:
                self.say(str(error))
