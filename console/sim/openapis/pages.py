"""What the lists of several products have in common: lists of ids in one text, tags, and numbered pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.sim.openapis.parameters import Parameters
from console.sim.openapis.product import Answer

GROUP = "rg-simulated"
"""The resource group of everything."""


def among(identifier: str, said: str) -> bool:
    """Whether a comma-separated list names it; an empty one names all."""
    return not said or identifier in said.split(",")


def page(found: Sequence[Answer], asked: Parameters, *, most: int = 50) -> tuple[list[Answer], int, int]:
    """One page by `PageNumber` and `PageSize`: its entries, its number and its size."""
    at, size = asked.number("PageNumber", 1, 1, 10**6), asked.number("PageSize", 10, 1, most)
    return list(found[(at - 1) * size : at * size]), at, size


def tags_of(entries: Sequence[Any]) -> dict[str, str]:
    """Tags of a request, each with Key and Value in one spelling or another."""
    return {
        str(each.get("Key", each.get("key", ""))): str(each.get("Value", each.get("value", "")))
        for each in entries
        if isinstance(each, dict)
    }


def tagged(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether all wanted tags are there; one without a value asks for the key alone."""
    return all(key in tags and value in ("", tags[key]) for key, value in wanted.items())
