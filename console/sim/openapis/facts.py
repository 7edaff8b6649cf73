"""What the stateless products know: the world, and how its members fare at the moment. Ids that nothing else needs are
drawn here from the seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from console.sim.world import Member, World, digest


@dataclass(frozen=True, slots=True)
class Facts:
    """`silent` and `dead` tell of a member's agent and servers by its id; `hub` is the address of the hub's API."""

    world: World
    silent: Callable[[str], bool]
    dead: Callable[[str], bool]
    hub: Callable[[], str]

    def id(self, prefix: str, *words: str) -> str:
        """`prefix` and 18 hex digits, the same for the same words."""
        return prefix + digest(self.world.seed, prefix, *words)[:18]

    def state(self, member: Member) -> str:
        """A cluster's state as CS says it: a registered one whose agent is silent is disconnected."""
        return "disconnected" if member.kind == "registered" and self.silent(member.id) else "running"

    def date(self, age: float) -> str:
        """`2026-11-24T14:20:05Z`, so many seconds before the world began."""
        return datetime.fromtimestamp(self.world.began - age, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def zones(self) -> list[str]:
        """The cloud zones in use, in order."""
        return sorted({vswitch.zone for vswitch in self.world.vswitches})
