"""Whether a server may be made the simulator's hub: what was found there in, every reason against it out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from console.sim.faults.elsewhere import impossible
from console.sim.hub.marks import MADE_BY, NAMESPACE, SET_UP
from console.sim.world import World

OLDEST = (1, 19)
"""The first Kubernetes version that serves networking.k8s.io/v1."""
SHOWN = 5
"""Names that a sentence shows."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a server. None, or nothing, where it could not be asked."""

    host: str
    loopback: bool
    """Whether the host's name means nothing but this machine."""
    marked: bool | None = None
    """Whether it carries the namespace by which a server says that it may be used."""
    version: str = ""
    strangers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind -> names of AlbConfigs and ManagedClusters that the simulator did not make."""
    left: tuple[str, ...] = ()
    """ManagedClusters that the simulator made for another world."""
    set_up: tuple[str, ...] = ()
    """AlbConfigs that a set-up made, for this simulator or for a real Fleet: nobody can tell."""
    in_the_way: tuple[str, ...] = ()
    """Objects of this world's names that the simulator did not make."""
    unfit: tuple[str, ...] = ()
    """What CRDs that are there cannot do."""
    missing: tuple[tuple[str, str], ...] = ()
    """Permissions, as a verb and `ingresses.networking.k8s.io/status`."""
    unread: tuple[str, ...] = ()
    """What the server did not answer, in sentences."""


def reasons(found: Found, world: World) -> list[str]:
    """Everything that speaks against it; nothing where the world may be put there."""
    return [*_place(found), *_server(found), *_others(found), *_world(world)]


def _place(found: Found) -> Iterator[str]:
    if found.loopback or found.marked:
        return
    if found.marked is None:
        yield f"{found.host} is not loopback, and whether it carries a namespace {NAMESPACE} cannot be told"
    else:
        yield (
            f"{found.host} is not loopback and carries no namespace {NAMESPACE}, by which whoever owns it would say "
            f"that it may be used (kubectl create namespace {NAMESPACE})"
        )


def _server(found: Found) -> Iterator[str]:
    yield from found.unread
    numbers = re.match(r"v?(\d+)\.(\d+)", found.version)
    if numbers is not None and (int(numbers[1]), int(numbers[2])) < OLDEST:
        yield f"its version is {found.version}, and Ingresses are served from v{OLDEST[0]}.{OLDEST[1]} on"
    if found.missing:
        yield f"{_count(len(found.missing), 'permission')} missing: {_by_resource(found.missing)}"
    yield from found.unfit


def _others(found: Found) -> Iterator[str]:
    for kind, names in found.strangers.items():
        if names:
            yield f"{_count(len(names), kind)} there that the simulator did not make: {_named(names)}"
    if found.set_up:
        yield (
            f"{_count(len(found.set_up), 'AlbConfig')} there of a former set-up: {_named(found.set_up)}; where no real "
            f"Fleet is behind this server, remove what is labelled {SET_UP}"
        )
    if found.in_the_way:
        yield f"{_count(len(found.in_the_way), 'object')} in the way, not made by it: {_named(found.in_the_way)}"
    if found.left:
        yield (
            f"{_count(len(found.left), 'ManagedCluster')} left there of another simulated world: {_named(found.left)}; "
            f"remove what is labelled {MADE_BY}, or start that world's scenario and seed"
        )


def _world(world: World) -> Iterator[str]:
    if world.light:
        count = sum(len(application.revisions) for application in world.applications)
        yield f"{world.scenario} is a light world: nobody would look after its {count} Applications there"
    yield from filter(None, map(impossible, world.faults))


def _count(number: int, noun: str) -> str:
    return f"1 {noun} is" if number == 1 else f"{number} {noun}s are"


def _by_resource(permissions: Iterable[tuple[str, str]]) -> str:
    """`create and patch events, list secrets`."""
    verbs: dict[str, list[str]] = {}
    for verb, resource in permissions:
        verbs.setdefault(resource, []).append(verb)
    return ", ".join(f"{' and '.join(each)} {resource}" for resource, each in verbs.items())


def _named(names: Iterable[str]) -> str:
    first, rest = list(names)[:SHOWN], list(names)[SHOWN:]
    return ", ".join(first) + (f" and {len(rest)} more" if rest else "")
