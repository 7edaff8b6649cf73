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

    def __init__(
        self, placeholder: str = "", *, away: str = "", id: str | None = None, classes: str | None = None
    ) -> None:
        """`away`: what the placeholder says besides while the keys go elsewhere."""
        self._hints = placeholder, f"{placeholder}{away}"
        super().__init__(
            placeholder=self._hints[1], id=id, classes=classes, max_length=LIMIT, select_on_focus=False, compact=True
        )
        self.cursor_blink = False

    def on_focus(self) -> None:
        """Keys come here."""
        self.placeholder = self._hints[0]

    def on_blur(self) -> None:
        """They go elsewhere."""
        self.placeholder = self._hints[1]
