"""One member from near."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from console.present import members, splits, timeline, workloads
from console.present.line import EMPTY, Line, dim, line, strong, title
from screens.place import Place
from widgets.pager import Pager

SERVICES = 100
"""Services that are told one by one."""


class MemberPage(Place):
    """Control link, ALB health and its own word as separate facts, the weight it carries, and on which routes."""

    PLACE: ClassVar[str] = "member"
    AUTO_FOCUS: ClassVar[str | None] = "Pager"

    def __init__(self, member: str) -> None:
        super().__init__()
        self._member = member

    def body(self) -> ComposeResult:
        """One page of lines."""
        yield Pager(id="body")

    def draw(self) -> None:
        """The member, or that it is gone."""
        fleet, cells = self.fleet, self.size.width
        member = next((one for one in fleet.members if one.id == self._member), None)
        if member is None:
            self.query_one(Pager).show([line(dim("This member is not in the picture any more."))])
            return
        lines: list[Line] = [
            line(strong(member.name)),
            EMPTY,
            *members.member_lines(fleet, member, self.now),
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
        lines += timeline.lines(fleet, cells, 12, member.id) or [line(dim("  nothing that is known"))]
        self.query_one(Pager).show(lines)
