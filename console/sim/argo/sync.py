"""One sync operation, carried out: every manifest applied in a cluster, the excess pruned or left, and the result as
ArgoCD writes it down."""

from __future__ import annotations

from typing import NamedTuple

from console.sim.argo.charts import Rendered
from console.sim.argo.compare import Id, id_of, with_tracking
from console.sim.argo.destinations import Destination
from console.sim.argo.kinds import MANAGED, tracked_by
from console.sim.client import Obj, Refusal

DONE = "successfully synced (all tasks run)"


class Outcome(NamedTuple):
    """How a sync ended: the operation's phase and message, its result, and the objects as they were written."""

    phase: str
    message: str
    result: Obj
    written: dict[Id, Obj]


def is_partial(operation: Obj) -> bool:
    """Whether an operation leaves the cluster as it is, or touches only some resources: nothing that was deployed."""
    sync = operation.get("sync") or {}
    return bool(sync.get("dryRun") or sync.get("resources"))


async def carry_out(application: Obj, operation: Obj, rendered: Rendered, destination: Destination) -> Outcome:
    """Apply and prune as the operation says. A refusal by the cluster fails the operation, not the others' turn."""
    name = application["metadata"]["name"]
    sync = operation.get("sync") or {}
    options = sync.get("syncOptions") or (application["spec"].get("syncPolicy") or {}).get("syncOptions") or ()
    create_namespace, dry_run = "CreateNamespace=true" in options, bool(sync.get("dryRun"))
    live = destination.live()
    entries, written, refusals = [], {}, []
    for manifest in rendered.objects:
        if not _chosen(manifest, sync):
            continue
        wanted, key = with_tracking(name, manifest), id_of(manifest)
        try:
            word, written[key] = await destination.apply(
                wanted, live.get(key), dry_run=dry_run, create_namespace=create_namespace
            )
            entries.append(entry(manifest, "Synced", f"{called(manifest)} {word}", "Running"))
        except Refusal as refusal:
            refusals.append(str(refusal))
            entries.append(entry(manifest, "SyncFailed", str(refusal), "Failed"))
    mine = {id_of(manifest) for manifest in rendered.objects}
    for key, obj in live.items():
        if key not in mine and tracked_by(obj) == name and _chosen(obj, sync):
            entries.append(await _prune(obj, destination, prune=bool(sync.get("prune")), dry_run=dry_run))
    result = {"revision": rendered.commit.sha, "source": application["spec"]["source"], "resources": entries}
    if refusals:
        message = f"one or more objects failed to apply, reason: {refusals[0]}"
        return Outcome("Failed", message, result, written)
    return Outcome("Succeeded", DONE, result, {} if dry_run else written)


async def _prune(obj: Obj, destination: Destination, *, prune: bool, dry_run: bool) -> Obj:
    if not prune:
        return entry(obj, "PruneSkipped", "ignored (requires pruning)", "Succeeded")
    if not dry_run:
        await destination.remove(obj)
    return entry(obj, "Pruned", "pruned (dry run)" if dry_run else "pruned", "Succeeded")


def _chosen(obj: Obj, sync: Obj) -> bool:
    """Whether an operation that names resources names this one."""
    named = sync.get("resources") or ()
    return not named or any(
        (each.get("kind"), each.get("name")) == (obj["kind"], obj["metadata"]["name"]) for each in named
    )


def called(obj: Obj) -> str:
    """kubectl's name for an object: `deployment.apps/web-demo`."""
    resource = MANAGED[obj["kind"]]
    kind = f"{resource.kind.lower()}.{resource.group}" if resource.group else resource.kind.lower()
    return f"{kind}/{obj['metadata']['name']}"


def entry(obj: Obj, status: str, message: str, phase: str) -> Obj:
    """One object's part of a sync's result."""
    resource = MANAGED[obj["kind"]]
    return {
        "group": resource.group,
        "version": resource.version,
        "kind": resource.kind,
        "namespace": obj["metadata"]["namespace"],
        "name": obj["metadata"]["name"],
        "status": status,
        "message": message,
        "hookPhase": phase,
        "syncPhase": "Sync",
    }
