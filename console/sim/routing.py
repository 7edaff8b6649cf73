"""What the ALB ingress controller wants of an ALB: AlbConfig and Ingresses in, listeners, server groups and rules out, or a
`ModelError` that keeps every Ingress of the AlbConfig back. Pure; the rules are those of the open-source controller
(domain.md 1.3 and 2), with the weights per cluster that it lacks."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from console.sim.client import Obj

PREFIX = "alb.ingress.kubernetes.io/"
WEIGHT_PREFIX = PREFIX + "cluster-weight."
HASH_LABEL = PREFIX + "hash"
REMOTE_CLUSTERS = PREFIX + "remote-clusters"
CONTROLLER = "ingress.k8s.alibabacloud/alb"
TAG = "ingress.k8s.alibaba/"
DEFAULT_ORDER = 10
FINAL_ACTIONS = frozenset({"FixedResponse", "Redirect", "ForwardGroup"})
ACTIONS = FINAL_ACTIONS | {"InsertHeader", "RemoveHeader", "TrafficMirror", "Rewrite", "TrafficLimit"}


class ModelError(Exception):
    """An AlbConfig or an Ingress cannot be made into a model; the sentence is the event's."""


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
class HealthCheck:
    """A server group's health check, seconds and counts; the defaults are the controller's, which leaves it off."""

    enabled: bool = False
    path: str = "/"
    protocol: str = "HTTP"
    method: str = "HEAD"
    codes: tuple[str, ...] = ("http_2xx",)
    interval: int = 2
    timeout: int = 5
    healthy: int = 3
    unhealthy: int = 3
    port: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """A server group to be: the backends of one Ingress's Service port in one member."""

    key: str
    """The resource id in its tags, by which it is found again."""
    name: str
    member: str
    tags: tuple[tuple[str, str], ...]
    protocol: str
    scheduler: str
    health: HealthCheck
    servers: tuple[Address, ...]


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
) -> Model:
    """The model of one AlbConfig and all its Ingresses. Raises `ModelError` for the first thing that is off."""
    members = _members(config, associated)
    listeners = _listeners(config)
    groups: dict[str, Group] = {}
    rules: dict[tuple[int, str], list[Rule]] = {each: [] for each in listeners}
    missing: list[tuple[int, str]] = []
    for ingress in _ordered(ingresses):
        try:
            asked = _listen_ports(ingress)
            for number, protocol in asked:
                if any(port == number and other != protocol for port, other in rules):
                    raise ModelError(f"port {number} is {protocol} here and another protocol on its listener")
                if (number, protocol) not in rules:
                    missing.append((number, protocol))
                    rules[number, protocol] = []
            for host, path, tuples in _paths(ingress, members, backends, weight_prefix, groups):
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
        config["metadata"]["name"], spec.get("config") or {}, members, tuple(groups.values()), made, tuple(missing)
    )


def _members(config: Obj, associated: frozenset[str]) -> tuple[str, ...]:
    """The members behind an AlbConfig, from its annotation."""
    said = (config["metadata"].get("annotations") or {}).get(REMOTE_CLUSTERS, "")
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
        annotations = metadata.get("annotations") or {}
        said = annotations.get(PREFIX + "order", annotations.get(PREFIX + "albconfig.order"))
        order = DEFAULT_ORDER
        if said is not None:
            order = _number(said, PREFIX + "order", 1, 1000, where=f"ingress: {key}: ")
            if order in explicit:
                raise ModelError(f"conflict ingress order: {order}, ingresses {explicit[order]} and {key}")
            explicit[order] = key
        keyed.append(((order, metadata["namespace"], metadata["name"]), ingress))
    return [ingress for _, ingress in sorted(keyed, key=lambda each: each[0])]


def _number(text: str, key: str, low: int, high: int, *, where: str = "") -> int:
    if not re.fullmatch(r"[+-]?\d{1,18}", text):
        raise ModelError(f'{where}failed to parse annotation {key}: strconv.ParseInt: parsing "{text}": invalid syntax')
    value = int(text)
    if not low <= value <= high:
        raise ModelError(f"{where}annotation {key}: {value} is not in [{low}, {high}]")
    return value


def _listen_ports(ingress: Obj) -> list[tuple[int, str]]:
    key = PREFIX + "listen-ports"
    said = (ingress["metadata"].get("annotations") or {}).get(key)
    if said is None:
        secured = {host for tls in ingress["spec"].get("tls") or () for host in tls.get("hosts") or ()}
        hosts = {rule.get("host", "") for rule in ingress["spec"].get("rules") or ()}
        plain = not secured or bool(hosts - secured)
        return ([(80, "HTTP")] if plain else []) + ([(443, "HTTPS")] if secured else [])
    try:
        entries = [(protocol.upper(), port) for each in json.loads(said) for protocol, port in each.items()]
    except (ValueError, AttributeError, TypeError):
        raise ModelError(f"failed to parse annotation {key}: not a JSON list of one-key objects") from None
    ports: list[tuple[int, str]] = []
    for protocol, port in entries:
        if protocol not in ("HTTP", "HTTPS", "QUIC") or not isinstance(port, int) or not 1 <= port <= 65535:
            raise ModelError(f"annotation {key}: {protocol} {port} is no listener")
        ports.append((port, protocol))
    return ports


