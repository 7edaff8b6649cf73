"""Pages of text beside the wizard: the draft as YAML, the whole CIDR map, everything that is known of one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from console.model.text import inert
from console.present import cidr_map
from console.present.cidr_map import CidrMap
from console.present.line import EMPTY, Line, dim, line, paragraph, strong, text
from screens.page import Page


class TextPage(Page):
    """Lines under a head, wrapped."""

    PLACE: ClassVar[str] = "text"

    def __init__(self, head: str, content: Sequence[Line]) -> None:
        super().__init__()
        self._head = head
        self._content = tuple(content)

    def lines(self, cells: int) -> list[Line]:
        """The head and everything under it."""
        out: list[Line] = [line(strong(self._head)), EMPTY]
        for one in self._content:
            words = text(one)
            out += paragraph(words.strip(), cells, indent=len(words) - len(words.lstrip()), ink=one[0].ink)
        return out


class DraftPage(Page):
    """A topology as YAML."""

    PLACE: ClassVar[str] = "text"

    def __init__(self, said: str) -> None:
        super().__init__()
        self._said = said

    def lines(self, cells: int) -> list[Line]:
        """Line by line, as it is kept."""
        head = line(strong("topology.yaml"), dim("  as it is kept; e on the wizard's page edits it"))
        return [head, EMPTY, *(line(inert(one, 2000)) for one in self._said.splitlines())]

    def copy_text(self) -> str:
        """The YAML alone."""
        return self._said


class MapPage(Page):
    """The CIDR map with every range."""

    PLACE: ClassVar[str] = "text"

    def __init__(self, drawn: CidrMap) -> None:
        super().__init__()
        self._drawn_map = drawn

    def lines(self, cells: int) -> list[Line]:
        """Bars, and who overlaps whom."""
        return cidr_map.page(self._drawn_map, cells)
