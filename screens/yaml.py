"""Objects of the hub as YAML, read freshly when the page opens and whenever a person asks again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import work
from textual.message import Message
from textual.worker import get_current_worker

from console.errors import FleetConsoleError
from console.model.document import Document, Subject
from console.present import objects
from console.present.line import EMPTY, Line, dim, line
from screens.actions import Action
from screens.page import Page
from screens.standing import Standing

MOST = 10
"""Objects that one page reads; each is a GET."""
Found = Document | FleetConsoleError


class YamlPage(Page):
    """One object, or the few that a row stands for. Everything that takes time happens in a worker."""

    PLACE: ClassVar[str] = "yaml"

    class Read(Message):
        """Every object was read, or could not be."""

        def __init__(self, found: tuple[Found, ...]) -> None:
            super().__init__()
            self.found = found

    class Folded(Message):
        """What was read is folded to a width."""

        def __init__(self, found: tuple[Found, ...], cells: int, managed: bool, bodies: list[list[Line]]) -> None:
            super().__init__()
            self.of = (found, cells, managed)
            self.bodies = bodies

    def __init__(self, subjects: Sequence[Subject]) -> None:
        super().__init__()
        self._subjects = tuple(subjects[:MOST])
        self._more = max(0, len(subjects) - MOST)
        self._found: tuple[Found, ...] | None = None
        self._managed = False
        self._bodies: list[list[Line]] = []
        self._folded: tuple[object, ...] = ()
        self._folding: tuple[object, ...] = ()

    def on_mount(self) -> None:
        """Read."""
        self._read()

    @work(thread=True, exclusive=True, group="read")
    def _read(self) -> None:
        worker, found = get_current_worker(), []
        for subject in self._subjects:
            if worker.is_cancelled:
                return
            found.append(self._one(subject))
        self.post_message(self.Read(tuple(found)))

    def _one(self, subject: Subject) -> Found:
        try:
            return self.console.desk.document(subject)
        except FleetConsoleError as error:
            return error

    def on_yaml_page_read(self, message: Read) -> None:
        """Fold it to the screen."""
        self._found = message.found
        self.hush()
        self._changed()

    @work(thread=True, exclusive=True, group="fold", description="text")
    def _fold(self, found: tuple[Found, ...], cells: int, managed: bool) -> None:
        bodies = [objects.body_lines(one, cells, managed=managed) if isinstance(one, Document) else [] for one in found]
        if not get_current_worker().is_cancelled:
            self.post_message(self.Folded(found, cells, managed, bodies))

    def on_yaml_page_folded(self, message: Folded) -> None:
        """Show it."""
        self._bodies, self._folded = message.bodies, message.of
        self._changed()

    def lines(self, cells: int) -> list[Line]:
        """The objects one under the other; what is folded for another size or wish is folded anew meanwhile."""
        if self._found is None:
            return [line(dim(f"reading {objects.name(one)} ...")) for one in self._subjects]
        wanted = (self._found, cells, self._managed)
        if self._folded != wanted and self._folding != wanted:
            self._folding = wanted
            self._fold(self._found, cells, self._managed)
        bodies = self._bodies or [[] for _ in self._found]
        out: list[Line] = []
        for subject, found, body in zip(self._subjects, self._found, bodies, strict=True):
            out += [EMPTY] if out else []
            if isinstance(found, Document):
                out += [*objects.head_lines(found, self.now, cells, managed=self._managed), *body]
            else:
                out += objects.failure_lines(subject, found, cells)
        if self._more:
            out += [EMPTY, line(dim(f"and {self._more} more objects that were not read: open one of them alone"))]
        return out

    @property
    def documents(self) -> tuple[Document, ...]:
        """What could be read."""
        return tuple(one for one in self._found or () if isinstance(one, Document))

    @property
    def copied(self) -> str:
        """The objects, where any could be read."""
        titles = ", ".join(one.title for one in self.documents)
        return f"the YAML of {titles}" if titles else super().copied

    def copy_text(self) -> str:
        """The objects alone, unfolded, as far as they are shown."""
        return objects.text(self.documents, managed=self._managed) if self.documents else super().copy_text()

    def standing(self) -> Standing:
        """With what keeps managedFields from being shown."""
        return replace(super().standing(), managed=any(one.managers for one in self.documents))

    def key_title(self, action: Action) -> str:
        """What `m` does now."""
        folds = action.id == "managed" and self._managed
        return "fold managed" if folds else super().key_title(action)

    def do_managed(self) -> None:
        """Show managedFields, or fold them away again."""
        self._managed = not self._managed
        self._changed()

    def do_reread(self) -> None:
        """Ask the hub again; what was read stays until it answers."""
        self.say("reading again ...")
        self._read()
