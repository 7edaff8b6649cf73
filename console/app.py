"""The application: wires settings, readers and screens; everything heavy is imported after the first frame."""

from __future__ import annotations

import asyncio
import os
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual import events, work
from textual._compositor import CompositorUpdate
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.filter import NoColor
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen

import assets
from console import collector, log, terminal
from console.errors import FleetConsoleError
from console.model.fleet import Fleet
from console.model.freshness import SourceName, SourceState
from console.model.run import RunReport
from console.settings import Duration, Settings, load
from screens import actions
from screens.dashboard import Dashboard
from screens.desk import Feed
from screens.place import Place
from screens.vigil import EVERY, Vigil
from widgets.field import Field
from widgets.glass import Glass


class _Difference(CompositorUpdate):
    """A frame as what differs from the terminal."""

    def __init__(self, written: str) -> None:
        self._written = written

    def render_segments(self, console: Any) -> str:
        return self._written


class FleetConsole(App[int]):
    """The screen on one Fleet. `fleet` is set by the feed's message alone; screens watch it."""

    CSS_PATH = Path(assets.__file__).parent / "styles" / "console.tcss"
    COMMAND_PALETTE_BINDING = "colon"
    BINDINGS: ClassVar[list[BindingType]] = []
    # Screens draw what differs: a new picture by itself repaints nothing.
    fleet: reactive[Fleet] = reactive(Fleet(name="fleet", region=None, uid=None, sources=()), repaint=False)
    armed_until: reactive[float | None] = reactive(None, repaint=False)
    host_runs: reactive[tuple[RunReport, ...]] = reactive((), repaint=False)
    """The runs of this host, as its journal tells them."""

    class FleetChanged(Message):
        """A new picture came from a feed."""

        def __init__(self, feed: Feed, fleet: Fleet) -> None:
            super().__init__()
            self.feed = feed
            self.fleet = fleet

    class HostRunsRead(Message):
        """The journal of this host was read beside a feed."""

        def __init__(self, feed: Feed, reports: tuple[RunReport, ...]) -> None:
            super().__init__()
            self.feed = feed
            self.reports = reports

    def __init__(
        self, settings: Settings, feed: Feed, *, plain: bool = False,
        feeds: Callable[[Settings, Path | None], Feed] | None = None, offers: bool = False,
    ) -> None:  # fmt: skip
        """`plain` draws ASCII only. `feeds` makes the feed of the Fleet that settings open, where there are several, or
        of another settings file. `offers`: it opens on what can be done where no Fleet is known yet."""
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self.settings = settings
        self.desk = feed.desk
        self._feed = feed
        self._feeds = feeds
        self._offers = offers
        self.wants_demo = False
        """Whether the simulated Fleet is to be opened after this screen."""
        self._glass = Glass(plain=plain, mono=terminal.mono(settings.theme, os.environ))
        self._filters = [
            one for one in self._filters if not isinstance(one, NoColor)
        ]  # the glass knows what to do instead
        self.loop: asyncio.AbstractEventLoop | None = None
        self._loading = True
        self._vigil = Vigil()
        self.set_reactive(FleetConsole.fleet, _unread(settings))

    def get_default_screen(self) -> Screen[Any]:
        """The dashboard."""
        return Dashboard()

    def on_load(self) -> None:
        """From here on a signal can end the loop."""
        self.loop = asyncio.get_running_loop()

    def on_ready(self) -> None:
        """The first frame is out: now read."""
        collector.set_aside()
        self._feed.start(partial(self._publish, self._feed))
        if self._offers:
            from screens.offer import OfferPage

            self.push_screen(OfferPage())
        self.set_interval(EVERY, self._look_at_runs)

    def _look_at_runs(self) -> None:
        """In a thread: journals lie on disks. One look at a time."""
        if self.fleet.uid is not None and all(one.is_finished for one in self.workers if one.group == "host runs"):
            self._read_runs(self._feed, self.fleet)

    @work(thread=True, group="host runs", description="runs of this host")
    def _read_runs(self, feed: Feed, fleet: Fleet) -> None:
        with suppress(FleetConsoleError):  # the page of runs says it
            self.post_message(self.HostRunsRead(feed, feed.desk.host_runs(fleet)))

    def on_fleet_console_host_runs_read(self, message: HostRunsRead) -> None:
        """Those of the Fleet that is shown; the bell for what is new and needs eyes."""
        if message.feed is not self._feed:
            return
        self.host_runs = message.reports
        if self._vigil.news(message.reports, time.time()):
            self._ring()

    def heed(self, report: RunReport) -> None:
        """A run is shown, wherever it runs: the bell where it needs eyes."""
        if self._vigil.told(report, time.time()):
            self._ring()

    def _ring(self) -> None:
        if self.settings.bell:
            self.bell()

    def _publish(self, feed: Feed, fleet: Fleet) -> None:
        """From any thread."""
        if self._loading:
            collector.set_aside()
            self._loading = any(fleet.source(name).state is SourceState.LOADING for name in SourceName)
        self.post_message(self.FleetChanged(feed, fleet))

    def open_fleet(self, name: str) -> None:
        """Read another Fleet of settings from now on: read-only, with an empty picture, and nothing of the former one.

        Raises `SettingsError` where none is called so.
        """
        self._open(self.settings.opening(name), None)

    def open_settings(self, path: Path) -> None:
        """Read the Fleet of another settings file from now on, as `open_fleet` does. Raises `SettingsError`."""
        self._open(load(path), path)

    def open_demo(self) -> None:
        """Leave, for the simulated Fleet."""
        self.wants_demo = True
        self.exit(0)

    def _open(self, settings: Settings, config: Path | None) -> None:
        assert self._feeds is not None
        self._feed.stop()
        self.arm(False)
        self.settings = settings
        self._feed = self._feeds(settings, config)
        self.desk = self._feed.desk
        self.fleet = _unread(settings)
        self.host_runs, self._vigil = (), Vigil()
        self._loading = True
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self._feed.start(partial(self._publish, self._feed))

    def on_unmount(self) -> None:
        """Stop reading."""
        self._feed.stop()

    def on_fleet_console_fleet_changed(self, message: FleetChanged) -> None:
        """The one place where a picture becomes the application's; what a former feed had under way is dropped."""
        if message.feed is self._feed:
            self.fleet = message.fleet

    @property
    def armed(self) -> float | None:
        """Seconds of arming left, None where read-only."""
        if self.armed_until is None or self.settings.read_only:
            return None
        left = self.armed_until - time.monotonic()
        return left if left > 0 else None

    def arm(self, on: bool) -> None:
        """Arm for the time in settings, or make read-only."""
        allowed = on and not self.settings.read_only
        self.armed_until = time.monotonic() + Duration.parse(self.settings.arming) if allowed else None

    def forget_glass(self) -> None:
        """Write the next frame whole."""
        self._glass.forget()

    def on_key(self, event: events.Key) -> None:
        """Keys that came in one burst with the one that opened a field: what the field did not get is typed there."""
        if isinstance(self.focused, Field) and event.is_printable and event.character:
            event.prevent_default()
            self.focused.insert_text_at_cursor(event.character)

    def action_help_quit(self) -> None:
        """Ctrl-C neither leaves nor kills: it says how to leave."""
        if isinstance(self.screen, Place):
            self.screen.say("q leaves the console; a run goes on")

    def action_command_palette(self) -> None:
        """The palette belongs to pages; a dialog has none."""
        if isinstance(self.screen, Place):
            super().action_command_palette()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette's entries: the registry's actions of this place."""
        if not isinstance(screen, Place):
            return
        for action in actions.at(screen.PLACE):
            if action.id != "palette":
                head = f"{action.title} ({action.label})"
                yield SystemCommand(head, action.does, lambda name=action.id: screen.action_act(name))

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Write only what differs from what the terminal shows already."""
        shown = not (self._batch_count or self.is_headless or self._closed) and self._running
        if shown and isinstance(renderable, CompositorUpdate):
            written = self._glass.difference(
                renderable, (self.size.width, self.size.height), self.console._color_system
            )
            if not written:
                self.post_display_hook()
                return
            renderable = _Difference(written)
        super()._display(screen, renderable)

    def _fatal_error(self) -> None:
        """A failure of our own: the plain traceback, without the values of variables."""
        log.note("screen failed", *traceback.format_exc().splitlines()[-3:])
        self._exit_renderables.append(Text(traceback.format_exc()))
        self._close_messages_no_wait()


def _unread(settings: Settings) -> Fleet:
    """The Fleet that settings open before anything was read of it."""
    named = settings.fleet
    return Fleet(named.called, named.shown_region, None, ())
