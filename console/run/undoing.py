"""The plan that undoes a run: from this host's journal or the Fleet's record, and from what its Ingresses hold now."""

from __future__ import annotations

from console.decide import plan as plans
from console.decide.plan import Plan, Values
from console.errors import Lost, UsageError
from console.kube import write
from console.kube.connect import Hub
from console.model.fleet import Fleet
from console.run import known, runs
from console.run.access import Access
from console.run.hand import held
from console.run.journal import Journal
from console.run.rows import MOVES_NOTHING


def rollback_plan(access: Access, run: str, hub: Hub | None, fleet: Fleet | None = None, *, now: bool = False) -> Plan:
    """The plan that undoes a run from what its Ingresses hold now, which are read for it. Raises `UsageError` as
    `plan_of`, `Lost` where the hub is not connected, and what a reading raises."""
    plan, named = plan_of(access, run, fleet)
    if hub is None:
        raise Lost("the hub is not connected", fix="What stands there must be read first: see the sources.")
    return plans.undo(plan, named, _stands(hub, plan), now=now)


def plan_of(access: Access, run: str, fleet: Fleet | None = None) -> tuple[Plan, str]:
    """The plan of a run and its whole id: by this host's journal, else by its record on the Fleet, which is untrusted:
    it is shown and confirmed like any plan. Raises `UsageError` where there is none of that id, or its record is
    none."""
    journal = Journal.there(access.state_dir)
    if journal is not None:
        with journal:
            row = journal.named(run)
        if row is not None:
            if row.report.provisions:
                what = f"run {row.report.run} is a {row.report.kind} of a topology: {MOVES_NOTHING}"
                raise UsageError(what, fix=runs.undone_by(row))
            return row.planned(), row.report.run
    record = known.recorded(fleet, run)
    assert fleet is not None, "it has the record"
    return known.plan_of(record, fleet), record.run


def _stands(hub: Hub, plan: Plan) -> dict[str, Values]:
    """What each Ingress of a plan holds now; one that is gone, or another object, is left out."""
    found: dict[str, Values] = {}
    for change in plan.routes:
        ingress = write.read_ingress(hub, change.namespace, change.name)
        if ingress is not None and ingress["metadata"].get("uid") == change.uid:
            found[change.key] = held(ingress, change)
    return found
