"""AlbConfig and Ingresses become rules weighted by member, and one Ingress that is off keeps all of them back."""

from __future__ import annotations

import pytest

from console.sim import manifests, scenario, servers, world
from console.sim.client import Obj
from console.sim.ingress_annotations import ModelError
from console.sim.routing import Model, build, digest_of

WORLD = world.generate(scenario.load("calm"), seed=1, began=1_795_000_000.0)
ACK, IDC = (member.id for member in WORLD.members)
WEIGHT = "alb.ingress.kubernetes.io/cluster-weight."
PREFIX = "alb.ingress.kubernetes.io/"


def ingresses() -> list[Obj]:
    return [manifests.ingress(WORLD, route) for route in WORLD.routes]


def annotated(**annotations: str | None) -> list[Obj]:
    """The three routes, the first one with other annotations; keys are given without prefix, `_` for `-`."""
    routes = ingresses()
    own = routes[0]["metadata"]["annotations"]
    for key, value in annotations.items():
        full = PREFIX + key.replace("__", ".").replace("_", "-")
        if value is None:
            own.pop(full, None)
        else:
            own[full] = value
    return routes


def weighted(ack: str | None, idc: str | None) -> list[Obj]:
    return annotated(**{f"cluster_weight__{ACK}": ack, f"cluster_weight__{IDC}": idc})


def model(routes: list[Obj], associated: frozenset[str] = frozenset({ACK, IDC})) -> Model:
    config = manifests.alb_config(WORLD, WORLD.gateways[0])
    return build(config, routes, associated=associated, backends=servers.backends(WORLD))


def splits(found: Model) -> dict[str, tuple[int, ...]]:
    """Host -> weights in the order of the gateway's members."""
    return {str(rule.host): tuple(w for _, w in rule.tuples) for listener in found.listeners for rule in listener.rules}


def test_each_member_has_its_own_group_in_each_rule() -> None:
    found = model(ingresses())

    assert {"api.example.com": (62, 38), "demo.example.com": (62, 38), "shop.example.com": (62, 38)} == splits(found)
    assert 6 == len(found.groups)
    assert [4] * 6 == [len(group.servers) for group in found.groups]
    assert {ACK, IDC} == {dict(group.tags)["ack.aliyun.com"] for group in found.groups}


def test_rules_are_numbered_by_order_then_by_name() -> None:
    (listener,) = model(annotated(order="5")).listeners

    assert ["demo.example.com", "api.example.com", "shop.example.com"] == [rule.host for rule in listener.rules]
    assert [(1, "rule-8001-1"), (2, "rule-8001-2"), (3, "rule-8001-3")] == [
        (rule.priority, rule.name) for rule in listener.rules
    ]


def test_a_prefix_matches_itself_and_what_is_below() -> None:
    (listener,) = model(ingresses()).listeners

    assert ("/v1", "/v1/*") == listener.rules[0].paths


def test_without_weights_members_share_by_their_backends() -> None:
    assert (50, 50) == splits(model(weighted(None, None)))["demo.example.com"]


def test_a_member_without_a_weight_beside_one_with_gets_nothing() -> None:
    assert (100, 0) == splits(model(weighted("100", None)))["demo.example.com"]


def test_weights_need_not_sum_to_100() -> None:
    assert (30, 10) == splits(model(weighted("30", "10")))["demo.example.com"]


def test_a_weight_for_a_stranger_is_not_looked_at() -> None:
    assert (62, 38) == splits(model(annotated(cluster_weight__c0="7")))["demo.example.com"]


def test_a_listener_that_only_an_ingress_wants_is_missing() -> None:
    found = model(annotated(listen_ports='[{"HTTP": 8001}, {"HTTP": 9090}]'))

    assert ((9090, "HTTP"),) == found.missing


@pytest.mark.parametrize(
    ("annotations", "told"),
    [
        ({f"cluster_weight__{ACK}": "sixty"}, r'strconv.ParseInt: parsing "sixty": invalid syntax'),
        ({f"cluster_weight__{ACK}": "101"}, r"101 is not in \[0, 100\]"),
        ({f"cluster_weight__{ACK}": "-1"}, r"-1 is not in \[0, 100\]"),
        ({"actions__service1": '[{"type": "Teleport"}]'}, "unknown action type Teleport"),
        ({"actions__service1": "{"}, "failed to parse annotation"),
        ({"listen_ports": "8001"}, "listen-ports"),
        ({"listen_ports": '[{"HTTPS": 8001}]'}, "port 8001 is HTTPS here"),
        ({"healthcheck_interval_seconds": "51"}, r"51 is not in \[1, 50\]"),
        ({"order": "0"}, r"0 is not in \[1, 1000\]"),
    ],
)
def test_a_bad_annotation_keeps_the_whole_gateway_back(annotations: dict[str, str], told: str) -> None:
    with pytest.raises(ModelError, match=told) as caught:
        model(annotated(**annotations))
    assert "gateway-demo/web-demo" in str(caught.value)


def test_the_same_explicit_order_twice_is_refused() -> None:
    routes = annotated(order="7")
    routes[2]["metadata"]["annotations"][PREFIX + "order"] = "7"

    with pytest.raises(
        ModelError, match="conflict ingress order: 7, ingresses gateway-demo/web-demo and shop/checkout"
    ):
        model(routes)


def test_a_service_nobody_has_is_refused() -> None:
    routes = ingresses()
    routes[1]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = "none"

    with pytest.raises(ModelError, match='ingress: gateway-demo/api: Service "none" not found'):
        model(routes)


def test_a_cluster_that_is_not_associated_is_refused() -> None:
    with pytest.raises(ModelError, match=f"cluster {IDC} is not associated"):
        model(ingresses(), associated=frozenset({ACK}))


def test_the_hash_follows_spec_and_annotations_alone() -> None:
    route = ingresses()[0]
    before = digest_of(route)
    route["metadata"] |= {"labels": {"a": "b"}, "resourceVersion": "7"}
    route["status"] = {"loadBalancer": {}}

    assert before == digest_of(route)
    assert len(before) <= 63
    route["metadata"]["annotations"]["x"] = "y"
    assert before != digest_of(route)
