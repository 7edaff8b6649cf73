"""The steps of a set-up as values: what is shown, confirmed, and carried out one by one.

A plan is made of a topology and the ground as found, and made anew after each task: what is there needs no task.
So a resumed set-up goes on where the world stands, whatever a journal remembers. Ids that do not exist yet are shown
as `<...>`; a task that holds one stands behind the task that makes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import msgspec

from console.model.ground import Key


class Stage(StrEnum):
    """The wizard's steps, in order."""

    NETWORK = "network"
    FLEET = "fleet"
    ACK = "ack"
    REGISTERED = "registered"
    LINK = "link"
    ASSOCIATE = "associate"
    APPLICATIONS = "applications"
    GATEWAY = "gateway"
    FIRST = "first requests"
    FINISH = "finish"


class Verdict(StrEnum):
    """What a check found."""

    OK = "ok"
    RED = "red"
    """Nothing is written."""
    WARN = "warn"
    UNCHECKED = "unchecked"
    """No API shows it, or it could not be read; recorded as unconfirmed, or as confirmed by a person's word."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule's word. `about`: the path in the topology, as `members[1].cidrs.pods`; `source`: the API call or object
    used; `measured` and `needed` hold the numbers; `fix`: what to do, for `unchecked` how to check it by hand."""

    rule: str
    verdict: Verdict
    stage: Stage
    about: str
    source: str
    measured: str
    needed: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class CloudCall:
    """A call of an OpenAPI. `product` vpc | ecs | cs | adcp; `params` as the SDK's wire form has them, nested values in
    their natural shape. `makes`: what appears by it, as (`vpc` | `subnet` | `fleet` | `cluster` | `rule`, name)."""

    product: str
    action: str
    params: Mapping[str, Any]
    makes: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Apply:
    """A server-side apply under `SETUP_MANAGER`. `where`: `hub`, or `site:MEMBER`."""

    where: str
    manifest: Mapping[str, Any]
    take: bool = False
    """Whether fields that others own are taken from them: only where a person chose so."""


@dataclass(frozen=True, slots=True)
class Agent:
    """The agent's manifest, fetched when it is needed, applied to a data centre's API (or deleted there), or written to
    a file where no context is named."""

    member: str
    cluster: str
    remove: bool = False
    file: bool = False


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """The Fleet's kubeconfig, fetched into a file of mode 0600 in the set-up's directory."""

    fleet: str


@dataclass(frozen=True, slots=True)
class Delete:
    """A deletion of one Kubernetes object."""

    where: str
    key: Key


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is written: the ground is read again until the task is no longer in the plan."""

    parts: tuple[str, ...]
    """Of the ground: fields of its account, `hub`, `sites`."""


@dataclass(frozen=True, slots=True)
class Requests:
    """First requests through the gateway, until the share agrees."""

    routes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Files:
    """Settings, manifests and the teardown plan are written to the set-up's directory. `topology`: 64 hex digits over
    the whole topology, of which all of them are made."""

    topology: str = ""


Call = CloudCall | Apply | Agent | Kubeconfig | Delete | Wait | Requests | Files


def writes(call: Call) -> bool:
    """Whether a call changes anything but files of ours."""
    return isinstance(call, CloudCall | Apply | Delete) or (isinstance(call, Agent) and not call.file)


def canonical(call: Call) -> tuple[str, Any]:
    """A call as plain values, its kind before it, down to every value that would be written. Nothing of it is secret,
    nor known only once it was sent: an id that is not there yet is its placeholder."""
    return type(call).__name__, msgspec.to_builtins(call)


def shown(call: Call) -> bool:
    """Whether the ground shows that a call was carried out."""
    return not isinstance(call, Requests | Files) and not (isinstance(call, Agent) and call.file)


@dataclass(frozen=True, slots=True)
class Change:
    """One field that a task changes; None: absent."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. `id` is the same in every plan of a topology (`fleet`, `member idc-prod agent`, ...)."""

    id: str
    stage: Stage
    verb: Literal["create", "change", "apply", "wait", "delete", "ask", "write"]
    what: str
    """One sentence: what will be written, or waited for."""
    call: Call
    undo: str = ""
    """How to take it back; empty where nothing was written."""
    final: str = ""
    """What cannot be undone, a sentence; empty where all can."""
    changes: tuple[Change, ...] = ()
    says: tuple[str, ...] = ()
    """Of what is made anew: the values that a person decides on, `weights: ack-prod 60, idc-prod 40`. Inert."""
    failed: str = ""
    """The world's own word that this has failed (a cloud state, a log line); then it is not waited for."""
    item: str = ""
    """As what it may be retried once it has failed: `fleet`, or `member NAME`."""
    usual: float = 10.0
    """Seconds that it usually takes."""
    allowed: float = 300.0
    """Seconds after which the set-up holds and says so."""


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """Everything to do, in order. `kind` setup | teardown."""

    topology: str
    """Its name."""
    kind: str
    tasks: tuple[Task, ...]
    left: tuple[str, ...] = ()
    """What a set-up made earlier and the topology no longer names: it stands, and no task touches it."""
    stays: tuple[str, ...] = ()
    """What stands on objects that the topology does name without its saying so, a phrase each; no task touches it."""

    @property
    def hash(self) -> str:
        """64 hex digits over what is confirmed: every task, its changes, and every value that its call would write. Of
        a wait the id alone, since its sentence follows the world, and nothing is written."""
        said = [
            [one.id] if isinstance(one.call, Wait) else [one.id, one.what, one.changes, *canonical(one.call)]
            for one in self.tasks
        ]
        text = msgspec.json.encode([self.topology, self.kind, said], order="deterministic")
        return hashlib.sha256(text).hexdigest()
