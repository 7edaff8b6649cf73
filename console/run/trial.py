"""What the API server says of a plan before anybody confirms it: a server-side dry run, the one write of a front."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from console.decide.onestep import OneStep, operation
from console.decide.plan import Plan, RouteChange
from console.decide.reverters import Reverter
from console.errors import Denied, FleetConsoleError, Refused, Superseded
from console.kube import applications, write
from console.kube.connect import Hub
from console.model.run import Reason, Severity
from console.observe import Observer
from console.run.reverters import try_dry
from console.run.who import actor


def reasons(observer: Observer, plan: Plan | OneStep) -> tuple[Reason, ...]:
    """The server's objections to each write of the plan; none where it would take them all. Blocks on the network."""
    hub = observer.hub
    if hub is None:
        return (Reason("dry-run", Severity.BLOCKS, "the hub is not connected", "its answer", "wait for the hub"),)
    if isinstance(plan, OneStep):
        return _objections(lambda: _try_step(hub, plan))
    tries = [
        *(partial(_try, hub, one) for one in plan.routes),
        *(partial(_try_hold, hub, one) for one in plan.reverters),
    ]
    return tuple(reason for one in tries for reason in _objections(one))


def _try(hub: Hub, change: RouteChange) -> None:
    ingress = write.read_ingress(hub, change.namespace, change.name)
    if ingress is None or ingress["metadata"].get("uid") != change.uid:
        raise Superseded(f"Ingress {change.key} is gone, or another object has its name")
    operations = write.weigh(ingress, None, change.before, change.after)
    write.patch(hub, change.namespace, change.name, operations, dry_run=True)


def _try_hold(hub: Hub, one: Reverter) -> None:
    found = write.read(hub, applications.place(one.namespace, one.name))
    if found is not None and found["metadata"].get("uid") == one.uid:
        try_dry(hub, one, found)


def _try_step(hub: Hub, step: OneStep) -> None:
    place = applications.place(step.namespace, step.name)
    found = write.read(hub, place)
    if found is None or found["metadata"].get("uid") != step.uid:
        raise Superseded(f"{place.called} is gone, or another object has its name")
    if step.kind == "refresh":
        operations = applications.refresh(found, step.annotation)
    else:
        asked = operation(step, "dry-run", actor(None), applications.sync_policy(found))
        operations = applications.sync(found, asked)
    write.send(hub, place, operations, dry_run=True)


def _objections(send: Callable[[], None]) -> tuple[Reason, ...]:
    try:
        send()
    except Denied as error:
        needed = error.permission or "the permission to patch"
        return (Reason("permission", Severity.BLOCKS, str(error.args[0]), needed, error.fix),)
    except Refused as error:
        return tuple(reason for reason in error.reasons if isinstance(reason, Reason))
    except FleetConsoleError as error:
        return (Reason("dry-run", Severity.BLOCKS, str(error.args[0]), "the server takes the write", error.fix),)
    return ()
