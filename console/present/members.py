"""Members and zones in cells and sentences. Control link and ALB health stay two facts: the one says nothing of the
other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, compress

from console.model.argo import Deployed
from console.model.fleet import AlbHealth, AlbHealthWord, Fleet, Link, Member, Route, Zone
from console.model.freshness import SourceName, SourceState
from console.model.spans import span, spoken
from console.model.workload import WorkloadWord
from console.present import clouds, rates, sources, words, workloads
from console.present.last import Each, Last
from console.present.line import Ink, Line, Span, dim, length, line, paragraph, text, width
from console.present.sheet import Column, Sheet
from console.present.times import UNKNOWN, age

_LEAD = 14
"""Cells of a fact's name."""
OLD = 10.0
"""Seconds after which what the ALB said last is shown with its age, and believed no more."""
_CURRENT = (SourceState.LIVE, SourceState.EMPTY, SourceState.LOADING)
KINDS = {"ack": "ack", "registered": "reg", "unknown": UNKNOWN}


def members_sheet(fleet: Fleet, now: float) -> Sheet[Member]:
    """The table of members."""
    wells, old = _wells.of(fleet.deployed), aged(fleet, now)
    columns = (
        Column[Member]("MEMBERS", _longest([m.name for m in fleet.members], 12, 30), lambda m: line(m.name), least=12),
        Column[Member]("ZONE", _longest([m.zone or "?" for m in fleet.members], 6, 16), zone_cell, rank=2),
        Column[Member]("KIND", 4, lambda m: line(KINDS.get(m.kind, m.kind)), rank=3),
        Column[Member]("LINK", 8, lambda m: link_cell(m, now)),
        Column[Member]("WORKLOAD", 10, lambda m: workloads.workload_cell(fleet, m, now), rank=2),
        Column[Member]("ALB HEALTH", 11, lambda m: alb_cell(m.alb_health, old)),
        Column[Member](
            "APPS", 5, lambda m: _apps_cell([one for group in wells for one in group.get(m.id, ())]), rank=2
        ),
        Column[Member]("WEIGHT", 6, lambda m: weight_cell(fleet, m), rank=1, right=True),
        Column[Member]("SEEN", 5, lambda m: line(Span(seen(m, now), Ink.DIM if _unseen(m) else Ink.PLAIN)), rank=1),
        Column[Member]("STATE", 27, lambda m: line(state_span(m, fleet, now)), rank=4, grow=True),
    )
    note = sources.note(fleet, SourceName.MEMBERS, now, some=bool(fleet.members))
    return Sheet(columns, fleet.members, lambda m: m.id, note)


SLOTS, SLOT = 20, 30.0
"""Cells of the plot over time, and seconds of each."""
LEVELS = "▁▂▃▄▅▆▇█"


def zones_sheet(fleet: Fleet, now: float) -> Sheet[Zone]:
    """The table of zones, each with the share of weight it carries."""
    called = _called.of(fleet.members)
    requests = (Column[Zone]("REQ/S", 6, lambda z: rates.cell(z.rate), rank=3, right=True),)
    columns = (
        Column[Zone]("ZONES", _longest([z.name for z in fleet.zones], 8, 20), lambda z: line(z.name), least=8),
        Column[Zone]("SHARE", 24, lambda z: share_cell(z.share, 24)),
        Column[Zone](
            "MEMBERS",
            _longest([_names(called, z.members) for z in fleet.zones], 12, 30),
            lambda z: line(_names(called, z.members)),
            rank=1,
        ),
        *(requests if rates.asked(fleet) else ()),
        Column[Zone]("LAST 10 MIN", SLOTS, lambda z: past_cell(z, now), rank=4),
        Column[Zone]("HEALTH", 9, lambda z: line(zone_word(fleet, z, now).span)),
        Column[Zone]("HEADROOM", 15, lambda z: workloads.headroom_cell(z.headroom), grow=True),
    )
    return Sheet(columns, fleet.zones, lambda z: z.name, _zones_note(fleet))


