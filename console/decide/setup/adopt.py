"""A topology of what is there: the Fleet, its members, its gateway, applications and routes as somebody built them by
hand. What the file cannot say is left out and told; nothing is guessed that was not read, but for failure domains,
where a member's cloud zone stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from console.decide.setup.adopt_hub import application, gateway, route, weight_prefix
from console.errors import UsageError
from console.model.cluster import SEVERAL
from console.model.ground import FleetHub, Ground, HubGround, MemberCluster, Subnet
from console.model.topology import (
    SCHEMA,
    TAG,
    CidrsPart,
    FleetPart,
    MemberPart,
    Topology,
    VpcPart,
    VSwitchPart,
)

ZONE_LABEL = "topology.kubernetes.io/zone"


@dataclass(frozen=True, slots=True)
class Adopted:
    """The topology, and what it does not say: a sentence each."""

    topology: Topology
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hints:
    """What settings know of members that no API shows, by cluster id."""

    zones: Mapping[str, str]
    cidrs: Mapping[str, tuple[str, ...]]
    contexts: Mapping[str, str]


def adopt(ground: Ground, region: str, hints: Hints, *, fleet: str | None = None) -> Adopted:
    """The topology of a Fleet: of `fleet` by id or name, else of the one whose members the hub has.

    Raises `UsageError` where there is none, or no telling which.
    """
    hub, there = ground.hub or HubGround(""), _fleet(ground, fleet)
    notes: list[str] = []
    names = _Names(ground)
    members = tuple(_member(ground, hub, names, hints, one, notes) for one in _clusters(ground, there, notes))
    fleet_part = FleetPart(
        name=there.name,
        id=there.id,
        vswitches=tuple(names.of(one) for one in there.vswitches),
        public=bool(there.public),
        argocd=there.argocd is not False,
    )
    by_id = {one.id: one.name for one in members if one.id}
    prefix = weight_prefix(hub, by_id)
    gateway_part = gateway(hub, by_id, names.of, notes)
    routes = tuple(
        one for one in (route(live, gateway_part, by_id, prefix, notes) for live in _ingresses(hub)) if one is not None
    )
    networks = {one.name: one.network for one in members}
    applications = tuple(
        application(live, members, notes) for key, live in hub.objects.items() if key.kind == "ApplicationSet"
    )
    topology = Topology(
        schema=SCHEMA,
        name=_plain(dict(there.tags).get(TAG) or there.name),
        region=region,
        vpc=VpcPart(id=there.vpc),
        vswitches=names.parts,
        fleet=fleet_part,
        members=members,
        gateway=gateway_part,
        applications=applications,
        routes=routes,
        key_prefix=prefix,
    )
    if ground.hub is None:
        why = ground.unread.get("hub", "no kubeconfig or context that is named leads to it")
        notes.insert(0, f"the Fleet's own API is not read ({why}): gateway, routes and applications are left out")
    notes += [f"{name}: its network is taken for {network}; no API shows it" for name, network in networks.items()]
    return Adopted(topology, tuple(notes))


def _fleet(ground: Ground, named: str | None) -> FleetHub:
    fleets = ground.account.fleets
    if fleets is None:
        why = ground.unread.get("fleets", "not read")
        raise UsageError(f"the account's Fleets cannot be read: {why}", fix="Name cloud credentials in the settings.")
    members = {key.name for key in (ground.hub or HubGround("")).objects if key.kind == "ManagedCluster"}
    chosen = [
        one
        for one in fleets
        if (named in (one.id, one.name) if named else members & {each.cluster for each in one.attached or ()})
    ]
    if len(chosen) == 1:
        return chosen[0]
    if not named and len(fleets) == 1:
        return fleets[0]
    known = ", ".join(f"{one.name} ({one.id})" for one in fleets) or "none"
    raise UsageError(f"{'no' if not chosen else 'more than one'} Fleet fits; in the account: {known}", fix="Name one.")


def _clusters(ground: Ground, fleet: FleetHub, notes: list[str]) -> Iterator[MemberCluster]:
    known = {one.id: one for one in ground.account.clusters or ()}
    for one in fleet.attached or ():
        if one.cluster in known:
            yield known[one.cluster]
        else:
            notes.append(f"cluster {one.cluster} is associated, and CS does not show it: it is left out")


def _member(
    ground: Ground, hub: HubGround, names: _Names, hints: Hints, cluster: MemberCluster, notes: list[str]
) -> MemberPart:
    managed = hub.find("ManagedCluster", cluster.id) or {}
    labels = managed.get("metadata", {}).get("labels") or {}
    zone = hints.zones.get(cluster.id) or labels.get(ZONE_LABEL) or _cloud_zone(ground, cluster)
    if zone is None:
        zone = cluster.name
        notes.append(f"{cluster.name}: no failure domain is known; its own name stands in")
    kind: Any = "ack" if cluster.kind == "ack" else "registered"
    label = _cluster_label(hub, cluster.id)
    own = tuple(one for one in (cluster.pods,) if one)
    # An ACK cluster's ranges are those of its vSwitches, where it has them.
    said = hints.cidrs.get(cluster.id, ()) if kind != "ack" or not cluster.pod_vswitches else ()
    own = () if cluster.pod_vswitches else own
    return MemberPart(
        name=cluster.name,
        kind=kind,
        id=cluster.id,
        zone=zone,
        vswitches=tuple(names.of(one) for one in cluster.vswitches),
        pod_vswitches=tuple(names.of(one) for one in cluster.pod_vswitches),
        cidrs=CidrsPart(nodes=said[1:], pods=said[:1] or own, services=cluster.services or None),
        network=_network(hub, label, kind),
        label=None if label in (None, "ack" if kind == "ack" else "idc") else label,
        context=hints.contexts.get(cluster.id) if kind == "registered" else None,
    )


def _cloud_zone(ground: Ground, cluster: MemberCluster) -> str | None:
    zones = {one.zone for one in ground.account.subnets or () if one.id in cluster.vswitches}
    return SEVERAL if len(zones) > 1 else next(iter(zones), None)


def _cluster_label(hub: HubGround, identifier: str) -> str | None:
    for key, one in hub.objects.items():
        metadata = one.get("metadata", {})
        if key.kind == "Secret" and (metadata.get("annotations") or {}).get("cluster_id") == identifier:
            label = (metadata.get("labels") or {}).get("cluster")
            return str(label) if label else None
    return None


def _network(hub: HubGround, label: str | None, kind: str) -> Any:
    """Overlay where an ApplicationSet tells its Services to be NodePorts by the member's label (seed.txt, step 3)."""
    for key, one in hub.objects.items():
        if key.kind != "ApplicationSet" or label is None:
            continue
        for generator in (one.get("spec") or {}).get("generators") or ():
            clusters = generator.get("clusters") or {}
            labels = (clusters.get("selector") or {}).get("matchLabels") or {}
            if labels.get("cluster") == label and "true" in (clusters.get("values") or {}).values():
                return "overlay"
    return "underlay"


def _ingresses(hub: HubGround) -> Iterator[Mapping[str, Any]]:
    yield from (one for key, one in hub.objects.items() if key.kind == "Ingress")


class _Names:
    """vSwitches by the names that the topology gives them."""

    def __init__(self, ground: Ground) -> None:
        self._subnets: Mapping[str, Subnet] = {one.id: one for one in ground.account.subnets or ()}
        self._named: dict[str, str] = {}

    def of(self, identifier: str) -> str:
        """The name of a vSwitch: its own where that is one, and nobody else's."""
        if identifier not in self._named:
            own = self._subnets[identifier].name if identifier in self._subnets else ""
            free = own and own not in self._named.values() and own[0].isalpha() and " " not in own
            self._named[identifier] = own if free else identifier
        return self._named[identifier]

    @property
    def parts(self) -> tuple[VSwitchPart, ...]:
        """All that were asked for."""
        return tuple(VSwitchPart(name=name, id=identifier) for identifier, name in self._named.items())


def _plain(name: str) -> str:
    """A Fleet's name as a topology's."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in name.lower()).strip("-")
    return plain[:60] or "topology"
