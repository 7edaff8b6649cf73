"""A program on a pseudo-terminal: keys in, what the terminal shows out."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from console.drill.glass import Cells

COLUMNS, ROWS = 120, 40
LOOK = 0.05
"""Seconds between two looks at what is shown."""
PATIENCE = 8.0
"""Seconds in which a program that is told to end does so."""
BETWEEN = 0.12
"""Seconds between two words of keys, as a quick person types them."""
_KEYS = {"enter": "\r", "escape": "\x1b", "tab": "\t", "up": "\x1b[A", "down": "\x1b[B", "space": " "}


class Terminal:
    """Runs `command` with a terminal of its own, as the leader of its session, from the start to `end`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._cells = Cells(COLUMNS, ROWS)
        self._lock = threading.Lock()
        self._end, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        said = {**environment, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self._process = subprocess.Popen(
            command, stdin=child, stdout=child, stderr=child, env=said, start_new_session=True
        )
        os.close(child)
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        """What it shows, row by row."""
        with self._lock:
            return "\n".join(self._cells.lines)

    def see(self, meets: Callable[[str], bool], within: float) -> bool:
        """Whether what it shows met that at one look of those within so many seconds."""
        until = time.monotonic() + within
        while not meets(self.text):
            if time.monotonic() >= until:
                return False
            time.sleep(LOOK)
        return True

    def press(self, keys: str) -> None:
        """Keys parted by spaces; a word that is no key's name is typed."""
        for word in keys.split():
            control = chr(ord(word[1]) & 0x1F) if len(word) == 2 and word[0] == "^" else word
            with suppress(OSError):
                os.write(self._end, _KEYS.get(word, control).encode())
            time.sleep(BETWEEN)

    def kill(self, number: int) -> None:
        """Send a signal, and wait for the end of the program where it may end it."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        if number not in (signal.SIGSTOP, signal.SIGCONT):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)

    def end(self) -> None:
        """End it whatever it does."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join(PATIENCE)
        with suppress(OSError):
            os.close(self._end)

    def _read(self) -> None:
        """Take what it writes, for as long as anybody holds the terminal; answer what terminals are asked."""
        while True:
            try:
                if not select.select([self._end], [], [], 0.5)[0]:
                    if self._process.poll() is not None:
                        return
                    continue
                data = os.read(self._end, 65536)
                if not data:
                    return
                if b"\x1b[?2026$p" in data:
                    os.write(self._end, b"\x1b[?2026;2$y")
            except (OSError, ValueError):
                return
            with self._lock:
                self._cells.write(data)
