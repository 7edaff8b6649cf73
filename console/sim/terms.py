"""The small terms that scenario files and commands are written in: names, weights, rates, and durations with units."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

Days = Annotated[str, msgspec.Meta(pattern=r"^(\d+(\.\d+)?(ms|s|m|h|d))+$")]
"""A duration with units; `d` beside the settings' own, since objects are months old."""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
RouteKey = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")]
"""`NAMESPACE/NAME` of an Ingress."""
Weight = Annotated[int, msgspec.Meta(ge=0, le=100)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Layout = Literal["per-member", "shared"]
"""Whether each member has groups of its own, weighted by the rules, or all share one, weighted by its servers."""
Rate = Annotated[float, msgspec.Meta(ge=0)]


class Base(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every section: unknown words are mistakes, not extensions."""


def seconds(duration: str) -> float:
    """`1d2h`, `6m40s`, `500ms` in seconds. Raises `ValueError` where a unit is missing."""
    parts = _DURATION.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"'{duration}' is no duration")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
