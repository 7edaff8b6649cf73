"""One application from near, in every member."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from console.model.document import Subject
from console.model.freshness import SourceName
from console.present import applications, objects, sources
from console.present.line import Line, line, paragraph, strong
from screens.page import Page
from screens.standing import Standing


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

    def standing(self) -> Standing:
        """With what its Applications are, and who generates them."""
        group = self.fleet.application(self._key)
        return replace(super().standing(), parts=len(group.parts) if group else 0, set=group.owner if group else None)

    def do_set(self) -> None:
        """What generates it."""
        from screens.set import SetPage

        self.app.push_screen(SetPage(self.standing().set or ""))

    def do_refresh(self) -> None:
        """Plan a refresh."""
        self._plan("refresh")

    def do_sync(self) -> None:
        """Plan a sync."""
        self._plan("sync")

    def _plan(self, kind: str) -> None:
        from screens.onestep import OneStepPage

        self.app.push_screen(OneStepPage(self._key, kind))

    def lines(self, cells: int) -> list[Line]:
        """The application, or that it is gone."""
        group = self.fleet.application(self._key)
        if group is None:
            why = sources.sentence(self.fleet.source(SourceName.APPLICATIONS), self.now)
            name = self._key.rpartition("/")[2]
            return [line(strong(name)), *paragraph(f"This application is not in the picture any more. {why}", cells)]
        return applications.group_lines(self.fleet, group, self.wall, cells)
