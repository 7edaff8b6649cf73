"""RPC parameters as the SDK flattens them (`Tag.1.Key=x`), nested again, and read with the service's errors; beside
them the JSON body of the ROA style."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from console.sim.openapis.refusal import OpenApiError


class Parameters:
    """The parameters of one call, nested: objects as dicts, lists as lists. `body`: a JSON document, or None."""

    def __init__(self, pairs: Iterable[tuple[str, str]], body: Any = None) -> None:
        self.flat = dict(pairs)
        self.body = body
        self._tree: dict[str, Any] = {}
        for name, value in self.flat.items():
            place = self._tree
            *path, last = name.split(".")
            for part in path:
                place = place.setdefault(part, {})
                if not isinstance(place, dict):
                    raise OpenApiError("IllegalParam", f"The parameter {name} is illegal.")
            place[last] = value

    def text(self, name: str, *, needed: bool = False) -> str:
        """A text; empty where absent, an error where it is needed."""
        value = self._tree.get(name, "")
        if needed and not value:
            raise OpenApiError(f"MissingParam.{name}", f"The parameter {name} is required.")
        return value if isinstance(value, str) else ""

    @property
    def token(self) -> str:
        """By which a write is told from another one of the same parameters; "" for none."""
        if isinstance(self.body, dict):
            return str(self.body.get("client_token") or "")
        return self.text("ClientToken")

    @property
    def told(self) -> object:
        """Everything that was said, to be compared."""
        return self.flat, self.body

    def decoded(self, name: str, kind: type) -> Any:
        """A parameter that holds a JSON document of this kind, as a string; an empty one where it is absent."""
        text = self.text(name)
        try:
            document = json.loads(text) if text else kind()
        except ValueError:
            document = None
        if not isinstance(document, kind):
            raise OpenApiError(f"InvalidParameter.{name}", f"The parameter {name} is no JSON as it should be.")
        return document

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number within bounds."""
        text = self.text(name)
        if not text:
            return default
        if not text.isdigit() or not low <= int(text) <= high:
            raise OpenApiError(
                f"IllegalParam.{name}", f"The parameter {name} is illegal: {text} is not in [{low}, {high}]."
            )
        return int(text)

    def truth(self, name: str) -> bool:
        """A boolean, as the SDKs write it: True or true."""
        return self.text(name).lower() == "true"

    def items(self, name: str, most: int) -> list[Any]:
        """A list in order of its 1-based indexes, of at most `most` entries."""
        found = self._tree.get(name)
        if not isinstance(found, dict):
            return []
        if len(found) > most:
            raise OpenApiError(f"IllegalParam.{name}", f"The parameter {name} has more than {most} entries.")
        return [plain(found[index]) for index in sorted(found, key=lambda i: int(i) if i.isdigit() else 0)]


def plain(value: Any) -> Any:
    """A nested parameter with its indexed dicts as lists."""
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [plain(value[key]) for key in sorted(value, key=int)]
    return {key: plain(inner) for key, inner in value.items()}
