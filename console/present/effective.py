"""The settings that hold, with dotted paths and where each came from; a secret says that it is set, never itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from console.model.text import inert
from console.present.line import width
from console.settings import Settings

SECRETS = frozenset({"access_key_id", "access_key_secret", "token"})
SET = "set"
"""What stands for a secret."""
_USER = re.compile(r"(?<=://)[^/@\s]+@")
_TOKEN = re.compile(r"(?i)([?&][^=&#]*(?:token|secret|key|password|signature)[^=&#]*=)[^&#]*")
_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Setting:
    """One field: `value` is as JSON has it, `origin` is `default`, `file PATH`, `option --x` or `environment NAME`."""

    path: str
    value: Any
    origin: str = _DEFAULT


def settings_rows(
    settings: Settings, document: object, file: str, said: Mapping[str, tuple[Any, str]]
) -> tuple[Setting, ...]:
    """Every field of settings in their order. `document` is what `file` holds; `said`: dotted path -> value and origin
    of what an option or the environment says instead."""
    given = document if isinstance(document, dict) else {}
    filled = settings if settings.fleets else msgspec.structs.replace(settings, fleets=(settings.fleet,))
    found = {row.path: row for row in _rows("", filled, given, f"file {inert(file, 200)}")}
    for path, (value, origin) in said.items():
        found[path] = Setting(path, _shown(path, value), origin)
    return tuple(found.values())


def _rows(path: str, value: Any, given: Any, file: str) -> Iterator[Setting]:
    """`given` is what the file says at this place, `_ABSENT` where nothing."""
    inside: list[tuple[str, Any, Any]] = []
    if isinstance(value, msgspec.Struct):
        inside = [(name, getattr(value, name), _at(given, name)) for name in value.__struct_fields__]
    elif isinstance(value, dict):
        inside = [(key, one, _at(given, key)) for key, one in value.items()]
    elif isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
        inside = [(str(index), one, _at(given, index)) for index, one in enumerate(value)]
    if not inside:
        yield Setting(path, _shown(path, value), _DEFAULT if given is _ABSENT else file)
    for name, one, here in inside:
        shown = inert(name, 120)
        yield from _rows(f"{path}.{shown}" if path else shown, one, here, file)


_ABSENT = object()


def _at(given: Any, place: str | int) -> Any:
    if isinstance(given, dict):
        return given.get(place, _ABSENT)
    if isinstance(given, list) and isinstance(place, int) and place < len(given):
        return given[place]
    return _ABSENT


def _shown(path: str, value: Any) -> Any:
    """A value that may leave the process: inert, and without what opens doors."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if path.rpartition(".")[2] in SECRETS:
        return SET
    if isinstance(value, tuple | list):
        return [_shown(path, one) for one in value]
    if isinstance(value, dict):
        return {}
    return inert(_TOKEN.sub(rf"\1{SET}", _USER.sub(f"{SET}@", str(value))))


def settings_text(rows: tuple[Setting, ...]) -> str:
    """One setting a line; nothing is cut."""
    values = [_text(row.value) for row in rows]
    first = max(width(row.path) for row in rows) + 2
    second = min(60, max(width(value) for value in values)) + 2
    lines = [f"{'SETTING':<{first}}{'VALUE':<{second}}FROM"]
    for row, value in zip(rows, values, strict=True):
        lines.append(f"{_padded(row.path, first)}{_padded(value, second)}{row.origin}")
    return "\n".join(lines)


def settings_document(path: str, origin: str, *, exists: bool, rows: tuple[Setting, ...] | None) -> dict[str, Any]:
    """`fleet-console/config/v1`; `settings` is null where only the path was asked for."""
    found = None if rows is None else [{"path": one.path, "value": one.value, "origin": one.origin} for one in rows]
    return {"schema": "fleet-console/config/v1", "path": path, "origin": origin, "exists": exists, "settings": found}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None or value == {} else str(value)


def _padded(words: str, cells: int) -> str:
    return words + " " * max(2, cells - width(words))
