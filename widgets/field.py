"""One line to type into: Textual's input without blinking, colours of its own or pasted line breaks."""

from __future__ import annotations

from textual.widgets import Input

LIMIT = 200
"""Characters that a typed line may have."""


class Field(Input):
    """An input in the terminal's own colours."""

    DEFAULT_CSS = """
    Field { border: none; padding: 0; height: 1; background: ansi_default; color: ansi_default; }
    Field:focus { border: none; background: ansi_default; color: ansi_default; }
    Field > .input--cursor { background: ansi_default; color: ansi_default; text-style: reverse; }
    Field > .input--placeholder { background: ansi_default; color: ansi_default; text-style: dim; }
    """

    def __init__(self, placeholder: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(
            placeholder=placeholder, id=id, classes=classes, max_length=LIMIT, select_on_focus=False, compact=True
        )
        self.cursor_blink = False
