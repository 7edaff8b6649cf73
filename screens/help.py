"""What every key does, and how to read the page it was asked from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

import assets
from console.present.line import EMPTY, Ink, Line, Span, accent, dim, line, paragraph, strong, title
from screens import actions
from screens.page import Page

PAGES = Path(assets.__file__).parent / "help"
_LEAD = 24
"""Cells before what an action does."""
MOVES = (
    ("up down", "move; j and k do the same"),
    ("tab", "from table to table, from field to field"),
    ("home end", "first and last row; pgup pgdn a page"),
    ("0-9", "on the shift page: type a weight; + - by one, = the rest to 100"),
    ("1-9", "in the wizard: the step; left and right the one before and the next"),
    ("enter", "in a form: type or choose, and keep it; esc takes it back, space ticks"),
)
"""Keys that move and write rather than act."""


class HelpPage(Page):
    """Keys from the registry, words from assets/help."""

    PLACE: ClassVar[str] = "help"

    def __init__(self, asked_from: str = "dashboard") -> None:
        super().__init__()
        self._asked_from = asked_from

    def lines(self, cells: int) -> list[Line]:
        """Keys of the page it was asked from first, then the words."""
        here = [action for action in actions.at(self._asked_from) if actions.ALWAYS not in action.places]
        everywhere = [action for action in actions.ACTIONS if actions.ALWAYS in action.places]
        lines: list[Line] = [line(title(f"KEYS HERE ({self._asked_from})")), *_key_lines(here, cells)]
        lines += [EMPTY, line(title("KEYS EVERYWHERE")), *_key_lines(everywhere, cells)]
        lines += [line(accent(f"  {keys:<9}"), Span("  "), does) for keys, does in MOVES]
        lines.append(line(Span("  !", Ink.WARN), dim("  changes the world, once it is confirmed")))
        for name in (self._asked_from, "reading"):
            lines += [EMPTY, *page(name, cells)]
        return lines


def _key_lines(found: Iterable[actions.Action], cells: int) -> Iterator[Line]:
    """Each action with what it does, wrapped behind its name."""
    for action in found:
        mark = Span("! ", Ink.WARN) if action.danger else Span("  ")
        first, *more = paragraph(action.does, cells - _LEAD)
        yield line(accent(f"  {action.label:<9}"), mark, strong(f"{action.title:<11}"), *first)
        yield from (line(" " * _LEAD, *rest) for rest in more)


def page(name: str, cells: int) -> list[Line]:
    """A help text as lines: `# ` heads, indented lines as they are, the rest wrapped."""
    path = PAGES / f"{name}.md"
    if not path.exists():
        return []
    out: list[Line] = []
    for block in path.read_text("utf-8").strip().split("\n\n"):
        for words in block.split("\n") if block.startswith(("    ", "# ")) else [" ".join(block.split())]:
            if words.startswith("# "):
                out.append(line(title(words.removeprefix("# ").upper())))
            elif words.startswith("    "):
                out.append(line(words[2:]))
            else:
                out += paragraph(words, min(cells, 100), indent=2)
        out.append(EMPTY)
    return out[:-1]
