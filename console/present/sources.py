"""Sources in words: nine states, nine pictures; what stands instead of rows, and the freshness in the header."""

from __future__ import annotations

from console.model.fleet import Fleet
from console.model.freshness import HUB_SOURCES, OPTIONAL, Part, Source, SourceName, SourceState, Topic
from console.model.spans import spoken
from console.present import words
from console.present.line import EMPTY, Ink, Line, Span, dim, fit, line, paragraph, title
from console.present.sheet import Column, Sheet
from console.present.times import FRESH, UNKNOWN, age

NOUNS: dict[Topic, str] = {
    SourceName.HUB: "the hub",
    SourceName.MEMBERS: "members",
    SourceName.HEARTBEATS: "heartbeats",
    SourceName.GATEWAYS: "gateways",
    SourceName.CLASSES: "ingress classes",
    SourceName.ROUTES: "routes",
    SourceName.EVENTS: "events",
    SourceName.APPLICATIONS: "applications",
    SourceName.SETS: "application sets",
    SourceName.CLUSTER_SECRETS: "ArgoCD's clusters",
    SourceName.RUNS: "runs",
    SourceName.WORKLOADS: "workloads",
    SourceName.ALB: "the ALB",
    SourceName.FLEET: "the Fleet's own state",
    SourceName.CLUSTERS: "the members' clusters",
    SourceName.VSWITCHES: "vSwitches",
    SourceName.PROBE: "probes",
    SourceName.RATES: "rates",
    **{part: part.value for part in Part},
}

CALLS = 600
"""Calls a minute that the cloud's budget allows where nothing was throttled."""

NEXT_STEPS: dict[Topic, str] = {
    SourceName.HUB: "Give a kubeconfig: --kubeconfig FILE, KUBECONFIG or fleets.kubeconfig in the settings file.",
    SourceName.WORKLOADS: "Name fleets.members.ID.kubeconfig or context to see pods and headroom.",
    SourceName.CLUSTER_SECRETS: "Set fleets.argocd.cluster_secrets to tell members by what ArgoCD calls them.",
    SourceName.ALB: "Name a credential under fleets.cloud.credentials to see rules and health.",
    SourceName.FLEET: "Name a credential under fleets.cloud.credentials to see its state and its associations.",
    SourceName.CLUSTERS: "Name a credential under fleets.cloud.credentials to see each cluster's state.",
    SourceName.VSWITCHES: "Name a credential under fleets.cloud.credentials to learn zones from vSwitches.",
    SourceName.PROBE: "Add fleets.probes to measure what clients see.",
    SourceName.RATES: "Name a query under fleets.prometheus to see requests a second.",
}


def sentence(source: Source, now: float) -> str:
    """One source in one sentence: its state, its age, why, and what would help."""
    noun = NOUNS[source.name]
    why = f": {source.message}" if source.message else ""
    seen = source.age(now)
    last = "" if seen is None else f", last answer {spoken(seen)} ago"
    if source.late:
        return source.message or f"{noun}: {source.word}"
    match source.state:
        case SourceState.UNCONFIGURED:
            step = NEXT_STEPS.get(source.name, "")
            return source.message or f"{noun}: not configured. {step}".rstrip()
        case SourceState.LOADING:
            return f"reading {noun} ..."
        case SourceState.EMPTY:
            return (
                f"no {noun}: answered, and there are none" if source.name is not SourceName.HUB else "the hub is empty"
            )
        case SourceState.LIVE:
            return f"{noun}: live"
        case SourceState.STALE:
            return f"{noun}: stale{last}{why}"
        case SourceState.THROTTLED:
            return f"{noun}: throttled, too many calls{last}{why}"
        case SourceState.DENIED:
            need = f" (needs: {source.permission})" if source.permission else ""
            return f"{noun}: denied{need}{why}"
        case SourceState.MISSING:
            return f"{noun}: the server does not know this kind (CRD not installed){why}"
        case SourceState.LOST:
            return f"{noun}: no answer{last}{why}" if seen is not None or not why else f"{noun}{why}"


def note(fleet: Fleet, name: SourceName, now: float, *, some: bool) -> tuple[Line, ...]:
    """What is said under a table's rows, or instead of them: nothing where the source is live and has rows."""
    source = fleet.source(name)
    if source.state is SourceState.LIVE and some:
        return ()
    if source.state is SourceState.LIVE:
        return (line(dim(f"  no {NOUNS[name]} that belong here")),)
    if source.state is SourceState.LOADING and some:
        return ()
    if name in HUB_SOURCES and source.state is SourceState.LOST and fleet.source(SourceName.HUB).state is source.state:
        return (line(dim("  the hub is out of reach" + (": shown as seen last" if some else ": nothing is known"))),)
    shown = words.source(source)
    return ((Span(f"  {shown.glyph} ", shown.ink), Span(sentence(source, now), shown.ink)),)


def freshness(source: Source, now: float) -> Span:
    """One source in the header: `hub live`, `cloud 20s`, `probe not set`, `cloud throttled`."""
    shown = words.source(source)
    name = words.SOURCES[source.name]
    if source.state is SourceState.LIVE:
        return Span(f"{name} {age(source.age(now))}", shown.ink)
    if source.state is SourceState.UNCONFIGURED:
        return Span(f"no {name}", shown.ink)
    aged = (SourceState.STALE, SourceState.LOST, SourceState.THROTTLED, SourceState.DENIED)
    seen = source.age(now)
    if source.state in aged and seen is not None and seen >= FRESH:
        return Span(f"{name} {shown.word} {age(seen)}", shown.ink)
    return Span(f"{name} {shown.word}", shown.ink)


