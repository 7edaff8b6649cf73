"""The Fleets of the settings file: another one is chosen here, by a key of its own, and never by surprise."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from console.present import fleets
from console.present.line import EMPTY, dim, line
from console.settings import FleetSettings
from screens.place import Place
from widgets.lines import Lines
from widgets.table import Table


class FleetsPage(Place):
    """One row a Fleet."""

    PLACE: ClassVar[str] = "fleets"
    AUTO_FOCUS: ClassVar[str | None] = "Table"

    def body(self) -> ComposeResult:
        """What a choice does, and the table."""
        yield Lines(id="about")
        yield Table(id="runs")

    def draw(self) -> None:
        """The Fleets, in the order of the settings file as it was opened."""
        named = self.console.settings.fleets
        self.query_one("#about", Lines).content = [
            line(dim("enter shows another Fleet: read-only, and read anew; runs under way go on")),
            EMPTY,
        ]
        shown = self.console.settings.fleet.name
        self.query_one(Table).sheet = fleets.fleets_sheet(
            [(one.name or "", one.shown_region, _read_by(one), one.name == shown) for one in named]
        )

    def on_table_opened(self, message: Table.Opened) -> None:
        """Show the chosen one."""
        self.do_open()

    def do_open(self) -> None:
        """Show the marked one."""
        name = self.query_one(Table).selected
        if name == self.console.settings.fleet.name:
            self.say(f"{name} is shown already")
        elif name:
            self.console.open_fleet(name)


def _read_by(fleet: FleetSettings) -> str:
    where = fleet.kubeconfig or "the default kubeconfig"
    return f"{where}, context {fleet.context}" if fleet.context else where
