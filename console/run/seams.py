"""The test port of the runner: every journal commit, send and answer passes a numbered seam; a test may kill it there.

`FLEET_CONSOLE_SEAM=N` in the runner's environment kills it with SIGKILL at its Nth seam; else a seam only counts.
`FLEET_CONSOLE_TRACE=FILE` appends each seam's number and name to a file.
"""

from __future__ import annotations

import os
import signal

_passed = 0


def seam(name: str) -> None:
    """Pass the next seam."""
    global _passed
    _passed += 1
    trace = os.environ.get("FLEET_CONSOLE_TRACE")
    if trace:
        with open(trace, "a", encoding="utf-8") as file:  # noqa: PTH123 - one append, the hottest place there is
            file.write(f"{_passed} {name}\n")
    if os.environ.get("FLEET_CONSOLE_SEAM") == str(_passed):
        os.kill(os.getpid(), signal.SIGKILL)
