"""What is wrong with a document that is to be a topology, field by field and all at once: so that a file is corrected
in one go, and a form shows each problem beside its field. Texts of problems are inert."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from console.model.text import inert
from console.model.topology import CloudName, Host, Label, LabelValue, Name, Part, Path, RouteKey, ServiceName

LONGEST = 2_000
"""Characters of one text of a topology."""
_WORDS: Mapping[str, str] = {
    get_args(kind)[1].pattern: words
    for kind, words in (
        (Name, "lower-case letters, digits, - and . within, at most 63, as Kubernetes names objects"),
        (CloudName, "letters, digits, -, _ and . behind a letter, at most 63"),
        (RouteKey, "NAMESPACE/NAME, lower-case letters, digits and - within"),
        (Path, "a path that begins with /, without blanks"),
        (Label, "lower-case letters, digits and - within, at most 63, as Kubernetes names namespaces"),
        (
            ServiceName,
            "lower-case letters, digits and - within, behind a letter, at most 63, as Kubernetes names Services",
        ),
        (LabelValue, "letters, digits, and -, _ and . within, at most 63"),
        (Host, "a name without scheme, port or path, as shop.example.com or *.example.com"),
    )
}
"""Pattern of a text -> what it admits."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `path`: as `members[1].cidrs.pods`; `accepted`: what would be right; `at_key`: whether the name
    of the field is what is wrong, not its value."""

    path: str
    sentence: str
    accepted: str = ""
    at_key: bool = False

    def __str__(self) -> str:
        said = f"{inert(self.path, 120)}: {self.sentence}" if self.path else self.sentence
        return f"{said}; {self.accepted}" if self.accepted else said


def problems(value: object, kind: Any, path: str = "") -> Iterator[Problem]:
    """Everything that keeps a value from being of a type of `console.model.topology`."""
    kind, optional = plain(kind)
    if value is None and optional:
        return
    origin = get_origin(kind)
    if isinstance(kind, type) and issubclass(kind, Part):
        yield from _part(value, kind, path)
    elif origin is tuple:
        if not isinstance(value, list):
            yield Problem(path, f"{_shown(value)} is no list", "a list")
            return
        for number, one in enumerate(value):
            yield from problems(one, get_args(kind)[0], f"{path}[{number}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield Problem(path, f"{_shown(value)} is no mapping", "a mapping of names to values")
            return
        for name, one in value.items():
            yield from problems(one, get_args(kind)[1], f"{path}.{name}")
            yield from _unseen(name, path)
    else:
        yield from _single(value, kind, path)


def _part(value: object, kind: type[Part], path: str) -> Iterator[Problem]:
    fields = {one.encode_name: one for one in msgspec.structs.fields(kind)}
    if not isinstance(value, dict):
        yield Problem(path, f"{_shown(value)} is no mapping", f"a mapping with {', '.join(fields)}")
        return
    for name in value:
        if name not in fields:
            near = nearest(str(name), fields)
            meant = f"did you mean '{near}'? " if near else ""
            accepted = f"{meant}Fields here: {', '.join(fields)}"
            yield Problem(_joined(path, str(name)), f"no field is called '{inert(name, 60)}'", accepted, at_key=True)
    for name, one in fields.items():
        if name in value:
            yield from problems(value[name], one.type, _joined(path, name))
        elif one.required:
            yield Problem(_joined(path, name), "is missing", _accepted(one.type))


def _single(value: object, kind: Any, path: str) -> Iterator[Problem]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        near = nearest(value, _choices(kind)) if isinstance(value, str) else None
        quoted = "in quotes it is a text" if _admits_text(kind) and not isinstance(value, str | dict | list) else ""
        hint = f"did you mean '{near}'? " if near else ""
        yield Problem(path, f"{_shown(value)} is not accepted", hint + (quoted or _accepted(kind)))
        return
    if isinstance(value, str):
        yield from _unseen(value, path)


def _unseen(text: str, path: str) -> Iterator[Problem]:
    """A text that a screen or a journal could not show as it is."""
    if len(text) > LONGEST:
        yield Problem(path, f"has {len(text)} characters", f"at most {LONGEST}")
    elif inert(text, LONGEST) != text:
        yield Problem(
            path, f"'{inert(text, 60)}' holds characters that cannot be seen", "what can be seen, on one line"
        )


def nearest(word: str, known: Sequence[str] | Mapping[str, object]) -> str | None:
    """The known name that a misspelt one is nearest to, if any is near."""
    return next(iter(difflib.get_close_matches(word, list(known), 1, 0.6)), None)


def plain(kind: Any) -> tuple[Any, bool]:
    """A type without `| None`, and whether it had it."""
    if get_origin(kind) in (Union, UnionType):
        inner = [one for one in get_args(kind) if one is not NoneType]
        return inner[0], True
    return kind, False


def _choices(kind: Any) -> tuple[str, ...]:
    kind, _ = plain(kind)
    return get_args(kind) if get_origin(kind) is Literal else ()


def _admits_text(kind: Any) -> bool:
    return kind is str or (get_origin(kind) is Annotated and get_args(kind)[0] is str)


def _accepted(kind: Any) -> str:
    """In words, what a type accepts."""
    kind, _ = plain(kind)
    if (choices := _choices(kind)) != ():
        return f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]
    if get_origin(kind) is Annotated:
        meta = get_args(kind)[1]
        return _WORDS.get(meta.pattern or "", "") or f"a whole number from {meta.ge} to {meta.le}"
    if isinstance(kind, type) and issubclass(kind, Part):
        return f"a mapping with {', '.join(kind.__struct_encode_fields__)}"
    if get_origin(kind) in (tuple, dict):
        return "a list" if get_origin(kind) is tuple else "a mapping of names to values"
    return {str: "a text", bool: "true or false", int: "a whole number"}.get(kind, "")


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    words = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return f"'{inert(words, 60)}'" if isinstance(value, str) else inert(words, 60)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
