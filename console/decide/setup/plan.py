"""The ordered, idempotent plan of a set-up: what is missing or differs, stage by stage (issue: Set up, C; seed.txt).

Made anew after each task, of the ground as it is then: what is there needs no task. A task stands in the plan once all
that it names can exist; those behind it show what is to come.
"""

from __future__ import annotations

from console.decide.setup import plan_cloud, plan_hub, plan_members
from console.decide.setup.found import Found
from console.decide.setup.task import SetupPlan, Task
from console.model.ground import Ground
from console.model.topology import Topology

NEEDED = ("vpcs", "subnets", "fleets", "clusters", "groups")
"""Parts of the account without which nobody can tell what is missing."""
_WRITTEN = ("Namespace", "AlbConfig", "IngressClass", "Ingress", "AppProject", "ApplicationSet")
"""Kinds that could not be listed and may be there: what cannot be seen is not made anew."""


def unknown(ground: Ground) -> tuple[str, ...]:
    """Why no plan can be made yet, a sentence for each part that is needed and was not read."""
    parts = [name for name in NEEDED if getattr(ground.account, name) is None]
    parts += [name for name in ground.unread if name.startswith("hub ") and name.removeprefix("hub ") in _WRITTEN]
    return tuple(f"{name}: {ground.unread.get(name, 'not read')}" for name in parts)


def plan(topology: Topology, ground: Ground, *, take: frozenset[str] = frozenset(), prove: bool = False) -> SetupPlan:
    """Everything to do. `take`: objects (as `str(Key)`) of which fields that others own may be taken; `prove`: first
    requests and files are wanted though nothing else is to be done. Needs a ground of which `unknown` says nothing."""
    found = Found(topology, ground)
    tasks: list[Task] = [
        *plan_cloud.network(found),
        *plan_cloud.fleet(found),
        *plan_hub.ground_floor(found),
        *plan_members.clusters(found),
        *plan_cloud.link(found),
        *plan_cloud.association(found),
        *plan_hub.applications(found, take),
        *plan_hub.gateway(found, take),
    ]
    if tasks or prove:
        tasks += [*plan_hub.first_requests(found), plan_hub.files(found)]
    return SetupPlan(topology.name, "setup", tuple(tasks))
