"""One route from near: five layers a member, each layer's age and source, the annotations, and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence

from console.model.fleet import Fleet, Gateway, Layer, Route, Weights
from console.model.freshness import Source, SourceName, SourceState
from console.model.share import Verdict
from console.model.text import inert
from console.present import changes, members, rates, routes, sources, splits, timeline, words, workloads
from console.present.line import EMPTY, Ink, Line, Span, dim, fit, line, paragraph, strong, title, width
from console.present.sheet import Column, Sheet
from console.present.times import DAY, UNKNOWN, age, clock, moment

READ_FROM = {
    Layer.ASKED: SourceName.RUNS,
    Layer.ANNOTATION: SourceName.ROUTES,
    Layer.CONTROLLER: SourceName.EVENTS,
    Layer.RULE: SourceName.ALB,
    Layer.OBSERVED: SourceName.PROBE,
}
"""Which source each layer is read from."""


def route_lines(fleet: Fleet, route: Route, now: float, wall: float, cells: int, moments: int = 8) -> list[Line]:
    """Everything known of one route; `wall`: the epoch second of `now`."""
    lost = members.share_of(route, members.dead(fleet, now))
    return [
        line(strong(route.key), Span("  "), *splits.verdict_cell(route, now, lost)),
        *paragraph(routes.where(fleet, route), cells, ink=Ink.DIM, most=2),
        *_agreement(route, cells),
        EMPTY,
        *ledger_sheet(fleet, route).lines(cells),
        EMPTY,
        *layer_lines(fleet, route, now, wall, cells),
        EMPTY,
        line(title("ANNOTATIONS")),
        *annotation_lines(fleet, route, cells),
        *_facts(fleet, route, now, cells),
        EMPTY,
        line(title("WHAT HAPPENED")),
        *(timeline.lines(fleet, wall, cells, moments, route.key) or [line(dim("  nothing that is known"))]),
    ]


def selected(fleet: Fleet, table: str, key: str | None, now: float, wall: float, cells: int) -> list[Line]:
    """What stands beside the tables for the marked row."""
    if table == "members":
        member = fleet.member_of(key)
        if member is None:
            return []
        own = workloads.workload_lines(fleet, member, now, cells)
        return [line(strong(member.name)), EMPTY, *members.member_lines(fleet, member, now, cells), EMPTY, *own]
    route = fleet.route(key or "")
    return [] if route is None else route_lines(fleet, route, now, wall, cells)


def _agreement(route: Route, cells: int) -> list[Line]:
    agreement = route.agreement
    if agreement.agrees:
        deepest = words.LAYERS[agreement.deepest][1]
        known = f"the layers agree down to {deepest}" + (f": {agreement.sentence}" if agreement.sentence else "")
        return paragraph(known, cells, most=2)
    where = words.LAYERS[agreement.stuck_at][1] if agreement.stuck_at else UNKNOWN
    return paragraph(f"the layers part at {where}: {agreement.sentence}", cells, ink=Ink.WARN, most=3)


def ledger_sheet(fleet: Fleet, route: Route) -> Sheet[Weights]:
    """Members down, layers across."""
    unasked = route.run is None and fleet.source(SourceName.RUNS).state.answered
    columns: list[Column[Weights]] = [
        Column("MEMBER", 20, lambda w: line(members.name_of(fleet, w.member))),
        Column("ASKED", 5, lambda w: line("-") if unasked else _figure(w.asked), right=True),
        Column("NOTED", 5, lambda w: _figure(w.annotation), right=True),
        Column("CTRL", 5, lambda w: _figure(w.controller), right=True),
        Column("RULE", 5, lambda w: _figure(w.rule), right=True),
        Column("CLIENTS", 28, observed_cell, grow=True),
    ]
    note = () if route.members else (line(dim("  no weight was ever seen on this Ingress")),)
    return Sheet(tuple(columns), route.members, lambda w: w.member, note)


def _figure(value: float | None) -> Line:
    return (dim(UNKNOWN),) if value is None else line(splits.number(value))


def observed_cell(weights: Weights) -> Line:
    """`61-63 %  248 of 400  agree`."""
    share = weights.observed
    if share is None or weights.verdict is None:
        return (dim(UNKNOWN),)
    verdict = words.of(weights.verdict)
    ink = verdict.ink if weights.verdict is not Verdict.AGREE else Ink.PLAIN
    return (Span(f"{splits.interval(share)} %  {share.hits} of {share.samples}  "), Span(verdict.word, ink))


def layer_lines(fleet: Fleet, route: Route, now: float, wall: float, cells: int) -> list[Line]:
    """The five layers with what each holds, how old it is and what its source says, wrapped."""
    out: list[Line] = [line(title(f"{'LAYER':<9} {'HOLDS':<15} {'AGE':<9} SAYS"))]
    for layer in Layer:
        lead = (
            *fit(line(words.LAYERS[layer][0]), 10),
            *fit(splits.layer_cell(route, layer, fleet), 15),
            Span(" "),
            *fit(layer_age(fleet.source(READ_FROM[layer]), now), 10),
        )
        said = paragraph(says(fleet, route, layer, wall), cells, indent=36, most=3)
        out += [(*lead, *said[0][1:]), *said[1:]]
    return out


def layer_age(source: Source, now: float) -> Line:
    """The age of a layer's source, or its state where it is not live."""
    if source.state is SourceState.LIVE:
        return line(age(source.age(now)))
    return (words.source(source).span,)


