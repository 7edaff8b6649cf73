"""What the stages of a plan share: our marks, usual times, and the words of a failure."""

from __future__ import annotations

from console.decide.setup.found import Found
from console.decide.setup.task import Wait
from console.model.topology import TAG

MINUTE = 60.0
NETWORK, FLEETS, CLUSTERS = Wait(("vpcs", "subnets")), Wait(("fleets",)), Wait(("clusters",))


def tags(found: Found) -> list[dict[str, str]]:
    """By which a resource of ours is found again."""
    return [{"Key": TAG, "Value": found.topology.name}]


def note(found: Found) -> str:
    """Description of what has no tags."""
    return f"{TAG} {found.topology.name}"


def broken(state: str, error: str, log: tuple[str, ...]) -> str:
    """What the cloud says of a thing that failed."""
    return "; ".join(one for one in (f"the cloud says {state}", error, *log[-3:]) if one)
