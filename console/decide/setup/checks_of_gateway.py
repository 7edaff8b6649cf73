"""Rules about the gateway: its zones and addresses, its health checks, and what keeps its controller from acting
(domain.md section 6, rows 15, 16 and 19; sections 1.3, 1.4 and 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from console.decide.setup.cidrs import parsed, zone_of
from console.decide.setup.finding import Finding, ok, red, unchecked, unread, warn
from console.decide.setup.found import Found
from console.decide.setup.manifests import PREFIX
from console.model.text import inert
from console.model.topology import GatewayPart, RoutePart

FREE = 8
"""Free addresses that an ALB wants in each of its vSwitches (row 16)."""
_RESERVED = 4
"""Addresses of each vSwitch that the cloud keeps: the first and the last three."""
_MOST_ZONES = 10
_RULES, _MOST_RULES = 100, 200
"""Forwarding rules of one ALB: by default, and at most on request (domain.md 5.4)."""


def alb_zones(found: Found) -> Iterator[Finding]:
    """Two zones or more, one vSwitch in each, all of them zones that have ALB."""
    gateway, zones = found.topology.gateway, found.account.alb_zones
    if gateway is None:
        return
    about, source, reds = "gateway.vswitches", "DescribeZones (ALB), DescribeVSwitches: ZoneId", 0
    placed = Counter(zone_of(found, name) for name in gateway.vswitches)
    if placed.pop("", 0):
        how = "Look in the VPC console for the zones of its vSwitches."
        yield unread(found, "subnets", about, source, "1 vSwitch in each of 2 zones or more", how)
        return
    least = 1 if zones is not None and len(zones) == 1 else 2
    if not least <= len(placed) <= _MOST_ZONES:
        reds += 1
        measured = f"{len(placed)} zones ({', '.join(placed) or 'none'})"
        fix = "Name a vSwitch in each of two zones or more."
        yield red(about, source, measured, f"{least} to {_MOST_ZONES} zones", fix)
    for zone, count in placed.items():
        if count > 1:
            reds += 1
            yield red(about, source, f"{count} vSwitches in {zone}", "1 vSwitch in each zone", "Keep one of them.")
        if zones is not None and zone not in zones:
            reds += 1
            known = inert(", ".join(zones), 200) or "none"
            yield red(about, source, f"{zone} has no ALB", "zones with ALB", f"Choose of: {known}.")
    if zones is None:
        how = "Look in the ALB console whether its zones can be chosen."
        yield unread(found, "alb_zones", about, source, "zones with ALB", how)
    elif not reds:
        measured = f"{len(placed)} zones ({', '.join(placed)}), 1 vSwitch in each"
        yield ok(about, source, measured, f"{least} to {_MOST_ZONES} zones, 1 vSwitch in each")


def alb_addresses(found: Found) -> Iterator[Finding]:
    """Free addresses for the ALB to grow into. One that is there has taken its own already."""
    gateway = found.topology.gateway
    if gateway is None:
        return
    say = red if found.hub.find("AlbConfig", gateway.name) is None else warn
    for number, name in enumerate(gateway.vswitches):
        about, needed = f"gateway.vswitches[{number}]", f"{FREE} free addresses"
        there, network = found.subnet(name), parsed(found.subnet_cidr(name))
        source = "DescribeVSwitches: AvailableIpAddressCount"
        if there is not None:
            free = there.free
        elif found.account.subnets is None and _existing(found, name):
            yield unread(found, "subnets", about, source, needed, f"Look for {name} in the VPC console.")
            continue
        else:
            source = "CreateVSwitch: CidrBlock"
            free = max(network.num_addresses - _RESERVED, 0) if network is not None else None
        if free is None:
            yield unchecked(about, source, f"{name}: not said", needed, f"Look for {name} in the VPC console.")
        elif free < FREE:
            fix = "Free addresses in it, or name another vSwitch of its zone."
            yield say(about, source, f"{name} has {free} free addresses", needed, fix)
        else:
            yield ok(about, source, f"{name} has {free} free addresses", needed)


def member_zones(found: Found) -> Iterator[Finding]:
    """The gateway stands in the zones where its ACK members do."""
    gateway = found.topology.gateway
    if gateway is None:
        return
    zones = {zone_of(found, name) for name in gateway.vswitches} - {""}
    for part in found.topology.members_of(gateway.members):
        homes = {zone_of(found, name) for name in part.vswitches} - {""}
        if part.kind == "ack" and homes and not homes & zones:
            measured = f"{part.name} is in {', '.join(sorted(homes))}, the gateway in {', '.join(sorted(zones))}"
            fix = "Name a vSwitch of that zone for the gateway, or know that each request crosses zones."
            yield warn("gateway.vswitches", "DescribeVSwitches: ZoneId", measured, "a zone in common", fix)


def health_checks(found: Found) -> Iterator[Finding]:
    """Health checks are on: the controller's own default is off, and then nobody fails over."""
    for number, part in enumerate(found.topology.routes):
        about, source = f"routes[{number}].health_check", f"annotation {PREFIX}healthcheck-enabled"
        needed = "on; the controller's default is off"
        if part.health_check.enabled:
            check = part.health_check
            measured = f"on: {check.protocol} every {check.interval} s, away after {check.unhealthy} failures"
            yield ok(about, source, measured, needed)
            continue
        there = found.hub.find("Ingress", part.ingress, part.namespace)
        say, fix = (red, "Set enabled: true, or leave health_check out.")
        if there is not None and not _checked(there):
            say, fix = (warn, "It is so already; set enabled: true, or nobody sees a backend die.")
        yield say(about, source, f"off: {part.name} has no failover", needed, fix)


