"""The Fleets of the settings file in cells."""

from __future__ import annotations

from collections.abc import Sequence

from console.model.text import inert
from console.present.line import Ink, Span, dim, line
from console.present.sheet import Column, Sheet
from console.present.times import UNKNOWN

Named = tuple[str, str | None, str, bool]
"""(name, region, where its kubeconfig is, whether it is the one that is shown)"""


def fleets_sheet(fleets: Sequence[Named]) -> Sheet[Named]:
    """The table of Fleets."""
    columns = (
        Column[Named]("FLEETS", 24, lambda one: line(inert(one[0], 80)), least=12),
        Column[Named]("", 5, lambda one: line(Span("shown", Ink.ACCENT)) if one[3] else ()),
        Column[Named]("REGION", 16, lambda one: line(inert(one[1], 40)) if one[1] else (dim(UNKNOWN),), rank=1),
        Column[Named]("READ BY", 30, lambda one: line(inert(one[2], 200)), grow=True),
    )
    return Sheet(columns, fleets, lambda one: one[0])
