"""One gateway from near: its ALB against its quotas, listeners, the members behind it, and every Ingress on it with the
controller's last word: the controller builds them all together, so that one of them can hold up the others."""

from __future__ import annotations

from collections.abc import Sequence

from console.model.fleet import Balancer, Controller, Fleet, Gateway, Route
from console.model.freshness import SourceName, SourceState
from console.present import clouds, members, sources, splits, timeline, topology, words
from console.present.line import EMPTY, Ink, Line, Span, dim, fit, line, paragraph, strong, title, width
from console.present.sheet import Column, Sheet
from console.present.times import UNKNOWN, age

RULES, LISTENERS, SERVERS = 100, 50, 1_000
"""What one ALB of the Standard and WAF editions may hold before anybody asks for more; default rules do not count."""
NEARLY = 80.0
"""Percent of a quota from which on it wants attention."""
_ORDER = (Controller.FAILED, Controller.WAITING, Controller.NOT_REPORTED, Controller.ACKNOWLEDGED)


def of_row(fleet: Fleet, table: str, key: str | None) -> str | None:
    """The gateway of a row of the dashboard: a route's own, a member's first, or else the first of all."""
    route = fleet.route(key or "") if table == "routes" else None
    if route is not None and any(one.name == route.gateway for one in fleet.gateways):
        return route.gateway
    own = [one for one in fleet.gateways if table == "members" and key in one.members]
    return next((one.name for one in (*own, *fleet.gateways)), None)


def gateway_lines(fleet: Fleet, gateway: Gateway, now: float, wall: float, cells: int, moments: int = 12) -> list[Line]:
    """Everything known of one gateway."""
    on_it = [route for route in fleet.routes if route.gateway == gateway.name]
    about = {gateway.name, *(route.key for route in on_it)}
    happened = [timeline.moment_line(one, wall, cells) for one in fleet.timeline if one.about in about][:moments]
    return [
        line(strong(gateway.name), Span("  "), _state(gateway), dim(f"  {gateway.id or 'no ALB yet'}")),
        *paragraph(gateway.dns or "no address yet", cells, ink=Ink.DIM),
        *_sharing(on_it, cells),
        *_facts(fleet, gateway, now, cells),
        EMPTY,
        *quota_lines(gateway.alb, cells),
        EMPTY,
        *_listeners(gateway),
        EMPTY,
        *members_sheet(fleet, gateway, now).lines(cells),
        EMPTY,
        *routes_sheet(fleet, on_it, now).lines(cells),
        EMPTY,
        line(title("WHAT HAPPENED")),
        *(happened or [line(dim("  nothing that is known"))]),
    ]


def _state(gateway: Gateway) -> Span:
    return Span(gateway.state or "ALB not read", Ink.DIM if gateway.state in (None, "Active") else Ink.WARN)


def _facts(fleet: Fleet, gateway: Gateway, now: float, cells: int) -> list[Line]:
    alb = gateway.alb or Balancer()
    zones = [Span(f"{zone} {status or UNKNOWN}  ", _unless(status, "Active")) for zone, status in alb.zones]
    locks = UNKNOWN if alb.locks is None else ", ".join(alb.locks) or "none"
    says = "reports" if gateway.reports else "was never seen to report: the layer ctrl is skipped here"
    facts: tuple[tuple[str, Sequence[Span]], ...] = (
        ("business", [Span(alb.business or UNKNOWN, _unless(alb.business, "Normal"))]),
        ("locks", [Span(locks, Ink.BAD if alb.locks else Ink.PLAIN)]),
        ("entry zones", zones or [dim(UNKNOWN)]),
        ("controller", [Span(says + (", and writes hash labels" if gateway.labels else ""))]),
    )
    out: list[Line] = [fit((dim(f"{name:<14}"), *spans), cells) for name, spans in facts]
    out.append(fit((dim(f"{'Fleet':<14}"), *clouds.fleet_line(fleet, now)), cells))
    source = fleet.source(SourceName.ALB)
    if gateway.seen is None or source.state is not SourceState.LIVE:
        out += paragraph(f"{'ALB read':<14}{sources.sentence(source, now)}", cells, indent=0, most=3, ink=Ink.WARN)
    else:
        out.append((dim(f"{'ALB read':<14}"), Span(age(now - gateway.seen))))
    return [*out, *paragraph(gateway.message, cells, ink=Ink.WARN)] if gateway.message else out


def _unless(word: str, good: str) -> Ink:
    return Ink.PLAIN if word in ("", good) else Ink.WARN


