"""Every way in which the cloud or a Kubernetes API fails a set-up, at every step that writes: the run says where it
stands and what to do, and a resume succeeds once the cause is gone, without duplicates."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from console.cloud.outcome import Declined
from console.decide.setup import takes
from console.decide.setup.checks import checks, reds
from console.decide.setup.found import Found
from console.decide.setup.plan import plan
from console.decide.setup.plan_words import broken
from console.decide.setup.retry import again, refuse
from console.decide.setup.task import CloudCall, Task, Verdict, writes
from console.decide.setup.teardown import teardown
from console.decide.setup.unknown import unknown, unknown_to_show, unknown_to_teardown
from console.errors import Denied, Refused
from console.model.ground import Account, Ground, SecurityGroup, Site
from console.model.run import RunReport, RunState
from console.model.topology import FleetPart
from console.run.seams import passing
from console.run.setup.sides import Again, NotKnown
from tests.setup_stand import Stand, World, hybrid
from tests.setups_at_every_seam import Killed

TASKS = tuple(one for one in plan(hybrid(), World().read()).tasks if writes(one.call) or one.id == "fleet kubeconfig")
SAID = {
    "quota": Declined("QuotaExceeded: 20 of 20", "QuotaExceeded", fix="Have the quota raised."),
    "permission": Denied("not allowed: adcp:Anything (StatusForbidden)", permission="adcp:Anything"),
    "throttling": Again("Throttling.User: denied due to flow control"),
    "name taken": Declined("NameAlreadyExist: in use", "NameAlreadyExist", fix="Name another."),
    "webhook": Refused('refused by the API server: admission webhook "w" denied the request'),
    "too many requests": Again("the hub answered 429 TooManyRequests"),
    "no answer": NotKnown("the hub answered 500 InternalError"),
    "trouble": NotKnown("AnOperation: ServiceUnavailable temporary failure of the server"),
}
CLOUD, HUB = ("quota", "permission", "throttling", "name taken"), ("webhook", "permission", "too many requests")
FAILING = ("CreateHubCluster", "CreateCluster", "AttachClusterToHub")


def whole(stand: Stand) -> None:
    """Everything is there once."""
    world = stand.world
    assert (len(world.fleets), len(world.clusters), len(world.subnets)) == (1, 2, 4)
    assert plan(hybrid(), world.read()).tasks == ()


def clear(task: Task, run: str, report: RunReport, said: str) -> None:
    """The message names the step, the words of whoever refused, and what to do."""
    assert report.message.startswith(f"{task.stage}: ")
    assert said in report.message
    assert f"fleet-console resume {run}" in report.message
    made = any(one.phase == "sent" or "not known whether" in one.sentence for one in report.lines)
    assert made == ("fleet-console topology teardown topology.yaml" in report.message)


@pytest.mark.parametrize(
    ("task", "how"),
    [(one, how) for one in TASKS for how in (CLOUD if isinstance(one.call, CloudCall) else HUB)],
    ids=lambda one: one if isinstance(one, str) else one.id,
)
def test_refused_at_a_step_and_resumed(task: Task, how: str, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.world.refuse[task.id] = SAID[how]
    run = stand.set_up(hybrid(), file="topology.yaml")
    report = stand.carry_out(run)
    first = not any(one.phase == "sent" for one in report.lines)
    at_once = isinstance(SAID[how], (Refused, Denied))
    assert report.state is (RunState.REFUSED if first and at_once else RunState.HELD)
    clear(task, run, report, str(SAID[how].args[0]))
    assert "or, where the file is wrong, mend it, then fleet-console topology apply topology.yaml" in report.message
    stand.world.refuse.clear()
    assert stand.carry_out(run).state is RunState.DONE
    assert len(stand.world.carried) == len(set(stand.world.carried))
    whole(stand)


@pytest.mark.parametrize("task", TASKS, ids=lambda one: one.id)
def test_never_an_answer_and_resumed(task: Task, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.world.refuse[task.id] = SAID["no answer"]
    run = stand.set_up(hybrid(), file="topology.yaml")
    report = stand.carry_out(run)
    assert report.state is (RunState.UNVERIFIED if writes(task.call) else RunState.HELD)
    clear(task, run, report, "500 InternalError")
    stand.world.refuse.clear()
    assert stand.carry_out(run).state is RunState.DONE
    whole(stand)


@pytest.fixture(params=[False, True], ids=["undone", "done"])
def took(request: pytest.FixtureRequest) -> bool:
    """Whether what a service in trouble was asked for was done all the same."""
    return bool(request.param)


def trouble(world: World, tasks: Iterable[Task], *, took: bool) -> int:
    """Have every write among the tasks meet a service in trouble, once; how many there are."""
    written = [one.id for one in tasks if writes(one.call)]
    if took:
        world.lose.update(written)
    else:
        world.fail.update(dict.fromkeys(written, SAID["trouble"]))
    return len(written)


def test_services_in_trouble_at_every_write_are_asked_again_and_do_nothing_twice(took: bool, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    count = trouble(stand.world, TASKS, took=took)
    report = stand.carry_out(stand.set_up(hybrid()))
    assert report.state is RunState.DONE, report.message
    assert sum(one.sentence.startswith("not known whether it was done: ") for one in report.lines) == count
    assert sum(one.sentence.startswith("not seen after ") for one in report.lines) == (0 if took else count)
    assert len(stand.world.carried) == len(set(stand.world.carried))
    whole(stand)


def test_killed_at_the_trouble_of_every_write_and_resumed_nothing_is_made_twice(took: bool, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    world, run = stand.world, stand.set_up(hybrid())
    for held in range(trouble(world, TASKS, took=took), 0, -1):

        def die(_: int, name: str, held: int = held) -> None:
            if len(world.lose) + len(world.fail) < held:
                raise Killed(name)

        with pytest.raises(Killed), passing(die):
            stand.carry_out(run)
    report = stand.carry_out(run)
    assert report.state is RunState.DONE, report.message
    assert len(world.carried) == len(set(world.carried))
    whole(stand)


def test_a_teardown_survives_trouble_at_every_deletion(took: bool, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    before = stand.world.read().account
    stand.carry_out(stand.set_up(hybrid()))
    assert trouble(stand.world, teardown(hybrid(), stand.world.read()).tasks, took=took) > 10
    _gone(stand, before.subnets)
    assert not (stand.world.lose or stand.world.fail)


DOOMED = [one for one in TASKS if isinstance(one.call, CloudCall) and one.call.action in FAILING]


def item(task: Task) -> str:
    return task.id.removesuffix(" associated")


@pytest.mark.parametrize("task", DOOMED, ids=lambda one: one.id)
def test_a_failed_task_of_the_cloud_shows_its_words_and_three_ways(task: Task, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.world.doom.add(task.id)
    run = stand.set_up(hybrid(), file="topology.yaml")
    report = stand.carry_out(run)
    assert report.state is RunState.HELD
    clear(task, run, report, "OperationFailed")
    assert f"topology apply topology.yaml --retry {shlex.quote(item(task))}; or" in report.message
    assert "put its id into topology.yaml" in report.message
    assert stand.carry_out(run).state is RunState.HELD  # nothing is made anew that nobody named
    assert stand.world.carried.count(task.id) == 1


@pytest.mark.parametrize("task", DOOMED, ids=lambda one: one.id)
def test_what_failed_is_made_anew_where_it_is_named(task: Task, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.world.doom.add(task.id)
    stand.carry_out(stand.set_up(hybrid()))
    stand.world.doom.clear()
    run = stand.set_up(hybrid(), retry=(item(task),))
    report = stand.carry_out(run)
    assert report.state is RunState.DONE, report.message
    assert stand.world.carried.count(task.id) == 2
    whole(stand)


@pytest.mark.parametrize("task", DOOMED, ids=lambda one: one.id)
def test_what_fails_again_is_made_anew_once_a_run(task: Task, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.world.doom.add(task.id)
    stand.carry_out(stand.set_up(hybrid()))
    run = stand.set_up(hybrid(), retry=(item(task),))
    assert stand.carry_out(run).state is RunState.HELD
    assert stand.carry_out(run).state is RunState.HELD
    assert stand.world.carried.count(task.id) == 2


@pytest.mark.parametrize("task", DOOMED, ids=lambda one: one.id)
def test_what_was_mended_by_hand_is_taken_as_it_is(task: Task, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.world.doom.add(task.id)
    run = stand.set_up(hybrid())
    stand.carry_out(run)
    stand.world.doom.clear()
    stand.world.drop_failed()
    report = stand.carry_out(run)
    assert report.state is RunState.DONE, report.message
    whole(stand)


def test_the_same_words_of_a_failure_are_told_once() -> None:
    log = ("info Check: quota", "info Create: plane", "error OperationFailed: no room", "error OperationFailed no room")
    told = "the cloud says failed; OperationFailed: no room; info Check: quota; info Create: plane"
    assert told == broken("failed", "OperationFailed: no room", log)
    assert "the cloud says failed; b; c; d" == broken("failed", "", ("a", "b", "c", "d"))


def test_a_feature_that_does_not_come_on_is_asked_for_again_and_then_told(tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.world.doom.add("argocd")
    run = stand.set_up(hybrid(), file="topology.yaml")
    report = stand.carry_out(run)
    assert report.state is RunState.UNVERIFIED
    assert "ArgoCD" in report.message
    stand.world.doom.clear()
    assert stand.carry_out(run).state is RunState.DONE
    whole(stand)


AWAY = ("fleet deleted", "member ack-a deleted", "member idc-b deleted")


@pytest.mark.parametrize("task", AWAY)
def test_a_deletion_that_fails_in_the_cloud_is_tried_again_a_few_times_and_told(task: str, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.carry_out(stand.set_up(hybrid()))
    stand.world.doom.add(task)
    run = stand.take_away(hybrid())
    report = stand.carry_out(run)
    assert report.state in (RunState.HELD, RunState.UNVERIFIED)
    assert "delete_failed" in report.message
    assert 1 < stand.world.carried.count(task) < 30
    stand.world.doom.clear()
    assert stand.carry_out(run).state is RunState.DONE
    assert (stand.world.fleets, stand.world.clusters) == ([], [])


@pytest.mark.parametrize("task", [one.id for one in TASKS])
def test_teardown_takes_away_what_a_held_set_up_left(task: str, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    before = stand.world.read().account
    stand.world.refuse[task] = SAID["quota"]
    stand.carry_out(stand.set_up(hybrid()))
    stand.world.refuse.clear()
    _gone(stand, before.subnets)


@pytest.mark.parametrize("task", [one.id for one in DOOMED])
def test_teardown_takes_away_what_failed(task: str, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    before = stand.world.read().account
    stand.world.doom.add(task)
    stand.carry_out(stand.set_up(hybrid()))
    _gone(stand, before.subnets)


def _gone(stand: Stand, subnets: object) -> None:
    report = stand.carry_out(stand.take_away(hybrid()))
    assert report.state is RunState.DONE, report.message
    left = stand.world.read().account
    assert (left.fleets, left.clusters, left.balancers, left.subnets) == ((), (), (), subnets)
    assert not stand.world.site.agent
    assert teardown(hybrid(), stand.world.read()).tasks == ()


@pytest.mark.parametrize("part", ["fleets", "clusters", "vpcs", "hub AlbConfig"])
def test_an_account_that_is_away_for_a_while_is_waited_for_and_the_journal_says_so(part: str, tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    run = stand.set_up(hybrid())
    stand.world.away(part, "no answer in time", looks=4)
    report = stand.carry_out(run)
    assert report.state is RunState.DONE, report.message
    said = [one.sentence for one in report.lines if one.step == "look"]
    assert said == [f"not read, and asked again for 2:00: {part}: no answer in time", "all is read again after 1:00"]
    whole(stand)


def test_an_account_that_stays_away_ends_the_run_and_a_resume_goes_on(tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    run = stand.set_up(hybrid())
    stand.world.away("fleets", "no answer in time", looks=100)
    report = stand.carry_out(run)
    assert report.state is RunState.FAILED
    assert report.message.startswith("fleets: no answer in time")
    assert f"fleet-console resume {run}" in report.message
    stand.world.unread.clear()
    assert stand.carry_out(run).state is RunState.DONE


def test_what_is_known_only_in_part_is_not_made_twice(tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.carry_out(stand.set_up(hybrid()))
    whole = stand.world.read()
    [fleet] = whole.account.fleets or ()
    [ack] = [one for one in whole.account.clusters or () if one.kind == "ack"]
    for name, account in (
        (f"fleets {fleet.id}", {"fleets": (replace(fleet, tags=()),)}),
        (f"fleets {fleet.id}", {"fleets": (replace(fleet, attached=None),)}),
        (f"clusters {ack.id}", {"clusters": (replace(ack, security_group=""),)}),
        (f"groups {ack.security_group}", {"groups": (SecurityGroup(ack.security_group, "vpc-1"),)}),
    ):
        ground = replace(whole, account=replace(whole.account, **account), unread={name: "throttled"})
        assert unknown(hybrid(), ground) == (f"{name}: throttled",)
    strange = replace(fleet, id="another", name="another")
    both = replace(whole.account, fleets=(fleet, strange))
    assert unknown(hybrid(), replace(whole, account=both, unread={"fleets another": "throttled"})) == ()


def test_rules_of_a_group_that_may_not_be_read_are_left_to_a_person(tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.carry_out(stand.set_up(hybrid()))
    whole = stand.world.read()
    [ack] = [one for one in whole.account.clusters or () if one.kind == "ack"]
    name, why = f"groups {ack.security_group}", "not allowed: ecs:DescribeSecurityGroupAttribute (NoPermission)"
    shut = SecurityGroup(ack.security_group, "vpc-1", denied=True)
    ground = replace(whole, account=replace(whole.account, groups=(shut,)), unread={name: why})
    assert unknown(hybrid(), ground) == ()
    assert plan(hybrid(), ground).tasks == ()
    told = [one for one in checks(hybrid(), ground) if one.rule == "security-group"]
    assert {one.verdict for one in told} == {Verdict.UNCHECKED}
    assert why in told[0].measured and "add it there: no step does" in told[0].fix
    adopted = replace(ack, tags=())
    others = tuple(adopted if one is ack else one for one in ground.account.clusters or ())
    named = hybrid(members=(structs.replace(hybrid().members[0], id=ack.id), hybrid().members[1]))
    theirs = replace(ground, account=replace(ground.account, clusters=others))
    assert unknown_to_teardown(named, theirs) == (f"{name}: {why}",)


def test_what_has_failed_is_red_in_the_plan_until_it_is_made_anew(tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.carry_out(stand.set_up(hybrid()))
    whole = stand.world.read()
    fleets = tuple(replace(one, state="failed") for one in whole.account.fleets or ())
    clusters = tuple(
        replace(one, state="failed" if one.kind == "ack" else one.state) for one in whole.account.clusters or ()
    )
    for item, about, account in (
        ("fleet", "fleet", replace(whole.account, fleets=fleets)),
        ("member ack-a", "members[0]", replace(whole.account, clusters=clusters)),
    ):
        ground = replace(whole, account=account)
        [said] = takes.failed(Found(hybrid(), ground), plan(hybrid(), ground))
        assert (said.rule, said.verdict, said.about) == ("failed", Verdict.RED, about)
        assert said.measured.startswith("the cloud says failed")
        assert f"--retry {shlex.quote(item)}" in said.fix
        retried = plan(hybrid(), ground, retry=frozenset({item}))
        assert [*takes.failed(Found(hybrid(), ground), retried)] == []


def test_of_a_region_that_is_none_the_rule_speaks_and_nothing_else() -> None:
    ground = Ground(Account(regions=("cn-hangzhou",)), unread={"vpcs": "InvalidRegionId.NotFound"})
    mars = hybrid(region="mars-1")
    assert unknown(mars, ground) and unknown_to_show(mars, ground) == ()
    assert unknown_to_show(hybrid(), ground) == unknown(hybrid(), ground) != ()
    said = reds(checks(mars, ground))
    assert {one.rule for one in said} == {"region"}
    assert said[0].fix == "Choose of: cn-hangzhou."


def test_a_teardown_overlooks_nothing_that_does_not_answer(tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.carry_out(stand.set_up(hybrid()))
    whole = stand.world.read()
    away = replace(whole, hub=None, unread={"hub": "no answer"})
    assert unknown_to_teardown(hybrid(), away) == ("hub: no answer",)
    assert unknown_to_teardown(hybrid(), away, frozenset({"hub"})) == ()
    unseen = replace(whole, account=replace(whole.account, balancers=None))
    assert unknown_to_teardown(hybrid(), unseen) == ("balancers: not read",)
    silent = replace(whole, sites={"idc-b": Site(problem="no answer in time")})
    [said] = unknown_to_teardown(hybrid(), silent)
    assert said.startswith("the data centre of idc-b: no answer in time")


def test_what_was_adopted_or_is_well_is_not_made_anew(tmp_path: Path) -> None:
    stand = Stand(tmp_path, poll=15.0)
    stand.carry_out(stand.set_up(hybrid()))
    found = Found(hybrid(), stand.world.read())
    with pytest.raises(Refused, match="has not failed: it is running"):
        refuse(found, frozenset({"fleet"}))
    with pytest.raises(Refused, match="nothing is called 'fleet x'"):
        refuse(found, frozenset({"fleet x"}))
    broken = tuple(replace(one, state="failed", tags=()) for one in found.account.fleets or ())
    adopted = Found(
        hybrid(fleet=FleetPart(id=broken[0].id, name="demo-fleet", vswitches=("nodes-j",))),
        replace(found.ground, account=replace(found.account, fleets=broken)),
    )
    with pytest.raises(Refused, match="was adopted"):
        refuse(adopted, frozenset({"fleet"}))
    assert again(adopted, frozenset({"fleet"})) == (adopted, ())
