"""Worlds by their size alone: so many members in zones of several, Applications spread over them, and routes of two to
four members each behind as many gateways as the quota of rules asks for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from itertools import cycle, islice
from typing import NamedTuple

from console.errors import UsageError
from console.sim.cluster_specs import MemberSpec, NodesSpec, PodsSpec
from console.sim.scenario import (
    ApplicationSpec,
    CommitSpec,
    FleetSpec,
    GatewaySpec,
    ListenerSpec,
    RepositorySpec,
    RouteSpec,
    Scenario,
    ServiceSpec,
    VpcSpec,
    VSwitchSpec,
    WorldSpec,
)
from console.sim.world import POD_BLOCK

RULES = 100
"""Forwarding rules of one ALB (domain.md section 2)."""
PODS = 2
PODS_A_NODE = 60
SPLITS = ((62, 38), (50, 30, 20), (40, 30, 20, 10))
"""Weights of routes of two, three and four members."""
MOST = (1000, 20000, 1000)
"""Members, Applications and routes at the most."""
ZONES = 20
_OF_A_KIND = 8
"""Routes that share a namespace."""


class Size(NamedTuple):
    """How much there is of what counts."""

    members: int
    applications: int
    routes: int


def parse(text: str) -> Size:
    """`500x5000x200`. Raises `UsageError` with what is accepted."""
    found = re.fullmatch(r"(\d{1,6})x(\d{1,6})x(\d{1,6})", text)
    fix = "Write MEMBERSxAPPSxROUTES, for example 500x5000x200."
    if found is None:
        raise UsageError(f"'{text}' is no size", fix=fix)
    size = Size(*map(int, found.groups()))
    for name, value, least, most in zip(("members", "applications", "routes"), size, (2, 0, 1), MOST, strict=True):
        if not least <= value <= most:
            raise UsageError(f"{value} {name} are not between {least} and {most}", fix=fix)
    if size.applications > size.members * size.routes:
        raise UsageError(
            f"{size.applications} applications are more than {size.routes} services in {size.members} members", fix=fix
        )
    return size


def scenario(size: Size) -> Scenario:
    """The world of that size as a scenario, with nothing wrong in it."""
    counted = f"{size.members} members, {size.applications} applications, {size.routes} routes"
    return Scenario(name="x".join(map(str, size)), summary=f"{counted}.", world=world(size))


def world(size: Size) -> WorldSpec:
    """The world of that size; light, since that is what sizes are for."""
    behind = [_behind(size, route) for route in range(size.routes)]
    names = [_member_name(size, number) for number in range(size.members)]
    services = tuple(
        ServiceSpec(
            namespace=_namespace(route),
            name=f"web-{route:03d}",
            workload=f"web-{route:03d}",
            port=80,
            target_port=8080,
            pods=PODS,
            most=3 * PODS,
            members=tuple(names[member] for member in behind[route]),
        )
        for route in range(size.routes)
    )
    return WorldSpec(
        fleet=FleetSpec(name=f"fleet-{size.members}", region="cn-hangzhou", version="v1.32.1-aliyun.1"),
        vpc=VpcSpec(name="prod", cidr="10.0.0.0/8"),
        vswitches=(
            VSwitchSpec(name="gateway-h", zone="cn-hangzhou-h", cidr="10.0.200.0/24"),
            VSwitchSpec(name="gateway-k", zone="cn-hangzhou-k", cidr="10.0.201.0/24"),
        ),
        members=tuple(_members(size, names, behind)),
        gateways=tuple(_gateways(size, names, behind)),
        services=services,
        routes=tuple(_routes(size, names, behind)),
        repository=RepositorySpec(
            commits=(
                CommitSpec(sha="8810ac3e92d74b065f1ca8e37d249b60e5a1f8c4", version="1.4.1", deployed="41d"),
                CommitSpec(sha="9b07d12c4f1e6a83d5b2907e1c48fa36d07be951", version="1.4.2", refs=("main",)),
            )
        ),
        applications=tuple(_applications(size, names, services)),
        load=0.0,
        light=True,
    )


def _zones(size: Size) -> int:
    return max(2, min(ZONES, size.members // 4))


def _member_name(size: Size, number: int) -> str:
    return f"{'idc' if _registered(size, number) else 'ack'}-{number:03d}"


def _registered(size: Size, number: int) -> bool:
    """The members of every second zone stand in data centres."""
    return number % _zones(size) % 2 == 1


def _namespace(route: int) -> str:
    return f"team-{route // _OF_A_KIND:02d}"


def _behind(size: Size, route: int) -> tuple[int, ...]:
    """The members of a route, each in another zone where there are as many."""
    count = min(2 + route % 3, size.members)
    first = route * 3 % size.members
    return tuple((first + step) % size.members for step in range(count))


def _members(size: Size, names: list[str], behind: list[tuple[int, ...]]) -> Iterator[MemberSpec]:
    services = [0] * size.members
    for members in behind:
        for member in members:
            services[member] += 1
    nodes = max(3, -(-max(services) * PODS // PODS_A_NODE) + 1)
    bits = 32 - ((nodes + 1) * POD_BLOCK - 1).bit_length()
    ranges = {
        kind: (
            ipaddress.IPv4Network(pods).subnets(new_prefix=bits),
            ipaddress.IPv4Network(hosts).subnets(new_prefix=24),
        )
        for kind, pods, hosts in (
            ("ack", "10.64.0.0/10", "10.32.0.0/12"),
            ("registered", "172.16.0.0/13", "172.24.0.0/14"),
        )
    }
    for number, name in enumerate(names):
        kind = "registered" if _registered(size, number) else "ack"
        pods, hosts = ranges[kind]
        yield MemberSpec(
            name=name,
            kind="registered" if kind == "registered" else "ack",
            zone=f"zone-{number % _zones(size):02d}",
            version="v1.30.4" if kind == "registered" else "v1.32.1-aliyun.1",
            nodes=NodesSpec(count=nodes, cpu=16, memory="64Gi", cidr=str(next(hosts))),
            pods=PodsSpec(cidr=str(next(pods))),
            age=f"{210 - number % 180}d",
        )


def _gateways(size: Size, names: list[str], behind: list[tuple[int, ...]]) -> Iterator[GatewaySpec]:
    for first in range(0, size.routes, RULES):
        members = sorted({member for each in behind[first : first + RULES] for member in each})
        number = first // RULES
        yield GatewaySpec(
            name=f"gateway-{number:02d}",
            ingress_class=f"alb-{number:02d}",
            vswitches=("gateway-h", "gateway-k"),
            listeners=(ListenerSpec(port=80),),
            members=tuple(names[member] for member in members),
        )


def _routes(size: Size, names: list[str], behind: list[tuple[int, ...]]) -> Iterator[RouteSpec]:
    for route, members in enumerate(behind):
        name = f"web-{route:03d}"
        yield RouteSpec(
            name=f"{_namespace(route)}/{name}",
            gateway=f"gateway-{route // RULES:02d}",
            host=f"{name}.example.com",
            path="/",
            service=name,
            weights=dict(zip((names[member] for member in members), SPLITS[len(members) - 2], strict=True)),
            # As rarely as an Ingress may ask for: every check is a real request.
            health_interval=50,
        )


def _applications(size: Size, names: list[str], services: tuple[ServiceSpec, ...]) -> Iterator[ApplicationSpec]:
    """A set a Service as far as Applications go, each in the next so many members."""
    sets = max(1, min(len(services), size.applications))
    turn = cycle(names)
    for number, service in enumerate(services[:sets]):
        count = size.applications // sets + (number < size.applications % sets)
        members = tuple(islice(turn, count))
        if not members:
            return
        yield ApplicationSpec(name=service.name, service=f"{service.namespace}/{service.name}", members=members)
