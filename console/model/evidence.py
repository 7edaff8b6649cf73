"""What a runner keeps of a run beside its journal's lines, so that a stranger can follow it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ExhibitKind(StrEnum):
    """What an exhibit is."""

    LAYER = "layer"
    """Where a route's weights had got to; its body is JSON, as every one's but a manifest's."""
    PROBE = "probe"
    """The answers of one route's probe over about a second: `[count, first, last]`, epoch seconds at which they were
    sent, of what `failed`, by `members` and of what named nobody (`unnamed`)."""
    EVENT = "event"
    """A controller's word."""
    CLOCK = "clock"
    """Between which bounds the Fleet's clock was ahead of this host's, seconds."""
    MANIFEST = "manifest"
    """An Ingress as YAML; about `before ROUTE` or `after ROUTE`."""
    ANSWER = "answer"
    """What the hub answered to a write."""
    SEAL = "seal"
    """The runner's last word: how the run ended, and how many lines and exhibits it speaks for."""


FILED = (ExhibitKind.MANIFEST, ExhibitKind.ANSWER)
"""Exhibits that are files of their own in a pack."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One of them. `at`: epoch second of this host's clock; `far`: of the far side's, where it says one."""

    at: float
    kind: ExhibitKind
    about: str
    body: str
    far: float | None = None
