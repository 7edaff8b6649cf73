"""Plans and runs as the command line tells them: plain text, and a teller that says of a run only what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.decide import rules
from console.decide.intents import Decision
from console.decide.plan import Plan, short, untouched
from console.model.fleet import Fleet
from console.model.overdue import SAID
from console.model.run import Reason, RunReport, RunRoute, RunState, Severity
from console.present import changes, ledgers, waits, words
from console.present.line import Line, dim, line, text
from console.present.tables import COLUMNS, ascii_bars
from console.present.times import clock


def plan_text(fleet: Fleet, plan: Plan | None, reasons: Sequence[Reason], decision: Decision | None = None) -> str:
    """What a plan would write, in which steps, and what speaks against it."""
    lines: list[Line] = []
    head = "no plan can be made"
    if plan is not None:
        head = f"{plan.kind} {plan.target or changes.summary(plan)}  (plan {short(plan.hash)})"
        if len(plan.routes) > 1 or len(plan.steps) > 1 or plan.target:
            lines += changes.steps_lines(fleet, plan, COLUMNS)
        else:
            lines += [line(dim(f"  {sentence}")) for sentence in changes.terms(plan)]
        lines += changes.annotation_lines(fleet, plan, COLUMNS)
    answered = decision.answered if decision else lambda _: False
    lines += changes.reason_lines(reasons, COLUMNS, answered=answered)
    return "\n".join([head, *_plain(lines)])


def annotations_text(fleet: Fleet, plan: Plan) -> str:
    """Every annotation that a plan names, before and after."""
    return "\n".join(_plain(changes.annotation_lines(fleet, plan, COLUMNS)))


def ways_out(decision: Decision) -> str:
    """How a decision that is refused could be carried out all the same, as options of the command."""
    blocks = sorted({one.rule for one in decision.blocking if one.severity is Severity.BLOCKS})
    asks = sorted({one.rule for one in decision.blocking if one.severity is Severity.ASKS})
    absolute = [name for name in blocks if rules.named(name).absolute and name != "new-key"]
    if absolute:
        return f"{', '.join(absolute)} cannot be overridden"
    key = ["--new-key"] if "new-key" in blocks else []
    blocks = [name for name in blocks if name != "new-key"]
    said = [*key, *([f"--confirm {','.join(asks)}"] if asks else [])]
    said += [f"--override {','.join(blocks)}"] if blocks else []
    return f"repair what is named, or take it on yourself: {' '.join(said)}"


def planned(fleet: Fleet, plan: Plan | None, reasons: Sequence[Reason], reason: str, *, refused: bool) -> RunReport:
    """A plan as a report: nothing was started."""
    routes: tuple[RunRoute, ...] = ()
    said: dict[str, Any] = {}
    if plan is not None:
        routes = tuple(map(untouched, plan.routes))
        said = {"steps": plan.steps, "target": plan.target, "overrides": plan.overrides}
    return RunReport(
        run="",
        fleet_uid=fleet.uid or "",
        kind=plan.kind if plan else "shift",
        state=RunState.REFUSED if refused else RunState.PLANNED,
        plan_hash=plan.hash if plan else "",
        reasons=tuple(reasons),
        routes=routes,
        reason=reason,
        message="refused: see reasons" if refused else "nothing was started",
        **said,
    )


def runs_text(reports: Sequence[RunReport], *, asked: bool = True) -> str:
    """The list of runs; `asked`: whether the Fleet's records are among them."""
    if not reports and not asked:
        return "no runs in this host's journal; what is recorded on the Fleet is not known"
    if not reports:
        return "no runs: none in this host's journal, none recorded on the Fleet"
    return "\n".join(_plain(ledgers.runs_sheet(reports).lines(COLUMNS)))


class Teller:
    """Says what is new in each report of one run."""

    def __init__(self) -> None:
        self._began = False
        self._told = 0
        self._last = ""

    def lines(self, report: RunReport) -> list[str]:
        """New journal lines, then the state where it changed."""
        out: list[str] = []
        if not self._began:
            self._began = True
            out.append(f"run {report.run} ({report.kind}, plan {_hash(report)}): {ledgers.what(report)}")
        out += _plain(ledgers.journal(report.lines[self._told :])) if report.lines[self._told :] else []
        self._told = max(self._told, len(report.lines))
        where = f" at {words.LAYERS[report.layer][1]}" if report.layer and not report.state.over else ""
        waited = waits.told(report)
        state = SAID if report.overdue else report.state.value.replace("_", " ")
        said = f"{state}{where}{': ' + report.message if report.message else ''}"
        said = report.message if report.overdue and report.message.startswith(SAID) else said
        said += f" ({waited})" if waited else ""
        if said != self._last:
            self._last = said
            out.append(f"{clock(report.ended)} {said}" if report.ended else said)
        return out


def _hash(report: RunReport) -> str:
    return short(report.plan_hash) if report.plan_hash else "?"


def _plain(lines: Sequence[Line]) -> list[str]:
    return [ascii_bars(text(one)).rstrip() for one in lines]
