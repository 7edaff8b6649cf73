"""The test port of the runner: every journal commit, send and answer passes a numbered seam; a test may kill it there.

`FLEET_CONSOLE_SEAM=N` in the runner's environment kills it with SIGKILL at its Nth seam; else a seam only counts.
`FLEET_CONSOLE_TRACE=FILE` appends each seam's number and name to a file. Only a runner opens seams, no front.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def _die(number: int, name: str) -> None:
    if _seams.fatal == number:
        os.kill(os.getpid(), signal.SIGKILL)


class _Seams:
    """Those of this process."""

    def __init__(self) -> None:
        self.passed = 0
        self.fatal = 0
        self.trace: Path | None = None
        self.open = False
        self.passing: Callable[[int, str], None] = _die
        """What happens at a seam, given its number and name."""


_seams = _Seams()


@contextmanager
def passing(at: Callable[[int, str], None]) -> Iterator[None]:
    """Within this process, call `at` at every seam instead; for tests, which may raise there what nothing catches."""
    former = (_seams.open, _seams.passed, _seams.passing)
    _seams.open, _seams.passed, _seams.passing = True, 0, at
    try:
        yield
    finally:
        _seams.open, _seams.passed, _seams.passing = former


def open_seams() -> None:
    """Count seams from now on, and mind what the environment says of them."""
    _seams.open = True
    text = os.environ.get("FLEET_CONSOLE_SEAM", "")
    _seams.fatal = int(text) if text.isdigit() else 0
    trace = os.environ.get("FLEET_CONSOLE_TRACE")
    _seams.trace = Path(trace) if trace else None


def seam(name: str) -> None:
    """Pass the next seam."""
    if not _seams.open:
        return
    _seams.passed += 1
    if _seams.trace is not None:
        with _seams.trace.open("a", encoding="utf-8") as file:
            file.write(f"{_seams.passed} {name}\n")
    _seams.passing(_seams.passed, name)
