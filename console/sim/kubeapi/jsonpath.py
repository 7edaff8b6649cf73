"""The JSONPath of printer columns: dotted names, `['quoted']` names, `[n]`, `[*]`, and filters `[?(@.a=="b")]`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

Step = Callable[[list[Any]], list[Any]]
_TOKEN = re.compile(
    r"""\.?\[\?\(\s*@\.?(?P<filter>[^=!<>\s)]+)\s*(?P<op>==|!=)\s*(?P<value>"[^"]*"|'[^']*'|[^)\s]+)\s*\)\]"""
    r"""|\[(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)")\]|\[(?P<index>-?\d+)\]|(?P<all>\[\*\]|\.\*)"""
    r"""|\.(?P<name>(?:\\.|[^.\[\\])+)"""
)


@lru_cache(maxsize=500)
def compile_path(text: str) -> Callable[[Any], list[Any]]:
    """A path as a function from a document to the values it finds; what does not parse finds nothing."""
    text = text.strip().removeprefix("{").removesuffix("}")
    if text and text[0] not in ".[":
        text = f".{text}"
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return lambda document: []
        steps.append(_step(match))
        position = match.end()

    def find(document: Any) -> list[Any]:
        found = [document]
        for step in steps:
            found = step(found)
        return [value for value in found if value is not None]

    return find


def text(value: Any) -> str:
    """A value as it stands in a cell."""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def _step(match: re.Match[str]) -> Step:
    if match["filter"]:
        return _filtered(match)
    if match["index"] is not None:
        index = int(match["index"])
        return lambda found: [v[index] for v in found if isinstance(v, list) and -len(v) <= index < len(v)]
    if match["all"]:
        return lambda found: [
            inner for v in found for inner in (v if isinstance(v, list) else v.values() if isinstance(v, dict) else ())
        ]
    name = match["single"] or match["double"] or re.sub(r"\\(.)", r"\1", match["name"] or "")
    return lambda found: [v[name] for v in found if isinstance(v, dict) and name in v]


def _filtered(match: re.Match[str]) -> Step:
    inner = compile_path("." + match["filter"].lstrip("."))
    wanted, equal = match["value"].strip("\"'"), match["op"] == "=="

    def step(found: list[Any]) -> list[Any]:
        items = [item for v in found if isinstance(v, list) for item in v]
        return [item for item in items if (wanted in map(text, inner(item))) is equal]

    return step
