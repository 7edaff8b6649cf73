"""A refresh or a sync of one Application: what would be written on which of an application's parts, what speaks against
it, the API server's dry run, and the word that starts it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from console.decide import onestep
from console.decide.onestep import OneStep, StepDecision
from console.decide.plan import short
from console.model.argo import Application
from console.model.fleet import Fleet
from console.model.text import inert
from console.present import changes, onesteps
from console.present.line import EMPTY, Ink, Line, Span, dim, line, title
from console.settings import Duration
from screens.confirm import Confirmation, speakable
from screens.standing import Standing
from screens.starting import DecidingPlace
from widgets.field import Field
from widgets.lines import Lines
from widgets.pager import Pager


class OneStepPage(DecidingPlace):
    """Edits what is asked; nothing is written before the typed confirmation."""

    PLACE: ClassVar[str] = "one-step"
    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    def __init__(self, key: str, kind: str) -> None:
        super().__init__()
        self._key = key
        self._kind = kind
        self._part: str | None = None
        self._hard = self._prune = self._dry = False
        self._decision: StepDecision | None = None
        self._asked: set[str] = set()

    def body(self) -> ComposeResult:
        """A line for the revision of a sync; what is written below."""
        if self._kind == "sync":
            with Horizontal(id="why"):
                yield Lines(id="ask")
                yield Field(placeholder="the one that its spec wants; v comes here", id="revision")
        yield Pager(id="body")

    def draw(self) -> None:
        """Decide anew from the newest picture, and show it."""
        fleet, part = self.fleet, self._application(self.fleet)
        if self._kind == "sync":
            self.query_one("#ask", Lines).content = [line(title("TO"))]
        if part is None:
            self._decision = None
            gone = "This application is not in the picture any more."
            self.query_one(Pager).show([line(Span(gone, Ink.WARN))])
            return
        self._decision = onestep.decide(
            fleet, part, self.surroundings(fleet), kind=self._kind, hard=self._hard, prune=self._prune,
            revision=self._revision, dry_run=self._dry,
            within=Duration.parse(self.console.settings.run.verify_timeout),
        )  # fmt: skip
        self._try(self._decision)
        self.query_one(Pager).show(self._lines(fleet, part, self._decision, self.size.width))

    def _parts(self, fleet: Fleet) -> tuple[Application, ...]:
        group = fleet.application(self._key)
        return group.parts if group else ()

    def _application(self, fleet: Fleet) -> Application | None:
        """The part that is marked; at first one that is not well."""
        parts = self._parts(fleet)
        found = next((one for one in parts if one.key == self._part), None)
        if found is None and parts and self._part is None:
            found = next((one for one in parts if not one.well), parts[0])
            self._part = found.key
        return found

    @property
    def _revision(self) -> str:
        return self.query_one("#revision", Field).value.strip() if self._kind == "sync" else ""

    def _lines(self, fleet: Fleet, part: Application, decision: StepDecision, cells: int) -> list[Line]:
        parts = self._parts(fleet)
        place = [one.key for one in parts].index(part.key) + 1
        count = f"{place} of {len(parts)} members; n marks the next" if len(parts) > 1 else "in one member"
        out = [onesteps.head(part, self._kind, decision.step), line(dim(count)), EMPTY]
        if decision.step is not None:
            out += [*onesteps.written(decision.step, cells), EMPTY]
        trial = self._trial()
        reasons = (*decision.reasons, *(trial.reasons if trial else ()))
        out += changes.reason_lines(reasons, cells)
        out += [EMPTY, line(title("DRY RUN"), *self._trial_words(decision, trial)), EMPTY]
        return [*out, *onesteps.standing(fleet, part, cells)]

    def _trial_words(self, decision: StepDecision, trial: DecidingPlace.Tried | None) -> Line:
        if decision.refused:
            return (dim("  not asked: something speaks against it already"),)
        return self.trial_words(trial)

    def _try(self, decision: StepDecision) -> None:
        """Ask the API server once per step."""
        step = decision.step
        if step is not None and not decision.refused and step.hash not in self._asked:
            self._asked.add(step.hash)
            self._ask(step)

    @work(thread=True, group="trial", description="a dry run")
    def _ask(self, step: OneStep) -> None:
        self.post_message(self.answered(step.hash, lambda: self.console.desk.trial(step)))

    def _trial(self) -> DecidingPlace.Tried | None:
        step = self._decision.step if self._decision else None
        return self._trials.get(step.hash) if step else None

    def standing(self) -> Standing:
        """With what keeps this step from being started, and how many parts there are."""
        step = self._decision.step if self._decision else None
        return replace(
            super().standing(),
            refused=self._refused(),
            parts=len(self._parts(self.fleet)),
            kind=self._kind,
            namespaces=(step.namespace,) if step else (),
        )

    def _refused(self) -> str:
        if self._starting:
            return "the run is being started"
        if self._decision is None or self._decision.step is None:
            return "there is nothing to ask for yet"
        if self._decision.blocking:
            first, *others = self._decision.blocking
            return f"{first.rule} blocks: {first.measured}{f' and {len(others)} more' if others else ''}"
        return self.trial_refusal(self._trial())

    def on_input_changed(self, message: Input.Changed) -> None:
        """Every key of the revision is a new decision."""
        self._changed()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter in the revision leaves it."""
        message.stop()
        self.query_one(Pager).focus()

    def do_next_part(self) -> None:
        """The same in another member."""
        keys = [one.key for one in self._parts(self.fleet)]
        place = keys.index(self._part) if self._part in keys else -1
        self._part = keys[(place + 1) % len(keys)]
        self._changed()

    def do_hard(self) -> None:
        """Hard, or normal."""
        self._hard = not self._hard
        self._changed()

    def do_prune(self) -> None:
        """With prune, or without."""
        self._prune = not self._prune
        self._changed()

    def do_try_sync(self) -> None:
        """A dry run by ArgoCD, or the real thing."""
        self._dry = not self._dry
        self._changed()

    def do_revision(self) -> None:
        """Type a revision."""
        self.query_one("#revision", Field).focus()

    def do_back(self) -> None:
        """From the revision to the page, from there off it."""
        if isinstance(self.focused, Field):
            self.query_one(Pager).focus()
        else:
            self.app.pop_screen()

    def do_confirm(self) -> None:
        """Ask for the Fleet's name."""
        step = self._decision.step if self._decision else None
        if step is None:
            return
        fleet = self.fleet
        what = "annotation" if step.kind == "refresh" else "operation"
        sentences = (
            f"This writes one {what} on Application {inert(step.key, 200)} of {fleet.name} (plan {short(step.hash)}).",
            f"{step.sentence[0].upper()}{step.sentence[1:]}. Beside it the run writes only its record.",
            f"It ends once ArgoCD has taken it, at the latest after {step.within:g} s, and cannot be taken back.",
        )
        word = speakable(fleet.name, (fleet.uid or "fleet")[:8])
        head = f"{step.kind.capitalize()} {inert(step.key, 60)}"
        self.warm()
        self.app.push_screen(Confirmation(head, sentences, word), partial(self._confirmed, step))

    def _confirmed(self, step: OneStep, yes: bool | None) -> None:
        reasons = self._decision.reasons if self._decision else ()
        self.begin(lambda: self.console.desk.start_run(step, "", reasons), yes)
