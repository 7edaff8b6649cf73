"""A run of three routes and three steps is killed at every numbered seam of its straight path; the next runner brings
it to the planned state, and nothing is written twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from console.kube.holder import Process
from console.kube.lease import FleetLease
from tests.run_situations import A
from tests.seam_ground import PATHS, Ground, ground_, killed_everywhere, quick_, told_to

__all__ = ["ground_", "quick_"]


@pytest.mark.parametrize("word", PATHS)
def test_a_run_that_nobody_kills_ends_as_it_was_told(
    ground: Ground, word: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, passed = told_to(ground, word, monkeypatch)
    row = ground.stand.journal.row(report.run)

    assert row is not None
    assert PATHS[word] is row.report.state, row.report.message
    assert passed >= 60


def test_a_run_killed_at_any_seam_is_resumed_to_its_end(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert killed_everywhere(ground, None, monkeypatch, tmp_path) >= 180


def test_the_lease_of_a_killed_runner_is_succeeded_at_once(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Process, "own", classmethod(lambda cls: ground.dead))
        lost = FleetLease(ground.stand.hub, "t999", 15.0)
        fence = lost.acquire()
        lost._ended.set()
    mine = FleetLease(ground.stand.hub, "t998", 15.0)

    assert fence + 1 == mine.acquire()
    assert mine.release()


def test_plans_of_this_suite_are_what_they_say(ground: Ground) -> None:
    plan = ground.reset()

    assert ["62", "66", "81", "100"] == [dict(plan.routes[0].at(percent))[A] for percent in plan.positions]
    assert plan == replace(plan)
