"""A plan and what speaks against it, in lines: annotations before and after, byte for byte; reasons all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from console.decide import reverters
from console.decide.plan import Plan, RouteChange, short
from console.model.fleet import Fleet
from console.model.run import Reason, Severity, Split
from console.model.share import CERTAIN
from console.model.spans import exactly
from console.model.text import inert
from console.present import members, splits, words
from console.present.line import Ink, Line, Span, dim, line, paragraph, strong, title

ABSENT = "absent"


def split_of(change: RouteChange, *, after: bool) -> str:
    """`62:38`: what a change holds before or after, in the order of its members."""
    held = change.weights(change.after if after else change.before)
    return splits.split([held[member] for _, member in change.members])


def summary(plan: Plan) -> str:
    """`gateway-demo/api 62:38 -> 80:20`."""
    return ", ".join(f"{one.key} {split_of(one, after=False)} -> {split_of(one, after=True)}" for one in plan.routes)


def to_dead(fleet: Fleet, now: float, after: Iterable[tuple[str, Split]]) -> str:
    """What weights would send to members that serve nothing, as far as is known, in a sentence; empty where nothing.
    `after`: route key -> the weights that it would have."""
    dead, shares = members.dead(fleet, now), dict[str, list[float]]()
    for _, split in after:
        whole = sum(weight or 0 for _, weight in split)
        for member, weight in split:
            if weight and member in dead:
                shares.setdefault(member, []).append(100.0 * weight / whole)
    names = ", ".join(members.name_of(fleet, member) for member in shares)
    worst = max((max(parts) for parts in shares.values()), default=0.0)
    return f"{names} serves nothing now: up to {worst:.0f} % of the requests would fail." if shares else ""


def several(plan: Plan) -> str:
    """The plan's one route, or how many there are: `3 routes`."""
    return plan.routes[0].key if len(plan.routes) == 1 else f"{len(plan.routes)} routes"


def steps_lines(fleet: Fleet, plan: Plan, cells: int) -> list[Line]:
    """One line a route with its split now and after every step, and how the plan goes through them."""
    named = [f"{percent} %" for percent in plan.steps]
    room = min(max(len(one.key) for one in plan.routes) + 2, 36)
    width = max(8, *(len(split_at(one, percent)) + 2 for one in plan.routes for percent in plan.steps))
    heads = [f"{'  ROUTE':<{room + 2}}", *(f"{name:<{width}}" for name in ("NOW", *named))]
    out = [line(*(title(head) for head in heads))]
    for one in plan.routes:
        splits_ = [split_at(one, percent) for percent in plan.positions]
        out.append(line(f"  {one.key:<{room}}", dim(f"{splits_[0]:<{width}}"), *(f"{s:<{width}}" for s in splits_[1:])))
    out += [line(dim(f"  {sentence}")) for sentence in terms(plan)]
    return [cut for one in out for cut in _broken(one, cells)]


def split_at(change: RouteChange, percent: int) -> str:
    """`81:19`: what a route holds so far on the way."""
    held = change.weights(change.at(percent))
    return splits.split([held[member] for _, member in change.members])


def terms(plan: Plan) -> list[str]:
    """How a plan is carried out, in sentences."""
    out = []
    if plan.at_once:
        out.append("goes to the end at once")
    elif len(plan.steps) > 1:
        out.append(f"{len(plan.steps)} steps, {exactly(plan.hold)} at each once it is verified")
    if plan.expires is not None:
        ramp = ", ".join(f"{percent}" for percent in (*plan.returns, 100))
        proof = f", if proven: {ramp} %" if plan.returns else ""
        out.append(f"goes back by itself {exactly(plan.expires)} after it is done{proof}")
    if plan.on_loss != "continue":
        out.append(f"once nobody has looked for 30 s: {plan.on_loss} at the next step")
    if plan.on_refusal != "hold":
        out.append("where a write in the middle is refused: puts back what it wrote")
    if plan.probe_rate is not None:
        out.append(f"up to {plan.probe_rate:g} probe requests a second until the answers agree, {CERTAIN} for a proof")
    if plan.reverters:
        held = reverters.several(one.key for one in plan.reverters)
        out.append(f"{held} is switched off for the run's time, and restored after it")
    if plan.overrides:
        out.append(f"overrides {', '.join(plan.overrides)}")
    if plan.confirmed:
        out.append(f"confirmed: {', '.join(plan.confirmed)}")
    return out


