"""A set-up run: from nothing to everything, again without a write, through lost answers, and away again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from console.decide.setup.away import left, unseen
from console.decide.setup.plan import plan
from console.decide.setup.teardown import teardown
from console.errors import Refused
from console.model.run import RunState
from console.present import setup_review
from console.present.line import text
from console.run.setup.sides import Again
from tests.setup_stand import Stand, World, hybrid


def test_from_nothing_everything_is_made_once(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    report = stand.carry_out(stand.set_up(hybrid()))
    assert report.state is RunState.DONE, report.message
    assert len(stand.world.carried) == len(set(stand.world.carried))
    assert len(stand.world.fleets) == 1
    assert [one.name for one in stand.world.clusters] == ["ack-a", "idc-b"]
    assert plan(hybrid(), stand.world.read()).tasks == ()


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.carry_out(stand.set_up(hybrid()))
    before = list(stand.world.carried)
    report = stand.carry_out(stand.set_up(hybrid()))
    assert report.state is RunState.DONE
    assert [one for one in stand.world.carried[len(before) :] if one not in ("first requests", "files")] == []


@pytest.mark.parametrize("task", [one.id for one in plan(hybrid(), World().read()).tasks])
def test_a_lost_answer_makes_no_duplicate(task: str, tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.world.lose.add(task)
    report = stand.carry_out(stand.set_up(hybrid()))
    assert report.state is RunState.DONE, report.message
    assert len(stand.world.fleets) == 1
    assert len(stand.world.clusters) == 2
    assert len(stand.world.subnets) == 4


def test_what_is_not_taken_for_now_is_tried_again(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.world.fail["fleet"] = Again("Throttling.User")
    assert stand.carry_out(stand.set_up(hybrid())).state is RunState.DONE


def test_what_was_refused_for_a_while_is_history_once_it_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand = Stand(tmp_path)
    stand.world.fail["fleet"] = Again("CreateHubCluster: Throttling.User")
    run = stand.set_up(hybrid())
    told: list[tuple[str, str]] = []
    keep = stand.journal.line

    def heard(run: str, step: str, phase: str, sentence: str) -> None:
        row = stand.journal.row(run)
        assert row is not None
        told.append((f"{step} {phase}", row.report.message))
        keep(run, step, phase, sentence)

    monkeypatch.setattr(stand.journal, "line", heard)
    stand.carry_out(run)

    assert "the last answer" not in dict(told)["fleet sent"]


def test_a_refusal_holds_and_a_resume_succeeds(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.world.fail["member ack-a"] = Refused("QuotaExceeded.Cluster: 50 of 50")
    run = stand.set_up(hybrid())
    report = stand.carry_out(run)
    assert report.state is RunState.HELD
    assert "QuotaExceeded" in report.message
    assert f"resume {run}" in report.message
    assert stand.carry_out(run).state is RunState.DONE


def test_an_object_that_changed_after_the_plan_is_not_overwritten(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.carry_out(stand.set_up(hybrid()))
    run = stand.set_up(hybrid())  # nothing to do: nothing is confirmed
    key = next(one for one in stand.world.read().hub.objects if one.kind == "Ingress")  # type: ignore[union-attr]
    stand.world._delete(key)
    report = stand.carry_out(run)
    assert report.state is RunState.HELD
    assert "not confirmed" in report.message


def test_teardown_leaves_what_was_found(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    found = stand.world.read().account
    stand.carry_out(stand.set_up(hybrid()))
    report = stand.carry_out(stand.take_away(hybrid()))
    assert report.state is RunState.DONE, report.message
    left = stand.world.read().account
    assert (left.fleets, left.clusters, left.balancers) == ((), (), ())
    assert left.subnets == found.subnets
    assert not stand.world.site.agent


def test_a_teardown_that_could_not_see_the_fleet_says_so_and_is_confirmed_again(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.carry_out(stand.set_up(hybrid()))
    whole = teardown(hybrid(), stand.world.read())
    stand.world.forget()
    made = teardown(hybrid(), stand.world.read())
    assert ("", True) == (unseen(whole), "is not seen yet" in unseen(made))
    drawn = [text(one) for one in setup_review.lines((), made, (), (), 80)]
    assert drawn[0].startswith("! what stands on the Fleet is not seen yet")
    before = len(stand.world.carried)
    report = stand.carry_out(stand.take_away(hybrid(), file="t.yaml"))
    assert report.state is RunState.HELD
    assert report.message == (
        f"the Fleet could be read only now: '{whole.tasks[0].what}' was not confirmed; look at it, and confirm it by"
        " teardown again: fleet-console topology teardown t.yaml"
    )
    assert ["fleet kubeconfig"] == stand.world.carried[before:]
    assert stand.carry_out(stand.take_away(hybrid())).state is RunState.DONE


def test_teardown_keeps_what_was_adopted(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.carry_out(stand.set_up(hybrid()))
    [ack] = [one for one in stand.world.clusters if one.kind == "ack"]
    stand.world.clusters = [replace(one, tags=()) if one is ack else one for one in stand.world.clusters]
    members = tuple(structs.replace(one, id=ack.id) if one.name == "ack-a" else one for one in hybrid().members)
    topology = hybrid(members=members)
    assert "cluster ack-a" in " ".join(left(topology, stand.world.read()))
    assert stand.carry_out(stand.take_away(topology)).state is RunState.DONE
    assert [one.id for one in stand.world.clusters] == [ack.id]
    assert [one.rules for one in stand.world.groups if one.id == ack.security_group] == [()]


def test_teardown_takes_what_is_named_besides(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.carry_out(stand.set_up(hybrid()))
    stand.world.clusters = [replace(one, tags=()) for one in stand.world.clusters]
    ids = {one.name: one.id for one in stand.world.clusters}
    topology = hybrid(members=tuple(structs.replace(one, id=ids[one.name]) for one in hybrid().members))
    stand.world.fail["member idc-b deleted"] = Refused("DeletionProtection")
    run = stand.take_away(topology, also=("member idc-b",), file="t.yaml")
    assert "topology teardown t.yaml --also 'member idc-b'" in stand.carry_out(run).message
    assert stand.carry_out(run).state is RunState.DONE
    assert [one.name for one in stand.world.clusters] == ["ack-a"]