def says(fleet: Fleet, route: Route, layer: Layer, wall: float) -> str:
    """What one layer's source says, and why it is not known where it is not."""
    source = fleet.source(READ_FROM[layer])
    match layer:
        case Layer.ASKED:
            if route.run is None:
                return "no run asks for these weights now"
            run = fleet.run(route.run)
            return f"run {route.run}" + (
                f" {run.state.replace('_', ' ')} by {run.actor or UNKNOWN}: {run.reason}" if run else ""
            )
        case Layer.ANNOTATION:
            at = route.owner_at
            when = "" if at is None else f" on {moment(at)}" if wall - at > DAY else f" at {clock(at)}"
            return f"last written by {route.owner}{when}" if route.owner else "nobody is named as their writer"
        case Layer.CONTROLLER:
            failing = route.failing if route.failing not in route.controller_message else ""
            return "; now ".join(one for one in (route.controller_message, failing) if one)
        case Layer.RULE:
            if source.state is not SourceState.LIVE and not route.rule_state:
                return sources.says(source)
            return f"{route.rule_state or UNKNOWN}{': ' + route.rule_message if route.rule_message else ''}"
        case Layer.OBSERVED:
            if not route.probed:
                return "no probe is configured for this route (fleets.probes)"
            return f"{route.probe_failures} requests without an answer" if route.probe_failures else "answers counted"


def annotation_lines(fleet: Fleet, route: Route, cells: int) -> list[Line]:
    """The weight annotations by their full key."""
    out: list[Line] = []
    for one in route.members:
        name = members.name_of(fleet, one.member)
        if one.key is None:
            out.append((Span("  "), Span(name), dim("  no key was ever seen for it")))
        else:
            value = "absent" if one.raw is None else f'"{inert(one.raw, 40)}"'
            key = changes.tail(inert(one.key, 200), cells - width(value) - width(name) - 7)
            out.append((Span("  "), dim(f"{key} = "), Span(value), dim(f"  {name}")))
    return out or [line(dim("  none"))]


def _facts(fleet: Fleet, route: Route, now: float, cells: int) -> list[Line]:
    gateway = fleet.gateway(route.gateway)
    health = {True: "on", False: "off: ALB keeps sending to dead backends", None: "not known"}[route.health_check]
    out: list[Line] = [
        EMPTY,
        line(dim(f"{'gateway':<14}"), route.gateway or UNKNOWN, *_gateway(gateway)),
        line(dim("health check  "), Span(health, Ink.WARN if route.health_check is False else Ink.PLAIN)),
    ]
    requests = rates.of_route(fleet, route, now, lambda member: members.name_of(fleet, member))
    out.append(fit((dim(f"{'requests':<14}"), *requests), cells))
    if route.fence:
        out.append(line(dim(f"{'fence':<14}"), inert(route.fence, 60)))
    return out


def _gateway(gateway: Gateway | None) -> Sequence[Span]:
    if gateway is None:
        return ()
    state = gateway.state or "ALB not read"
    listeners = ", ".join(f"{port} {protocol}" for port, protocol in gateway.listeners)
    return (Span(f"  {state}"), dim(f"  {gateway.dns or 'no address yet'}  {listeners}  {gateway.message}"))
