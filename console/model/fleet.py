"""The picture of one Fleet, rebuilt whole from the sources' facts: members, zones, gateways, routes with the five
layers of their weights, timeline and problems. Two equal pictures are the same picture, and nothing is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.model.argo import Application, ApplicationSet, ClusterSecret, Deployed
from console.model.cluster import NO_WORD, SEVERAL, CloudWord, HubCluster
from console.model.freshness import Source, SourceName, SourceState
from console.model.hub import Freeze, Lock, Problem, Word
from console.model.permission import Lacking
from console.model.rate import NO_RATE, RouteRate
from console.model.share import Share, Verdict
from console.model.workload import NO_HEADROOM, NO_WORKLOAD, Headroom, Workload


class Layer(StrEnum):
    """The five layers of a weight, from the wish to the traffic."""

    ASKED = "asked"
    ANNOTATION = "annotation"
    CONTROLLER = "controller"
    RULE = "rule"
    OBSERVED = "observed"


UNMANAGED = "no ManagedCluster of this id is known"
"""The word on the link of a member that only a gateway names."""


class Link(StrEnum):
    """Control link of a member to the hub: the agent's Lease, then the hub's own word. It says nothing of traffic."""

    UP = "up"
    LATE = "late"
    """Lease unrenewed for over 90 s."""
    LOST = "lost"
    """Lease unrenewed for over 300 s, or the hub says so."""
    REJECTED = "rejected"
    """The hub has not accepted it, or it never joined."""
    UNKNOWN = "unknown"


class AlbHealthWord(StrEnum):
    """ALB's word on a member's backends, all its groups together."""

    OK = "ok"
    SOME = "some"
    """Some backends are unhealthy."""
    DEAD = "dead"
    """Every backend is unhealthy; ALB fails open, so requests still go there while the weight is above 0."""
    UNKNOWN = "unknown"
    """No evidence: health check off, weight 0, no verdict yet, or the cloud is not read."""


class Controller(StrEnum):
    """Where the gateway's controller stands with a route's weights."""

    ACKNOWLEDGED = "acknowledged"
    WAITING = "waiting"
    FAILED = "failed"
    NOT_REPORTED = "not reported"
    """No signal was ever seen on this gateway; the layer is skipped when layers are compared."""


@dataclass(frozen=True, slots=True)
class AlbHealth:
    """`healthy` of `total` backends; None where the ALB says nothing. `why`: a reason code, or why it is unknown."""

    word: AlbHealthWord
    healthy: int | None = None
    total: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """One cluster of the Fleet. `zone` None: not known; `several`: it spans zones and is drained by member.

    `link_since`: monotonic second of the last sign of life, None where there was none.
    """

    id: str
    name: str
    kind: str
    """ack | registered | unknown"""
    zone: str | None
    zone_source: str | None
    """settings | label | vswitches | None"""
    link: Link
    link_since: float | None
    link_message: str
    alb_health: AlbHealth
    joined: bool | None = None
    workload: Workload = NO_WORKLOAD
    """By the member's own API."""
    cloud: CloudWord = NO_WORD
    """By the cloud's OpenAPIs."""
    rate: float | None = None
    """Requests a second, by the query that settings name."""

    @property
    def spans(self) -> bool:
        """Whether its vSwitches stand in several zones: then it is in none of them, and drained by member."""
        return self.zone_source == "vswitches" and self.zone == SEVERAL


@dataclass(frozen=True, slots=True)
class Balancer:
    """One ALB as its OpenAPI told it; figures count against its quotas and are None where they are not known."""

    business: str = ""
    """Normal | Abnormal"""
    locks: tuple[str, ...] | None = None
    """Empty where there are none; None where it is not known."""
    zones: tuple[tuple[str, str], ...] = ()
    """((zone id, status), ...)"""
    listeners: tuple[tuple[int, str, str], ...] | None = None
    """((port, protocol, status), ...)"""
    rules: int | None = None
    servers: int | None = None
    """A server counts once for each rule that uses it."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """One AlbConfig and its ALB. `state` is the ALB's own word (Active ...), None where it is not known."""

    name: str
    id: str | None
    dns: str | None
    state: str | None
    listeners: tuple[tuple[int, str], ...]
    members: tuple[str, ...]
    reports: bool
    """Whether a success event or a hash label was ever seen here: whether the controller layer can be read."""
    labels: bool = False
    """Whether its controller was seen to write hash labels."""
    seen: float | None = None
    """Monotonic second of the newest answer of the ALB OpenAPI about it."""
    message: str = ""
    alb: Balancer | None = None
    """None where the ALB is not read."""


