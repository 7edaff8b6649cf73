"""One application from near, in every member."""

from __future__ import annotations

import time
from typing import ClassVar

from textual.app import ComposeResult

from console.model.argo import Deployed
from console.model.freshness import SourceName
from console.present import applications, sources
from console.present.line import Line, line, paragraph, strong
from screens.place import Place
from widgets.pager import Pager

MOST = 20
"""Applications of one name that are shown as YAML at once."""


class ApplicationPage(Place):
    """Sync, health, revision, last operation and what is not well, member by member; and what generates it."""

    PLACE: ClassVar[str] = "application"
    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    def body(self) -> ComposeResult:
        """One page of lines."""
        yield Pager(id="body")

    @property
    def objects(self) -> tuple[tuple[SourceName, str], ...]:
        """Its Applications, and what generates them."""
        group = next((one for one in self.fleet.deployed if one.key == self._key), None)
        return group_objects(group) if group else ()

    def draw(self) -> None:
        """The application, or that it is gone."""
        cells = self.size.width
        group = next((one for one in self.fleet.deployed if one.key == self._key), None)
        lines: list[Line]
        if group is None:
            why = sources.sentence(self.fleet.source(SourceName.APPLICATIONS), self.now)
            name = self._key.rpartition("/")[2]
            lines = [line(strong(name)), *paragraph(f"This application is not in the picture any more. {why}", cells)]
        else:
            lines = applications.group_lines(self.fleet, group, time.time(), cells)
        self.query_one(Pager).show(lines)


def group_objects(group: Deployed) -> tuple[tuple[SourceName, str], ...]:
    """An application's objects on the hub: one Application a member, and the ApplicationSet."""
    parts = tuple((SourceName.APPLICATIONS, part.key) for part in group.parts[:MOST])
    return (*parts, (SourceName.SETS, f"{group.parts[0].namespace}/{group.set}")) if group.set else parts