def quota_lines(alb: Balancer | None, cells: int) -> list[Line]:
    """`12 of 100 rules`, with a bar; `?` for a figure that was not read."""
    counts = (
        (None if alb is None else alb.rules, RULES, "rules"),
        (None if alb is None or alb.listeners is None else len(alb.listeners), LISTENERS, "listeners"),
        (None if alb is None else alb.servers, SERVERS, "servers, once for each rule"),
    )
    out: list[Line] = [line(title("QUOTAS"), dim("  what an ALB holds at first; yours may have been raised"))]
    for count, most, noun in counts:
        figure = f"{UNKNOWN if count is None else f'{count:,}':>7} of {most:>5,} "
        share = None if count is None else 100.0 * count / most
        if share is None:
            out.append(fit((dim(figure + noun),), cells))
            continue
        ink = Ink.BAD if share >= 100 else Ink.WARN if share >= NEARLY else Ink.PLAIN
        full = ": full, what is added fails" if share >= 100 else ""
        out.append(fit((Span(figure, ink), *members.bar(min(share, 100.0), 20), Span(f" {noun}{full}", ink)), cells))
    return out


def _listeners(gateway: Gateway) -> list[Line]:
    read = gateway.alb.listeners if gateway.alb else None
    asked = {(port, protocol) for port, protocol in gateway.listeners}
    listed = read if read is not None else tuple((port, protocol, "") for port, protocol in sorted(asked))
    out: list[Line] = [line(title("LISTENERS"))]
    for port, protocol, status in listed:
        own = "" if (port, protocol) in asked else "  not in the AlbConfig"
        out.append(line(f"  {port:>5} {protocol:<6} ", Span(status or UNKNOWN, _unless(status, "Running")), dim(own)))
    if read is not None:
        missing = sorted(asked.difference((port, protocol) for port, protocol, _ in read))
        out += [line(f"  {port:>5} {protocol:<6} ", Span("not made yet", Ink.WARN)) for port, protocol in missing]
    return out if len(out) > 1 else [*out, line(dim("  none that is known"))]


def members_sheet(fleet: Fleet, gateway: Gateway, now: float) -> Sheet[str]:
    """The members behind it with the share of its weight that each carries."""
    known, old = {member.id: member for member in fleet.members}, members.aged(fleet, now)

    def name(member: str) -> Line:
        return line(known[member].name) if member in known else line(member, dim(" not among the members"))

    columns: tuple[Column[str], ...] = (
        Column("MEMBERS", 20, name, least=12),
        Column("ZONE", 10, lambda m: members.zone_cell(known[m]) if m in known else line(dim(UNKNOWN)), rank=1),
        Column("LINK", 8, lambda m: members.link_cell(known[m], now) if m in known else line(dim(UNKNOWN))),
        Column(
            "ALB HEALTH", 11, lambda m: members.alb_cell(known[m].alb_health, old) if m in known else line(dim(UNKNOWN))
        ),
        Column("SHARE", 20, lambda m: members.share_cell(topology.share(fleet, gateway, m), 20), grow=True),
    )
    behind = topology.members_of(fleet, gateway)
    return Sheet(columns, behind, str, () if behind else (line(dim("  no member is known behind it")),))


def _sharing(routes: Sequence[Route], cells: int) -> list[Line]:
    """Who holds up whom."""
    blamed = [route for route in routes if route.failing]
    failed = [route for route in blamed if route.key in route.failing] or blamed
    others = len(routes) - len(failed)
    if not failed or not others:
        return []
    names = ", ".join(route.key for route in failed[:3]) + (f" and {len(failed) - 3} more" if len(failed) > 3 else "")
    sentence = f"x {names}: the controller applies nothing of the other {others} until this is mended."
    return paragraph(sentence, cells, ink=Ink.BAD)


def routes_sheet(fleet: Fleet, routes: Sequence[Route], now: float) -> Sheet[Route]:
    """Every Ingress on it, those that hold up the others first, each with the controller's last word."""
    ordered = sorted(routes, key=lambda route: (not route.failing, _ORDER.index(route.controller), route.key))
    dead = members.dead(fleet, now)
    names = min(40, max([16, *(width(route.key) for route in ordered[:500])]))
    columns: tuple[Column[Route], ...] = (
        Column("INGRESSES", names, lambda r: line(r.key), least=16),
        Column("CTRL", 6, lambda r: line(words.of(r.controller).span)),
        Column("VERDICT", 12, lambda r: splits.verdict_cell(r, now, members.share_of(r, dead)), rank=1),
        Column("ITS LAST WORD", 20, lambda r: line(r.failing or r.controller_message or dim(UNKNOWN)), grow=True),
    )
    return Sheet(columns, ordered, lambda r: r.key, () if routes else (line(dim("  no Ingress leads to it")),))
