"""What the sound parts of a document say of each other while other parts are not sound yet: without the fields that are
wrong, and without whole sections that nothing else refers to. Nothing is told of a part that was not whole."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

import msgspec

from console.decide.setup.fields import Problem, plain
from console.decide.setup.references import references
from console.model.topology import Part, Topology

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_SECTIONS = {"routes": ("routes",), "applications": ("applications",), "gateway": ("gateway", "routes")}
"""Section that may be left out -> what goes with it, since it refers to it."""
_ALONE = ("routes", "gateway")
"""Sections of which each field is judged by itself; of others the whole part is."""


def readable(document: Mapping[str, Any], found: Iterable[Problem]) -> tuple[Problem, ...]:
    """What `references` says of a document with these problems; empty where too little of it can be read."""
    rest = copy.deepcopy(dict(document))
    gone: list[str] = []
    for one in found:
        places = _left_out(one)
        if not places:
            return ()
        for place in places:
            _remove(rest, _steps(place))
        gone += places
    try:
        topology = msgspec.convert(rest, Topology)
    except msgspec.ValidationError:
        return ()
    silent = tuple(map(_silenced, gone))
    return tuple(one for one in references(topology) if not any(_within(one.path, place) for place in silent))


def _left_out(problem: Problem) -> tuple[str, ...]:
    """Paths without which a document is sound in this: the innermost field that need not be said, or a section."""
    top, *inner = _fields(problem.path)
    for path, needed in reversed(inner):
        if not needed and path != "vpc.id":  # existing vSwitches stand in an existing VPC
            return (path,)
    path, needed = top
    if not inner and not needed and path not in (*_SECTIONS, "vswitches"):
        return (path,)
    return _SECTIONS.get(path, ())


def _fields(path: str) -> list[tuple[str, bool]]:
    """Path of each field on the way, outermost first, and whether it has to be said. What no part knows is no field of
    it, and need not."""
    kind: Any = Topology
    here, told = "", []
    for step in _steps(path):
        if isinstance(step, int):
            here, kind = f"{here}[{step}]", get_args(kind)[0] if get_origin(kind) is tuple else None
        elif isinstance(kind, type) and issubclass(kind, Part):
            here = f"{here}.{step}" if here else step
            field = next((one for one in msgspec.structs.fields(kind) if one.encode_name == step), None)
            told.append((here, field is not None and field.required))
            kind = plain(field.type)[0] if field is not None else None
    return told or [("", True)]


def _silenced(place: str) -> str:
    """The part of which nothing is told once a path was left out."""
    first, *rest = _steps(place)
    if first in _ALONE:
        return place
    return f"{first}[{rest[0]}]" if rest and isinstance(rest[0], int) else str(first)


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))


def _remove(held: Any, way: list[str | int]) -> None:
    """Take the field at the end of a way out of a document, where it is there."""
    *way, last = way
    for step in way:
        if isinstance(step, int):
            held = held[step] if isinstance(held, list) and step < len(held) else None
        else:
            held = held.get(step) if isinstance(held, dict) else None
    if isinstance(held, dict):
        held.pop(last, None)


def _steps(path: str) -> list[str | int]:
    return [int(number) if number else name for name, number in _STEP.findall(path)]
