"""What a set-up made and the file no longer names is told, is left alone by a set-up, and goes with a teardown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from console.decide.setup.away import away, left
from console.decide.setup.checks import checks, reds
from console.decide.setup.found import Found
from console.decide.setup.plan import plan
from console.decide.setup.task import Verdict
from console.decide.setup.teardown import teardown
from console.model.ground import Ground, Vpc
from console.model.run import RunState
from console.model.topology import TAG, Topology
from console.present.line import text
from console.present.setup_review import plan_lines
from console.present.setups import plan_text, status_text, verdict_line
from tests.setup_stand import Stand, hybrid


@pytest.fixture(scope="module")
def stands(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    stand = Stand(tmp_path_factory.mktemp("made"))
    stand.carry_out(stand.set_up(hybrid()))
    return stand.world.read()


def without() -> Topology:
    return hybrid(applications=(), routes=())


def renamed() -> Topology:
    return hybrid(routes=(structs.replace(hybrid().routes[0], name="gateway-demo/web-new"),))


def test_nothing_is_left_behind_where_the_file_still_names_all(stands: Ground) -> None:
    made = plan(hybrid(), stands)
    assert (made.tasks, made.left) == ((), ())
    assert "everything is as the topology says" in plan_text(hybrid(), checks(hybrid(), stands), made)


def test_what_the_file_no_longer_names_is_said_wherever_the_plan_is(stands: Ground) -> None:
    made, found = plan(without(), stands), checks(without(), stands)
    assert made.tasks == ()
    assert {"Ingress gateway-demo/web-demo", "ApplicationSet argocd/appset-web-demo-overlay"} <= set(made.left)
    told = [one for one in found if one.rule == "left-behind"]
    assert {one.verdict for one in told} == {Verdict.WARN}
    assert not reds(found)
    whole = plan_text(without(), found, made, (verdict_line(found, made),))
    status, review = status_text(without(), found, made, ()), " ".join(map(text, plan_lines(made, 80)))
    for shown in (whole, status, review):
        assert "everything is as the topology says" not in shown
        assert "Ingress gateway-demo/web-demo" in shown
    assert "left behind" in verdict_line(found, made)


def test_a_renamed_route_is_made_and_the_former_one_named_and_not_deleted(stands: Ground) -> None:
    made = plan(renamed(), stands)
    assert made.left == ("Ingress gateway-demo/web-demo",)
    assert "apply Ingress gateway-demo/web-new" in {one.id for one in made.tasks}
    assert not any(one.verb == "delete" for one in made.tasks)


@pytest.mark.parametrize("topology", [without(), renamed()], ids=["without", "renamed"])
def test_a_teardown_takes_it_away_before_the_gateway(topology: Topology, stands: Ground) -> None:
    order = [one.id for one in teardown(topology, stands).tasks]
    assert order.index("delete Ingress gateway-demo/web-demo") < order.index("delete AlbConfig ackone-gateway-demo")
    everything = {one.id for one in teardown(hybrid(), stands).tasks}
    assert {one for one in everything if one.startswith("delete ")} == {
        one for one in order if one.startswith("delete ")
    }


def test_a_cluster_that_the_file_names_otherwise_is_told(stands: Ground) -> None:
    members = (structs.replace(hybrid().members[0], name="ack-new"), hybrid().members[1])
    left = plan(hybrid(members=members, gateway=None, routes=(), applications=()), stands).left
    assert any(one.startswith("cluster ack-a (") for one in left)


def test_a_route_that_takes_requests_of_a_renamed_one_is_named_with_it(stands: Ground) -> None:
    [told] = [one for one in checks(renamed(), stands) if one.rule == "left-behind"]
    assert told.measured.endswith(
        "it still takes requests, also those for demo.example.com/svc1 that route gateway-demo/web-new is for"
    )


def dropped() -> Topology:
    """Without the data centre, and without the vSwitches of the gateway that were made."""
    kept = tuple(one for one in hybrid().vswitches if one.id is not None)
    return without_gateway(members=hybrid().members[:1], vswitches=kept)


def without_gateway(**values: Any) -> Topology:
    return hybrid(gateway=None, routes=(), applications=(), **values)


def test_a_teardown_takes_cluster_and_vswitches_that_the_file_names_no_more(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    before = stand.world.read()
    stand.carry_out(stand.set_up(hybrid()))
    found = away(dropped(), stand.world.read())
    ids = [one.id for one in found.plan.tasks]
    assert not reds(found.checks)
    assert "the registration does not come back" in {one.final for one in found.plan.tasks}
    assert ids.index("member idc-b detached") < ids.index("member idc-b deleted") < ids.index("fleet deleted")
    assert not any("which the file does not name" in one for one in found.stays)
    assert any(one.startswith("the agent of idc-b in its data centre") for one in found.stays)
    report = stand.carry_out(stand.take_away(dropped()))
    after = stand.world.read()
    assert report.state is RunState.DONE
    assert (after.account.subnets, after.account.clusters, after.account.fleets) == (before.account.subnets, (), ())


def test_another_vpc_of_ours_stays_and_is_named_with_what_it_costs(stands: Ground) -> None:
    vpc = Vpc("vpc-9", "old", "10.0.0.0/8", status="Available", tags=((TAG, "demo"),))
    ground = replace(stands, account=replace(stands.account, vpcs=(*(stands.account.vpcs or ()), vpc)))
    assert "VPC old (vpc-9), which the file does not name: it still stands, and may be paid for" in left(
        hybrid(), ground
    )


def test_a_rule_for_a_vswitch_that_the_gateway_left_is_told(stands: Ground) -> None:
    gateway = hybrid().gateway
    assert gateway is not None
    first, second = gateway.vswitches
    cidr = Found(hybrid(), stands).subnet_cidr(second)
    topology = hybrid(gateway=structs.replace(gateway, vswitches=(first,)))
    made = plan(topology, stands)
    assert [one for one in made.left if one.startswith(f"rule for {cidr} in security group ")]
    assert not [one for one in plan(hybrid(), stands).left if one.startswith("rule for")]
