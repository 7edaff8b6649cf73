"""What `doctor` finds out: the facts of one look at everything the console stands on, and the checks made of them.

All text is inert. A fact is None where nobody could tell, never where it is fine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.model.freshness import Topic
from console.model.permission import Write


class CheckState(StrEnum):
    """How one check ended."""

    OK = "ok"
    WARN = "warn"
    """Works, and something is worth a person's time."""
    BAD = "bad"
    """Something a person needs does not work."""
    UNSET = "not set"
    """Nobody asked for it; not a fault."""
    UNKNOWN = "unknown"
    """Could not be looked at."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its state, what was found, and in one sentence what to do; no fix where there is nothing to do."""

    name: str
    state: CheckState
    found: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something could not be had, and the next step."""

    sentence: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class KubeconfigFacts:
    """The kubeconfig and the credential that came of it. Moments are epoch seconds.

    `way`: how we say who we are, for example `exec plugin aliyun`. `exposed`: other users may read a file of it.
    """

    files: str = ""
    context: str = ""
    server: str = ""
    way: str = ""
    took: float | None = None
    certificate_ends: float | None = None
    authority_ends: float | None = None
    credential_ends: float | None = None
    exposed: bool = False
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class HubFacts:
    """What the hub answered. `latency` and `skew` (its clock minus ours) in seconds."""

    uid: str | None = None
    version: str | None = None
    user: str | None = None
    latency: float | None = None
    skew: float | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission in the words of a role, and whether we have it."""

    words: str
    verb: str
    allowed: bool | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """The permissions that one source or one write needs. `served`: whether the hub knows the kind, or has the
    namespace."""

    of: Topic | Write
    asked: tuple[Permission, ...]
    served: bool | None = None


@dataclass(frozen=True, slots=True)
class CloudCall:
    """One question to a source besides the hub and the ALB. `asked` False: nothing to ask for is known."""

    of: Topic
    action: str
    failure: Failure | None = None
    seconds: float | None = None
    asked: bool = True


@dataclass(frozen=True, slots=True)
class CloudFacts:
    """The cloud's credential and one call with it. `which` names the credential, `action` the operation; `seconds`
    that it took; `skew` the cloud's clock minus ours."""

    which: str = ""
    action: str = ""
    credential: Failure | None = None
    call: Failure | None = None
    seconds: float | None = None
    skew: float | None = None
    reads: tuple[CloudCall, ...] = ()
    """Of the sources besides the ALB."""


@dataclass(frozen=True, slots=True)
class ProbeCall:
    """One request of a probe: of a route through its gateway, or, `direct`, of a member past it. `failure`: why it has
    no usable answer, empty where it has one; `seconds` that it took."""

    of: str
    direct: bool = False
    failure: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class SettingsFacts:
    """The settings file. `members`: ids that settings name; `read_only`: settings forbid every write."""

    path: str
    origin: str
    exists: bool = False
    others_write: bool = False
    others_read: bool = False
    holds_key: bool = False
    read_only: bool = False
    members: tuple[str, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class StateFacts:
    """The state directory, or where it would be made. `mode` in octal digits, empty where it is not there yet."""

    path: str
    mode: str = ""
    own: bool = True
    others_write: bool = False
    writable: bool = False
    network: bool = False


@dataclass(frozen=True, slots=True)
class TerminalFacts:
    """The terminal as the environment and the system describe it; `size` (columns, rows), None where there is none."""

    term: str = ""
    colors: str = ""
    utf8: bool = False
    size: tuple[int, int] | None = None
    tmux: bool = False


@dataclass(frozen=True, slots=True)
class Checkup:
    """Everything that one look found; None: it did not end in time. `members`: the ManagedClusters on the hub."""

    now: float
    """Epoch seconds of the look."""
    patience: float
    """Seconds that were waited."""
    kubeconfig: KubeconfigFacts | None
    hub: HubFacts | None
    grants: tuple[Grant, ...]
    members: frozenset[str] | None
    cloud: CloudFacts | None
    settings: SettingsFacts
    state: StateFacts
    terminal: TerminalFacts
    rates: CloudCall | None = None
    """The query that settings name; None where they name none, or it did not end in time."""
    probes: tuple[ProbeCall, ...] | None = ()
    """Each probe of the settings, asked once; None where they did not end in time."""
