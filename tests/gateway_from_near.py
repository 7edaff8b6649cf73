"""The gateway page: an ALB against its quotas, and which Ingress holds up which others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.alb import Listener, LoadBalancer, LoadBalancerFacts, Rule, Server, ServerGroup
from console.model.fleet import Balancer, Controller, Fleet
from console.present import gateways, line
from console.store.balancers import balancer
from screens.gateway import GatewayPage
from tests import situations
from tests.stage import stage
from widgets.keys import Keys
from widgets.pager import Pager

READ = frozenset({"rules", "groups", "servers", "listeners", "health", "attributes"})
FACTS = LoadBalancerFacts(
    LoadBalancer("alb-1", "gw", "Active", "Normal", locks=("SecurityLocked",), zones=(("h", "Active"),)),
    (Listener("l1", "alb-1", 80, "HTTP", "Running"),),
    (
        Rule("r1", "a", "alb-1", "l1", "Available", tuples=(("g1", 62), ("g2", 38))),
        Rule("r2", "b", "alb-1", "l1", "Available", tuples=(("g1", 100),)),
    ),
    (ServerGroup("g1", server_count=12), ServerGroup("g2")),
    tuple(Server(f"s{n}", "g2", f"10.0.0.{n}", 80, 100) for n in range(3)),
    read=READ,
)


def words(fleet: Fleet, cells: int = 80) -> str:
    """The page of the first gateway."""
    return "\n".join(
        map(line.text, gateways.gateway_lines(fleet, fleet.gateways[0], situations.NOW, situations.WALL, cells))
    )


def with_alb(**more: object) -> Fleet:
    """The calm Fleet whose ALB is another one."""
    fleet = situations.calm()
    alb = fleet.gateways[0].alb
    assert alb is not None
    return replace(fleet, gateways=(replace(fleet.gateways[0], alb=replace(alb, **more)),))  # type: ignore[arg-type]


def test_a_server_counts_once_for_every_rule_that_uses_it() -> None:
    assert (2, 12 + 3 + 12) == (balancer(FACTS).rules, balancer(FACTS).servers)


def test_what_was_not_read_is_not_known_rather_than_none() -> None:
    nothing = LoadBalancerFacts(LoadBalancer("alb-1"))

    assert Balancer() == balancer(nothing)


@pytest.mark.parametrize("groups", [FACTS.groups[:1], (FACTS.groups[0], ServerGroup("g3"))])
def test_a_group_of_unknown_size_leaves_the_sum_unknown(groups: tuple[ServerGroup, ...]) -> None:
    assert balancer(replace(FACTS, groups=groups)).servers is None


def test_the_quotas_are_said_with_what_is_used_of_them() -> None:
    said = words(situations.calm())

    for figure in ("12 of   100", "rules", "1 of    50", "listeners", "48 of 1,000", "servers"):
        assert figure in said


def test_an_unknown_figure_is_a_question_mark() -> None:
    assert "? of   100 rules" in words(situations.no_cloud())


@pytest.mark.parametrize(("rules", "ink"), [(79, line.Ink.PLAIN), (80, line.Ink.WARN), (100, line.Ink.BAD)])
def test_a_quota_that_is_nearly_used_up_wants_attention(rules: int, ink: line.Ink) -> None:
    alb = with_alb(rules=rules).gateways[0].alb

    assert ink == gateways.quota_lines(alb, 80)[1][0].ink


def test_locks_zones_and_listeners_say_when_they_are_not_as_they_should_be() -> None:
    said = words(
        with_alb(
            locks=("FinancialLocked",),
            zones=(("cn-hangzhou-h", "Shifted"),),
            listeners=((443, "HTTPS", "Configuring"),),
        )
    )

    for word in ("FinancialLocked", "cn-hangzhou-h Shifted", "443 HTTPS  Configuring  not in the AlbConfig",
                 "80 HTTP   not made yet"):  # fmt: skip
        assert word in said


def test_the_ingress_that_cannot_be_built_is_first_and_holds_up_the_others() -> None:
    fleet = situations.calm()
    told = "FailedBuildModel no such port on service checkout"
    failed = replace(fleet.routes[2], controller=Controller.FAILED, controller_message=told, failing=told)
    said = words(replace(fleet, routes=(*fleet.routes[:2], failed)), 120)

    assert "x shop/checkout: the controller applies nothing of the other 2 until this is mended." in said
    assert said.index(told) < said.index("gateway-demo/api ")


def test_a_row_leads_to_its_own_gateway() -> None:
    fleet = situations.calm()
    other = replace(fleet.gateways[0], name="other", members=())
    two = replace(fleet, gateways=(*fleet.gateways, other), routes=(replace(fleet.routes[0], gateway="other"),))

    assert ("other", "demo-gateway", "demo-gateway", None) == (
        gateways.of_row(two, "routes", fleet.routes[0].key),
        gateways.of_row(two, "members", situations.IDC),
        gateways.of_row(two, "applications", "api/api"),
        gateways.of_row(situations.nothing_yet(), "routes", None),
    )


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 10)])
@pytest.mark.parametrize("name", ["calm", "no_cloud", "controller_waiting", "hostile_text"])
async def test_g_opens_it_in_every_situation(name: str, size: tuple[int, int]) -> None:
    app, _ = stage(situations.ALL[name]())
    async with app.run_test(size=size) as pilot:
        await pilot.press("g")
        content = app.screen.query_one(Pager).content

        assert isinstance(app.screen, GatewayPage)
        assert all(line.length(one) <= size[0] for one in content if "INGRESSES" in line.text(one))
        assert any("QUOTAS" in line.text(one) for one in content)


async def test_g_again_says_that_there_is_no_other_or_goes_on_to_it() -> None:
    fleet = situations.calm()
    app, feed = stage(fleet)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("g", "g")
        said = app.screen.query_one(Keys).said
        feed.show(replace(fleet, gateways=(*fleet.gateways, replace(fleet.gateways[0], name="other"))))
        await pilot.pause()
        await pilot.press("g")
        await pilot.pause()

        assert "g next gateway: there is no other gateway" == said
        assert "other" == line.text(app.screen.query_one(Pager).content[0]).split()[0]


async def test_y_on_it_reads_its_albconfig() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("g", "y")
        await app.workers.wait_for_complete()

        assert ["read albconfigs demo-gateway"] == feed.desk.asked
