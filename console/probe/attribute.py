"""Which member gave an answer: by a header, a field of a JSON body or a pattern over the body, as settings say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from console.settings import AttributionSettings

_LONGEST = 200
"""Characters of the longest word that is taken for a name."""

Attribution = Callable[[Mapping[str, str], bytes], str | None]
"""Headers (any case) and body -> the word that names the member, None where there is none."""


def attribution(settings: AttributionSettings) -> Attribution:
    """The way that settings chose."""
    if settings.header is not None:
        return _by_header(settings.header.lower())
    if settings.json is not None:
        return _by_json(settings.json.split("."))
    return _by_pattern(re.compile(settings.pattern or "(?!)"))


def _by_header(name: str) -> Attribution:
    def named(headers: Mapping[str, str], body: bytes) -> str | None:
        return _word(next((value for key, value in headers.items() if key.lower() == name), None))

    return named


def _by_json(path: Sequence[str]) -> Attribution:
    def named(headers: Mapping[str, str], body: bytes) -> str | None:
        try:
            found: object = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None
        for step in path:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and step.isascii() and step.isdigit() and int(step) < len(found):
                found = found[int(step)]
            else:
                return None
        return _word(found)

    return named


def _by_pattern(pattern: re.Pattern[str]) -> Attribution:
    def named(headers: Mapping[str, str], body: bytes) -> str | None:
        match = pattern.search(body.decode("utf-8", "replace"))
        return _word(match[1]) if match is not None else None

    return named


def _word(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return None
    word = value.strip()
    return word if 0 < len(word) <= _LONGEST else None


def member_of(word: str, names: Mapping[str, str], members: Sequence[tuple[str, str]]) -> str | None:
    """The id of the member that `word` names: settings' `names` first, then an id, a name, a unique prefix of either.

    `members` are (id, name). None where nobody or several are meant.
    """
    wanted = names.get(word, word)
    if any(id == wanted for id, _ in members):
        return wanted
    for meant in (
        [id for id, name in members if name == wanted],
        [id for id, name in members if id.startswith(wanted) or name.startswith(wanted)],
    ):
        if meant:
            return meant[0] if len(meant) == 1 else None
    return None
