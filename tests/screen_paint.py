"""What the screen costs a line: measured on a pseudo-terminal, since a pilot paints nothing."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

PROGRAM = """
import sys, threading
from dataclasses import replace
from console.app import FleetConsole
from console.session import end_by_signal
from console.settings import Settings
from tests import situations
from tests.stage import StageFeed

feed = StageFeed(situations.calm())
app = FleetConsole(Settings(), feed)
end_by_signal(app)

if len(sys.argv) > 1:
    timer = threading.Timer(float(sys.argv[1]), lambda: feed.show(replace(situations.calm(), members=(
        replace(situations.calm().members[0], kind="unknown"), situations.calm().members[1]))))
    timer.daemon = True
    timer.start()
sys.exit(app.run(mouse=False))
"""


WRAPPER = """
import signal, subprocess, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
child = subprocess.Popen(sys.argv[1:])
print(f"child={child.pid} ", flush=True)
sys.exit(child.wait())
"""
"""A leader of the session that keeps the hang-up to itself, as make does."""


@dataclass
class Screen:
    """A program on a pseudo-terminal: what it wrote, when."""

    pid: int
    terminal: int
    began: float
    wrote: list[tuple[float, bytes]] = field(default_factory=list)

    def read(self, seconds: float) -> bytes:
        """Everything written in that time; answers the one question that terminals are asked."""
        got = b""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not select.select([self.terminal], [], [], left)[0]:
                continue
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                break
            if b"\x1b[?2026$p" in data:
                os.write(self.terminal, b"\x1b[?2026;2$y")
            self.wrote.append((time.monotonic() - self.began, data))
            got += data
        return got

    def until(self, word: bytes) -> bytes:
        """Everything written until `word` was, and for a moment after it; a slow machine gets its time."""
        got = b""
        for _ in range(120):
            if word in (got := got + self.read(0.25)):
                return got + self.read(0.75)
        raise AssertionError(f"{word!r} was never drawn; there is {got[-400:]!r}")

    def ended(self, within: float) -> int | None:
        """The exit status, None where it still runs after that time."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        return None


@contextmanager
def screen(*arguments: str, size: tuple[int, int] = (120, 40), under: str = "") -> Iterator[Screen]:
    """The console on the calm Fleet in a terminal of that size, or a program that starts it there."""
    began = time.monotonic()
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        os.environ.update(TERM="xterm-256color", LANG="C.UTF-8")
        command = [sys.executable, "-c", PROGRAM, *arguments]
        os.execv(sys.executable, [sys.executable, "-c", under, *command] if under else command)
    shown = Screen(pid, terminal, began)
    try:
        yield shown
    finally:
        if shown.pid:
            os.kill(shown.pid, signal.SIGKILL)
            os.waitpid(shown.pid, 0)
        os.close(terminal)


def test_the_first_paint_is_small() -> None:
    with screen() as shown:
        got = shown.until(b"gateway-demo/web-demo")

    assert len(got) < 8_000


def test_a_quiet_fleet_writes_nothing() -> None:
    with screen() as shown:
        shown.until(b"gateway-demo/web-demo")
        got = shown.read(4)

    assert b"" == got


def test_one_changed_cell_costs_less_than_200_bytes() -> None:
    with screen("6") as shown:
        shown.until(b"gateway-demo/web-demo")
        got = shown.read(6.5)

    assert 0 < len(got) < 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_screen_cleanly(number: signal.Signals) -> None:
    with screen() as shown:
        shown.until(b"gateway-demo/web-demo")
        os.kill(shown.pid, number)
        got = shown.read(1)

        assert 128 + number == shown.ended(3)
        assert b"\x1b[?1049l" in got


def test_a_terminal_that_nobody_reads_does_not_hold_the_process() -> None:
    with screen() as shown:
        shown.until(b"gateway-demo/web-demo")
        for _ in range(100):
            os.write(shown.terminal, b"\x0c")
            time.sleep(0.02)
        os.kill(shown.pid, signal.SIGTERM)

        assert shown.ended(8) is not None


def test_a_terminal_that_is_gone_ends_the_process() -> None:
    with screen() as shown:
        shown.until(b"gateway-demo/web-demo")
        spare = os.open(os.devnull, os.O_RDWR)
        os.dup2(spare, shown.terminal)

        assert shown.ended(8) is not None


def test_a_terminal_that_is_gone_ends_a_process_that_no_signal_tells() -> None:
    with screen(under=WRAPPER) as shown:
        wrapped = int(shown.until(b"gateway-demo/web-demo").split(b"child=")[1].split()[0])
        spare = os.open(os.devnull, os.O_RDWR)
        os.dup2(spare, shown.terminal)

        assert shown.ended(8) is not None
        with pytest.raises(ProcessLookupError):
            os.kill(wrapped, 0)
