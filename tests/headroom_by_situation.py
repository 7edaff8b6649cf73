"""What a zone takes of the load of the others: counted in pods, by the route that allows least, unknown where it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.decide import headroom
from console.model.fleet import Fleet, Route, Weights, Zone
from console.model.freshness import Source, SourceName, SourceState
from console.model.run import Reason, Severity
from console.model.workload import Backing, Headroom, Workload
from tests.situations import ACK, IDC, even, judged, pods, route, unread, weights, working, workload
from tests.wishes import shift

API = route("shop/api", even(62, 38), services=("api",))
PAY = route("shop/pay", even(62, 38), services=("pay",))


def fleet(ack: Workload, idc: Workload, *routes: Route) -> Fleet:
    """Two zones of one member each, with these routes."""
    return working(replace(unread(), routes=routes or (API,)), ack, idc)


def of(found: Fleet, zone: str) -> Headroom:
    return next(one.headroom for one in found.zones if one.name == zone)


def takes(found: Fleet) -> tuple[float | None, float | None]:
    """Percent that zone-a and zone-b take."""
    return of(found, "zone-a").percent, of(found, "zone-b").percent


def test_twins_with_double_ceilings_take_each_other_whole() -> None:
    twin = workload(pods(API, 12, most=24))

    assert (100.0, 100.0) == takes(fleet(twin, twin))


def test_twins_without_autoscalers_take_nothing_more() -> None:
    twin = workload(pods(API, 12))
    found = fleet(twin, twin)

    assert (0.0, 0.0) == takes(found)
    assert (0, 12) == (of(found, "zone-a").step, of(found, "zone-a").missing)


def test_a_small_target_takes_a_part_and_says_how_many_pods_are_missing() -> None:
    found = of(fleet(workload(pods(API, 48, most=60)), workload(pods(API, 20, most=54))), "zone-b")

    assert 70 == int(found.percent or 0)
    assert (48.0, 34.0, 14) == (found.load, found.room, found.missing)
    assert "it can add 34 pods, the others carry 48 pods; largest safe step 43 points; 14 more pods" in found.sentence


def test_the_route_that_allows_least_decides() -> None:
    ack = workload(pods(API, 4, most=8), pods(PAY, 8, most=16))
    idc = workload(pods(API, 4, most=12), pods(PAY, 8, most=10))
    found = of(fleet(ack, idc, API, PAY), "zone-b")

    assert (25.0, "shop/pay") == (found.percent, found.route)


def test_a_standby_without_weight_uses_none_of_its_pods() -> None:
    drained = route("shop/api", even(100, 0), services=("api",))
    found = fleet(workload(pods(API, 12, most=24)), workload(pods(API, 12)), drained)

    assert 100.0 == of(found, "zone-b").percent
    assert "the others carry nothing that it would have to take" == of(found, "zone-a").sentence


def test_a_target_of_which_no_pod_is_ready_takes_nothing() -> None:
    assert 0.0 == of(fleet(workload(pods(API, 4, most=8)), workload(pods(API, 0, 4, most=24))), "zone-b").percent


def test_a_target_half_of_whose_pods_are_ready_counts_on_half_of_its_ceiling() -> None:
    found = of(fleet(workload(pods(API, 4, most=8)), workload(pods(API, 6, 12, most=30))), "zone-b")

    assert 3.0 == found.room


def test_a_zone_that_lost_its_pods_still_has_the_load_of_those_it_wants() -> None:
    found = of(fleet(workload(pods(API, 12, most=18)), workload(pods(API, 0, 12, most=24))), "zone-a")

    assert (12.0, 6.0, 50.0) == (found.load, found.room, found.percent)


def test_a_zone_that_went_dark_carried_what_was_seen_last() -> None:
    dark = workload(pods(API, 12), current=False)
    found = of(fleet(workload(pods(API, 12, most=24)), dark), "zone-a")

    assert (100.0, True) == (found.percent, found.old)
    assert found.sentence.endswith("their load is as it was seen last")


def test_a_target_that_is_silent_now_is_not_counted_on() -> None:
    dark = workload(pods(API, 12, most=24), current=False)
    found = of(fleet(workload(pods(API, 12, most=24)), dark), "zone-b")

    assert (None, "idc-prod: its own API does not answer now") == (found.percent, found.sentence)


def test_a_member_without_an_api_leaves_both_unknown_and_is_named() -> None:
    found = fleet(workload(pods(API, 12, most=24)), Workload(why="its own API is not named"))

    assert (None, None) == takes(found)
    assert {"idc-prod: its own API is not named"} == {of(found, z).sentence for z in ("zone-a", "zone-b")}


def test_without_any_api_every_zone_says_why() -> None:
    found = judged(unread())

    assert {"no member's own API is read"} == {zone.headroom.sentence for zone in found.zones}


def test_a_service_that_the_target_lacks_is_named() -> None:
    missing = workload(Backing("shop", "api", why="it has no Service shop/api"))
    found = of(fleet(workload(pods(API, 12, most=24)), missing), "zone-b")

    assert (None, "idc-prod: it has no Service shop/api") == (found.percent, found.sentence)


def test_a_ceiling_that_is_not_known_leaves_the_target_unknown_and_the_other_known() -> None:
    blind = workload(replace(pods(API, 12), most=None, why="horizontalpodautoscalers are not read"))
    found = fleet(workload(pods(API, 12, most=24)), blind)

    assert (100.0, None) == takes(found)
    assert "idc-prod: horizontalpodautoscalers are not read" == of(found, "zone-b").sentence


def test_a_split_that_is_not_known_is_named() -> None:
    twin = workload(pods(API, 12, most=24))
    unsplit = route("shop/api", (Weights(ACK, "k", "x", None, None, None, None, None),), services=("api",))
    found = fleet(twin, twin, unsplit)

    assert {"how shop/api is split is not known"} == {of(found, z).sentence for z in ("zone-a", "zone-b")}


def test_a_member_that_carries_weight_and_wants_no_pod_cannot_be_measured() -> None:
    found = of(fleet(workload(pods(API, 12, most=24)), workload(pods(API, 0, 0))), "zone-a")

    assert "idc-prod: it carries weight, and wants no pod of shop/api" == found.sentence


def test_a_zone_that_is_not_behind_the_gateway_takes_nothing_of_its_routes() -> None:
    lone = route("shop/api", (weights(ACK, 100, rule=100),), services=("api",), gateway=None)
    found = of(fleet(workload(pods(API, 4, most=8)), workload(), lone), "zone-b")

    assert (0.0, "zone-b is not behind the gateway of shop/api") == (found.percent, found.sentence)


def test_members_of_one_zone_take_together() -> None:
    found = fleet(workload(pods(API, 4, most=8)), workload(pods(API, 4, most=8)))
    both = judged(replace(found, zones=(Zone("zone-a", (ACK, IDC), 100.0),)))

    assert 100.0 == of(both, "zone-a").percent
    assert [100.0, 100.0] == [headroom.of_member(both, member).percent for member in both.members]


def reasons(found: Fleet, ack: int, idc: int) -> list[Reason]:
    decision = shift(found, "shop/api", {ACK: ack, IDC: idc})
    return [reason for reason in decision.reasons if reason.rule == "headroom"]


SMALL = fleet(workload(pods(API, 12, most=24)), workload(pods(API, 4, most=10)))


def test_a_shift_that_the_target_does_not_take_is_refused_with_the_largest_safe_step() -> None:
    (told,) = reasons(SMALL, 0, 100)

    assert Severity.BLOCKS is told.severity
    assert "idc-prod takes 50 % of the shifted load, room for 6 of 12 pods" == told.measured
    assert "100 %" == told.needed
    assert told.message.startswith("largest safe step 31 points; 6 more pods to take all (equal load per ready replica")


@pytest.mark.parametrize("step", [1, 10, 31])
def test_up_to_the_largest_safe_step_nothing_is_said(step: int) -> None:
    assert [] == reasons(SMALL, 62 - step, 38 + step)


def test_one_point_beyond_the_largest_safe_step_is_told() -> None:
    assert 1 == len(reasons(SMALL, 30, 70))


def test_a_shift_towards_an_unread_member_is_refused_only_where_its_api_was_named() -> None:
    silent = fleet(workload(pods(API, 12, most=24)), Workload(why="not allowed: list deployments.apps"))
    unnamed = replace(silent, member_sources=(Source(SourceName.WORKLOADS, SourceState.UNCONFIGURED, member=IDC),))

    assert ["not known (idc-prod: not allowed: list deployments.apps)"] == [
        one.measured for one in reasons(silent, 0, 100)
    ]
    assert [Severity.INFORMS] == [one.severity for one in reasons(unnamed, 0, 100)]
