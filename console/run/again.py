"""Asking the hub again: once something was sent, what stands there is what is not known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from console.errors import FleetConsoleError
from console.kube import write

T = TypeVar("T")
PATIENCE = 30.0
"""Seconds for which a hub that does not answer is asked again, once something was sent."""


def until_answered(
    read: Callable[[], T],
    what: str,
    waits: Callable[[str], None],
    *,
    clock: Callable[[], float],
    pause: Callable[[float], None],
) -> T:
    """Read until the hub answers, seldom and more seldom; `waits` is told that it is asked again for `what`.

    Raises the last failure after `PATIENCE`, and at once one that is an answer.
    """
    began, wait = clock(), 0.5
    while True:
        try:
            return read()
        except FleetConsoleError as error:
            if not write.still_unknown(error) or clock() - began > PATIENCE:
                raise
            waits(f"the hub is asked again what {what}: {error}")
            pause(wait)
            wait = min(2 * wait, 4.0)
