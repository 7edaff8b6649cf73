"""The two sides of a set-up run towards the world: eyes that read the ground, hands that carry out one call."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from console.decide.setup.task import Agent, Apply, Call, CloudCall, Delete, Task, Wait
from console.errors import FleetConsoleError
from console.model.ground import Ground

ACCOUNT = ("regions", "alb_zones", "vpcs", "subnets", "hops", "groups", "fleets", "clusters", "balancers")
PARTS = (*ACCOUNT, "hub", "sites")
"""Of the ground: fields of its account, the Fleet's own API, the data centres'."""
_TOUCHED = {
    "vpc": ("vpcs", "subnets"), "ecs": ("groups",), "cs": ("clusters", "groups"), "adcp": ("fleets", "hub"),
}  # fmt: skip


WRITTEN = "written to "
"""Begins what hands say of a file; its path follows."""


UNPROVEN = "not proven: "
"""Begins, in what hands say of first requests, what their answers could not prove; nothing follows it."""


MADE, TASK = "made", "task"
"""What hands say of a cloud call: `made ID, task ID`, of whatever it is about."""


class NotKnown(FleetConsoleError):
    """A write got no answer: it may have taken effect, and what stands there decides."""


class Again(FleetConsoleError):
    """A write was not taken for now (throttled, another change in flight); nothing was done, and it is worth a try."""


class Eyes(Protocol):
    """Reads. Any part may stay unread; `Ground.unread` says why."""

    def read(self, parts: Collection[str] = PARTS) -> Ground:
        """The ground with these parts read now, the others as they were read last."""


class Hands(Protocol):
    """Writes."""

    def carry_out(self, task: Task, token: str) -> str:
        """Carry out the task's call; `token`: the same in every try of this task, new in every run. Returns what the
        answer said, for the journal: ids, never a secret.

        Raises `NotKnown`, `Again`, `Refused` and `Denied` (nothing was done), and every other failure of its kind.
        """


def touched(call: Call) -> tuple[str, ...]:
    """The parts that a call changes, and that are read again after it."""
    match call:
        case CloudCall():
            return _TOUCHED[call.product]
        case Apply() | Delete():
            return ("hub",)
        case Agent():
            return ("clusters", "sites")
        case Wait():
            return call.parts
        case _:
            return PARTS
