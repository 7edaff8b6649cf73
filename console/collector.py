"""Python's search for cycles of garbage, kept from stopping the screen: over the modules and facts of a large Fleet one
search takes 0.15 s, in which no thread runs. What is there for good is set aside, so that only the rest is searched."""

from __future__ import annotations

import gc

_EARLY = 100_000
"""Objects that make a search while modules come in: hardly one of them is garbage, and searching takes a tenth of the
time until the first frame."""
THRESHOLDS = (10_000, 10, 10)
"""Objects more than before that make a search among the youngest, and how many of those make one among the older."""


def wait() -> None:
    """At the start of a process, until `set_aside`: search hardly ever."""
    gc.set_threshold(_EARLY, *THRESHOLDS[1:])


def set_aside() -> None:
    """Search what there is now no more; whatever loses its last reference is freed as before. Takes no time, so that it
    may be done again and again while modules and facts come in."""
    gc.set_threshold(*THRESHOLDS)
    gc.freeze()
