"""What every source answers, what wants attention, and every object that could not be read whole."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from console.model.fleet import Fleet
from console.present import alerts, sources, words
from console.present.line import EMPTY, Ink, Line, Span, dim, fit, line, paragraph, title
from console.present.times import age
from screens.place import Place
from widgets.pager import Pager


class SourcesPage(Place):
    """Sources, alerts and problems on one page."""

    PLACE: ClassVar[str] = "sources"
    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    def body(self) -> ComposeResult:
        """One page of lines."""
        yield Pager(id="body")

    def draw(self) -> None:
        """Everything, wrapped to the screen."""
        fleet, now, cells = self.fleet, self.now, self.size.width
        lines = [*_sources(fleet, now, cells), EMPTY, line(title("ATTENTION"))]
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
        lines += [EMPTY, line(dim("Fleet UID "), fleet.uid or "?")]
        self.query_one(Pager).show(lines)


def _sources(fleet: Fleet, now: float, cells: int) -> list[Line]:
    out: list[Line] = [line(title(f"{'SOURCE':<12}{'STATE':<13}{'AGE':<7}SAYS"))]
    for source in sources.every(fleet):
        state = words.of(source.state)
        said = sources.says(source)
        wrapped = paragraph(said, cells, indent=32) if said else [EMPTY]
        lead = (
            *fit(line(sources.label(fleet, source)), 11),
            Span(" "),
            Span(f"{state.glyph} {state.word:<11}", state.ink),
            Span(f"{age(source.age(now)):<7}", Ink.DIM if source.seen is None else Ink.PLAIN),
        )
        out.append((*lead, *wrapped[0][1:]))
        out += wrapped[1:]
    return out
