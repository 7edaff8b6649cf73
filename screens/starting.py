"""Pages that start a run: what decides beside the picture, the API server's word on a dry run, and the start itself
once it was confirmed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.worker import get_current_worker

from console.decide.case import Around
from console.errors import FleetConsoleError
from console.model.fleet import Fleet
from console.model.run import Reason, RunReport, Severity
from console.model.text import inert
from console.present.line import Ink, Line, Span, dim
from screens.place import Place
from widgets.pager import Pager

FRESH = 10.0
"""Seconds after which members that were asked themselves are asked again, while the page is looked at."""


class StartingPlace(Place):
    """A page whose confirmation starts a detached runner."""

    class Started(Message):
        """The runner was started, or could not be."""

        def __init__(self, report: RunReport | None, failure: str) -> None:
            super().__init__()
            self.report = report
            self.failure = failure

    def __init__(self) -> None:
        super().__init__()
        self._starting = False

    def begin(self, start: Callable[[], RunReport], yes: bool | None) -> None:
        """What a confirmation leads to: start it, unless arming has expired while it was typed."""
        if not yes:
            return
        why = self.standing()
        if why.armed is None or why.read_only:
            self.free_keys()
            self.say("arming has expired meanwhile: nothing was started; press a")
            return
        self._starting = True
        self.say("starting the runner ...", Ink.PLAIN)
        self._begin(start)

    @work(thread=True, exclusive=True, group="start", description="a start")
    def _begin(self, start: Callable[[], RunReport]) -> None:
        try:
            self.post_message(self.Started(start(), ""))
        except FleetConsoleError as error:
            self.post_message(self.Started(None, str(error)))

    def on_starting_place_started(self, message: Started) -> None:
        """On to the run's page, or say why not."""
        self._starting = False
        if message.report is None:
            self.say(f"not started: {message.failure}")
        else:
            self.app.switch_screen(self.run_page(message.report))

    def run_page(self, report: RunReport) -> Place:
        """The page that follows the run."""
        from screens.run import RunPage

        return RunPage(report)


class DecidingPlace(StartingPlace):
    """A page that decides anew from each picture, and asks the API server about what it decided.

    What it decided is in a pager, which scrolls while a line is typed, too: such a line has no use for these keys.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_plan(-1)", "up", show=False),
        Binding("down", "scroll_plan(1)", "down", show=False),
        Binding("pageup", "page_plan(-1)", "page up", show=False),
        Binding("pagedown", "page_plan(1)", "page down", show=False),
    ]

    ASKS: ClassVar[bool] = False
    """Whether members of which the ALB says nothing are asked themselves, past the gateway."""

    class Tried(Message):
        """The API server answered the dry run of what has that hash."""

        def __init__(self, digest: str, reasons: tuple[Reason, ...], failure: str) -> None:
            super().__init__()
            self.digest = digest
            self.reasons = reasons
            self.failure = failure

    class Surrounded(Message):
        """What decides beside the picture was read anew."""

        def __init__(self, around: Around) -> None:
            super().__init__()
            self.around = around

    def __init__(self) -> None:
        super().__init__()
        self._around: Around | None = None
        self._runs_seen: object = None
        self._looked = 0.0
        self._trials: dict[str, DecidingPlace.Tried] = {}

    def action_scroll_plan(self, way: int) -> None:
        """One line."""
        self.query_one(Pager).action_scroll_by(way)

    def action_page_plan(self, way: int) -> None:
        """One window."""
        self.query_one(Pager).action_scroll_page(way)

    def surroundings(self, fleet: Fleet) -> Around:
        """What decides beside the picture: settings at once, this host's runs as soon as they are read."""
        old = self._around is not None and self._around.direct and time.monotonic() - self._looked > FRESH
        if self._runs_seen != fleet.runs or self._around is None or old:
            self._runs_seen, self._looked = fleet.runs, time.monotonic()
            self._look_around(fleet)
        return self._around or Around.by(self.console.settings)

    @work(thread=True, exclusive=True, group="around", description="what is around")
    def _look_around(self, fleet: Fleet) -> None:
        try:
            found = self.console.desk.around(fleet, ask=self.ASKS)
        except FleetConsoleError as error:
            self.log(str(error))
            return
        if not get_current_worker().is_cancelled:
            self.post_message(self.Surrounded(found))

    def on_deciding_place_surrounded(self, message: Surrounded) -> None:
        """Decide with it."""
        self._around = message.around
        self._changed()

    def answered(self, digest: str, ask: Callable[[], tuple[Reason, ...]]) -> Tried:
        """The answer to a dry run; blocks."""
        try:
            return self.Tried(digest, ask(), "")
        except FleetConsoleError as error:
            return self.Tried(digest, (), str(error))

    def on_deciding_place_tried(self, message: Tried) -> None:
        """Keep the answer beside what it is about."""
        self._trials[message.digest] = message
        self._changed()

    def trial_words(self, trial: Tried | None) -> Line:
        """What the API server says, or that it is being asked."""
        if trial is None:
            return (dim("  asking the API server ..."),)
        if trial.failure:
            return (Span(f"  no answer: {inert(trial.failure)}", Ink.WARN),)
        if _blocking(trial):
            return (Span("  the API server refuses it", Ink.BAD),)
        return (Span("  the API server would accept it", Ink.GOOD),)

    def trial_refusal(self, trial: Tried | None) -> str:
        """Why nothing may be started by its word; empty where it may."""
        if trial is None:
            return "the API server has not answered the dry run yet"
        blocking = _blocking(trial)
        if trial.failure or blocking:
            return f"dry run: {blocking[0].measured if blocking else trial.failure}"
        return ""


def _blocking(trial: DecidingPlace.Tried) -> list[Reason]:
    return [one for one in trial.reasons if one.severity is Severity.BLOCKS]
