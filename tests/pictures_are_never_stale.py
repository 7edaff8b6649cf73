"""However a picture came about, it is the one that the facts make at once: parts are kept between pictures, and none
outlives the facts that it was made from."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from console.model.alb import AbnormalServer, GroupHealth, LoadBalancer, LoadBalancerFacts, Rule, Server, ServerGroup
from console.model.argo import Application, ClusterSecret
from console.model.cluster import Association, Cluster, HubCluster, VSwitch
from console.model.fleet import Fleet
from console.model.freshness import Part, Source, SourceName, SourceState
from console.model.hub import (
    AlbConfig,
    Event,
    Heartbeat,
    Ingress,
    IngressClass,
    ManagedCluster,
    Path,
    Problem,
    RunRecord,
)
from console.model.rate import Rates, Sample
from console.model.workload import Autoscaler, Deployment, Node, Service
from console.settings import FleetSettings, MemberSettings, PrometheusSettings
from console.store.events import Changed, Gone, Heard, Identified, Listed, Observation, OfMember, Unread
from console.store.store import FleetStore

MEMBERS = tuple("c" + digit * 32 for digit in "1234")
PREFIX = "alb.ingress.kubernetes.io/cluster-weight."
SETTINGS = FleetSettings(
    members={MEMBERS[0]: MemberSettings(name="ack", zone="zone-a")},
    zone_label="zone",
    prometheus=PrometheusSettings(url="http://127.0.0.1:9090", query="rate"),
)
WALL = 1_800_000_000.0


class Clock:
    now = 1000.0


def cluster(chance: random.Random) -> tuple[SourceName, str, object]:
    member, zone = chance.choice(MEMBERS), chance.choice(("zone-a", "zone-b"))
    available = chance.choice(("True", "Unknown", None))
    labels = chance.choice(((("zone", zone),), ()))
    return SourceName.MEMBERS, member, ManagedCluster(member, member, labels, available=available)


def beat(chance: random.Random) -> tuple[SourceName, str, object]:
    member = chance.choice(MEMBERS)
    return SourceName.HEARTBEATS, member, Heartbeat(member, WALL - chance.choice((1, 2, 100, 400)))


def gateway(chance: random.Random) -> tuple[SourceName, str, object]:
    behind = tuple(chance.sample(MEMBERS, 3))
    name, balancer = chance.choice((("gw", "alb-1"), ("gw", None), ("gw2", None)))
    return SourceName.GATEWAYS, name, AlbConfig(name, "g", "1", behind, balancer, "x")


def class_(chance: random.Random) -> tuple[SourceName, str, object]:
    name = chance.choice(("alb", "alb2"))
    gateway, default = chance.choice(("gw", "gw2", "other")), chance.choice((True, False))
    return SourceName.CLASSES, name, IngressClass(name, "c", gateway, default)


def route(chance: random.Random) -> tuple[SourceName, str, object]:
    name = chance.choice(("api", "web"))
    weights = tuple((PREFIX + m, str(chance.choice((62, 38, "many")))) for m in chance.sample(MEMBERS, 2))
    paths = (Path(f"{name}.example.com", "/", "Prefix", name, "80"),)
    class_name, weighs = chance.choice(("alb", "alb", "alb2", None)), chance.choice((weights, weights, ()))
    fact = Ingress("shop", name, f"u-{name}", str(chance.randrange(900)), class_name, paths, weighs)
    return SourceName.ROUTES, fact.key, replace(fact, hash=chance.choice((None, "h")))


def event(chance: random.Random) -> tuple[SourceName, str, object]:
    kind, name = chance.choice((("Ingress", "api"), ("Ingress", "web"), ("AlbConfig", "gw"), ("AlbConfig", "gw2")))
    reason = chance.choice(("SuccessfullyReconciled", "FailedApplyModel", "Sync"))
    uid = f"{kind}-{name}-{reason}"
    at, version = WALL - chance.randrange(100), str(chance.randrange(900))
    return SourceName.EVENTS, uid, Event(uid, kind, "shop", name, "Normal", reason, "", 1, at, version)


def balancer(chance: random.Random) -> tuple[SourceName, str, object]:
    groups = tuple(ServerGroup(f"g{m[1]}", tags=(("ack.aliyun.com", m),)) for m in MEMBERS)
    servers = tuple(Server(f"s-{g.id}", g.id, "10.0.0.1", 80, 100) for g in groups)
    sick = (AbnormalServer("s", "10.0.0.1", 80, "Unhealthy", "CONNECT_FAILED"),)
    health = tuple(GroupHealth("l", "r", g.id, True, 1, chance.choice(((), sick))) for g in groups)
    tuples = tuple((g.id, chance.choice((62, 38))) for g in groups[:2])
    rule = Rule("r", "r", "alb-1", "l", "Available", 1, ("api.example.com",), ("/",), tuples)
    found = LoadBalancer("alb-1", "gw", "Active")
    return SourceName.ALB, "alb-1", LoadBalancerFacts(found, (), (rule,), groups, servers, health)


def application(chance: random.Random) -> tuple[SourceName, str, object]:
    member, name = chance.choice(MEMBERS), chance.choice(("api", "web"))
    fact = Application(
        "argocd", name, destination=chance.choice((member, "argo-name")), set=chance.choice((name, None))
    )
    return SourceName.APPLICATIONS, fact.key, replace(fact, sync=chance.choice(("Synced", "OutOfSync")))


def record(chance: random.Random) -> tuple[SourceName, str, object]:
    targets = (("shop/api", ((MEMBERS[0], chance.choice((62, 38))),)),)
    return SourceName.RUNS, "r1", RunRecord("r1", chance.choice(("running", "done")), started=WALL, targets=targets)


def cluster_of_cs(chance: random.Random) -> tuple[SourceName, str, object]:
    member, state = chance.choice(MEMBERS), chance.choice(("running", "disconnected"))
    vswitches = tuple(chance.sample(("v1", "v2"), chance.choice((1, 2))))
    return SourceName.CLUSTERS, member, Cluster(member, state, "ManagedKubernetes", "1.30", "vpc", vswitches, 1000.0)


def hub_of_adcp(chance: random.Random) -> tuple[SourceName, str, object]:
    listed = tuple(Association(m, chance.choice(("Successed", "Failed"))) for m in chance.sample(MEMBERS, 2))
    return SourceName.FLEET, "fleet", HubCluster("hub", state="running", associations=chance.choice((None, listed)))


def vswitch(chance: random.Random) -> tuple[SourceName, str, object]:
    id = chance.choice(("v1", "v2"))
    return SourceName.VSWITCHES, id, VSwitch(id, chance.choice(("zone-a", "zone-c")))


def rates(chance: random.Random) -> tuple[SourceName, str, object]:
    parts = tuple(Sample(m, "shop/api", chance.choice((0.0, 12.5))) for m in chance.sample((*MEMBERS, "x", "ack"), 3))
    return SourceName.RATES, "rates", Rates((*parts, Sample(None, "shop/web", 3.0)))


def secret(chance: random.Random) -> tuple[SourceName, str, object]:
    name = chance.choice(("s1", "s2"))
    return SourceName.CLUSTER_SECRETS, name, ClusterSecret(name, chance.choice((*MEMBERS, None)), "argo-name")


def serving() -> Iterator[Changed | Heard]:
    """A member that is read, and has what every route leads to: headroom is known."""
    for part in Part:
        yield Heard(Source(part, SourceState.LIVE, Clock.now, Clock.now))
    for name in ("api", "web"):
        labels, key = (("app", name),), f"shop/{name}"
        yield Changed(Part.SERVICES, key, Service("shop", name, labels), Clock.now)
        yield Changed(Part.DEPLOYMENTS, key, Deployment("shop", name, labels, wanted=2, ready=2), Clock.now)


def of_member(chance: random.Random) -> OfMember:
    """Anything that a member's own API may say."""
    name, state = chance.choice(("api", "web")), chance.choice((SourceState.LIVE, SourceState.LOST))
    labels, key = (("app", name),), f"shop/{name}"
    part, fact = chance.choice((
        (Part.DEPLOYMENTS, Deployment("shop", name, labels, wanted=2, ready=chance.choice((0, 1, 2, None)))),
        (Part.SERVICES, Service("shop", name, chance.choice((labels, ())))),
        (Part.AUTOSCALERS, Autoscaler("shop", name, name, chance.choice((4, 9)))),
        (Part.NODES, Node(name, ready=chance.random() < 0.5)),
    ))  # fmt: skip
    said = chance.choice((
        Changed(part, key, fact, Clock.now),
        Listed(part, {key: fact}, Clock.now),
        Gone(part, key, Clock.now),
        Unread(part, key, Problem(key, "unreadable"), Clock.now),
        Heard(Source(part, state, 1000.0, Clock.now)),
    ))  # fmt: skip
    return OfMember(chance.choice(MEMBERS), said)


