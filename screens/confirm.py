"""A typed confirmation: one sentence of what will happen and what will not, and the word that says yes."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.present.line import EMPTY, Ink, Line, Span, accent, dim, line, paragraph, strong
from widgets.field import Field
from widgets.lines import Lines

WIDTH = 76


class Confirmation(ModalScreen[bool]):
    """Returns True once `word` was typed, False where a person left."""

    AUTO_FOCUS = "Field"

    def __init__(self, head: str, sentences: tuple[str, ...], word: str) -> None:
        super().__init__()
        self._head = head
        self._sentences = sentences
        self._word = word

    def compose(self) -> ComposeResult:
        """The sentences, the field, the keys."""
        with Vertical(id="dialog"):
            yield Lines(id="said")
            yield Field(id="word")
            yield Lines(id="answer")

    def on_mount(self) -> None:
        """Write the sentences."""
        cells = max(20, min(WIDTH, self.app.size.width) - 6)
        said: list[Line] = [line(strong(self._head)), EMPTY]
        for sentence in self._sentences:
            said += paragraph(sentence, cells)
        said += [EMPTY, line("Type ", strong(self._word), " and press enter to go on.")]
        self.query_one("#said", Lines).content = said
        self._answer("")

    def _answer(self, words: str) -> None:
        keys = (accent("enter"), Span(" go on  "), accent("esc"), dim(" nothing happens"))
        self.query_one("#answer", Lines).content = [EMPTY, (Span(words, Ink.WARN),) if words else keys]

    def on_input_changed(self, event: Input.Changed) -> None:
        """Typing takes the complaint away."""
        self._answer("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Only the very word goes on."""
        event.stop()
        if event.value.strip() == self._word:
            self.dismiss(True)
        else:
            self._answer(f"That is not {self._word}. Nothing was started.")

    def on_key(self, event: events.Key) -> None:
        """Escape leaves."""
        if event.key == "escape":
            event.stop()
            self.dismiss(False)


def speakable(name: str, otherwise: str) -> str:
    """A word that any keyboard can type: the name, or the other one where it holds more than plain characters."""
    return name if name and name.isascii() and name.isprintable() and len(name) <= 40 else otherwise
