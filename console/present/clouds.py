"""What the cloud's OpenAPIs say of a member and of the Fleet itself, in lines and sentences, each with the call that
told it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from console.model.cluster import NOT_LISTED, Association, Cluster, HubCluster, Standing, standing
from console.model.fleet import Fleet, Member, Tone
from console.model.freshness import SourceName, SourceState
from console.model.spans import spoken
from console.present import sources
from console.present.line import Ink, Line, Span, dim, line
from console.present.times import age

INKS = {Standing.GOOD: Ink.PLAIN, Standing.CHANGING: Ink.WARN, Standing.BAD: Ink.WARN, Standing.UNKNOWN: Ink.DIM}
DETAIL, MANAGED, HUB = "cs:DescribeClusterDetail", "adcp:DescribeManagedClusters", "adcp:DescribeHubClusterDetails"


class Said(NamedTuple):
    """One thing that wants attention: how much, and the sentence."""

    tone: Tone
    sentence: str


def facts(fleet: Fleet, member: Member, now: float) -> list[tuple[str, Line]]:
    """The lines of a member's page: name -> what is said, since when, by which call, how old."""
    cluster, association = member.cloud.cluster, member.cloud.association
    found: list[tuple[str, Line]] = []
    if cluster is not None and cluster.state:
        shown = Span(cluster.state, INKS[cluster.standing])
        found.append(("cluster", (shown, *_since(cluster, now), *_by(fleet, SourceName.CLUSTERS, DETAIL, now))))
    elif association is not None and association.cluster_state:
        shown = Span(association.cluster_state, INKS[standing(association.cluster_state)])
        found.append(("cluster", (shown, *_by(fleet, SourceName.FLEET, MANAGED, now))))
    else:
        found.append(("cluster", _silent(fleet, SourceName.CLUSTERS, now)))
    if association is not None and association.state:
        shown = Span(association.state, INKS[association.standing])
        words = (dim(f"  {association.message}"),) if association.message else ()
        since = _since(association, now)
        found.append(("association", (shown, *since, *words, *_by(fleet, SourceName.FLEET, MANAGED, now))))
    else:
        found.append(("association", _silent(fleet, SourceName.FLEET, now)))
    if member.cloud.version:
        found.append(("kubernetes", line(member.cloud.version)))
    return found


def wanting(member: Member) -> bool:
    """Whether there is anything of it that `of_member` says."""
    return next(of_member(member, 0.0), None) is not None


def of_member(member: Member, now: float, *, once: bool = False) -> Iterator[Said]:
    """What of a member's cluster and of its association is not as it should be. `once`: it is told by who looks once:
    how long it was seen so would be how long that took."""
    cluster, association = member.cloud.cluster, member.cloud.association
    if cluster is not None and cluster.state:
        yield from _cluster(cluster.state, cluster.standing, _so(cluster.since, DETAIL, now, once=once))
    elif association is not None and association.cluster_state:
        state = association.cluster_state
        yield from _cluster(state, standing(state), _so(association.since, MANAGED, now, once=once))
    if association is None or association.standing in (Standing.GOOD, Standing.UNKNOWN):
        return
    if association.state == NOT_LISTED:
        yield Said(Tone.WARN, f"the Fleet's newest list of its clusters does not have it ({MANAGED}).")
        return
    seen = _so(association.since, MANAGED, now, once=once)
    why = f": {association.message.rstrip('.')}" if association.message else ""
    tone = Tone.PLAIN if association.standing is Standing.CHANGING else Tone.WARN
    yield Said(tone, f"association {association.state}{why}{seen}.")


def of_fleet(hub: HubCluster | None, now: float, *, once: bool = False) -> Iterator[Said]:
    """What of the Fleet itself is not as it should be; `once` as for `of_member`."""
    if hub is None or hub.standing in (Standing.GOOD, Standing.UNKNOWN):
        return
    tone = Tone.PLAIN if hub.standing is Standing.CHANGING else Tone.WARN
    why = f": {hub.error.rstrip('.')}" if hub.error else ""
    yield Said(tone, f"the Fleet is {hub.state}{why}{_so(hub.since, HUB, now, once=once)}.")


def fleet_line(fleet: Fleet, now: float) -> Line:
    """The Fleet's own state in a line."""
    hub = fleet.cloud
    if hub is None or not hub.state:
        return _silent(fleet, SourceName.FLEET, now)
    error = (Span(f"  {hub.error}", Ink.WARN),) if hub.error else ()
    version = (dim(f"  Kubernetes {hub.version}"),) if hub.version else ()
    by = _by(fleet, SourceName.FLEET, HUB, now)
    return (Span(hub.state, INKS[hub.standing]), *_since(hub, now), *version, *error, *by)


def _so(since: float, call: str, now: float, *, once: bool) -> str:
    return f" ({call})" if once else f", seen so for {spoken(now - since)} ({call})"


def _cluster(state: str, word: Standing, seen: str) -> Iterator[Said]:
    if word is Standing.CHANGING:
        yield Said(Tone.PLAIN, f"cluster {state}{seen}.")
    elif word is Standing.BAD:
        yield Said(Tone.WARN, f"cluster {state}{seen}. ALB health and probes say whether it serves.")


def _since(one: Cluster | Association | HubCluster, now: float) -> Line:
    if one.standing is Standing.GOOD:
        return ()
    return (Span(f"  seen so for {spoken(now - one.since)}"),)


def _by(fleet: Fleet, name: SourceName, call: str, now: float) -> Line:
    source = fleet.source(name)
    old = "" if source.state is SourceState.LIVE else f", {source.word}"
    return (dim(f"  {call}, {age(source.age(now))}{old}"),)


def _silent(fleet: Fleet, name: SourceName, now: float) -> Line:
    """Why nothing is known."""
    source = fleet.source(name)
    if source.state.answered:
        return (dim("? not told"),)
    return (dim(f"? {sources.sentence(source, now)}"),)
