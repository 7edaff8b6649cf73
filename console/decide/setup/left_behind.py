"""What a set-up of this topology made, and the file no longer names: by our label or tag. A set-up leaves it alone,
since it may carry traffic; it is told, so that nobody takes it for gone. A teardown takes the Fleet's objects away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from console.decide.setup import manifests
from console.decide.setup.finding import Finding, ok, warn
from console.decide.setup.found import Found
from console.model.ground import Key
from console.model.text import inert

_KINDS = ("Ingress", "AlbConfig", "IngressClass", "ApplicationSet", "AppProject", "Namespace")
"""That a set-up makes whole, in the order in which they may go: an AlbConfig waits for its Ingresses."""
_PARTS = {"Ingress": "routes", "ApplicationSet": "applications", "AppProject": "applications", "Namespace": "routes"}
_DOES = {
    "Ingress": "it still takes requests",
    "AlbConfig": "its ALB still stands, and is paid for",
    "ApplicationSet": "its workloads still run",
}
_GOING = ("deleting", "deleted", "removing")


class LeftBehind(NamedTuple):
    """One thing. `about`: the part of the file that would name it; `does`: what it still does; `how`: to remove it;
    `key`: which object of the Fleet it is, None for a resource of the cloud."""

    what: str
    about: str
    source: str
    does: str
    how: str
    key: Key | None = None


def left_behind(found: Found) -> tuple[LeftBehind, ...]:
    """All of it, in the order in which it may go."""
    return (*_objects(found), *_resources(found))


def check(found: Found) -> Iterator[Finding]:
    """Nothing of ours stands that the file no longer names."""
    needed, known = "the file names all that its set-up made", left_behind(found)
    for one in known:
        measured = f"{one.what} was made by this topology's set-up, and the file no longer names it; {one.does}"
        yield warn(one.about, one.source, measured, needed, one.how)
    if not known:
        yield ok("name", "labels and tags of ours", "nothing else of ours stands", needed)


def _objects(found: Found) -> Iterator[LeftBehind]:
    wanted = {(key.kind, key.namespace, key.name) for key in manifests.wanted(found)}
    strays = [
        key
        for key, one in found.hub.objects.items()
        if key.kind in _KINDS and found.made(one) and (key.kind, key.namespace, key.name) not in wanted
    ]
    for key in sorted(strays, key=lambda one: (_KINDS.index(one.kind), str(one))):
        place = f" -n {key.namespace}" if key.namespace else ""
        command = f"kubectl delete {key.kind.lower()} {key.name}{place}"
        how = f"Name it in the file again, or remove it on the Fleet: {command}."
        if key.kind == "ApplicationSet":
            how += " Its workloads go with it unless preserveResourcesOnDeletion is true."
        does = _DOES.get(key.kind, "nothing of the file needs it")
        about = _PARTS.get(key.kind, "gateway")
        yield LeftBehind(inert(str(key), 200), about, f"label of {key.kind}", does, inert(how, 400), key)


def _resources(found: Found) -> Iterator[LeftBehind]:
    """Of the cloud: clusters before the Fleet, and the network last."""
    topology, account = found.topology, found.account
    members = [found.cluster(part) for part in topology.members]
    switches = [found.subnet(part.name) for part in topology.vswitches]
    kept = {one.id for one in (*members, *switches, found.fleet, found.vpc) if one is not None}
    for cluster in account.clusters or ():
        if found.ours(cluster.tags) and cluster.id not in kept and cluster.state not in _GOING:
            how = "detach it from the Fleet, then delete it in the ACK console"
            yield _resource("cluster", cluster.name, cluster.id, "members", "DescribeClustersV1", how)
    for fleet in account.fleets or ():
        if found.ours(fleet.tags) and fleet.id not in kept and fleet.state not in _GOING:
            yield _resource("Fleet", fleet.name, fleet.id, "fleet", "DescribeHubClusters", "delete it in the console")
    for switch in account.subnets or ():
        if found.ours(switch.tags) and switch.id not in kept:
            how = "delete it in the VPC console"
            yield _resource("vSwitch", switch.name, switch.id, "vswitches", "DescribeVSwitches", how)
    for vpc in account.vpcs or ():
        if found.ours(vpc.tags) and vpc.id not in kept:
            yield _resource("VPC", vpc.name, vpc.id, "vpc", "DescribeVpcs", "delete it in the VPC console")


def _resource(kind: str, name: str, identifier: str, about: str, source: str, how: str) -> LeftBehind:
    what = f"{kind} {inert(name, 60)} ({inert(identifier, 60)})"
    does = "it still stands, and may be paid for"
    return LeftBehind(what, about, source, does, f"Name it in the file again, or {how}.")
