"""Picks fields out of decoded JSON that may hold anything: what fits is taken, what does not becomes a note.

A place in a note is written as in the object, `spec.rules[2].host`; notes are inert.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from console.model.text import inert

MANY = 3
"""Notes of one object that are spelled out; the rest is counted."""
_NAME_LIMIT = 316
"""Characters of the longest name or qualified key that an API server accepts (253 + 1 + 63)."""


def is_name(value: object) -> bool:
    """Whether `value` could be the name of an object, a member or a key: printable ASCII, not too long."""
    return isinstance(value, str) and 0 < len(value) <= _NAME_LIMIT and value.isascii() and value.isprintable()


class Notes(list[str]):
    """What is wrong with one object, in the order in which it was found."""

    def wrong(self, place: str, wanted: str, found: object) -> None:
        """Note that `place` does not hold what it should."""
        self.append(f"{inert(place, 160)} is {_named(found)}, not {wanted}")

    @property
    def sentence(self) -> str:
        """All notes as one, the greater part of many only counted."""
        shown = "; ".join(self[:MANY])
        return f"{shown}; and {len(self) - MANY} more" if len(self) > MANY else shown

    def text(self, value: object, place: str, limit: int = 400) -> str:
        """An inert text; empty where there is none."""
        if value is None:
            return ""
        if isinstance(value, str):
            return inert(value, limit)
        self.wrong(place, "a text", value)
        return ""

    def some(self, value: object, place: str) -> str | None:
        """An inert text, None where it is absent or empty."""
        return self.text(value, place) or None

    def raw(self, value: object, place: str) -> str | None:
        """A text byte for byte; None where there is none."""
        if value is None or isinstance(value, str):
            return value
        self.wrong(place, "a text", value)
        return None

    def number(self, value: object, place: str) -> int | None:
        """A whole number; None where there is none."""
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 53:
            return value
        self.wrong(place, "a whole number", value)
        return None

    def truth(self, value: object, place: str) -> bool | None:
        """True or false; None where there is neither."""
        if value is None or isinstance(value, bool):
            return value
        self.wrong(place, "true or false", value)
        return None

    def fields(self, value: object, place: str) -> dict[str, Any]:
        """An object's fields; none where there is no object."""
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        self.wrong(place, "an object", value)
        return {}

    def items(self, value: object, place: str) -> Iterator[tuple[dict[str, Any], str]]:
        """The objects of a list, each with its place; items that are no objects are noted."""
        if value is None:
            return
        if not isinstance(value, list):
            self.wrong(place, "a list", value)
            return
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield item, f"{place}[{index}]"
            else:
                self.wrong(f"{place}[{index}]", "an object", item)

    def texts(self, value: object, place: str) -> Iterator[tuple[str, str]]:
        """The pairs of a mapping of text to text, raw; pairs of another kind are noted and left out."""
        for key, text in self.fields(value, place).items():
            if not is_name(key):
                self.append(f"{inert(place, 160)} has a key that is none: {inert(key, 60)}")
            elif isinstance(text, str):
                yield key, text
            else:
                self.wrong(f"{place}[{key}]", "a text", text)

    def time(self, value: object, place: str) -> float | None:
        """A moment as epoch seconds, from RFC 3339; None where there is none."""
        if value is None:
            return None
        moment = moment_of(value)
        if moment is None:
            self.wrong(place, "a time", value)
        return moment


def moment_of(value: object) -> float | None:
    """RFC 3339 text as epoch seconds; None for everything else."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.timestamp() if moment.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def _named(value: object) -> str:
    """What a wrong value is, for a note: its kind, and itself where it is short."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f"'{inert(value, 40)}'"
    return inert(value, 40)
