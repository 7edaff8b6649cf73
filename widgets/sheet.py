"""Text of several lines to edit: Textual's text area in the terminal's own colours, without blinking."""

from __future__ import annotations

from textual.widgets import TextArea


class TextSheet(TextArea):
    """A plain editor with line numbers; tab leaves it."""

    DEFAULT_CSS = """
    TextSheet { border: none; padding: 0; height: 1fr; background: ansi_default; color: ansi_default; }
    TextSheet:focus { border: none; }
    """

    def __init__(self, said: str, *, id: str | None = None) -> None:
        super().__init__(
            said, id=id, theme="css", soft_wrap=False, show_line_numbers=True, tab_behavior="focus", compact=True
        )
        self.cursor_blink = False
