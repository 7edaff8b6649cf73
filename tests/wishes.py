"""Wishes of tests, decided on a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.decide.case import Around, Wish
from console.decide.intents import Decision, decide
from console.model.fleet import Fleet


def shift(fleet: Fleet, route: str, to: Mapping[str, int], *, new_key: bool = False, **around: Any) -> Decision:
    """One route, one step."""
    return decide(fleet, Wish(((route, to),), new_key=new_key), Around(**around))
