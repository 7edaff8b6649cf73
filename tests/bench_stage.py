"""What a measurement stands on: a figure with its budget, the screen on a pty, a simulator in a process of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure and its budget."""

    name: str
    value: float
    unit: str
    budget: float | None

    @property
    def verdict(self) -> str:
        """ok | over, nothing where there is no budget."""
        if self.budget is None:
            return ""
        return "ok" if self.value <= self.budget else "over"


class Terminal:
    """`fleet-console` on a pty of its own."""

    def __init__(self, config: Path, state: Path, columns: int, rows: int, program: str = "console") -> None:
        """`program`: the module that is run, with the console's own options."""
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
        environment.pop("NO_COLOR", None)
        self.began = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            command = [sys.executable, "-m", program, "--config", str(config), "--state-dir", str(state)]
            os.execve(sys.executable, command, environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds: float) -> Iterator[tuple[float, bytes]]:
        """(monotonic second, bytes) as they come, for so many seconds."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self.fd], [], [], left)
            if not ready:
                return
            try:
                data = os.read(self.fd, 1 << 16)
            except OSError:
                return
            yield time.monotonic(), data

    def until(self, word: bytes, seconds: float = 30.0) -> tuple[float, int]:
        """(seconds since the start, bytes written by then) when `word` was first on the terminal."""
        seen, count = b"", 0
        for at, data in self.read(seconds):
            count += len(data)
            seen = (seen + data)[-1 << 16 :]
            if word in seen:
                return at - self.began, count
        raise SystemExit(f"{word!r} was never on the terminal; it showed {seen[-400:]!r}")

    def quiet(self, seconds: float) -> int:
        """Bytes until nothing came for so long."""
        count = 0
        while got := sum(len(data) for _, data in self.read(seconds)):
            count += got
        return count

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


@contextmanager
def simulator(directory: Path, *words: str) -> Iterator[Path]:
    """A simulator in a process of its own."""
    command = [sys.executable, "-m", "console", "sim", "--dir", str(directory), *words]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        assert child.stdout is not None
        child.stdout.readline()
        yield directory
    finally:
        child.terminate()
        child.wait()
