"""One ApplicationSet: whom it generates, and what an edit of a member's labels would drop."""

from __future__ import annotations

from typing import ClassVar

from console.model.document import Subject
from console.model.freshness import SourceName
from console.present import sets, sources
from console.present.line import Line, line, paragraph, strong
from screens.page import Page


class SetPage(Page):
    """The set of that name, `NAMESPACE/NAME`."""

    PLACE: ClassVar[str] = "set"

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The ApplicationSet."""
        return (Subject(SourceName.SETS, self._key),)

    def lines(self, cells: int) -> list[Line]:
        """The set, or that it is gone."""
        found = next((one for one in self.fleet.sets if one.key == self._key), None)
        if found is None:
            why = sources.sentence(self.fleet.source(SourceName.SETS), self.now)
            said = f"This ApplicationSet is not in the picture. {why}"
            return [line(strong(self._key)), *paragraph(said, cells)]
        return sets.set_lines(self.fleet, found, self.now, self.wall, cells)
