"""What every part of a picture is made of: everything the sources said, and what was worked out of it for all parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.model.hub import Event, RunRecord
from console.settings import FleetSettings
from console.store.backends import Backends
from console.store.facts import Facts, Told
from console.store.kept import Kept
from console.store.led import Led
from console.store.memory import Memory


@dataclass(frozen=True, slots=True)
class Scene:
    """What every part of one picture looks at."""

    facts: Facts
    memory: Memory
    settings: FleetSettings
    now: float
    ids: tuple[str, ...]
    known: Mapping[str, int]
    """The same, each with its place."""
    names: Mapping[str, str]
    """Member id -> what it is called."""
    events: tuple[Event, ...]
    told: Told
    orders: Mapping[str, Mapping[str, int]]
    """AlbConfig name -> all members, those behind it first, each with its place."""
    backends: Mapping[str, Backends]
    """AlbConfig name -> its resolved backends."""
    records: tuple[RunRecord, ...]

    @property
    def led(self) -> Led:
        """Which Ingress leads to which gateway."""
        return self.memory.led

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
