"""What may be chosen at a field of a draft: resources that discovery found, parts that the draft names, and the words
that a field takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from console.decide.setup import draft as drafts
from console.decide.setup.draft import Document
from console.model.ground import Ground, Site
from console.model.text import inert


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found before anything is written. `sites`: kubeconfig context -> what answers there; `failure`: why
    nothing could be asked, empty where something was."""

    region: str
    ground: Ground = field(default_factory=Ground)
    sites: Mapping[str, Site] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose. `value` is what is written; `about` tells it from others: zone, range, free addresses."""

    value: str
    about: str = ""


def choices(document: Document, found: Discovery, path: str) -> Iterator[Choice]:
    """What may be chosen at a path, beside what may be typed there."""
    names = [one for one in drafts.steps(path) if isinstance(one, str)]
    source = _SOURCES.get(".".join(names))
    yield from source(document, found, path) if source is not None else ()


def vswitches(document: Document, found: Discovery) -> Iterator[Choice]:
    """The vSwitches of the draft's VPC: id, and what tells them apart."""
    vpc = drafts.at(document, "vpc.id")
    for one in found.ground.account.subnets or ():
        if vpc is None or one.vpc == vpc:
            free = "? free" if one.free is None else f"{one.free} free"
            yield Choice(one.id, f"{inert(one.name, 30)}  {one.zone}  {one.cidr}  {free}".strip())


def _regions(_: Document, found: Discovery, path: str) -> Iterator[Choice]:
    yield from (Choice(one) for one in found.ground.account.regions or ())


def _vpcs(_: Document, found: Discovery, path: str) -> Iterator[Choice]:
    for one in found.ground.account.vpcs or ():
        count = sum(1 for each in found.ground.account.subnets or () if each.vpc == one.id)
        yield Choice(one.id, f"{inert(one.name, 30)}  {one.cidr}  {count} vSwitches".strip())


def _subnets(document: Document, found: Discovery, path: str) -> Iterator[Choice]:
    yield from vswitches(document, found)


def _zones(document: Document, found: Discovery, path: str) -> Iterator[Choice]:
    known = sorted({one.zone for one in found.ground.account.subnets or ()} | set(found.ground.account.alb_zones or ()))
    alb = found.ground.account.alb_zones
    for one in known:
        yield Choice(one, "" if alb is None else ("has ALB" if one in alb else "without ALB"))


def _fleets(_: Document, found: Discovery, path: str) -> Iterator[Choice]:
    for one in found.ground.account.fleets or ():
        yield Choice(one.id, f"{inert(one.name, 40)}  {one.state}  VPC {one.vpc or '?'}")


def _clusters(document: Document, found: Discovery, path: str) -> Iterator[Choice]:
    kind = drafts.at(document, path.rpartition(".")[0] + ".kind")
    for one in found.ground.account.clusters or ():
        if one.kind == kind:
            yield Choice(one.id, f"{inert(one.name, 40)}  {one.state}  {one.version}".strip())


def _contexts(_: Document, found: Discovery, path: str) -> Iterator[Choice]:
    for name, site in found.sites.items():
        yield Choice(name, inert(site.problem, 120) or f"Kubernetes {site.version}, {len(site.nodes)} nodes")


def _own_vswitches(document: Document, found: Discovery, path: str) -> Iterator[Choice]:
    subnets = {one.id: one for one in found.ground.account.subnets or ()}
    for one in drafts.items(document, "vswitches"):
        if not isinstance(one.get("name"), str):
            continue
        there = subnets.get(str(one.get("id")))
        if there is None:
            yield Choice(one["name"], f"new  {one.get('zone', '?')}  {one.get('cidr', '?')}")
        else:
            free = "? free" if there.free is None else f"{there.free} free"
            yield Choice(one["name"], f"{there.zone}  {there.cidr}  {free}")


def _own_members(document: Document, found: Discovery, path: str) -> Iterator[Choice]:
    for one in drafts.items(document, "members"):
        if isinstance(one.get("name"), str):
            yield Choice(one["name"], f"{one.get('kind', '?')}  {one.get('zone', '?')}")


def _failure_domains(document: Document, found: Discovery, path: str) -> Iterator[Choice]:
    """A member's zone: those of the cloud; a data centre's is a word of one's own."""
    if drafts.at(document, path.rpartition(".")[0] + ".kind") == "ack":
        yield from _zones(document, found, path)


_SOURCES: Mapping[str, Callable[[Document, Discovery, str], Iterator[Choice]]] = {
    "region": _regions,
    "vpc.id": _vpcs,
    "vswitches.id": _subnets,
    "vswitches.zone": _zones,
    "fleet.id": _fleets,
    "fleet.vswitches": _own_vswitches,
    "members.id": _clusters,
    "members.zone": _failure_domains,
    "members.vswitches": _own_vswitches,
    "members.pod_vswitches": _own_vswitches,
    "members.context": _contexts,
    "gateway.vswitches": _own_vswitches,
    "gateway.members": _own_members,
    "applications.members": _own_members,
}
"""Path without numbers -> where its choices come from."""
