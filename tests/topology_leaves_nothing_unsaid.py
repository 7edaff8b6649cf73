"""What a set-up made and the file no longer names is told, is left alone by a set-up, and goes with a teardown."""

from __future__ import annotations

import pytest
from msgspec import structs

from console.decide.setup.checks import checks, reds
from console.decide.setup.plan import plan
from console.decide.setup.task import Verdict
from console.decide.setup.teardown import teardown
from console.model.ground import Ground
from console.model.topology import Topology
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
    [left] = plan(hybrid(members=members, gateway=None, routes=(), applications=()), stands).left[-1:]
    assert left.startswith("cluster ack-a (")