KINDS: tuple[Callable[[random.Random], tuple[SourceName, str, object]], ...] = (
    cluster,
    beat,
    gateway,
    class_,
    route,
    event,
    balancer,
    application,
    record,
    cluster_of_cs,
    hub_of_adcp,
    vswitch,
    rates,
    secret,
)


def happening(chance: random.Random) -> Iterator[Observation]:
    """Anything that readers may post, in any order."""
    for kind in KINDS:
        source, key, fact = kind(chance)
        yield Listed(source, {key: fact}, Clock.now)
    for member in MEMBERS:
        yield from (OfMember(member, one) for one in serving())
    for _ in range(160):
        if chance.random() < 0.1:
            yield of_member(chance)
            continue
        source, key, fact = chance.choice(KINDS)(chance)
        match chance.randrange(12):
            case 0:
                yield Gone(source, key, Clock.now)
            case 1:
                yield Unread(source, key, Problem(key, "unreadable"), Clock.now)
            case 2:
                yield Listed(source, {key: fact}, Clock.now)
            case 3:
                yield Heard(Source(source, SourceState.LIVE, Clock.now, Clock.now))
            case _:
                yield Changed(source, key, fact, Clock.now)


def store() -> FleetStore:
    made = FleetStore(SETTINGS, "hz", clock=lambda: Clock.now, wall=lambda: WALL + Clock.now - 1000.0)
    made.apply(Identified("uid", Clock.now))
    return made


