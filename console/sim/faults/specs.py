"""Faults as typed values, the same in a scenario file and in the word of a command. `for` ends any of them by itself;
seconds and durations are the wall's, whatever the speed."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from console.sim.openapis.refusals import Kind
from console.sim.terms import Base, Days, Name, Positive, Rate, RouteKey

How = Literal[
    "quota", "permission", "throttling", "webhook", "conflict", "unavailable", "accepted-but-timeout",
    "accepted-but-unavailable",
]  # fmt: skip
"""In which way a Kubernetes API refuses a write."""


class _Fault(Base, frozen=True, tag_field="fault"):
    """Every fault. `lasting` (`for` on the wire): when it ends by itself; None is never. `written`: it begins once so
    many routes hold other weights than when it was asked for; 0 is at once."""

    lasting: Days | None = msgspec.field(default=None, name="for")
    written: Annotated[int, msgspec.Meta(ge=0)] = 0


class ServersDead(_Fault, frozen=True, kw_only=True, tag="servers-dead"):
    """No server of a member answers: connections are refused, or accepted and never answered."""

    member: Name
    how: Literal["refuse", "hang"] = "refuse"
    since: Days = "0s"


class AgentSilent(_Fault, frozen=True, kw_only=True, tag="agent-silent"):
    """A member's agent renews its Lease no more; `since` its last renewal."""

    member: Name
    since: Days = "0s"


class AgentLost(AgentSilent, frozen=True, kw_only=True, tag="agent-lost"):
    """The same, by the word that people say while it runs."""


class MemberLost(ServersDead, frozen=True, kw_only=True, tag="member-lost"):
    """A whole member gone: servers dead and agent silent."""


class ApiPartition(_Fault, frozen=True, kw_only=True, tag="api-partition"):
    """The hub's API cannot be reached from outside; its own controllers and the agents go on."""

    how: Literal["hang", "reset"] = "hang"


class SlowController(_Fault, frozen=True, kw_only=True, tag="slow-controller"):
    """The ALB ingress controller waits so many seconds before it carries a change out."""

    seconds: Rate


class Poison(_Fault, frozen=True, kw_only=True, tag="poison"):
    """Somebody gives an Ingress an annotation that cannot be read, which keeps its whole AlbConfig back."""

    route: RouteKey


class Throttle(_Fault, frozen=True, kw_only=True, tag="throttle"):
    """The ALB OpenAPI answers Throttling.User, to everybody and to the controller: to all calls, or to exactly so many
    of every ten of each, in an order that a seed gives."""

    of_ten: Annotated[int, msgspec.Meta(ge=1, le=10)] = 10


class RuleStuck(_Fault, frozen=True, kw_only=True, tag="rule-stuck"):
    """Changes of a route's forwarding rules do not end: they stay Configuring, with their former values in force."""

    route: RouteKey


class RuleEdited(_Fault, frozen=True, kw_only=True, tag="rule-edited"):
    """Whatever the controller writes, somebody at the ALB's console sets a route's rules back to what they hold now."""

    route: RouteKey


class StaleSplit(_Fault, frozen=True, kw_only=True, tag="stale-split"):
    """The ALB goes on splitting a route's requests as it does now, whatever its rules say, as where sessions stick."""

    route: RouteKey


class ClockSkew(_Fault, frozen=True, kw_only=True, tag="clock-skew"):
    """The hub's clock is ahead by so many seconds, behind where negative: as seen from a host whose own is off."""

    seconds: Annotated[float, msgspec.Meta(ge=-86400 * 365, le=86400 * 365)]


class CredentialExpiry(_Fault, frozen=True, kw_only=True, tag="credential-expiry"):
    """The kubeconfig's tokens of the hub are no longer taken (401), or the cloud's key, or both."""

    of: Literal["hub", "cloud", "both"] = "hub"


class SelfHeal(_Fault, frozen=True, kw_only=True, tag="self-heal"):
    """Somebody who knows better writes a route's former weights back `after` each change. `owner`: as an ArgoCD
    Application of that name, whose own the Ingress is marked to be, and as long as its policy says so."""

    route: RouteKey
    after: Days = "2s"
    owner: Name | None = None


class Webhook(_Fault, frozen=True, kw_only=True, tag="webhook"):
    """An admission webhook of somebody else's refuses every change of a route's weights."""

    route: RouteKey


Permission = Annotated[str, msgspec.Meta(pattern=r"^[a-z*]+ [a-z*]+(\.[a-z0-9.-]+)?$")]
"""`list leases.coordination.k8s.io`; `*` stands for any verb or resource."""
Action = Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Za-z0-9]+$")]
"""`ListRules`."""


class Denied(_Fault, frozen=True, kw_only=True, tag="denied"):
    """Permissions that the kubeconfig's first context lacks, as user `role`, and operations that the cloud's key lacks:
    operation -> error code."""

    role: Name = "on-call"
    permissions: tuple[Permission, ...] = ()
    actions: dict[Action, str] = msgspec.field(default_factory=dict)


class CloudRefusal(_Fault, frozen=True, kw_only=True, tag="cloud-refusal"):
    """An operation of the cloud is refused to everybody, or carried out without an answer, or its task fails; the next
    `times` times, or until it is cleared."""

    operation: Action
    kind: Kind
    times: Positive | None = None


class WriteRefusal(_Fault, frozen=True, kw_only=True, tag="write-refusal"):
    """Writes of a resource, by its plural, are refused on the hub and in the clusters of an account, or carried out
    without an answer; the next `times` times, or until it is cleared."""

    resource: Annotated[str, msgspec.Meta(pattern=r"^[a-z]+$")]
    kind: How
    times: Positive | None = None


Fault = (
    ServersDead
    | AgentSilent
    | AgentLost
    | MemberLost
    | ApiPartition
    | SlowController
    | Poison
    | Throttle
    | RuleStuck
    | RuleEdited
    | StaleSplit
    | ClockSkew
    | CredentialExpiry
    | SelfHeal
    | Webhook
    | Denied
    | CloudRefusal
    | WriteRefusal
)


class HandEdited(Base, frozen=True, tag_field="fault", tag="hand-edited"):
    """Somebody set the image of an application's Deployment in a member past git, to one that does not start."""

    member: Name
    application: Name
    version: str
    since: Days = "0s"


class RevisionHeld(Base, frozen=True, tag_field="fault", tag="revision-held"):
    """An application follows another revision in one kind of member than in the rest."""

    member: Name
    application: Name
    revision: str


Deviation = HandEdited | RevisionHeld
"""What the world was made with; unlike a fault it neither begins nor ends while it runs."""


def name_of(fault: Fault) -> str:
    """`api-partition`."""
    return str(fault.__struct_config__.tag)


def subject_of(fault: Fault) -> str:
    """The member, route, operation or resource that it is about, nothing where it is about all."""
    found = (getattr(fault, name, "") for name in ("member", "route", "operation", "resource"))
    return next(filter(None, found), "")
