"""What the cloud's OpenAPIs said of one member, and the zone that comes of it where nobody names one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from console.model.cluster import NOT_LISTED, Association, CloudWord, Cluster, HubCluster, VSwitch, zone_of
from console.model.freshness import SourceName


def words(of: Callable[[SourceName], Mapping[str, Any]], members: Iterable[str]) -> dict[str, CloudWord]:
    """Member id -> the cloud's word on it; `of`: the facts of a source by key."""
    clusters: Mapping[str, Cluster] = of(SourceName.CLUSTERS)
    hub: HubCluster | None = of(SourceName.FLEET).get("fleet")
    listed = None if hub is None or hub.associations is None else {one.cluster: one for one in hub.associations}
    found = {}
    for member in members:
        association: Association | None = None
        if hub is not None and listed is not None:
            association = listed.get(member) or Association(member, NOT_LISTED)
        found[member] = CloudWord(clusters.get(member), association)
    return found


def zone(
    said: str | None, label: str | None, kind: str, word: CloudWord, vswitches: Mapping[str, VSwitch]
) -> tuple[str | None, str | None]:
    """A member's zone and what names it: settings, then a label, then, for ACK members only, the zone of its
    vSwitches."""
    if said or label:
        return said or label, "settings" if said else "label"
    found = zone_of(word.cluster, vswitches) if kind == "ack" and word.cluster is not None else None
    return found, None if found is None else "vswitches"
