"""What members' own APIs say, in cells and sentences: pods, nodes, autoscalers, and the headroom made of them."""

from __future__ import annotations

from console.decide import headroom
from console.model.fleet import Fleet, Member
from console.model.freshness import SourceState
from console.model.spans import span, spoken
from console.model.workload import ASSUMPTION, MEASURED, Backing, Headroom, Workload, WorkloadWord
from console.present import words
from console.present.line import Ink, Line, Span, dim, line, paragraph, title
from console.present.times import UNKNOWN

MOST = 999
"""Percent from which on a headroom is drawn as that much."""


def workload_cell(fleet: Fleet, member: Member, now: float) -> Line:
    """`ok`, `some 3/12`, and behind it how long ago where its API is silent: `ok 6m ago`; `?`."""
    workload = member.workload
    if workload.word is WorkloadWord.UNKNOWN:
        return (dim(UNKNOWN),)
    shown = words.of(workload.word)
    count = "" if workload.word is WorkloadWord.OK else f" {workload.ready}/{workload.wanted}"
    if workload.current:
        return (Span(f"{shown.word}{count}", shown.ink),)
    seen = fleet.member_source(member.id).age(now)
    return (Span(f"{shown.word}{count}", Ink.DIM), dim(f" {UNKNOWN if seen is None else span(seen)} ago"))


def headroom_cell(found: Headroom) -> Line:
    """`takes 71 %`, and `old` where the load to be taken is as it was seen last; `?`."""
    if found.percent is None:
        return (dim(UNKNOWN),)
    ink = Ink.PLAIN if found.percent >= 100 else Ink.WARN
    taken = Span(f"takes {min(MOST, int(found.percent)):>3} %", ink)
    return (taken, dim(" old")) if found.old else (taken,)


def headroom_words(found: Headroom) -> str:
    """The same as a sentence, or why it is not known."""
    if found.percent is None:
        return f"not known: {found.sentence}" + (f" ({found.route})" if found.route else "")
    return f"takes {int(found.percent)} % of the load of the others: {found.sentence}"


def workload_lines(fleet: Fleet, member: Member, now: float, cells: int, most: int = 8) -> list[Line]:
    """Pods, nodes and autoscalers of one member, how old that is, its headroom, and what is not known and why;
    `most` Services at the end, those that fall short first."""
    workload, room = member.workload, headroom.of_member(fleet, member)
    facts = [
        ("pods", _pods(workload)),
        ("nodes", UNKNOWN if workload.nodes is None else f"{workload.nodes_ready} of {workload.nodes} ready"),
        ("its own API", _api(fleet, member, now)),
        ("headroom", headroom_words(room)),
        ("assumes", "" if not room.load else MEASURED if room.weighed else ASSUMPTION),
    ]
    out = [line(title("WORKLOAD"), dim("  by its own API"))]
    for name, said in facts:
        if said:
            head, *rest = paragraph(said, cells, indent=14)
            out += [(dim(f"{name:<14}"), *head[1:]), *rest]
    ordered = sorted(workload.services, key=lambda one: one.ready is not None and one.ready >= (one.wanted or 0))
    for one in ordered[:most]:
        out += paragraph(service_words(one), cells, indent=2, ink=Ink.PLAIN if one.ready is not None else Ink.DIM)
    if len(ordered) > most:
        out.append(line(dim(f"  and {len(ordered) - most} more Services")))
    return out


def service_words(one: Backing) -> str:
    """`shop/api: 12 of 12 pods ready, autoscaler up to 24 (Deployment api)`."""
    name = f"{one.namespace}/{one.service}"
    if one.ready is None:
        return f"{name}: {UNKNOWN} {one.why}"
    if one.most is None:
        ceiling = f"ceiling {UNKNOWN} {one.why}"
    elif one.scaled:
        ceiling = f"autoscaler up to {one.most}"
    else:
        ceiling = "no autoscaler: adds none"
    kind = "Deployment" if len(one.deployments) == 1 else "Deployments"
    return f"{name}: {one.ready} of {one.wanted} pods ready, {ceiling} ({kind} {', '.join(one.deployments)})"


def _pods(workload: Workload) -> str:
    if workload.word is WorkloadWord.UNKNOWN:
        return f"{UNKNOWN} {workload.why}".rstrip()
    why = f"; not known: {workload.why}" if workload.why else ""
    return f"{words.of(workload.word).word}  {workload.ready} of {workload.wanted} ready{why}"


def _api(fleet: Fleet, member: Member, now: float) -> str:
    source = fleet.member_source(member.id)
    seen = source.age(now)
    last = "" if seen is None or source.state is SourceState.LIVE else f", last answer {spoken(seen)} ago"
    why = f": {source.message}" if source.message and member.workload.why != source.message else ""
    return f"{words.source(source).word}{last}{why}"
