"""The wizard: a topology asked for step by step, each problem beside its field, the draft kept after every change."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.decide.setup import draft as drafts
from console.decide.setup import typed
from console.decide.setup.choices import Choice, choices, vswitches
from console.decide.setup.task import Stage
from console.decide.setup.typed import Ask
from console.present import cidr_map, setup_form, setup_steps
from console.present.line import Ink, Line, Span, cut, dim, line, strong
from console.present.setup_form import Row
from console.present.setup_steps import STAGES
from screens.choose import NEW, NONE, TYPE, Choosing
from screens.drafting import DraftingPlace
from screens.standing import Standing
from widgets.form import Form
from widgets.lines import Lines

BLANK = drafts.Draft({}, (), None)
"""Stands in while nobody knows what there is."""


class SetupPage(DraftingPlace):
    """One step of the wizard at a time."""

    PLACE: ClassVar[str] = "setup"
    AUTO_FOCUS: ClassVar[str | None] = "Form"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(number), f"step({number})", stage.value, show=False) for number, stage in enumerate(STAGES, 1)),
        Binding("left", "turn(-1)", "step before", show=False),
        Binding("right", "turn(1)", "next step", show=False),
    ]

    def __init__(self, stage: Stage = Stage.NETWORK) -> None:
        super().__init__()
        self._stage = stage
        self._wide = False

    def body(self) -> ComposeResult:
        """Rail, what the step asks, the map, the form, and what is known of the marked row."""
        yield Lines(id="rail")
        yield Lines(id="asks")
        yield Lines(id="map")
        yield Form(id="form")
        yield Lines(id="detail")

    def draw(self) -> None:
        """The step as it is now."""
        cells, rows, bench, stage = self.size.width, self.size.height, self.bench, self._stage
        self.query_one("#rail", Lines).content = [
            setup_steps.rail(bench.draft if self._ready else BLANK, bench.checks, stage, self._saved, cells)
        ]
        asks = (strong(setup_steps.NAMES[stage][0].upper()), Span("  "), dim(setup_steps.ASKS[stage]))
        self.query_one("#asks", Lines).content = [asks, line(Span(cut(self._said, cells), Ink.DIM))]
        self.query_one("#map", Lines).content = self._map(cells, rows)
        form = self.query_one(Form)
        form.display = self._ready
        if self._ready:
            form.show(setup_form.rows(bench.known(wide=self._wide), stage))
        most = setup_form.room(form.selected, rows)
        keys = setup_form.keys_line(form.selected, typing=form.typing)
        self.query_one("#detail", Lines).content = [*setup_form.detail_lines(form.selected, cells, most), keys]

    def _map(self, cells: int, rows: int) -> list[Line]:
        """As it was when the draft was sound last."""
        if self._stage is not Stage.LINK or not self._drawn_map.bars:
            return []
        return cidr_map.lines(self._drawn_map, cells, max(6, rows // 3))

    def standing(self) -> Standing:
        """With what the wizard's keys ask for."""
        form = self.query_one(Form) if self.is_mounted else None
        row, typing = (form.selected, form.typing) if form is not None else (None, False)
        return replace(
            super().standing(), ready=self._ready, row=row.key if row else "", sound=self._sound(), typing=typing
        )

    def action_step(self, number: int) -> None:
        """Another step."""
        self._stage = STAGES[number - 1]
        self.query_one(Form).first()
        self._changed()

    def action_turn(self, way: int) -> None:
        """The next step, or the one before."""
        place = STAGES.index(self._stage) + way
        if place >= len(STAGES):
            self.action_act("review")
        elif place >= 0:
            self.action_step(place + 1)

    def on_form_moved(self, message: Form.Moved) -> None:
        """What is known of the marked row."""
        self._changed()

    def on_form_typed(self, message: Form.Typed) -> None:
        """Every key is another draft; the problem stands beside the field at once."""
        kind = typed.kind_at(message.key)
        self.changed(drafts.put(self.bench.draft.document, message.key, typed.meant(kind, message.text)), typing=True)

    def on_form_kept(self, message: Form.Kept) -> None:
        """A name that was changed is changed everywhere."""
        self.bench.settle(message.key)
        self._keep()

    def on_form_ticked(self, message: Form.Ticked) -> None:
        """A box of the topology, or a person's word on a rule."""
        row = message.row
        if row.kind == "confirm":
            rule, held = row.label, drafts.at(self.bench.draft.document, "confirmed")
            words = held if isinstance(held, list) else []
            words = [one for one in words if one != rule] if rule in words else [*words, rule]
            self.changed(drafts.put(self.bench.draft.document, "confirmed", words or None))
        else:
            now = (row.text or row.default) == "yes"
            value = None if row.text and row.default == ("no" if now else "yes") else not now
            self.changed(drafts.put(self.bench.draft.document, row.key, value))

    def on_form_opened(self, message: Form.Opened) -> None:
        """Choose, add, or show what a check says."""
        row = message.row
        if row.locked:
            self.say(row.locked)
        elif row.kind == "field":
            self._choose(row)
        elif row.kind == "add":
            self._add(row.key.removeprefix("add "))
        elif row.kind == "check":
            self._detail(row)

    def _choose(self, row: Row) -> None:
        kind, several = typed.kind_at(row.key), row.ask is Ask.WORDS
        found = tuple(choices(self.bench.draft.document, self.bench.found, row.key))
        found = found or tuple(Choice(one) for one in typed.words(kind))
        extra = [] if row.ask is Ask.CHOICE else [Choice(TYPE)]
        extra += [Choice(NONE)] if row.text and not typed.required(row.key) else []
        chosen = typed.meant(kind, row.text) if several else [row.text or row.default]
        head = f"{row.key}: {row.label}"
        dialog = Choosing(head, found, chosen or (), several=several, extra=extra)
        self.app.push_screen(dialog, partial(self._chosen, row, several))

    def _chosen(self, row: Row, several: bool, values: tuple[str, ...] | None) -> None:
        if values == (TYPE,):
            self.query_one(Form).type()
        elif values is not None:
            self.bench.choose(row.key, () if values == (NONE,) else values, several=several)
            self._keep()

    def _add(self, path: str) -> None:
        document = self.bench.draft.document
        if path == "vswitches":
            held = {one.get("id") for one in drafts.items(document, path)}
            found = [one for one in vswitches(document, self.bench.found) if one.value not in held]
            if found:
                head = "vSwitches of the VPC that the topology uses"
                self.app.push_screen(
                    Choosing(head, found, several=True, extra=[Choice(NEW, "with a zone and a range of its own")]),
                    self._added,
                )
                return
        self._add_new(path)

    def _add_new(self, path: str) -> None:
        document = self.bench.draft.document
        self.changed(drafts.add(document, path, setup_steps.blank(document, path, self._stage)))
        last = len(drafts.at(self.bench.draft.document, path)) - 1
        rows = setup_form.rows(self.bench.known(wide=self._wide), self._stage)
        first = next((one.key for one in rows if one.key.startswith(f"{path}[{last}].")), None)
        if first is not None:
            self.query_one(Form).mark(first)

    def _added(self, values: tuple[str, ...] | None) -> None:
        if values == (NEW,):
            self._add_new("vswitches")
        elif values:
            self.bench.add_vswitches(values)
            self._keep()

    def _detail(self, row: Row) -> None:
        """Everything that is known of a row."""
        from screens.text import TextPage

        self.app.push_screen(TextPage(row.label, row.detail))

    def do_remove(self) -> None:
        """The item that the marked row belongs to; u brings it back."""
        row = self.query_one(Form).selected
        part = row.key.rpartition("]")[0] if row is not None and row.kind == "field" else ""
        if not part:
            self.say("this row belongs to no list")
            return
        self.changed(drafts.remove(self.bench.draft.document, f"{part}]"))
        self.say(f"{part}] is taken out; u brings it back", Ink.PLAIN)

    def do_undo_change(self) -> None:
        """The draft as it was before the last change."""
        if self.bench.undo():
            self._said = "this is the draft as it was before"
            self._keep()
        else:
            self.say("there is nothing to undo")

    def do_all_fields(self) -> None:
        """Show fields that are seldom set, or hide them again."""
        self._wide = not self._wide
        self._changed()

    def do_discover(self) -> None:
        """Ask the account again."""
        self._said = "asking the account what there is ..."
        self._discover(self._anew())
        self._changed()

    def do_map(self) -> None:
        """The whole CIDR map on a page of its own."""
        from screens.text import MapPage

        self.app.push_screen(MapPage(self._drawn_map))

    def do_draft_yaml(self) -> None:
        """The draft as YAML."""
        from screens.text import DraftPage

        self.app.push_screen(DraftPage(self.bench.draft.text))

    def do_edit(self) -> None:
        """The step's part of the draft in an editor."""
        self._edit(setup_steps.TOPS[self._stage])

    def do_edit_whole(self) -> None:
        """The whole draft in an editor."""
        self._edit(())

    def _edit(self, tops: tuple[str, ...]) -> None:
        from screens.edit import EditPage

        self.app.push_screen(EditPage(self.bench.draft.document, tops), self._edited)

    def _edited(self, document: drafts.Document | None) -> None:
        if document is not None:
            self.changed(document)

    def do_begin(self) -> None:
        """Begin anew: with a proposal, with what stands, with a file, or with nothing."""
        ways = (
            Choice("proposal", "the smallest topology that the account allows"),
            Choice("adopt", "what somebody built by hand, with its drift"),
            Choice("file", "a topology.yaml"),
            Choice("empty", "nothing but the region"),
        )
        self.app.push_screen(Choosing("Begin anew; u brings the present draft back", ways), self._begun)

    def _begun(self, way: tuple[str, ...] | None) -> None:
        match way:
            case ("proposal",):
                self.say("asking the account what there is ...", Ink.PLAIN)
                self._propose(self._anew())
            case ("adopt",):
                self.do_adopt()
            case ("file",):
                from screens.asking import Asking

                self.app.push_screen(Asking("Which topology file?", "topology.yaml"), self._open_file)
            case ("empty",):
                self.changed(drafts.empty(self.bench.found.region).document)
            case _:
                pass

    def _open_file(self, path: str | None) -> None:
        if path:
            self._read_file(path)

    def on_drafting_place_read(self, message: DraftingPlace.Read) -> None:
        """Take it as the draft."""
        self._said = message.said
        if message.document is None:
            self.say(message.said)
            self._changed()
            return
        self.changed(message.document)
        self.bench.notes = message.notes
        self.query_one(Form).first()
        if message.review and self.bench.draft.topology is not None:
            self.do_review()

    def do_adopt(self) -> None:
        """What somebody built by hand, as a topology; then what differs from it."""
        self.say("reading what stands ...", Ink.PLAIN)
        self._adopt(self._anew())

    def do_review(self) -> None:
        """Checks and plan, read now."""
        self._review("setup")

    def do_teardown(self) -> None:
        """What would be taken away, and what stays."""
        self._review("teardown")

    def _review(self, kind: str) -> None:
        from screens.review import ReviewPage

        said = self.bench.draft.topology
        if said is not None:
            self.app.push_screen(ReviewPage(said, kind, self.bench.draft.text, self.bench.notes))
