"""How long a layer usually takes to hold a weight, by what past runs of this host saw: per gateway and layer, one
figure a run. Pure, over the journal's lines and the layers that were kept as evidence."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from console.model.evidence import Exhibit, ExhibitKind
from console.model.fleet import Controller, Layer
from console.model.run import JournalLine, Usual

Waits = Mapping[tuple[str, Layer], float]
"""(gateway, layer) -> seconds that a run waited for it: the longest of its routes and steps."""
_ORDER = tuple(Layer)
_Entry = tuple[float, dict[str, Any]]
"""(epoch second, what was kept of one look at a route)"""


def waits(lines: Iterable[JournalLine], exhibits: Iterable[Exhibit]) -> Waits:
    """What one run waited for. A layer that was still waited for when the run, or its next write, ended the waiting
    tells nothing; one that was read and never waited for took no time."""
    written: dict[str, list[float]] = {}
    for line in lines:
        if line.step.startswith("weigh ") and line.phase == "confirmed":
            written.setdefault(line.step.removeprefix("weigh "), []).append(line.at)
    seen: dict[str, list[_Entry]] = {}
    for one in exhibits:
        if one.kind is ExhibitKind.LAYER:
            seen.setdefault(one.about, []).append((one.at, json.loads(one.body)))
    longest: dict[tuple[str, Layer], float] = {}
    for route, at in written.items():
        for began, ended in pairwise((*at, math.inf)):
            entries = [entry for entry in seen.get(route, ()) if began <= entry[0] < ended]
            for (gateway, layer), seconds in _of_one_write(began, entries).items():
                longest[gateway, layer] = max(longest.get((gateway, layer), 0.0), seconds)
    return longest


def _of_one_write(began: float, entries: Sequence[_Entry]) -> Waits:
    """The layers that came to hold one write to one route, and how long each was waited for."""
    spent = dict.fromkeys(_ORDER, 0.0)
    since, at, look = began, None, dict[str, Any]()
    for when, look in entries:
        if at is not None:
            spent[at] += when - since
            since = when
        at = _where(look)
        if at is None:
            break
    gateway = look.get("gateway")
    if not isinstance(gateway, str):
        return {}
    held = _readable(look) if at is None else _ORDER[: _ORDER.index(at)]
    return {(gateway, layer): spent[layer] for layer in held if spent[layer] or layer in _readable(look)}


def _where(look: Mapping[str, Any]) -> Layer | None:
    """The layer that is waited for; None once all hold. Without a `layer` the picture shows what was there before."""
    if look.get("layer") is None:
        return Layer.ANNOTATION
    if look.get("stuck_at") is not None:
        return Layer(look["stuck_at"])
    return None if look.get("settled") else Layer.OBSERVED


def _readable(look: Mapping[str, Any]) -> tuple[Layer, ...]:
    """The layers that a look could tell something of."""
    controller = look.get("controller") not in (None, Controller.NOT_REPORTED)
    rule = any(weight is not None for weight in (look.get("rule") or {}).values())
    observed = look.get("layer") == Layer.OBSERVED
    told = {Layer.CONTROLLER: controller, Layer.RULE: rule, Layer.OBSERVED: observed, Layer.ANNOTATION: True}
    return tuple(layer for layer in _ORDER if told.get(layer))


def usual(past: Iterable[Waits], gateway: str, layer: Layer) -> Usual:
    """What past runs waited for a layer of a gateway: median and 95th percentile, by nearest rank; the figures are None
    where there are too few runs to speak of."""
    found = sorted(one[gateway, layer] for one in past if (gateway, layer) in one)
    if len(found) < FEW:
        return Usual(gateway, layer, len(found))
    return Usual(gateway, layer, len(found), _ranked(found, 0.5), _ranked(found, 0.95))


FEW = 3
"""Past runs under which nothing is usual."""


def _ranked(found: Sequence[float], part: float) -> float:
    return found[max(0, math.ceil(part * len(found)) - 1)]
