"""A set-up that holds is gone on with while it is its topology's newest run; once another came after it, it is history,
and what is said then is what helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.cloud.account import AccountReader
from console.errors import Refused, Superseded, UsageError
from console.model.run import JournalLine, RunState
from console.run import runs, undoing
from console.run.access import Access
from console.run.setup import past, setups
from console.run.setup.shelf import Shelf
from console.settings import parse
from tests.setup_stand import Stand, hybrid


def held(stand: Stand) -> str:
    """A set-up that holds in the middle, its cause gone since."""
    stand.world.fail["member ack-a"] = Refused("QuotaExceeded.Cluster")
    run = stand.set_up(hybrid(), file="old.yaml")
    assert stand.carry_out(run).state is RunState.HELD
    return run


def test_a_set_up_that_another_one_followed_is_not_resumed(tmp_path: Path) -> None:
    stand, access = Stand(tmp_path), Access(state_dir=tmp_path)
    old = held(stand)
    assert runs.resumable(access, old).report.run == old
    new = stand.set_up(hybrid(), file="new one.yaml")
    stand.carry_out(new)
    for way in (runs.resumable, runs.resume):
        with pytest.raises(Superseded) as raised:
            way(access, old)

        assert str(raised.value) == (
            f"run {old} (setup of demo) was followed by run {new} (setup, done): going on with it would undo what came"
            " after it. What the file says now is set up by: fleet-console topology apply 'new one.yaml'."
        )


def test_a_teardown_that_a_set_up_followed_takes_nothing_away_any_more(tmp_path: Path) -> None:
    stand, access = Stand(tmp_path), Access(state_dir=tmp_path)
    stand.carry_out(stand.set_up(hybrid()))
    stand.world.fail["fleet deleted"] = Refused("OperationDenied")
    away = stand.take_away(hybrid())
    assert stand.carry_out(away).state is RunState.HELD
    stand.carry_out(stand.set_up(hybrid()))
    with pytest.raises(Superseded, match=f"run {away} .teardown of demo. was followed by run s3"):
        runs.resumable(access, away)


def test_a_run_that_changed_nothing_is_in_nobodys_way_and_one_that_goes_is(tmp_path: Path) -> None:
    stand, access = Stand(tmp_path), Access(state_dir=tmp_path)
    old = held(stand)
    refused = stand.set_up(hybrid())
    stand.journal.update(refused, state=RunState.REFUSED, ended=2.0)
    assert runs.resumable(access, old).report.run == old
    stand.journal.update(refused, state=RunState.RUNNING, ended=None)
    with pytest.raises(Refused, match=f"run {refused} .setup of demo. is under way. Look at it"):
        runs.resumable(access, old)


@pytest.mark.parametrize(
    ("kind", "helps"),
    [("setup", "Take away what it made: fleet-console topology teardown t.yaml."),
     ("teardown", "Set it up again: fleet-console topology apply t.yaml.")],
)  # fmt: skip
def test_a_run_that_is_done_says_what_undoes_it(kind: str, helps: str, tmp_path: Path) -> None:
    stand, access = Stand(tmp_path), Access(state_dir=tmp_path)
    run = stand.set_up(hybrid(), file="t.yaml")
    stand.carry_out(run)
    if kind == "teardown":
        run = stand.take_away(hybrid(), file="t.yaml")
        stand.carry_out(run)
    for way in (runs.resumable, undoing.plan_of):
        with pytest.raises(UsageError) as raised:
            way(access, run)

        assert raised.value.fix == helps


def test_what_opened_a_fleet_or_an_agent_that_are_gone_does_not_stay_on_the_shelf(tmp_path: Path) -> None:
    stand, shelf = Stand(tmp_path), Shelf(tmp_path, "demo")
    stand.carry_out(stand.set_up(hybrid()))
    kept = [shelf.write(name, "x") for name in ("fleet-1.kubeconfig", "agent-idc-b.yaml", "agent-idc-b-objects.yaml")]
    setups.tidy(Access(state_dir=tmp_path), hybrid(), stand.world.read())
    assert all(one.exists() for one in kept)
    stand.carry_out(stand.take_away(hybrid()))
    gone = stand.world.read()
    run = stand.set_up(hybrid())
    stand.journal.update(run, state=RunState.RUNNING)
    setups.tidy(Access(state_dir=tmp_path), hybrid(), gone)
    assert all(one.exists() for one in kept), "a run is under way"
    stand.journal.update(run, state=RunState.REFUSED)
    setups.tidy(Access(state_dir=tmp_path), hybrid(), gone)

    assert [False, False, True] == [one.exists() for one in kept]


def test_the_agent_of_a_member_that_the_file_names_no_more_does_not_stay_on_the_shelf(tmp_path: Path) -> None:
    stand, shelf = Stand(tmp_path), Shelf(tmp_path, "demo")
    stand.carry_out(stand.set_up(hybrid()))
    agent = shelf.write("agent-idc-b.yaml", "x")
    one_member = hybrid(members=hybrid().members[:1], gateway=None, routes=(), applications=())
    setups.tidy(Access(state_dir=tmp_path), one_member, stand.world.read())

    assert agent.exists(), "its cluster still stands"

    stand.carry_out(stand.take_away(one_member))
    setups.tidy(Access(state_dir=tmp_path), one_member, stand.world.read())

    assert not agent.exists()


def test_settings_that_a_teardown_leaves_are_named(tmp_path: Path) -> None:
    access = Access(state_dir=tmp_path)

    assert () == setups.stays_here(access, hybrid())

    path = Shelf(tmp_path, "demo").write("config.yaml", "x")

    assert setups.stays_here(access, hybrid())[0].startswith(f"{path}, settings with what opens the cloud")


def test_the_clouds_tasks_of_former_runs_are_followed_by_later_ones() -> None:
    said = ("made c1, task T-1, request R", "made c1, request R", "task T-2", "made f1, task T-3")
    lines = [JournalLine(1.0, "x", phase, one) for one in said for phase in ("intended", "sent")]

    assert [("c1", "T-1"), ("f1", "T-3")] == list(past.followed(lines))


def test_a_later_front_reads_the_tasks_that_former_runs_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand, told = Stand(tmp_path), list[tuple[str, str]]()
    for number in (1, 2):
        run = stand.set_up(hybrid())
        stand.journal.line(run, "fleet", "sent", f"made f1, task T-{number}, request R")
    monkeypatch.setattr(AccountReader, "remember", lambda _, about, task: told.append((about, task)))
    said = {"cloud": {"region": "cn-hangzhou", "credentials": {"environment": True}}}
    setups.eyes(Access(state_dir=tmp_path), parse({"fleets": [said]}, where="here"), hybrid())

    assert [("f1", "T-1"), ("f1", "T-2")] == told
