"""A step of the wizard as rows: each field with its value and what is wrong with it beside it, then what the checks of
the step say, and the boxes for what only a person can know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from console.decide.setup import draft as drafts
from console.decide.setup import typed
from console.decide.setup.checks import RULES, is_confirmed
from console.decide.setup.choices import Discovery, choices
from console.decide.setup.draft import Draft
from console.decide.setup.task import Check, Stage, Verdict
from console.decide.setup.typed import Ask
from console.model.text import inert
from console.present import setup_steps
from console.present.line import EMPTY, Ink, Line, Span, accent, dim, line, paragraph, strong

_SIGNS = {Verdict.RED: ("x", Ink.BAD), Verdict.WARN: ("!", Ink.WARN), Verdict.UNCHECKED: ("?", Ink.WARN),
          Verdict.OK: ("+", Ink.GOOD)}  # fmt: skip
_SAYS = {one.name: one.says for one in RULES}


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `key`: a path, `add PATH`, `confirm RULE`, or `check N`; `text`: the value as one types it; `side`: what
    stands beside it; `detail`: everything that is known of it, for the marked row. `locked`: why it cannot be typed."""

    key: str
    kind: Literal["head", "field", "add", "confirm", "check"]
    label: str
    text: str = ""
    ask: Ask = Ask.TEXT
    picks: bool = False
    """Whether there is something to choose from."""
    default: str = ""
    side: Line = EMPTY
    detail: tuple[Line, ...] = ()
    locked: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What rows are made of. `reasons`: path -> why a proposed value is as it is; `wide`: all fields are shown."""

    draft: Draft
    found: Discovery
    checks: tuple[Check, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    wide: bool = False


def rows(known: Known, stage: Stage) -> tuple[Row, ...]:
    """The rows of a step, in order."""
    kept = frozenset(one.path for one in known.draft.problems)
    if stage is Stage.ASSOCIATE:
        held = drafts.at(known.draft.document, "members")
        kept |= {f"members[{number}].label" for number, _ in enumerate(held if isinstance(held, list) else [])}
    return tuple(_rows(known, stage, None if known.wide else kept))


def _rows(known: Known, stage: Stage, shown: frozenset[str] | None) -> Iterator[Row]:
    seen: set[str] = set()
    for one in setup_steps.asked(known.draft.document, stage, shown):
        if isinstance(one, setup_steps.Head):
            yield _head(known, one)
        else:
            seen.add(one.path)
            yield _field(known, one)
    for path, what in setup_steps.ADDS.get(stage, ()):
        yield Row(f"add {path}", "add", f"+ add {what}", detail=(line(dim("enter adds one")),))
    yield from _wrong(known, stage, seen)
    yield from _checked(known, stage)


def _head(known: Known, one: setup_steps.Head) -> Row:
    mine = [each for each in known.draft.problems if each.path == one.path]
    side = line(Span(f"x {mine[0].sentence}", Ink.BAD)) if mine else EMPTY
    return Row(f"head {one.path}", "head", inert(one.words, 60), side=side)


def _field(known: Known, one: setup_steps.Asked) -> Row:
    value = drafts.at(known.draft.document, one.path)
    text, ask = typed.shown(value), typed.ask(one.kind)
    exact = value is None or typed.meant(one.kind, text) == value
    picks = ask is Ask.CHOICE or any(True for _ in choices(known.draft.document, known.found, one.path))
    side, detail = _said(known, one, text)
    return Row(
        one.path, "field", one.label, text, ask, picks, one.default, side, detail,
        "" if exact else "it holds more than one line can say: e edits it as YAML",
    )  # fmt: skip


def _said(known: Known, one: setup_steps.Asked, text: str) -> tuple[Line, tuple[Line, ...]]:
    """What stands beside a field, and all of it."""
    said: list[tuple[str, Ink, tuple[str, ...]]] = []
    for each in known.draft.problems:
        if _about(each.path, one.path):
            said.append((f"x {each.sentence}", Ink.BAD, (each.accepted,) if each.accepted else ()))
    for check in known.checks:
        if check.verdict in (Verdict.RED, Verdict.WARN) and _about(check.about, one.path):
            sign, ink = _SIGNS[check.verdict]
            said.append((f"{sign} {check.measured}", ink, _more(check)))
    reason = known.reasons.get(one.path, "")
    if said:
        detail = [one for words, ink, more in said for one in (line(Span(words, ink)), *map(_plain, more))]
        return line(Span(said[0][0], said[0][1])), tuple(detail)
    about = next(
        (each.about for each in choices(known.draft.document, known.found, one.path) if each.value == text), ""
    )
    if about:
        return line(dim(about)), (line(dim(f"{one.path}  {reason or about}")),)
    if reason:
        return line(dim(reason)), (line(dim(f"proposed: {reason}")),)
    return EMPTY, (line(dim(f"{one.path}  {_takes(one)}")),)


def _plain(words: str) -> Line:
    return line(f"  {words}")


def _takes(one: setup_steps.Asked) -> str:
    words = {
        Ask.WORDS: "several, with commas between them", Ask.PAIRS: "NAME=VALUE, with commas between them",
        Ask.TICK: "space turns it", Ask.CHOICE: f"one of {', '.join(typed.words(one.kind))}", Ask.TEXT: "",
    }[typed.ask(one.kind)]  # fmt: skip
    default = f"by default {one.default}" if one.default else ""
    return "; ".join(filter(None, (words, default)))


def _about(about: str, path: str) -> bool:
    """Whether a problem at `about` is one of the field at `path`: there, within it, or of the whole that it begins."""
    return about == path or about.startswith((f"{path}[", f"{path}."))


def _wrong(known: Known, stage: Stage, seen: set[str]) -> Iterator[Row]:
    """Problems of this step that no field has beside it."""
    for number, one in enumerate(known.draft.problems):
        here = setup_steps.stage_of(one.path, known.draft.document) is stage
        if here and not any(_about(one.path, path) for path in seen):
            detail = (line(Span(f"x {one}", Ink.BAD)),)
            yield Row(f"wrong {number}", "check", f"x {one}", detail=detail)


def _checked(known: Known, stage: Stage) -> Iterator[Row]:
    if known.draft.topology is None:
        many = len(known.draft.problems)
        words = f"checks wait until {many} problem{'s are' if many != 1 else ' is'} gone"
        yield Row("head checks", "head", words)
        return
    mine = [one for one in known.checks if stage in setup_steps.told_at(one, known.draft.document)]
    good = sum(1 for one in mine if one.verdict is Verdict.OK)
    yield Row("head checks", "head", f"checks: {good} ok" if mine else "checks: none at this step")
    for number, one in enumerate(mine):
        if one.verdict in (Verdict.RED, Verdict.WARN):
            sign, ink = _SIGNS[one.verdict]
            side = line(Span(f"{one.about}: {one.measured}"))
            yield Row(f"check {number}", "check", f"{sign} {one.rule}", side=side, detail=_detail(one, ink))
    for rule in dict.fromkeys(one.rule for one in mine if one.verdict is Verdict.UNCHECKED):
        yield _confirm(rule, [one for one in mine if one.rule == rule and one.verdict is Verdict.UNCHECKED])


def _confirm(rule: str, found: Sequence[Check]) -> Row:
    """The box for a rule that only a person can answer."""
    given = all(map(is_confirmed, found))
    says = _SAYS.get(rule, rule)
    side = line(strong("I have confirmed: ") if given else dim("I have confirmed: "), says)
    detail: list[Line] = []
    for one in found:
        detail.append(line(Span(f"? {one.about}: {one.measured}", Ink.PLAIN if given else Ink.WARN)))
        detail += [line(f"  by hand: {one.fix}")] if one.fix else []
    return Row(f"confirm {rule}", "confirm", rule, "yes" if given else "no", Ask.TICK, side=side, detail=tuple(detail))


def _detail(one: Check, ink: Ink) -> tuple[Line, ...]:
    return (line(Span(f"{one.rule}: {one.about}: {one.measured}", ink)), *map(_plain, _more(one)))


def _more(one: Check) -> tuple[str, ...]:
    needed = f"needed: {one.needed}" if one.needed else ""
    fix = f"fix: {one.fix}" if one.fix else ""
    return tuple(filter(None, (fix, needed, f"by: {one.source}" if one.source else "")))


def detail_lines(row: Row | None, cells: int, most: int) -> list[Line]:
    """What is known of the marked row, wrapped into at most `most` lines."""
    out: list[Line] = []
    for one in row.detail if row is not None else ():
        words, ink = "".join(span.text for span in one), one[0].ink if one else Ink.PLAIN
        indent = len(words) - len(words.lstrip())
        out += paragraph(words.strip(), cells, indent=indent, ink=ink)
    if row is None or len(out) <= most:
        return out
    where = "enter" if row.kind == "check" else "enter on its check below" if row.kind == "field" else "see the review"
    return [*out[: most - 1], line(dim(f"  {len(out) - most + 1} more lines: {where}"))]


def keys_line(row: Row | None, *, typing: bool) -> Line:
    """What the form's own keys do to the marked row, and how one goes to another step."""
    if typing:
        return (accent("enter"), Span(" keeps it  "), accent("esc"), Span(" takes it back"))
    deeds = {"add": "adds it", "confirm": "gives your word", "check": "shows it whole"}
    deed = "" if row is None or row.locked else deeds.get(row.kind, "chooses" if row.picks else "types")
    if row is not None and row.kind == "field" and row.ask is Ask.TICK and not row.locked:
        deed = "ticks"
    own = (accent("enter"), Span(f" {deed}  ")) if deed else ()
    return (*own, accent("left right 1-9"), Span(" step  "), accent("0"), Span(" review"))


def room(row: Row | None, rows: int) -> int:
    """Lines that the detail of the marked row may take: more where something is wrong with it, so that the way out is
    seen, too."""
    wrong = row is not None and any(span.ink in (Ink.BAD, Ink.WARN) for one in row.detail for span in one)
    return max(6, rows // 3) if wrong else max(3, rows // 6)