def _hub(fleet: Fleet, now: float) -> Span:
    """`hub live`; `hub 2 denied` where it answers, and two kinds of its objects may not be read."""
    order = (SourceState.LOST, SourceState.DENIED, SourceState.MISSING, SourceState.THROTTLED, SourceState.STALE)
    itself = fleet.source(SourceName.HUB)
    kinds = [source.state for source in fleet.sources if source.name in HUB_SOURCES and source.wanting]
    if itself.state is not SourceState.LIVE or not kinds:
        return freshness(itself, now)
    worst = min(kinds, key=order.index)
    shown = words.of(worst)
    if kinds.count(worst) == sum(
        source.name in HUB_SOURCES for source in fleet.sources if source.name is not itself.name
    ):
        return Span(f"{words.SOURCES[SourceName.HUB]} {shown.word}", shown.ink)
    return Span(f"{words.SOURCES[SourceName.HUB]} {kinds.count(worst)} {shown.word}", shown.ink)


def header(fleet: Fleet, now: float) -> Line:
    """`hub live  cloud live  probe live`."""
    cloud, probe = fleet.source(SourceName.ALB), fleet.source(SourceName.PROBE)
    return _hub(fleet, now), Span("  "), freshness(cloud, now), Span("  "), freshness(probe, now)


def sources_sheet(fleet: Fleet, now: float) -> Sheet[Source]:
    """Every source with state, age, message and permission."""
    items = every(fleet)
    columns = (
        Column[Source]("SOURCE", 12, lambda s: line(label(fleet, s))),
        Column[Source]("STATE", 11, lambda s: line(words.source(s).marked)),
        Column[Source]("AGE", 5, lambda s: line(Span(age(s.age(now)), Ink.DIM if s.seen is None else Ink.PLAIN))),
        Column[Source]("SAYS", 30, lambda s: line(says(s)), grow=True),
    )
    return Sheet(columns, items, lambda s: s.member or s.name)


def every(fleet: Fleet) -> tuple[Source, ...]:
    """Every source of the Fleet, the members' own APIs that are named one by one behind them."""
    own = (source for source in fleet.member_sources if source.state is not SourceState.UNCONFIGURED)
    return (*(fleet.source(name) for name in SourceName), *own)


def label(fleet: Fleet, source: Source) -> str:
    """What a source is called in a list: its own word, or the member whose API it is."""
    if source.member is None:
        return words.SOURCES[source.name]
    return next((member.name for member in fleet.members if member.id == source.member), source.member)


_LEAD = 41
"""Cells before what a source says."""


def page_lines(fleet: Fleet, now: float, cells: int) -> list[Line]:
    """Every source with its state, its age, how it is read and what it says, wrapped; then its newest failure, where
    that is over, and the calls that it spent."""
    out: list[Line] = [line(title(f"{'SOURCE':<13}{'STATE':<13}{'AGE':<6}{'READ BY':<9}SAYS"))]
    for source in every(fleet):
        if source.name in OPTIONAL and source.state is SourceState.UNCONFIGURED and not source.message:
            continue
        state = words.source(source)
        lead = (
            *fit(line(label(fleet, source)), 12),
            Span(" "),
            Span(f"{state.glyph} {state.word:<11}", state.ink),
            Span(f"{age(source.age(now)):<6}", Ink.DIM if source.seen is None else Ink.PLAIN),
            dim(f"{source.mode or '-':<9}"),
        )
        uid = f"{fleet.uid or UNKNOWN}" if source.name is SourceName.HUB else ""
        said = [one for one in (uid, says(source), spent(source)) if one]
        wrapped = [row for one in said for row in paragraph(one, cells, indent=_LEAD)] or [EMPTY]
        out += [(*lead, *wrapped[0][1:]), *wrapped[1:]]
        if source.error and not source.wanting and source.error_since is not None:
            ago = spoken(now - source.error_since)
            out += paragraph(f"last failed {ago} ago: {source.error}", cells, indent=_LEAD, most=3, ink=Ink.DIM)
    off = [words.SOURCES[name] for name in OPTIONAL if fleet.source(name).state is SourceState.UNCONFIGURED]
    return [*out, line(dim(f"{', '.join(off)}: not set, see settings in README"))] if off else out


def spent(source: Source) -> str:
    """`42 calls in the last minute of 600`, and that there are fewer than usual to spend."""
    if source.calls is None:
        return ""
    made, allowed = source.calls
    fewer = ", fewer since it was throttled" if allowed < CALLS else ""
    return f"{made} call{'' if made == 1 else 's'} in the last minute of {allowed}{fewer}"


def says(source: Source) -> str:
    """Why a source stands as it does: its message and the permission it would need."""
    need = f"needs {source.permission}. " if source.permission else ""
    if source.state is SourceState.UNCONFIGURED and not source.message:
        return NEXT_STEPS.get(source.name, "")
    said = source.message or (source.word if source.late else "")
    return f"{need}{said}" or (UNKNOWN if source.state is SourceState.LOST else "")
