"""A set-up in words and as JSON: what was found, what is red, what will be done, what differs, what is unchecked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.decide.plan import short
from console.decide.setup.checks import is_confirmed, reds, unconfirmed
from console.decide.setup.task import Change, Check, SetupPlan, Stage, Task, Verdict, Wait, canonical, writes
from console.errors import EXIT_DONE, EXIT_HELD
from console.model.run import RunReport
from console.model.text import inert
from console.model.topology import SCHEMA, Topology
from console.present.line import wrap
from console.present.setup_checks import checks_document, unchecked_document
from console.present.times import exact

_CELLS = 80
"""Of what is told of a new thing: the narrowest terminal that is read on."""
_NAMED = 4
"""Things left behind that one line names."""
_STAYING = 20
"""Things that stay besides what the topology says, a line each."""
_LONGEST = 10_000
_PROOF = (Stage.FIRST, Stage.FINISH)
_ORDER = (Verdict.RED, Verdict.WARN, Verdict.UNCHECKED, Verdict.OK)


def deed(task: Task) -> str:
    """A task in words that begin with what is done: its verb stands before them where they do not."""
    return task.what if task.what.startswith(f"{task.verb} ") else f"{task.verb}: {task.what}"


def check_lines(checks: Sequence[Check], *, all_: bool = False) -> list[str]:
    """What speaks against it first; of those that are ok the number alone, unless all are wanted."""
    out: list[str] = []
    for verdict in _ORDER:
        for one in checks:
            if one.verdict is verdict and (all_ or verdict is not Verdict.OK):
                out += _check(one)
    good = sum(1 for one in checks if one.verdict is Verdict.OK)
    return out if all_ or not good else [*out, f"  ok         {good} checks"]


def _check(one: Check) -> list[str]:
    word = "by word" if is_confirmed(one) else one.verdict.value
    lines = [f"  {word:<10} {one.rule:<24} {one.about}: {one.measured}"]
    if one.needed and one.verdict is not Verdict.OK:
        lines.append(f"{'':<13}needed: {one.needed}")
    if one.fix:
        lines.append(f"{'':<13}{'by hand' if one.verdict is Verdict.UNCHECKED else 'fix'}: {one.fix}")
    if one.verdict is not Verdict.OK and one.source:
        lines.append(f"{'':<13}by: {one.source}")
    return lines


def plan_lines(plan: SetupPlan) -> list[str]:
    """The tasks in order, with what they change, what is final, and how each is taken back."""
    if not plan.tasks:
        return [f"  {nothing_to_do(plan)}"]
    out: list[str] = []
    stage = None
    for number, one in enumerate(plan.tasks, 1):
        if one.stage is not stage:
            stage = one.stage
            out.append(f" {stage.upper()}")
        out += task_lines(one, number)
    return [*out, *(f"  {one}" for one in stays_lines(plan))]


def nothing_to_do(plan: SetupPlan) -> str:
    """What a plan without tasks means."""
    if plan.kind == "teardown":
        return "nothing to do: nothing of ours is there"
    if plan.left or plan.stays:
        rest = [left_line(plan)] if plan.left else []
        return f"nothing to do for what the topology names; {'; '.join((*rest, *stays_lines(plan)))}"
    return "nothing to do: everything is as the topology says"


def left_line(plan: SetupPlan) -> str:
    """`2 things that it named before still stand: Ingress shop/old, ApplicationSet argocd/old`."""
    count, told = len(plan.left), ", ".join(plan.left[:_NAMED])
    more = f" and {count - _NAMED} more" if count > _NAMED else ""
    things, stand = ("things", "stand") if count > 1 else ("thing", "stands")
    return f"{count} {things} that it named before still {stand}: {told}{more}"


def stays_lines(plan: SetupPlan) -> list[str]:
    """What stands besides what the topology says, `stays: rule other.example.com on Ingress ns/name, by kubectl`."""
    more = [f"stays: {len(plan.stays) - _STAYING} more"] if len(plan.stays) > _STAYING else []
    return [*(f"stays: {one}" for one in plan.stays[:_STAYING]), *more]


def task_lines(one: Task, number: int) -> list[str]:
    """One task."""
    waits = isinstance(one.call, Wait)
    lines = [f"  {number:>3} {deed(one)}  ({'usually ' if waits else ''}{exact(one.usual)})"]
    lines += [f"{'':<14}{change_text(change)}" for change in one.changes]
    for phrase in one.says:
        lines += [f"{'':<14}{said}" for said in wrap(phrase, _CELLS - 14)]
    lines += [f"{'':<14}final: {one.final}"] if one.final else []
    lines += [f"{'':<14}failed: {one.failed}"] if one.failed else []
    return lines


def change_text(change: Change) -> str:
    """`spec.listeners[8001/HTTP]: ... -> removed`."""
    before = "absent" if change.before is None else change.before
    after = "removed" if change.after is None else change.after
    return f"{change.path}: {before} -> {after}"


def plan_text(topology: Topology, checks: Sequence[Check], plan: SetupPlan | None, notes: Sequence[str] = ()) -> str:
    """The whole answer of `topology plan`."""
    lines = [f"topology {topology.name}, Fleet {topology.fleet.name} in {topology.region}"]
    lines += ["", "CHECKS", *check_lines(checks)] if checks else []
    lines += ["", f"PLAN {short(plan.hash)}  {len(plan.tasks)} tasks", *plan_lines(plan)] if plan is not None else []
    lines += ["", *notes] if notes else []
    return "\n".join(lines)


def verdict_line(checks: Sequence[Check], plan: SetupPlan) -> str:
    """One sentence: may it begin."""
    red, open_ = len(reds(checks)), len(unconfirmed(checks))
    if red:
        return f"refused: {red} check{'s are' if red > 1 else ' is'} red, and nothing is written on red"
    rest = f"; {open_} unchecked, recorded as unconfirmed" if open_ else ""
    count = sum(1 for one in plan.tasks if writes(one.call))
    left = f"; {len(plan.left)} left behind, see left-behind" if plan.left else ""
    return f"{count} write{'s' if count != 1 else ''}{rest}{left}"


def status_text(topology: Topology, checks: Sequence[Check], plan: SetupPlan, notes: Sequence[str]) -> str:
    """What stands, stage by stage, and what is missing."""
    lines = [f"topology {topology.name}, Fleet {topology.fleet.name} in {topology.region}"]
    for stage in Stage:
        missing = [one for one in plan.tasks if one.stage is stage]
        if stage in _PROOF or not _has(topology, stage):
            continue
        word = "stands" if not missing else f"{len(missing)} to do"
        lines.append(f"  {stage.value:<14} {word:<10} {missing[0].what if missing else ''}".rstrip())
    red = reds(checks)
    lines += [f"  red: {one.rule}: {one.about}: {one.measured}" for one in red]
    lines += [f"  left behind: {left_line(plan)}"] if plan.left else []
    lines += [f"  {one}" for one in stays_lines(plan)]
    return "\n".join([*lines, *notes])


def _has(topology: Topology, stage: Stage) -> bool:
    """Whether a topology has anything at a stage."""
    kinds = {one.kind for one in topology.members}
    return {
        Stage.ACK: "ack" in kinds, Stage.REGISTERED: "registered" in kinds,
        Stage.APPLICATIONS: bool(topology.applications), Stage.GATEWAY: topology.gateway is not None,
        Stage.LINK: topology.gateway is not None,
    }.get(stage, True)  # fmt: skip


def status_exit(plan: SetupPlan) -> int:
    """0 where everything stands, 4 where something is missing or differs."""
    return EXIT_HELD if plan.tasks else EXIT_DONE


def run_line(report: RunReport) -> str:
    """How the last run ended."""
    return (
        f"last run {report.run} ({report.kind}): {report.state.value.replace('_', ' ')}: {inert(report.message, 500)}"
    )


def document(
    topology: Topology, checks: Sequence[Check], plan: SetupPlan | None, *, run: RunReport | None = None,
    notes: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """The answer of every `topology` verb; assets/schemas holds its schema."""
    tasks = plan.tasks if plan is not None else ()
    return {
        "schema": SCHEMA,
        "topology": topology.name,
        "kind": plan.kind if plan is not None else None,
        "plan_hash": plan.hash if plan is not None else None,
        "checks": checks_document(checks),
        "steps": [_task_document(one) for one in tasks],
        "unchecked": unchecked_document(checks),
        "drift": [
            {"step": one.id, "path": c.path, "before": c.before, "after": c.after} for one in tasks for c in one.changes
        ],
        "stays": list(plan.stays) if plan is not None else [],
        "run": None if run is None else run_document(run),
        "notes": list(notes),
    }


def _task_document(one: Task) -> dict[str, Any]:
    kind, values = canonical(one.call)
    return {
        "id": one.id,
        "stage": str(one.stage),
        "verb": one.verb,
        "what": one.what,
        "undo": one.undo,
        "final": one.final,
        "failed": one.failed,
        "usual": one.usual,
        "allowed": one.allowed,
        "item": one.item,
        "changes": [{"path": c.path, "before": c.before, "after": c.after} for c in one.changes],
        "says": list(one.says),
        "call": {"kind": kind.lower(), **_seen(values)},
    }


def _seen(value: Any) -> Any:
    """Plain values with every text inert: items of others in a list that is written may hold anything."""
    if isinstance(value, dict):
        return {inert(name, _LONGEST): _seen(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_seen(one) for one in value]
    return inert(value, _LONGEST) if isinstance(value, str) else value


def run_document(report: RunReport) -> dict[str, Any]:
    """The run that carries a plan out."""
    return {
        "run": report.run,
        "kind": report.kind,
        "state": str(report.state),
        "message": inert(report.message, 2000),
        "started": report.started,
        "ended": report.ended,
        "exit_code": report.state.exit_code,
    }
