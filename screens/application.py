"""One application from near, in every member."""

from __future__ import annotations

import time
from typing import ClassVar

from console.model.document import Subject
from console.model.freshness import SourceName
from console.present import applications, objects, sources
from console.present.line import Line, line, paragraph, strong
from screens.page import Page


class ApplicationPage(Page):
    """Sync, health, revision, last operation and what is not well, member by member; and what generates it."""

    PLACE: ClassVar[str] = "application"

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Its Applications."""
        return objects.subjects(self.fleet, "applications", self._key)

    def lines(self, cells: int) -> list[Line]:
        """The application, or that it is gone."""
        group = next((one for one in self.fleet.deployed if one.key == self._key), None)
        if group is None:
            why = sources.sentence(self.fleet.source(SourceName.APPLICATIONS), self.now)
            name = self._key.rpartition("/")[2]
            return [line(strong(name)), *paragraph(f"This application is not in the picture any more. {why}", cells)]
        return applications.group_lines(self.fleet, group, time.time(), cells)
