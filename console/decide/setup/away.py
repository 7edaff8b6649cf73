"""A teardown as it is confirmed: why it cannot be told yet, its plan, whom it would hit, and what stays."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from console.decide.setup import hits, left_behind, manifests
from console.decide.setup.found import Found
from console.decide.setup.plan_words import KUBECONFIG
from console.decide.setup.task import Check, SetupPlan
from console.decide.setup.teardown import goes, teardown
from console.decide.setup.unknown import UNSEEN, unknown_to_teardown
from console.model.ground import Ground, Key
from console.model.topology import MemberPart, Topology

_TOLD = 12
"""Objects that one sentence names."""


@dataclass(frozen=True, slots=True)
class Away:
    """`missing`: why nothing can be told, a sentence each; then the rest is of no use. `stays`: a sentence each."""

    missing: tuple[str, ...]
    plan: SetupPlan
    checks: tuple[Check, ...]
    stays: tuple[str, ...]


def away(topology: Topology, ground: Ground, also: frozenset[str] = frozenset()) -> Away:
    """Of a ground that was read for a teardown; `also` as `teardown` has it."""
    return Away(
        unknown_to_teardown(topology, ground, also),
        teardown(topology, ground, also=also),
        hits.checks(Found(topology, ground), also),
        left(topology, ground, also),
    )


def unseen(plan: SetupPlan) -> str:
    """What a teardown's plan cannot show yet; empty where it shows everything."""
    if plan.kind != "teardown" or all(one.id != KUBECONFIG for one in plan.tasks):
        return ""
    return (
        "what stands on the Fleet is not seen yet, for want of its kubeconfig: the run fetches that first, and where it"
        " then finds what the set-up made there, it holds before anything goes, to be confirmed by teardown again"
    )


def nameable(topology: Topology, ground: Ground) -> tuple[str, ...]:
    """What `also` may name of all that is there: adopted things, and what others have their own things in."""
    found, ours = Found(topology, ground), frozenset[str]()
    out = [UNSEEN] if "hub" in ground.unread else []
    if (fleet := found.fleet) is not None and (not found.ours(fleet.tags) or hits.on_fleet(found)):
        out.append(hits.FLEET)
    for part in topology.members:
        cluster = found.cluster(part)
        out += [f"member {part.name}"] if cluster and not found.ours(cluster.tags) else []
    out += ["vpc"] if found.vpc and not found.ours(found.vpc.tags) else []
    for one in topology.vswitches:
        there = found.subnet(one.name)
        out += [f"vswitch {one.name}"] if there and not found.ours(there.tags) else []
    return (*out, *(str(key) for key in _kept(found, ours)))


def _kept(found: Found, also: frozenset[str]) -> Iterator[Key]:
    """Objects of the Fleet that the topology describes, and namespaces of ours, that a teardown leaves."""
    for key in manifests.wanted(found):
        live = found.hub.find(key.kind, key.name, key.namespace)
        if live is not None and key.kind != "Secret" and str(key) not in also and not found.made(live):
            yield key
    yield from (key for key in map(_namespace, hits.namespaces(found)) if hits.keeps(found, key.name, also))


def _namespace(name: str) -> Key:
    return Key("", "Namespace", "", name)


def left(topology: Topology, ground: Ground, also: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """What is there and stays, a sentence each: adopted, or with things of others in it, or out of reach."""
    found = Found(topology, ground)
    vpc, fleet = found.vpc, found.fleet
    kept = [f"VPC {vpc.id}"] if vpc and not found.ours(vpc.tags) and "vpc" not in also else []
    for one in topology.vswitches:
        there = found.subnet(one.name)
        stays = there and not found.ours(there.tags) and f"vswitch {one.name}" not in also
        kept += [f"vSwitch {one.name} ({there.id})"] if there and stays else []
    if fleet and not hits.fleet_goes(found, also):
        kept.append(f"Fleet {fleet.name} ({fleet.id})")
        kept += [f"{key}{_why(found, key)}" for key in _kept(found, also)]
    for part in topology.members:
        cluster = found.cluster(part)
        if cluster is not None and not goes(found, part, cluster, also):
            kept.append(f"cluster {part.name} ({cluster.id})")
        elif cluster is not None and by_hand(part):
            kept.append(agent_stays(found, part))
    kept += [agent_stays(found, part) for part in left_behind.members(found) if part.kind == "registered"]
    strays = (one for one in left_behind.left_behind(found) if not one.goes)
    kept += [f"{one.what}, which the file does not name: {one.does}" for one in strays]
    return tuple(kept)


def _why(found: Found, key: Key) -> str:
    hit = hits.in_namespace(found, key.name) if key.kind == "Namespace" else ()
    return f": others have {len(hit)} thing{'s' if len(hit) != 1 else ''} in it" if hit else ""


def by_hand(part: MemberPart) -> bool:
    """Whether a person applied the agent of a member that is ours: no context leads to its data centre."""
    return part.kind == "registered" and part.id is None and part.context is None


def agent_stays(found: Found, part: MemberPart) -> str:
    """What a person has to take away in a data centre, with the command."""
    handed = found.ground.handed.get(part.name)
    what = f"the agent of {part.name} in its data centre, where no context leads; there: kubectl delete -f"
    if handed is None:
        return f"{what} MANIFEST, the one that was applied there"
    return f"{what} {shlex.quote(handed.file)} ({', '.join(handed.objects[:_TOLD])})"


def remains(
    topology: Topology, ground: Ground, tasks: Collection[str], also: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """What a teardown of these `tasks` that came to its end left of what the set-up made, a sentence each."""
    found = Found(topology, ground)
    namespaces = (_namespace(name) for name in hits.namespaces(found) if hits.keeps(found, name, also))
    kept = [f"{key}{_why(found, key)}" for key in namespaces]
    gone = (one for one in topology.members if f"member {one.name} deleted" in tasks)
    return (*kept, *(agent_stays(found, one) for one in gone if by_hand(one)))
