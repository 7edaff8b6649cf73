"""A plan of a set-up is the same plan only while everything that it would write is the same, and it shows that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from msgspec import structs

from console.decide.setup.plan import plan
from console.decide.setup.task import SetupPlan, Wait
from console.model.ground import FleetHub, Ground
from console.model.topology import CidrsPart, FleetPart, GatewayPart, ListenerPart, NodesPart, Topology
from console.present.line import length, text
from console.present.setup_review import plan_lines as review_lines
from console.present.setups import document, plan_lines
from tests.present_documents import schema
from tests.setup_stand import World, hybrid


def planned(topology: Topology | None = None, ground: Ground | None = None) -> SetupPlan:
    return plan(topology or hybrid(), ground or World().read())


def route(**values: Any) -> Topology:
    return hybrid(routes=(structs.replace(hybrid().routes[0], **values),))


def member(number: int, **values: Any) -> Topology:
    members = list(hybrid().members)
    members[number] = structs.replace(members[number], **values)
    return hybrid(members=tuple(members))


def gateway(**values: Any) -> Topology:
    held = hybrid().gateway
    assert isinstance(held, GatewayPart)
    return hybrid(gateway=structs.replace(held, **values))


VARIANTS = {
    "host": route(host="other.example.com"),
    "weights": route(weights={"ack-a": 100, "idc-b": 0}),
    "path": route(paths=("/svc2",)),
    "health check": route(health_check=structs.replace(hybrid().routes[0].health_check, interval=9)),
    "service range": member(0, cidrs=CidrsPart(services="172.29.0.0/20")),
    "node count": member(0, nodes=NodesPart(count=9, instance_types=("ecs.g7.xlarge",))),
    "instance type": member(0, nodes=NodesPart(count=2, instance_types=("ecs.g8.xlarge",))),
    "network": member(1, network="underlay"),
    "data centre's range": member(1, cidrs=CidrsPart(nodes=("192.168.0.0/20",), pods=("172.30.0.0/16",))),
    "template": hybrid(applications=(structs.replace(hybrid().applications[0], application="{{.name}}-web"),)),
    "listener": gateway(listeners=(ListenerPart(port=8002),)),
    "address": gateway(address="Intranet"),
    "public": hybrid(fleet=FleetPart(name="demo-fleet", vswitches=("nodes-j",), public=True)),
    "key prefix": hybrid(key_prefix="alb.ingress.kubernetes.io/weight-of."),
}


@pytest.mark.parametrize("varied", VARIANTS.values(), ids=VARIANTS)
def test_another_value_is_another_plan(varied: Topology) -> None:
    assert planned(varied).hash != planned().hash


def test_the_plan_is_the_same_while_nothing_changes_and_while_it_is_waited() -> None:
    assert planned(hybrid(), World().read()).hash == planned(hybrid(), World().read()).hash
    ground = World().read()
    tags = (("fleet-console/topology", "demo"),)
    hashes = set()
    for state in ("initial", "updating"):
        fleet = FleetHub("fleet-1", "demo-fleet", state, "cn-hangzhou", "vpc-1", tags=tags)
        made = planned(ground=replace(ground, account=replace(ground.account, fleets=(fleet,))))
        assert any(isinstance(one.call, Wait) and state in one.what for one in made.tasks)
        hashes.add(made.hash)
    assert len(hashes) == 1


def test_the_reviewed_plan_shows_what_a_person_decides_on_in_80_columns() -> None:
    made = planned()
    shown = [one[14:] for one in plan_lines(made)]
    for phrase in (
        "host: demo.example.com", "paths: /svc1 (Prefix) to Service service1, port 80", "weights: ack-a 60, idc-b 40",
        "listeners: HTTP 8001", "address: Internet, Fixed", "members: ack-a, idc-b", "services: 172.19.0.0/20",
        "nodes: 2 x ecs.g7.xlarge, vSwitches nodes-j 10.0.16.0/20", "labels: cluster=idc",
    ):  # fmt: skip
        assert phrase in shown, phrase
    told = [one for one in plan_lines(made) if one.startswith(" " * 14) and "final:" not in one]
    assert max(map(len, told)) <= 80
    review = review_lines(made, 80)
    assert any("weights: ack-a 60, idc-b 40" in text(one) for one in review)
    assert max(map(length, review)) <= 80


def test_the_document_holds_every_value_that_would_be_written() -> None:
    told = document(hybrid(), (), planned())
    jsonschema.Draft202012Validator(schema("topology")).validate(told)
    steps = {one["id"]: one["call"] for one in told["steps"]}
    ingress = steps["apply Ingress gateway-demo/web-demo"]["manifest"]
    assert ingress["spec"]["rules"][0]["host"] == "demo.example.com"
    weights = {
        name.rpartition("cluster-weight.")[2]: value
        for name, value in ingress["metadata"]["annotations"].items()
        if "cluster-weight." in name
    }
    assert weights == {"<cluster ack-a>": "60", "<cluster idc-b>": "40"}
    assert steps["member ack-a"]["params"]["service_cidr"] == "172.19.0.0/20"
    assert document(route(host="b.example.com"), (), planned(route(host="b.example.com")))["steps"] != told["steps"]
