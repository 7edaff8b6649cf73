"""What the ALB ingress controller wants of an ALB: AlbConfig and Ingresses in, listeners, server groups and rules out,
or a `ModelError` that keeps every Ingress of the AlbConfig back. Pure; the rules are the open-source controller's
(domain.md 1.3 and 2), with the weights per cluster that it lacks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from console.sim.client import Obj
from console.sim.ingress_annotations import (
    DEFAULT_ORDER,
    PREFIX,
    REMOTE_CLUSTERS,
    WEIGHT_PREFIX,
    HealthCheck,
    ModelError,
    annotations_of,
    check_actions,
    explicit_order,
    health_check,
    listen_ports,
    weights,
)
from console.sim.server_weights import spread
from console.sim.terms import Layout

HASH_LABEL = PREFIX + "hash"
CONTROLLER = "ingress.k8s.alibabacloud/alb"
TAG = "ingress.k8s.alibaba/"
RESOURCE_TAG = TAG + "resource"
ALBCONFIG_TAG = TAG + "albconfig"


class Address(NamedTuple):
    """A backend: a pod's address and port."""

    ip: str
    port: int


class Backends(NamedTuple):
    """Who stands behind a Service's port: member id -> addresses, members without the Service left out; and whether the
    port exists."""

    by_member: Mapping[str, tuple[Address, ...]]
    port: int


Lookup = Callable[[str, str, int | str], Backends | None]
"""Namespace, Service name, port number or name -> backends; None where no member has such a Service."""


@dataclass(frozen=True, slots=True)
class Group:
    """A server group to be: the backends of one Ingress's Service port, in one member or in all."""

    key: str
    """The resource id in its tags, by which it is found again."""
    name: str
    member: str
    """Empty where members share it."""
    tags: tuple[tuple[str, str], ...]
    protocol: str
    scheduler: str
    health: HealthCheck
    servers: tuple[Address, ...]
    weights: tuple[int, ...]
    """Of the servers, in their order."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule to be. `tuples`: (group key, weight 0 to 100)."""

    name: str
    priority: int
    host: str | None
    paths: tuple[str, ...]
    tuples: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener to be, with its rules in order of priority."""

    port: int
    protocol: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """Everything one AlbConfig asks of the cloud. `missing`: listeners that Ingresses want and the AlbConfig lacks."""

    gateway: str
    config: Mapping[str, Any]
    members: tuple[str, ...]
    groups: tuple[Group, ...]
    listeners: tuple[Listener, ...]
    missing: tuple[tuple[int, str], ...]


class _Site(NamedTuple):
    """What all Ingresses of an AlbConfig are built with."""

    gateway: str
    members: tuple[str, ...]
    lookup: Lookup
    weight_prefix: str
    fleet: str
    layout: Layout


def albconfig_tag(gateway: str) -> str:
    """What the tag of everything that an AlbConfig makes says; AlbConfigs count as those of kube-system."""
    return f"kube-system/{gateway}"


def digest_of(obj: Obj) -> str:
    """The value of the hash label: spec, annotations and deletion date, whatever else is on the object."""
    metadata = obj["metadata"]
    told = [obj.get("spec"), metadata.get("annotations"), metadata.get("deletionTimestamp")]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:62]


def build(
    config: Obj,
    ingresses: Sequence[Obj],
    *,
    associated: frozenset[str],
    backends: Lookup,
    weight_prefix: str = WEIGHT_PREFIX,
    fleet: str = "",
    layout: Layout = "per-member",
) -> Model:
    """The model of one AlbConfig and all its Ingresses. Raises `ModelError` for the first thing that is off.
    `fleet`: the id in the tags of a group that members share."""
    members = _members(config, associated)
    site = _Site(config["metadata"]["name"], members, backends, weight_prefix, fleet, layout)
    listeners = _listeners(config)
    groups: dict[str, Group] = {}
    rules: dict[tuple[int, str], list[Rule]] = {each: [] for each in listeners}
    missing: list[tuple[int, str]] = []
    for ingress in _ordered(ingresses):
        try:
            asked = listen_ports(ingress)
            for number, protocol in asked:
                if any(port == number and other != protocol for port, other in rules):
                    raise ModelError(f"port {number} is {protocol} here and another protocol on its listener")
                if (number, protocol) not in rules:
                    missing.append((number, protocol))
                    rules[number, protocol] = []
            for host, path, tuples in _paths(ingress, site, groups):
                for listener in asked:
                    priority = len(rules[listener]) + 1
                    named = f"rule-{listener[0]}-{priority}"
                    rules[listener].append(Rule(named, priority, host, path, tuples))
        except ModelError as error:
            metadata = ingress["metadata"]
            raise ModelError(f"ingress: {metadata['namespace']}/{metadata['name']}: {error}") from None
    made = tuple(Listener(port, protocol, tuple(each)) for (port, protocol), each in rules.items())
    spec = config.get("spec") or {}
    return Model(
        site.gateway, spec.get("config") or {}, members, tuple(groups.values()), made, tuple(dict.fromkeys(missing))
    )


def _members(config: Obj, associated: frozenset[str]) -> tuple[str, ...]:
    """The members behind an AlbConfig, from its annotation."""
    said = annotations_of(config).get(REMOTE_CLUSTERS, "")
    members = tuple(dict.fromkeys(word.strip() for word in said.split(",") if word.strip()))
    if not members:
        raise ModelError(f"albconfig: {config['metadata']['name']}: annotation {REMOTE_CLUSTERS} names no cluster")
    strangers = [member for member in members if member not in associated]
    if strangers:
        raise ModelError(
            f"albconfig: {config['metadata']['name']}: cluster {strangers[0]} is not associated with the Fleet"
        )
    return members


def _listeners(config: Obj) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for listener in (config.get("spec") or {}).get("listeners") or ():
        try:
            each = (int(listener["port"]), str(listener.get("protocol", "HTTP")).upper())
        except (KeyError, TypeError, ValueError):
            raise ModelError(f"albconfig: {config['metadata']['name']}: a listener has no usable port") from None
        if each[0] in {port for port, _ in found}:
            raise ModelError(f"albconfig: {config['metadata']['name']}: port {each[0]} has two listeners")
        found.append(each)
    return found


def _ordered(ingresses: Sequence[Obj]) -> list[Obj]:
    """By order, then by namespace and name; two of the same explicit order are an error of the whole group."""
    explicit: dict[int, str] = {}
    keyed = []
    for ingress in ingresses:
        metadata = ingress["metadata"]
        key = f"{metadata['namespace']}/{metadata['name']}"
        try:
            order = explicit_order(ingress)
        except ModelError as error:
            raise ModelError(f"ingress: {key}: {error}") from None
        if order is None:
            order = DEFAULT_ORDER
        elif order in explicit:
            raise ModelError(f"conflict ingress order: {order}, ingresses {explicit[order]} and {key}")
        else:
            explicit[order] = key
        keyed.append(((order, metadata["namespace"], metadata["name"]), ingress))
    return [ingress for _, ingress in sorted(keyed, key=lambda each: each[0])]


def _paths(
    ingress: Obj, site: _Site, groups: dict[str, Group]
) -> list[tuple[str | None, tuple[str, ...], tuple[tuple[str, int], ...]]]:
    """(host, path patterns, tuples) per path, in the Ingress's own order; adds the groups they need to `groups`."""
    wanted = weights(ingress, site.members, site.weight_prefix)
    found = []
    for rule in ingress["spec"].get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            service = (path.get("backend") or {}).get("service")
            if service is None:
                raise ModelError("a path has no service backend")
            check_actions(ingress, service["name"])
            port = service.get("port") or {}
            made = _groups(ingress, service["name"], port.get("number") or port.get("name") or 0, site, wanted)
            groups.update((group.key, group) for group in made)
            tuples = ((made[0].key, 100),) if site.layout == "shared" else _tuples(made, wanted)
            found.append((rule.get("host") or None, _patterns(path), tuples))
    return found


