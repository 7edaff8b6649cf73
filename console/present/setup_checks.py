"""The checks of a set-up as the command line's JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from console.decide.setup.checks import is_confirmed, unconfirmed
from console.decide.setup.task import Check


def checks_document(found: Iterable[Check]) -> list[dict[str, Any]]:
    """`checks` of assets/schemas/topology.json."""
    return [msgspec.to_builtins(one) | {"confirmed": is_confirmed(one)} for one in found]


def unchecked_document(found: Iterable[Check]) -> list[dict[str, Any]]:
    """`unchecked` of it: what nothing shows and nobody gave a word for, with how to check it by hand."""
    return [{"rule": one.rule, "about": one.about, "how": one.fix} for one in unconfirmed(found)]
