"""A set-up run in lines: each stage and task as the journal tells it: done, under way with what it took and usually
takes, to come; then what the cloud itself said, and the journal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.decide.setup.order import Order
from console.decide.setup.plan import plan
from console.decide.setup.task import SetupPlan, Stage, Task
from console.decide.setup.ways import failed, parted
from console.model.ground import Account, Ground
from console.model.run import JournalLine, RunReport, RunState
from console.model.text import inert
from console.present import ledgers, words
from console.present.line import EMPTY, Ink, Line, Span, accent, cut, dim, fit, length, line, paragraph, title
from console.present.times import exact

_BLANK = Ground(Account((), (), (), (), (), (), (), (), ()))
"""A ground where nothing is: the plan in it has every task."""


_WORDS = {
    " admits ": Stage.LINK, " shuts out ": Stage.LINK, " detached ": Stage.ASSOCIATE, " leaving ": Stage.ASSOCIATE,
    "vswitch ": Stage.NETWORK, "vpc ": Stage.NETWORK, "fleet ": Stage.FLEET,
    "delete ApplicationSet": Stage.APPLICATIONS, "applications of ": Stage.APPLICATIONS,
    "delete ": Stage.GATEWAY, "gateway ": Stage.GATEWAY,
}  # fmt: skip
"""What the id of a task that is not known beforehand holds -> its stage."""


_NOT_TASKS = ("launch", "word", "takeover")
"""Steps of the journal that are none of a set-up's."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a run was told to do, in order. `tasks`: id -> the task as far as it is known beforehand."""

    topology: str
    ids: tuple[str, ...]
    tasks: Mapping[str, Task]

    def stage(self, task: str) -> Stage | None:
        """The stage of a task; None where nothing tells it."""
        known = self.tasks.get(task)
        if known is not None:
            return known.stage
        return next((stage for word, stage in _WORDS.items() if word in f"{task} "), None)


def outline(order: Order, shown: SetupPlan | None = None) -> Outline:
    """Of an order; `shown`: its plan as it was confirmed, or as it is still to be done."""
    known = {one.id: one for one in plan(order.topology, _BLANK, prove=True).tasks} if order.kind == "setup" else {}
    known |= {one.id: one for one in shown.tasks} if shown is not None else {}
    return Outline(order.topology.name, order.tasks, known)


@dataclass(frozen=True, slots=True)
class Going:
    """One task as the journal tells it: `state` to come | under way | done | failed; times are epoch seconds."""

    id: str
    state: str
    what: str
    began: float | None = None
    ended: float | None = None
    said: str = ""


def going(report: RunReport, told: Outline | None) -> tuple[Going, ...]:
    """Every task: those of the order first, then what was done besides."""
    mine: dict[str, list[JournalLine]] = {}
    for one in report.lines:
        mine.setdefault(one.step, []).append(one)
    known = told.tasks if told else {}
    named = _journaled(told.ids if told else (), mine)
    besides = [name for name in mine if name not in named.values() and name not in _NOT_TASKS]
    ids = [*named, *besides]
    lines = [mine.get(named.get(name) or name, []) for name in ids]
    reached = max((place for place in range(len(named)) if lines[place]), default=-1)
    return tuple(_going(name, lines[place], known.get(name), passed=place < reached) for place, name in enumerate(ids))


def _journaled(names: Iterable[str], mine: Iterable[str]) -> dict[str, str]:
    """What the journal calls each task: ids that were not known when it was planned stand in the place of `<...>`.
    Tasks of one shape, say the waits for each member's application, are journaled in the order in which they stand."""
    found, free = dict[str, str](), dict.fromkeys(mine)
    for name in names:
        shape = re.compile(".+".join(map(re.escape, re.split(r"<[^>]*>", name))))
        found[name] = name if name in free else next(filter(shape.fullmatch, free), name)
        free.pop(found[name], None)
    return found


def _going(name: str, lines: Sequence[JournalLine], task: Task | None, *, passed: bool) -> Going:
    """`passed`: a later task was begun, so this one was so already."""
    what = task.what if task is not None else name
    if not lines:
        return Going(name, "done" if passed else "to come", what)
    last = lines[-1]
    first = next((one.sentence for one in lines if one.phase in ("intended", "noted")), "")
    what = first or (last.sentence if task is None else what)
    done = next((one for one in lines if one.phase == "confirmed"), None)
    if done is not None:
        return Going(name, "done", what, lines[0].at, done.at, done.sentence)
    state = "failed" if last.phase == "refused" else "under way"
    return Going(name, state, what, lines[0].at, None, last.sentence)


