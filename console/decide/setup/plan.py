"""The ordered, idempotent plan of a set-up: what is missing or differs, stage by stage (issue: Set up, C; seed.txt).

Made anew after each task, of the ground as it is then: what is there needs no task. A task stands in the plan once all
that it names can exist; those behind it show what is to come.
"""

from __future__ import annotations

from console.decide.setup import plan_cloud, plan_hub, plan_members
from console.decide.setup.found import Found
from console.decide.setup.left_behind import left_behind
from console.decide.setup.retry import again
from console.decide.setup.stays import stays
from console.decide.setup.task import SetupPlan, Task
from console.model.ground import Ground
from console.model.topology import Topology


def plan(
    topology: Topology, ground: Ground, *, take: frozenset[str] = frozenset(), retry: frozenset[str] = frozenset(),
    prove: bool = False,
) -> SetupPlan:  # fmt: skip
    """Everything to do. `take`: objects (as `str(Key)`) of which fields that others own may be taken; `retry`: what has
    failed and is to be made anew (`Task.item`); `prove`: first requests and files are wanted though nothing else is to
    be done, as after a set-up that did not come to its end. Needs a ground of which `unknown` says nothing."""
    left = tuple(one.what for one in left_behind(Found(topology, ground)))
    found, away = again(Found(topology, ground), retry)
    tasks: list[Task] = [
        *away,
        *plan_cloud.network(found),
        *plan_cloud.fleet(found),
        *plan_hub.ground_floor(found),
        *plan_members.clusters(found),
        *plan_cloud.link(found),
        *plan_cloud.association(found),
        *plan_hub.applications(found, take),
        *plan_hub.gateway(found, take),
    ]
    if tasks or prove or ground.unproven:
        tasks += [*plan_hub.first_requests(found), plan_hub.files(found)]
    return SetupPlan(topology.name, "setup", tuple(tasks), left, stays(Found(topology, ground), take))