def annotation_lines(fleet: Fleet, plan: Plan, cells: int) -> list[Line]:
    """Every annotation the plan names: key, value before, value after; unchanged ones step back."""
    out: list[Line] = [line(title("ANNOTATIONS"), dim("  before -> after, exactly"))]
    for change in plan.routes:
        if len(plan.routes) > 1:
            out.append(line(f"  {change.key}"))
        names = dict(change.members)
        for (key, before), (_, after) in zip(change.before, change.after, strict=True):
            name = members.name_of(fleet, names[key])
            same = before == after
            arrow = f"{_value(before)} -> {_value(after)}" if not same else f"{_value(after)} unchanged"
            shown = inert(key, 200)
            room = cells - len(arrow) - len(name) - 6
            out.append(
                line(dim(f"  {tail(shown, room)}  "), Span(arrow, Ink.DIM if same else Ink.STRONG), dim(f"  {name}"))
            )
    return out


def _value(raw: str | None) -> str:
    return ABSENT if raw is None else f'"{inert(raw, 40)}"'


def tail(key: str, room: int) -> str:
    """A key cut in front, where it is the same for all members, so that its end stays readable."""
    return key if len(key) <= room else "…" + key[-max(8, room - 1) :]


def reason_lines(
    reasons: Sequence[Reason],
    cells: int,
    *,
    heading: str = "WHAT SPEAKS AGAINST IT",
    answered: Callable[[Reason], bool] = lambda _: False,
) -> list[Line]:
    """Every reason, those that block first, those that were answered last: what was measured, what is needed, how to
    get there. `answered`: whether one was overridden or confirmed by name, which is said."""
    if not reasons:
        return [line(title(heading), dim("  nothing that is known"))]
    order = list(Severity)
    out: list[Line] = [line(title(heading))]

    def over(reason: Reason) -> bool:
        return reason.severity is not Severity.INFORMS and answered(reason)

    for reason in sorted(reasons, key=lambda one: (over(one), order.index(one.severity))):
        shown, done = words.of(reason.severity), over(reason)
        ink = Ink.DIM if done else shown.ink
        verb = ("overridden, " if reason.severity is Severity.BLOCKS else "confirmed, ") if done else ""
        out.append(line(Span(f"  {shown.glyph} ", ink), Span(f"{reason.rule}: ", ink), verb + reason.measured))
        if reason.needed and not (done and reason.severity is Severity.ASKS):  # which is the word that was given
            out.append(line(dim("    needed: "), reason.needed))
        out += paragraph(reason.message, cells, indent=4, ink=Ink.DIM) if reason.message else []
    return [piece for one in out for piece in _broken(one, cells)]


def _broken(content: Line, cells: int) -> list[Line]:
    """A line that is too long, broken below its beginning."""
    from console.present.line import length, text

    if length(content) <= cells:
        return [content]
    head, rest = content[:2], text(content[2:])
    indent = min(length(head), 24)
    wrapped = paragraph(rest, cells, indent=indent)
    first = (*head, Span(wrapped[0][-1].text, content[-1].ink)) if length(head) == indent else (*head,)
    return [first, *(wrapped[1:] if length(head) == indent else wrapped)]


def hash_line(plan: Plan) -> Line:
    """`plan 8f31-c02e`."""
    return line(dim("plan "), strong(short(plan.hash)))
