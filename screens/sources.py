"""What every source answers, what wants attention, and every object that could not be read whole."""

from __future__ import annotations

from typing import ClassVar

from console.present import alerts, sources, words
from console.present.line import EMPTY, Line, dim, line, paragraph, title
from screens.page import Page


class SourcesPage(Page):
    """Sources, alerts and problems on one page."""

    PLACE: ClassVar[str] = "sources"

    def lines(self, cells: int) -> list[Line]:
        """Everything, wrapped to the screen."""
        fleet, now = self.fleet, self.now
        lines = [*sources.page_lines(fleet, now, cells), EMPTY, line(title("ATTENTION"))]
        found = alerts.alerts(fleet, now)
        for alert in found:
            shown = words.of(alert.tone)
            lines += paragraph(f"{shown.glyph} {alert.subject}: {alert.sentence}", cells, indent=2, ink=shown.ink)
        if not found:
            lines.append(line(dim("  nothing wants attention")))
        lines += [EMPTY, line(title("PROBLEMS"), dim("  objects that could not be read whole"))]
        for problem in fleet.problems:
            lines += paragraph(f"{problem.object}: {problem.message}", cells, indent=2)
        if not fleet.problems:
            lines.append(line(dim("  none")))
        return [*lines, EMPTY, line(dim("Fleet UID "), fleet.uid or "?")]
