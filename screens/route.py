"""One route from near."""

from __future__ import annotations

from typing import ClassVar

from console.model.document import Subject
from console.model.freshness import SourceName
from console.present import detail, gateways, objects, sources
from console.present.line import Line, line, paragraph, strong
from screens.page import Page


class RoutePage(Page):
    """Five layers a member with age, source and words; annotations; what happened."""

    PLACE: ClassVar[str] = "route"

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    @property
    def gateway(self) -> str | None:
        """That of this route."""
        return gateways.of_row(self.fleet, "routes", self._key)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Its Ingress."""
        return objects.subjects(self.fleet, "routes", self._key)

    def lines(self, cells: int) -> list[Line]:
        """The route, or that it is gone."""
        route = self.fleet.route(self._key)
        if route is None:
            why = sources.sentence(self.fleet.source(SourceName.ROUTES), self.now)
            return [line(strong(self._key)), *paragraph(f"This route is not in the picture any more. {why}", cells)]
        return detail.route_lines(self.fleet, route, self.now, self.wall, cells)

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