@dataclass(frozen=True, slots=True)
class Weights:
    """One member's weight on one route, layer by layer; None is not known or absent, never 0.

    `rule` is a tuple's weight, or a percentage where members share one server group.
    """

    member: str
    key: str | None
    """The annotation key that carries it; None where no key was ever seen on the object for this member."""
    raw: str | None
    """The annotation's value byte for byte, to be compared and put back, never drawn."""
    asked: int | None
    annotation: int | None
    controller: int | None
    rule: float | None
    observed: Share | None
    verdict: Verdict | None = None
    """What the observed share says about the target; None where nothing was observed."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether the readable layers hold the target. `stuck_at`: the first layer that does not, `since` (monotonic) when.

    `deepest`: the deepest layer that could be read at all; agreeing says nothing beyond it.
    `sentence` says what is waited for, or what disagrees, with numbers.
    """

    agrees: bool
    stuck_at: Layer | None
    deepest: Layer
    sentence: str
    since: float | None = None
    settled: bool = False
    """Agrees down to the deepest layer, the observed share included: what a run calls done."""


@dataclass(frozen=True, slots=True)
class Route:
    """One Ingress behind a gateway, and the split it asks for."""

    key: str
    uid: str
    resource_version: str
    gateway: str | None
    """AlbConfig's name; None where its class leads to none."""
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    services: tuple[str, ...]
    members: tuple[Weights, ...]
    controller: Controller
    controller_message: str
    rule_state: str | None
    """Available | Configuring | Provisioning | `rules differ` | None (not known)"""
    rule_message: str
    agreement: Agreement
    health_check: bool | None = None
    """Whether the Ingress asks for health checks; the controller's default is off."""
    owner: str = ""
    """Field manager that last wrote a weight key, inert."""
    owner_at: float | None = None
    """When, epoch seconds by the API server's clock."""
    run: str | None = None
    """The run whose step `asked` is."""
    fence: str | None = None
    failing: str = ""
    """The newest failure of the controller on it or on its gateway that no success followed, whatever became of the
    weights; empty where there is none. It carries no change meanwhile."""
    probe_failures: int = 0
    """Requests of the probe without a usable answer, since the rule last changed."""
    unanswered: tuple[int, int] = (0, 0)
    """(how many without a usable answer, of how many) in the newest 30 s of its probe."""
    probed: bool = False
    tracked: str = ""
    """ArgoCD application that claims the Ingress as its own, inert."""
    sticky: bool = False
    """Whether the Ingress asks for sticky sessions."""
    underivable: str = ""
    """A server group of its rule whose member nothing tells; empty where there is none."""
    rate: RouteRate = NO_RATE
    """Requests a second, by the query that settings name."""

    def weights(self, member: str) -> Weights | None:
        """The ledger line of one member id."""
        return next((line for line in self.members if line.member == member), None)

    @property
    def noted(self) -> dict[str, int]:
        """Member id -> weight as the annotations split the route; empty where one of them is no number."""
        if any(line.raw is not None and line.annotation is None for line in self.members):
            return {}
        return {line.member: line.annotation for line in self.members if line.annotation is not None}


@dataclass(frozen=True, slots=True)
class Zone:
    """Members of one failure domain; `share` in percent of the weight over all routes, None where not known."""

    name: str
    members: tuple[str, ...]
    share: float | None
    headroom: Headroom = NO_HEADROOM
    past: tuple[tuple[float, float], ...] = ()
    """((monotonic second, share since then), ...), oldest first: each change of a point or more."""
    rate: float | None = None
    """Requests a second of its members together; None where one of them is not known."""


