"""What a set-up run was told to do, as the journal keeps it: the topology, the tasks that were confirmed, what may be
taken from others. No ids, no secrets: the world says what is still to be done."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import msgspec

from console.decide.setup.plan import plan
from console.decide.setup.plan_words import KUBECONFIG
from console.decide.setup.task import SetupPlan
from console.decide.setup.teardown import teardown
from console.decide.setup.unknown import unknown, unknown_to_teardown
from console.errors import UsageError
from console.model.ground import Ground
from console.model.text import inert
from console.model.topology import Topology

KINDS = ("setup", "teardown")


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`tasks`: ids of the tasks that were shown and confirmed; `take`: objects of which fields may be taken from their
    owners; `also`: adopted things that a teardown may take away; `retry`: what has failed and is made anew, once;
    `unconfirmed`: rules that nobody could check; `file`: of the topology, as it was named, for what people are told."""

    kind: Literal["setup", "teardown"]
    topology: Topology
    tasks: tuple[str, ...]
    plan_hash: str
    take: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    retry: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    file: str = ""

    def unknown(self, ground: Ground) -> tuple[str, ...]:
        """Why nothing can be planned yet, a sentence each."""
        if self.kind == "teardown":
            return unknown_to_teardown(self.topology, ground, frozenset(self.also))
        return unknown(self.topology, ground)

    def plan(self, ground: Ground, *, retried: frozenset[str] = frozenset(), prove: bool = False) -> SetupPlan:
        """What is still to be done, of the ground as it is; `retried`: items that were made anew already."""
        if self.kind == "teardown":
            return teardown(self.topology, ground, also=frozenset(self.also))
        retry = frozenset(self.retry) - retried
        return plan(self.topology, ground, take=frozenset(self.take), retry=retry, prove=prove)

    @property
    def blind(self) -> bool:
        """Whether a teardown was confirmed before anybody could see what stands on the Fleet."""
        return self.kind == "teardown" and KUBECONFIG in self.tasks

    def canonical(self) -> str:
        """As JSON with sorted keys: what is journaled and hashed."""
        return msgspec.json.encode(self, order="deterministic").decode()

    @property
    def hash(self) -> str:
        """64 hex digits over `canonical`."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def order(
    topology: Topology, made: SetupPlan, *, take: Sequence[str] = (), also: Sequence[str] = (),
    retry: Sequence[str] = (), unconfirmed: Sequence[str] = (), file: str = "",
) -> Order:  # fmt: skip
    """The order to carry out a plan that was shown."""
    kind: Literal["setup", "teardown"] = "teardown" if made.kind == "teardown" else "setup"
    return Order(
        kind=kind,
        topology=topology,
        tasks=tuple(one.id for one in made.tasks),
        plan_hash=made.hash,
        take=tuple(take),
        also=tuple(also),
        retry=tuple(retry),
        unconfirmed=tuple(unconfirmed),
        file=inert(file, 400),
    )


def parse(text: str) -> Order:
    """An order from a journal. Raises `UsageError` where it is none."""
    try:
        return msgspec.json.decode(text, type=Order)
    except msgspec.DecodeError as error:
        raise UsageError(f"the journal holds no set-up: {inert(str(error), 200)}") from None
