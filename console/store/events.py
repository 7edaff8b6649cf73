"""What readers post into the store: facts listed, changed or gone, objects that could not be read, how a source
fares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.model.freshness import Source, Topic
from console.model.hub import Lock, Problem
from console.model.permission import Lacking


@dataclass(frozen=True, slots=True)
class Listed:
    """The whole of one kind, as a list answered it: key -> fact; replaces what was known. `at`: monotonic second."""

    source: Topic
    facts: Mapping[str, object]
    at: float
    problems: Mapping[str, Problem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changed:
    """One object, added or changed; its former problem is gone unless `problem` says otherwise."""

    source: Topic
    key: str
    fact: object
    at: float
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """One object that is no more."""

    source: Topic
    key: str
    at: float


@dataclass(frozen=True, slots=True)
class Unread:
    """One object that could not be read at all: it is a named problem, and what was known of it is dropped."""

    source: Topic
    key: str
    problem: Problem
    at: float


@dataclass(frozen=True, slots=True)
class Heard:
    """How a source fares now."""

    source: Source


@dataclass(frozen=True, slots=True)
class Identified:
    """The Fleet said who it is: the UID of kube-system. `skew`: its clock minus ours, seconds, from a Date header.
    `until`: epoch second at which our credential ends, None where it lasts."""

    uid: str
    at: float
    skew: float = 0.0
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What access reviews say that we may not do."""

    lacking: tuple[Lacking, ...]


@dataclass(frozen=True, slots=True)
class Locked:
    """What the Fleet's Lease says."""

    lock: Lock


FromApi = Listed | Changed | Gone | Unread | Heard | Identified
"""What one API says."""


@dataclass(frozen=True, slots=True)
class OfMember:
    """What one member's own API says; its topics are the parts of a member."""

    member: str
    said: FromApi


Observation = FromApi | OfMember | Reviewed | Locked
