"""What has failed and is made anew: taken away first, then made as though it had never been there. Only what our set-up
made is taken away, only where its cloud says that it failed, and only where it is named."""

from __future__ import annotations

from dataclasses import replace

from console.decide.setup.found import Found
from console.decide.setup.task import Task
from console.decide.setup.teardown import association_away, cluster_away, fleet_away
from console.errors import Refused
from console.model.ground import MemberCluster
from console.model.text import inert
from console.model.topology import MemberPart

FAILED = ("failed", "delete_failed")
FLEET, MEMBER = "fleet", "member {}"
"""Items, as `Task.item` and `--retry` have them."""


def again(found: Found, retry: frozenset[str]) -> tuple[Found, tuple[Task, ...]]:
    """What will be there once all that is named and failed is gone, and the tasks that take it away."""
    away: list[Task] = []
    fleet = found.fleet
    if FLEET in retry and fleet is not None and not refused(found, FLEET) and _broken(fleet.state):
        away += fleet_away(fleet)
        left = tuple(one for one in found.account.fleets or () if one is not fleet)
        found = Found(found.topology, replace(found.ground, account=replace(found.account, fleets=left), hub=None))
    for part in found.topology.members:
        if MEMBER.format(part.name) in retry:
            found, tasks = _member(found, part)
            away += tasks
    return found, tuple(away)


def refuse(found: Found, retry: frozenset[str]) -> None:
    """Raises `Refused` with a reason for each item that cannot be made anew."""
    reasons = [why for item in sorted(retry) if (why := refused(found, item))]
    if reasons:
        raise Refused(
            "; ".join(reasons), tuple(reasons), fix="What has failed, and how it is called, topology plan says."
        )


def _member(found: Found, part: MemberPart) -> tuple[Found, list[Task]]:
    """A cluster, or, where the cluster is well, its association."""
    cluster, attached = found.cluster(part), found.attached(part)
    account, fleet = found.account, found.fleet
    if cluster is not None and _broken(cluster.state) and found.ours(cluster.tags):
        left = tuple(one for one in account.clusters or () if one is not cluster)
        return _with(found, clusters=left), [*cluster_away(found, part, cluster)]
    if cluster is None or attached is None or fleet is None or attached.state not in ("Failed", "Deleting"):
        return found, []
    kept = replace(fleet, attached=tuple(one for one in fleet.attached or () if one is not attached))
    fleets = tuple(kept if one is fleet else one for one in account.fleets or ())
    return _with(found, fleets=fleets), [*association_away(found, part, cluster, attached)]


def _with(found: Found, **parts: object) -> Found:
    return Found(found.topology, replace(found.ground, account=replace(found.account, **parts)))  # type: ignore[arg-type]


def _broken(state: str) -> bool:
    return state in (*FAILED, "deleting")


def refused(found: Found, item: str) -> str:
    """Why an item (`Task.item`) cannot be made anew; empty where it can."""
    if item == FLEET:
        fleet = found.fleet
        if fleet is None:
            return "the Fleet is not there: nothing of it is to be retried"
        return _why(f"Fleet {fleet.id}", fleet.state, ours=found.ours(fleet.tags))
    part = next((one for one in found.topology.members if MEMBER.format(one.name) == item), None)
    if part is None:
        return f"nothing is called '{inert(item, 80)}': say fleet, or 'member NAME'"
    cluster, attached = found.cluster(part), found.attached(part)
    if cluster is None:
        return f"cluster {part.name} is not there: nothing of it is to be retried"
    if attached is not None and attached.state in ("Failed", "Deleting"):
        return ""
    return _why(_named(part, cluster), cluster.state, ours=found.ours(cluster.tags))


def _named(part: MemberPart, cluster: MemberCluster) -> str:
    return f"cluster {part.name} ({cluster.id})"


def _why(what: str, state: str, *, ours: bool) -> str:
    if not ours:
        return f"{what} was adopted: it is not deleted here; mend it, or name another by its id"
    return "" if _broken(state) else f"{what} has not failed: it is {state or 'in no state'}"