def _checked(ingress: object) -> bool:
    metadata = ingress.get("metadata") if isinstance(ingress, dict) else None
    notes = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(notes, dict) and notes.get(PREFIX + "healthcheck-enabled") == "true"


def gateway_events(found: Found) -> Iterator[Finding]:
    """No broken Ingress: one keeps the controller from changing anything of its ALB."""
    if found.topology.gateway is None or found.ground.hub is None:
        return
    events = found.hub.gateway_events
    source, needed = "Events of AlbConfigs and Ingresses", "0 warnings"
    if events:
        measured = f"{len(events)} warnings, newest: {inert(events[0], 200)}"
        fix = "Repair that object first: until then the controller may carry no change to this ALB."
        yield warn("gateway", source, measured, needed, fix)
    else:
        yield ok("gateway", source, "0 warnings", needed)


def quotas(found: Found) -> Iterator[Finding]:
    """Quotas have room for what will be made; those of rules are documented, the account's own are not shown."""
    topology, gateway = found.topology, found.topology.gateway
    rules = sum(len(one.paths) * _ports(one, gateway) for one in topology.routes) if gateway is not None else 0
    if rules > _RULES:
        say, most = (red, _MOST_RULES) if rules > _MOST_RULES else (warn, _RULES)
        measured = f"{rules} forwarding rules (paths x listeners of {len(topology.routes)} routes)"
        fix = "Use fewer paths or listeners, or a second gateway."
        if say is warn:
            fix = "Ask for a higher quota of rules of one ALB before, or use fewer paths or listeners."
        yield say("routes", "ALB quota of forwarding rules", measured, f"at most {most}", fix)
    new = [f"{count} {what}" for what, count in _new(found) if count]
    if new:
        how = "Look in Quota Center for VPC, ACK, ACK One and ALB of this region, and ask for more where it is short."
        needed = f"room for {', '.join(new)}"
        yield unchecked("name", "Quota Center", "no API that we use shows it", needed, how)
    else:
        yield ok("name", "Quota Center", "nothing new is made", "room for what is made")


def _new(found: Found) -> tuple[tuple[str, int], ...]:
    topology = found.topology
    clusters = [one for one in topology.members if found.cluster(one) is None]
    alb = topology.gateway is not None and found.hub.find("AlbConfig", topology.gateway.name) is None
    return (
        ("VPC", int(found.vpc is None)),
        ("vSwitches", sum(found.subnet(one.name) is None for one in topology.vswitches)),
        ("Fleet", int(found.fleet is None)),
        ("ACK clusters", sum(one.kind == "ack" for one in clusters)),
        ("registered clusters", sum(one.kind == "registered" for one in clusters)),
        ("ALB", int(alb)),
    )


def _ports(route: RoutePart, gateway: GatewayPart) -> int:
    return len(route.listeners or gateway.listeners)


def _existing(found: Found, name: str) -> bool:
    part = found.topology.vswitch(name)
    return part is not None and part.id is not None