def run_lines(report: RunReport, told: Outline | None, wall: float, cells: int) -> list[Line]:
    """The whole of a set-up run's page."""
    all_ = going(report, told)
    done = sum(1 for one in all_ if one.state == "done")
    counts = line(f"{done} of {len(all_)} tasks done", dim(f"   {_rest(all_, told)}" if not report.state.over else ""))
    out: list[Line] = [ledgers.head(report, wall), counts, EMPTY]
    if report.message:
        ink = words.of(report.state).ink if report.state.over else Ink.PLAIN
        said, *on = parted(inert(report.message, 2000))
        out += paragraph(said, cells, ink=ink)
        out += [one for way in on for one in paragraph(f"- {way}", cells, indent=2)]
    out += [*_keys(report), EMPTY, *_stages(report, all_, told, wall, cells), EMPTY]
    return [*out, *paragraph(ledgers.goes_on(report), cells, ink=Ink.DIM), EMPTY, *ledgers.newest(report, cells)]


def _rest(all_: Sequence[Going], told: Outline | None) -> str:
    known = told.tasks if told else {}
    left = sum(known[one.id].usual for one in all_ if one.state != "done" and one.id in known)
    return f"usually {exact(left)} more" if left else ""


def _keys(report: RunReport) -> list[Line]:
    if report.commandable and not report.state.over:
        return [line(accent("1"), " stop: finish what is in flight and hold; what was done stays")]
    if not report.resumable:
        return []
    keys = [line(accent("2"), " resume: look at what stands, and go on from there")]
    if report.kind == "setup":
        if item := failed(report.message):
            keys.append(line(accent("3"), f" make anew: take {item} away, and make it again; reviewed first"))
        keys.append(line(accent("t"), " take away: all that the set-up made; reviewed first"))
    return keys


def _stages(report: RunReport, all_: Sequence[Going], told: Outline | None, wall: float, cells: int) -> list[Line]:
    """Stage by stage; of one that is done a line, of the others every task."""
    groups: dict[Stage | None, list[Going]] = {}
    for one in all_:
        groups.setdefault(told.stage(one.id) if told else None, []).append(one)
    out: list[Line] = []
    for stage, ones in groups.items():
        finished = all(one.state == "done" for one in ones)
        count = f"{sum(one.state == 'done' for one in ones)}/{len(ones)}"
        name = (stage.value if stage is not None else "tasks").upper()
        ink = Ink.GOOD if finished else Ink.PLAIN
        took = _took(ones) if finished else ""
        out.append(
            line(Span("+ " if finished else "  ", ink), title(f"{name:<16}"), Span(f"{count:>6}", ink), dim(took))
        )
        if not finished:
            out += [one for each in ones for one in _task(report, each, told, wall, cells)]
    return out


def _took(ones: Sequence[Going]) -> str:
    first = min((one.began for one in ones if one.began is not None), default=None)
    last = max((one.ended for one in ones if one.ended is not None), default=None)
    return f"  {exact(last - first)}" if first is not None and last is not None else ""


def _task(report: RunReport, one: Going, told: Outline | None, wall: float, cells: int) -> list[Line]:
    task = told.tasks.get(one.id) if told else None
    usual = f"usually {exact(task.usual)}" if task is not None else ""
    waits = one.state == "under way"
    if one.state == "done":
        sign, ink = "+", Ink.GOOD
        time_ = "was so" if one.began is None else exact((one.ended or one.began) - one.began)
    elif waits and not report.state.over:
        sign, ink, time_ = "~", Ink.ACCENT, f"{exact(wall - (one.began or wall))}, {usual}" if usual else ""
    elif waits or one.state == "failed":
        sign, ink, time_ = ("x", Ink.BAD, "failed") if one.state == "failed" else ("!", Ink.WARN, "not finished")
    else:
        sign, ink, time_ = " ", Ink.DIM, usual
    right = line(dim(time_))
    left = line(Span(f"    {sign} ", ink), Span(cut(inert(one.what, 300), cells - 8 - length(right)), _plain(ink)))
    out: list[Line] = [(*fit(left, cells - length(right) - 1), Span(" "), *right)]
    if one.said and one.state != "done" and one.said != one.what:
        out += paragraph(
            inert(one.said, 600), cells, indent=8, ink=Ink.BAD if one.state == "failed" else Ink.DIM, most=4
        )
    return out


def _plain(ink: Ink) -> Ink:
    return ink if ink in (Ink.DIM, Ink.BAD) else Ink.PLAIN


def over_well(report: RunReport) -> bool:
    """Whether a set-up came to its end, and left settings to open."""
    return report.kind == "setup" and report.state is RunState.DONE
