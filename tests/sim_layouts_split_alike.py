"""Whether members have groups of their own or share one, the same annotations split the traffic alike."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from console.sim import manifests, scenario, servers, world
from console.sim.alb.dataplane import DataPlane
from console.sim.alb.state import Alb, HealthCheck
from console.sim.routing import Model, build
from console.sim.server_weights import spread
from console.sim.terms import Layout
from tests import forked
from tests.simulators import simulate
from tests.wire_fleet import Fleet, until

WORLD = world.generate(scenario.load("calm"), seed=1, began=1_795_000_000.0)
ACK, IDC = (member.id for member in WORLD.members)
PREFIX = "alb.ingress.kubernetes.io/cluster-weight."
CALM = Path(scenario.__file__).parents[2] / "assets" / "scenarios" / "calm.yaml"


def model(layout: Layout, weights: dict[str, int] | None) -> Model:
    """The first route alone, with these weights."""
    ingress = manifests.ingress(WORLD, WORLD.routes[0])
    annotations = ingress["metadata"]["annotations"]
    for member in (ACK, IDC):
        annotations.pop(PREFIX + member)
    annotations |= {PREFIX + member: str(weight) for member, weight in (weights or {}).items()}
    return build(
        manifests.alb_config(WORLD, WORLD.gateways[0]),
        [ingress],
        associated=frozenset({ACK, IDC}),
        backends=servers.backends(WORLD),
        fleet=WORLD.id,
        layout=layout,
    )


def shares(found: Model) -> dict[str, float]:
    """Member -> its part of the route's traffic, in percent, from tuples and servers."""
    members = servers.Members(WORLD)
    groups = {group.key: group for group in found.groups}
    (rule,) = found.listeners[0].rules
    parts = {ACK: 0.0, IDC: 0.0}
    for key, weight in rule.tuples:
        group = groups[key]
        for server, weighed in zip(group.servers, group.weights, strict=True):
            parts[str(members.owner(server.ip))] += weight * weighed / (sum(group.weights) or 1)
    total = sum(parts.values())
    return {member: 100 * parts[member] / total for member in (ACK, IDC)}


@pytest.mark.parametrize("weights", [{ACK: 62, IDC: 38}, {ACK: 100, IDC: 0}, {ACK: 1, IDC: 99}, {ACK: 30}, None])
def test_both_layouts_give_members_the_same_share(weights: dict[str, int] | None) -> None:
    assert shares(model("per-member", weights)) == pytest.approx(shares(model("shared", weights)))


def test_a_shared_group_is_the_rules_only_one_and_nobodys_by_its_tag() -> None:
    found = model("shared", {ACK: 62, IDC: 38})
    (group,) = found.groups
    (rule,) = found.listeners[0].rules

    assert ((group.key, 100),) == rule.tuples
    assert (8, (62,) * 4 + (38,) * 4) == (len(group.servers), group.weights)
    assert WORLD.id == dict(group.tags)["ack.aliyun.com"]
    assert WORLD.id not in (ACK, IDC)


@given(
    st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(0, 100), st.integers(1, 40)), min_size=1, max_size=4)
)
@hypothesis_settings(deadline=None)
def test_servers_add_up_to_their_members_weight_exactly(members: dict[str, tuple[int, int]]) -> None:
    wanted = {member: weight for member, (weight, _) in members.items()}
    found = spread(wanted, {member: count for member, (_, count) in members.items()})
    sums = {member: sum(weights) for member, weights in found.items()}

    assert all(0 <= weight <= 100 for weights in found.values() for weight in weights)
    assert all(max(weights) - min(weights) <= 1 for weights in found.values())
    assert all(sums[a] * wanted[b] == sums[b] * wanted[a] for a in members for b in members)
    assert bool(sum(wanted.values())) == bool(sum(sums.values()))


def test_a_server_keeps_its_health_when_its_weight_changes_and_loses_it_at_zero() -> None:
    alb = Alb()
    alb.instant = True
    group = alb.create_server_group("g", health_check=HealthCheck())
    kept, emptied = ("10.0.0.1", 80), ("10.0.0.2", 80)
    alb.set_servers(group.id, [kept, emptied], [62, 38])
    for server in group.servers.values():
        server.verdict = "Healthy"
    alb.weigh_servers(group.id, {kept: 100, emptied: 0})

    assert ("Healthy", "Initial") == (group.servers[kept].verdict, group.servers[emptied].verdict)


def test_the_data_plane_splits_by_server_weights() -> None:
    alb = Alb()
    alb.instant = True
    balancer = alb.create_load_balancer("gw")
    listener = alb.create_listener(balancer.id, 80, "HTTP")
    group = alb.create_server_group("g", health_check=HealthCheck(enabled=False))
    alb.set_servers(group.id, [("10.0.0.1", 80), ("10.0.0.2", 80), ("10.0.0.3", 80)], [62, 38, 0])
    rule = alb.create_rule(listener.id, "r", 1, tuples=[(group.id, 100)])
    plane = DataPlane(alb, lambda ip, port: (ip, port))
    chosen = [plane._choose(rule) for _ in range(4000)]
    counts = Counter(each[1].ip for each in chosen if each is not None)

    assert 0.62 == pytest.approx(counts["10.0.0.1"] / 4000, abs=0.03)
    assert 0 == counts["10.0.0.3"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """The calm world with shared groups, its registered member's servers dead."""
    place = tmp_path_factory.mktemp("shared")
    document = yaml.safe_load(CALM.read_text())
    document["world"]["gateways"][0]["layout"] = "shared"
    document["faults"] = [{"fault": "servers-dead", "member": "idc-prod", "since": "7m"}]
    (place / "shared.yaml").write_text(yaml.safe_dump(document))
    for simulated in simulate(place, "--scenario", str(place / "shared.yaml"), "--speed", "5"):
        yield Fleet(simulated)


def test_the_console_finds_each_members_part_by_its_servers(shared: Fleet) -> None:
    settings = str(shared.directory / "config.yaml")
    done = forked.run(["status", "--config", settings, "-o", "json"])
    document: dict[str, Any] = json.loads(done.stdout)

    assert {True} == {route["in_agreement"] for route in document["routes"]}
    assert {"ack-prod-j": "ok", "idc-prod": "dead"} == {m["name"]: m["alb_health"] for m in document["members"]}


def test_a_change_of_the_annotations_becomes_one_of_the_servers(shared: Fleet) -> None:
    from alibabacloud_alb20200616 import models

    def weights() -> list[int]:
        found = shared.alb().list_server_groups(models.ListServerGroupsRequest(server_group_names=["shop-checkout-80"]))
        (group,) = found.body.server_groups
        request = models.ListServerGroupServersRequest(server_group_id=group.server_group_id)
        return [each.weight for each in shared.alb().list_server_group_servers(request).body.servers]

    before = weights()
    shared.weigh(ack_prod_j=100, idc_prod=0)

    assert [62] * 4 + [38] * 4 == before
    assert [100] * 4 + [0] * 4 == until(weights, lambda found: found == [100] * 4 + [0] * 4)
    assert [100] == shared.rule()[1]
