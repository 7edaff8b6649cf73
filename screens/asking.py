"""One line that is asked for; it is returned as it was typed."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.present.line import accent, dim, line, strong
from widgets.field import Field
from widgets.lines import Lines


class Asking(ModalScreen[str | None]):
    """Returns what was typed, None where a person left."""

    AUTO_FOCUS = "Field"

    def __init__(self, head: str, value: str = "") -> None:
        super().__init__()
        self._head = head
        self._value = value

    def compose(self) -> ComposeResult:
        """The question, the field, the keys."""
        with Vertical(id="dialog"):
            yield Lines(id="said")
            yield Field(id="word")
            yield Lines(id="answer")

    def on_mount(self) -> None:
        """Show what is proposed."""
        self.query_one("#said", Lines).content = [line(strong(self._head))]
        self.query_one("#answer", Lines).content = [
            (accent("enter"), dim(" takes it  "), accent("esc"), dim(" leaves"))
        ]
        self.query_one(Field).value = self._value

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it."""
        event.stop()
        self.dismiss(event.value.strip() or None)

    def on_key(self, event: events.Key) -> None:
        """Escape leaves."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
