"""The first page where no Fleet is known: the demo, a kubeconfig, or a set-up from nothing."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from console.model.freshness import SourceName
from console.present import offers
from console.present.line import EMPTY, dim, line, strong
from screens.place import Place
from widgets.lines import Lines
from widgets.table import Table


class OfferPage(Place):
    """One row a way to begin."""

    PLACE: ClassVar[str] = "offer"
    AUTO_FOCUS: ClassVar[str | None] = "Table"

    def body(self) -> ComposeResult:
        """What this is, the ways, and what the marked one needs."""
        yield Lines(id="about")
        yield Table(id="offers", keeps=True)
        yield Lines(id="detail")

    def draw(self) -> None:
        """The ways, and why no Fleet is shown."""
        self.query_one("#about", Lines).content = [line(strong("FLEET CONSOLE"), dim("   no Fleet is named yet"))]
        table = self.query_one(Table)
        table.sheet = offers.sheet()
        hub = self.fleet.source(SourceName.HUB)
        why = [hub.message] if hub.message else []
        self.query_one("#detail", Lines).content = [
            EMPTY,
            *offers.detail(table.selected, self.console.settings, why, self.size.width),
        ]

    def on_table_moved(self, message: Table.Moved) -> None:
        """What it needs."""
        self._changed()

    def on_table_opened(self, message: Table.Opened) -> None:
        """Begin."""
        self.do_open()

    def do_open(self) -> None:
        """The marked way."""
        match self.query_one(Table).selected:
            case "demo":
                self.console.open_demo()
            case "connect":
                self._connect(setting_up=False)
            case "setup" if self.console.settings.fleet.cloud.credentials is None:
                self._connect(setting_up=True)
            case _:
                self.open_wizard()

    def do_back(self) -> None:
        """Nowhere, while no Fleet is named: what lies beneath shows nothing."""
        if self.fleet.uid is None:
            self.say("no Fleet is named yet: choose a way to begin, or q leaves")
        else:
            super().do_back()

    def _connect(self, *, setting_up: bool) -> None:
        from screens.connect import ConnectPage

        self.app.push_screen(ConnectPage(setting_up=setting_up))
