"""Going back from a run: the word that confirms it, then a message to a live runner or a new run that undoes it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual import work
from textual.message import Message

from console.decide.plan import Plan, short
from console.errors import FleetConsoleError
from console.model.run import RunReport, Split
from console.model.text import inert
from console.present import changes, ledgers
from console.present.line import Ink
from screens import standing
from screens.confirm import Confirmation
from screens.place import Place

_HASTEN = ("finish", "touch")
"""Words that have a run write sooner, or more: they need arming until they are confirmed."""


class UndoingPlace(Place):
    """A page about runs that can take one back."""

    class UndoPlanned(Message):
        """The plan that undoes a finished run."""

        def __init__(self, report: RunReport, plan: Plan) -> None:
            super().__init__()
            self.report = report
            self.plan = plan

    class UndoStarted(Message):
        """A new run undoes the finished one."""

        def __init__(self, report: RunReport) -> None:
            super().__init__()
            self.report = report

    class Said(Message):
        """A worker has something to say to the person."""

        def __init__(self, sentence: str, ink: Ink = Ink.WARN) -> None:
            super().__init__()
            self.sentence = sentence
            self.ink = ink

    def do_roll_back(self) -> None:
        """Ask first; a live run needs nothing but this confirmation."""
        report = self.report
        if report is None:
            return
        if report.state.over:
            self.say("reading what it replaced ...", Ink.PLAIN)
            self._plan_undo(report)
            return
        before = ", ".join(f"{one.route} to {ledgers.weights(one.before)}" for one in report.routes[:6])
        before += f" and {len(report.routes) - 6} more" if len(report.routes) > 6 else ""
        sentences = (
            f"The run turns round now and puts back what was there: {inert(before, 300)}.",
            *self._warned((one.route, one.before) for one in report.routes),
            "Its own runner does it and checks every layer again. Nothing else is changed.",
        )
        self.ask_to(report, "rollback", "Go back", sentences)

    def _warned(self, after: Iterable[tuple[str, Split]]) -> tuple[str, ...]:
        """That weights would go where nobody serves, where they would."""
        said = changes.to_dead(self.fleet, self.now, after)
        return (said,) if said else ()

    def ask_to(self, report: RunReport, word: str, head: str, sentences: tuple[str, ...], seconds: float = 0.0) -> None:
        """Ask for the run's id, then tell its runner a word."""
        self.app.push_screen(
            Confirmation(f"{head}: run {inert(report.run, 40)}", sentences, report.run),
            partial(self._confirmed, report, word, seconds),
        )

    def _confirmed(self, report: RunReport, word: str, seconds: float, yes: bool | None) -> None:
        if not yes:
            return
        if word in _HASTEN and (why := standing.hasten(self.standing())):
            self.say(f"nothing was told: {why}")
            return
        self.say(f"the runner is told: {word}", Ink.PLAIN)
        self._command(report, word, seconds)

    @work(thread=True, group="undo", description="a word")
    def _command(self, report: RunReport, word: str, seconds: float) -> None:
        try:
            self.console.desk.command(report.run, word, seconds)
        except FleetConsoleError as error:
            self.post_message(self.Said(f"not told: {error}"))

    @work(thread=True, exclusive=True, group="undo", description="the way back")
    def _plan_undo(self, report: RunReport) -> None:
        try:
            self.post_message(self.UndoPlanned(report, self.console.desk.rollback_plan(report.run)))
        except FleetConsoleError as error:
            self.post_message(self.Said(f"cannot be undone from here: {error}"))

    def on_undoing_place_undo_planned(self, message: UndoPlanned) -> None:
        """Show what would be put back."""
        plan = message.plan
        self.hush()
        if all(one.before == one.after for one in plan.routes):
            self.say("there is nothing to put back: its routes hold what they held before it")
            return
        sentences = (
            f"A new run puts back exactly what run {inert(message.report.run, 40)} replaced: "
            f"{changes.summary(plan)} (plan {short(plan.hash)}). Keys that were absent become absent again.",
            *self._warned((one.key, tuple(one.weights(one.after).items())) for one in plan.routes),
            "It refuses where somebody else changed the weights since.",
        )
        self.warm()
        self.app.push_screen(
            Confirmation(f"Undo run {inert(message.report.run, 40)}", sentences, message.report.run),
            partial(self._undo_over, message.report, plan),
        )

    def _undo_over(self, report: RunReport, plan: Plan, yes: bool | None) -> None:
        if not yes:
            return
        if self.console.armed is None:
            self.say("arming has expired meanwhile: nothing was started; press a")
            return
        self.say("starting the runner ...", Ink.PLAIN)
        self._start_undo(report, plan)

    @work(thread=True, exclusive=True, group="undo", description="the way back")
    def _start_undo(self, report: RunReport, plan: Plan) -> None:
        try:
            started = self.console.desk.start_run(plan, f"undo run {report.run}", ())
            self.post_message(self.UndoStarted(started))
        except FleetConsoleError as error:
            self.post_message(self.Said(f"not started: {error}"))

    def on_undoing_place_undo_started(self, message: UndoStarted) -> None:
        """On to the new run's page."""
        from screens.run import RunPage

        self.app.push_screen(RunPage(message.report))

    def on_undoing_place_said(self, message: Said) -> None:
        """Say it in the footer."""
        self.say(message.sentence, message.ink)
