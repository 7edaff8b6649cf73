"""The page of a run: nothing that it ends with, or journaled, is cut, and what nobody has read for a while is not shown
as what holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.fleet import Agreement, Fleet, Layer, Run
from console.model.freshness import Source, SourceName, SourceState
from console.model.run import JournalLine, Reason, RunReport, RunRoute, RunState, Severity
from console.present import ledgers
from console.present.line import length, text
from console.run import known
from tests import situations
from tests.situations import ACK, IDC, NOW, WALL

KEY = "gateway-demo/api"
ROUTE = RunRoute(
    KEY, ((ACK, 62), (IDC, 38)), ((ACK, 100), (IDC, 0)), ((ACK, 62), (IDC, 38)), Layer.OBSERVED, ((ACK, 62), (IDC, 38))
)
RUN = RunReport("r1", "f", "drain", RunState.RUNNING, "ab" * 32, routes=(ROUTE,), started=WALL, steps=(10, 100), step=1)
LONG = "stopped on a word; " + "our fence is still on gateway-demo/api: the hub answers 401, " * 8 + "log in again"


def page(report: RunReport, fleet: Fleet | None = None, wall: float = WALL) -> list[str]:
    lines = ledgers.run_lines(report, fleet or situations.calm(), NOW, wall, 80)

    assert all(length(one) <= 80 for one in lines if not text(one).startswith(("RUN ", "on ", "this run")))
    return [text(one) for one in lines]


def test_an_outcome_and_a_journal_line_are_told_to_their_ends() -> None:
    journaled = (JournalLine(WALL, f"unstamp {KEY}", "refused", LONG), JournalLine(WALL, "lease", "confirmed", "held"))
    said = page(replace(RUN, state=RunState.HELD, message=LONG, lines=journaled, ended=WALL + 5))

    assert 2 == " ".join(" ".join(said).split()).count(LONG)
    assert not [one for one in said if "…" in one]
    assert [one for one in said if one.endswith("confirmed lease  held")]


def test_what_was_journaled_last_stands_at_the_top_and_how_to_follow_it_above_that() -> None:
    journaled = tuple(JournalLine(WALL + at, f"step {at}", "confirmed", "done") for at in range(60))
    said = page(replace(RUN, lines=journaled))
    head = said.index("JOURNAL  newest first")

    assert [f"step {at}" in said[head + 60 - at] for at in range(60)] == [True] * 60
    assert [one for one in said[:head] if one.startswith("this run goes on without this screen")]


def test_routes_of_which_the_layers_say_the_same_are_told_together() -> None:
    calm = situations.calm()
    lagging = Agreement(False, Layer.CONTROLLER, Layer.RULE, "no success event")
    fleet = replace(calm, routes=tuple(replace(one, agreement=lagging) for one in calm.routes))
    keys = [one.key for one in calm.routes]
    routes = tuple(replace(ROUTE, route=key) for key in keys)
    said = " ".join(" ".join(page(replace(RUN, routes=routes, since=WALL, message="waits"), fleet)).split())

    assert 1 == said.count("no success event")
    assert f"{', '.join(keys)}: no success event" in said
    waits = replace(RUN, routes=routes, since=WALL, message=f"{keys[0]}: no success event (and 2 more of 3 routes)")
    assert 1 == " ".join(page(waits, fleet)).count("no success event"), "the runner says it already"


def test_what_the_hub_has_not_said_for_a_while_is_shown_with_its_age() -> None:
    silent = replace(RUN, layer=Layer.ANNOTATION, since=WALL)

    def row(report: RunReport, wall: float, fleet: Fleet | None = None) -> str:
        return next(one.rstrip() for one in page(report, fleet, wall) if one.lstrip().startswith("api "))

    calm = situations.calm()
    kept = tuple(one for one in calm.sources if one.name is not SourceName.ROUTES)
    lost = replace(calm, sources=(*kept, Source(SourceName.ROUTES, SourceState.LOST, NOW - 33.0, NOW - 34.0)))

    assert row(RUN, WALL + 60).endswith("clients holds")
    assert row(silent, WALL + 5).endswith("clients holds")
    assert row(silent, WALL + 24).endswith("unread 20s")
    assert row(RUN, WALL, lost).endswith("unread 30s")


@pytest.mark.parametrize(("state", "ended", "rule"), [
    (RunState.DONE, 2.0, "reading"),  # the ALB was read 4 s ago, before the run verified it
    (RunState.DONE, 5.0, "62:38"),  # it was read since, and holds something else
    (RunState.ROLLED_BACK, 2.0, "62:38"),  # what was read before is what the run says
    (RunState.HELD, 2.0, "62:38"),
    (RunState.DONE, -60.0, "62:38"),  # a clock that is ahead explains nothing for a minute
])  # fmt: skip
def test_a_rule_read_before_the_run_verified_it_does_not_speak_against_it(
    state: RunState, ended: float, rule: str
) -> None:
    calm = situations.calm()
    kept = tuple(one for one in calm.sources if one.name is not SourceName.ALB)
    fleet = replace(calm, sources=(*kept, Source(SourceName.ALB, SourceState.LIVE, NOW - 60.0, NOW - 4.0)))
    wants = ((ACK, 80), (IDC, 20))
    over = replace(
        RUN, kind="shift", state=state, ended=WALL - ended, routes=(replace(ROUTE, after=wants, wants=wants),)
    )
    row = next(one for one in page(over, fleet) if one.lstrip().startswith("api "))

    assert rule == row.split()[5]


def test_another_login_sees_that_a_step_holds_and_when_a_run_ended() -> None:
    weights = (((KEY, ((ACK, 62), (IDC, 38))),), ((KEY, ((ACK, 62), (IDC, 38))),))
    record = Run(
        "r1", "running", (KEY,), "them", "x", WALL, "jump2", 7, "h", updated=WALL + 30.0, targets=weights[0],
        before=weights[1], step=1, hold_until=WALL + 90.0,
    )  # fmt: skip
    fleet = replace(situations.calm(), runs=(record,))
    going = known.of_record(record, fleet)
    over = known.of_record(replace(record, state="held", hold_until=None), fleet)

    assert [one for one in page(going, fleet, WALL + 31) if one.lstrip().startswith("api ") and "starting" not in one]
    assert (None, WALL + 30.0) == (going.ended, over.ended)
    assert "elapsed 0:30" in page(over, fleet, WALL + 500)[0]


def test_what_stopped_it_on_its_way_is_not_told_as_what_was_known() -> None:
    knew = Reason("new-key", Severity.BLOCKS, "a new key", "a known one", "")
    dwell = Reason("dwell", Severity.INFORMS, "moved 3 min ago", "10 min", "")
    met = Reason("admission", Severity.BLOCKS, "frozen", "a yes", "this write was not made")
    said = page(replace(RUN, state=RunState.HELD, reasons=(knew, dwell, met), overrides=("new-key",)))
    words = ("WHAT IT MET", "admission:", "this write was not made", "JOURNAL", "WHAT WAS KNOWN", "new-key:", "dwell:")
    places = [next(place for place, one in enumerate(said) if word in one) for word in words]

    assert sorted(places) == places
    assert not [one for one in page(replace(RUN, reasons=(dwell,))) if "WHAT IT MET" in one]


def test_what_this_console_reads_is_told_as_that_where_the_runner_says_that_all_holds() -> None:
    calm = situations.calm()
    lagging = Agreement(False, Layer.CONTROLLER, Layer.RULE, "no success event")
    routes = tuple(replace(one, agreement=lagging) if one.key == KEY else one for one in calm.routes)
    fleet = replace(calm, routes=routes)

    assert f" {KEY}, as read here: no success event" in page(replace(RUN, message="every layer holds it"), fleet)
    assert f" {KEY}: no success event" in page(replace(RUN, since=WALL), fleet)
