"""A run in lines: its head, a ledger of its routes layer by layer, what it waits for, and its journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console.decide.plan import short
from console.model.fleet import Fleet, Layer, Route
from console.model.freshness import SourceName
from console.model.overdue import UNWRITTEN
from console.model.run import JournalLine, Reason, RunReport, RunRoute, RunState, Severity, Split
from console.model.spans import span
from console.model.text import inert
from console.present import changes, onesteps, splits, timeline, waits, words
from console.present.line import EMPTY, Ink, Line, Span, accent, dim, fit, length, line, paragraph, strong, title
from console.present.sheet import Column, Sheet
from console.present.times import FRESH, clock, exact, moment

ROOMY = 100
"""Cells from which on routes are called by their whole names."""
WHOLE = 10_000
"""Characters of one sentence that are shown; a page scrolls."""
_Item = tuple[RunRoute, Route | None]
"""A route as the run tells it, and as the picture shows it."""


def weights(values: Split) -> str:
    """`62:38`; `absent` for a key that is not there."""
    return ":".join("absent" if value is None else str(value) for _, value in values) or "?"


def head(report: RunReport, wall: float) -> Line:
    """`RUN 7c1  shift  running  elapsed 1:12  by oncall@jump1`."""
    state = words.of(report.state)
    end = report.ended if report.ended is not None else wall
    spent = () if report.started is None else (Span(f"  elapsed {exact(end - report.started)}"),)
    of = f" of {inert(report.of, 40)}" if report.of else ""
    what = f"{inert(report.kind, 20)} {inert(report.target, 80)}".strip()
    return line(
        strong(f"RUN {inert(report.run, 40)}"), f"  {what}{of}  ", state.marked, *spent,
        dim(f"  by {inert(report.actor, 60) or '?'}"),
    )  # fmt: skip


def rail(report: RunReport, wall: float, cells: int) -> list[Line]:
    """The steps with the one that it is at, what runs down, and when it goes back by itself."""
    out: list[Line] = []
    if len(report.steps) > 1 or report.going == "back":
        pieces: list[Span] = [title("STEPS")]
        for number, percent in enumerate((0, *report.steps)):
            here = number == report.step
            shown = f"[{percent} %]" if here else f"{percent} %"
            pieces += [Span("  "), Span(shown, Ink.STRONG if here else Ink.DIM)]
        if report.step > len(report.steps):
            pieces.append(Span("  [on the way back by itself]", Ink.STRONG))
        elif report.going == "back" and not report.state.over:
            pieces.append(Span("   going back", Ink.WARN))
        out.append(tuple(pieces))
    if report.hold_until is not None and not report.state.over:
        left = max(0.0, report.hold_until - wall)
        out.append(line(f"holds here for {exact(left)} more, then the next step; 3 skips that, 4 adds 10 min"))
    if report.expires is not None:
        left = report.expires - wall
        overdue = f"overdue: should have gone back {exact(-left)} ago"
        when = f"goes back by itself in {exact(left)}" if left > 0 else overdue
        keeps = "; 1 keeps it for good, 4 adds 10 min" if report.commandable else ""
        out.append(line(Span(when, Ink.PLAIN if left > 0 else Ink.BAD), dim(keeps)))
    if report.debts:
        ways = f"; fleet-console restore-sync {inert(report.run, 40)} restores it" if not report.commandable else ""
        off = f"automated sync of {inert(', '.join(report.debts), 200)} is off{ways}"
        out.append(line(Span(off, Ink.PLAIN if report.commandable else Ink.WARN)))
    if report.overrides:
        out.append(line(Span(f"overrides {inert(', '.join(report.overrides), 200)}", Ink.WARN)))
    return [fit(one, cells) if length(one) > cells else one for one in out]


def keys(report: RunReport) -> list[Line]:
    """The live commands, each with what it means; of a run whose runner is dead, the ways on."""
    if report.state is RunState.INTERRUPTED and report.recorded and not report.one_step:
        return [line(accent("2"), f" go back; fleet-console resume {inert(report.run, 40)} --takeover takes it over")]
    if report.state is RunState.INTERRUPTED and not report.provisions:
        resumes = (accent("5"), Span(" resume: a new runner goes on from what stands there  "))
        return [resumes if report.one_step else (*resumes, accent("2"), Span(" go back"))]
    if not report.commandable or report.state.over:
        return []
    before = weights(report.routes[0].before) if report.routes else "what was there"
    back = f"to {before}" if len({one.before for one in report.routes}) == 1 else "to what was there"
    finish = (accent("3"), Span(" finish: skip holds  ")) if len(report.steps) > 1 else ()
    extend = (accent("4"), Span(" extend")) if finish or report.expires is not None else ()
    return [line(accent("1"), " stop: keep as is  ", accent("2"), f" go back {back}  ", *finish, *extend)]


def ledger(report: RunReport, fleet: Fleet, now: float, wall: float, cells: int) -> list[Line]:
    """The routes of a run with the five layers as they are now; what the run knows where the picture has no route."""
    known = [(one, fleet.route(one.route)) for one in report.routes]
    seen = [route for _, route in known if route is not None]
    called = _called(report, cells)
    names = max([len(name) for name in called.values()] or [8])
    columns: list[Column[_Item]] = [
        Column("ROUTE", min(40, max(8, names)), lambda it: line(inert(called[it[0].route], 80))),
        Column("BEFORE", 6, lambda it: line(weights(it[0].before)), rank=1),
        Column("TARGET", 6, lambda it: line(strong(weights(target(report, it[0]))))),
    ]
    cellsof = {Layer.ANNOTATION: 5, Layer.CONTROLLER: 6, Layer.RULE: 11, Layer.OBSERVED: 13}
    unread, behind = _unread(report, fleet, now, wall), _behind(report, fleet, now, wall)
    for layer, room in cellsof.items():
        columns.append(
            Column(
                words.LAYERS[layer][0],
                room,
                _rule_behind(report, fleet, room)
                if behind and layer is Layer.RULE
                else _layer_cell(layer, fleet, room, unread=unread is not None and not report.state.over),
                rank=2 if layer is Layer.CONTROLLER else 0,
            )
        )
    columns.append(Column("AT", 12, lambda it: _at(report, it[0], it[1], now, unread), grow=True))
    out = Sheet(tuple(columns), known, lambda it: it[0].route).lines(cells)
    if len(seen) < len(known):
        out.append(line(dim("  routes that this console does not see show what the run said of them last")))
    return out


def _called(report: RunReport, cells: int) -> dict[str, str]:
    """Route key -> what it is called: without its namespace where there is little room and that is unique."""
    keys = [one.route for one in report.routes]
    bare = [key.rpartition("/")[2] for key in keys]
    return dict(zip(keys, bare if cells < ROOMY and len(set(bare)) == len(bare) else keys, strict=True))


def target(report: RunReport, route: RunRoute) -> Split:
    """What the run wants a route to hold now: a run that went back wants what was there before."""
    turned = report.state is RunState.ROLLED_BACK and report.kind != "rollback"
    return route.before if turned else route.wants or route.after


def _layer_cell(layer: Layer, fleet: Fleet, room: int, *, unread: bool) -> Callable[[_Item], Line]:
    """`unread`: nobody has said for a while what it holds: it steps back."""

    def cell(item: _Item) -> Line:
        run_route, route = item
        if route is None:
            return line(weights(run_route.now)) if layer is Layer.ANNOTATION else (dim("?"),)
        shown = splits.layer_cell(route, layer, fleet, room)
        return tuple(dim(span.text) for span in shown) if unread else shown

    return cell


def _rule_behind(report: RunReport, fleet: Fleet, room: int) -> Callable[[_Item], Line]:
    """The rules as they were read before the run said that they hold: what it does not say is about to be read."""
    shown = _layer_cell(Layer.RULE, fleet, room, unread=False)

    def cell(item: _Item) -> Line:
        run_route, route = item
        wants = dict(target(report, run_route))
        rules = {one.member: one.rule for one in route.members} if route is not None else {}
        off = any(rule is not None and abs(rule - (wants.get(member) or 0)) > 1 for member, rule in rules.items())
        return (dim("reading"),) if off else shown(item)

    return cell


def _behind(report: RunReport, fleet: Fleet, now: float, wall: float) -> bool:
    """Whether the run verified its weights after this console read the ALB last."""
    read = fleet.source(SourceName.ALB).age(now)
    if report.state not in (RunState.DONE, RunState.ROLLED_BACK) or report.ended is None or read is None:
        return False
    return 0 <= wall - report.ended < read


def _unread(report: RunReport, fleet: Fleet, now: float, wall: float) -> float | None:
    """Seconds for which nobody has said what the Ingresses hold: the run waits for the hub, or this console does; None
    where that is no age to speak of."""
    mine, ages = fleet.source(SourceName.ROUTES), [0.0]
    if report.layer is Layer.ANNOTATION and report.since is not None:
        ages.append(wall - report.since)
    if mine.wanting:
        ages.append(mine.age(now) or 0.0)
    return max(ages) if max(ages) >= FRESH else None


def _at(report: RunReport, run_route: RunRoute, route: Route | None, now: float, unread: float | None) -> Line:
    if report.state.over:
        return (words.of(report.state).span,)
    if unread is not None:
        return (Span(f"unread {span(unread)}", Ink.WARN),)
    if route is not None and not route.agreement.agrees:
        return splits.verdict_cell(route, now)
    if route is not None and route.probed and not route.agreement.settled:
        return (Span("clients count"),)
    layer = run_route.layer
    if layer is None and report.recorded and report.step and route is not None:
        layer = route.agreement.deepest  # its record tells of no layers; the picture does
    return (dim("starting"),) if layer is None else line(f"{words.LAYERS[layer][1]} holds")


def waiting(report: RunReport, fleet: Fleet, wall: float, cells: int) -> list[Line]:
    """What the run waits for, since when against what is usual, or how it ended; what the layers say of it, and what
    can be done. The runner reads them itself: where it waits for none, what this console reads is told as that."""
    out = paragraph(inert(report.message, WHOLE), cells, ink=_ink(report)) if report.message else []
    if report.state.over:
        return out
    spent = waits.spent(report, wall)
    late = report.since is not None and waits.late(report.usual, wall - report.since)
    out = [line(Span(inert(spent, 200), Ink.WARN if late else Ink.PLAIN)), *out] if spent else out
    for sentence, keys in _said(report, fleet).items():
        read = "" if report.since is not None else ", as read here"
        out += paragraph(f"{', '.join(keys)}{read}: {sentence}", cells, indent=1, ink=Ink.DIM, most=3)
    stuck = any(route.agreement.stuck_at is Layer.CONTROLLER for route in map(fleet.route, _keys(report)) if route)
    if stuck and report.commandable:
        out.append(line(accent("t"), " touch: the controller looks again now; its own retry may be 16 min away"))
    return out


def _said(report: RunReport, fleet: Fleet) -> dict[str, list[str]]:
    """What the layers say of its routes, with the routes of which they say it; not what its message says already."""
    found: dict[str, list[str]] = {}
    for one in report.routes:
        route = fleet.route(one.route)
        if route is not None and route.agreement.sentence:
            found.setdefault(route.agreement.sentence, []).append(route.key)
    return {said: keys for said, keys in found.items() if said not in report.message}


def _keys(report: RunReport) -> tuple[str, ...]:
    return tuple(one.route for one in report.routes)


def _ink(report: RunReport) -> Ink:
    return words.of(report.state).ink if report.state.over else Ink.PLAIN


def journal(lines: Sequence[JournalLine], cells: int | None = None) -> list[Line]:
    """Lines of a journal in their order; what is longer than `cells` is broken, never cut."""
    if not lines:
        return [line(dim("  nothing journaled on this host"))]
    return [piece for one in lines for piece in _journaled(one, cells)]


def newest(report: RunReport, cells: int) -> list[Line]:
    """The journal of a run on its page: what happened last stands at the top, where it is seen."""
    return [line(title("JOURNAL"), dim("  newest first")), *journal(report.lines[::-1], cells)]


def _happened(report: RunReport, fleet: Fleet, wall: float, cells: int) -> list[Line]:
    """The journal; of a run of another host what the Fleet tells of its routes since it began."""
    if report.lines or not report.recorded:
        return newest(report, cells)
    told = _keys(report)
    since = (report.started or 0.0) - 1.0
    moments = [one for one in fleet.timeline if one.about in told and one.at >= since]
    where = f"  of its routes, as the Fleet tells it; its journal is on {inert(report.host, 60) or '?'}"
    shown = [timeline.moment_line(one, wall, cells) for one in moments] or timeline.nothing(fleet, 0.0)
    return [fit(line(title("TIMELINE"), dim(where)), cells), *shown]


def _journaled(one: JournalLine, cells: int | None) -> list[Line]:
    at, phase, step = f"{clock(one.at)} ", f"{inert(one.phase, 12):<10}", f"{inert(one.step, 40)}  "
    sentence = inert(one.sentence, WHOLE)
    whole = line(dim(at), Span(phase), step, dim(sentence))
    if cells is None or length(whole) <= cells:
        return [whole]
    rest = paragraph(sentence, cells, indent=len(at), ink=Ink.DIM)
    return [line(dim(at), Span(phase), step.rstrip()), *rest]


def goes_on(report: RunReport) -> str:
    """That the run needs no screen, or how to undo it once it is over."""
    name = inert(report.run, 40)
    if report.one_step and report.state.over:
        return "over; it moved no weights, and there is nothing to put back"
    if report.provisions and report.state.over:
        way = f"fleet-console resume {name}" if report.resumable else "fleet-console topology status FILE"
        return f"over; {way}"
    if report.state is RunState.INTERRUPTED:
        return f"not over: it stands until somebody says fleet-console resume, or rollback, {name}"
    if report.state in UNWRITTEN:
        return "over; it wrote no weight, and there is nothing to put back"
    if report.state is RunState.SUPERSEDED:
        return "over; somebody else wrote after it, and putting back what was there before it is refused"
    if report.state is RunState.HELD:
        return f"held for good: 2 or fleet-console rollback {name} puts back; a new run goes on from here"
    if report.state.over:
        return f"over; undo it here with 2, or: fleet-console rollback {name}"
    return f"this run goes on without this screen; any login: fleet-console attach {name}"


def run_lines(report: RunReport, fleet: Fleet, now: float, wall: float, cells: int) -> list[Line]:
    """The whole of a run's page."""
    why = (dim("  reason "), Span(inert(report.reason, 200))) if report.reason else ()
    reason = line(dim("plan "), short(report.plan_hash) if report.plan_hash else "?", *why)
    # it blocks, and nobody overrode it: the run met it on its way; the rest was known when it began
    met = [one for one in report.reasons if one.severity is Severity.BLOCKS and one.rule not in report.overrides]
    known = [one for one in report.reasons if one not in met]
    where = line(dim(f"on {inert(report.host, 60) or '?'}  pid {report.pid or '?'}  started {moment(report.started)}"))
    return [
        head(report, wall),
        reason,
        EMPTY,
        *rail(report, wall, cells),
        *(onesteps.run_lines(report, fleet, cells) if report.one_step else ledger(report, fleet, now, wall, cells)),
        EMPTY,
        *keys(report),
        *waiting(report, fleet, wall, cells),
        *_reasons(met, "WHAT IT MET", cells),
        *paragraph(goes_on(report), cells, ink=Ink.DIM),
        EMPTY,
        *_happened(report, fleet, wall, cells),
        EMPTY,
        *_reasons(known, "WHAT WAS KNOWN", cells),
        where,
    ]


