"""How the simulator knows its own at a server that is not its own: one label on everything that it makes there, one
namespace by which a server says that it may be used."""

from __future__ import annotations

from console.sim.client import Obj

MADE_BY = "fleet-console.sim/made-by"
MAKER = "fleet-console-sim"
MARK = {MADE_BY: MAKER}
SELECTOR = f"{MADE_BY}={MAKER}"
NAMESPACE = "fleet-console-sim"
"""A server that carries it may be used, wherever it is."""


def is_own(obj: Obj) -> bool:
    """Whether the simulator made an object, or somebody handed it over with the label."""
    labels = obj["metadata"].get("labels") or {}
    return bool(labels.get(MADE_BY) == MAKER)
