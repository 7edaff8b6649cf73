"""What every part of a picture is made of: everything the sources said, and what was worked out of it for all parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.model.freshness import Source, SourceName, Topic
from console.model.hub import Event, Problem, RunRecord
from console.model.permission import Lacking
from console.settings import FleetSettings
from console.store.backends import Backends
from console.store.kept import Kept
from console.store.ledger import Told
from console.store.memory import Memory
from console.store.parts import MemberFacts


@dataclass(slots=True)
class Facts:
    """Everything the sources said, key -> fact, by source; `problems` likewise."""

    uid: str | None = None
    skew: float = 0.0
    until: float | None = None
    """Epoch second at which the hub's credential ends."""
    lacking: tuple[Lacking, ...] = ()
    """What access reviews said that we may not."""
    kinds: dict[Topic, dict[str, Any]] = field(default_factory=dict)
    problems: dict[Topic, dict[str, Problem]] = field(default_factory=dict)
    sources: dict[Topic, Source] = field(default_factory=dict)
    members: dict[str, MemberFacts] = field(default_factory=dict)
    """By cluster id: what the members' own APIs said."""

    def of(self, source: Topic) -> dict[str, Any]:
        """The facts of one source by key."""
        return self.kinds.setdefault(source, {})

    def all(self, source: SourceName) -> tuple[Any, ...]:
        """The facts of one source."""
        return tuple(self.of(source).values())

    def flaws(self) -> Iterator[Problem]:
        """What could not be read, source by source."""
        for source in SourceName:
            yield from self.problems.get(source, {}).values()


@dataclass(frozen=True, slots=True)
class Scene:
    """What every part of one picture looks at."""

    facts: Facts
    memory: Memory
    settings: FleetSettings
    now: float
    ids: tuple[str, ...]
    known: frozenset[str]
    """The same, to ask whether one is among them."""
    events: tuple[Event, ...]
    told: Told
    orders: Mapping[str, tuple[str, ...]]
    """AlbConfig name -> all members, those behind it first."""
    backends: Mapping[str, Backends]
    """AlbConfig name -> its resolved backends."""
    records: tuple[RunRecord, ...]
    leads: Mapping[str, str | None]
    """Ingress's key -> the gateway that its class leads to."""

    @property
    def kept(self) -> Kept:
        """What the last picture was made of."""
        return self.memory.kept

    @property
    def places(self) -> Mapping[str, int]:
        """Member id -> its place in settings."""
        return self.kept.take("places", (), lambda: {id: n for n, id in enumerate(self.settings.members)})

    @property
    def prefix(self) -> str:
        """Of the annotations that carry weights."""
        return self.settings.weights.key_prefix
