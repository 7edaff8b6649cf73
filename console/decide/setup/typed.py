"""What each field of a topology takes, by its path: how what a person types becomes a value, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from console.decide.setup.draft import steps
from console.model.topology import Part, Topology


class Ask(StrEnum):
    """How a value is given."""

    TEXT = "text"
    WORDS = "words"
    """Several texts, with commas between them."""
    PAIRS = "pairs"
    """Names and values, as `a=1, b=2`."""
    TICK = "tick"
    CHOICE = "choice"
    """One of a few words."""


def kind_at(path: str) -> Any:
    """The type of the field at a path, without `| None`. Raises `KeyError` where a topology has none there."""
    kind: Any = Topology
    for step in steps(path):
        if isinstance(step, int):
            kind = get_args(kind)[0]
        elif get_origin(kind) is dict:
            kind = get_args(kind)[1]
        else:
            kind = {one.encode_name: one.type for one in msgspec.structs.fields(kind)}[step]
        kind = _bare(kind)
    return kind


def required(path: str) -> bool:
    """Whether a field has to be said. Raises `KeyError` as `kind_at` does."""
    whole, _, name = path.rpartition(".")
    part = kind_at(whole) if whole else Topology
    return next(needed for field, _, needed, _ in fields(part) if field == name)


def fields(part: type[Part]) -> Iterator[tuple[str, Any, bool, Any]]:
    """(name, type, required, default) of each field of a part, in order."""
    for one in msgspec.structs.fields(part):
        default = one.default if one.default_factory is msgspec.NODEFAULT else one.default_factory()
        yield one.encode_name, _bare(one.type), one.required, None if one.required else default


def ask(kind: Any) -> Ask:
    """How a value of a type is given."""
    if kind is bool:
        return Ask.TICK
    origin = get_origin(kind)
    if origin is Literal:
        return Ask.CHOICE
    if origin is tuple:
        return Ask.WORDS
    return Ask.PAIRS if origin is dict else Ask.TEXT


def words(kind: Any) -> tuple[str, ...]:
    """The words of a choice."""
    return tuple(map(str, get_args(kind))) if get_origin(kind) is Literal else ()


def part_of(kind: Any) -> type[Part] | None:
    """The part that a field holds, or that a list holds several of."""
    if isinstance(kind, type) and issubclass(kind, Part):
        return kind
    inner = get_args(kind)[0] if get_origin(kind) is tuple else None
    return inner if isinstance(inner, type) and issubclass(inner, Part) else None


def meant(kind: Any, typed: str) -> Any:
    """The plain value of what was typed: None where nothing was. What cannot be meant stays a text, for the problem to
    say so."""
    typed = typed.strip()
    match ask(kind):
        case Ask.WORDS:
            inner = _bare(get_args(kind)[0])
            return [_single(inner, one) for one in typed.replace(",", " ").split()] or None
        case Ask.PAIRS:
            inner = _bare(get_args(kind)[1])
            pairs = (one.partition("=") for one in typed.split(",") if one.strip())
            return {name.strip(): _single(inner, value.strip()) for name, _, value in pairs} or None
        case Ask.TICK:
            return {"yes": True, "true": True, "no": False, "false": False}.get(typed.lower(), typed or None)
        case _:
            return _single(kind, typed) if typed else None


def shown(value: Any) -> str:
    """A plain value as one would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={shown(one)}" for name, one in value.items())
    return ", ".join(map(shown, value)) if isinstance(value, list | tuple) else str(value)


def _single(kind: Any, typed: str) -> Any:
    number = kind is int or (get_origin(kind) is Annotated and get_args(kind)[0] is int)
    return int(typed) if number and typed.isascii() and typed.removeprefix("-").isdigit() else typed


def _bare(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        return next(one for one in get_args(kind) if one is not NoneType)
    return kind
