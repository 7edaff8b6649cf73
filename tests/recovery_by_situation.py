"""How long clients had to wait, from probe exhibits that a situation would leave."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from console.decide.recovery import Recovery, recoveries
from console.model.evidence import Exhibit, ExhibitKind

ROUTE = "shop/checkout"
WANTED = {ROUTE: {"ack": 100, "idc": 0}}
STARTED = 1000.0
Outcome = Callable[[float], str]
"""Second at which a request is sent -> the member that answers, or nothing."""


def probed(outcome: Outcome, until: float, rate: float = 20.0, route: str = ROUTE) -> list[Exhibit]:
    """What a witness would have kept of a probe at that rate."""
    found, at = [], STARTED
    for second in range(int(until)):
        seen: dict[str, list[float]] = {}
        while at < STARTED + second + 1:
            sample = seen.setdefault(outcome(at - STARTED), [0, at, at])
            sample[:] = [sample[0] + 1, sample[1], at]
            at += 1 / rate
        none = [0, at, at]
        body = {"failed": seen.pop("", none), "unnamed": none, "members": seen}
        found.append(Exhibit(at, ExhibitKind.PROBE, route, json.dumps(body)))
    return found


def layer(at: float, settled: bool, route: str = ROUTE) -> Exhibit:
    body = {"layer": "observed" if settled else "rule", "settled": settled}
    return Exhibit(STARTED + at, ExhibitKind.LAYER, route, json.dumps(body))


def one(exhibits: list[Exhibit]) -> Recovery:
    (found,) = recoveries(exhibits, WANTED, STARTED)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_a_lost_zone_is_over_when_the_rule_took_effect(seed: int) -> None:
    chance = random.Random(seed)
    end = 4.0 + chance.random()
    found = one(
        [*probed(lambda at: "" if at < end and chance.random() < 0.38 else "ack", 30), layer(1, False), layer(28, True)]
    )

    assert found.recovered is not None
    assert "first failed probe" == found.by
    assert abs(found.recovered - (STARTED + end)) < 1.0
    assert found.error < 1.0
    assert STARTED + 28 == found.agreed


def test_without_a_failure_it_counts_from_the_runs_start_to_the_last_wrong_answer() -> None:
    found = one([*probed(lambda at: "idc" if at < 6 else "ack", 30), layer(1, False), layer(28, True)])

    assert ("run start", STARTED, 0) == (found.by, found.began, found.failed)
    assert 6.0 == pytest.approx(found.seconds, abs=0.2)


def test_a_failure_long_before_is_another_trouble() -> None:
    def outcome(at: float) -> str:
        return "" if at < 0.5 or 30 <= at < 35 else "ack"

    found = one([*probed(outcome, 60), layer(1, False), layer(58, True)])

    assert STARTED + 30 == pytest.approx(found.began, abs=0.1)
    assert 5.0 == pytest.approx(found.seconds, abs=0.2)


def test_what_never_agreed_has_not_recovered() -> None:
    found = one([*probed(lambda at: "", 30), layer(1, False)])

    assert (None, None) == (found.recovered, found.seconds)


def test_what_agreed_and_parted_again_has_not_recovered() -> None:
    assert one([*probed(lambda at: "ack", 30), layer(5, True), layer(20, False)]).recovered is None


def test_a_slow_probe_says_less_surely() -> None:
    fast, slow = (
        one([*probed(lambda at: "" if at < 5 else "ack", 60, rate), layer(1, False), layer(58, True)])
        for rate in (20.0, 1.0)
    )

    assert fast.error < 0.1 < 0.9 < slow.error


def test_all_routes_together_take_from_the_first_to_the_last() -> None:
    found = recoveries(
        [
            *probed(lambda at: "" if 1 <= at < 5 else "ack", 30),
            *probed(lambda at: "" if 2 <= at < 8 else "ack", 30, route="shop/other"),
            layer(20, True),
            layer(21, True, "shop/other"),
        ],
        {**WANTED, "shop/other": WANTED[ROUTE]},
        STARTED,
    )

    assert [ROUTE, "shop/other", ""] == [each.route for each in found]
    assert 7.0 == pytest.approx(found[-1].seconds, abs=0.2)


def test_a_route_that_is_not_probed_says_nothing() -> None:
    assert () == recoveries([layer(1, True)], WANTED, STARTED)
