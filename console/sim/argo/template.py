"""Templates as ApplicationSets use them: the field access, pipelines and functions of Go templates that the vendor's
pages show, with Go's own errors, and the older `{{name}}` form, which leaves alone what it does not know."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Params = Mapping[str, Any]
NO_VALUE = "<no value>"
_ACTION = re.compile(r"\{\{(- )?(.*?)( -)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?P<number>-?\d+)|(?P<field>(?:\.\w+)+|\.)|(?P<name>\w+)"""
    r"""|(?P<mark>[|()]))"""
)
_LONGEST_NAME = 253


class TemplateError(Exception):
    """A template that does not parse or does not execute; the text is Go's, after ArgoCD's own words."""


class _Failed(Exception):
    """Why an action failed, and the position in it."""

    def __init__(self, at: int, reason: str) -> None:
        super().__init__(reason)
        self.at = at


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


class _Missing:
    """A key that a map lacks."""

    def __str__(self) -> str:
        return NO_VALUE


_MISSING = _Missing()


def go(text: str, params: Params, *, strict: bool) -> str:
    """Execute a Go template; `strict` is the option missingkey=error. Raises `TemplateError`."""
    done, start = [], 0
    for match in _ACTION.finditer(text):
        before = text[start : match.start()]
        done.append(before.rstrip() if match[1] else before)
        start = match.end()
        if match[3]:
            start += len(text[start:]) - len(text[start:].lstrip())
        try:
            tokens = _tokens(match[2], match.start(2))
            value = _Pipeline(tokens, params, strict=strict).whole()
        except _Failed as failed:
            where = f"template: :1:{failed.at}"
            raise TemplateError(f"failed to execute go template {text}: {where}: {failed}") from None
        done.append(str(value) if not isinstance(value, bool) else str(value).lower())
    return "".join((*done, text[start:]))


def plain(text: str, params: Params) -> str:
    """Fill `{{name}}` and `{{metadata.labels.x}}` from flat parameters; unknown names stay as they are."""
    return re.sub(r"\{\{\s*([^{}]*?)\s*\}\}", lambda match: str(params.get(match[1], match[0])), text)


def flat(params: Params, prefix: str = "") -> dict[str, str]:
    """Nested parameters under dotted names, as the older form knows them."""
    found: dict[str, str] = {}
    for key, value in params.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: str(value)}
    return found


def everywhere(value: Any, render: Callable[[str], str]) -> Any:
    """A document with every text in it rendered, the names of its fields included."""
    if isinstance(value, str):
        return render(value)
    if isinstance(value, dict):
        return {render(key): everywhere(inner, render) for key, inner in value.items()}
    if isinstance(value, list):
        return [everywhere(inner, render) for inner in value]
    return value


def normalized(name: object) -> str:
    """A name as a Kubernetes object may have it: lower case, anything odd a dash."""
    return re.sub(r"[^-a-z0-9.]", "-", str(name).lower())[:_LONGEST_NAME].strip("-.")


def _tokens(text: str, offset: int) -> list[_Token]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise _Failed(offset + at, f"unexpected {text[at:].strip()[0]!r} in command")
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind], offset + match.start(kind)))
        at = match.end()
    if not found:
        raise _Failed(offset, "missing value for command")
    return found


class _Pipeline:
    """One action's tokens at work: commands joined by `|`, each a value or a function with its arguments."""

    def __init__(self, tokens: list[_Token], params: Params, *, strict: bool) -> None:
        self._tokens = tokens
        self._params = params
        self._strict = strict
        self._at = 0

    def whole(self) -> Any:
        """The value of the action."""
        value = self._pipeline()
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            raise _Failed(token.at, f"unexpected {token.text!r} in command")
        return value

    def _pipeline(self) -> Any:
        value = self._command([])
        while self._mark("|"):
            value = self._command([value])
        return value

    def _command(self, piped: list[Any]) -> Any:
        token = self._next()
        if token.kind != "name" or token.text in ("true", "false"):
            value = self._operand(token)
            if piped or self._more():
                raise _Failed(token.at, f"can't give argument to non-function {token.text}")
            return value
        function = _FUNCTIONS.get(token.text)
        if function is None:
            raise _Failed(token.at, f'function "{token.text}" not defined')
        arguments = []
        while self._more():
            arguments.append(self._operand(self._next()))
        try:
            return function(*arguments, *piped)
        except (TypeError, ValueError, LookupError) as error:
            raise _Failed(token.at, f"error calling {token.text}: {error}") from None

    def _operand(self, token: _Token) -> Any:
        if token.kind == "text":
            return _unquoted(token)
        if token.kind == "number":
            return int(token.text)
        if token.kind == "field":
            return self._field(token)
        if token.text == "(":
            value = self._pipeline()
            if not self._mark(")"):
                raise _Failed(token.at, "unclosed left paren")
            return value
        if token.text in ("true", "false"):
            return token.text == "true"
        raise _Failed(token.at, f"unexpected {token.text!r} in operand")

    def _field(self, token: _Token) -> Any:
        value: Any = self._params
        names = [name for name in token.text.split(".") if name]
        # Go places a chain at its second field.
        at = token.at + (len(names[0]) + 1 if len(names) > 1 else 0)
        for name in names:
            if not isinstance(value, Mapping):
                kind = "nil data; no entry for key" if value is _MISSING else "can't evaluate field"
                raise _Failed(at, f'executing "" at <{token.text}>: {kind} "{name}"')
            if name not in value and self._strict:
                raise _Failed(at, f'executing "" at <{token.text}>: map has no entry for key "{name}"')
            value = value.get(name, _MISSING)
        return value

    def _next(self) -> _Token:
        if self._at >= len(self._tokens):
            raise _Failed(self._tokens[-1].at, "missing value for command")
        self._at += 1
        return self._tokens[self._at - 1]

    def _more(self) -> bool:
        """Whether another argument of this command follows."""
        return self._at < len(self._tokens) and self._tokens[self._at].text not in ("|", ")")

    def _mark(self, text: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][:2] == ("mark", text):
            self._at += 1
            return True
        return False


def _unquoted(token: _Token) -> str:
    if token.text[0] == "`":
        return token.text[1:-1]
    try:
        return str(json.loads(token.text))
    except ValueError:
        raise _Failed(token.at, "invalid syntax") from None


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        value = value.get(key, _MISSING) if isinstance(value, Mapping) else value[key]
    return value


def _default(fallback: Any, value: Any = _MISSING) -> Any:
    return fallback if value is _MISSING or not value else value


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "index": _index,
    "default": _default,
    "lower": lambda text: str(text).lower(),
    "upper": lambda text: str(text).upper(),
    "trim": lambda text: str(text).strip(),
    "trimPrefix": lambda prefix, text: str(text).removeprefix(prefix),
    "trimSuffix": lambda suffix, text: str(text).removesuffix(suffix),
    "replace": lambda old, new, text: str(text).replace(old, new),
    "trunc": lambda count, text: str(text)[:count] if count >= 0 else str(text)[count:],
    "quote": lambda text: json.dumps(str(text), ensure_ascii=False),
    "normalize": normalized,
}
"""The functions of the vendor's examples, named and ordered as sprig and ArgoCD have them."""
