"""What a plan would take from others, and what it would do to traffic that flows: said before anything is written, and
done only for objects that a person named (`--take OBJECT`)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from console.decide.setup import manifests, retry
from console.decide.setup.found import Found
from console.decide.setup.manifests import key_of
from console.decide.setup.stays import weights
from console.decide.setup.task import Apply, Check, SetupPlan, Stage, Task, Verdict
from console.model.ground import Key
from console.model.text import inert
from console.model.topology import Topology

LIVE_WEIGHTS = "live-weights"
"""Rule of a plan that would move traffic."""


def live_weights(found: Found, plan: SetupPlan) -> Iterator[Check]:
    """Weights of a route that is there are moved by a shift, with its guardrails: a file that is applied again, perhaps
    long after, must not send traffic back to where somebody took it away from. Every live weight is told, also of a
    member that the file does not name in the route."""
    calls = (one.call for one in plan.tasks)
    taken = {key_of(one.manifest) for one in calls if isinstance(one, Apply) and one.take}
    for part in found.topology.routes if found.topology.gateway is not None else ():
        live = found.hub.find("Ingress", part.ingress, part.namespace)
        held = weights(found, live) if live is not None else {}
        said = manifests.weight_annotations(found, part)
        surplus = {name: value for name, value in held.items() if name not in said and value != "0"}
        if not held or (not surplus and all(held.get(name) == value for name, value in said.items())):
            continue
        names = [*said, *surplus]
        flows = inert(":".join(held.get(one, "absent") for one in names), 200)
        wanted = ":".join(said.get(one, "absent") for one in names)
        key = Key("networking.k8s.io", "Ingress", part.namespace, part.ingress)
        take = key in taken
        yield Check(
            LIVE_WEIGHTS, Verdict.WARN if take else Verdict.RED, Stage.GATEWAY, _about(found.topology, part.name),
            f"Ingress {part.name}: annotations", f"traffic flows at {flows}, the topology says {wanted}",
            "the same weights, or your word that traffic is to move",
            "" if take else f"Take the live weights into the file, or move traffic with: fleet-console shift"
            f" {part.name} --to MEMBER=WEIGHT,... --reason TEXT, or say --take '{key}'.",
        )  # fmt: skip


def failed(found: Found, plan: SetupPlan) -> Iterator[Check]:
    """What has failed for good: a run that comes to wait for it holds at once. An Application may come right by what
    the plan changes before."""
    for task in plan.tasks:
        if not task.failed:
            continue
        if task.item:
            refused = retry.refused(found, task.item)
            way = f"fleet-console topology apply FILE --retry {shlex.quote(task.item)}"
            fix = (
                f"Mend it at the cloud: {refused}."
                if refused
                else f"Have it made anew: {way}; or mend it at the cloud."
            )
        else:
            fix = "Look at it in ArgoCD, and repair what its message names: a set-up holds where it is still so."
        about = _item(found.topology, task.item) if task.item else "applications"
        yield Check(
            "failed", Verdict.RED if task.item else Verdict.WARN, task.stage, about, task.what.partition(" (it is ")[0],
            task.failed, "something that has not failed, to be waited for", fix,
        )  # fmt: skip


def _item(topology: Topology, item: str) -> str:
    """The part of the file that an item is."""
    names = [retry.MEMBER.format(one.name) for one in topology.members]
    return f"members[{names.index(item)}]" if item in names else item


def conflict(topology: Topology, task: Task, fields: Sequence[tuple[str, str]]) -> Check:
    """A task whose fields (path, owner) others manage with other values."""
    assert isinstance(task.call, Apply), "only an apply conflicts"
    key = key_of(task.call.manifest)
    told = ", ".join(f"{path.lstrip('.')} (of {owner})" for path, owner in fields[:4])
    more = f" and {len(fields) - 4} more" if len(fields) > 4 else ""
    return Check(
        "conflict", Verdict.RED, task.stage, _about(topology, f"{key.namespace}/{key.name}"),
        f"server-side apply of {key}, dry run", f"others manage {told}{more}", "no field of others changed",
        f"Take their values into the file, or take the fields from them: --take '{key}'.",
    )  # fmt: skip


def refused(topology: Topology, task: Task, sentence: str) -> Check:
    """A task that the API server would not take."""
    assert isinstance(task.call, Apply), "only an apply is tried"
    key = key_of(task.call.manifest)
    return Check(
        "admission", Verdict.RED, task.stage, _about(topology, f"{key.namespace}/{key.name}"),
        f"server-side apply of {key}, dry run", sentence, "the API server takes it", "Correct what it names.",
    )  # fmt: skip


def _about(topology: Topology, name: str) -> str:
    """The part of the file that an object comes from."""
    for number, one in enumerate(topology.routes):
        if one.name == name:
            return f"routes[{number}]"
    bare = name.rpartition("/")[2]
    for number, part in enumerate(topology.applications):
        if part.name == bare:
            return f"applications[{number}]"
    return "gateway" if topology.gateway is not None and topology.gateway.name == bare else "name"
