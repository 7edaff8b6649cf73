"""What every screen has: the header, the footer from the action registry, the arming state, and how facts arrive."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Protocol, cast

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from console.errors import FleetConsoleError
from console.model.document import Subject
from console.model.fleet import Fleet
from console.model.run import RunReport
from console.present import sources
from console.present.line import EMPTY, Ink, Line, Span, cut, dim, ends, fit, length, strong
from console.settings import Settings
from screens import actions
from screens.actions import Action
from screens.desk import Desk
from screens.standing import UNARMED, Standing
from widgets.keys import Key, Keys
from widgets.lines import Lines

TICK = 1.0
"""Seconds between two looks at the clock: an age that moves on is drawn, nothing else is."""


LARGEST_COPY = 200 << 10
"""Bytes that are copied at most: they travel the line as OSC 52, and terminals drop what is much longer."""


class Console(Protocol):
    """What a screen asks of the application."""

    fleet: Fleet
    settings: Settings
    desk: Desk
    host_runs: tuple[RunReport, ...]

    @property
    def armed(self) -> float | None:
        """Seconds of arming left, None where read-only."""

    def arm(self, on: bool) -> None:
        """Arm, or make read-only."""

    def heed(self, report: RunReport) -> None:
        """Ring where a run that is shown needs eyes."""

    def forget_glass(self) -> None:
        """Write the next frame whole."""

    def open_fleet(self, name: str) -> None:
        """Read another Fleet of settings from now on."""

    def open_settings(self, path: Path) -> None:
        """Read the Fleet of another settings file from now on. Raises `SettingsError`."""

    def open_demo(self) -> None:
        """Leave, for the simulated Fleet."""


class Place(Screen[Any]):
    """A screen with a name in the registry; subclasses draw in `draw` and act in `do_<action id>`."""

    PLACE: ClassVar[str] = ""
    AUTO_FOCUS: ClassVar[str | None] = None

    def __init_subclass__(cls, **options: Any) -> None:
        """Keys come from the registry alone."""
        if cls.__dict__.get("PLACE"):
            bound: list[BindingType] = [
                Binding(action.key, f"act('{action.id}')", action.title, show=False) for action in actions.at(cls.PLACE)
            ]
            cls.BINDINGS = [*cls.__dict__.get("BINDINGS", []), *bound]
        super().__init_subclass__(**options)

    def __init__(self) -> None:
        super().__init__()
        self._behind = True
        self._drawn = 0.0

    @property
    def console(self) -> Console:
        """The application, as far as a screen knows it."""
        return cast(Console, self.app)

    @property
    def fleet(self) -> Fleet:
        """The newest picture."""
        return self.console.fleet

    @property
    def now(self) -> float:
        """The monotonic clock of the picture."""
        return self.console.desk.now

    @property
    def wall(self) -> float:
        """The epoch second of the same moment."""
        return self.console.desk.wall

    @work(thread=True, group="warm")
    def warm(self) -> None:
        """Have a runner import what it needs while a person types the word that confirms."""
        with suppress(FleetConsoleError):
            self.console.desk.warm()

    def compose(self) -> ComposeResult:
        """Header, body, footer."""
        yield Lines(id="header")
        yield from self.body()
        yield Keys(id="keys")

    def body(self) -> ComposeResult:
        """What stands between header and footer."""
        yield Lines(id="body")

    def on_mount(self) -> None:
        """Follow the picture and the clock."""
        self.watch(self.app, "fleet", self._changed, init=False)
        self.watch(self.app, "armed_until", self._changed, init=False)
        self.set_interval(TICK, self._tick)
        self._redraw()

    def on_screen_resume(self) -> None:
        """Draw what was missed while another screen covered this one."""
        if self.is_mounted and self._behind:
            self._redraw()

    def on_resize(self) -> None:
        """Another size is another arrangement."""
        self._redraw()

    def _tick(self) -> None:
        """Ages move on; a picture that came just now has drawn them."""
        if self.now - self._drawn >= TICK / 2:
            self._changed()

    def _changed(self) -> None:
        self._behind = True
        if self._uncovered:
            self._redraw()

    @property
    def _uncovered(self) -> bool:
        """Whether a person sees it: nothing, or only dialogs, stand above it."""
        above = next((one for one in reversed(self.app.screen_stack) if one is self or not one.is_modal), None)
        return above is self

    def _redraw(self) -> None:
        if not self.size.width or not self.query("#header"):
            return
        self._behind = False
        self._drawn = self.now
        self.draw()
        self._frame()

    def _frame(self) -> None:
        """The header, and the footer; a key that would be typed now is dimmed as one that can do nothing."""
        cells, standing = self.size.width, self.standing()
        self.query_one("#header", Lines).content = [self.header(cells)]
        shown = [action for action in actions.at(self.PLACE) if action.shown]
        keys = [
            Key(
                action.label,
                self.key_title(action),
                not (standing.typing and action.letter) and not action.unavailable(standing),
                action.roomy,
            )
            for action in shown
        ]
        self.query_one(Keys).show(keys, cells)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Which letters are keys depends on what has the focus."""
        self._refocused(event.widget)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """As above."""
        self._refocused(event.widget)

    def _refocused(self, widget: Widget) -> None:
        if isinstance(widget, Input) and self.size.width and self.query("#header"):
            self._frame()

    def draw(self) -> None:
        """Give the body's widgets their values."""
        raise NotImplementedError

    def header(self, cells: int) -> Line:
        """Which Fleet, whether armed, how fresh."""
        fleet, standing = self.fleet, self.standing()
        region = (Span("  "), dim(cut(fleet.region, 16))) if fleet.region else EMPTY
        ink = Ink.BAD if standing.armed is not None and not standing.read_only else Ink.PLAIN
        left = (strong(cut(fleet.name, 24)), *region, Span("   "), Span(actions.arming(standing), ink), *self.crumb())
        right = sources.header(fleet, self.now)
        if length(left) + length(right) + 2 > cells:
            left = (strong(cut(fleet.name, 12)), Span("  "), Span(actions.arming(standing), ink))
        if length(left) + length(right) + 1 > cells:
            return fit((*left, Span(" "), *right), cells)
        return ends(left, right, cells)

    def crumb(self) -> Line:
        """What the page is about, behind the arming state."""
        return EMPTY

    def key_title(self, action: Action) -> str:
        """What the footer calls an action now."""
        return "disarm" if action.id == "arm" and self.console.armed is not None else action.title

    def standing(self) -> Standing:
        """What decides which actions are available."""
        return Standing(
            fleet=self.fleet,
            read_only=self.console.settings.read_only,
            armed=self.console.armed,
            route=self.route_key,
            report=self.report,
            gateway=self.gateway,
            subjects=self.subjects,
            copied=self.copied,
            fleets=len(self.console.settings.fleets),
            typing=isinstance(self.focused, Input),
        )

    @property
    def route_key(self) -> str | None:
        """The route that actions are about."""
        return None

    @property
    def report(self) -> RunReport | None:
        """The run that actions are about."""
        return None

    @property
    def gateway(self) -> str | None:
        """The gateway that actions are about."""
        return None

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The objects on the hub that actions are about."""
        return ()

    @property
    def copied(self) -> str:
        """What would be copied, in words; empty where there is nothing."""
        return ""

    def copy_text(self) -> str:
        """The text itself; inert."""
        return self.copied

    def action_act(self, identifier: str) -> None:
        """Do what the registry names, or say why not."""
        action = actions.named(identifier)
        why = action.unavailable(self.standing())
        if why:
            if why == UNARMED:
                self.free_keys()
            self.say(f"{action.label} {action.title}: {why}")
            return
        self.handler(action)()

    def free_keys(self) -> None:
        """Have the focus leave a line that is typed, so that the letter that a sentence names is a key."""
        if isinstance(self.focused, Input):
            self.focus_next("Pager")

    def handler(self, action: Action) -> Callable[[], object]:
        """The method that carries an action out."""
        found: Callable[[], object] = getattr(self, f"do_{action.id}")
        return found

    def say(self, sentence: str, ink: Ink = Ink.WARN) -> None:
        """Put a sentence into the footer until the next key."""
        self.query_one(Keys).say(Span(sentence, ink))

    def hush(self) -> None:
        """Take the sentence away."""
        self.query_one(Keys).hush()

    def on_key(self, event: events.Key) -> None:
        """Any key takes the sentence away."""
        self.hush()

    def do_arm(self) -> None:
        """Arm for a while; read-only at once where armed."""
        self.console.arm(self.console.armed is None)

    def do_yaml(self) -> None:
        """Read what the page, or the marked row, is about."""
        from screens.yaml import YamlPage

        self.app.push_screen(YamlPage(self.subjects))

    def do_copy(self) -> None:
        """Hand the text to the terminal, which may be many hops away and answers nothing."""
        text, named = self.copy_text(), self.copied
        if (size := len(text.encode())) > LARGEST_COPY:
            self.say(f"not copied: {size // 1024:,} KiB are more than a terminal takes")
            return
        self.app.copy_to_clipboard(text)
        how = " (tmux passes it on where its set-clipboard is on)" if os.environ.get("TMUX") else ""
        self.say(f"copied to the terminal's clipboard: {named}{how}", Ink.PLAIN)

    def do_gateway(self) -> None:
        """The gateway."""
        from screens.gateway import GatewayPage

        if self.gateway is not None:
            self.app.push_screen(GatewayPage(self.gateway))

    def do_runs(self) -> None:
        """The runs."""
        from screens.runs import RunsPage

        self.app.push_screen(RunsPage())

    def do_setup(self) -> None:
        """The wizard; without a credential for the account, what can be done first."""
        if self.console.settings.fleet.cloud.credentials is None:
            from screens.offer import OfferPage

            self.app.push_screen(OfferPage())
        else:
            self.open_wizard()

    def open_wizard(self) -> None:
        """The wizard."""
        from screens.setup import SetupPage

        self.app.push_screen(SetupPage())

    def do_sources(self) -> None:
        """The sources."""
        from screens.sources import SourcesPage

        self.app.push_screen(SourcesPage())

    def do_help(self) -> None:
        """Open help."""
        from screens.help import HelpPage

        self.app.push_screen(HelpPage(self.PLACE))

    def do_palette(self) -> None:
        """Open the palette."""
        self.app.action_command_palette()

    def do_fleets(self) -> None:
        """Open the list of Fleets."""
        from screens.fleets import FleetsPage

        self.app.push_screen(FleetsPage())

    def do_repaint(self) -> None:
        """Write everything anew."""
        self.console.forget_glass()
        self.refresh()

    def do_quit(self) -> None:
        """Leave."""
        self.app.exit(0)

    def do_back(self) -> None:
        """Leave this page."""
        self.app.pop_screen()