def _zones_note(fleet: Fleet) -> tuple[Line, ...]:
    """Who is in none of the rows: a member of several zones does not fail with one, and is not drained with one."""
    spanning = _spanning.of(fleet.members)
    if spanning:
        return (line(dim(f"  in several zones, drained by member: {names(fleet, spanning)}")),)
    if fleet.zones or not fleet.members:
        return ()
    return (line(dim("  no member's zone is known: set fleets.members.ID.zone")),)


def _wells_of(group: Deployed) -> dict[str | None, list[bool]]:
    """Member id -> of each application there, whether it is Synced and Healthy."""
    found: dict[str | None, list[bool]] = {}
    for one in group.parts:
        found.setdefault(one.member, []).append(one.well)
    return found


_wells: Each[Deployed, Mapping[str | None, Sequence[bool]]] = Each(_wells_of)
_spanning: Last[Sequence[Member], Sequence[str]] = Last(lambda members: [one.id for one in members if one.spans])
_called: Last[Sequence[Member], Mapping[str, str]] = Last(lambda members: {one.id: one.name for one in members})


def _apps_cell(wells: Sequence[bool]) -> Line:
    """`3/3`, or `?` where no application is known to be there."""
    if not wells:
        return (dim(UNKNOWN),)
    return line(Span(f"{sum(wells)}/{len(wells)}", Ink.PLAIN if all(wells) else Ink.WARN))


def names(fleet: Fleet, members: Sequence[str]) -> str:
    """Members by name, `ack-prod, idc-prod`; the first ones and a count where they are many."""
    return _names(_called.of(fleet.members), members)


def _names(called: Mapping[str, str], members: Sequence[str]) -> str:
    shown = [called.get(member, member) for member in members]
    return ", ".join(shown) if len(shown) <= 3 else f"{', '.join(shown[:2])} and {len(shown) - 2} more"


def name_of(fleet: Fleet, member: str) -> str:
    """A member's name, or its id where it is not known."""
    return _called.of(fleet.members).get(member, member)


def zone_cell(member: Member) -> Line:
    """The zone, or `?`."""
    return line(member.zone) if member.zone else line(dim(UNKNOWN))


def link_cell(member: Member, now: float) -> Line:
    """Control link: `up`, `lost 6m`."""
    shown = words.of(member.link)
    if member.link in (Link.LATE, Link.LOST) and member.link_since is not None:
        return (Span(f"{shown.word} {span(now - member.link_since)}", shown.ink),)
    return (shown.span,)


def aged(fleet: Fleet, now: float) -> float | None:
    """Seconds since the ALB was read last, where it is not read now and what it said is too old to be taken for so."""
    source = fleet.source(SourceName.ALB)
    seconds = None if source.state in _CURRENT else source.age(now)
    return seconds if seconds is not None and seconds > OLD else None


def alb_cell(health: AlbHealth, old: float | None) -> Line:
    """ALB's word on the backends: `12/12`, `some 3/12`, `dead 0/12`, `?`; its age where `old`: `12/12 1m`."""
    shown = words.of(health.word)
    if health.healthy is None or health.total is None:
        return (shown.span,)
    count = f"{health.healthy}/{health.total}"
    said = count if health.word is AlbHealthWord.OK else f"{shown.word} {count}"
    return (Span(said, shown.ink),) if old is None else (Span(said, Ink.DIM), dim(f" {span(old)}"))


def pods_gone(member: Member) -> bool:
    """Whether none of its pods is ready, by its own API now."""
    return member.workload.word is WorkloadWord.DEAD and member.workload.current


def dead(fleet: Fleet, now: float) -> frozenset[str]:
    """The members of which no backend serves, by what was read just now."""
    old = aged(fleet, now) is not None
    found = compress(fleet.members, _dead.of(fleet.members))
    return frozenset(one.id for one in found if not old or pods_gone(one))


def _is_dead(member: Member) -> bool:
    return pods_gone(member) or member.alb_health.word is AlbHealthWord.DEAD


_dead: Each[Member, bool] = Each(_is_dead)


def share_of(route: Route, some: Collection[str]) -> float:
    """Percent of a route's weight that its annotations give some members."""
    return sum(part for member, part in _parts_of(route) if member in some) if some else 0.0


