"""The log file of `--log-file`: what this process asked and did and why it failed, one inert line each.

Without that option nothing is imported and nothing is said. Headers, bodies, queries and credentials never come here:
callers name a request by verb and path, a call by its operation.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from console.errors import UsageError
from console.model.text import inert

if TYPE_CHECKING:
    from logging import Logger

LONGEST = 600
"""Characters of one line's words."""
_logger: Logger | None = None


def open_log(path: Path) -> None:
    """Write to the end of `path` from now on, mode 0600. Raises `UsageError` where that cannot be."""
    global _logger
    import logging

    class Handler(logging.StreamHandler):  # type: ignore[type-arg]
        """A file that is full or gone stops neither the screen nor a run."""

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
            """Say nothing: stderr may be the screen's."""

    try:
        descriptor = os.open(path.expanduser(), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(
            f"{inert(path, 200)} cannot be written: {error.strerror}", fix="Name another file with --log-file."
        ) from None
    with suppress(OSError):
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
    handler = Handler(os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace"))
    form = logging.Formatter("%(asctime)s.%(msecs)03dZ %(process)d %(message)s", "%Y-%m-%dT%H:%M:%S")
    form.converter = time.gmtime
    handler.setFormatter(form)
    close_log()
    logger = logging.getLogger("fleet-console")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    _logger = logger


def close_log() -> None:
    """Let go of the file; nothing is said any more."""
    global _logger
    if _logger is not None:
        for handler in tuple(_logger.handlers):
            _logger.removeHandler(handler)
            with suppress(OSError, AttributeError):
                handler.stream.close()  # type: ignore[attr-defined]
        _logger = None


def note(*parts: object) -> None:
    """One line: its words, made inert, with blanks between them. Any thread may say one."""
    if _logger is not None:
        _logger.info("%s", inert(" ".join(str(part) for part in parts if part != ""), LONGEST))


def lasted(began: float) -> str:
    """The time since `began` on the monotonic clock, in milliseconds."""
    return f"{(time.monotonic() - began) * 1000:.0f} ms"
