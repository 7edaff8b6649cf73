"""What the members' own APIs say of the pods behind the routes: objects reduced at decode, and the facts made of them.

Text here is inert; names are byte for byte, since API servers allow no control characters in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Deployment:
    """apps/v1. `labels`: those of its pods. `wanted`: spec.replicas; `ready`: status.readyReplicas, None before its
    controller has reported."""

    namespace: str
    name: str
    labels: tuple[tuple[str, str], ...] = ()
    wanted: int | None = None
    ready: int | None = None


@dataclass(frozen=True, slots=True)
class Autoscaler:
    """A HorizontalPodAutoscaler of autoscaling/v2; `target` is the Deployment it scales, None for any other kind."""

    namespace: str
    name: str
    target: str | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """core/v1. An empty `selector` leads to no pods that the Service itself names."""

    namespace: str
    name: str
    selector: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """core/v1. `ready`: its Ready condition is True; a node that stopped reporting is not ready."""

    name: str
    ready: bool = False


class WorkloadWord(StrEnum):
    """A member's own word on the pods that the routes lead to."""

    OK = "ok"
    """All pods that are wanted are ready."""
    SOME = "some"
    """Some are ready."""
    DEAD = "dead"
    """None is ready."""
    UNKNOWN = "unknown"
    """Its API is not read, or does not say."""


@dataclass(frozen=True, slots=True)
class Backing:
    """The pods of one member behind one Service that routes lead to; None is not known.

    `most`: pods that its autoscalers may go up to, `ready` where nothing scales it. `why`: what is not known, and why.
    """

    namespace: str
    service: str
    deployments: tuple[str, ...] = ()
    ready: int | None = None
    wanted: int | None = None
    most: int | None = None
    scaled: bool = False
    """Whether an autoscaler may add pods."""
    why: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name of the Service."""
        return (self.namespace, self.service)


@dataclass(frozen=True, slots=True)
class Workload:
    """A member's pods over all Services that the Fleet's routes lead to, its nodes, and why that is not known.

    `current` is False where the member's API does not answer now: then everything here is as it was seen last.
    """

    word: WorkloadWord = WorkloadWord.UNKNOWN
    ready: int | None = None
    wanted: int | None = None
    nodes_ready: int | None = None
    nodes: int | None = None
    services: tuple[Backing, ...] = ()
    why: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Headroom:
    """What a zone or a member can take of the load that the others carry, by the route that allows least.

    Loads are in pods, on the assumption of `ASSUMPTION`. `percent` may exceed 100; None: not known, `sentence` says
    why. `step`: the largest safe step towards it, in weight points of that route. `missing`: pods that it lacks to
    take all. `old`: the others' load is as it was seen last. `weighed`: by known rates of requests.
    """

    percent: float | None = None
    sentence: str = ""
    route: str = ""
    load: float = 0.0
    room: float = 0.0
    step: int | None = None
    missing: int = 0
    old: bool = False
    weighed: bool = False


ASSUMPTION = "equal load per ready replica: what a pod carries in one zone, a pod carries in another"
"""What a headroom rests on where no rate is known."""
MEASURED = "rates are known: a pod takes in any zone what the busiest pods are seen to take now"
"""What it rests on where the rates of all who carry are known."""

NO_WORKLOAD, NO_HEADROOM = Workload(), Headroom()
"""Of what nothing was read."""
