"""The shift of one route: its weights are typed, the rest is planning."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from console.decide import split
from console.decide.case import Wish
from console.errors import UsageError
from console.model.fleet import Fleet, Route
from console.present import changes, members
from console.present.line import Ink, Line, Span, dim, line, strong
from screens.planning import PlanningPage
from widgets.editor import Editor, Entry
from widgets.field import Field
from widgets.lines import Lines
from widgets.pager import Pager


class ShiftPage(PlanningPage):
    """Edits a draft; nothing is written before the typed confirmation."""

    PLACE: ClassVar[str] = "shift"
    AUTO_FOCUS: ClassVar[str | None] = "Editor"

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    def body(self) -> ComposeResult:
        """Editor and reason above, the plan below."""
        yield Lines(id="about")
        yield Editor(id="editor")
        yield from self.why()
        yield Pager(id="plan")

    def draw(self) -> None:
        """Decide anew from the newest picture, and show it."""
        fleet, route, cells = self.fleet, self.fleet.route(self._key), self.size.width
        if route is None:
            self._wrong = "this route is not in the picture any more"
            self.query_one("#about", Lines).content = [line(strong(f"SHIFT {self._key}"))]
            self.query_one(Pager).show([line(Span(self._wrong, Ink.WARN))])
            return
        editor = self.query_one(Editor)
        editor.show(self._entries(fleet, route))
        self.decide(fleet)
        self.query_one("#about", Lines).content = [self._about(cells)]
        self.query_one(Pager).show(self.plan_lines(fleet, cells))

    def _entries(self, fleet: Fleet, route: Route) -> list[Entry]:
        """Every member behind the gateway or with a weight, in the route's order."""
        gateway = fleet.gateway(route.gateway)
        known = [one.member for one in route.members]
        known += [member for member in (gateway.members if gateway else ()) if member not in known]
        out = []
        for identifier in known:
            held = route.weights(identifier)
            member = fleet.member_of(identifier)
            what = members.brief(fleet, member, self.now) if member else (dim("not known to the hub"),)
            out.append(Entry(identifier, members.name_of(fleet, identifier), held.annotation if held else None, what))
        return out

    def wished(self, fleet: Fleet) -> Wish:
        """The weights that are typed. Raises `UsageError` where one is missing, or they make no split."""
        route = fleet.route(self._key)
        typed = self.query_one(Editor).weights
        keyed = {one.member for one in route.members if one.key is not None} if route else set()
        empty = [member for member, value in typed.items() if value is None and member in keyed]
        if empty:
            raise UsageError(f"no weight is typed for {', '.join(members.name_of(fleet, one) for one in empty)}")
        wanted = {member: value for member, value in typed.items() if value is not None}
        wanted = {member: value for member, value in wanted.items() if value or member in keyed}
        split.check(wanted, {one.id: one.name for one in fleet.members})
        return Wish(((self._key, wanted),))

    def _about(self, cells: int) -> Line:
        plan = self._decision.plan if self._decision else None
        shown = changes.hash_line(plan) if plan else ()
        room = f"SHIFT {self._key}"
        gap = max(2, cells - len(room) - 16)
        return (strong(room), Span(" " * gap), *shown)

    @property
    def route_key(self) -> str | None:
        """The route that is planned."""
        return self._key

    def on_editor_edited(self, message: Editor.Edited) -> None:
        """Every key is a new decision."""
        self._changed()

    def do_back(self) -> None:
        """From the reason to the weights, from there off the page."""
        field = self.query_one("#reason", Field)
        if field.has_focus:
            self.query_one(Editor).focus()
        else:
            self.app.pop_screen()
