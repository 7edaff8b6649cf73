"""LabelSelectors as objects carry them: matchLabels and matchExpressions. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from console.sim.client import Obj


class SelectorError(Exception):
    """A selector that says nothing: an operator that is none, or values that it cannot have."""


def is_empty(selector: Obj) -> bool:
    """Whether nothing is asked, so that everything matches."""
    return not (selector.get("matchLabels") or selector.get("matchExpressions"))


def matches(selector: Obj, labels: Mapping[str, str]) -> bool:
    """Whether labels are what a selector asks for. Raises `SelectorError`."""
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    expressions = [_holds(each, labels) for each in selector.get("matchExpressions") or ()]
    return all(labels.get(key) == value for key, value in wanted.items()) and all(expressions)


def _holds(expression: Obj, labels: Mapping[str, str]) -> bool:
    key, operator = expression.get("key", ""), expression.get("operator", "")
    values = expression.get("values") or ()
    if operator in ("In", "NotIn"):
        if not values:
            raise SelectorError(f"values: Invalid value: []: for '{operator}' operator, values set can't be empty")
        # NotIn holds for an object without the label, as in the vendor's `name NotIn in-cluster`.
        return bool((labels.get(key) in values) == (operator == "In"))
    if operator in ("Exists", "DoesNotExist"):
        if values:
            raise SelectorError("values: Invalid value: values set must be empty for exists and does not exist")
        return bool((key in labels) == (operator == "Exists"))
    raise SelectorError(f'"{operator}" is not a valid label selector operator')
