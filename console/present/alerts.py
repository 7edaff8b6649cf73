"""What wants attention, worst first: each a sentence that says what is so, what follows, and what not to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import compress

from console.errors import closed
from console.model.argo import Application, Deployed
from console.model.fleet import UNMANAGED, AlbHealthWord, Controller, Fleet, Layer, Link, Member, Route, Tone
from console.model.freshness import HUB_SOURCES, OF_THE_HUB, Source, SourceName, SourceState
from console.model.run import RunReport
from console.model.share import LATELY
from console.model.spans import spoken
from console.present import applications, clouds, members, run_alerts, sources, splits, words
from console.present.alert import Alert
from console.present.last import Each
from console.present.line import Ink, Line, Span, cut, dim, paragraph, width, wrap
from console.present.run_alerts import Known
from console.present.times import due

PATIENCE = 20.0
"""Seconds for which layers may part without a word at the top: a change takes that long."""


_FAILED = ("Failed", "Error")
_A_FLEETS_OWN = (SourceName.MEMBERS, SourceName.GATEWAYS)
_NO_FLEET = (
    "no Fleet: it knows neither ManagedClusters nor AlbConfigs. Name another kubeconfig or context, or set one up"
    " (w, topology init)."
)
MARKS = {Tone.BAD: "!!", Tone.WARN: "! ", Tone.PLAIN: "  ", Tone.GOOD: "  "}
"""What stands before the worst one."""


def alerts(
    fleet: Fleet, now: float, host: Sequence[RunReport] = (), wall: float | None = None, *, typed: bool = False
) -> tuple[Alert, ...]:
    """Everything that wants attention, the worst first; order among equals is that of the picture. `host`: the runs of
    this host, which knows of a runner that is dead before the Fleet does. `wall`: the epoch second, None where nobody
    says it, and no run is told as overdue. `typed`: for a command that looks once: what to do with a run is told as
    commands, else as keys, and for how long we saw a thing so is left out."""
    here = run_alerts.known(host)
    found = [
        *_hub(fleet, now),
        *_of_the_fleet(fleet, now, once=typed),
        *(alert for member in _ailing(fleet) for alert in _member(fleet, member, now)),
        *_failing(fleet),
        *_clouds(fleet, now, once=typed),
        *_gateways(fleet),
        *_freeze(fleet),
        *run_alerts.runs(fleet, here, wall, typed=typed),
        *(alert for route in fleet.routes for alert in _route(fleet, route, here, now, once=typed)),
        *run_alerts.held(fleet, here, wall),
        *_applications(fleet),
        *_sources(fleet, now),
        *_clock(fleet),
        *_problems(fleet),
    ]
    order = (Tone.BAD, Tone.WARN, Tone.PLAIN, Tone.GOOD)
    return tuple(sorted(found, key=lambda alert: order.index(alert.tone)))


def lines(found: tuple[Alert, ...], cells: int, most: int) -> list[Line]:
    """The worst alert in at most `most` lines, with how many more there are."""
    if not found:
        return []
    worst = found[0]
    more = f"  +{len(found) - 1} more: i" if len(found) > 1 else ""
    shown = words.of(worst.tone)
    room, said = cells - width(more), " ".join(f"{worst.subject}: {worst.sentence}".split())
    begin = wrap(said, max(8, room - 3))[0] if most > 1 else cut(said, max(8, room - 3))
    rest = said[len(begin) :].strip() if most > 1 else ""
    first: Line = (Span(f"{MARKS[worst.tone]} ", _bold(shown.ink)), Span(begin, shown.ink))
    if more:
        first = (*first, Span(" " * max(0, room - sum(width(s.text) for s in first))), dim(more))
    return [first, *(paragraph(rest, cells, indent=3, most=most - 1, ink=shown.ink) if rest else ())]


def _bold(ink: Ink) -> Ink:
    return ink if ink is not Ink.PLAIN else Ink.STRONG


def _hub(fleet: Fleet, now: float) -> Iterator[Alert]:
    source = fleet.source(SourceName.HUB)
    if source.state in (SourceState.LIVE, SourceState.LOADING, SourceState.EMPTY):
        return
    tone = Tone.WARN if source.state in (SourceState.STALE, SourceState.THROTTLED) else Tone.BAD
    open_ = any(one.name in HUB_SOURCES and one.name is not source.name and one.state.answered for one in fleet.sources)
    kept = " Open watches go on." if open_ else " Shown as seen last." if source.seen is not None else ""
    words_ = sources.sentence(source, now).removeprefix("the hub: ").replace(": the hub ", ": it ", 1)
    yield Alert(tone, "hub", f"{closed(words_)}{kept}", source.name)


def _of_the_fleet(fleet: Fleet, now: float, *, once: bool) -> Iterator[Alert]:
    for said in clouds.of_fleet(fleet.cloud, now, once=once):
        yield Alert(said.tone, "Fleet", said.sentence, SourceName.FLEET)


def _ails(member: Member) -> bool:
    """Whether its link or its backends want attention."""
    linked = member.link not in (Link.LOST, Link.LATE, Link.REJECTED) and member.link_message != UNMANAGED
    ill = member.alb_health.word not in (AlbHealthWord.OK, AlbHealthWord.UNKNOWN)
    return not linked or ill or members.pods_gone(member)


_ails_each: Each[Member, bool] = Each(_ails)
_cloudy_each: Each[Member, bool] = Each(clouds.wanting)


def _ailing(fleet: Fleet) -> Iterator[Member]:
    return compress(fleet.members, _ails_each.of(fleet.members))


def _member(fleet: Fleet, member: Member, now: float) -> Iterator[Alert]:
    health = member.alb_health
    lost = member.link in (Link.LOST, Link.LATE)
    weight = members.weight_of(fleet, member.id)
    since = "" if member.link_since is None else f" {spoken(now - member.link_since)}"
    old = members.aged(fleet, now)
    if members.pods_gone(member) and (old is not None or health.word is AlbHealthWord.UNKNOWN):
        yield _without_pods(member, weight, old)
    elif health.word is AlbHealthWord.DEAD:
        count = f"0 of {health.total} backends healthy" if health.total else "no healthy backend"
        why = f" ({health.why})" if health.why else ""
        why += f", read {spoken(old)} ago" if old is not None else ""
        if weight:
            fails = f"{count}{why}, weight {weight:.0f}. ALB fails open: that share fails."
            yield Alert(Tone.BAD, _called(member), f"{fails} Move the weight.", member.id)
        elif weight is not None:
            yield Alert(Tone.WARN, _called(member), f"{count}{why}; it carries no weight.", member.id)
        else:
            yield Alert(Tone.BAD, _called(member), f"{count}{why}; its weight is not known.", member.id)
    elif lost and members.serving(member) and old is None:
        count = f"ALB health {health.healthy}/{health.total}" if health.total else "ALB health ok"
        yield Alert(
            Tone.WARN,
            _called(member),
            f"control link {member.link}{since}, {count}: serving. Do not drain for this reason.",
            member.id,
        )
    elif lost:
        yield Alert(
            Tone.WARN,
            _called(member),
            f"control link {member.link}{since}, ALB health not known: probe it before you decide.",
            member.id,
        )
    elif member.link_message == UNMANAGED and fleet.source(SourceName.MEMBERS).state.answered:
        said = "a gateway sends traffic to it, and the hub has no ManagedCluster of it: nothing is synced to it."
        yield Alert(Tone.WARN, _called(member), said, member.id)
    elif member.link is Link.REJECTED:
        yield Alert(Tone.WARN, _called(member), closed(member.link_message or "not accepted by the hub"), member.id)
    elif health.word is AlbHealthWord.SOME:
        why = f" ({health.why})" if health.why else ""
        yield Alert(Tone.WARN, _called(member), f"{health.healthy} of {health.total} backends healthy{why}.", member.id)


def _without_pods(member: Member, weight: float | None, old: float | None) -> Alert:
    """By its own API, while no ALB health is known."""
    read = "ALB health is not known" if old is None else f"ALB health was read {spoken(old)} ago"
    said = f"none of its {member.workload.wanted} pods is ready, {read}"
    if not weight:
        return Alert(Tone.WARN, _called(member), f"{said}; it carries no weight.", member.id)
    return Alert(Tone.BAD, _called(member), f"{said}; weight {weight:.0f}. Move the weight.", member.id)


def _clouds(fleet: Fleet, now: float, *, once: bool) -> Iterator[Alert]:
    for member in compress(fleet.members, _cloudy_each.of(fleet.members)):
        for said in clouds.of_member(member, now, once=once):
            yield Alert(said.tone, _called(member), said.sentence, member.id)


def _called(member: Member) -> str:
    placed = member.zone and member.zone != member.name and not member.spans
    return f"{member.zone} {member.name}" if placed else member.name


def _gateways(fleet: Fleet) -> Iterator[Alert]:
    behind: dict[str, list[Route]] = {}
    for route in fleet.routes:
        if route.gateway is not None:
            behind.setdefault(route.gateway, []).append(route)
    for gateway in fleet.gateways:
        routes = behind.pop(gateway.name, [])
        failed = [route for route in routes if route.failing]
        if failed:
            yield _blocked(gateway.name, routes, failed)
        if gateway.message and gateway.state not in (None, "Active"):
            yield Alert(Tone.WARN, gateway.name, closed(f"ALB {gateway.state}: {gateway.message}"), gateway.name)
    if fleet.source(SourceName.GATEWAYS).state.answered:
        for name, routes in behind.items():
            some = ", ".join(route.key for route in routes[:2])
            many = f"{some} and {len(routes) - 2} more" if len(routes) > 2 else some
            said = f"no AlbConfig of this name is on the hub: nothing carries {many}."
            yield Alert(Tone.BAD, name, said, routes[0].key)


def _blocked(gateway: str, routes: Sequence[Route], failed: Sequence[Route]) -> Alert:
    """One bad Ingress is named by every failure of its gateway."""
    named = [route for route in failed if route.key in route.failing]
    first = (named or failed)[0]
    others = len(routes) - len(named or failed)
    keeps = f" keeps {others} other route{'s' if others > 1 else ''} of this ALB back" if others else ""
    if not named and len(failed) > 1:
        return Alert(Tone.BAD, gateway, closed(f"nothing is carried on to this ALB: {first.failing}"), gateway)
    reason, _, said = first.failing.partition(" ")
    said = said.rpartition(f"{first.key}: ")[2]
    return Alert(Tone.BAD, gateway, closed(f"{cut(first.key, 48)}{keeps}: {reason} {said}"), first.key)


def _freeze(fleet: Fleet) -> Iterator[Alert]:
    found = fleet.freeze
    if found is not None:
        until = f" until {due(found.until, found.since)}" if found.until is not None else ""
        said = closed(f"frozen{until} by {found.actor or 'somebody'}: {found.reason or 'no reason given'}")
        yield Alert(Tone.WARN, "Fleet", said, "freeze")


def _failing(fleet: Fleet) -> Iterator[Alert]:
    """The routes whose requests fail, those that lose most first."""
    shares = [(share, route) for route in fleet.routes if (share := splits.failing_share(route)) is not None]
    for share, route in sorted(shares, key=lambda pair: -pair[0]):
        failed, asked = route.unanswered
        said = f"{share:.0f} % of the probe's requests get no answer ({failed} of {asked} in {LATELY:.0f} s)."
        yield Alert(Tone.BAD, route.key, said, route.key)


def _route(fleet: Fleet, route: Route, here: Known, now: float, *, once: bool) -> Iterator[Alert]:
    agreement = route.agreement
    if agreement.agrees or agreement.stuck_at is None or route.controller is Controller.FAILED:
        return
    if agreement.stuck_at is Layer.OBSERVED and splits.failing_share(route) is not None:
        return  # who answers in their place is known by who does not
    waited = 0.0 if agreement.since is None else now - agreement.since
    running = any(route.key in run.routes and run_alerts.works(run, here) for run in fleet.runs)
    reverted = agreement.stuck_at is Layer.ANNOTATION
    if reverted and all(one.asked is None for one in route.members):
        # Nobody asked for other weights: it is the annotations themselves that say nothing.
        idle = bool(route.noted) and not any(route.noted.values())
        yield Alert(Tone.BAD if idle else Tone.WARN, route.key, closed(agreement.sentence), route.key)
        return
    if waited < PATIENCE and not reverted:
        return
    if running and not reverted:
        return
    since = "" if once or agreement.since is None else f" since {spoken(waited)}"
    if reverted:
        asked = splits.split(splits.layer_values(route, Layer.ASKED))
        noted = splits.split(splits.layer_values(route, Layer.ANNOTATION))
        by = f" by {route.owner}" if route.owner else ""
        yield Alert(Tone.WARN, route.key, f"asked {asked}, the Ingress holds {noted}{by}{since}.", route.key)
        return
    where = words.LAYERS[agreement.stuck_at][1]
    yield Alert(Tone.WARN, route.key, closed(f"stuck at {where}{since}: {agreement.sentence}"), route.key)


def _applications(fleet: Fleet) -> Iterator[Alert]:
    for one in fleet.sets:
        if one.error:
            said = closed(f"this ApplicationSet generates nothing new: {one.error}")
            yield Alert(Tone.WARN, one.name, said, one.key)
    for group, (skewed, ill) in zip(fleet.deployed, _ill_each.of(fleet.deployed), strict=True):
        if skewed:
            yield Alert(Tone.WARN, group.title, partial(_skew, fleet, group), group.key)
        if ill:
            yield Alert(Tone.WARN, group.title, partial(applications.ill_sentence, fleet, ill), group.key)


def _ill(group: Deployed) -> tuple[bool, list[Application]]:
    """Whether its revisions differ, and the parts that are not well."""
    ill = [part for part in group.parts if part.health in ("Degraded", "Missing") or part.phase in _FAILED]
    return group.skewed, ill


_ill_each: Each[Deployed, tuple[bool, list[Application]]] = Each(_ill)


def _skew(fleet: Fleet, group: Deployed) -> str:
    return f"{applications.skew_sentence(fleet, group)}: not the same revision."


def _sources(fleet: Fleet, now: float) -> Iterator[Alert]:
    hub = fleet.source(SourceName.HUB)
    yield from _permissions(fleet, hub)
    elsewhere = all(fleet.source(name).state is SourceState.MISSING for name in _A_FLEETS_OWN)
    if elsewhere:
        yield Alert(Tone.WARN, "hub", _NO_FLEET, SourceName.MEMBERS)
    for source in fleet.sources:
        if source.state is SourceState.DENIED and source.permission:
            continue
        if elsewhere and source.state is SourceState.MISSING:
            continue
        if not source.wanting or source.name is SourceName.HUB:
            continue
        if (source.echoes and hub.wanting) or (source.name in OF_THE_HUB and _same_cause(source, hub)):
            continue
        yield Alert(Tone.WARN, words.SOURCES[source.name], _rest(source, now), source.name)


def _clock(fleet: Fleet) -> Iterator[Alert]:
    if fleet.skew:
        way = "ahead of" if fleet.skew > 0 else "behind"
        apart = f"the hub's clock is {spoken(abs(fleet.skew))} {way} this host's"
        said = f"{apart}: ages of agents are told by the hub's. Set this host's clock (NTP)."
        yield Alert(Tone.WARN, "clock", said, SourceName.HUB)


def _permissions(fleet: Fleet, hub: Source) -> Iterator[Alert]:
    """Every permission that is missing, at once: whoever asks for a role asks once."""
    asked = [s for s in fleet.sources if s.permission and s.name is not SourceName.HUB]
    denied = [s for s in asked if s.state is SourceState.DENIED]
    if not denied or hub.state is SourceState.DENIED:
        return
    said = ", ".join(str(s.permission) for s in denied)
    detours = ", ".join(str(s.permission) for s in asked if s.state is not SourceState.DENIED)
    slowly = f"; read slowly without: {detours}" if detours else ""
    yield Alert(Tone.WARN, "not allowed", f"{said}{slowly}. Ask for a role that grants them.", denied[0].name)


def _same_cause(source: Source, hub: Source) -> bool:
    return source.state is hub.state


def _rest(source: Source, now: float) -> str:
    return closed(sources.sentence(source, now).removeprefix(f"{sources.NOUNS[source.name]}: "))


def _problems(fleet: Fleet) -> Iterator[Alert]:
    if fleet.problems:
        first = fleet.problems[0]
        others = len({one.object for one in fleet.problems} - {first.object})
        has = "object has" if others == 1 else "objects have"
        also = f" {others} more {has} problems." if others else ""
        yield Alert(Tone.WARN, first.object, f"{closed(first.message)}{also}", "problems")
