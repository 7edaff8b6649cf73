"""What is wrong with a topology in itself, whatever the account holds: names that name nothing or two things, weights
that make no split, parts that say neither which resource they mean nor how to make it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping

from console.decide.setup.checks import RULES
from console.decide.setup.fields import Problem, nearest
from console.model.text import inert
from console.model.topology import GatewayPart, MemberPart, RoutePart, Topology

_CODES = re.compile(r"http_[2-5]xx(,http_[2-5]xx)*")
_NO_PATH, _END = ("//", "/./", "/../", "%2f", "/..\n", "/.\n"), "\n"
"""What an Ingress takes in no path of type Prefix or Exact; `_END` stands behind the last character."""
_LONGEST_LABEL = 63
_CIDR = "an IPv4 range such as 10.0.0.0/16"


def references(topology: Topology) -> tuple[Problem, ...]:
    """All of it, in the order of the file."""
    return (
        *_network(topology),
        *_fleet(topology),
        *(one for number, part in enumerate(topology.members) for one in _member(topology, part, f"members[{number}]")),
        *_unique("members", (one.name for one in topology.members), "name"),
        *_unique("members", (one.id for one in topology.members), "id"),
        *_gateway(topology),
        *_applications(topology),
        *(one for number, part in enumerate(topology.routes) for one in _route(topology, part, f"routes[{number}]")),
        *_unique("routes", (one.name for one in topology.routes), "name"),
        *_confirmed(topology),
    )


def _network(topology: Topology) -> Iterator[Problem]:
    vpc = topology.vpc
    yield from _either("vpc", vpc.id, {"name": vpc.name, "cidr": vpc.cidr})
    yield from _range(vpc.cidr, "vpc.cidr")
    for number, part in enumerate(topology.vswitches):
        path = f"vswitches[{number}]"
        yield from _either(path, part.id, {"zone": part.zone, "cidr": part.cidr})
        yield from _range(part.cidr, f"{path}.cidr")
        if vpc.id is None and part.id is not None:
            yield Problem(f"{path}.id", "an existing vSwitch stands in an existing VPC", "name the VPC by vpc.id")
    yield from _unique("vswitches", (one.name for one in topology.vswitches), "name")
    yield from _unique("vswitches", (one.id for one in topology.vswitches), "id")


def _fleet(topology: Topology) -> Iterator[Problem]:
    yield from _known("fleet.vswitches", topology.fleet.vswitches, _vswitches(topology), "vSwitch")
    if topology.fleet.id is None and not topology.fleet.vswitches:
        yield Problem("fleet.vswitches", "a new Fleet needs a vSwitch for its API server", "names from vswitches")
    if not topology.members:
        yield Problem("members", "a Fleet without members serves nothing", "one member or more")


def _member(topology: Topology, part: MemberPart, path: str) -> Iterator[Problem]:
    known = _vswitches(topology)
    yield from _known(f"{path}.vswitches", part.vswitches, known, "vSwitch")
    yield from _known(f"{path}.pod_vswitches", part.pod_vswitches, known, "vSwitch")
    for name in ("nodes", "pods"):
        for number, cidr in enumerate(getattr(part.cidrs, name)):
            yield from _range(cidr, f"{path}.cidrs.{name}[{number}]")
    yield from _range(part.cidrs.services, f"{path}.cidrs.services")
    if part.id is None and not part.vswitches:
        yield Problem(f"{path}.vswitches", "a new cluster needs a vSwitch", "names from vswitches")
    if part.kind == "ack":
        if part.id is None and not part.pod_vswitches and not part.cidrs.pods:
            sentence = "a new ACK cluster needs addresses for its pods"
            yield Problem(f"{path}.cidrs.pods", sentence, "a range (Flannel), or pod_vswitches (Terway)")
        if part.id is None and part.nodes is not None and not any(map(str.strip, part.nodes.instance_types)):
            yield Problem(
                f"{path}.nodes.instance_types", "a new node pool needs an instance type", "one or more: ecs.g7.xlarge"
            )
        if part.pod_vswitches and part.cidrs.pods:
            sentence = "pods have addresses of pod_vswitches (Terway) or of a range (Flannel), not of both"
            yield Problem(f"{path}.cidrs.pods", sentence, "one of the two")
        for name in ("context", "kubeconfig"):
            if getattr(part, name) is not None:
                yield Problem(f"{path}.{name}", "is for registered clusters", "leave it out", at_key=True)
    else:
        for name in ("pod_vswitches", "nodes"):
            if getattr(part, name):
                yield Problem(f"{path}.{name}", "is for ACK clusters", "leave it out", at_key=True)


def _gateway(topology: Topology) -> Iterator[Problem]:
    gateway = topology.gateway
    if gateway is None:
        if topology.routes:
            yield Problem("gateway", "is missing, and there are routes", "a gateway, or no routes")
        return
    yield from _known("gateway.vswitches", gateway.vswitches, _vswitches(topology), "vSwitch")
    yield from _known("gateway.members", gateway.members, _members(topology), "member")
    if not gateway.listeners:
        yield Problem("gateway.listeners", "a gateway needs a port", "one listener or more")
    yield from _unique("gateway.listeners", (one.port for one in gateway.listeners), "port")
    for number, one in enumerate(gateway.listeners):
        if one.protocol != "HTTP" and one.certificate is None:
            yield Problem(
                f"gateway.listeners[{number}].certificate", f"is missing, and {one.protocol} needs one", "its id"
            )


def _applications(topology: Topology) -> Iterator[Problem]:
    for number, one in enumerate(topology.applications):
        for name in () if one.kept else ("repository", "path"):
            if not getattr(one, name):
                yield Problem(f"applications[{number}].{name}", "is missing", "where the chart is in Git")
        yield from _known(f"applications[{number}].members", one.members, _members(topology), "member")
        for each, name in enumerate(one.members):
            if not name[-1:].isalnum():  # it becomes the value of a label
                sentence = f"'{inert(name, 60)}' ends in a sign, and is to be a label's value"
                yield Problem(f"applications[{number}].members[{each}]", sentence, "a member whose name ends otherwise")
    yield from _unique("applications", (one.name for one in topology.applications), "name")
    yield from _unique("applications", (one.application for one in topology.applications), "application")


def _route(topology: Topology, part: RoutePart, path: str) -> Iterator[Problem]:
    gateway = topology.gateway
    behind = _behind(topology, gateway)
    for name in part.weights:
        if name not in behind:
            what = "is not behind the gateway" if name in _members(topology) else "is no member"
            near = nearest(name, behind)
            meant = f"did you mean '{near}'? " if near else ""
            accepted = f"{meant}Members behind it: {', '.join(behind) or 'none'}"
            yield Problem(f"{path}.weights.{name}", f"'{inert(name, 60)}' {what}", accepted, at_key=True)
    total = sum(part.weights.values())
    if total != 100:
        shown = " + ".join(str(weight) for weight in part.weights.values()) or "none"
        yield Problem(f"{path}.weights", f"weights sum to {total} ({inert(shown, 80)})", "a sum of 100")
    yield from _host(part.host, f"{path}.host")
    if not part.paths:
        yield Problem(f"{path}.paths", "a route needs a path", "one path or more")
    for number, one in enumerate(part.paths if part.path_type != "ImplementationSpecific" else ()):
        odd = next((each for each in _NO_PATH if each in f"{one}{_END}".lower()), None)
        if odd is not None:
            sentence = f"'{inert(one, 60)}' holds {odd.rstrip(_END)}, which no Ingress takes"
            yield Problem(f"{path}.paths[{number}]", sentence, "a path as clients send it")
    ports = [one.port for one in gateway.listeners] if gateway else []
    for number, port in enumerate(part.listeners):
        if gateway is not None and port not in ports:
            sentence = f"the gateway does not listen on {port}"
            yield Problem(f"{path}.listeners[{number}]", sentence, f"one of {', '.join(map(str, ports)) or 'none'}")
    if not _CODES.fullmatch(part.health_check.codes):
        sentence = f"'{inert(part.health_check.codes, 60)}' is not accepted"
        yield Problem(f"{path}.health_check.codes", sentence, "http_2xx to http_5xx, with commas between them")
    yield from _answer(part, f"{path}.answer")


def _host(host: str | None, path: str) -> Iterator[Problem]:
    """What the pattern of a host does not see: an address, and a label that is too long."""
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        long = max((host or "").split("."), key=len)
        if len(long) > _LONGEST_LABEL:
            sentence = f"'{inert(long, 60)}' has {len(long)} characters"
            yield Problem(path, sentence, f"at most {_LONGEST_LABEL} between two dots")
        return
    yield Problem(path, f"'{host}' is an address, which no Ingress takes", "a name as shop.example.com, or no host")


def _answer(part: RoutePart, path: str) -> Iterator[Problem]:
    ways = [name for name in ("header", "json", "pattern") if getattr(part.answer, name) is not None]
    if len(ways) > 1:
        yield Problem(path, f"says {' and '.join(ways)}", "one of header, json, pattern")
    if part.answer.pattern is not None:
        try:
            groups = re.compile(part.answer.pattern).groups
        except (re.error, RecursionError, OverflowError) as error:
            yield Problem(f"{path}.pattern", f"is no regular expression: {inert(error, 120)}", "one with a group")
            return
        if groups < 1:
            yield Problem(
                f"{path}.pattern", "has no group", "a regular expression with a group around the member's word"
            )


def _confirmed(topology: Topology) -> Iterator[Problem]:
    names = [one.name for one in RULES]
    for number, name in enumerate(topology.confirmed):
        if name not in names:
            near = nearest(name, names)
            meant = f"did you mean '{near}'? " if near else ""
            sentence = f"no rule is called '{inert(name, 60)}'"
            yield Problem(f"confirmed[{number}]", sentence, f"{meant}Rules: {', '.join(names)}")


def _behind(topology: Topology, gateway: GatewayPart | None) -> list[str]:
    return [one.name for one in topology.members_of(gateway.members if gateway else ())]


def _vswitches(topology: Topology) -> list[str]:
    return [one.name for one in topology.vswitches]


def _members(topology: Topology) -> list[str]:
    return [one.name for one in topology.members]


def _either(path: str, identifier: str | None, fields: Mapping[str, str | None]) -> Iterator[Problem]:
    """A part names an existing resource, or says what a new one needs."""
    for name, value in fields.items():
        if identifier is None and value is None:
            yield Problem(
                f"{path}.{name}", "is missing, and there is no id", f"{name} for a new one, id for an existing one"
            )


def _range(cidr: str | None, path: str) -> Iterator[Problem]:
    if cidr is None:
        return
    try:
        ipaddress.IPv4Network(cidr)
    except ValueError:
        try:
            meant = f"did you mean '{ipaddress.IPv4Network(cidr, strict=False)}'? " if "/" in cidr else ""
        except ValueError:
            meant = ""
        yield Problem(path, f"'{inert(cidr, 60)}' is no range", meant + _CIDR)
        return
    if "/" not in cidr:
        yield Problem(path, f"'{cidr}' has no mask", _CIDR)


def _known(path: str, names: Iterable[str], known: list[str], what: str) -> Iterator[Problem]:
    """Each name is one of those known, and is said once."""
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name not in known:
            near = nearest(name, known)
            meant = f"did you mean '{near}'? " if near else ""
            accepted = f"{meant}Known: {', '.join(known[:12]) or 'none'}"
            yield Problem(f"{path}[{number}]", f"no {what} is called '{inert(name, 60)}'", accepted)
        elif name in seen:
            yield Problem(f"{path}[{number}]", f"'{inert(name, 60)}' is there twice", f"each {what} once")
        seen.add(name)


def _unique(path: str, values: Iterable[object], what: str) -> Iterator[Problem]:
    """No two parts of a list say the same; None says nothing."""
    first: dict[object, int] = {}
    for number, value in enumerate(values):
        if value is not None and first.setdefault(value, number) != number:
            sentence = f"'{inert(value, 60)}' is also {path}[{first[value]}]"
            yield Problem(f"{path}[{number}].{what}", sentence, f"a {what} of its own")
