"""What a run waits for, against what past runs of this host waited for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from console.decide.usual import Waits, usual, waits
from console.model.evidence import Exhibit, ExhibitKind
from console.model.fleet import Layer
from console.model.run import JournalLine, RunReport, RunRoute, RunState, Usual
from console.present import waits as words
from console.present.ledgers import waiting
from console.present.line import text
from console.present.reports import Teller
from tests import situations

ROUTE, GATEWAY = "shop/api", "gw"
WRITTEN = JournalLine(100.0, f"weigh {ROUTE}", "confirmed", "80:20, read back")
REPORT = RunReport(
    "abc12", "uid", "shift", RunState.RUNNING, "hash", layer=Layer.CONTROLLER, message="no success event", since=100.0,
    usual=Usual(GATEWAY, Layer.CONTROLLER, 24, 6.2, 15.0),
)  # fmt: skip


def look(at: float, stuck: Layer | None, layer: Layer | None, *, settled: bool = False) -> Exhibit:
    """What was kept of one look at the route."""
    body = {
        "gateway": GATEWAY, "layer": layer, "stuck_at": stuck, "settled": settled, "controller": "acknowledged",
        "rule": {"ack": 80},
    }  # fmt: skip
    return Exhibit(at, ExhibitKind.LAYER, ROUTE, json.dumps(body))


STRAIGHT = (
    look(100.2, None, None, settled=True),
    look(100.5, Layer.CONTROLLER, Layer.ANNOTATION),
    look(106.5, Layer.RULE, Layer.CONTROLLER),
    look(107.0, None, Layer.RULE),
    look(110.0, None, Layer.OBSERVED, settled=True),
)
"""The picture of before the write, then layer after layer."""


def test_each_layer_is_waited_for_after_the_one_before_it() -> None:
    found = waits([WRITTEN], STRAIGHT)

    assert {
        (GATEWAY, Layer.ANNOTATION): pytest.approx(0.5),
        (GATEWAY, Layer.CONTROLLER): pytest.approx(6.0),
        (GATEWAY, Layer.RULE): pytest.approx(0.5),
        (GATEWAY, Layer.OBSERVED): pytest.approx(3.0),
    } == found


def test_a_layer_that_never_came_to_hold_tells_nothing() -> None:
    found = waits([WRITTEN], STRAIGHT[:3])

    assert {Layer.ANNOTATION, Layer.CONTROLLER} == {layer for _, layer in found}
    assert {} == waits([], STRAIGHT)
    assert {} == waits([WRITTEN], ())


def test_a_run_counts_once_with_the_longest_of_its_steps() -> None:
    again = replace(WRITTEN, at=200.0)
    back = (look(201.0, Layer.CONTROLLER, Layer.ANNOTATION), look(221.0, None, Layer.OBSERVED, settled=True))

    assert 21.0 == waits([WRITTEN, again], (*STRAIGHT, *back))[GATEWAY, Layer.CONTROLLER]


def test_nothing_is_invented_of_fewer_than_three_runs() -> None:
    past: list[Waits] = [{(GATEWAY, Layer.CONTROLLER): seconds} for seconds in (4.0, 6.0)]
    other: Waits = {("other", Layer.CONTROLLER): 60.0, (GATEWAY, Layer.RULE): 60.0}
    few = usual([*past, other], GATEWAY, Layer.CONTROLLER)
    enough = usual([*past, {(GATEWAY, Layer.CONTROLLER): 15.0}], GATEWAY, Layer.CONTROLLER)

    assert "usual ? (2 runs)" == words.usual(few)
    assert "usual 6 s, p95 15 s" == words.usual(enough)


def test_a_run_that_waits_says_for_what_since_when_and_what_is_usual() -> None:
    fleet = situations.controller_waiting()
    page = [text(one) for one in waiting(REPORT, fleet, 121.0, 100)]
    plain = Teller().lines(REPORT)[-1]

    assert "controller 21 s, usual 6 s, p95 15 s" == page[0]
    assert plain.startswith("running at ctrl: no success event (controller since ")
    assert plain.endswith(", usual 6 s, p95 15 s)")
    assert [] == waiting(replace(REPORT, state=RunState.DONE, message=""), fleet, 121.0, 100)


def test_what_can_be_done_stands_beside_a_route_that_waits_for_the_controller() -> None:
    fleet = situations.controller_waiting()
    stuck = next(route for route in fleet.routes if route.agreement.stuck_at is Layer.CONTROLLER)
    report = replace(REPORT, routes=(RunRoute(stuck.key, (), (), ()),))
    page = [text(one) for one in waiting(report, fleet, 121.0, 100)]

    assert any(stuck.agreement.sentence in one for one in page)
    assert "t touch: the controller looks again now; its own retry may be 16 min away" == page[-1]


def test_a_wait_is_long_beyond_the_95th_percentile_or_half_a_minute_where_nothing_is_known() -> None:
    known = Usual(GATEWAY, Layer.RULE, 24, 6.0, 15.0)

    assert [False, True] == [words.late(known, 14.0), words.late(known, 16.0)]
    assert [False, True] == [words.late(None, 29.0), words.late(Usual(GATEWAY, Layer.RULE, 2), 31.0)]
