"""The first page: one glance at the whole Fleet."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from console.model.document import Subject
from console.model.fleet import Fleet
from console.model.freshness import SourceName
from console.model.text import inert
from console.present import alerts, applications, arrange, gateways, members, objects, routes, timeline, topology
from console.present.arrange import Wanted
from console.present.chosen import SENTENCES, Order, choose, counts, headed, narrowed
from console.present.line import Ink, Line, dim, line, title
from screens.place import Place
from screens.standing import Standing
from widgets.field import Field
from widgets.lines import Lines
from widgets.table import Table

ALERT_ROWS = 2


class Dashboard(Place):
    """Zones, members, routes with their five layers, and the timeline."""

    PLACE: ClassVar[str] = "dashboard"

    def __init__(self) -> None:
        super().__init__()
        self._filter = ""
        self._order = Order.NAME
        self._former: Table | None = None
        """The table that had the keys before the filter."""

    def body(self) -> ComposeResult:
        """The alert, then tables on the left and the selected row's detail on the right where there is room."""
        yield Lines(id="alert")
        with Horizontal(id="across"):
            with Vertical(id="tables"):
                yield Lines(id="topology")
                yield Table(id="zones", selectable=False)
                yield Table(id="members")
                yield Table(id="routes", keeps=True)
                yield Table(id="applications")
                yield Lines(id="timeline")
            yield Lines(id="beside")
        with Horizontal(id="filter-line", classes="hidden"):
            yield Lines(id="ask")
            yield Field(placeholder="rows that hold ...", id="filter")
            yield Lines(id="counts")

    def on_mount(self) -> None:
        """The routes have the keys at the start; a runner of this host that dies is told here, too."""
        self.watch(self.app, "host_runs", self._changed, init=False)
        self.query_one("#routes", Table).focus()

    def draw(self) -> None:
        """Values first, then as many rows as each part needs and gets."""
        fleet, now = self.fleet, self.now
        columns, rows = self.size
        beside = columns >= arrange.BESIDE
        left = arrange.LEFT if beside else columns
        found = alerts.alerts(fleet, now, self.console.host_runs, time.time())
        alert = alerts.lines(found, columns, ALERT_ROWS if fleet.uid else 2 * ALERT_ROWS)
        self.query_one("#alert", Lines).content = alert
        names = ("zones", "members", "routes", "applications")
        zones, people, paths, apps = (self.query_one(f"#{name}", Table) for name in names)
        zones.sheet = members.zones_sheet(fleet, now)
        self._fill(fleet, now, people, paths, apps)
        wanted = Wanted(
            alert=len(alert),
            topology=topology.height(fleet),
            zones=zones.wanted if fleet.zones else 0,
            members=people.wanted,
            routes=paths.wanted,
            applications=0 if fleet.source(SourceName.APPLICATIONS).idle or not fleet.uid else apps.wanted,
            timeline=1 + len(fleet.timeline),
        )
        taken = 2 if self.query_one("#filter-line").has_class("hidden") else 3
        given = arrange.arrange(rows - taken, left, wanted)
        for name in ("alert", "topology", "zones", "members", "routes", "applications", "timeline"):
            self._give(self.query_one(f"#{name}"), getattr(given, name), 0 if name == "alert" else given.gap)
        self.query_one("#topology", Lines).content = topology.lines(fleet, now, left, given.topology)
        self.query_one("#timeline", Lines).content = self._timeline(fleet, left, given.timeline)
        self.query_one("#tables").styles.width = left
        self.console.desk.visible(people.on_screen)
        self._beside(beside, fleet)

    def _give(self, widget: Widget, rows: int, gap: int) -> None:
        margin = (gap, 0, 0, 0)
        if widget.styles.height is None or widget.styles.height.value != rows:
            widget.styles.height = rows
        if tuple(widget.styles.margin) != margin:
            widget.styles.margin = margin
        widget.display = rows > 0

    def _timeline(self, fleet: Fleet, cells: int, rows: int) -> list[Line]:
        shown = timeline.lines(fleet, self.wall, cells, rows - 1) or (
            timeline.nothing(fleet, self.now) if fleet.uid else []
        )
        return [line(title("TIMELINE")), *shown] if shown else []

    def _fill(self, fleet: Fleet, now: float, people: Table, paths: Table, apps: Table) -> None:
        """The rows that the filter leaves, in the order that was chosen."""
        chosen = choose(fleet, self._filter, self._order)
        some = chosen.routes if self._filter else None
        ways, sets = routes.routes_sheet(fleet, now, some), applications.applications_sheet(fleet, now)
        people.sheet = narrowed(members.members_sheet(fleet, now), chosen.members, len(fleet.members), "members")
        paths.sheet = headed(narrowed(ways, chosen.routes, len(fleet.routes), "routes"), self._order)
        apps.sheet = narrowed(sets, chosen.applications, len(fleet.deployed), "applications")
        said = counts(fleet, chosen, short=self.size.width < 72) if self._filter else ""
        panel = self.query_one("#counts", Lines)
        panel.styles.width = len(said) + 1
        panel.content = [line(dim(f" {said}"))]

    def _beside(self, shown: bool, fleet: Fleet) -> None:
        panel = self.query_one("#beside", Lines)
        panel.display = shown
        if not shown:
            return
        from console.present import detail

        room = self.size.width - arrange.LEFT - 3
        panel.content = detail.selected(fleet, *self.marked, self.now, self.wall, room)

    @property
    def route_key(self) -> str | None:
        """The marked route."""
        return self.query_one("#routes", Table).selected if self.is_mounted else None

    @property
    def marked(self) -> tuple[str, str | None]:
        """The table that has the keys, or else the routes, and the key of its marked row."""
        table = self.focused if isinstance(self.focused, Table) else self.query_one("#routes", Table)
        return table.id or "", table.selected

    def standing(self) -> Standing:
        """With the application of the marked row, and who generates it."""
        table, key = self.marked if self.is_mounted else ("", None)
        group = self.fleet.application(key) if table == "applications" and key is not None else None
        parts = len(group.parts) if group else 0
        return replace(super().standing(), parts=parts, set=group.owner if group else None)

    @property
    def gateway(self) -> str | None:
        """That of the marked row."""
        return gateways.of_row(self.fleet, *self.marked) if self.is_mounted else None

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What stands behind the marked row."""
        return objects.subjects(self.fleet, *self.marked) if self.is_mounted else ()

    @property
    def copied(self) -> str:
        """The marked row's name."""
        return objects.title(self.fleet, *self.marked) if self.is_mounted else ""

    def on_table_moved(self, message: Table.Moved) -> None:
        """The detail follows the selection."""
        self._changed()

    def on_table_left(self, message: Table.Left) -> None:
        """Beyond the last row of a table is the next table that has rows, and back."""
        tables = [self.query_one(f"#{name}", Table) for name in ("members", "routes", "applications")]
        order = tables if message.way > 0 else tables[::-1]
        after = order[order.index(message.table) + 1 :]
        found = next((table for table in after if table.selected and table.display), None)
        if found is not None:
            found.focus()

    def on_table_opened(self, message: Table.Opened) -> None:
        """Open what is marked."""
        if message.table.id == "routes":
            from screens.route import RoutePage

            self.app.push_screen(RoutePage(message.key))
        elif message.table.id == "members":
            from screens.member import MemberPage

            self.app.push_screen(MemberPage(message.key))
        elif message.table.id == "applications":
            from screens.application import ApplicationPage

            self.app.push_screen(ApplicationPage(message.key))

    def do_set(self) -> None:
        """What generates the marked application."""
        from screens.set import SetPage

        self.app.push_screen(SetPage(self.standing().set or ""))

    def do_shift(self) -> None:
        """Plan a shift of the marked route."""
        from screens.shift import ShiftPage

        key = self.route_key
        if key is not None:
            self.app.push_screen(ShiftPage(key))

    def do_drain(self) -> None:
        """Choose what is drained; a marked member is offered first."""
        from screens.drain import TargetsPage

        table, key = self.marked
        member = self.fleet.member_of(key) if table == "members" else None
        self.app.push_screen(TargetsPage(member.name if member is not None else None))

    def do_open(self) -> None:
        """Open what is marked in the table that has the keys."""
        if isinstance(self.focused, Table):
            self.focused.action_open()

    def do_order(self) -> None:
        """The next order; the marked row stays marked."""
        self._order = self._order.following
        self.say(SENTENCES[self._order], Ink.PLAIN)
        self._changed()

    def do_filter(self) -> None:
        """Ask for a word."""
        self._former = self.focused if isinstance(self.focused, Table) else self._former
        self.query_one("#filter-line").remove_class("hidden")
        self.query_one("#ask", Lines).content = [line(title("FILTER  "))]
        self.set_focus(self.query_one("#filter", Field))

    def do_clear(self) -> None:
        """Take the filter away."""
        self.query_one("#filter", Field).value = ""
        self._filter = ""
        self._changed()
        self._close_filter()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as one types."""
        self._filter = inert(event.value.strip(), 80)
        self._changed()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter and go back to the rows."""
        self._close_filter()

    def _close_filter(self) -> None:
        """Back to the table that had the keys, or to the first one that has rows."""
        self.query_one("#filter-line").set_class(not self._filter, "hidden")
        tables = [self.query_one(f"#{name}", Table) for name in ("routes", "members", "applications")]
        wanted = [self._former, *tables] if self._former else tables
        self.set_focus(next((table for table in wanted if table.selected), tables[0]))
        self._changed()
