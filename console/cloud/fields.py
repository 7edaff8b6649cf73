"""Fields of an OpenAPI's answer, whatever they hold.

The SDK's models and the generic client's dicts hold what the wire held, whatever its type, and None or nothing for what
was absent: every field is checked here, and what does not fit is left at its default and counted in `odd`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from console.model.text import inert


def held(holder: Any, name: str) -> Any:
    """What a model, or a dict, has under a name; None where that is nothing."""
    return holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)


class Fields:
    """Reads fields; `odd` names those that held something else than they should."""

    def __init__(self) -> None:
        self.odd: list[str] = []

    def _items(self, holder: Any, name: str) -> Iterator[Any]:
        found = held(holder, name)
        if found is None:
            return
        if not isinstance(found, list):
            self._note(name, found)
            return
        yield from (item for item in found if item is not None)

    def _text(self, holder: Any, name: str) -> str:
        found = held(holder, name)
        if found is None:
            return ""
        if isinstance(found, bool | int):
            return str(found)
        if not isinstance(found, str):
            self._note(name, found)
            return ""
        return inert(found)

    def _number(self, holder: Any, name: str) -> int | None:
        found = held(holder, name)
        if found is None:
            return None
        if isinstance(found, str) and len(found) < 16 and found.isascii() and found.isdigit():
            return int(found)
        if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 1 << 53:
            return found
        self._note(name, found)
        return None

    def _truth(self, holder: Any, name: str) -> bool | None:
        found = held(holder, name)
        if found is None or isinstance(found, bool):
            return found
        if isinstance(found, str) and found.lower() in ("true", "false", "on", "off"):
            return found.lower() in ("true", "on")
        self._note(name, found)
        return None

    def _note(self, name: str, found: object) -> None:
        self.odd.append(f"{name} is {inert(type(found).__name__, 20)}")
