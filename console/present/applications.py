"""Applications in cells: one row for what is deployed to several members, with the revision that each zone runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from console.model.argo import Application, Deployed
from console.model.fleet import Fleet, Member
from console.model.freshness import SourceName
from console.model.spans import spoken
from console.present import members, sources
from console.present.last import Last
from console.present.line import EMPTY, Ink, Line, Span, dim, line, paragraph, strong, title, width
from console.present.sheet import Column, Sheet
from console.present.times import UNKNOWN, clock

_INKS = {
    "Synced": Ink.PLAIN,
    "Healthy": Ink.PLAIN,
    "OutOfSync": Ink.WARN,
    "Progressing": Ink.WARN,
    "Suspended": Ink.WARN,
    "Missing": Ink.BAD,
    "Degraded": Ink.BAD,
}
REVISION = 7
"""Characters of a commit that are shown."""
ZONES = 4
"""Zones that get a column of their own."""


def short(revision: str | None) -> str:
    """The first characters of a commit; a tag or several commits as far as they go."""
    return revision[:REVISION] if revision else UNKNOWN


def status_cell(word: str | None) -> Line:
    """One of ArgoCD's words, or `?`."""
    return line(Span(word, _INKS.get(word, Ink.WARN))) if word else (dim(UNKNOWN),)


def applications_sheet(fleet: Fleet, now: float) -> Sheet[Deployed]:
    """The table of applications."""
    items = fleet.deployed
    columns: list[Column[Deployed]] = [
        Column("APPLICATIONS", _name_width(items), lambda d: line(d.title), least=14),
        Column("SYNC", 9, lambda d: status_cell(d.sync)),
        Column("HEALTH", 11, lambda d: status_cell(d.health)),
    ]
    for zone in fleet.zones[:ZONES]:
        inside = zone.members
        columns.append(Column(zone.name.upper(), max(REVISION, len(zone.name)), _revision_cell(inside)))
    columns.append(Column("", 4, lambda d: line(Span("skew", Ink.WARN)) if d.skewed else (), rank=1))
    columns.append(Column("IN", 8, lambda d: line(_count(d)), rank=3))
    columns.append(Column("SET", 20, lambda d: line(d.set or dim("no set")), rank=4, grow=True))
    note = sources.note(fleet, SourceName.APPLICATIONS, now, some=bool(fleet.applications))
    return Sheet(tuple(columns), items, lambda d: d.key, note)


def _revision_cell(inside: Sequence[str]) -> Callable[[Deployed], Line]:
    def cell(group: Deployed) -> Line:
        found = group.revisions(inside)
        if not found:
            return (dim(UNKNOWN),)
        return line(short(found[0])) if len(found) == 1 else line(Span("several", Ink.WARN))

    return cell


def _name_width(items: Sequence[Deployed]) -> int:
    return min(40, max([18, *(width(item.title) for item in items[:500])]))


def _count(group: Deployed) -> str:
    well = sum(part.well for part in group.parts)
    return f"{well}/{len(group.parts)} well"


_zones: Last[Sequence[Member], Mapping[str, str]] = Last(
    lambda members: {one.id: one.name if one.spans else one.zone or one.name for one in members}
)


def skew_sentence(fleet: Fleet, group: Deployed) -> str:
    """`9b07d12 in zone-a, 8810ac3 in zone-b`."""
    zones = _zones.of(fleet.members)
    places: dict[str, dict[str, None]] = {}
    for part in group.parts:
        if part.revision:
            place = zones.get(part.member or "", part.destination or UNKNOWN)
            places.setdefault(part.revision, {})[place] = None
    return ", ".join(f"{short(revision)} in {' and '.join(where)}" for revision, where in places.items())


