"""Objects of a Fleet as parts of a topology: manifests, read backwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from console.decide.setup import manifests
from console.decide.setup.drift import changes
from console.decide.setup.found import Found
from console.decide.setup.manifests import PREFIX, REMOTE_CLUSTERS
from console.model.ground import Ground, HubGround, Object
from console.model.text import inert
from console.model.topology import (
    LABEL,
    SCHEMA,
    ApplicationPart,
    FleetPart,
    GatewayPart,
    HealthCheckPart,
    ListenerPart,
    MemberPart,
    RoutePart,
    Topology,
    VpcPart,
)
from console.settings import DEFAULT_KEY_PREFIX

_HEALTH: Mapping[str, tuple[str, type]] = {
    "healthcheck-path": ("path", str),
    "healthcheck-protocol": ("protocol", str),
    "healthcheck-method": ("method", str),
    "healthcheck-httpcode": ("codes", str),
    "healthcheck-connect-port": ("port", int),
    "healthcheck-timeout-seconds": ("timeout", int),
    "healthcheck-interval-seconds": ("interval", int),
    "healthy-threshold-count": ("healthy", int),
    "unhealthy-threshold-count": ("unhealthy", int),
}
"""Annotation after the prefix -> field of a health check, and its type."""


def weight_prefix(hub: HubGround, by_id: Mapping[str, str]) -> str:
    """What stands before a known cluster id in an Ingress's annotations; the settings' default where none does."""
    for key, one in hub.objects.items():
        if key.kind == "Ingress":
            for name in one["metadata"].get("annotations") or ():
                for identifier in by_id:
                    if name.startswith(PREFIX) and name.endswith(f".{identifier}"):
                        return str(name.removesuffix(identifier))
    return DEFAULT_KEY_PREFIX


def gateway(
    hub: HubGround, by_id: Mapping[str, str], named: Callable[[str], str], notes: list[str]
) -> GatewayPart | None:
    """The AlbConfig with its IngressClass; of several, the first by name."""
    configs = sorted((key.name, one) for key, one in hub.objects.items() if key.kind == "AlbConfig")
    for other, _ in configs[1:]:
        notes.append(f"AlbConfig {other}: a topology has one gateway; this one is left out")
    if not configs:
        return None
    name, live = configs[0]
    config = (live.get("spec") or {}).get("config") or {}
    said = (live["metadata"].get("annotations") or {}).get(REMOTE_CLUSTERS, "")
    remote = [one.strip() for one in said.split(",") if one.strip()]
    unknown = [one for one in remote if one not in by_id]
    if unknown:
        notes.append(f"AlbConfig {name}: remote clusters that are no members: {inert(', '.join(unknown), 200)}")
    mine = tuple(by_id[one] for one in remote if one in by_id)
    classes = [
        key.name
        for key, one in hub.objects.items()
        if key.kind == "IngressClass" and ((one.get("spec") or {}).get("parameters") or {}).get("name") == name
    ]
    return GatewayPart(
        name=name,
        ingress_class=classes[0] if classes else "alb",
        address=config.get("addressType", "Internet"),
        allocation=config.get("addressAllocatedMode", "Fixed"),
        edition=config.get("edition"),
        vswitches=tuple(named(one["vSwitchId"]) for one in config.get("zoneMappings") or ()),
        listeners=tuple(_listener(one) for one in (live.get("spec") or {}).get("listeners") or ()),
        members=() if mine == tuple(by_id.values()) else mine,
    )


def _listener(said: Mapping[str, Any]) -> ListenerPart:
    certificates = said.get("certificates") or []
    certificate = certificates[0].get("CertificateId") if certificates else None
    return ListenerPart(port=said["port"], protocol=said.get("protocol", "HTTP"), certificate=certificate)


def route(
    live: Object, part: GatewayPart | None, by_id: Mapping[str, str], prefix: str, notes: list[str]
) -> RoutePart | None:
    """An Ingress of the gateway; None, with a note, where it says more than a route can."""
    metadata, spec = live["metadata"], live.get("spec") or {}
    key = f"{metadata['namespace']}/{metadata['name']}"
    if part is None or spec.get("ingressClassName") != part.ingress_class:
        return None
    try:
        return _route(key, metadata.get("annotations") or {}, spec, part, by_id, prefix)
    except (ValueError, KeyError, TypeError, msgspec.ValidationError) as error:
        notes.append(f"Ingress {key} is left out: {inert(str(error), 200)}")
        return None


def _route(
    key: str, annotations: Mapping[str, str], spec: Object, part: GatewayPart, by_id: Mapping[str, str], prefix: str
) -> RoutePart:
    rules = spec.get("rules") or []
    if len(rules) != 1:
        raise ValueError(f"it has {len(rules)} rules, a route has one")
    paths = rules[0]["http"]["paths"]
    backends = {(one["backend"]["service"]["name"], one["backend"]["service"]["port"]["number"]) for one in paths}
    types = {one.get("pathType", "Prefix") for one in paths}
    if len(backends) != 1 or len(types) != 1:
        raise ValueError("its paths lead to several Services, or are of several types")
    weights = {
        by_id[name.removeprefix(prefix)]: int(value)
        for name, value in annotations.items()
        if name.startswith(prefix) and name.removeprefix(prefix) in by_id
    }
    if sum(weights.values()) != 100:
        raise ValueError(f"its weights sum to {sum(weights.values())}, those of a route to 100")
    (service, port), (path_type,) = backends.pop(), types
    ordered = {name: weights[name] for name in by_id.values() if name in weights}
    listeners = tuple(
        port for one in json.loads(annotations.get(PREFIX + "listen-ports", "[]")) for port in one.values()
    )
    document = {
        "name": key, "host": rules[0].get("host"), "paths": [one["path"] for one in paths], "path_type": path_type,
        "service": service, "port": port, "weights": ordered, "health_check": _health(annotations),
        "listeners": [] if listeners == tuple(one.port for one in part.listeners) else list(listeners),
    }  # fmt: skip
    return msgspec.convert(document, RoutePart)


def _health(annotations: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {"enabled": annotations.get(PREFIX + "healthcheck-enabled") == "true"}
    if said["enabled"]:
        for name, (field, kind) in _HEALTH.items():
            if (value := annotations.get(PREFIX + name)) is not None:
                said[field] = kind(value)
    return msgspec.to_builtins(msgspec.convert(said, HealthCheckPart))  # type: ignore[no-any-return]


def application(live: Object, members: tuple[MemberPart, ...], notes: list[str]) -> ApplicationPart:
    """An ApplicationSet in one of the two forms of seed.txt; `kept` where it is in another."""
    name = live["metadata"]["name"]
    spec = live.get("spec") or {}
    part = _application(name, spec, members)
    if part is not None and not _differs(live, part, members):
        return part
    notes.append(f"ApplicationSet {name} is in a form of its own: it is followed, and not written")
    target = ((spec.get("template") or {}).get("spec") or {}).get("destination") or {}
    return ApplicationPart(name=name, kept=True, namespace=target.get("namespace") or "default")


def _application(name: str, spec: Object, members: tuple[MemberPart, ...]) -> ApplicationPart | None:
    try:
        template = spec["template"]
        inner, source = template["spec"], template["spec"]["source"]
        generators = [one["clusters"] for one in spec["generators"]]
        values = [dict(one.get("values") or {}) for one in generators]
        by_network = "matchLabels" in generators[0]["selector"]
        helm, policy = source.get("helm") or {}, inner.get("syncPolicy") or {}
        parameters = {one["name"]: one["value"] for one in helm.get("parameters") or ()}
        node_port = next((key for key, text in parameters.items() if text == "{{.values." + key + "}}"), "isNodePort")
        if by_network:
            parameters.pop(node_port, None)
            values = [{k: v for k, v in one.items() if k != node_port} for one in values]
        automated = policy.get("automated")
        document = {
            "name": name, "application": template["metadata"]["name"], "repository": source["repoURL"],
            "path": source["path"], "revision": source["targetRevision"],
            "namespace": inner["destination"]["namespace"], "project": inner["project"],
            "members": _only(generators[0]["selector"], members),
            "service": "by-network" if by_network else "ClusterIP", "node_port_parameter": node_port,
            "values": values[0], "parameters": parameters, "value_files": helm.get("valueFiles") or [],
            "create_namespace": "CreateNamespace=true" in (policy.get("syncOptions") or ()),
            "automated": automated is not None, "self_heal": bool((automated or {}).get("selfHeal")),
            "prune": bool((automated or {}).get("prune")),
            "preserve_resources_on_deletion": bool((spec.get("syncPolicy") or {}).get("preserveResourcesOnDeletion")),
        }  # fmt: skip
        return msgspec.convert(document, ApplicationPart)
    except (KeyError, TypeError, IndexError, AttributeError, msgspec.ValidationError):
        return None


def _only(selector: Object, members: tuple[MemberPart, ...]) -> list[str]:
    for one in selector.get("matchExpressions") or ():
        if one.get("key") == manifests.MEMBER_LABEL:
            return [name for name in one.get("values") or () if any(each.name == name for each in members)]
    return []


def _differs(live: Object, part: ApplicationPart, members: tuple[MemberPart, ...]) -> bool:
    """Whether the part, made a manifest again, is another object; whose set-up made it is no difference."""
    made_by = (live["metadata"].get("labels") or {}).get(LABEL) or "adopted"
    bare = Topology(
        schema=SCHEMA, name=made_by, region="", vpc=VpcPart(), fleet=FleetPart(name="adopted"), members=members,
        applications=(part,),
    )  # fmt: skip
    key = manifests.key_of(live)
    found = Found(bare, Ground(hub=HubGround("", {key: live})))
    made = manifests.application_set(found, part)
    return bool(changes(made, live)) or bool(changes({**made, "spec": live["spec"], "metadata": {}}, made))
