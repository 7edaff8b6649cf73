"""One member from near."""

from __future__ import annotations

from typing import ClassVar

from console.model.document import Subject
from console.present import members, objects, splits, timeline, workloads
from console.present.line import EMPTY, Line, dim, line, strong, title
from screens.page import Page

SERVICES = 100
"""Services that are told one by one."""


class MemberPage(Page):
    """Control link, ALB health and its own word as separate facts, the weight it carries, and on which routes."""

    PLACE: ClassVar[str] = "member"

    def __init__(self, member: str) -> None:
        super().__init__()
        self._member = member

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Its ManagedCluster."""
        return objects.subjects(self.fleet, "members", self._member)

    def do_drain(self) -> None:
        """Plan to take all weight off it."""
        from screens.drain import DrainPage

        member = self.fleet.member_of(self._member)
        if member is not None:
            self.app.push_screen(DrainPage(member.name))

    def lines(self, cells: int) -> list[Line]:
        """The member, or that it is gone."""
        fleet = self.fleet
        member = fleet.member_of(self._member)
        if member is None:
            return [line(dim("This member is not in the picture any more."))]
        lines: list[Line] = [
            line(strong(member.name)),
            EMPTY,
            *members.member_lines(fleet, member, self.now, cells),
            EMPTY,
            *workloads.workload_lines(fleet, member, self.now, cells, SERVICES),
            EMPTY,
            line(title("ITS WEIGHTS")),
        ]
        for route in fleet.routes:
            held = route.weights(member.id)
            if held is not None:
                shown = f"  {splits.number(held.annotation):>4}  {route.key}  "
                lines.append(line(shown, *splits.verdict_cell(route, self.now)))
        lines += [EMPTY, line(title("WHAT HAPPENED"))]
        return lines + (
            timeline.lines(fleet, self.wall, cells, 12, member.id) or [line(dim("  nothing that is known"))]
        )
