"""A product of the cloud as the endpoint serves it: its version, its operations, and how they are addressed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

from console.sim.openapis.parameters import Parameters

Answer = dict[str, Any]
Operation = Callable[[Parameters], Answer]


class Route(NamedTuple):
    """An operation of the ROA style: a method and a path whose named groups are parameters."""

    path: re.Pattern[str]
    action: str
    method: str = "GET"


@dataclass(frozen=True, slots=True)
class Product:
    """RPC style where it has no `routes`: a header names the operation. `writes` are idempotent by ClientToken."""

    name: str
    version: str
    reads: Mapping[str, Operation]
    writes: Mapping[str, Operation] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()

    def named(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        """Action and path parameters of a path as it is on the wire; no action where no operation is there."""
        for route in self.routes:
            found = route.path.fullmatch(path) if route.method == method else None
            if found is not None:
                return route.action, {name: unquote(value) for name, value in found.groupdict().items()}
        return "", {}
