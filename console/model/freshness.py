"""Where facts come from and how old they are: sources, their nine states, ages in seconds of the monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SourceState(StrEnum):
    """The nine states of a source; nine different pictures on the screen."""

    UNCONFIGURED = "unconfigured"
    """Nothing in settings names it; not a fault."""
    LOADING = "loading"
    """Asked, not answered yet."""
    EMPTY = "empty"
    """Answered, and there is nothing."""
    LIVE = "live"
    """Answered, and what it says is current."""
    STALE = "stale"
    """Answered once; its newest answer is older than it should be."""
    THROTTLED = "throttled"
    """Answers come, and say: too many calls."""
    DENIED = "denied"
    """Answered, and we may not; `Source.permission` names what is missing."""
    MISSING = "missing"
    """The server does not know this kind of object (CRD not installed)."""
    LOST = "lost"
    """No answer."""

    @property
    def answered(self) -> bool:
        """Whether the facts of this source are as complete as they can be now."""
        return self in (SourceState.EMPTY, SourceState.LIVE)


class SourceName(StrEnum):
    """Every source that the console reads, in the order in which they are shown."""

    HUB = "hub"
    """The API server itself: a heartbeat that reads kube-system's UID, the Fleet's identity."""
    MEMBERS = "managedclusters"
    HEARTBEATS = "leases"
    GATEWAYS = "albconfigs"
    CLASSES = "ingressclasses"
    ROUTES = "ingresses"
    EVENTS = "events"
    RUNS = "runs"
    """ConfigMaps in namespace fleet-console, one a run."""
    WORKLOADS = "workloads"
    """The members' own APIs taken together; each of them is one source of its own, too (`Fleet.member_sources`)."""
    ALB = "alb"
    PROBE = "probe"


class Part(StrEnum):
    """What is read of one member's own API."""

    API = "api"
    """The API server itself."""
    DEPLOYMENTS = "deployments"
    SERVICES = "services"
    AUTOSCALERS = "horizontalpodautoscalers"
    NODES = "nodes"


HUB_SOURCES = (
    SourceName.HUB,
    SourceName.MEMBERS,
    SourceName.HEARTBEATS,
    SourceName.GATEWAYS,
    SourceName.CLASSES,
    SourceName.ROUTES,
    SourceName.EVENTS,
    SourceName.RUNS,
)
"""The sources that stand or fall with the Kubernetes API of the hub."""

Topic = SourceName | Part
"""What facts are read of."""


@dataclass(frozen=True, slots=True)
class Source:
    """One source: its state, when that began, when it last answered (monotonic seconds), and why in a sentence.

    `seen` is None until the first answer. `message` is inert. `permission` is e.g. `list ingresses.networking.k8s.io`.
    `member`: the cluster id where this is one member's own API.
    """

    name: Topic
    state: SourceState
    since: float = 0.0
    seen: float | None = None
    message: str = ""
    permission: str | None = None
    member: str | None = None

    def age(self, now: float) -> float | None:
        """Seconds since the last answer, None where there was none."""
        return None if self.seen is None else max(0.0, now - self.seen)
