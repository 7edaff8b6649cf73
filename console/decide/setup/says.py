"""What is made anew in the words of its author: of each new thing the values that a person decides on, a phrase each.
The whole of what is written is in the task's call, which the plan's JSON shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from console.decide.setup.cidrs import DEFAULT_SERVICES
from console.decide.setup.found import Found
from console.decide.setup.manifests import Manifest
from console.model.text import inert
from console.model.topology import ApplicationPart, GatewayPart, HealthCheckPart, ListenerPart, MemberPart, RoutePart

Phrases = tuple[str, ...]
_LONGEST = 400


def fleet(found: Found) -> Phrases:
    """Of a new Fleet."""
    part = found.topology.fleet
    return _told(("vSwitches", _switches(found, part.vswitches)))


def cluster(found: Found, part: MemberPart) -> Phrases:
    """Of a member's new cluster."""
    if part.kind == "registered":
        return _told(("vSwitches", _switches(found, part.vswitches)))
    nodes = part.nodes
    counted = f"{nodes.count} x {', '.join(nodes.instance_types)}" if nodes else "none"
    pods = f"Terway, vSwitches {_switches(found, part.pod_vswitches)}" if part.pod_vswitches else ""
    return _told(
        ("nodes", f"{counted}, vSwitches {_switches(found, part.vswitches)}"),
        ("pods", pods or f"Flannel, {', '.join(part.cidrs.pods[:1])}"),
        ("services", part.cidrs.services or f"{DEFAULT_SERVICES}, the service's default"),
        ("version", part.version or ""),
    )


def application_set(found: Found, part: ApplicationPart) -> Phrases:
    """Of a new ApplicationSet."""
    members = found.topology.members_of(part.members)
    ports = [one.name for one in members if one.network == "overlay"] if part.service == "by-network" else []
    services = f"NodePort in {', '.join(ports)}, ClusterIP elsewhere" if ports else "ClusterIP"
    sync = [word for word, said in (("automated", part.automated), ("self-heal", part.self_heal), ("prune", part.prune))
            if said]  # fmt: skip
    return _told(
        ("chart", f"{part.repository} {part.path} at {part.revision}"),
        ("namespace", f"{part.namespace}, project {part.project}"),
        ("members", _names(members)),
        ("services", services),
        ("each is called", part.application or ""),
        ("parameters", _pairs(part.parameters)),
        ("values", _pairs(part.values)),
        ("value files", ", ".join(part.value_files)),
        ("sync", ", ".join(sync) or "by hand"),
        ("when it goes", f"workloads {'stay' if part.preserve_resources_on_deletion else 'go, too'}"),
    )


def project(manifest: Manifest) -> Phrases:
    """Of a new AppProject."""
    spec = manifest["spec"]
    return _told(
        ("repositories", ", ".join(spec["sourceRepos"])),
        ("namespaces", ", ".join(one["namespace"] for one in spec["destinations"])),
    )


def labels(manifest: Manifest) -> Phrases:
    """Of an ArgoCD cluster that is not there yet."""
    return _told(("labels", _pairs(manifest["metadata"]["labels"])))


def alb_config(found: Found, part: GatewayPart) -> Phrases:
    """Of a new AlbConfig."""
    return _told(
        ("address", ", ".join(filter(None, (part.address, part.allocation, part.edition)))),
        ("vSwitches", _switches(found, part.vswitches)),
        ("listeners", ", ".join(map(_listener, part.listeners))),
        ("members", _names(found.topology.members_of(part.members))),
    )


def ingress_class(part: GatewayPart) -> Phrases:
    """Of a new IngressClass."""
    return _told(("gateway", f"AlbConfig {part.name}"))


def ingress(part: RoutePart, gateway: GatewayPart) -> Phrases:
    """Of a new Ingress."""
    ports = [one for one in gateway.listeners if not part.listeners or one.port in part.listeners]
    return _told(
        ("host", part.host or "any"),
        ("paths", f"{', '.join(part.paths)} ({part.path_type}) to Service {part.service}, port {part.port}"),
        ("listeners", ", ".join(f"{one.protocol} {one.port}" for one in ports)),
        ("weights", ", ".join(f"{name} {weight}" for name, weight in part.weights.items())),
        ("health check", _health(part.health_check)),
    )


def _health(part: HealthCheckPart) -> str:
    if not part.enabled:
        return "off"
    port = f", port {part.port}" if part.port else ""
    return (
        f"{part.protocol} {part.method} {part.path} wants {part.codes}{port}, every {part.interval} s, at most"
        f" {part.timeout} s; away after {part.unhealthy}, back after {part.healthy}"
    )


def _listener(part: ListenerPart) -> str:
    return f"{part.protocol} {part.port}" + (f" (certificate {part.certificate})" if part.certificate else "")


def _switches(found: Found, names: Iterable[str]) -> str:
    """Names with the ranges that they have, or will have."""
    known = ((name, found.subnet_cidr(name)) for name in names)
    return ", ".join(f"{name} {cidr}".rstrip() for name, cidr in known) or "none"


def _names(members: Iterable[MemberPart]) -> str:
    return ", ".join(one.name for one in members)


def _pairs(said: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in said.items())


def _told(*said: tuple[str, str]) -> Phrases:
    """`label: value`, of those that have a value."""
    return tuple(f"{label}: {inert(value, _LONGEST)}" for label, value in said if value)