def _paths(
    ingress: Obj, members: tuple[str, ...], lookup: Lookup, weight_prefix: str, groups: dict[str, Group]
) -> list[tuple[str | None, tuple[str, ...], tuple[tuple[str, int], ...]]]:
    """(host, path patterns, tuples) per path, in the Ingress's own order; the groups they need are added to `groups`."""
    weights = _weights(ingress, members, weight_prefix)
    found = []
    for rule in ingress["spec"].get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            service = (path.get("backend") or {}).get("service")
            if service is None:
                raise ModelError("a path has no service backend")
            _check_actions(ingress, service["name"])
            port = service.get("port") or {}
            made = _groups(ingress, service["name"], port.get("number") or port.get("name") or 0, members, lookup)
            groups.update((group.key, group) for group in made)
            tuples = _tuples(made, weights)
            found.append((rule.get("host") or None, _patterns(path), tuples))
    return found


def _weights(ingress: Obj, members: tuple[str, ...], prefix: str) -> dict[str, int] | None:
    """Member -> weight; None where no member has one. A member without one beside members with one gets 0."""
    annotations = ingress["metadata"].get("annotations") or {}
    said = {
        key.removeprefix(prefix): _number(value, key, 0, 100)
        for key, value in annotations.items()
        if key.startswith(prefix)
    }
    named = {member: said.get(member, 0) for member in members}
    return named if any(member in said for member in members) else None


def _tuples(groups: Sequence[Group], weights: Mapping[str, int] | None) -> tuple[tuple[str, int], ...]:
    """The groups' weights: those of the annotations, else each group's part of all backends, in percent."""
    if weights is not None:
        return tuple((group.key, weights.get(group.member, 0)) for group in groups)
    total = sum(len(group.servers) for group in groups)
    if not total:
        return tuple((group.key, 100 // len(groups)) for group in groups)
    return tuple((group.key, round(100 * len(group.servers) / total)) for group in groups)


def _check_actions(ingress: Obj, service: str) -> None:
    said = (ingress["metadata"].get("annotations") or {}).get(f"{PREFIX}actions.{service}")
    if said is None:
        return
    try:
        kinds = [str(action.get("type", action.get("Type"))) for action in json.loads(said)]
    except (ValueError, AttributeError, TypeError):
        raise ModelError(f"failed to parse annotation {PREFIX}actions.{service}") from None
    unknown = [kind for kind in kinds if kind not in ACTIONS]
    if unknown:
        raise ModelError(f"annotation {PREFIX}actions.{service}: unknown action type {unknown[0]}")
    if sum(kind in FINAL_ACTIONS for kind in kinds) > 1:
        raise ModelError(f"annotation {PREFIX}actions.{service}: more than one final action")


def _groups(
    ingress: Obj, service: str, port: int | str, members: tuple[str, ...], lookup: Lookup
) -> tuple[Group, ...]:
    """One group a member that has the Service."""
    metadata = ingress["metadata"]
    namespace = metadata["namespace"]
    found = lookup(namespace, service, port)
    if found is None:
        raise ModelError(f'Service "{service}" not found')
    if not found.port:
        raise ModelError(f"unable to find port {port} on service {namespace}/{service}")
    annotations = metadata.get("annotations") or {}
    health = _health_check(annotations)
    protocol = annotations.get(PREFIX + "backend-protocol", "http").upper()
    scheduler = annotations.get(PREFIX + "backend-scheduler", "wrr").capitalize()
    made = []
    for member in members:
        if member not in found.by_member:
            continue
        words = f"{namespace}/{metadata['name']}-{service}:{found.port}@{member}"
        key = hashlib.sha256(words.encode()).hexdigest()
        tags = (
            ("ack.aliyun.com", member),
            (TAG + "resource", key),
            (TAG + "service_ns", namespace),
            (TAG + "service_name", service),
            (TAG + "service_port", str(found.port)),
            (TAG + "ingress_name", metadata["name"]),
        )
        name = f"{namespace}-{service}-{found.port}"
        made.append(Group(key, name, member, tags, protocol, scheduler, health, found.by_member[member]))
    if not made:
        raise ModelError(f'Service "{service}" not found')
    return tuple(made)


def _health_check(annotations: Mapping[str, str]) -> HealthCheck:
    def number(name: str, default: int, low: int, high: int) -> int:
        key = PREFIX + name
        return _number(annotations[key], key, low, high) if key in annotations else default

    return HealthCheck(
        enabled=annotations.get(PREFIX + "healthcheck-enabled", "false") == "true",
        path=annotations.get(PREFIX + "healthcheck-path", "/"),
        protocol=annotations.get(PREFIX + "healthcheck-protocol", "HTTP"),
        method=annotations.get(PREFIX + "healthcheck-method", "HEAD"),
        codes=tuple(annotations.get(PREFIX + "healthcheck-httpcode", "http_2xx").split(",")),
        interval=number("healthcheck-interval-seconds", 2, 1, 50),
        timeout=number("healthcheck-timeout-seconds", 5, 1, 300),
        healthy=number("healthy-threshold-count", 3, 2, 10),
        unhealthy=number("unhealthy-threshold-count", 3, 2, 10),
        port=number("healthcheck-connect-port", 0, 0, 65535),
    )


def _patterns(path: Mapping[str, Any]) -> tuple[str, ...]:
    """ALB path patterns of an Ingress path: a prefix is the path itself and everything below it."""
    said = str(path.get("path") or "/")
    if path.get("pathType") != "Prefix":
        return (said,)
    stem = said.rstrip("/")
    return (stem, f"{stem}/*") if stem else ("/*",)