def weight_of(fleet: Fleet, member: str) -> float | None:
    """Mean weight in percent that the annotations give a member over its routes; None where none is known."""
    return _means.of(fleet.routes).get(member)


def _means_of(routes: Sequence[Route]) -> dict[str, float]:
    """Member id -> percent."""
    shares: dict[str, list[float]] = {}
    for member, part in chain.from_iterable(_parts.of(routes)):
        shares.setdefault(member, []).append(part)
    return {member: sum(parts) / len(parts) for member, parts in shares.items()}


def _parts_of(route: Route) -> list[tuple[str, float]]:
    noted = route.noted
    total = sum(noted.values())
    return [(member, 100.0 * part / total) for member, part in noted.items()] if total else []


_parts: Each[Route, Sequence[tuple[str, float]]] = Each(_parts_of)


_means: Last[Sequence[Route], Mapping[str, float]] = Last(_means_of)


def weight_cell(fleet: Fleet, member: Member) -> Line:
    """That mean weight: `38 %`."""
    value = weight_of(fleet, member.id)
    return (dim(UNKNOWN),) if value is None else line(f"{value:.0f} %")


def _unseen(member: Member) -> bool:
    return member.link_since is None


def seen(member: Member, now: float) -> str:
    """Age of the last sign of life."""
    return age(None if member.link_since is None else now - member.link_since)


def serving(member: Member) -> bool:
    """Whether ALB says that the backends answer, whatever the control link does."""
    return member.alb_health.word in (AlbHealthWord.OK, AlbHealthWord.SOME)


def state_span(member: Member, fleet: Fleet, now: float) -> Span:
    """One word for a member, from both facts."""
    health, cut_off = member.alb_health.word, member.link in (Link.LOST, Link.LATE)
    carries, old = bool(weight_of(fleet, member.id)), aged(fleet, now)
    if old is not None and pods_gone(member):
        return Span("no pod ready, still has weight" if carries else "no pod ready", Ink.BAD)
    if old is not None and health is not AlbHealthWord.UNKNOWN:
        return Span(f"ALB not read for {span(old)}", Ink.WARN)
    if health is AlbHealthWord.DEAD:
        return Span("dead, still has weight" if carries else "dead, carries nothing", Ink.BAD)
    if cut_off and serving(member):
        return Span(f"serving, control link {member.link}", Ink.WARN)
    if health is AlbHealthWord.SOME:
        return Span("serving in part", Ink.WARN)
    if member.cloud.cut_off and health is AlbHealthWord.OK:
        return Span("serving, cluster not running", Ink.WARN)
    if health is AlbHealthWord.OK:
        return Span("serving", Ink.GOOD)
    if member.cloud.cut_off:
        return Span("cluster not running", Ink.WARN)
    if cut_off:
        return Span("unknown since the link went", Ink.WARN)
    return Span("no ALB evidence", Ink.DIM)


def brief(fleet: Fleet, member: Member, now: float) -> Line:
    """A member in half a line: link, ALB health, state."""
    return (
        dim("link "),
        *link_cell(member, now),
        dim("  ALB "),
        *alb_cell(member.alb_health, aged(fleet, now)),
        Span("  "),
        state_span(member, fleet, now),
    )


def zone_word(fleet: Fleet, zone: Zone, now: float) -> words.Word:
    """The worst of the zone's members in one word; with its age where the ALB was last read a while ago."""
    inside = frozenset(zone.members)
    found = [member for member in fleet.members if member.id in inside]
    old = aged(fleet, now)
    gone = [member for member in found if pods_gone(member)] if old is not None else []
    if gone:
        return words.Word("x", Ink.BAD, "dead") if len(gone) == len(found) else words.Word("!", Ink.WARN, "some")
    said = _zone_word(found)
    return said if old is None or said.word == UNKNOWN else words.Word("?", Ink.DIM, f"{said.word} {span(old)}")


