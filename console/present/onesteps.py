"""A refresh or a sync in lines: what is written on which Application, where that one stands, and what speaks against
it; and the Application of such a run as the picture shows it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from console.decide.onestep import REFRESH, OneStep, StepDecision, operation
from console.decide.plan import short as short_hash
from console.model.argo import Application
from console.model.fleet import Fleet
from console.model.run import Reason, RunReport, RunState
from console.model.text import inert
from console.present import applications, changes, members
from console.present.line import Line, Span, dim, line, paragraph, strong, text, title
from console.present.tables import COLUMNS
from console.present.times import UNKNOWN

_LEAD = 12
"""Cells of a fact's name."""


def head(application: Application, kind: str, step: OneStep | None) -> Line:
    """`SYNC argocd/api  plan 8f31-c02e`"""
    shown = dim(f"  plan {short_hash(step.hash)}") if step is not None else Span("")
    return line(strong(f"{kind.upper()} {inert(application.key, 320)}"), shown)


def written(step: OneStep, cells: int) -> list[Line]:
    """What is written, exactly, and what comes of it."""
    out = [line(title("WHAT IS WRITTEN"), dim("  once, on this Application, by a run of one step"))]
    return [*out, *(row for words in _written(step) for row in paragraph(words, cells, indent=2))]


def _written(step: OneStep) -> list[str]:
    if step.kind == "refresh":
        how = "with git read anew and no cache" if step.hard else "with git"
        return [
            f"annotation {REFRESH}: {step.annotation}",
            f"ArgoCD compares it {how} and takes the annotation away; that ends the run. Nothing is synced by it.",
        ]
    asked = json.dumps(operation(step, "RUN", "YOU", {}), separators=(",", ":"))
    rest = "with syncOptions and retry of its spec.syncPolicy; status.operationState is cleared"
    ends = "It changes nothing in the member." if step.dry_run else "It changes what the member runs."
    return [f".operation: {inert(asked, 400)}", f"{rest}. {ends}"]


def standing(fleet: Fleet, application: Application, cells: int) -> list[Line]:
    """The Application as it is: member, sync and health, revisions, automation, its last operation."""
    where = members.name_of(fleet, application.member) if application.member else application.destination or UNKNOWN
    words: tuple[tuple[str, str], ...] = (
        ("member", where),
        ("revision", f"{application.revision or UNKNOWN}  wanted {application.wanted or 'HEAD'}"),
        ("sync is", applications.automation(application)),
        ("operation", " ".join(filter(None, (application.phase, application.phase_message))) or "none yet"),
    )
    status = (*applications.status_cell(application.sync), Span("  "), *applications.status_cell(application.health))
    out = [line(title("WHERE IT STANDS"), Span("  "), *status)]
    for name, said in words:
        out += paragraph(f"{name:<{_LEAD}} {said}", cells, indent=2, most=3)
    return out


def decision_text(fleet: Fleet, application: Application, kind: str, decision: StepDecision,
                  reasons: Sequence[Reason]) -> str:  # fmt: skip
    """Everything of a step as the command line tells it."""
    lines = [head(application, kind, decision.step)]
    lines += written(decision.step, COLUMNS) if decision.step is not None else []
    lines += [*changes.reason_lines(reasons, COLUMNS), *standing(fleet, application, COLUMNS)]
    return "\n".join(text(one).rstrip() for one in lines)


def planned(fleet: Fleet, application: Application, kind: str, decision: StepDecision, reasons: Sequence[Reason],
            reason: str, *, refused: bool) -> RunReport:  # fmt: skip
    """A step as a report: nothing was started."""
    return RunReport(
        run="",
        fleet_uid=fleet.uid or "",
        kind=kind,
        state=RunState.REFUSED if refused else RunState.PLANNED,
        plan_hash=decision.step.hash if decision.step else "",
        reasons=tuple(reasons),
        reason=reason,
        target=application.key,
        message="refused: see reasons" if refused else "nothing was started",
    )


def run_lines(report: RunReport, fleet: Fleet, cells: int) -> list[Line]:
    """The Application of a run as the picture shows it."""
    found = next((one for one in fleet.applications if one.key == report.target), None)
    if found is None:
        return [line(dim("this Application is not in the picture"))]
    return standing(fleet, found, cells)
