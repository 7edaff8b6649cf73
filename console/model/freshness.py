"""Where facts come from and how old they are: sources, their nine states, ages in seconds of the monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
    APPLICATIONS = "applications"
    SETS = "applicationsets"
    CLUSTER_SECRETS = "secrets"
    """Metadata of ArgoCD's cluster Secrets, where settings allow it."""
    RUNS = "runs"
    """ConfigMaps in namespace fleet-console, one a run."""
    WORKLOADS = "workloads"
    """The members' own APIs taken together; each of them is one source of its own, too (`Fleet.member_sources`)."""
    ALB = "alb"
    FLEET = "adcp"
    """The Fleet's own state and its associations, by the ADCP OpenAPI."""
    CLUSTERS = "cs"
    """The state of each member's cluster, by the CS OpenAPI."""
    VSWITCHES = "vpc"
    """The zones of ACK members' vSwitches, by the VPC OpenAPI."""
    PROBE = "probe"
    RATES = "prometheus"
    """Requests a second by the query that settings name."""


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
    SourceName.APPLICATIONS,
    SourceName.SETS,
    SourceName.RUNS,
)
"""The sources that stand or fall with the Kubernetes API of the hub."""

OF_THE_HUB = (*HUB_SOURCES, SourceName.CLUSTER_SECRETS)
"""The same, with what is read of it where settings allow it."""

SLOW_SOURCES = (SourceName.FLEET, SourceName.CLUSTERS, SourceName.VSWITCHES, SourceName.RATES)
"""The sources that are read behind the others, and that nobody waits long for."""

OPTIONAL = (SourceName.CLUSTER_SECRETS, SourceName.RATES)
"""The sources that are off until settings name them."""

LATE = "not read in time"
"""What stands for `loading` once nobody waits any longer."""

Topic = SourceName | Part
"""What facts are read of."""


GITOPS_SOURCES = (SourceName.APPLICATIONS, SourceName.SETS)
"""A Fleet may do without ArgoCD: that its kinds are not installed is no fault."""


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
    mode: str = ""
    """How it is read, in a word: `watch`, `list 10s`, `poll 5s`."""
    calls: tuple[int, int] | None = field(default=None, compare=False)
    """Calls of this process in the last minute, and how many its budget allows a minute now; None: not counted. No news
    by itself: it goes out with what is."""
    error: str = ""
    """Its newest failure, also after it is over; inert."""
    error_since: float | None = None
    """When that began (monotonic)."""
    echoes: bool = False
    """Whether it is as it is because another one failed."""
    late: bool = False
    """Whether it had said nothing yet when whoever asked stopped waiting; it is lost to them."""

    @property
    def word(self) -> str:
        """What becomes of it in a sentence: `routes are stale`, `routes are not read in time`."""
        return LATE if self.late else self.state.value

    def told(
        self,
        state: SourceState,
        now: float,
        message: str = "",
        permission: str | None = None,
        *,
        answered: bool = False,
        mode: str = "",
        calls: tuple[int, int] | None = None,
        echo: bool = False,
    ) -> Source:
        """The source after it said something new; `echo`: that another one failed is no failure of its own."""
        since = self.since if self.state is state else now
        fresh = replace(
            self, state=state, since=since, seen=now if answered else self.seen, message=message, permission=permission,
            mode=mode or self.mode, calls=calls, echoes=echo,
        )  # fmt: skip
        if echo or not fresh.wanting or not message:
            return fresh
        return replace(fresh, error=message, error_since=self.error_since if message == self.error else now)

    @property
    def idle(self) -> bool:
        """Whether nobody set up what it would tell of: no fault, and not waited for."""
        absent = self.name in GITOPS_SOURCES and self.state is SourceState.MISSING
        return absent or self.state is SourceState.UNCONFIGURED

    @property
    def wanting(self) -> bool:
        """Whether it is not as it should be."""
        return not (self.idle or self.state.answered or self.state is SourceState.LOADING)

    def age(self, now: float) -> float | None:
        """Seconds since the last answer, None where there was none."""
        return None if self.seen is None else max(0.0, now - self.seen)
