"""A run of three routes and three steps is killed at every numbered seam, on the straight, the stop and the rollback
path; the next runner brings it to a state that the plan names, and nothing is written twice.

The runner is killed by an exception that nothing of it catches, so that a seam costs milliseconds; real kills are in
runs_survive_kill. `SEAMS_EVERY=N` looks at every Nth seam only.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from console.decide.plan import Plan, RouteChange
from console.kube import holder, write
from console.kube.holder import Process
from console.kube.lease import FleetLease
from console.model.hub import FENCE_ANNOTATION
from console.model.run import RunReport, RunState
from console.observe import Observer
from console.run import verify
from console.run.executor import Executor
from console.run.seams import passing
from console.settings import RunSettings
from tests.run_situations import ACK, IDC, NAMESPACE, A, Around, B, Stand, standing

NAMES = ("api", "cart", "web")
STEPS = (10, 50, 100)
BEFORE, AFTER = ((A, "62"), (B, "38")), ((A, "100"), (B, "0"))
TURN = 5
"""The answer to a weight write after which the word comes."""
SPREAD = int(os.environ.get("SEAMS_EVERY", "1"))


class Killed(BaseException):
    """What kills a runner here; no handler of its catches it."""


class Ground:
    """Three routes, a hub whose weight writes are counted, and readers that stay."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        stand.settings = replace_run(stand, RunSettings(steady="10ms", verify_timeout="5s", lease="15s"))
        for name in NAMES:
            stand.ingress({A: "62", B: "38"}, name)
        self.hub: Any = Around(stand.hub)
        self.hub.before = self._seen
        self.observer = Observer(stand.settings, kubeconfig=stand.kubeconfig, probes=False)
        self.observer.start()
        self.observer.settled(10.0)
        self.written: list[tuple[str, str]] = []
        done = subprocess.Popen([sys.executable, "-c", ""])
        done.wait()
        self.dead = Process(Process.own().host, holder.boot_id(), done.pid, "1", holder.pid_space())

    def _seen(self, method: str, path: str, body: Any) -> None:
        if method == "PATCH" and "/ingresses/" in path and isinstance(body, list):
            for step in body:
                if step["op"] in ("add", "replace") and step["path"].endswith(ACK):
                    self.written.append((path.rpartition("/")[2], step["value"]))

    def reset(self) -> Plan:
        """Everything as before, and the plan."""
        self.written.clear()
        changes = []
        for name in NAMES:
            path = write.ingress_path(NAMESPACE, name)
            body = {"metadata": {"annotations": {A: "62", B: "38", FENCE_ANNOTATION: None}}}
            answer = self.stand.hub.call("PATCH", path, body=body, content_type="application/merge-patch+json")
            uid = answer.json()["metadata"]["uid"]
            changes.append(RouteChange(NAMESPACE, name, uid, ((A, ACK), (B, IDC)), BEFORE, AFTER))
        return Plan(self.stand.hub.fleet_uid(), "shift", tuple(changes), STEPS)

    def executor(self, report: RunReport, *, resumed: bool = False) -> Executor:
        row = self.stand.journal.row(report.run)

        assert row is not None
        return Executor(
            self.stand.journal, row.report, row.planned(), self.stand.settings, self.hub, self.observer, resumed=resumed
        )

    def held(self) -> list[tuple[str | None, str | None]]:
        found = [self.stand.hub.call("GET", write.ingress_path(NAMESPACE, name)).json() for name in NAMES]
        notes = [write.annotations_of(one) for one in found]

        assert not any(FENCE_ANNOTATION in one for one in notes)
        return [(one.get(A), one.get(B)) for one in notes]


def replace_run(stand: Stand, run: RunSettings) -> Any:
    import msgspec

    return msgspec.structs.replace(stand.settings, run=run)


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with standing({A: "62", B: "38"}) as stand:
        found = Ground(stand)
        yield found
        found.observer.stop()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "LOOK", 0.005)


def run_until(ground: Ground, word: str | None, fatal: int, monkeypatch: pytest.MonkeyPatch) -> tuple[RunReport, int]:
    """Carry a run out, with a word in the middle, and die at a seam (0: never); returns how many seams were passed."""
    report = ground.stand.planned(ground.reset())
    journal = ground.stand.journal
    passed, answers, said = 0, 0, word is None

    def at(number: int, name: str) -> None:
        nonlocal passed, answers, said
        passed = number
        if number == fatal:
            raise Killed
        answers += name.startswith("answer weigh")
        if answers == TURN and not said:
            said = True
            journal.command(report.run, word or "")

    with monkeypatch.context() as patch:
        patch.setattr(Process, "own", classmethod(lambda cls: ground.dead))
        journal.claim(report.run, ground.dead.pid, "first")
        executor = ground.executor(report)
        with passing(at):
            try:
                executor.carry_out()
            except Killed:
                executor._lease._ended.set()  # its renewals end with it
    return report, passed


PATHS: dict[str | None, RunState] = {None: RunState.DONE, "stop": RunState.HELD, "rollback": RunState.ROLLED_BACK}


@pytest.mark.parametrize("word", PATHS)
def test_a_run_that_nobody_kills_ends_as_it_was_told(
    ground: Ground, word: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, passed = run_until(ground, word, 0, monkeypatch)
    row = ground.stand.journal.row(report.run)

    assert row is not None
    assert PATHS[word] is row.report.state, row.report.message
    assert passed >= 60


def killed_everywhere(ground: Ground, word: str | None, shard: range, monkeypatch: pytest.MonkeyPatch) -> int:
    """Kill at each seam of a shard; returns how many there were."""
    _, seams = run_until(ground, word, 0, monkeypatch)
    journal, count = ground.stand.journal, 0
    for fatal in range(1 + shard.start, seams + 1, shard.step * SPREAD):
        report, _ = run_until(ground, word, fatal, monkeypatch)
        count += 1
        row = journal.row(report.run)

        assert row is not None
        if row.report.state.over:  # it had said so already
            check(ground, row.report, fatal)
            continue
        assert journal.replan(report.run, "first")
        assert journal.claim(report.run, 1, "second")
        ground.executor(report, resumed=True).carry_out()
        row = journal.row(report.run)

        assert row is not None
        check(ground, row.report, fatal)
    return count


def check(ground: Ground, report: RunReport, fatal: int) -> None:
    """The state is one that the plan names, the world is as it says, and no value was written twice."""
    held = ground.held()
    why = f"seam {fatal}: {report.state}, {report.message}, {held}"

    if report.state is RunState.DONE:
        assert [("100", "0")] * 3 == held, why
    elif report.state is RunState.ROLLED_BACK:
        assert [("62", "38")] * 3 == held, why
    else:
        assert RunState.HELD is report.state, why
        assert set(held) <= {("62", "38"), ("66", "34"), ("81", "19"), ("100", "0")}, why
    forward = [one for one in ground.written if one[1] != "62"]
    assert report.state is not RunState.DONE or len(set(forward)) == len(forward) == 9, f"{why}: {forward}"
    lease = ground.stand.lease()
    assert not lease.get("holderIdentity"), why


@pytest.mark.parametrize("word", PATHS)
@pytest.mark.parametrize("part", [0, 1])
def test_a_run_killed_at_any_seam_is_resumed_to_an_end_that_its_plan_names(
    ground: Ground, word: str | None, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = killed_everywhere(ground, word, range(part, 10**6, 2), monkeypatch)

    assert count >= 30 // SPREAD


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
