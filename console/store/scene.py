"""What every part of a picture is made of: everything the sources said, and what was worked out of it for all parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.model.hub import Event, RunRecord
from console.settings import FleetSettings
from console.store.backends import Backends
from console.store.facts import Facts, Told
from console.store.kept import Kept
from console.store.memory import Memory


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
