"""A drill with a person: the brief, the real screen in their own terminal, events while they work, and the verdict when
they quit."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import signal
import subprocess
import sys
import termios
import textwrap
import time
from collections.abc import Callable, Iterator

from console.drill.deeds import Events
from console.drill.stage import LONGEST, Stage, stage, until
from console.drill.verdict import Result, judge, known_runs
from console.errors import UsageError
from console.sim.drill import ME
from console.sim.scenario import Scenario

WIDTH = 100
SANE = "\x1b[?1049l\x1b[?25h\x1b[?2004l\x1b[?1004l\x1b[?1000l\x1b[?1006l\x1b[<u\x1b[0m\r\n"
"""What a screen that was killed could not undo: its own buffer, the hidden cursor, the reports that it asked for."""


def play_with(scenario: Scenario, name: str, pace: float, tell: Callable[[str], None]) -> Result:
    """Play a drill with the person at the terminal; `tell` writes a paragraph to them, made inert.

    `pace`: how much slower than the script everything goes. Raises `UsageError` where there is no terminal.
    """
    assert scenario.drill is not None, "whoever plays has looked"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("a drill needs a terminal", fix="Let the script play it: --headless.")
    result = Result(scenario.name, scenario.summary)
    room = min(WIDTH, shutil.get_terminal_size().columns - 4)
    for line in textwrap.wrap(f"DRILL {scenario.name}: {scenario.summary}", room):
        tell(line)
    for line in textwrap.wrap(scenario.drill.brief, room):
        tell(f"  {line}")
    with _hung_up(), stage(scenario, name, pace=pace) as played:
        tell("Commands work, too, in another terminal:")
        tell(f"  {shlex.join(played.command(ME))} VERB ...")
        desk = _Desk(played, tell)
        if not _ready("Enter opens the screen; the drill is over when you quit it (q)."):
            raise UsageError("the drill was not begun")
        desk.work()
        _settle(played, tell)
        judge(played, result, scenario.drill.endings)
    result.seconds = time.monotonic() - result.began
    return result


class _Desk:
    """The person's screen, opened again for as long as it is the drill that ends it."""

    def __init__(self, played: Stage, tell: Callable[[str], None]) -> None:
        self._stage = played
        self._tell = tell
        self._screen: subprocess.Popen[bytes] | None = None
        self._cut = False
        self._said: list[str] = []
        self._events = Events(played, front=self._kill, told=self._said.append)

    def work(self) -> None:
        """Until the person quits."""
        self._events.begin()
        try:
            again = True
            while again:
                self._cut = False
                with _kept():
                    self._screen = subprocess.Popen(self._stage.command(ME), env=self._stage.environment())
                    _wait(self._screen)
                again = self._cut
                if again:
                    sys.stderr.write(SANE)
                    time.sleep(1.0)
                    self._tell(" ".join(self._said[-1:]) or "The screen is gone.")
                    again = _ready("Enter opens it again.")
        finally:
            self._events.end()
        if self._events.failed:
            self._tell(self._events.failed)

    def _kill(self, name: str) -> None:
        self._cut = True
        if self._screen is not None and self._screen.poll() is None:
            self._screen.send_signal(signal.Signals[f"SIG{name}"])


def _settle(played: Stage, tell: Callable[[str], None]) -> None:
    """A run that goes on is waited for: it will end in a named state, and the drill is about which."""

    def over() -> bool:
        runs = known_runs(played, ME)
        return not runs or runs[0]["state"] not in ("planned", "running")

    if not over():
        tell("A run goes on; the verdict waits for its end.")
        until(over, LONGEST * played.pace, pause=1.0)


def _ready(sentence: str) -> bool:
    """Ask for Enter; False where the person leaves instead."""
    sys.stderr.write(f"{sentence} ")
    sys.stderr.flush()
    with contextlib.suppress(KeyboardInterrupt):
        return sys.stdin.readline() != ""
    return False


def _wait(screen: subprocess.Popen[bytes]) -> None:
    """Ctrl-C is the screen's own business."""
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            screen.wait()
            return


@contextlib.contextmanager
def _hung_up() -> Iterator[None]:
    """A terminal that goes ends the drill as any other end: nothing of it stays on the disk."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGHUP, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    """The terminal's modes, put back after a screen that had no time to."""
    modes = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, modes)