def undated(fleet: Fleet) -> Fleet:
    """A picture without since when layers part, and what zones carried before: that is what was looked at."""
    routes = tuple(replace(one, agreement=replace(one.agreement, since=None)) for one in fleet.routes)
    return replace(fleet, routes=routes, zones=tuple(replace(zone, past=()) for zone in fleet.zones))


def at_once(heard: list[tuple[float, Observation]]) -> Fleet:
    """The first picture of a store that heard all this at these times and was not looked at before."""
    now, fresh = Clock.now, store()
    for Clock.now, observation in heard:
        fresh.apply(observation)
    Clock.now = now
    return fresh.fleet


@pytest.mark.parametrize("seed", range(40))
def test_a_picture_that_grew_equals_one_made_at_once(seed: int) -> None:
    chance, Clock.now = random.Random(seed), 1000.0
    grown, heard, apart = store(), list[tuple[float, Observation]](), list[int]()
    for observation in happening(chance):
        heard.append((Clock.now, observation))
        grown.apply(observation)
        Clock.now += chance.choice((0.0, 5.0, 60.0))
        if len(heard) % 10 and grown.fleet is not None:
            continue
        Clock.now += 5.0  # by then even what makes no news of its own is in the picture
        if undated(grown.fleet) != undated(at_once(heard)):
            apart.append(len(heard))

    assert [] == apart


def test_what_nothing_touched_is_the_very_same() -> None:
    chance, Clock.now = random.Random(1), 1000.0
    watched = store()
    watched.apply(*happening(chance))
    watched.apply(Listed(SourceName.APPLICATIONS, dict([application(chance)[1:], application(chance)[1:]]), Clock.now))
    before = watched.fleet
    one = before.applications[0]
    watched.apply(Changed(SourceName.APPLICATIONS, one.key, replace(one, health="Degraded"), Clock.now))
    after = watched.fleet

    assert after.applications != before.applications
    assert after.members is before.members
    assert all(a is b for a, b in zip(after.routes, before.routes, strict=True))
    assert after.timeline is before.timeline
