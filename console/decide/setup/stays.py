"""What stands on the Fleet's objects that the file does not say and that a set-up leaves where it is: items that others
hold in lists, weights of members that a route no longer names, listeners that somebody else's Ingress asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from console.decide.setup import manifests
from console.decide.setup.drift import going, staying
from console.decide.setup.found import Found
from console.decide.setup.manifests import Manifest
from console.decide.setup.owned import Owned
from console.model.ground import Key, Object
from console.model.text import inert
from console.model.topology import GatewayPart

Phrase = tuple[str, str]
"""What stays, and by whom or for whom."""
_WORDS = {
    "rules": "rule", "paths": "path", "listeners": "listener", "zoneMappings": "zone mapping",
    "certificates": "certificate",
}  # fmt: skip


def stays(found: Found, take: frozenset[str]) -> tuple[str, ...]:
    """All of it, a phrase each; of objects in `take` (as `str(Key)`) what stays once they are taken."""
    out: list[str] = []
    for key, manifest in manifests.wanted(found).items():
        live = found.hub.find(key.kind, key.name, key.namespace)
        if live is None:
            continue
        taken = str(key) in take
        told = [*_items(key, manifest, live, take=taken), *_weights(found, key, manifest, live, taken=taken)]
        if key.kind == "AlbConfig" and found.topology.gateway is not None:
            told += _asked(found, found.topology.gateway, manifest, live, taken=taken)
        out += [f"{what} on {inert(str(key), 200)}, {why}" for what, why in told]
    return tuple(out)


def of_object(key: Key, manifest: Manifest, live: Object, *, take: bool) -> tuple[str, ...]:
    """Items of lists of one object that stay on it, a phrase each."""
    return tuple(f"{what}, {why}" for what, why in _items(key, manifest, live, take=take))


def _items(key: Key, manifest: Manifest, live: Object, *, take: bool) -> Iterator[Phrase]:
    for one in staying(manifest, live, take=take) if key.kind != "Secret" else ():
        why = f"by {', '.join(one.owners)}" if one.owners else "not known to be ours"
        yield f"{_WORDS.get(one.way[-1], one.way[-1])} {one.item}", why


def weights(found: Found, live: Object) -> dict[str, str]:
    """Weight annotations of a live Ingress, whole key -> value."""
    metadata = live.get("metadata")
    notes = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    prefix = found.topology.key_prefix
    return {name: str(value) for name, value in (notes or {}).items() if name.startswith(prefix)}


def surplus_weights(found: Found, key: Key, manifest: Manifest, live: Object) -> dict[str, str]:
    """Those that send traffic, that the route does not say, and that others manage, too: an apply alone would leave
    them, and the ones of ours alone go by themselves."""
    if key.kind != "Ingress":
        return {}
    said, owned = manifest["metadata"].get("annotations") or {}, Owned(live)
    return {
        name: value
        for name, value in weights(found, live).items()
        if name not in said and value != "0" and not owned.solely(("metadata", "annotations", name))
    }


def taken_weights(found: Found, manifest: Manifest) -> dict[str, str]:
    """Those that go with the taking of an Ingress: the same, and what is 0 and ours alone since they were taken."""
    key = manifests.key_of(manifest)
    live = found.hub.find(key.kind, key.name, key.namespace)
    if live is None:
        return {}
    said, owned = manifest["metadata"].get("annotations") or {}, Owned(live)
    ours = {
        name: value
        for name, value in weights(found, live).items()
        if name not in said and value == "0" and owned.solely(("metadata", "annotations", name))
    }
    return {**surplus_weights(found, key, manifest, live), **ours}


def _weights(found: Found, key: Key, manifest: Manifest, live: Object, *, taken: bool) -> Iterator[Phrase]:
    names = {found.cluster_id(one): one.name for one in found.topology.members}
    for name, value in () if taken else surplus_weights(found, key, manifest, live).items():
        cluster = name.removeprefix(found.topology.key_prefix)
        owners = ", ".join(Owned(live).others(("metadata", "annotations", name))) or "nobody known"
        yield f"weight {inert(value, 20)} of {names.get(cluster, inert(cluster, 60))}", f"by {owners}"


def _asked(found: Found, part: GatewayPart, manifest: Manifest, live: Object, *, taken: bool) -> Iterator[Phrase]:
    asked = asked_by_others(found, part)
    for one in going(manifest, live, "spec", "listeners", take=taken):
        if one.get("port") in asked:
            who = inert(asked[one["port"]], 200)
            yield f"listener {inert(str(one['port']), 20)}", f"for which {who} asks"


def asked_by_others(found: Found, part: GatewayPart) -> dict[int, str]:
    """Ports that Ingresses of the gateway ask for which are none of the topology's routes, and one Ingress each."""
    routes = {one.name for one in found.topology.routes}
    ports: dict[int, str] = {}
    for key, one in found.hub.objects.items():
        if key.kind == "Ingress" and f"{key.namespace}/{key.name}" not in routes:
            ports |= dict.fromkeys(manifests.asked_ports(one, part.ingress_class), str(key))
    return ports
