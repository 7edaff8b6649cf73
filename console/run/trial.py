"""What the API server says of a plan before anybody confirms it: a server-side dry run, the one write of a front."""

from __future__ import annotations

from console.decide.plan import Plan
from console.errors import Denied, FleetConsoleError, Superseded
from console.kube import write
from console.kube.connect import permission
from console.model.run import Reason, Severity
from console.observe import Observer


def reasons(observer: Observer, plan: Plan) -> tuple[Reason, ...]:
    """The server's objections to each write of the plan; none where it would take them all. Blocks on the network."""
    hub = observer.hub
    if hub is None:
        return (Reason("dry-run", Severity.BLOCKS, "the hub is not connected", "its answer", "wait for the hub"),)
    found: list[Reason] = []
    for change in plan.routes:
        path = write.ingress_path(change.namespace, change.name)
        wanted = permission("get", "networking.k8s.io", "ingresses", change.namespace)
        try:
            ingress = write.read(hub, path, f"read Ingress {change.key}", wanted)
            if ingress is None:
                raise Superseded(f"Ingress {change.key} is gone")
            operations = write.weigh(ingress, None, change.before, change.after)
            write.patch(hub, change.namespace, change.name, operations, dry_run=True)
        except Denied as error:
            needed = error.permission or "the permission to patch"
            found.append(Reason("permission", Severity.BLOCKS, str(error.args[0]), needed, error.fix))
        except FleetConsoleError as error:
            found.append(
                Reason("dry-run", Severity.BLOCKS, str(error.args[0]), "the server takes the write", error.fix)
            )
    return tuple(found)
