"""A set-up and a teardown killed at every seam and resumed: the same end, nothing made twice, nothing left over."""

from __future__ import annotations

import os
from copy import deepcopy
from pathlib import Path

import pytest

from console.model.run import RunState
from console.run.seams import passing
from tests.setup_stand import Stand, World, hybrid

SOAK = bool(os.environ.get("CONSOLE_EVERY_SEAM"))
STRIDE = 1 if SOAK else 5
"""Prefixes of a set-up from which a teardown begins."""
KILLS = 1 if SOAK else 3
"""`make test` kills at every third seam, `make soak` at each."""


class Killed(BaseException):
    """What kills a runner here; no handler of its catches it."""


def _begin(directory: Path, world: World, *, away: bool) -> tuple[Stand, str]:
    """A stand in a world of its own, and the run that is to be carried out."""
    stand = Stand(directory, deepcopy(world))
    return stand, stand.take_away(hybrid()) if away else stand.set_up(hybrid())


def _count(directory: Path, world: World, *, away: bool) -> int:
    """How many seams the whole way has."""
    stand, run = _begin(directory, world, away=away)
    passed: list[int] = []
    with passing(lambda number, _: passed.append(number)):
        stand.carry_out(run)
    return len(passed)


def test_a_teardown_takes_away_what_was_made_up_to_any_seam(tmp_path: Path) -> None:
    world = World()
    found = world.read().account
    for fatal in range(1, _count(tmp_path / "whole", world, away=False) + 1, STRIDE):
        stand, run = _begin(tmp_path / str(fatal), world, away=False)

        def die(number: int, name: str, fatal: int = fatal) -> None:
            if number == fatal:
                raise Killed(name)

        with pytest.raises(Killed), passing(die):
            stand.carry_out(run)
        report = stand.carry_out(stand.take_away(hybrid()))
        assert report.state is RunState.DONE, f"seam {fatal}: {report.message}"
        left = stand.world.read().account
        assert (left.fleets, left.clusters, left.balancers) == ((), (), ()), f"seam {fatal}"
        assert left.subnets == found.subnets, f"seam {fatal}"
        assert not stand.world.site.agent, f"seam {fatal}"
        stand.journal.close()


@pytest.mark.parametrize("away", [False, True], ids=["setup", "teardown"])
def test_killed_at_every_seam(away: bool, tmp_path: Path) -> None:
    world = World()
    if away:
        made = Stand(tmp_path / "made", world)
        made.carry_out(made.set_up(hybrid()))
    seams = _count(tmp_path / "whole", world, away=away)
    assert seams > 100
    for fatal in range(1, seams + 1, KILLS):
        stand, run = _begin(tmp_path / str(fatal), world, away=away)

        def die(number: int, name: str, fatal: int = fatal) -> None:
            if number == fatal:
                raise Killed(name)

        with pytest.raises(Killed), passing(die):
            stand.carry_out(run)
        row = stand.journal.row(run)
        assert row is not None
        report = row.report if row.report.state is RunState.DONE else stand.carry_out(run)
        assert report.state is RunState.DONE, f"seam {fatal}: {report.message}"
        fleets, clusters = len(stand.world.fleets), len(stand.world.clusters)
        assert (fleets, clusters, len(stand.world.subnets)) == ((0, 0, 2) if away else (1, 2, 4)), f"seam {fatal}"
        assert stand.world.site.agent is not away
        stand.journal.close()
