"""The members of a Fleet: who they are, in which zone, and how their link to the hub and their backends fare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from console.model.cluster import CloudWord
from console.model.fleet import UNMANAGED, AlbHealth, AlbHealthWord, Link, Member
from console.model.freshness import SourceName
from console.model.hub import AlbConfig, ManagedCluster
from console.settings import FleetSettings, MemberSettings
from console.store import clouds
from console.store.beats import LATE, LOST
from console.store.kept import Key
from console.store.scene import Scene


def ids(
    clusters: Mapping[str, ManagedCluster], gateways: Mapping[str, AlbConfig], settings: FleetSettings
) -> tuple[str, ...]:
    """Known members, settings' order first, then by id: those the hub lists, or that a gateway names."""
    known = set(clusters) | {member for gateway in gateways.values() for member in gateway.remote_clusters}
    ordered = [member for member in settings.members if member in known]
    return (*ordered, *sorted(known.difference(ordered)))


def names(ids: Iterable[str], settings: FleetSettings) -> dict[str, str]:
    """Member id -> what settings call it, else that id."""
    named = settings.members
    return {id: (named[id].name if id in named else None) or id for id in ids}


def members(scene: Scene) -> tuple[Member, ...]:
    """All members, each made anew only where something that it is made of is another."""
    clusters: Mapping[str, ManagedCluster] = scene.facts.of(SourceName.MEMBERS)
    healths, words = _healths(scene), _words(scene)
    vswitches = scene.facts.all(SourceName.VSWITCHES)
    moved, heard = scene.facts.moved(SourceName.MEMBERS), scene.memory.beats.stirred(scene.now)
    all_look_at = healths, words, vswitches
    same = scene.kept.former("what all members look at", all_look_at) == all_look_at
    suspects = {*moved, *heard} if same and moved is not None and heard is not None else None

    def key(id: str) -> Key:
        cluster = clusters.get(id)
        return cluster, _link(scene, id, cluster), healths.get(id, ()), words[id], vswitches

    def make(id: str) -> Member:
        return _member(scene, id, clusters.get(id), healths.get(id, ()), words[id])

    return scene.kept.among("members", scene.ids, suspects, key, make)


def _words(scene: Scene) -> Mapping[str, CloudWord]:
    said = scene.ids, scene.facts.all(SourceName.CLUSTERS), scene.facts.all(SourceName.FLEET)
    return scene.kept.take("cloud's words", said, lambda: clouds.words(scene.facts.of, scene.ids))


def _healths(scene: Scene) -> Mapping[str, Sequence[AlbHealth]]:
    """Member id -> the word of every gateway that it is behind."""

    def made() -> dict[str, list[AlbHealth]]:
        found: dict[str, list[AlbHealth]] = {}
        for name, backends in scene.backends.items():
            config: AlbConfig = scene.facts.of(SourceName.GATEWAYS)[name]
            inside = {*config.remote_clusters, *backends.member.values()}
            for member in scene.ids:
                if member in inside:
                    found.setdefault(member, []).append(backends.health(member))
        return found

    key = (scene.ids, scene.facts.all(SourceName.GATEWAYS), scene.backends)
    return scene.kept.take("healths", key, made)


def _member(
    scene: Scene, member: str, cluster: ManagedCluster | None, health: Sequence[AlbHealth], word: CloudWord
) -> Member:
    said = scene.settings.members.get(member, MemberSettings())
    label = dict(cluster.labels).get(scene.settings.zone_label) if cluster else None
    kind = said.kind or (word.cluster.kind if word.cluster else None) or "unknown"
    zone, named_by = clouds.zone(said.zone, label, kind, word, scene.facts.of(SourceName.VSWITCHES))
    link, since, words = _link(scene, member, cluster)
    return Member(
        id=member,
        name=scene.names[member],
        kind=kind,
        zone=zone,
        zone_source=named_by,
        link=link,
        link_since=since,
        link_message=words,
        alb_health=_together(health),
        joined=None if cluster is None or cluster.joined is None else cluster.joined == "True",
        cloud=word,
    )


def _together(parts: Sequence[AlbHealth]) -> AlbHealth:
    """Several gateways' words as one: the worst word, the numbers added where all are known."""
    if not parts:
        return AlbHealth(AlbHealthWord.UNKNOWN, why="the ALB is not read")
    order = (AlbHealthWord.DEAD, AlbHealthWord.SOME, AlbHealthWord.UNKNOWN, AlbHealthWord.OK)
    words = [part.word for part in parts]
    word = min(words, key=order.index)
    if word is AlbHealthWord.DEAD and any(w is not AlbHealthWord.DEAD for w in words):
        word = AlbHealthWord.SOME
    healthy = [part.healthy for part in parts if part.healthy is not None]
    total = [part.total for part in parts if part.total is not None]
    why = next((part.why for part in parts if part.word is word), parts[0].why)
    return AlbHealth(word, sum(healthy) if healthy else None, sum(total) if total else None, why)


def _link(scene: Scene, member: str, cluster: ManagedCluster | None) -> tuple[Link, float | None, str]:
    if cluster is None:
        return Link.UNKNOWN, None, UNMANAGED
    if cluster.accepted is False or cluster.joined == "False":
        return Link.REJECTED, None, "not accepted by the hub" if cluster.accepted is False else "not joined"
    since = scene.memory.beats.last(member)
    word = f"{cluster.available_reason} {cluster.available_message}".strip()
    if since is None:
        if cluster.available == "True":
            return Link.UP, None, "by the hub's condition, which may be 5 min late; no Lease is known"
        known = cluster.available in ("False", "Unknown")
        return (Link.LOST if known else Link.UNKNOWN), None, word or "neither Lease nor condition is known"
    age = scene.now - since
    if age > LOST or (cluster.available in ("False", "Unknown") and age > LATE):
        return Link.LOST, since, word or "the agent stopped renewing its Lease"
    if age > LATE:
        return Link.LATE, since, "the agent's Lease is unrenewed"
    return Link.UP, since, ""
