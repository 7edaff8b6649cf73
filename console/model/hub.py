"""What the hub's objects say, one record a kind, reduced at decode to what the console uses.

All text here is inert, except annotation keys and values of a route and object names, which are needed byte for byte
to write them back: API servers allow no control characters in names and keys; values are never drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field

FENCE_ANNOTATION = "fleet-console/fence"
TOUCH_ANNOTATION = "fleet-console/touched"
"""Stamped on an Ingress while a run may write it: `<fencing number>.<run id>`."""

HASH_LABEL = "alb.ingress.kubernetes.io/hash"
"""Written by the controller after a successful reconcile (domain.md section 2)."""

RUN_NAMESPACE = "fleet-console"
"""Where the Lease and the runs' ConfigMaps live."""

MANAGER = "fleet-console"
"""Field manager of everything that the console writes."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One object that could not be read whole: which, and what is wrong with it. Both inert."""

    object: str
    message: str


@dataclass(frozen=True, slots=True)
class ManagedCluster:
    """A member as the hub knows it (cluster.open-cluster-management.io/v1).

    Conditions are True, False, Unknown, or None where absent.
    """

    name: str
    uid: str
    labels: tuple[tuple[str, str], ...] = ()
    claims: tuple[tuple[str, str], ...] = ()
    accepted: bool | None = None
    joined: str | None = None
    available: str | None = None
    available_reason: str = ""
    available_message: str = ""
    available_since: float | None = None
    """Epoch seconds of the condition's last transition."""
    taints: tuple[str, ...] = ()
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Lease `managed-cluster-lease` in the namespace named like the member."""

    member: str
    renewed: float | None
    """Epoch seconds of renewTime, by the agent's clock."""
    duration: int = 60


@dataclass(frozen=True, slots=True)
class AlbConfig:
    """A gateway: one AlbConfig makes exactly one ALB."""

    name: str
    uid: str
    resource_version: str = ""
    remote_clusters: tuple[str, ...] = ()
    """Ids of the members behind it, from annotation `alb.ingress.kubernetes.io/remote-clusters`."""
    load_balancer: str | None = None
    dns: str | None = None
    listeners: tuple[tuple[int, str], ...] = ()
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class IngressClass:
    """Ties Ingresses to a gateway; `gateway` is the AlbConfig that its parameters name."""

    name: str
    controller: str = ""
    gateway: str | None = None
    default: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """One rule line of an Ingress. `host` is None for every host."""

    host: str | None
    path: str
    path_type: str
    service: str | None
    port: str | None


@dataclass(frozen=True, slots=True)
class FieldOwner:
    """Who last wrote some annotation keys, from managedFields; `at` is epoch seconds by the API server's clock."""

    manager: str
    operation: str
    at: float | None
    annotations: frozenset[str]
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ingress:
    """A route: an Ingress of a class whose controller is the ALB's.

    `annotations` is raw and complete but for last-applied-configuration: what a plan compares and writes, never what is
    drawn.
    """

    namespace: str
    name: str
    uid: str
    resource_version: str = ""
    class_name: str | None = None
    paths: tuple[Path, ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    owners: tuple[FieldOwner, ...] = ()
    hash: str | None = None
    address: str | None = None
    deleting: bool = False

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`, the route's name everywhere."""
        return f"{self.namespace}/{self.name}"

    def annotation(self, key: str) -> str | None:
        """The raw value, None where the key is absent."""
        return dict(self.annotations).get(key)


@dataclass(frozen=True, slots=True)
class Event:
    """One Event of an object that the console shows. `at`: epoch seconds of its newest occurrence, by its source's
    clock."""

    uid: str
    kind: str
    namespace: str
    name: str
    type: str
    reason: str
    message: str
    count: int = 1
    at: float | None = None
    resource_version: str = ""
    component: str = ""
    object_uid: str = ""


@dataclass(frozen=True, slots=True)
class Freeze:
    """That nothing may be moved on this Fleet: by whom, why, and until when (epoch seconds; None: until it is taken
    away). Untrusted input; all text is inert."""

    actor: str = ""
    reason: str = ""
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """The Fleet's Lease as it was read. `run`: which of ours holds it, empty for none; `renewed`: epoch second by
    its holder's clock, None where that cannot be read; `life`: seconds for which a renewal lasts."""

    run: str = ""
    renewed: float | None = None
    life: float = 0.0


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody at another login wants of a run, as the run's record holds it; untrusted input.

    `id`: by which it is known as heard; `seconds`: of an extension.
    """

    id: str
    word: str
    actor: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as its ConfigMap on the Fleet tells it; untrusted input.

    `targets` and `before`: route key -> ((member id, weight or None), ...) of the current step and before the run.
    """

    run: str
    state: str
    fence: int | None = None
    plan_hash: str = ""
    plan: str = ""
    """The plan's canonical JSON, to be decoded and hashed again before anyone acts on it."""
    actor: str = ""
    reason: str = ""
    host: str = ""
    pid: int | None = None
    started: float | None = None
    updated: float | None = None
    step: int = 0
    targets: tuple[tuple[str, tuple[tuple[str, int | None], ...]], ...] = ()
    before: tuple[tuple[str, tuple[tuple[str, int | None], ...]], ...] = ()
    message: str = ""
    resource_version: str = ""
    going: str = "forward"
    """forward | back: which way it walks its steps."""
    hold_until: float | None = None
    """Epoch second until which it holds at its step."""
    expires: float | None = None
    """Epoch second at which it goes back by itself."""
    word: Word | None = None
    """The newest command of another login; `heard`: the id of the newest one that its runner took."""
    heard: str = ""
    debts: tuple[str, ...] = ()
    """Applications, `NAMESPACE/NAME`, whose automated sync it switched off and has not restored."""
    problems: tuple[str, ...] = field(default=())