def _zone_word(found: Sequence[Member]) -> words.Word:
    health = {member.alb_health.word for member in found}
    cut_off = any(member.link in (Link.LOST, Link.LATE) or member.cloud.cut_off for member in found)
    if health == {AlbHealthWord.DEAD}:
        return words.Word("x", Ink.BAD, "dead")
    if AlbHealthWord.DEAD in health or AlbHealthWord.SOME in health:
        return words.Word("!", Ink.WARN, "some")
    if health == {AlbHealthWord.OK}:
        return words.Word("!", Ink.WARN, "serving") if cut_off else words.Word("+", Ink.GOOD, "ok")
    return words.Word("?", Ink.DIM, UNKNOWN)


def past_cell(zone: Zone, now: float) -> Line:
    """What the zone carried over time, one cell for 30 s, the newest on the right; blank where nothing was known."""
    cells = []
    for slot in range(SLOTS):
        # Slots end at whole steps of the clock, so that a quiet plot moves once in a step, and all zones at once.
        end = now - now % SLOT + SLOT - (SLOTS - 1 - slot) * SLOT
        known = [share for at, share in zone.past if at < end]
        cells.append(LEVELS[round(known[-1] / 100 * (len(LEVELS) - 1))] if known else " ")
    return (Span("".join(cells), Ink.ACCENT),)


def share_cell(share: float | None, room: int) -> Line:
    """`62 %` and a bar of the rest of the room."""
    if share is None:
        return (dim(f"{UNKNOWN:>3} %"),)
    return (Span(f"{share:3.0f} % "), *bar(share, max(4, room - 6)))


def bar(share: float, cells: int) -> Line:
    """A share of 100 as a bar; anything above 0 and below 100 shows in both parts."""
    full = round(share / 100 * cells)
    if 0 < share < 100:
        full = min(max(full, 1), cells - 1)
    return (Span("━" * full, Ink.ACCENT), dim("─" * (cells - full)))


def member_lines(fleet: Fleet, member: Member, now: float, cells: int) -> list[Line]:
    """Everything known of one member, fact by fact; what is longer than the line goes on below, dimmed."""
    where = f"{member.zone} (from {member.zone_source})" if member.zone else "not known: set fleets.members.ID.zone"
    if member.spans:
        where = "several, by its vSwitches: in none of the zones, drained by member"
    beat = UNKNOWN if member.link_since is None else f"{spoken(now - member.link_since)} ago"
    health = member.alb_health
    counted = "" if health.healthy is None or health.total is None else f"{health.healthy} of {health.total} healthy  "
    value = weight_of(fleet, member.id)
    facts: list[tuple[str, Line]] = [
        ("id", line(member.id)),
        ("kind", line(member.kind if member.kind != "unknown" else "not known: set fleets.members.ID.kind")),
        ("zone", line(where)),
        ("control link", (words.of(member.link).span, Span(f"  last sign of life {beat}"))),
        ("", line(dim(member.link_message))),
        *clouds.facts(fleet, member, now),
        ("ALB health", (words.of(health.word).span, Span(f"  {counted}{health.why}"), *_read_ago(fleet, now))),
        ("weight", line(UNKNOWN if value is None else f"{value:.0f} % of its routes, by their annotations")),
        ("requests", rates.of_member(fleet, member, now)),
        ("state", (state_span(member, fleet, now),)),
    ]
    return [row for name, said in facts if length(said) for row in _fact(name, said, cells)]


def _read_ago(fleet: Fleet, now: float) -> Line:
    old = aged(fleet, now)
    return () if old is None else (Span(f"  read {spoken(old)} ago", Ink.WARN),)


def _fact(name: str, said: Line, cells: int) -> list[Line]:
    if _LEAD + length(said) <= cells:
        return [(dim(f"{name:<{_LEAD}}"), *said)]
    head, *rest = paragraph(text(said), cells, indent=_LEAD, ink=Ink.DIM)
    return [(dim(f"{name:<{_LEAD}}"), *head[1:]), *rest]


def _longest(texts: Sequence[str], least: int, most: int) -> int:
    """Cells of the longest text, not below `least`, not above `most`."""
    return min(most, max([least, *map(width, texts)]))