def _tuples(groups: Sequence[Group], wanted: Mapping[str, int] | None) -> tuple[tuple[str, int], ...]:
    """The groups' weights: those of the annotations, else each group's part of all backends, in percent."""
    if wanted is not None:
        return tuple((group.key, wanted.get(group.member, 0)) for group in groups)
    total = sum(len(group.servers) for group in groups)
    if not total:
        return tuple((group.key, 100 // len(groups)) for group in groups)
    return tuple((group.key, round(100 * len(group.servers) / total)) for group in groups)


def _groups(
    ingress: Obj, service: str, port: int | str, site: _Site, wanted: Mapping[str, int] | None
) -> tuple[Group, ...]:
    """One group a member that has the Service, or one for all of them."""
    metadata = ingress["metadata"]
    namespace = metadata["namespace"]
    found = site.lookup(namespace, service, port)
    if found is None:
        raise ModelError(f'Service "{service}" not found')
    if not found.port:
        raise ModelError(f"unable to find port {port} on service {namespace}/{service}")
    annotations = annotations_of(ingress)
    health = health_check(ingress)
    protocol = annotations.get(PREFIX + "backend-protocol", "http").upper()
    scheduler = annotations.get(PREFIX + "backend-scheduler", "wrr").capitalize()
    there = {member: found.by_member[member] for member in site.members if member in found.by_member}
    if not there:
        raise ModelError(f'Service "{service}" not found')
    made = []
    for member, servers, weighed in _shares(there, site, wanted):
        words = f"{namespace}/{metadata['name']}-{service}:{found.port}@{member or site.fleet}"
        key = hashlib.sha256(words.encode()).hexdigest()
        tags = (
            ("ack.aliyun.com", member or site.fleet),
            (RESOURCE_TAG, key),
            (ALBCONFIG_TAG, albconfig_tag(site.gateway)),
            (TAG + "service_ns", namespace),
            (TAG + "service_name", service),
            (TAG + "service_port", str(found.port)),
            (TAG + "ingress_name", metadata["name"]),
        )
        name = f"{namespace}-{service}-{found.port}"
        made.append(Group(key, name, member, tags, protocol, scheduler, health, servers, weighed))
    return tuple(made)


def _shares(
    there: Mapping[str, tuple[Address, ...]], site: _Site, wanted: Mapping[str, int] | None
) -> Iterator[tuple[str, tuple[Address, ...], tuple[int, ...]]]:
    """(member, servers, their weights) per group; no member where the group is everybody's."""
    if site.layout == "per-member":
        for member, servers in there.items():
            yield member, servers, (100,) * len(servers)
        return
    weighed = spread(wanted, {member: len(servers) for member, servers in there.items()})
    yield "", tuple(chain.from_iterable(there.values())), tuple(chain.from_iterable(weighed[m] for m in there))


def _patterns(path: Mapping[str, Any]) -> tuple[str, ...]:
    """ALB path patterns of an Ingress path: a prefix is the path itself and everything below it."""
    said = str(path.get("path") or "/")
    if path.get("pathType") != "Prefix":
        return (said,)
    stem = said.rstrip("/")
    return (stem, f"{stem}/*") if stem else ("/*",)
