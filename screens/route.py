"""One route from near."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from console.model.freshness import SourceName
from console.present import detail, sources
from console.present.line import Line, line, paragraph, strong
from screens.place import Place
from widgets.pager import Pager


class RoutePage(Place):
    """Five layers a member with age, source and words; annotations; what happened."""

    PLACE: ClassVar[str] = "route"
    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    def body(self) -> ComposeResult:
        """One page of lines."""
        yield Pager(id="body")

    def draw(self) -> None:
        """The route, or that it is gone."""
        cells = self.size.width
        route = self.fleet.route(self._key)
        lines: list[Line]
        if route is None:
            why = sources.sentence(self.fleet.source(SourceName.ROUTES), self.now)
            lines = [line(strong(self._key)), *paragraph(f"This route is not in the picture any more. {why}", cells)]
        else:
            lines = detail.route_lines(self.fleet, route, self.now, cells)
        self.query_one(Pager).show(lines)

    @property
    def route_key(self) -> str | None:
        """This route, where it is known."""
        return self._key if self.fleet.route(self._key) else None

    @property
    def objects(self) -> tuple[tuple[SourceName, str], ...]:
        """Its Ingress."""
        return ((SourceName.ROUTES, self._key),)

    def do_shift(self) -> None:
        """Plan a shift of it."""
        from screens.shift import ShiftPage

        self.app.push_screen(ShiftPage(self._key))

    def do_runs(self) -> None:
        """The runs."""
        from screens.runs import RunsPage

        self.app.push_screen(RunsPage())

    def do_sources(self) -> None:
        """The sources."""
        from screens.sources import SourcesPage

        self.app.push_screen(SourcesPage())
