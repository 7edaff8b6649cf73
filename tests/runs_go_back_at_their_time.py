"""A run that is done and has a time goes back when that is over, however often it has to begin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from console.kube.lease import FleetLease
from console.model.run import RunState
from console.observe import Observer
from console.run.executor import Executor
from tests.run_situations import A, Around, B, Stand, standing, status


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing({A: "62", B: "38"}) as one:
        yield one


def go_back(stand: Stand, run: str, hub: Any) -> tuple[RunState, str]:
    """As its runner does: what comes of it, and what the journal tells then."""
    row = stand.journal.row(run)
    assert row is not None
    observer = Observer(stand.settings, kubeconfig=stand.kubeconfig, probes=False)
    observer.start()
    try:
        executor = Executor(stand.journal, row.report, row.planned(), stand.settings, hub, observer, resumed=True)
        state = executor.go_back()
    finally:
        observer.stop()
    told = stand.journal.row(run)
    assert told is not None
    return state, f"{told.report.state}: {told.report.message}"


def test_it_waits_for_the_run_that_holds_the_lease_and_does_not_end(stand: Stand) -> None:
    run = stand.carry_out(stand.shift(("62", "38"), ("80", "20"), expires=3600.0)).run
    other = FleetLease(stand.hub, "t999", 15.0)
    other.acquire()
    state, told = go_back(stand, run, stand.hub)

    assert RunState.REFUSED is state
    assert told.startswith("running: its time is over, and it cannot go back yet: ")
    assert "run t999" in told
    assert "80" == stand.annotations[A]
    row = stand.journal.row(run)
    assert row is not None
    assert (True, "back") == (row.report.expires is not None, row.report.going)  # a new runner would know

    assert other.release()
    state, told = go_back(stand, run, stand.hub)

    assert (RunState.ROLLED_BACK, "62", "") == (state, stand.annotations[A], stand.lease()["holderIdentity"])


def test_a_hub_that_does_not_answer_is_asked_again(stand: Stand) -> None:
    run = stand.carry_out(stand.shift(("62", "38"), ("80", "20"), expires=3600.0)).run
    around = Around(stand.hub)
    around.before = lambda method, path, body: status(503, "etcd is away")
    state, told = go_back(stand, run, around)

    assert RunState.REFUSED is state
    assert "its time is over, and it cannot go back yet" in told
    assert RunState.ROLLED_BACK is go_back(stand, run, stand.hub)[0]


def test_weights_that_somebody_changed_end_it(stand: Stand) -> None:
    run = stand.carry_out(stand.shift(("62", "38"), ("80", "20"), expires=3600.0)).run
    stand.annotate("kubectl-annotate", a="50", b="50")

    assert RunState.SUPERSEDED is go_back(stand, run, stand.hub)[0]
    assert "50" == stand.annotations[A]