class Tone(StrEnum):
    """How much a line wants attention; chosen with the fact, drawn elsewhere."""

    GOOD = "good"
    PLAIN = "plain"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline: `at` epoch seconds of this host, a sentence in the past tense, what it is about (a
    route key, a member id, a gateway)."""

    at: float
    sentence: str
    tone: Tone = Tone.PLAIN
    about: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its record on the Fleet tells it."""

    run: str
    state: str
    routes: tuple[str, ...]
    actor: str
    reason: str
    started: float | None
    host: str
    pid: int | None
    plan_hash: str
    message: str = ""
    updated: float | None = None
    targets: tuple[tuple[str, tuple[tuple[str, int | None], ...]], ...] = ()
    """Route key -> ((member id, weight or None), ...) of the step that it is at; `before` likewise."""
    before: tuple[tuple[str, tuple[tuple[str, int | None], ...]], ...] = ()
    plan: str = ""
    """The plan's canonical JSON as it was recorded; to be decoded and hashed again before anyone acts on it."""
    step: int = 0
    going: str = "forward"
    hold_until: float | None = None
    """Epoch second until which it holds at its step."""
    expires: float | None = None
    """Epoch second at which it goes back by itself."""
    word: Word | None = None
    heard: str = ""
    fence: int | None = None
    debts: tuple[str, ...] = ()
    """Applications whose automated sync it switched off and has not restored."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything the console shows of one Fleet at one moment; `uid` None until the hub said it."""

    name: str
    region: str | None
    uid: str | None
    sources: tuple[Source, ...]
    members: tuple[Member, ...] = ()
    zones: tuple[Zone, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    routes: tuple[Route, ...] = ()
    applications: tuple[Application, ...] = ()
    deployed: tuple[Deployed, ...] = ()
    """The same applications, those of several members as one."""
    sets: tuple[ApplicationSet, ...] = ()
    clusters: tuple[ClusterSecret, ...] = ()
    """ArgoCD's clusters by the metadata of their Secrets, where settings have them read."""
    runs: tuple[Run, ...] = ()
    timeline: tuple[Moment, ...] = ()
    problems: tuple[Problem, ...] = ()
    member_sources: tuple[Source, ...] = ()
    """The members' own APIs, one source each; `Source.member` says whose."""
    cloud: HubCluster | None = None
    """The Fleet itself by the ADCP OpenAPI; None where that is not read, or knows none with our members."""
    freeze: Freeze | None = None
    lock: Lock | None = None
    """The Fleet's Lease, looked at while a run is under way by its record; None where nobody looked."""
    skew: int | None = None
    """Seconds that the hub's clock is ahead of this host's."""
    credential_until: float | None = None
    """Epoch second at which the hub's credential ends; None where it lasts, or that is not known."""
    lacking: tuple[Lacking, ...] = ()
    """What access reviews said that we may not; what nobody reviewed is not among it."""

    def doubted(self, wall: float) -> float:
        """The epoch second by whichever is behind of this host's clock, which says `wall`, and the hub's: what is late
        by that is late whoever is right."""
        return min(wall, wall + (self.skew or 0))

    def source(self, name: SourceName) -> Source:
        """The source of that name; loading where nothing was heard of it."""
        return next((s for s in self.sources if s.name == name), Source(name, SourceState.LOADING))

    def member_source(self, member: str) -> Source:
        """The own API of one member id; unconfigured where nothing was heard of it."""
        none = Source(SourceName.WORKLOADS, SourceState.UNCONFIGURED, member=member)
        return next((s for s in self.member_sources if s.member == member), none)

    def route(self, key: str) -> Route | None:
        """The route `NAMESPACE/NAME`."""
        return next((route for route in self.routes if route.key == key), None)

    def application(self, key: str) -> Deployed | None:
        """The application `SET/TITLE`, as it stands in several members."""
        return next((group for group in self.deployed if group.key == key), None)

    def member_of(self, identifier: str | None) -> Member | None:
        """The member of that cluster id."""
        return next((member for member in self.members if member.id == identifier), None)

    def gateway(self, name: str | None) -> Gateway | None:
        """The gateway of that AlbConfig's name."""
        return next((gateway for gateway in self.gateways if gateway.name == name), None)

    def run(self, run: str | None) -> Run | None:
        """The run of that id, as its record tells it."""
        return next((one for one in self.runs if one.run == run), None)

    def member(self, word: str) -> tuple[Member, ...]:
        """Members that `word` names: by id, by name, or by unique prefix of either; several where it is ambiguous."""
        exact = tuple(m for m in self.members if word in (m.id, m.name))
        if exact:
            return exact
        return tuple(m for m in self.members if word and (m.id.startswith(word) or m.name.startswith(word)))
