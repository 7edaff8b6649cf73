"""What is on the terminal before the screen is: which Fleet this is, and that it is read-only, a fifth of a second
after the start, while what draws is still imported. Python's own library alone."""

from __future__ import annotations

import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from console.model.text import inert
from console.settings import Settings

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[0m\x1b[2J\x1b[H"
_LEAVE = "\x1b[0m\x1b[<u\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h"
"""Also takes back the modes that Textual asks of a terminal: it does not where it is ended before its first frame."""


def words(settings: Settings) -> tuple[str, str, str]:
    """The Fleet, its region (empty where it is not known yet) and the state at start, as every header begins; inert."""
    fleet = settings.fleet
    return inert(fleet.called, 24), inert(fleet.shown_region or "", 16), "READ-ONLY"


@contextmanager
def first_words(settings: Settings) -> Iterator[None]:
    """The first words on the terminal's other screen, for the screen that the block runs to draw over. Where the block
    raises, or SIGTERM ends it, the terminal is as it was before."""
    name, region, state = words(settings)
    where = f"  \x1b[2m{region}\x1b[0m" if region else ""
    modes = termios.tcgetattr(sys.stdin)
    handler = signal.signal(signal.SIGTERM, _ended)
    try:
        _write(f"{_ENTER}\x1b[1m{name}\x1b[0m{where}   {state}\x1b[3;1H\x1b[2m  ~ opening ...\x1b[0m")
        yield
    except BaseException:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, modes)
        _write(_LEAVE)
        raise
    finally:
        signal.signal(signal.SIGTERM, handler)


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _ended(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
