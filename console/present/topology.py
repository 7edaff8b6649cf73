"""The Fleet drawn from left to right: clients, gateway, zones and members, with the split on the edges."""

from __future__ import annotations

from console.model.fleet import Fleet, Gateway, Member
from console.present import members
from console.present.line import Ink, Line, Span, dim, fit, length, line, strong
from console.present.times import UNKNOWN


def lines(fleet: Fleet, now: float, cells: int, most: int) -> list[Line]:
    """The drawing in at most `most` lines; nothing where no gateway is known."""
    drawn: list[Line] = []
    left = 0
    for gateway in fleet.gateways:
        if len(drawn) + _height(fleet, gateway) > most:
            left = len(fleet.gateways) - fleet.gateways.index(gateway)
            break
        drawn += _block(fleet, gateway, now, cells)
    if left and most:
        drawn = [*drawn[: most - 1], line(dim(f"  and {left} more gateways"))]
    return drawn


def height(fleet: Fleet) -> int:
    """Lines that the whole drawing takes."""
    return sum(_height(fleet, gateway) for gateway in fleet.gateways)


def _height(fleet: Fleet, gateway: Gateway) -> int:
    return max(1, len(members_of(fleet, gateway)))


def members_of(fleet: Fleet, gateway: Gateway) -> tuple[str, ...]:
    """The members of a gateway: those that its AlbConfig names, or else those that its routes weigh."""
    if gateway.members:
        return gateway.members
    seen = [one.member for route in fleet.routes if route.gateway == gateway.name for one in route.members]
    return tuple(dict.fromkeys(seen))


def _block(fleet: Fleet, gateway: Gateway, now: float, cells: int) -> list[Line]:
    behind = members_of(fleet, gateway)
    state = gateway.state or "ALB not read"
    head = (
        Span("clients"),
        dim(" ── "),
        strong(gateway.name),
        Span(f" {state}", Ink.DIM if gateway.state in (None, "Active") else Ink.WARN),
        Span(" "),
    )
    if not behind:
        return [(*head, dim("── no member is known behind it"))]
    indent = length(head)
    out: list[Line] = []
    for index, member in enumerate(behind):
        first, last = index == 0, index == len(behind) - 1
        start = head if first else (Span(" " * indent),)
        joint = "───" if first and last else "─┬─" if first else " └─" if last else " ├─"
        edge = _edge(share(fleet, gateway, member), max(8, min(30, cells - indent - 77)))
        out.append(fit((*start, dim(joint), Span(" "), *edge, dim("─▶ "), *_end(fleet, member, now)), cells))
    return out


def share(fleet: Fleet, gateway: Gateway, member: str) -> float | None:
    """Mean percent over the gateway's routes that its rules give the member, by the annotation else."""
    parts: list[float] = []
    for route in fleet.routes:
        if route.gateway != gateway.name or route.weights(member) is None:
            continue
        values = [one.rule if one.rule is not None else one.annotation for one in route.members]
        total = sum(value or 0 for value in values)
        own = dict(zip((one.member for one in route.members), values, strict=True))[member]
        if own is not None and total:
            parts.append(100.0 * own / total)
    return sum(parts) / len(parts) if parts else None


def _edge(value: float | None, cells: int) -> Line:
    if value is None:
        return (dim(f"{UNKNOWN:>3} % " + "╌" * cells),)
    return (strong(f"{value:3.0f} % "), *members.bar(value, cells))


def _end(fleet: Fleet, identifier: str, now: float) -> Line:
    member = fleet.member_of(identifier)
    if member is None:
        return (Span(identifier), dim("  not among the members"))
    zone = member.zone or f"zone {UNKNOWN}"
    return (
        *fit(line(zone), 10),
        Span(" "),
        *fit(line(strong(member.name)), 16),
        Span(" "),
        *_state(fleet, member, now),
    )


def _state(fleet: Fleet, member: Member, now: float) -> Line:
    health = members.alb_cell(member.alb_health, members.aged(fleet, now))
    return (*fit(health, 10), Span(" "), members.state_span(member, fleet, now))
