"""How the simulator knows its own at a server that is not its own: one label on everything that it makes there, one
namespace by which a server says that it may be used; and how it knows what a set-up made there, for it to take up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.sim.argo.kinds import APP_PROJECTS, APPLICATION_SETS, labels_of
from console.sim.client import ALB_CONFIGS, INGRESS_CLASSES, INGRESSES, Obj, Resource

MADE_BY = "fleet-console.sim/made-by"
MAKER = "fleet-console-sim"
MARK = {MADE_BY: MAKER}
SELECTOR = f"{MADE_BY}={MAKER}"
NAMESPACE = "fleet-console-sim"
"""A server that carries it may be used, wherever it is."""
SET_UP = "fleet-console/topology"
"""The label on everything that a set-up makes on a Fleet: its topology's name."""


def is_own(obj: Obj) -> bool:
    """Whether the simulator made an object, or somebody handed it over with the label."""
    return labels_of(obj).get(MADE_BY) == MAKER


def is_set_up(obj: Obj) -> bool:
    """Whether a set-up made an object, and not the simulator."""
    return SET_UP in labels_of(obj) and not is_own(obj)


def is_acted_upon(obj: Obj) -> bool:
    """Whether the controllers look after an object."""
    return SET_UP in labels_of(obj) or is_own(obj)


ACTED_UPON: Mapping[Resource, Callable[[Obj], bool]] = dict.fromkeys(
    (ALB_CONFIGS, INGRESS_CLASSES, INGRESSES, APP_PROJECTS, APPLICATION_SETS), is_acted_upon
)
"""What a set-up makes for controllers. No selector says "one label or the other", so that they are told apart here; of
everything else (Secrets above all) nothing is read that does not carry the mark."""
