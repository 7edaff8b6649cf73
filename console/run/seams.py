"""The test port of the runner: every journal commit, send and answer passes a numbered seam; a test may kill it there.

`FLEET_CONSOLE_SEAM=N` in the runner's environment kills it with SIGKILL at its Nth seam; else a seam only counts.
`FLEET_CONSOLE_TRACE=FILE` appends each seam's number and name to a file. Only a runner opens seams, no front.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path


class _Seams:
    """Those of this process."""

    def __init__(self) -> None:
        self.passed = 0
        self.fatal = 0
        self.trace: Path | None = None
        self.open = False


_seams = _Seams()


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
    if _seams.fatal == _seams.passed:
        os.kill(os.getpid(), signal.SIGKILL)
