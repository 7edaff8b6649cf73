"""What settings need to say before a Fleet, or an account, can be read: it is asked for here, written down once, and
opened. Credentials are named, never typed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.message import Message
from textual.worker import get_current_worker

from console.decide.setup.choices import Choice
from console.decide.setup.typed import Ask
from console.errors import FleetConsoleError
from console.present.line import EMPTY, Ink, Line, Span, dim, line, paragraph, strong
from console.present.setup_form import Row
from screens.choose import TYPE, Choosing
from screens.place import Place
from screens.standing import Standing
from widgets.form import Form
from widgets.lines import Lines

_ASKED = (
    ("kubeconfig", "kubeconfig", "absent: as kubectl finds it"),
    ("context", "context", "the hub's; absent: the current one"),
    ("region", "region", "for example cn-hangzhou"),
    ("credential", "credential", "environment, profile NAME or role NAME"),
)
"""Field -> label, and what it takes."""
_FROM_NOTHING = (("kubeconfig", "kubeconfig", "the data centre's; absent: as kubectl finds it"), *_ASKED[2:])
"""The same where there is no hub yet: the wizard asks which context is the data centre's."""
_WORDS = (
    Choice("environment", "ALIBABA_CLOUD_ACCESS_KEY_ID and its companions"),
    Choice("profile default", "a profile of ~/.aliyun/config.json"),
    Choice("role", "the RAM role of this ECS instance: role NAME"),
)


class ConnectPage(Place):
    """A few lines, then ^s. `setting_up`: the wizard follows, and an account is needed."""

    PLACE: ClassVar[str] = "connect"
    AUTO_FOCUS: ClassVar[str | None] = "Form"

    class Contexts(Message):
        """The contexts of the kubeconfig were read, or could not be."""

        def __init__(self, names: tuple[str, ...], failure: str) -> None:
            super().__init__()
            self.names = names
            self.failure = failure

    class Written(Message):
        """The settings were written, or could not be."""

        def __init__(self, path: Path | None, failure: str) -> None:
            super().__init__()
            self.path = path
            self.failure = failure

    def __init__(self, *, setting_up: bool) -> None:
        super().__init__()
        self._setting_up = setting_up
        self._said = {name: "" for name, _, _ in _ASKED}
        self._contexts: tuple[str, ...] = ()
        self._failure = ""
        self._where = ""

    def body(self) -> ComposeResult:
        """Head, the lines, what follows."""
        yield Lines(id="about")
        yield Form(id="form")
        yield Lines(id="detail")

    def on_mount(self) -> None:
        """Read the contexts that are there."""
        self._read("")

    @work(thread=True, exclusive=True, group="contexts")
    def _read(self, kubeconfig: str) -> None:
        try:
            answer = self.Contexts(self.console.desk.setups.contexts(kubeconfig or None), "")
        except FleetConsoleError as error:
            answer = self.Contexts((), str(error))
        if not get_current_worker().is_cancelled:
            self.post_message(answer)

    def on_connect_page_contexts(self, message: Contexts) -> None:
        """Offer them."""
        self._contexts, self._failure = message.names, message.failure
        self._changed()

    def draw(self) -> None:
        """The lines as they are typed."""
        what = "SET UP FROM NOTHING" if self._setting_up else "CONNECT"
        self.query_one("#about", Lines).content = [
            line(strong(what), dim("   ^s writes the settings file and opens it; it is yours to edit after"))
        ]
        asked = _FROM_NOTHING if self._setting_up else _ASKED
        self.query_one(Form).show([self._row(*one) for one in asked])
        out: list[Line] = paragraph(self._failure, self.size.width, ink=Ink.WARN) if self._failure else []
        wrong = self._wrong()
        words = Span(f"x {wrong}", Ink.BAD) if wrong else Span("+ enough to begin", Ink.GOOD)
        self.query_one("#detail", Lines).content = [*out, EMPTY, line(words)]

    def _row(self, name: str, label: str, takes: str) -> Row:
        picks = (name == "context" and bool(self._contexts)) or name == "credential"
        side = line(dim(takes))
        if name == "context" and self._said["context"] and self._said["context"] not in (*self._contexts, ""):
            side = line(Span("x no such context", Ink.BAD))
        if name == "kubeconfig" and self._failure:
            side = line(Span("x it cannot be read", Ink.BAD))
        return Row(name, "field", label, self._said[name], Ask.TEXT, picks, side=side)

    def _wrong(self) -> str:
        words = self._said["credential"].split()
        if words and not (words == ["environment"] or (len(words) == 2 and words[0] in ("profile", "role"))):
            return "credential: environment, profile NAME or role NAME"
        if self._setting_up and not words:
            return "an account is needed: name a credential"
        if words and not self._said["region"]:
            return "an account is read by region: name one"
        return "" if self._setting_up or not self._failure else "a kubeconfig is needed"

    @property
    def document(self) -> dict[str, Any]:
        """The settings that are meant."""
        said = {name: value for name, value in self._said.items() if value and name != "credential"}
        words = self._said["credential"].split()
        cloud: dict[str, Any] = {}
        if words:
            credentials = {words[0]: True if words[0] == "environment" else words[1]}
            cloud = {"cloud": {"region": said.get("region"), "credentials": credentials}}
        return {"fleets": [said | cloud]}

    def standing(self) -> Standing:
        """With what is still missing."""
        return replace(super().standing(), sound=self._wrong(), ready=True)

    def on_form_typed(self, message: Form.Typed) -> None:
        """Every key."""
        self._said[message.key] = message.text.strip()
        self._changed()

    def on_form_kept(self, message: Form.Kept) -> None:
        """Another kubeconfig has other contexts."""
        if message.key == "kubeconfig":
            self._read(self._said["kubeconfig"])
        self._changed()

    def on_form_opened(self, message: Form.Opened) -> None:
        """Choose."""
        key = message.row.key
        found = tuple(Choice(one) for one in self._contexts) if key == "context" else _WORDS
        self._where = key
        self.app.push_screen(Choosing(message.row.label, found, (self._said[key],), extra=[Choice(TYPE)]), self._chosen)

    def _chosen(self, values: tuple[str, ...] | None) -> None:
        if values == (TYPE,) or values == ("role",):
            self._said[self._where] = "role " if values == ("role",) else self._said[self._where]
            self._changed()
            self.query_one(Form).type()
        elif values:
            self._said[self._where] = values[0]
            self._changed()

    def do_keep(self) -> None:
        """Write the settings and open them."""
        wrong = self._wrong()
        if wrong:
            self.say(wrong)
        else:
            self._write()

    @work(thread=True, exclusive=True, group="write")
    def _write(self) -> None:
        try:
            self.post_message(self.Written(self.console.desk.setups.connect(self.document), ""))
        except FleetConsoleError as error:
            self.post_message(self.Written(None, str(error)))

    def on_connect_page_written(self, message: Written) -> None:
        """Open what was written."""
        if message.path is None:
            self.say(message.failure)
            return
        try:
            self.console.open_settings(message.path)
        except FleetConsoleError as error:
            self.say(str(error))
            return
        if self._setting_up:
            from screens.setup import SetupPage

            self.app.push_screen(SetupPage())
