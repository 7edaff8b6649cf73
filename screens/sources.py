"""What every source answers, what wants attention, and every object that could not be read whole."""

from __future__ import annotations

import time
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
        found = alerts.alerts(fleet, now, self.console.host_runs, time.time())
        lines = sources.page_lines(fleet, now, cells)
        if not found and not fleet.problems:
            return [*lines, line(title("ATTENTION"), dim("  nothing wants it, and every object could be read whole"))]
        lines += [EMPTY, line(title("ATTENTION"), dim("" if found else "  nothing wants attention"))]
        for alert in found:
            shown = words.of(alert.tone)
            lines += paragraph(f"{shown.glyph} {alert.subject}: {alert.sentence}", cells, indent=2, ink=shown.ink)
        whole = "  objects that could not be read whole" if fleet.problems else "  every object could be read whole"
        lines.append(line(title("PROBLEMS"), dim(whole)))
        for problem in fleet.problems:
            lines += paragraph(f"{problem.object}: {problem.message}", cells, indent=2)
        return lines
