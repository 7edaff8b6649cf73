"""The review of a set-up, or of a teardown: checks, the plan with its hash, and the typed word that starts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.message import Message
from textual.worker import get_current_worker

from console.decide.plan import short
from console.decide.setup.away import away, nameable, unseen
from console.decide.setup.checks import reds, unconfirmed
from console.decide.setup.choices import Choice
from console.decide.setup.manifests import key_of
from console.decide.setup.order import order
from console.decide.setup.plan import plan as planned
from console.decide.setup.task import Apply, Check, SetupPlan
from console.decide.setup.unknown import unknown_to_show
from console.errors import FleetConsoleError
from console.model.ground import Ground
from console.model.run import RunReport
from console.model.topology import Topology
from console.present import setup_review
from console.present.line import EMPTY, Ink, Line, Span, dim, line, paragraph
from screens.choose import Choosing
from screens.confirm import Confirmation
from screens.place import Place
from screens.standing import Standing
from screens.starting import StartingPlace
from widgets.lines import Lines
from widgets.pager import Pager


class ReviewPage(StartingPlace):
    """Nothing is written before the typed confirmation."""

    PLACE: ClassVar[str] = "review"
    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    class Looked(Message):
        """The ground was read, or could not be."""

        def __init__(self, ground: Ground | None, failure: str) -> None:
            super().__init__()
            self.ground = ground
            self.failure = failure

    class Planned(Message):
        """The rules said their word, and the plan was made."""

        def __init__(
            self, found: tuple[Check, ...], plan: SetupPlan, kept: tuple[str, ...] = (), failure: str = ""
        ) -> None:
            super().__init__()
            self.found = found
            self.plan = plan
            self.kept = kept
            self.failure = failure
            """Why the plan cannot be told, after all; empty where it can."""

    def __init__(
        self, topology: Topology, kind: str, text: str, notes: Sequence[str] = (), *, retry: Sequence[str] = ()
    ) -> None:
        """`retry`: what has failed and is to be made anew."""
        super().__init__()
        self._topology = topology
        self._kind = kind
        self._text = text
        self._notes = tuple(notes)
        self._retry = tuple(retry)
        self._named: frozenset[str] = frozenset()
        """What may be taken from its owners, or of a teardown what adopted things go."""
        self._ground: Ground | None = None
        self._checks: tuple[Check, ...] = ()
        self._plan: SetupPlan | None = None
        self._kept: tuple[str, ...] = ()
        self._failure = ""

    def body(self) -> ComposeResult:
        """Head and everything under it."""
        yield Lines(id="about")
        yield Pager(id="plan")

    def on_mount(self) -> None:
        """Look."""
        self._look()

    @work(thread=True, exclusive=True, group="look")
    def _look(self) -> None:
        worker = get_current_worker()
        try:
            ground = self.console.desk.setups.look(self._topology, away=self._kind == "teardown")
            missing = () if self._kind == "teardown" else unknown_to_show(self._topology, ground)
            if not worker.is_cancelled:
                self.post_message(self.Looked(ground, "; ".join(missing)))
        except FleetConsoleError as error:
            self.post_message(self.Looked(None, str(error)))

    def on_review_page_looked(self, message: Looked) -> None:
        """Plan by it."""
        self._ground, self._failure = message.ground, message.failure
        self.hush()
        if message.ground is not None and not message.failure:
            self._make(message.ground)
        self._changed()

    @work(thread=True, exclusive=True, group="plan", description="the plan")
    def _make(self, ground: Ground) -> None:
        if self._kind == "teardown":
            told = away(self._topology, ground, self._named)
            answer = self.Planned(told.checks, told.plan, told.stays, "; ".join(told.missing))
        else:
            made = planned(self._topology, ground, take=self._named, retry=frozenset(self._retry))
            try:
                found = self.console.desk.setups.judged(self._topology, ground, made)
            except FleetConsoleError as error:
                self.post_message(self.Looked(None, str(error)))
                return
            answer = self.Planned(found, made)
        if not get_current_worker().is_cancelled:
            self.post_message(answer)

    def on_review_page_planned(self, message: Planned) -> None:
        """Show it."""
        self._checks, self._plan, self._kept = message.found, message.plan, message.kept
        self._failure = message.failure
        self._changed()

    def draw(self) -> None:
        """Head, checks, plan."""
        cells = self.size.width
        self.query_one("#about", Lines).content = [setup_review.head(self._topology.name, self._plan)]
        self.query_one(Pager).show(self._lines(cells))

    def _lines(self, cells: int) -> list[Line]:
        if self._failure:
            return paragraph(f"No plan: the ground cannot be read: {self._failure}", cells, ink=Ink.WARN)
        if self._plan is None:
            return [line(dim("reading the account, the Fleet and the data centre ..."))]
        body = setup_review.lines(self._checks, self._plan, self._notes, self._kept, cells)
        if self._retry:
            body = [line(Span(f"made anew: {one}", Ink.WARN)) for one in self._retry] + [EMPTY, *body]
        if self._named:
            word = "goes, too" if self._kind == "teardown" else "taken from its owner"
            body = [line(Span(f"{word}: {one}", Ink.WARN)) for one in sorted(self._named)] + [EMPTY, *body]
        return body

    def standing(self) -> Standing:
        """With what keeps it from being started."""
        return replace(super().standing(), refused=self._refused())

    def _refused(self) -> str:
        if self._starting:
            return "the run is being started"
        if self._failure:
            return f"the ground cannot be read: {self._failure}"
        if self._plan is None:
            return "the ground is being read"
        red = reds(self._checks)
        if red:
            more = f" and {len(red) - 1} more" if len(red) > 1 else ""
            return f"{red[0].rule} is red: {red[0].measured}{more}; nothing is written on red"
        return "" if self._plan.tasks else "there is nothing to do"

    def do_discover(self) -> None:
        """Read the ground again."""
        self._plan, self._failure = None, ""
        self._look()
        self._changed()

    def do_draft_yaml(self) -> None:
        """The topology as YAML."""
        from screens.text import DraftPage

        self.app.push_screen(DraftPage(self._text))

    def do_name(self) -> None:
        """Choose what may be taken from its owners; of a teardown, which adopted things go."""
        found = self._nameable()
        if not found:
            self.say("there is nothing to name")
            return
        head = "What goes, too" if self._kind == "teardown" else "Objects whose fields may be taken from their owners"
        self.app.push_screen(Choosing(head, found, sorted(self._named), several=True), self._chosen)

    def _nameable(self) -> list[Choice]:
        if self._kind == "teardown":
            there = nameable(self._topology, self._ground) if self._ground is not None else ()
            return [Choice(one) for one in there]
        applied = self._plan.tasks if self._plan else ()
        return [Choice(str(key_of(one.call.manifest)), one.what) for one in applied if isinstance(one.call, Apply)]

    def _chosen(self, values: tuple[str, ...] | None) -> None:
        if values is None or self._ground is None:
            return
        self._named = frozenset() if frozenset(values) == self._named else frozenset(values)
        self._make(self._ground)
        self._changed()

    def do_confirm(self) -> None:
        """Ask for the topology's name."""
        plan = self._plan
        if plan is None:
            return
        away = plan.kind == "teardown"
        word = f"teardown {self._topology.name}" if away else self._topology.name
        self.warm()
        self.app.push_screen(
            Confirmation(f"{'Take away' if away else 'Set up'} {self._topology.name}", self._sentences(plan), word),
            partial(self._confirmed, plan),
        )

    def _sentences(self, plan: SetupPlan) -> tuple[str, ...]:
        final = [one.final for one in plan.tasks if one.final]
        open_ = sorted({one.rule for one in unconfirmed(self._checks)})
        first = f"{len(plan.tasks)} tasks in order, by a runner that outlives this screen (plan {short(plan.hash)})."
        cannot = f"{len(final)} of them cannot be undone: {'; '.join(dict.fromkeys(final))}." if final else ""
        said = f"Recorded as unconfirmed: {', '.join(open_)}." if open_ else ""
        stays = "What was adopted stays." if plan.kind == "teardown" and not self._named else ""
        dark = unseen(plan)
        return tuple(filter(None, (first, f"{dark[:1].upper()}{dark[1:]}." if dark else "", cannot[:400], said, stays)))

    def _confirmed(self, plan: SetupPlan, yes: bool | None) -> None:
        self.begin(partial(self._start, plan), yes)

    def _start(self, plan: SetupPlan) -> RunReport:
        open_ = sorted({one.rule for one in unconfirmed(self._checks)})
        named = sorted(self._named)
        if plan.kind == "teardown":
            told = order(self._topology, plan, also=named, unconfirmed=open_)
        else:
            told = order(self._topology, plan, take=named, retry=self._retry, unconfirmed=open_)
        return self.console.desk.setups.start(told)

    def run_page(self, report: RunReport) -> Place:
        """Of a set-up, with the plan that was confirmed."""
        from screens.setup_run import SetupRunPage

        return SetupRunPage(report, self._plan)
