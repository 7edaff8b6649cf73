"""A run whose time is over is killed at every numbered seam of its way back, and of the retreat after it; the next
runner takes it back, or retreats, and no place is written twice. Whether members serve is not what this is about: it is
scripted."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from console.decide.returning import Judgement, Word
from console.kube import write
from console.kube.holder import Process
from console.model.fleet import Fleet
from console.model.run import RunReport, RunState
from console.run import runs
from console.run.access import Access
from console.run.executor import Executor
from console.run.eyes import Eyes
from console.run.journal import Journal
from console.run.seams import passing
from console.settings import RunSettings
from tests.run_situations import NAMESPACE, A
from tests.seam_ground import NAMES, SPREAD, Ground, Instant, ground_, quick_, replace_run

__all__ = ["ground_", "quick_"]
EVERY = bool(os.environ.get("CONSOLE_EVERY_SEAM"))
"""`make soak`; `make test` looks at every second seam of the straight way back."""
PLACES = ["99", "81", "62"]
"""What a route holds on the way back from 100."""


class Scripted(Eyes):
    """Says of each comparison what it is told to; where nothing is left to say, that all is well."""

    said: list[Word]

    def start(self) -> None:
        """Nobody is asked."""

    def compared(self, fleet: Fleet, since: float) -> Judgement:
        return Judgement(self.said.pop(0) if self.said else Word.PASS, "as scripted")


def going_back(
    ground: Ground, report: RunReport, journal: Journal, said: list[Word], *, taken: bool = False
) -> Executor:
    row = journal.row(report.run)

    assert row is not None
    eyes = Scripted(row.planned(), ground.stand.settings)
    eyes.said, eyes.window = said, 0.0
    settings, hub, observer = ground.stand.settings, ground.hub, ground.observer
    return Executor(
        journal, row.report, row.planned(), settings, hub, observer, resumed=True, taken=taken, eyes=eyes
    )  # fmt: skip


def done(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> RunReport:
    """A run that is done and whose time is over; its runner is the one that will have died."""
    plan = replace(ground.reset(), steps=(100,), hold=0.0, expires=3600.0, returns=(1, 50))
    report = ground.stand.planned(plan)
    with monkeypatch.context() as patch:
        patch.setattr(Process, "own", classmethod(lambda cls: ground.dead))
        ground.stand.journal.claim(report.run, ground.dead.pid, "first")
        state = ground.executor(report).carry_out()

    assert RunState.DONE is state
    ground.written.clear()
    return report


def instants_of(
    ground: Ground, report: RunReport, said: list[Word], monkeypatch: pytest.MonkeyPatch
) -> tuple[list[Instant], RunState]:
    """What stands at each seam once all of `said` is said: up to there every way back is the straight one."""
    found: list[Instant] = []

    def at(number: int, name: str) -> None:
        if not said and number % SPREAD == 0:
            found.append(ground.instant(number))

    with monkeypatch.context() as patch:
        patch.setattr(Process, "own", classmethod(lambda cls: ground.dead))
        executor = going_back(ground, report, ground.stand.journal, said)
        with passing(at):
            state = executor.go_back()
    return found, state


def midway(ground: Ground, journal: Journal, report: RunReport) -> bool:
    """Whether a new runner begins with the way back, as `console.run.__main__` decides; else its guardian does."""
    row = journal.row(report.run)

    assert row is not None
    plan = row.planned()
    held = [ground.stand.hub.call("GET", write.ingress_path(NAMESPACE, name)).json() for name in NAMES]
    astray = any(write.annotations_of(one).get(A) != "100" for one in held)
    return row.report.expires is not None and (row.report.step != len(plan.steps) or astray)


def test_a_way_back_is_taken_over_by_another_host_and_gone_on_with(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(runs, "launch", lambda journal, run: None)
    quick = RunSettings(steady="10ms", verify_timeout="5s", lease="1s")
    monkeypatch.setattr(ground.stand, "settings", replace_run(ground.stand, quick))
    report = done(ground, monkeypatch)
    before = ground.dead
    ground.dead = replace(before, host="jump2", boot="another boot")
    found, _ = instants_of(ground, report, [], monkeypatch)
    ground.dead = before
    taken = 0
    for instant in found[:: max(1, len(found) // 8)]:
        with ground.again(instant, tmp_path / str(instant.seam)):
            record = ground.recorded(report.run)
        if record is None or RunState(record.state).over:
            continue
        access = Access(kubeconfig=ground.stand.kubeconfig, state_dir=tmp_path / f"second-{instant.seam}")
        fleet = Fleet("f", None, report.fleet_uid, (), runs=(record,))
        runs.take_over(access, ground.stand.settings, fleet, record, plan_hash=record.plan_hash)
        with Journal(access.state_dir) as journal:
            assert journal.claim(report.run, 1, "second")
            state = going_back(ground, report, journal, [], taken=True).go_back()

        assert (RunState.ROLLED_BACK, [("62", "38")] * 3) == (state, ground.held()), instant.seam
        taken += 1
    assert taken >= 4


@pytest.mark.parametrize("retreats", [False, True])
def test_a_way_back_is_gone_on_with_from_every_seam(
    ground: Ground, retreats: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    report = done(ground, monkeypatch)
    found, state = instants_of(ground, report, [Word.PASS, Word.FAIL] if retreats else [], monkeypatch)

    assert (RunState.DONE if retreats else RunState.ROLLED_BACK) is state
    for instant in found if EVERY or retreats else found[::2]:
        with ground.again(instant, tmp_path / str(instant.seam)) as journal:
            row = journal.row(report.run)

            assert row is not None
            if row.report.state in (RunState.ROLLED_BACK, RunState.DONE):  # it had said so, or not begun
                continue
            assert journal.replan(report.run, "first")
            assert journal.claim(report.run, 1, "second")
            was_midway = midway(ground, journal, report)
            ended = going_back(ground, report, journal, []).go_back()
            row = journal.row(report.run)

        assert row is not None
        held, lease = ground.held(), ground.stand.lease()
        why = f"seam {instant.seam}: {ended}, {row.report.message}, {held}"
        assert not lease.get("holderIdentity"), why
        if ended is RunState.DONE:
            assert was_midway, why
            assert [("100", "0")] * 3 == held, why
            assert row.report.expires is not None, why
        else:
            assert RunState.ROLLED_BACK is ended, why
            assert [("62", "38")] * 3 == held, why
            forward = [one for one in ground.written if one[1] in PLACES]
            assert retreats or len(set(forward)) == len(forward) == 9, f"{why}: {forward}"
    assert len(found) * SPREAD >= (20 if retreats else 60)
