"""One run while it goes, and after: its routes layer by layer, what it waits for, its journal."""

from __future__ import annotations

import time
from typing import ClassVar

from console.model.run import RunReport, RunState
from console.model.spans import spoken
from console.present import ledgers
from screens.following import FollowingPlace
from widgets.pager import Pager

EXTENSION = 600.0
"""Seconds that the key extends by; the verb takes any."""


class RunPage(FollowingPlace):
    """Follows one run; leaving it changes nothing."""

    PLACE: ClassVar[str] = "run"
    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    def news(self, former: RunReport) -> None:
        """Ring where it needs eyes."""
        self.console.heed(self._report)

    def draw(self) -> None:
        """The run against the newest picture."""
        lines = ledgers.run_lines(self._report, self.fleet, self.now, time.time(), self.size.width)
        self.query_one(Pager).show(lines)

    def do_stop(self) -> None:
        """Ask, then tell it to stop where it is."""
        report = self._report
        done, off = report.state is RunState.DONE, ", ".join(report.debts)
        sentences: tuple[str, ...] = (
            "It finishes the write in flight and holds here: every route keeps what it has, "
            "the fence and the Fleet's Lease are given back.",
            "Nothing is put back; a rollback can be started later.",
        )
        stays = f"Automated sync of {off} stays off until the run is rolled back, or restore-sync restores it."
        if done:
            sentences = ("It does not go back by itself any more: the weights stay as they are for good.",)
            stays = f"Automated sync of {off} comes back: ArgoCD puts back the weights unless its repository says them."
        sentences += (stays,) if off else ()
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
        self.ask_to_resume(
            "A new runner looks at what stands there, and goes on with the run's own plan to its end.",
            "What somebody else changed meanwhile it leaves alone, and says so.",
        )