def ill_sentence(fleet: Fleet, parts: Sequence[Application]) -> str:
    """What is wrong with the first of some applications, and in how many others."""
    first = parts[0]
    where = members.name_of(fleet, first.member) if first.member else first.destination or UNKNOWN
    failed = first.phase in ("Failed", "Error")
    why = first.health_message or (first.phase_message if failed else "")
    if not why and first.unwell:
        one = max(first.unwell, key=lambda each: (bool(each.message), each.health == first.health))
        why = f"{one.kind} {one.name} {one.health or one.status}{f': {one.message}' if one.message else ''}"
    also = f" {len(parts) - 1} more members alike." if len(parts) > 1 else ""
    operation = f", last operation {first.phase}" if failed else ""
    return f"{first.health or UNKNOWN} in {where}{operation}{f': {why}' if why else ''}.{also}"


def group_lines(fleet: Fleet, group: Deployed, wall: float, cells: int) -> list[Line]:
    """One application from near: every member's part, and what generates them."""
    out: list[Line] = [
        line(strong(group.title), Span("  "), *status_cell(group.sync), Span("  "), *status_cell(group.health))
    ]
    if group.skewed:
        out += paragraph(f"Not the same revision everywhere: {skew_sentence(fleet, group)}.", cells, ink=Ink.WARN)
    for part in group.parts:
        out += [EMPTY, *_part_lines(fleet, part, wall, cells)]
    return [*out, EMPTY, *_set_lines(fleet, group, cells)]


def _part_lines(fleet: Fleet, part: Application, wall: float, cells: int) -> list[Line]:
    where = members.name_of(fleet, part.member) if part.member else f"{part.destination or UNKNOWN} (member not known)"
    out = [line(title(where), Span("  "), *status_cell(part.sync), Span("  "), *status_cell(part.health))]
    ago = None if part.reconciled is None else spoken(max(0.0, wall - part.reconciled))
    facts = (
        ("application", part.key),
        ("revision", f"{part.revision or UNKNOWN}  wanted {part.wanted or UNKNOWN}"),
        ("source", part.source or UNKNOWN),
        ("compared", f"with git {ago} ago" if ago else "never with git"),
        ("operation", " ".join(filter(None, (part.phase, part.phase_message))) or "none yet"),
        ("sync is", automation(part)),
        ("resources", f"{part.resources}, {len(part.unwell)} of them not well" if part.unwell else f"{part.resources}"),
    )
    for head, text in facts:
        out += paragraph(f"  {head:<12} {text}", cells, indent=15)
    for kind, message in part.conditions:
        out += paragraph(f"  {kind}: {message}", cells, indent=4, ink=Ink.WARN)
    for one in part.unwell:
        words = " ".join(filter(None, (one.status, one.health)))
        where = f"{one.namespace}/{one.name}" if one.namespace else one.name
        out += paragraph(f"  {one.kind} {where}: {words} {one.message}", cells, indent=4, ink=Ink.WARN)
    return out


def automation(part: Application) -> str:
    """Whether ArgoCD syncs it by itself, and what that means for drift."""
    if part.held is not None and not part.automated:
        since = f" since {clock(part.held.since)}" if part.held.since is not None else ""
        return f"off for run {part.held.run}{since}, which owes it: {part.held.automated}"
    if not part.automated:
        return "manual"
    return "automated, with self-heal" if part.self_heal else "automated, without self-heal: drift in the member stays"


def _set_lines(fleet: Fleet, group: Deployed, cells: int) -> list[Line]:
    if group.set is None:
        return [line(dim("no ApplicationSet owns it"))]
    out = [line(title("APPLICATIONSET"), f"  {group.set}")]
    found = next((one for one in fleet.sets if one.name == group.set), None)
    if found is None:
        return [*out, line(dim("  not read"))]
    for generator in found.generators:
        out += paragraph(f"  generates for clusters with {generator.text or 'any labels'}", cells, indent=4)
    kept = "its workloads stay" if found.preserves else "its workloads are deleted with it"
    out += paragraph(f"  a cluster that no longer matches loses its Application, and {kept}", cells, indent=4)
    if found.error:
        out += paragraph(f"  error: {found.error}", cells, indent=4, ink=Ink.WARN)
    return [*out, line(dim("  t opens it: whom it selects, and what an edit of a member's labels would drop"))]
