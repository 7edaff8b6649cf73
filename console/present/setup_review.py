"""A set-up before it begins, in lines: what speaks against it first, then every task by stage, with what is final."""

from __future__ import annotations

from collections.abc import Sequence

from console.decide.plan import short
from console.decide.setup.away import unseen
from console.decide.setup.checks import is_confirmed, reds, unconfirmed
from console.decide.setup.task import Check, SetupPlan, Stage, Task, Verdict, Wait, writes
from console.model.text import inert
from console.present.line import EMPTY, Ink, Line, dim, line, paragraph, strong, title
from console.present.setups import change_text, deed, nothing_to_do, stays_lines, verdict_line
from console.present.times import exact

_ORDER = (Verdict.RED, Verdict.WARN, Verdict.UNCHECKED)
_SIGNS = {Verdict.RED: ("x", Ink.BAD), Verdict.WARN: ("!", Ink.WARN), Verdict.UNCHECKED: ("?", Ink.WARN)}


def head(topology: str, plan: SetupPlan | None) -> Line:
    """`SET UP demo  39 tasks, 24 writes  plan 8f31-c02e`."""
    if plan is None:
        return line(strong(f"SET UP {topology}"))
    word = "TAKE AWAY" if plan.kind == "teardown" else "SET UP"
    count = sum(1 for one in plan.tasks if writes(one.call))
    return line(
        strong(f"{word} {topology}"), f"   {len(plan.tasks)} tasks, {count} writes", dim(f"   plan {short(plan.hash)}")
    )


def lines(
    checks: Sequence[Check], plan: SetupPlan, notes: Sequence[str], kept: Sequence[str], cells: int
) -> list[Line]:
    """Everything. `notes`: what was not said by what was adopted; `kept`: what a teardown leaves."""
    out: list[Line] = []
    if plan.kind == "setup" or reds(checks):
        out += [*paragraph(verdict_line(checks, plan), cells, ink=Ink.BAD if reds(checks) else Ink.PLAIN), EMPTY]
    if plan.kind == "setup" or checks:
        out += [*check_lines(checks, cells), EMPTY]
    told = [*notes, *filter(None, [unseen(plan)])]
    for one in told:
        out += paragraph(f"! {one}", cells, ink=Ink.WARN)
    out += [EMPTY] if told else []
    out += plan_lines(plan, cells)
    if kept:
        out += [EMPTY, line(title("STAYS"), dim("  adopted, of somebody else, or out of reach"))]
        out += [one for each in kept for one in paragraph(inert(each, 1000), cells, indent=2)]
    return out


def check_lines(checks: Sequence[Check], cells: int) -> list[Line]:
    """Red first; of those that are ok the number alone."""
    good = sum(1 for one in checks if one.verdict is Verdict.OK)
    open_ = len(unconfirmed(checks))
    counts = f"  {good} ok, {len(reds(checks))} red, {open_} unchecked without a word"
    out: list[Line] = [line(title("CHECKS"), dim(counts))]
    for verdict in _ORDER:
        for one in checks:
            if one.verdict is verdict:
                out += _check(one, cells)
    return out


def _check(one: Check, cells: int) -> list[Line]:
    sign, ink = _SIGNS[one.verdict]
    by_word = is_confirmed(one)
    out = paragraph(
        f"{'=' if by_word else sign} {one.rule}  {one.about}: {one.measured}", cells, indent=1,
        ink=Ink.PLAIN if by_word else ink,
    )  # fmt: skip
    if one.verdict is Verdict.RED and one.needed:
        out += paragraph(f"needed: {one.needed}", cells, indent=5)
    if one.fix:
        how = "by hand" if one.verdict is Verdict.UNCHECKED else "fix"
        out += paragraph(f"{how}: {one.fix}", cells, indent=5, ink=Ink.DIM if how == "by hand" else Ink.PLAIN)
    return out


def plan_lines(plan: SetupPlan, cells: int) -> list[Line]:
    """The tasks by stage, with what they change, what is final, and how each is taken back."""
    if not plan.tasks:
        said = paragraph(nothing_to_do(plan), cells, indent=2, ink=Ink.WARN if plan.left or plan.stays else Ink.GOOD)
        return [line(title("PLAN")), *said]
    out: list[Line] = [line(title("PLAN"), dim(f"  {short(plan.hash)}"))]
    stage: Stage | None = None
    for number, one in enumerate(plan.tasks, 1):
        if one.stage is not stage:
            stage = one.stage
            out.append(line(strong(f" {stage.upper()}")))
        out += _task(one, number, cells)
    for rest in stays_lines(plan):
        out += paragraph(rest, cells, indent=2, ink=Ink.WARN)
    return out


def _task(one: Task, number: int, cells: int) -> list[Line]:
    usual = f"usually {exact(one.usual)}" if isinstance(one.call, Wait) else exact(one.usual)
    first, *rest = paragraph(f"{number:>3} {deed(one)}  ({usual})", cells, indent=1)
    out = [first, *(line("            ", *more[1:]) for more in rest)]
    for change in one.changes:
        out += paragraph(change_text(change), cells, indent=12, ink=Ink.ACCENT)
    for phrase in one.says:
        out += paragraph(phrase, cells, indent=12, ink=Ink.DIM)
    if one.final:
        out += paragraph(f"final: {one.final}", cells, indent=12, ink=Ink.WARN)
    if one.failed:
        out += paragraph(f"failed: {one.failed}", cells, indent=12, ink=Ink.BAD)
    return out