def _reasons(reasons: Sequence[Reason], heading: str, cells: int) -> list[Line]:
    return changes.reason_lines(reasons, cells, heading=heading) if reasons else []


def runs_sheet(reports: Sequence[RunReport], note: tuple[Line, ...] = ()) -> Sheet[RunReport]:
    """The list of runs, newest first."""
    columns: list[Column[RunReport]] = [
        Column("RUNS", 8, lambda r: line(inert(r.run, 40)), least=8),
        Column("STATE", 13, lambda r: line(_state(r))),
        Column("STARTED", 16, lambda r: line(moment(r.started))),
        Column("ROUTES", 22, lambda r: line(_listed(r)), grow=True),
        Column("BY", 18, lambda r: line(inert(r.actor, 60) or dim("?")), rank=2),
        Column("REASON", 12, lambda r: line(dim(inert(r.reason, 200))), rank=1, grow=True),
    ]
    return Sheet(tuple(columns), tuple(reports), lambda r: r.run, note)


def _state(report: RunReport) -> Span:
    """Its state, marked; that it should have gone back comes before that it is done."""
    return Span("! overdue", Ink.BAD) if report.overdue else words.of(report.state).marked


def _listed(report: RunReport) -> str:
    """`what`, but an Application by its bare name."""
    if report.one_step:
        return f"{inert(report.kind, 20)} {inert(report.target.rpartition('/')[2], 160)}"
    return what(report)


def what(report: RunReport) -> str:
    """`gateway-demo/api 62:38 -> 80:20`, `drain zone-b, 12 routes`, or `sync argocd/api`."""
    if report.one_step or report.provisions:
        return f"{inert(report.kind, 20)} {inert(report.target, 320)}"
    if report.target or len(report.routes) > 2:
        named = f"{inert(report.kind, 20)} {inert(report.target, 40)}".strip()
        return f"{named}, {len(report.routes)} route{'s' if len(report.routes) != 1 else ''}"
    return ", ".join(f"{inert(r.route, 80)} {weights(r.before)} -> {weights(r.after)}" for r in report.routes) or "?"
