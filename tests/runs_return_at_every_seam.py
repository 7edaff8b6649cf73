"""A run whose time is over is killed at every numbered seam of its way back, and of a retreat; the next runner takes it
back, or retreats, and no place is written twice. Whether members serve is not what this is about: it is scripted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from console.decide.returning import Judgement, Word
from console.kube import write
from console.kube.holder import Process
from console.model.fleet import Fleet
from console.model.run import RunReport, RunState
from console.run.executor import Executor
from console.run.eyes import Eyes
from console.run.journal import Journal
from console.run.seams import passing
from tests.run_situations import NAMESPACE, A
from tests.seam_ground import NAMES, SPREAD, Ground, Instant, ground_, quick_

__all__ = ["ground_", "quick_"]
PLACES = ["99", "81", "62"]
"""What a route holds on the way back from 100."""


class Scripted(Eyes):
    """Says of each comparison what it is told to; where nothing is left to say, that all is well."""

    said: list[Word]

    def start(self) -> None:
        """Nobody is asked."""

    def compared(self, fleet: Fleet, since: float) -> Judgement:
        return Judgement(self.said.pop(0) if self.said else Word.PASS, "as scripted")


def going_back(ground: Ground, report: RunReport, journal: Journal, said: list[Word]) -> Executor:
    row = journal.row(report.run)

    assert row is not None
    eyes = Scripted(row.planned(), ground.stand.settings)
    eyes.said, eyes.window = said, 0.0
    return Executor(
        journal, row.report, row.planned(), ground.stand.settings, ground.hub, ground.observer, resumed=True, eyes=eyes
    )


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
    found: list[Instant] = []

    def at(number: int, name: str) -> None:
        if number % SPREAD == 0:
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


@pytest.mark.parametrize("retreats", [False, True])
def test_a_way_back_is_gone_on_with_from_every_seam(
    ground: Ground, retreats: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    report = done(ground, monkeypatch)
    found, state = instants_of(ground, report, [Word.PASS, Word.FAIL] if retreats else [], monkeypatch)

    assert (RunState.DONE if retreats else RunState.ROLLED_BACK) is state
    for instant in found:
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
    assert len(found) * SPREAD >= 60
