"""The last look at a plan before anything is written for it, wherever it was read from."""

from __future__ import annotations

from console.decide.plan import Plan, RouteChange, checked, weight
from console.errors import Denied, FleetConsoleError, Refused
from console.model.run import RunState
from console.model.text import inert
from console.settings import Settings
from console.store.keys import weight_keys


def guard(plan: Plan, settings: Settings) -> None:
    """Look at a plan once more before anything is written for it, wherever it was read from. Raises `Refused`."""
    settings.check_writable()
    try:
        checked(plan)
    except ValueError as error:
        raise Refused(f"the plan cannot be carried out: {error}") from None
    for change in plan.routes:
        _guard_route(change, plan.kind, settings)


def _guard_route(change: RouteChange, kind: str, settings: Settings) -> None:
    keys = [key for key, _ in change.members]
    members = [member for _, member in change.members]
    weights = set(weight_keys(keys, settings.fleet.weights.key_prefix, members))
    strange = [key for key in keys if key not in weights]
    if strange or not keys:
        raise Refused(f"the plan writes what is no weight: {inert(', '.join(strange) or 'nothing', 200)}")
    if kind != "rollback" and any(v is None or weight(v) is None for _, v in change.after):
        raise Refused("the plan writes a value that is no weight from 0 to 100")
    if kind != "rollback" and sum(weight(v) or 0 for _, v in change.after) != 100:
        raise Refused(f"the plan's weights of {change.key} do not sum to 100")


def unwritten(error: FleetConsoleError) -> RunState:
    """The state of a run that failed before it wrote a weight."""
    return RunState.REFUSED if isinstance(error, Denied | Refused) else RunState.FAILED
