"""A runner that imports before it has a run: it does nothing until it gets one, and ends where nobody gives it one."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from console.model.run import RunReport, RunState
from console.run import launch
from console.run.journal import Journal

Started = list[tuple[Sequence[str], subprocess.Popen[bytes]]]
LONG = 60.0


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An empty one, with one planned run."""
    with Journal(tmp_path / "state") as one:
        report = RunReport("r1", "uid", "shift", RunState.PLANNED, "hash", started=time.time(), host="here")
        one.add(report, "no plan", {})
        yield one


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """Every runner that is started, as it is."""
    found: Started = []
    start = launch._start

    def told(arguments: Sequence[str], *rest: object) -> subprocess.Popen[bytes]:
        found.append((arguments, start(arguments, *rest)))  # type: ignore[arg-type]
        return found[-1][1]

    monkeypatch.setattr(launch, "_start", told)
    monkeypatch.setattr(launch, "_warm", launch._Warm())
    yield found
    for _, child in found:
        child.kill()
        child.wait()
        if child.stdin is not None:
            child.stdin.close()


def test_a_warm_runner_is_the_one_that_carries_the_run_out(journal: Journal, started: Started) -> None:
    launch.warm()
    launch.warm()
    child = started[0][1]
    cold = Path(f"/proc/{child.pid}/cwd").readlink(), os.getsid(child.pid)
    launch.launch(journal, "r1")
    row = journal.row("r1")

    assert (Path("/"), child.pid) == cold
    assert [["--warm"]] == [arguments for arguments, _ in started]
    assert row is not None and row.report.pid == child.pid
    assert child.wait(LONG) == RunState.FAILED.exit_code
    assert journal.log("r1").stat().st_mode & 0o777 == 0o600


def test_a_warm_runner_that_is_gone_or_of_another_environment_is_none(
    journal: Journal, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch.warm()
    monkeypatch.setenv("KUBECONFIG", "/elsewhere")
    launch.warm()
    os.kill(started[1][1].pid, 9)
    launch.launch(journal, "r1")
    row = journal.row("r1")

    assert 0 == started[0][1].wait(LONG)
    assert row is not None and row.report.pid == started[2][1].pid
    assert [["--warm"], ["--warm"], ["r1", "--state-dir", str(journal.directory)]] == [one for one, _ in started]


def test_a_warm_runner_ends_with_the_front_that_gave_it_no_run(journal: Journal, started: Started) -> None:
    launch.warm()
    child = started[0][1]
    assert child.stdin is not None
    child.stdin.close()

    assert 0 == child.wait(LONG)
    assert not list(journal.directory.glob("run-*"))
