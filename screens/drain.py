"""The drain of a zone or a member: all its weight on all routes of all gateways, in one plan."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from console.decide.case import Wish
from console.decide.intents import DRAIN_EXPIRES, drained
from console.decide.plan import Plan
from console.model.fleet import Fleet
from console.present import changes, drains
from console.present.line import Line, ends, line, strong
from screens.place import Place
from screens.planning import PlanningPage
from widgets.lines import Lines
from widgets.pager import Pager
from widgets.table import Table


class DrainPage(PlanningPage):
    """One target; the reason has the keys, the plan scrolls with page up and down."""

    PLACE: ClassVar[str] = "drain"
    AUTO_FOCUS: ClassVar[str | None] = "Field"

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target
        self._expires = DRAIN_EXPIRES

    def body(self) -> ComposeResult:
        """What is drained, why, and the plan."""
        yield Lines(id="about")
        yield Lines(id="sides")
        yield from self.why()
        yield Pager(id="plan")

    def wished(self, fleet: Fleet) -> Wish:
        """That the target carries nothing. Raises `UsageError` where it is gone, or carries nothing already."""
        return drained(fleet, self._target)

    def draw(self) -> None:
        """Decide anew from the newest picture, and show it."""
        fleet, cells = self.fleet, self.size.width
        self.decide(fleet)
        plan = self._decision.plan if self._decision else None
        blast = drains.blast(fleet, plan) if plan else ""
        head: Line = (strong(f"DRAIN {self._target}"), *line(f"   {blast}"))
        self.query_one("#about", Lines).content = [ends(head, changes.hash_line(plan), cells) if plan else head]
        self.query_one("#sides", Lines).content = drains.sides(fleet, self._target, self.now, cells)
        self.query_one(Pager).show(self.plan_lines(fleet, cells))

    def plan_body(self, fleet: Fleet, plan: Plan, cells: int) -> list[Line]:
        """The steps; the annotations are on the page of the run, and by `drain --plan-only`."""
        return changes.steps_lines(fleet, plan, cells)


class TargetsPage(Place):
    """What can be drained: zones, then members; the most troubled one is marked."""

    PLACE: ClassVar[str] = "targets"
    AUTO_FOCUS: ClassVar[str | None] = "Table"

    def __init__(self, marked: str | None) -> None:
        super().__init__()
        self._marked = marked

    def body(self) -> ComposeResult:
        """The table."""
        yield Lines(id="about")
        yield Table(id="runs", keeps=True)

    def draw(self) -> None:
        """Every zone and member, with what it carries."""
        table = self.query_one(Table)
        self.query_one("#about", Lines).content = [line(strong("DRAIN"), "   which zone or member? enter plans it")]
        table.sheet = drains.targets_sheet(self.fleet, self.now, self._marked)

    def on_table_opened(self, message: Table.Opened) -> None:
        """Plan it."""
        self.do_open()

    def do_open(self) -> None:
        """Plan the marked one."""
        chosen = self.query_one(Table).selected
        if chosen:
            self.app.switch_screen(DrainPage(chosen))
