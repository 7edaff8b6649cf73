"""What an Ingress's annotations say to the ALB ingress controller, read as the open-source controller reads them
(domain.md 1.3 and 2): a value that cannot be read is a `ModelError`, which keeps the whole AlbConfig back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from console.sim.client import Obj

PREFIX = "alb.ingress.kubernetes.io/"
WEIGHT_PREFIX = PREFIX + "cluster-weight."
REMOTE_CLUSTERS = PREFIX + "remote-clusters"
DEFAULT_ORDER = 10
FINAL_ACTIONS = frozenset({"FixedResponse", "Redirect", "ForwardGroup"})
ACTIONS = FINAL_ACTIONS | {"InsertHeader", "RemoveHeader", "TrafficMirror", "Rewrite", "TrafficLimit"}


class ModelError(Exception):
    """An AlbConfig or an Ingress cannot be made into a model; the sentence is the event's."""


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


def annotations_of(obj: Obj) -> Mapping[str, str]:
    """An object's annotations, empty where it has none."""
    found: Mapping[str, str] = obj["metadata"].get("annotations") or {}
    return found


def explicit_order(ingress: Obj) -> int | None:
    """The order that the Ingress asks for, None where it leaves that to the default."""
    annotations = annotations_of(ingress)
    said = annotations.get(PREFIX + "order", annotations.get(PREFIX + "albconfig.order"))
    return None if said is None else _number(said, PREFIX + "order", 1, 1000)


def listen_ports(ingress: Obj) -> list[tuple[int, str]]:
    """The listeners, as (port, protocol), that the Ingress wants its rules on."""
    key = PREFIX + "listen-ports"
    said = annotations_of(ingress).get(key)
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


def weights(ingress: Obj, members: tuple[str, ...], prefix: str = WEIGHT_PREFIX) -> dict[str, int] | None:
    """Member -> weight; None where no member has one. A member without one beside members with one gets 0."""
    said = {
        key.removeprefix(prefix): _number(value, key, 0, 100)
        for key, value in annotations_of(ingress).items()
        if key.startswith(prefix)
    }
    named = {member: said.get(member, 0) for member in members}
    return named if any(member in said for member in members) else None


def check_actions(ingress: Obj, service: str) -> None:
    """Raises `ModelError` for actions of a Service that no ALB knows; their effect is not simulated."""
    said = annotations_of(ingress).get(f"{PREFIX}actions.{service}")
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


def health_check(ingress: Obj) -> HealthCheck:
    """The health check of every server group that the Ingress makes."""
    annotations = annotations_of(ingress)

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


def _number(text: str, key: str, low: int, high: int) -> int:
    if not re.fullmatch(r"[+-]?\d{1,18}", text):
        raise ModelError(f'failed to parse annotation {key}: strconv.ParseInt: parsing "{text}": invalid syntax')
    value = int(text)
    if not low <= value <= high:
        raise ModelError(f"annotation {key}: {value} is not in [{low}, {high}]")
    return value
