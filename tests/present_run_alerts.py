"""What the banner says of runs: by their records on the Fleet, and by what this host knows better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from console.decide import onestep
from console.model.fleet import Run, Tone
from console.model.run import RunReport, RunState
from console.present import alerts
from tests import situations
from tests.situations import NOW, WALL

ROUTE = "gateway-demo/api"
RUNNING = Run("r1", "running", (ROUTE,), "oncall, jump1", "x", WALL, "jump1", 1, "h", updated=WALL, fence=1)
OWN = RunReport("r1", "uid", "shift", RunState.RUNNING, "h")


def said(*runs: Run, host: Sequence[RunReport] = ()) -> list[tuple[Tone, str]]:
    found = alerts.alerts(replace(situations.calm(), runs=runs), NOW, host)
    return [(alert.tone, f"{alert.subject}: {alert.sentence}") for alert in found if alert.subject.startswith("run")]


def test_a_run_of_another_host_is_told_with_the_time_of_its_record() -> None:
    ((tone, words),) = said(RUNNING)

    assert tone is Tone.PLAIN
    assert words.startswith(f"run r1: under way on {ROUTE} by oncall, jump1 (its record of ")
    assert "record" not in said(RUNNING, host=[OWN])[0][1]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RunState.HELD, "held on gateway-demo/api: the hub answers 401."),
        (RunState.UNVERIFIED, "not verified on gateway-demo/api: the hub answers 401."),
        (RunState.SUPERSEDED, "superseded on gateway-demo/api: the hub answers 401."),
    ],
)
def test_a_run_that_this_host_knows_to_be_over_is_not_called_under_way(state: RunState, words: str) -> None:
    over = replace(OWN, state=state, message="the hub answers 401; the fence is still there")

    assert [(Tone.WARN, f"run r1: {words} Its record on the Fleet still says running. Open it: r, enter.")] == said(
        RUNNING, host=[over]
    )


def test_an_end_that_is_only_about_to_be_recorded_is_no_warning() -> None:
    assert [(Tone.PLAIN, f"run r1: done on {ROUTE}; its record on the Fleet does not say so yet.")] == said(
        RUNNING, host=[replace(OWN, state=RunState.DONE)]
    )


def test_a_takeover_that_was_refused_here_says_nothing_of_the_run() -> None:
    assert "under way" in said(RUNNING, host=[replace(OWN, state=RunState.REFUSED)])[0][1]


def test_what_stopped_half_way_is_told_until_a_newer_run_writes_its_routes() -> None:
    held = replace(RUNNING, state="held", message="stopped by oncall")
    newer = replace(RUNNING, run="r2", state="rolled_back", fence=2)

    assert [(Tone.PLAIN, f"run r1: held on {ROUTE}: stopped by oncall.")] == said(held)
    assert [] == said(newer, held)


@pytest.mark.parametrize("state", ["refused", "failed", "planned"])
def test_a_newer_run_that_wrote_nothing_ends_nothing(state: str) -> None:
    gone = replace(RUNNING, state="interrupted")
    newer = replace(RUNNING, run="r2", state=state, fence=2)

    assert [(Tone.BAD, f"run r1: interrupted on {ROUTE}: its runner is gone. Go back or shift anew.")] == said(
        newer, gone
    )


def test_an_interrupted_run_is_told_for_the_routes_that_nobody_wrote_since() -> None:
    gone = replace(RUNNING, state="interrupted", routes=(ROUTE, "shop/checkout"))
    newer = replace(RUNNING, run="r2", state="done", fence=2)

    assert "interrupted on shop/checkout:" in said(newer, gone)[0][1]


def test_one_step_is_told_by_what_it_does() -> None:
    step = onestep.OneStep("f-1", "sync", "argocd", "api", "u-1", 60.0)
    run = replace(RUNNING, routes=(), plan=step.canonical(), plan_hash=step.hash)

    assert f"run r1: under way on {step.sentence} by" in said(run)[0][1]


def test_a_route_that_is_stuck_is_told_again_once_its_run_is_known_to_be_over() -> None:
    fleet = situations.controller_waiting()
    (run,) = fleet.runs
    over = RunReport(run.run, "uid", "shift", RunState.HELD, "h")

    assert [run.routes[0]] == [
        alert.about for alert in alerts.alerts(fleet, NOW + 60.0, [over]) if alert.about in run.routes
    ]
