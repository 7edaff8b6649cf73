"""What is on the terminal while the screen is still imported, and that it is gone where the screen never comes."""

from __future__ import annotations

import os
import pty
import re
import sys
import termios

import pytest

from console import opening
from console.settings import FleetSettings, Settings

PROGRAM = """
import os, signal, sys
from console import opening
from console.settings import FleetSettings, Settings

with opening.first_words(Settings(fleets=(FleetSettings(name={name!r}, region="cn-hangzhou"),))):
    assert "textual" not in sys.modules and "rich" not in sys.modules
    {block}
"""
LEFT = b"\x1b[?1049l\x1b[?25h"


def written(block: str, name: str = "hz-prod") -> tuple[bytes, int, bool]:
    """What the program wrote on a terminal of its own, its exit code, whether the terminal's modes are as before."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM.format(name=name, block=block)])
    before = termios.tcgetattr(terminal)
    got = b""
    try:
        while data := os.read(terminal, 65536):
            got += data
    except OSError:  # the other side is closed
        pass
    _, status = os.waitpid(pid, 0)
    same = termios.tcgetattr(terminal) == before
    os.close(terminal)
    return got, os.waitstatus_to_exitcode(status), same


def test_a_header_is_there_before_what_draws_is_imported() -> None:
    """The Fleet, its region, and that nothing can be changed yet; left on the terminal for the screen to draw over."""
    got, code, _ = written("pass")
    assert code == 0, got
    assert re.sub(rb"\x1b\[[?0-9;]*[a-zA-Z]", b"", got) == b"hz-prod  cn-hangzhou   READ-ONLY  ~ opening ..."
    assert b"?1049h" in got
    assert LEFT not in got


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("raise SystemExit(3)", 3),
        ("os.kill(os.getpid(), signal.SIGTERM)", 143),
        ("import tty; tty.setraw(0); os.kill(os.getpid(), signal.SIGTERM)", 143),
    ],
)
def test_the_terminal_is_put_back_where_the_screen_never_comes(block: str, code: int) -> None:
    """Also from the raw mode of a screen that was ended before its first frame."""
    got, ended, same = written(block)
    assert ended == code
    assert got.endswith(LEFT)
    assert same


def test_a_failure_is_told_on_the_terminal_as_it_was_before() -> None:
    """Words of a failure on the other screen would vanish with it."""
    got, code, _ = written("raise RuntimeError('no such module')")
    assert code == 1
    assert b"no such module" in got[got.index(LEFT) :]


def test_names_from_settings_are_inert() -> None:
    """A name moves nothing and stays within the header."""
    hostile = "\x1b[2Jevil\u202e" + "x" * 90
    name, region, state = opening.words(Settings(fleets=(FleetSettings(name=hostile, region="\x07" * 40),)))
    assert name.startswith("␛[2Jevil�")
    assert (len(name), len(region), state) == (25, 17, "READ-ONLY")
    assert "\x1b" not in name + region
    assert "\x07" not in region
