"""Label and field selectors: what `-l` and `--field-selector` mean, compiled to predicates over objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from console.sim.kubeapi.status import Obj, bad_request

Predicate = Callable[[Obj], bool]
_SET = re.compile(r"^(?P<key>[^\s!=(),]+)\s+(?P<op>in|notin)\s*\(\s*(?P<values>[^()]*)\)$")
_EQUAL = re.compile(r"^(?P<key>[^\s!=(),]+)\s*(?P<op>==|!=|=)\s*(?P<value>[^\s!=(),]*)$")
_EXISTS = re.compile(r"^(?P<no>!?)\s*(?P<key>[^\s!=(),]+)$")


def label_selector(text: str) -> Predicate | None:
    """`a=b,c!=d,e in (f,g),h notin (i),j,!k` as a predicate; None where nothing is asked.

    Raises `ApiError` 400 where the text does not parse. Source: apimachinery, pkg/labels/selector.go.
    """
    if not text.strip():
        return None
    tests = [_label_test(part) for part in _split(text)]

    def matches(obj: Obj) -> bool:
        labels = obj.get("metadata", {}).get("labels") or {}
        return all(test(labels) for test in tests)

    return matches


def field_selector(text: str, selectable: tuple[str, ...], *, plural: str) -> Predicate | None:
    """`metadata.name=x,type!=Normal` as a predicate; None where nothing is asked.

    Raises `ApiError` 400 for a field that this resource does not index, in the apiserver's words.
    """
    if not text.strip():
        return None
    tests: list[Callable[[Obj], bool]] = []
    for part in text.split(","):
        match = re.match(r"^\s*([^=!\s]+)\s*(==|!=|=)\s*(.*?)\s*$", part)
        if match is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        path, operator, value = match.groups()
        if path not in selectable:
            raise bad_request(f"field label not supported: {path}")
        tests.append(_field_test(tuple(path.split(".")), value, wanted=operator != "!="))
    return lambda obj: all(test(obj) for test in tests)


def both(first: Predicate | None, second: Predicate | None) -> Predicate | None:
    """The conjunction, staying None where there is nothing to test."""
    if first is None or second is None:
        return first or second
    return lambda obj: first(obj) and second(obj)


def _split(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += character
    return [*parts, current.strip()]


def _label_test(part: str) -> Callable[[Mapping[str, str]], bool]:
    if match := _SET.match(part):
        key, values = match["key"], {value.strip() for value in match["values"].split(",")}
        if match["op"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if match := _EQUAL.match(part):
        key, value = match["key"], match["value"]
        if match["op"] == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if match := _EXISTS.match(part):
        key, absent = match["key"], bool(match["no"])
        return lambda labels: (key in labels) is not absent
    raise bad_request(f'unable to parse requirement: couldn\'t parse the selector string "{part}"')


def _field_test(path: tuple[str, ...], value: str, *, wanted: bool) -> Callable[[Obj], bool]:
    def matches(obj: Obj) -> bool:
        found: Any = obj
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        text = "" if found is None else str(found).lower() if isinstance(found, bool) else str(found)
        return (text == value) is wanted

    return matches
