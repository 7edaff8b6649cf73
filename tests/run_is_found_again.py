"""The runner's face: starting a detached run, finding it again, and telling a dead runner from a live one."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from console.decide.plan import Plan
from console.errors import EXIT_HELD, Lost, Refused, UsageError
from console.kube.holder import Process
from console.model.fleet import Fleet, Run
from console.model.run import JournalLine, RunReport, RunState
from console.observe import Observer
from console.run import known, runs, undoing
from console.run.access import Access
from console.run.executor import Executor
from console.settings import Settings
from tests import situations
from tests.nest import nest
from tests.run_situations import ACK, IDC, A, Around, B, Stand, standing


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing({A: "62", B: "38"}) as one:
        yield one


@pytest.fixture
def access(stand: Stand, tmp_path: Path) -> Access:
    config = tmp_path / "config.yaml"
    config.write_text("run: {steady: 100ms, verify_timeout: 10s}\n")
    return Access(kubeconfig=stand.kubeconfig, config=config, state_dir=stand.journal.directory)


def begun(stand: Stand, access: Access) -> RunReport:
    plan = stand.shift(("62", "38"), ("80", "20"))
    return runs.start(access, stand.settings, plan, reason="drill")


def test_a_detached_run_is_followed_to_its_end_and_found_again(stand: Stand, access: Access) -> None:
    started = begun(stand, access)
    told = list(runs.follow(access, started.run[:3]))

    assert (RunState.DONE, "80") == (told[-1].state, stand.annotations[A])
    assert [told[-1]] == list(runs.runs(access))
    assert told[-1].pid not in (None, os.getpid())
    assert "admin, " in told[-1].actor


def test_a_runner_holds_no_terminal_and_is_its_own_session(
    stand: Stand, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", "/run/tmux")
    access.config.write_text("run: {steady: 30s}\n")  # type: ignore[union-attr]
    started = begun(stand, access)
    home = Path(f"/proc/{started.pid}")
    links = {number: str((home / "fd" / number).readlink()) for number in "012"}
    environment = (home / "environ").read_bytes()
    ignored = next(line for line in (home / "status").read_text().splitlines() if line.startswith("SigIgn"))

    assert (started.pid, "/") == (os.getsid(started.pid or 0), str((home / "cwd").readlink()))
    assert "/dev/null" == links["0"]
    assert {str(stand.journal.log(started.run))} == {links["1"], links["2"]}
    assert b"TMUX" not in environment
    assert int(ignored.split()[1], 16) & 1, "SIGHUP is not ignored"

    runs.command(access, started.run, "stop")

    assert RunState.HELD is list(runs.follow(access, started.run))[-1].state


def test_files_that_were_named_relatively_are_found_by_the_runner(
    stand: Stand, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(stand.kubeconfig).parent
    monkeypatch.chdir(folder)
    monkeypatch.setenv("KUBECONFIG", Path(stand.kubeconfig).name)
    started = begun(stand, replace(access, kubeconfig=None))

    assert RunState.DONE is list(runs.follow(access, started.run))[-1].state


def test_settings_that_forbid_writing_start_nothing(stand: Stand, access: Access) -> None:
    stand.settings = Settings(read_only=True)
    with pytest.raises(Refused):
        begun(stand, access)

    assert () == runs.runs(access)


def test_a_runner_reads_the_settings_itself(stand: Stand, access: Access) -> None:
    access.config.write_text("read_only: true\n")  # type: ignore[union-attr]
    started = begun(stand, access)
    last = list(runs.follow(access, started.run))[-1]

    assert (RunState.REFUSED, "62") == (last.state, stand.annotations[A])


@pytest.mark.parametrize("broken", ["exit", "executable"])
def test_a_runner_that_does_not_start_is_a_failed_run(
    stand: Stand, access: Access, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false" if broken == "exit" else "/nowhere/python")
    started = begun(stand, access)

    assert RunState.FAILED is started.state
    assert "nothing was written" in started.message


def test_a_run_whose_front_died_before_its_runner_began_is_failed_after_a_while(stand: Stand, access: Access) -> None:
    stand.planned(stand.shift(("62", "38"), ("80", "20")))

    assert RunState.PLANNED is runs.runs(access)[0].state

    stand.journal.update("t001", started=time.time() - 2 * known.NEVER)

    assert RunState.FAILED is runs.runs(access)[0].state


@pytest.mark.parametrize(
    ("process", "state"),
    [
        (replace(Process.own(), pid=2**22 - 1), RunState.INTERRUPTED),
        (replace(Process.own(), start="1"), RunState.INTERRUPTED),
        (replace(Process.own(), boot="before"), RunState.INTERRUPTED),
        (Process.own(), RunState.RUNNING),
        (replace(Process.own(), host="jump2", pid=2**22 - 1), RunState.RUNNING),
        (replace(Process.own(), space="4026539999", pid=2**22 - 1), RunState.RUNNING),
    ],
    ids=["gone", "another process", "before a reboot", "alive", "on another host", "in another container"],
)
def test_a_run_is_interrupted_only_where_its_runner_is_provably_dead(
    stand: Stand, access: Access, process: Process, state: RunState
) -> None:
    stand.planned(stand.shift(("62", "38"), ("80", "20")))
    stand.journal.claim("t001", process.pid, json.dumps(asdict(process)))

    assert state is runs.runs(access)[0].state


def test_a_page_that_stays_open_follows_an_interrupted_run_to_where_another_runner_goes_on(
    stand: Stand, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "IDLE", 0.0)
    stand.planned(stand.shift(("62", "38"), ("80", "20")))
    gone = json.dumps(asdict(replace(Process.own(), start="1")))
    stand.journal.claim("t001", 1, gone)
    looks = [True] * 3
    told = runs.follow(access, "t001", every=0.0, watched=lambda: bool(looks and looks.pop()))

    assert [RunState.INTERRUPTED] == [one.state for one in runs.follow(access, "t001")]
    assert RunState.INTERRUPTED is next(told).state

    assert stand.journal.replan("t001", gone)
    stand.journal.claim("t001", os.getpid(), json.dumps(asdict(Process.own())))

    assert [RunState.RUNNING] == [one.state for one in told]


def dead(stand: Stand, plan: Plan, **values: Any) -> str:
    """A run whose runner died, with what the journal tells of it."""
    run = stand.planned(plan).run
    gone = replace(Process.own(), start="1", pid=7)
    stand.journal.claim(run, gone.pid, json.dumps(asdict(gone)))
    stand.journal.update(run, **{"state": RunState.RUNNING, **values})
    return run


def unreachable(path: Path) -> Path:
    """A kubeconfig of a server that nobody is."""
    path.write_text(
        "{apiVersion: v1, kind: Config, current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}],"
        " clusters: [{name: a, cluster: {server: 'http://127.0.0.1:9'}}], users: [{name: a, user: {}}]}"
    )
    return path


@pytest.mark.parametrize("overdue", [False, True])
def test_a_runner_that_reaches_nothing_leaves_the_run_as_the_dead_one_left_it(
    stand: Stand, access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overdue: bool
) -> None:
    plan = stand.shift(("62", "38"), ("100", "0"), expires=10.0 if overdue else None)
    waits = {"state": RunState.DONE, "expires": time.time() - 60.0, "step": 1} if overdue else {}
    run = dead(stand, plan, message="as it was", **waits)
    stand.journal.line(run, "weigh shop/checkout", "intended", "100:0")
    (before,) = runs.runs(access)
    monkeypatch.setenv("KUBECONFIG", str(unreachable(tmp_path / "nobody")))
    stand.journal.close()  # no runner that is forked shares it
    with nest() as found:
        told = runs.resume(access, run)
        again = runs.resume(access, run)

    assert [EXIT_HELD, EXIT_HELD] == found.ended
    assert (RunState.INTERRUPTED, True, overdue, 7) == (told.state, told.resumable, told.overdue, told.pid)
    assert f"{before.message}. Tried at " in told.message
    assert "127.0.0.1:9" in told.message
    assert (told.state, told.overdue) == (again.state, again.overdue)

    monkeypatch.setenv("KUBECONFIG", stand.kubeconfig)
    if not overdue:
        with nest():
            assert RunState.DONE is runs.resume(access, run).state
        assert "100" == stand.annotations[A]


def test_so_does_one_that_loses_the_hub_before_it_has_the_lease(stand: Stand) -> None:
    plan = stand.shift(("62", "38"), ("80", "20"))
    run = dead(stand, plan)
    stand.annotate("us", a="80", b="20")
    hub: Any = Around(stand.hub)
    with stand.executor(plan) as (_, observer):
        row = stand.journal.row(run)
        assert row is not None
        runner = Executor(stand.journal, row.report, plan, stand.settings, hub, observer, resumed=True)

        def silent(method: str, path: str, body: Any) -> None:
            if "/ingresses/" in path or "/leases" in path:
                raise Lost("the hub said nothing")

        hub.before = silent
        state = runner.carry_out()

        assert RunState.INTERRUPTED is state
        assert RunState.RUNNING is stand.journal.row(run).report.state  # type: ignore[union-attr]


@pytest.mark.parametrize("broken", ["/bin/false", "/nowhere/python"])
def test_so_does_one_that_does_not_start(
    stand: Stand, access: Access, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = dead(stand, stand.shift(("62", "38"), ("80", "20")))
    monkeypatch.setattr("sys.executable", broken)
    told = runs.resume(access, run)

    assert (RunState.INTERRUPTED, True) == (told.state, told.resumable)
    assert "Tried at" in told.message


def test_a_run_whose_front_died_before_its_next_runner_began_can_be_resumed_again(stand: Stand, access: Access) -> None:
    run = dead(stand, stand.shift(("62", "38"), ("80", "20")), started=time.time() - 2 * known.NEVER)
    stand.journal.replan(run, stand.journal.rows()[0].process)

    assert [(RunState.INTERRUPTED, True)] == [(one.state, one.resumable) for one in runs.runs(access)]


@pytest.mark.parametrize(("phase", "words"), [(None, "no weight was written"), ("intended", "may have been written")])
def test_an_interrupted_run_says_whether_weights_may_have_been_written(
    stand: Stand, access: Access, phase: str | None, words: str
) -> None:
    stand.planned(stand.shift(("62", "38"), ("80", "20")))
    gone = replace(Process.own(), start="1")
    stand.journal.claim("t001", gone.pid, json.dumps(asdict(gone)))
    if phase:
        stand.journal.line("t001", "weigh shop/checkout", phase, "80:20")
    report = runs.report(access, "t001")

    assert report is not None
    assert words in report.message


def test_going_back_is_the_plan_turned_round(stand: Stand, access: Access) -> None:
    stand.planned(stand.shift(("62", None), ("80", "20")))
    plan = undoing.rollback_plan(access, "t0", stand.hub)

    assert ("rollback", "t001") == (plan.kind, plan.of)
    assert ((A, "62"), (B, None)) == plan.routes[0].after


def test_going_back_begins_at_what_stands_there(stand: Stand, access: Access) -> None:
    stand.planned(stand.shift(("62", "38"), ("100", "0"), steps=(25, 60, 100)))
    stand.annotate("fleet-console", a="72", b="28")
    plan = undoing.rollback_plan(access, "t0", stand.hub)

    assert (((A, "72"), (B, "28")), ((A, "62"), (B, "38"))) == (plan.routes[0].before, plan.routes[0].after)
    assert (100,) == plan.steps
    with pytest.raises(Lost, match="not connected"):
        undoing.rollback_plan(access, "t0", None)


@pytest.mark.parametrize("call", [lambda a: undoing.plan_of(a, "zzz"), lambda a: runs.command(a, "zzz", "stop")])
def test_a_run_that_nobody_knows_is_one_sentence(access: Access, call: object) -> None:
    with pytest.raises(UsageError, match="no run 'zzz'"):
        call(access)  # type: ignore[operator]


def test_without_a_journal_there_are_no_runs_and_none_is_made(tmp_path: Path) -> None:
    nowhere = Access(state_dir=tmp_path / "none")

    assert ((), None, []) == (runs.runs(nowhere), runs.report(nowhere, "x"), list(runs.follow(nowhere, "x")))
    assert not (tmp_path / "none").exists()


def test_runs_of_other_hosts_are_listed_from_their_records() -> None:
    mine = RunReport("mine1", "f", "shift", RunState.DONE, "h", started=100.0, lines=(JournalLine(1.0, "a", "b", "c"),))
    targets = (("shop/checkout", ((ACK, 80), (IDC, 20))),)
    records = tuple(
        Run(name, state, ("shop/checkout",), "them", "why", started, "jump2", 7, "h", targets=targets, before=targets)
        for name, state, started in (("mine1", "running", 100.0), ("far22", "held", 200.0), ("odd33", "\x1b", 50.0))
    )
    found = known.merge((mine,), Fleet("f", None, "f", (), runs=records))

    assert [("far22", RunState.HELD), ("mine1", RunState.DONE), ("odd33", RunState.FAILED)] == [
        (one.run, one.state) for one in found
    ]


def test_members_of_a_record_stand_in_the_order_of_the_fleet() -> None:
    """A record has them by their ids: `62:38` may not read `38:62` to whoever looks from elsewhere."""
    last, first = "c1" + "0" * 31, "c9" + "0" * 31
    fleet = replace(situations.calm(), members=tuple(
        replace(one, id=id) for one, id in zip(situations.calm().members, (first, last), strict=True)
    ))  # fmt: skip
    split = tuple(sorted(((first, 62), (last, 38))))
    record = Run("far22", "running", ("a/b",), "them", "why", 1.0, "jump2", 7, "h", targets=(("a/b", split),),
                 before=(("a/b", split),))  # fmt: skip
    told = known.elsewhere(replace(fleet, runs=(record,)), "far22")

    assert told is not None
    assert [((first, 62), (last, 38))] == [one.before for one in told.routes] == [one.after for one in told.routes]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (("done", 8e9), ("done", 9e9)),
        (("done", 8e9), ("rolled_back", None)),
        (("interrupted", None), ("running", None)),
    ],
    ids=["extended", "gone back", "taken over"],
)
def test_a_record_is_followed_for_a_page_as_long_as_more_may_come(
    first: tuple[str, float | None], then: tuple[str, float | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "IDLE", 0.0)
    store = SimpleNamespace(fleet=recorded(*first))
    observer = cast(Observer, SimpleNamespace(store=store, watch_lock=lambda: None))
    looks = [True] * 3
    told = runs.follow_record(observer, "far22", every=0.0, watched=lambda: bool(looks and looks.pop()))

    assert 1 == len(list(runs.follow_record(observer, "far22")))
    assert first == state_of(next(told))

    store.fleet = recorded(*then)

    assert [then] == list(map(state_of, told))


@pytest.mark.parametrize("until", [None, 1767225630.5])
def test_another_login_is_told_until_when_a_run_holds(until: float | None) -> None:
    fleet = recorded("running", None)
    told = known.elsewhere(replace(fleet, runs=(replace(fleet.runs[0], hold_until=until),)), "far22")

    assert told is not None
    assert until == told.hold_until


def recorded(state: str, expires: float | None) -> Fleet:
    """A Fleet with the record of one run."""
    run = Run("far22", state, ("shop/checkout",), "them", "why", 1.0, "jump2", 7, "h", expires=expires)
    return Fleet("f", None, "f", (), runs=(run,))


def state_of(report: RunReport) -> tuple[str, float | None]:
    """What changes of it."""
    return report.state.value, report.expires
