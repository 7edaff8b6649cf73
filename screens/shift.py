"""The shift of one route: weights, reason, the exact plan, everything that speaks against it, the dry run, and the word
that starts it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input
from textual.worker import get_current_worker

from console.decide import split
from console.decide.case import Around, Wish
from console.decide.intents import Decision, decide
from console.decide.plan import Plan, short
from console.errors import FleetConsoleError
from console.model.fleet import Fleet, Route
from console.model.run import Reason, RunReport, Severity
from console.model.text import inert
from console.present import changes, members
from console.present.line import EMPTY, Ink, Line, Span, dim, line, strong, title
from screens.actions import Standing
from screens.confirm import Confirmation, speakable
from screens.place import Place
from widgets.editor import Editor, Entry
from widgets.field import Field
from widgets.lines import Lines
from widgets.pager import Pager

SETTLED = 0.4
"""Seconds without a key after which the API server is asked."""


class ShiftPage(Place):
    """Edits a draft; nothing is written before the typed confirmation."""

    PLACE: ClassVar[str] = "shift"
    AUTO_FOCUS: ClassVar[str | None] = "Editor"

    class Tried(Message):
        """The API server answered the dry run of the plan with that hash."""

        def __init__(self, plan_hash: str, reasons: tuple[Reason, ...], failure: str) -> None:
            super().__init__()
            self.plan_hash = plan_hash
            self.reasons = reasons
            self.failure = failure

    class Started(Message):
        """The runner was started, or could not be."""

        def __init__(self, report: RunReport | None, failure: str) -> None:
            super().__init__()
            self.report = report
            self.failure = failure

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key
        self._new_key = False
        self._decision: Decision | None = None
        self._wrong = ""
        self._trials: dict[str, ShiftPage.Tried] = {}
        self._asked = ""
        self._starting = False
        self._pause: Timer | None = None

    def body(self) -> ComposeResult:
        """Editor and reason above, the plan below."""
        yield Lines(id="about")
        yield Editor(id="editor")
        with Horizontal(id="why"):
            yield Lines(id="ask")
            yield Field(placeholder="why, for the record; tab comes here", id="reason")
        yield Pager(id="plan")

    def draw(self) -> None:
        """Decide anew from the newest picture, and show it."""
        fleet, route, cells = self.fleet, self.fleet.route(self._key), self.size.width
        self.query_one("#ask", Lines).content = [line(title("REASON  "))]
        if route is None:
            self._wrong = "this route is not in the picture any more"
            self.query_one("#about", Lines).content = [line(strong(f"SHIFT {self._key}"))]
            self.query_one(Pager).show([line(Span(self._wrong, Ink.WARN))])
            return
        editor = self.query_one(Editor)
        editor.show(self._entries(fleet, route))
        self._decide(fleet, route)
        self.query_one("#about", Lines).content = [self._about(cells)]
        self.query_one(Pager).show(self._plan_lines(fleet, cells))

    def _entries(self, fleet: Fleet, route: Route) -> list[Entry]:
        """Every member behind the gateway or with a weight, in the route's order."""
        gateway = next((one for one in fleet.gateways if one.name == route.gateway), None)
        known = [one.member for one in route.members]
        known += [member for member in (gateway.members if gateway else ()) if member not in known]
        out = []
        for identifier in known:
            held = route.weights(identifier)
            member = next((one for one in fleet.members if one.id == identifier), None)
            what = members.brief(fleet, member, self.now) if member else (dim("not known to the hub"),)
            out.append(Entry(identifier, members.name_of(fleet, identifier), held.annotation if held else None, what))
        return out

    def _decide(self, fleet: Fleet, route: Route) -> None:
        """The weights as a plan; what keeps them from being one is `_wrong`."""
        typed = self.query_one(Editor).weights
        keyed = {one.member for one in route.members if one.key is not None}
        wanted = {member: value for member, value in typed.items() if value is not None}
        wanted = {member: value for member, value in wanted.items() if value or member in keyed}
        self._decision, self._wrong = None, ""
        empty = [member for member, value in typed.items() if value is None and member in keyed]
        try:
            if empty:
                names = ", ".join(members.name_of(fleet, member) for member in empty)
                self._wrong = f"no weight is typed for {names}"
                return
            split.check(wanted, {one.id: one.name for one in fleet.members})
            self._decision = decide(fleet, Wish(((self._key, wanted),), new_key=self._new_key), self._around())
        except FleetConsoleError as error:
            self._wrong = str(error)
            return
        self._try(self._decision)

    def _around(self) -> Around:
        settings = self.console.settings
        return Around(settings.fleet.weights.key_prefix, settings.read_only, settings.rules, settings.assertions)

    def _try(self, decision: Decision) -> None:
        """Ask the API server once per plan, after a moment without keys."""
        plan = decision.plan
        if plan is None or plan.idle or decision.refused or plan.hash == self._asked:
            return
        self._asked = plan.hash
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(SETTLED, partial(self._ask, plan))

    @work(thread=True, exclusive=True, group="trial")
    def _ask(self, plan: Plan) -> None:
        try:
            answer = self.Tried(plan.hash, self.console.desk.trial(plan), "")
        except FleetConsoleError as error:
            answer = self.Tried(plan.hash, (), str(error))
        if not get_current_worker().is_cancelled:
            self.post_message(answer)

    def on_shift_page_tried(self, message: Tried) -> None:
        """Keep the answer beside its plan."""
        self._trials[message.plan_hash] = message
        self._changed()

    def _trial(self) -> Tried | None:
        plan = self._decision.plan if self._decision else None
        return self._trials.get(plan.hash) if plan else None

    def _about(self, cells: int) -> Line:
        plan = self._decision.plan if self._decision else None
        shown = changes.hash_line(plan) if plan else ()
        room = f"SHIFT {self._key}"
        gap = max(2, cells - len(room) - 16)
        return (strong(room), Span(" " * gap), *shown)

    def _plan_lines(self, fleet: Fleet, cells: int) -> list[Line]:
        if self._decision is None:
            return [EMPTY, line(Span(f"No plan: {self._wrong}", Ink.WARN))]
        plan, trial = self._decision.plan, self._trial()
        out: list[Line] = [EMPTY]
        if plan is not None:
            out += [*changes.annotation_lines(fleet, plan, cells), EMPTY]
        out += changes.reason_lines(self._decision.reasons, cells)
        out += [EMPTY, line(title("DRY RUN"), *self._trial_words(trial))]
        if trial and trial.reasons:
            out += changes.reason_lines(trial.reasons, cells)[1:]
        return out

    def _trial_words(self, trial: Tried | None) -> Line:
        if self._decision is None or self._decision.refused:
            return (dim("  not asked: a rule blocks already"),)
        if self._decision.plan is not None and self._decision.plan.idle:
            return (dim("  not asked: nothing would change"),)
        if trial is None:
            return (dim("  asking the API server ..."),)
        if trial.failure:
            return (Span(f"  no answer: {inert(trial.failure)}", Ink.WARN),)
        if any(one.severity is Severity.BLOCKS for one in trial.reasons):
            return (Span("  the API server refuses it", Ink.BAD),)
        return (Span("  the API server would accept it", Ink.GOOD),)

    def standing(self) -> Standing:
        """With what keeps this plan from being started, and whether it names a new key."""
        return replace(super().standing(), refused=self._refused(), new_key=self._wants_new_key())

    def _refused(self) -> str:
        if self._starting:
            return "the run is being started"
        if self._decision is None:
            return self._wrong or "there is no plan yet"
        if self._decision.refused:
            first = self._decision.blocking
            more = f" and {len(first) - 1} more" if len(first) > 1 else ""
            return f"{first[0].rule} blocks: {first[0].measured}{more}" if first else "no plan can be made"
        if self._decision.plan is not None and self._decision.plan.idle:
            return "no weight differs from what the Ingress holds"
        trial = self._trial()
        if trial is None:
            return "the API server has not answered the dry run yet"
        blocking = [one for one in trial.reasons if one.severity is Severity.BLOCKS]
        if trial.failure or blocking:
            return f"dry run: {blocking[0].measured if blocking else trial.failure}"
        return ""

    def _wants_new_key(self) -> bool:
        return self._new_key or any(one.rule == "new-key" for one in (self._decision.reasons if self._decision else ()))

    @property
    def route_key(self) -> str | None:
        """The route that is planned."""
        return self._key

    def on_editor_edited(self, message: Editor.Edited) -> None:
        """Every key is a new decision."""
        self._changed()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter in the reason is confirm."""
        message.stop()
        self.action_act("confirm")

    def do_new_key(self) -> None:
        """Allow, or take back, a key never seen on this Ingress."""
        self._new_key = not self._new_key
        self._changed()

    def do_dry_run(self) -> None:
        """Ask again."""
        self._trials.clear()
        self._asked = ""
        self._changed()

    def do_back(self) -> None:
        """From the reason to the weights, from there off the page."""
        field = self.query_one("#reason", Field)
        if field.has_focus:
            self.query_one(Editor).focus()
        else:
            self.app.pop_screen()

    def do_confirm(self) -> None:
        """Ask for the Fleet's name."""
        field = self.query_one("#reason", Field)
        plan = self._decision.plan if self._decision else None
        if plan is None:
            return
        if not field.value.strip():
            field.focus()
            self.say("a reason is needed for the record: type it, then enter")
            return
        fleet = self.fleet
        sentences = (
            f"This writes {sum(a != b for a, b in zip(_values(plan, 0), _values(plan, 1), strict=True))} annotations "
            f"on {self.fleet.name}: {changes.summary(plan)} (plan {short(plan.hash)}).",
            "Beside them it writes only its fence, its record and the Fleet's lock. It follows every layer until the "
            "traffic is seen to have moved, and can be taken back from its page.",
        )
        word = speakable(fleet.name, (fleet.uid or "fleet")[:8])
        self.app.push_screen(
            Confirmation(f"Shift {self._key}", sentences, word), partial(self._confirmed, plan, field.value.strip())
        )

    def _confirmed(self, plan: Plan, reason: str, yes: bool | None) -> None:
        if not yes:
            return
        why = self.standing()
        if why.armed is None or why.read_only:
            self.say("arming has expired meanwhile: nothing was started; press a")
            return
        self._starting = True
        self.say("starting the runner ...", Ink.PLAIN)
        self._start(plan, reason)

    @work(thread=True, exclusive=True, group="start")
    def _start(self, plan: Plan, reason: str) -> None:
        trial = self._trials.get(plan.hash)
        reasons = (*(self._decision.reasons if self._decision else ()), *(trial.reasons if trial else ()))
        try:
            report = self.console.desk.start_run(plan, reason, reasons)
            self.post_message(self.Started(report, ""))
        except FleetConsoleError as error:
            self.post_message(self.Started(None, str(error)))

    def on_shift_page_started(self, message: Started) -> None:
        """On to the run's page, or say why not."""
        self._starting = False
        if message.report is None:
            self.say(f"not started: {message.failure}")
            return
        from screens.run import RunPage

        self.app.switch_screen(RunPage(message.report))


def _values(plan: Plan, side: int) -> list[str | None]:
    return [value for change in plan.routes for _, value in (change.after if side else change.before)]
