"""A run whose runner on another host says nothing is told as that everywhere, with what still works."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from console.kube import lease, records
from console.model.fleet import Fleet, Run, Tone
from console.model.hub import Lock
from console.model.run import RunReport, RunState
from console.model.silence import silent
from console.present import alerts
from console.run import known
from tests import situations
from tests.run_situations import Around, standing
from tests.situations import NOW, WALL

ROUTE = "gateway-demo/api"
RUN = Run("r1", "running", (ROUTE,), "oncall", "x", WALL - 300, "jump1", 1, "h", updated=WALL - 200, fence=1)


def fleet(lock: Lock | None, run: Run = RUN, skew: int | None = None) -> Fleet:
    return replace(situations.calm(), runs=(run,), lock=lock, skew=skew)


@pytest.mark.parametrize(
    ("lock", "since"),
    [
        (None, None),
        (Lock("r1", WALL - 10.0, 15.0), None),
        (Lock("r1", WALL - 44.0, 15.0), None),
        (Lock("r1", WALL - 80.0, 15.0), WALL - 80.0),
        (Lock("r1", None, 15.0), None),
        (Lock("r2", WALL - 1.0, 15.0), WALL - 200),
        (Lock(), WALL - 200),
    ],
)
def test_a_runner_is_silent_once_the_lease_outlived_its_renewal(lock: Lock | None, since: float | None) -> None:
    assert since == silent(RUN, fleet(lock), WALL)


def test_a_clock_that_is_ahead_kills_nobody() -> None:
    lock = Lock("r1", WALL - 600.0, 15.0)

    assert silent(RUN, fleet(lock, skew=-600), WALL) is None
    assert silent(replace(RUN, state="done"), fleet(lock), WALL) is None
    assert silent(replace(RUN, routes=()), fleet(Lock()), WALL) is None, "one step holds no Lease"


def test_it_is_interrupted_for_every_other_login() -> None:
    seen = fleet(Lock("r1", WALL - 80.0, 15.0))
    (told,) = [one for one in alerts.alerts(seen, NOW, wall=WALL) if one.about == "r1"]

    assert Tone.BAD is told.tone
    assert "interrupted on gateway-demo/api: its runner on jump1 has said nothing since " in told.sentence
    assert "fleet-console resume r1 --takeover goes on, rollback r1 goes back." in told.sentence


def test_its_record_is_told_as_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: WALL)
    silent_, alive = (known.elsewhere(fleet(Lock("r1", WALL - s, 15.0)), "r1") for s in (80.0, 5.0))

    assert silent_ is not None
    assert alive is not None
    assert (RunState.INTERRUPTED, RunState.RUNNING) == (silent_.state, alive.state)
    assert "resume r1 --takeover goes on with it" in silent_.message
    assert not silent_.commandable


def test_the_lease_is_read_as_it_stands() -> None:
    with standing({"x": "y"}) as stand:
        hub: Any = Around(stand.hub)
        records.ensure_namespace(stand.hub)
        none = lease.look(hub)
        held = lease.FleetLease(stand.hub, "t001", 15.0)
        held.acquire()
        found = lease.look(hub)
        held.release()

    assert Lock() == none
    assert ("t001", 15.0) == (found.run, found.life)
    assert found.renewed is not None


@pytest.mark.parametrize(
    ("expires", "state"), [(WALL - 60, RunState.DONE), (None, RunState.SUPERSEDED)], ids=["overdue", "interrupted"]
)
def test_what_another_login_put_back_is_nobodys_business_here_any_more(expires: float | None, state: RunState) -> None:
    own = RunReport("r1", "uid", "shift", RunState.INTERRUPTED, "h", expires=expires, overdue=expires is not None)
    own = replace(own, host="jump1", pid=1)
    newer = replace(RUN, run="r2", state="rolled_back", fence=2)
    seen = replace(fleet(None), runs=(newer, RUN))
    told = {one.run: one for one in known.merge((own,), seen)}
    before = {one.run: one for one in known.merge((own,), fleet(None))}

    assert (state, False, None) == (told["r1"].state, told["r1"].overdue, told["r1"].expires)
    assert "run r2 has written its routes since" == told["r1"].message
    assert own == before["r1"]
