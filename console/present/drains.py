"""What can be drained and what that touches: zones and members with what they carry, the sides of a drain in words."""

from __future__ import annotations

from dataclasses import dataclass

from console.decide.plan import Plan
from console.model.fleet import Fleet, Member, Zone
from console.present import members, workloads
from console.present.line import Ink, Line, dim, line, strong
from console.present.sheet import Column, Sheet


@dataclass(frozen=True, slots=True)
class Choice:
    """One zone or member."""

    name: str
    zone: Zone | None
    member: Member | None


def targets_sheet(fleet: Fleet, now: float, marked: str | None) -> Sheet[Choice]:
    """Zones, then members; `marked` first, else what is most troubled."""
    zones = [Choice(zone.name, zone, None) for zone in fleet.zones]
    people = [Choice(member.name, None, member) for member in fleet.members]
    choices = [*zones, *people]
    chosen = marked or _troubled(fleet, now)
    ordered = sorted(choices, key=lambda choice: choice.name != chosen)
    columns = (
        Column[Choice]("DRAIN", 20, lambda c: line(c.name), least=8),
        Column[Choice]("", 7, lambda c: line(dim("zone" if c.zone else "member"))),
        Column[Choice]("WHAT IT CARRIES AND HOW IT IS", 40, lambda c: _state(fleet, c, now), grow=True),
    )
    return Sheet(columns, ordered, lambda choice: choice.name)


def _troubled(fleet: Fleet, now: float) -> str | None:
    """The first zone whose word is not well."""
    unwell = (Ink.BAD, Ink.WARN)
    return next((zone.name for zone in fleet.zones if members.zone_word(fleet, zone, now).ink in unwell), None)


def _state(fleet: Fleet, choice: Choice, now: float) -> Line:
    if choice.member is not None:
        return members.brief(fleet, choice.member, now)
    if choice.zone is None:
        return ()
    share = "share not known" if choice.zone.share is None else f"{choice.zone.share:.0f} % of the weight"
    inside = ", ".join(members.name_of(fleet, one) for one in choice.zone.members)
    return (*line(f"{share}  "), members.zone_word(fleet, choice.zone, now).span, *line(dim(f"  {inside}")))


def blast(fleet: Fleet, plan: Plan) -> str:
    """`3 routes, 2 gateways`."""
    keys = {change.key for change in plan.routes}
    gateways = {route.gateway for route in fleet.routes if route.key in keys and route.gateway}
    return f"{_counted(len(keys), 'route')}, {_counted(len(gateways), 'gateway')}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def sides(fleet: Fleet, target: str, now: float, cells: int) -> list[Line]:
    """What is emptied, and who takes it: one line a member, the emptied ones first."""
    zone = next((zone for zone in fleet.zones if zone.name == target), None)
    inside = zone.members if zone is not None else tuple(member.id for member in fleet.member(target))
    out: list[Line] = []
    for member in sorted(fleet.members, key=lambda one: one.id not in inside)[:6]:
        emptied = member.id in inside
        role = strong("from ") if emptied else dim("to   ")
        room = () if emptied else _room(fleet, member)
        out.append((*line(role, f"{member.name:<18} "), *members.brief(fleet, member, now), *room))
    more = len(fleet.members) - 6
    return [*out, line(dim(f"     and {more} more members"))] if more > 0 else out


def _room(fleet: Fleet, member: Member) -> Line:
    zone = next((zone for zone in fleet.zones if member.id in zone.members), None)
    return (*line(dim("  headroom ")), *workloads.headroom_cell(zone.headroom)) if zone is not None else ()
