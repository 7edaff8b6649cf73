"""A run whose time is over and that nobody took back is told as overdue wherever runs are told, with what can be done;
by whichever clock is behind, and no longer once a newer run wrote its routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from console.errors import UsageError
from console.model.fleet import Fleet, Run, Tone
from console.model.hub import Word
from console.model.overdue import GRACE, overdue, taken_over
from console.model.run import RunReport, RunState
from console.present import alerts, ledgers, reports, tables
from console.present.line import text
from console.run import known, runs
from console.run.journal import Journal
from console.run.words import Words
from screens import standing
from tests import situations
from tests.situations import NOW, WALL

ROUTE = "gateway-demo/api"
BEFORE, TARGETS = ((ROUTE, (("m1", 62), ("m2", 38))),), ((ROUTE, (("m1", 100), ("m2", 0))),)
DONE = Run(
    "r1", "done", (ROUTE,), "oncall", "x", WALL, "jump1", 7, "h", "verified", targets=TARGETS, before=BEFORE,
    expires=WALL, fence=1,
)  # fmt: skip
LATE = WALL + GRACE + 1.0


def fleet(*records: Run, skew: int | None = None) -> Fleet:
    return replace(situations.calm(), runs=records, skew=skew)


def at(monkeypatch: pytest.MonkeyPatch, wall: float) -> None:
    monkeypatch.setattr("console.run.known.time.time", lambda: wall)


def test_whichever_clock_is_behind_says_that_a_run_is_overdue() -> None:
    assert not overdue(DONE, fleet(DONE), WALL + GRACE)
    assert overdue(DONE, fleet(DONE), LATE)
    assert not overdue(DONE, fleet(DONE, skew=-600), LATE)
    assert overdue(DONE, fleet(DONE, skew=600), LATE)
    assert not overdue(DONE, fleet(DONE, skew=600), WALL)


def test_what_was_undone_kept_or_goes_back_is_not_overdue() -> None:
    undone = replace(DONE, run="r2", state="rolled_back", fence=2)

    assert not overdue(DONE, fleet(undone, DONE), LATE)
    assert overdue(DONE, fleet(replace(undone, state="refused"), DONE), LATE)
    assert not overdue(replace(DONE, expires=None), fleet(), LATE)
    assert not overdue(replace(DONE, state="running"), fleet(), LATE)


def test_the_banner_and_status_say_it_with_the_way_that_works_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def said(host: tuple[RunReport, ...] = (), *, typed: bool = False) -> str:
        found = alerts.alerts(fleet(DONE), NOW, host, LATE, typed=typed)
        (alert,) = [one for one in found if one.subject == "run r1"]

        assert alert.tone is Tone.BAD
        return str(alert.sentence)

    dead = RunReport("r1", "f", "drain", RunState.INTERRUPTED, "h", pid=7, host="jump1", overdue=True)
    kept = replace(dead, state=RunState.DONE, message="its time is over, and it cannot go back yet: another run goes.")

    assert said().startswith(f"expiry overdue: {ROUTE} should have gone back at ")
    assert said().endswith("and nobody took it back. r, enter tells the ways.")
    assert said(typed=True).endswith("fleet-console resume r1 --takeover, or rollback r1.")
    assert said((dead,), typed=True).endswith("fleet-console resume r1, or rollback r1.")
    assert "(its time is over, and it cannot go back yet: another run goes)" in said((kept,), typed=True)
    assert "BAD   run r1: expiry overdue" in tables.status_text(fleet(DONE), NOW, (), LATE)


def test_status_tells_what_this_host_knows_of_a_dead_runner_and_no_keys() -> None:
    waits = replace(DONE, expires=WALL + 600.0)
    dead = RunReport("r1", "f", "drain", RunState.INTERRUPTED, "h", pid=7, host="jump1")
    said = tables.status_text(fleet(waits), NOW, (dead,), WALL)
    lives = tables.status_text(fleet(waits), NOW, (), WALL)

    assert f"BAD   run r1: interrupted on {ROUTE}: its runner on this host is dead. fleet-console resume r1 or" in said
    assert "fleet-console stop r1 keeps it, extend puts that off." in lives
    assert "r, " not in said + lives


def test_another_login_sees_it_as_a_run_that_it_may_take_over(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, LATE)
    (told,) = known.merge((), fleet(DONE))

    assert (RunState.INTERRUPTED, True, True) == (told.state, told.overdue, told.recorded)
    assert "fleet-console resume r1 --takeover takes it back, rollback r1 undoes it" in told.message
    assert "! overdue" in reports.runs_text((told,))
    assert reports.Teller().lines(told)[-1].startswith("expiry overdue: it should have gone back at ")
    assert ["2 go back; fleet-console resume r1 --takeover takes it over"] == [text(one) for one in ledgers.keys(told)]
    assert standing.resume(standing.Standing(fleet(DONE), armed=60.0, report=told)).endswith("resume r1 --takeover")


class Unasked:
    """Readers whose hub must not be written to."""

    hub = object()

    def __init__(self, found: Fleet) -> None:
        self.store = self
        self.fleet = found


def test_a_word_to_an_overdue_run_says_that_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, LATE)
    with pytest.raises(UsageError, match=r"should have gone back at .*, and no runner listens.*resume r1 --takeover"):
        runs.command_elsewhere(Unasked(fleet(DONE)), "r1", "stop")  # type: ignore[arg-type]


@pytest.mark.parametrize("lives", [True, False])
def test_a_word_to_a_run_that_waits_for_its_time_is_heard_or_said_not_to_be(
    lives: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, WALL)
    monkeypatch.setattr(runs, "actor", lambda user: "me")
    left: list[str] = []
    monkeypatch.setattr("console.kube.records.leave_word", lambda hub, run, word: left.append(word.id))

    class Store:
        fleet = fleet(DONE)

        def wait(self, until: Callable[[Fleet], bool], timeout: float) -> bool:
            return until(fleet(replace(DONE, heard=left[-1])) if lives else self.fleet)

    readers = SimpleNamespace(store=Store(), hub=SimpleNamespace(whoami=lambda: None))

    assert runs.command_elsewhere(readers, "r1", "stop") is lives  # type: ignore[arg-type]
    assert runs.unheard(known.of_record(DONE, fleet(DONE))).startswith(
        "nobody took the word within 10 s: its runner on"
    )


def test_a_run_that_was_taken_over_elsewhere_is_told_by_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, WALL)
    dead = RunReport("r1", "f", "drain", RunState.INTERRUPTED, "h", pid=7, host="jump1")
    back = replace(DONE, state="rolled_back", expires=None, host="jump2", pid=9)

    assert not taken_over(DONE, dead)
    assert [RunState.INTERRUPTED] == [one.state for one in known.merge((dead,), fleet(DONE))]
    assert [RunState.ROLLED_BACK] == [one.state for one in known.merge((dead,), fleet(back))]


def test_a_new_runner_takes_no_word_that_was_left_for_a_former_one(tmp_path: Path) -> None:
    record: Run | None = None
    stop, later = Word("w1", "stop", "them"), Word("w2", "stop", "them")
    with Journal(tmp_path) as journal:
        words = Words(journal, "r1", lambda: record, None)

        assert (False, "") == (words.told(), words.heard)

        record = replace(DONE, word=stop)

        assert (False, "w1") == (words.told(), words.heard)

        record = replace(DONE, word=later)

        assert (True, "w2") == (words.told(), words.heard)
        assert Words(journal, "r1", lambda: record).told()


def test_what_its_own_runner_says_of_it_is_told_and_it_still_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, LATE)
    said = "expiry overdue: idc-prod is not clean yet; rollback r1 takes it back by hand"
    waits = replace(DONE, message=said)
    (told,) = known.merge((), fleet(waits))

    assert (RunState.DONE, True, True) == (told.state, told.overdue, told.commandable)
    assert said == reports.Teller().lines(told)[-1]
    assert f"BAD   run r1: {said}. fleet-console resume r1 --takeover" in tables.status_text(
        fleet(waits), NOW, (), LATE
    )
