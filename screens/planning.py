"""What planning pages have in common: the plan decided anew from every picture, everything that speaks against it, the
dry run, answers and overrides by name, and the word that starts it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input
from textual.worker import get_current_worker

from console.decide import reverters, rules
from console.decide.case import Wish
from console.decide.intents import DRAIN_EXPIRES, Decision, decide
from console.decide.plan import Plan, short
from console.decide.steps import PROFILES
from console.errors import FleetConsoleError
from console.model.fleet import Fleet
from console.model.run import Reason, Severity
from console.model.spans import exactly
from console.present import changes
from console.present.line import EMPTY, Ink, Line, Span, dim, line, title
from screens.confirm import Confirmation, speakable
from screens.standing import Standing
from screens.starting import DecidingPlace
from widgets.field import Field
from widgets.lines import Lines

SETTLED = 0.4
"""Seconds without a key after which the API server is asked."""
HOLDS = {1: 0.0, 3: 30.0}
"""Steps -> seconds at each."""
EXPIRIES = (None, 1800.0, DRAIN_EXPIRES, 4 * 3600.0)
"""What the key for it goes through, in seconds."""


class PlanningPage(DecidingPlace):
    """Edits a wish; nothing is written before the typed confirmation."""

    ASKS: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._new_key = False
        self._hold_sync = False
        self._holdable: tuple[str, ...] = ()
        self._steps: tuple[int, ...] = (100,)
        self._expires: float | None = None
        self._overrides: frozenset[str] = frozenset()
        self._answers: frozenset[str] = frozenset()
        self._decision: Decision | None = None
        self._wrong = ""
        self._asked = ""
        self._pause: Timer | None = None

    def wished(self, fleet: Fleet) -> Wish:
        """What the page wishes for. Raises `FleetConsoleError` where that is no wish."""
        raise NotImplementedError

    def why(self) -> ComposeResult:
        """The line that asks for a reason."""
        with Horizontal(id="why"):
            yield Lines(id="ask")
            yield Field("type why, for the record", away="; tab comes here", id="reason")

    def decide(self, fleet: Fleet) -> None:
        """The wish as a plan; what keeps it from being one is `_wrong`."""
        self.query_one("#ask", Lines).content = [line(title("REASON  "))]
        self._decision, self._wrong = None, ""
        try:
            wish = replace(
                self.wished(fleet),
                steps=self._steps,
                hold=HOLDS.get(len(self._steps), 0.0),
                expires=self._expires,
                new_key=self._new_key,
                hold_sync=self._hold_sync,
                overrides=tuple(sorted(self._overrides)),
                confirmed=tuple(sorted(self._answers)),
            )
            self._holdable = reverters.namespaces(fleet, (key for key, _ in wish.routes))
            self._decision = decide(fleet, wish, self.surroundings(fleet))
        except FleetConsoleError as error:
            self._wrong = str(error)
            return
        self._try(self._decision)

    def _try(self, decision: Decision) -> None:
        """Ask the API server once per plan, after a moment without keys."""
        plan = decision.plan
        if plan is None or plan.idle or decision.refused or plan.hash == self._asked:
            return
        self._asked = plan.hash
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(SETTLED, partial(self._ask, plan))

    @work(thread=True, exclusive=True, group="trial", description="a dry run")
    def _ask(self, plan: Plan) -> None:
        answer = self.answered(plan.hash, lambda: self.console.desk.trial(plan))
        if not get_current_worker().is_cancelled:
            self.post_message(answer)

    def _trial(self) -> DecidingPlace.Tried | None:
        plan = self._decision.plan if self._decision else None
        return self._trials.get(plan.hash) if plan else None

    def plan_lines(self, fleet: Fleet, cells: int) -> list[Line]:
        """The plan, what speaks against it, and the dry run."""
        if self._decision is None:
            return [EMPTY, line(Span(f"No plan: {self._wrong}", Ink.WARN))]
        plan, trial = self._decision.plan, self._trial()
        out: list[Line] = [EMPTY]
        if plan is not None:
            out += [*self.plan_body(fleet, plan, cells), EMPTY]
        out += changes.reason_lines(self._decision.reasons, cells, answered=self._decision.answered)
        out += [EMPTY, line(title("DRY RUN"), *self._trial_words(trial))]
        if trial and trial.reasons:
            out += changes.reason_lines(trial.reasons, cells)[1:]
        return out

    def plan_body(self, fleet: Fleet, plan: Plan, cells: int) -> list[Line]:
        """What the plan writes: steps where there are several routes or steps, and the annotations."""
        out: list[Line] = []
        if len(plan.routes) > 1 or len(plan.steps) > 1:
            out += [*changes.steps_lines(fleet, plan, cells), EMPTY]
        else:
            out += [line(dim(f"  {sentence}")) for sentence in changes.terms(plan)]
        return [*out, *changes.annotation_lines(fleet, plan, cells)]

    def _trial_words(self, trial: DecidingPlace.Tried | None) -> Line:
        if self._decision is None or self._decision.refused:
            blocks = self._decision is None or any(one.severity is Severity.BLOCKS for one in self._decision.blocking)
            why = "a rule speaks against it already" if blocks else "a rule asks for your word first"
            return (dim(f"  not asked: {why}"),)
        if self._decision.plan is not None and self._decision.plan.idle:
            return (dim("  not asked: nothing would change"),)
        return self.trial_words(trial)

    def standing(self) -> Standing:
        """With what keeps this plan from being started, whether it names a new key, and what asks and blocks."""
        open_ = self._decision.blocking if self._decision else ()
        plan = self._decision.plan if self._decision else None
        return replace(
            super().standing(),
            refused=self._refused(),
            namespaces=tuple(sorted({one.namespace for one in plan.routes})) if plan else (),
            holdable=self._holdable,
            new_key=self._wants_new_key(),
            asks=bool(self._answers) or any(one.severity is Severity.ASKS for one in open_),
            blocks=bool(self._overrides) or any(one.severity is Severity.BLOCKS for one in open_),
        )

    def _refused(self) -> str:
        if self._starting:
            return "the run is being started"
        if self._decision is None:
            return self._wrong or "there is no plan yet"
        if self._decision.refused:
            first = self._decision.blocking
            more = f" and {len(first) - 1} more" if len(first) > 1 else ""
            verb = "asks" if first and first[0].severity is Severity.ASKS else "blocks"
            return f"{first[0].rule} {verb}: {first[0].measured}{more}" if first else "no plan can be made"
        if self._decision.plan is not None and self._decision.plan.idle:
            return "no weight differs from what the Ingress holds"
        return self.trial_refusal(self._trial())

    def _wants_new_key(self) -> bool:
        return self._new_key or any(one.rule == "new-key" for one in (self._decision.reasons if self._decision else ()))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter in the reason is confirm."""
        message.stop()
        self.action_act("confirm")

    def do_new_key(self) -> None:
        """Allow, or take back, a key never seen on an Ingress."""
        self._new_key = not self._new_key
        self._changed()

    def do_hold_sync(self) -> None:
        """Consent to automated sync being off for the run's time, or take that back; it is never off for good."""
        self._hold_sync = not self._hold_sync
        said = "automated sync stays on"
        if self._hold_sync:
            self._expires = self._expires or DRAIN_EXPIRES
            said = f"automated sync is off for the run's time, which ends {exactly(self._expires)} after it is done"
        self._changed()
        self.say(said, Ink.PLAIN)

    def do_dry_run(self) -> None:
        """Ask again."""
        self._trials.clear()
        self._asked = ""
        self._changed()

    def do_steps(self) -> None:
        """The next profile."""
        profiles = list(PROFILES.values())
        place = profiles.index(self._steps) if self._steps in profiles else -1
        self._steps = profiles[(place + 1) % len(profiles)]
        shown = ", ".join(f"{percent} %" for percent in self._steps)
        hold = HOLDS.get(len(self._steps), 0.0)
        self.say(f"steps: {shown}" + (f", {exactly(hold)} at each once it is verified" if hold else ""), Ink.PLAIN)
        self._changed()

    def do_until(self) -> None:
        """The next expiry."""
        place = EXPIRIES.index(self._expires) if self._expires in EXPIRIES else 0
        self._expires = EXPIRIES[(place + 1) % len(EXPIRIES)]
        when = f"goes back by itself {exactly(self._expires)} after it is done" if self._expires else "stays for good"
        self.say(when, Ink.PLAIN)
        self._changed()

    def do_answer(self) -> None:
        """Say yes to everything that asks, by name; or take it back."""
        open_ = self._decision.blocking if self._decision else ()
        asking = frozenset(one.rule for one in open_ if one.severity is Severity.ASKS)
        self._answers = frozenset() if self._answers and not asking else self._answers | asking
        self._changed()
        said = f"you say yes to: {', '.join(sorted(self._answers))}" if self._answers else "nothing is confirmed"
        self.say(said, Ink.PLAIN)

    def do_override(self) -> None:
        """Name every rule that blocks, and which of them shall not."""
        from screens.override import Overriding

        speaking = [one for one in (self._decision.reasons if self._decision else ()) if self._waivable(one)]
        if not speaking:
            self.say("what blocks here cannot be overridden")
            return
        stays = [one for one in self._decision.blocking if rules.named(one.rule).absolute] if self._decision else []
        self.app.push_screen(Overriding(tuple(speaking), self._overrides, stays), self._overridden)

    @staticmethod
    def _waivable(reason: Reason) -> bool:
        return reason.severity is Severity.BLOCKS and not rules.named(reason.rule).absolute

    def _overridden(self, names: frozenset[str] | None) -> None:
        if names is not None:
            self._overrides = names
            self._changed()

    def do_back(self) -> None:
        """Off the page."""
        self.app.pop_screen()

    def do_confirm(self) -> None:
        """Ask for the Fleet's name, and before it for what is drained."""
        field = self.query_one("#reason", Field)
        plan = self._decision.plan if self._decision else None
        if plan is None:
            return
        if not field.value.strip():
            field.focus()
            self.say("a reason is needed for the record: type it, then enter")
            return
        fleet = self.fleet
        word = speakable(fleet.name, (fleet.uid or "fleet")[:8])
        if plan.target:
            word = f"{speakable(plan.target, 'drain')} {word}"
        self.warm()
        self.app.push_screen(
            Confirmation(self.heading(plan), self._sentences(plan), word),
            partial(self._confirmed, plan, field.value.strip()),
        )

    def heading(self, plan: Plan) -> str:
        """What the confirmation is about."""
        return f"{plan.kind.capitalize()} {plan.target or changes.several(plan)}"

    def _sentences(self, plan: Plan) -> tuple[str, ...]:
        count = sum(
            raw != held
            for change in plan.routes
            for (_, held), (_, raw) in zip(change.before, change.after, strict=True)
        )
        what = changes.summary(plan) if len(plan.routes) <= 3 else f"{len(plan.routes)} routes"
        terms = "; ".join(changes.terms(plan))
        several = f", each once a step, {len(plan.steps)} times" if len(plan.steps) > 1 else ""
        return (
            f"This writes {count} annotations on {self.fleet.name}{several}: {what} (plan {short(plan.hash)}).",
            *((f"{terms[0].upper()}{terms[1:]}.",) if terms else ()),
            f"Beside them it writes only its fence, its record and the Fleet's lock. {self._follows(plan)}, and it can "
            "be taken back from its page.",
        )

    def _follows(self, plan: Plan) -> str:
        """How far down the run will know that it took effect."""
        routes = [self.fleet.route(change.key) for change in plan.routes]
        probed = [route is not None and route.probed for route in routes]
        if all(probed):
            return "It follows every layer until the traffic is seen to have moved"
        where = "on these routes" if not any(probed) else f"on {probed.count(False)} of them"
        return f"It follows every layer that can be read; no probe sees what clients get {where}"

    def _confirmed(self, plan: Plan, reason: str, yes: bool | None) -> None:
        trial = self._trials.get(plan.hash)
        reasons = (*(self._decision.reasons if self._decision else ()), *(trial.reasons if trial else ()))
        self.begin(lambda: self.console.desk.start_run(plan, reason, reasons), yes)
