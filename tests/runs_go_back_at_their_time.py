"""A run that is done and has a time goes back when that is over and whoever gets weight again is proven to serve, place
by place; it retreats where that does not bear it; and it does not end, however often it has to begin."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.decide.plan import Plan
from console.kube.lease import FleetLease
from console.model.hub import FENCE_ANNOTATION
from console.model.run import RunState
from console.observe import Observer
from console.probe import direct
from console.probe.request import Reply, Unanswered
from console.run import guardian, verify
from console.run.executor import Executor
from console.run.eyes import Eyes
from console.run.guardian import Way
from console.run.seams import passing
from console.run.words import Words
from console.settings import DirectSettings, FleetSettings, MemberSettings, ReturnSettings, RunSettings
from tests.run_situations import ACK, IDC, A, Around, B, Stand, guarding, standing, status

CLEAN = "60ms"
"""How long a member must be clean here."""
PLACES = ["99:1", "96:4", "81:19", "62:38"]
"""What the route holds on the way back from 100:0."""


class Killed(BaseException):
    """What kills a runner here; no handler of its catches it."""


class Members:
    """Two members with a direct probe each, which answer as a test wants."""

    def __init__(self) -> None:
        self.dead: set[str] = set()

    def ask(self, url: str, host: str | None, timeout: float, proxy: str | None = None) -> Reply:
        """As `console.probe.request.ask`."""
        member = url.rpartition("/")[2]
        if member in self.dead:
            raise Unanswered("10.0.0.1:80: connection refused")
        return Reply(200, {}, b"")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "LOOK", 0.005)
    monkeypatch.setattr(direct, "EVERY", 0.005)
    monkeypatch.setattr(direct, "MOST", 1000.0)
    monkeypatch.setattr(guardian, "LOOK", 0.01)


@pytest.fixture
def members() -> Members:
    return Members()


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing({A: "62", B: "38"}) as one:
        said = {name: MemberSettings(name=name, direct=DirectSettings(url=f"http://m/{name}")) for name in ("a", "b")}
        run = RunSettings(
            steady="10ms", verify_timeout="5s", lease="15s", returning=ReturnSettings(clean=CLEAN, compare="60ms")
        )
        fleet = FleetSettings(name="stand", members={ACK: said["a"], IDC: said["b"]})
        one.settings = msgspec.structs.replace(one.settings, run=run, fleets=(fleet,))
        yield one


@pytest.fixture
def run(stand: Stand) -> str:
    """A drain that is done, and waits for its time."""
    return stand.carry_out(drained(stand)).run


def drained(stand: Stand) -> Plan:
    return stand.shift(("62", "38"), ("100", "0"), expires=3600.0, returns=(1, 10, 50))


class Runner:
    """Whoever goes back with a run, in this process."""

    def __init__(self, stand: Stand, run: str, members: Members, hub: Any = None) -> None:
        self.stand = stand
        self.run = run
        self.hub = hub or stand.hub
        row = stand.journal.row(run)
        assert row is not None
        self.eyes = Eyes(row.planned(), stand.settings, ask=members.ask)

    def go_back(self, word: str | None = None) -> tuple[RunState, str]:
        """What comes of it, and what the journal tells then."""
        row = self.stand.journal.row(self.run)
        assert row is not None
        with self.observing() as observer:
            words = Words(self.stand.journal, self.run, lambda: None)
            state = Executor(
                self.stand.journal, row.report, row.planned(), self.stand.settings, self.hub, observer, resumed=True,
                eyes=self.eyes, words=words,
            ).go_back(word)  # fmt: skip
        told = self.stand.journal.row(self.run)
        assert told is not None
        return state, f"{told.report.state}: {told.report.message}"

    @contextmanager
    def observing(self) -> Iterator[Observer]:
        observer = Observer(self.stand.settings, kubeconfig=self.stand.kubeconfig, probes=False)
        observer.start()
        try:
            yield observer
        finally:
            observer.stop()


def written(stand: Stand, run: str) -> list[str]:
    """The splits that the way back meant to write, in order."""
    row = stand.journal.row(run)
    assert row is not None
    meant = [line.sentence for line in row.report.lines if line.step.startswith("weigh") and line.phase == "intended"]
    return meant[1:]


def noted(stand: Stand, run: str, step: str) -> list[str]:
    row = stand.journal.row(run)
    assert row is not None
    return [line.sentence for line in row.report.lines if line.step == step]


def test_it_goes_back_by_one_percent_then_up_the_ramp_compared_at_each_place(
    stand: Stand, run: str, members: Members
) -> None:
    state, told = Runner(stand, run, members).go_back()

    assert (RunState.ROLLED_BACK, "62", "38") == (state, stand.annotations[A], stand.annotations[B])
    assert told.startswith("rolled_back: verified")
    assert PLACES == written(stand, run)
    compared = noted(stand, run, "compare")
    assert ["at 1 %", "at 10 %", "at 50 %", "at its former weights"] == [one.partition(":")[0] for one in compared]
    assert all(": pass: b: 0 of " in one and "serving side 0 of " in one for one in compared)
    assert (None, "") == (stand.annotations.get(FENCE_ANNOTATION), stand.lease()["holderIdentity"])
    assert "rolled_back" == stand.record(run)["state"]


def test_who_fails_at_a_place_is_drained_again_and_the_next_way_back_must_be_clean_for_longer(
    stand: Stand, run: str, members: Members
) -> None:
    runner = Runner(stand, run, members)
    runner.eyes.heard = lambda *words: None  # type: ignore[method-assign]

    def at(number: int, name: str) -> None:
        if name.startswith("answer weigh") and "96" == stand.annotations[A]:
            members.dead.add("b")

    before = runner.eyes.clean
    with passing(at):
        state, told = runner.go_back()
    row = stand.journal.row(run)

    assert row is not None
    assert (RunState.DONE, "100", "0") == (state, stand.annotations[A], stand.annotations[B])
    assert told.startswith("done: expiry overdue: it went back, and retreated at 10 %: fail: b: ")
    assert "connection refused" in told
    assert ["99:1", "96:4", "100:0"] == written(stand, run)
    assert 2 * before == runner.eyes.clean
    assert row.report.expires is not None  # its time is still over, and it is tried again
    assert (len(row.report.steps), "forward") == (row.report.step, row.report.going)
    assert (None, "") == (stand.annotations.get(FENCE_ANNOTATION), stand.lease()["holderIdentity"])
    assert ("done", told.partition(": ")[2]) == (stand.record(run)["state"], stand.record(run)["message"])

    members.dead.clear()

    assert RunState.ROLLED_BACK is runner.go_back()[0]
    assert "62" == stand.annotations[A]


def test_no_data_is_no_pass(stand: Stand, run: str, members: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "EVERY", 60.0)
    state, told = Runner(stand, run, members).go_back()

    assert RunState.DONE is state
    assert "retreated at 1 %: no data: b: " in told
    assert "100" == stand.annotations[A]


def test_a_person_who_wants_it_back_needs_no_proof(stand: Stand, run: str, members: Members) -> None:
    members.dead = {"a", "b"}
    state, _ = Runner(stand, run, members).go_back("rollback")

    assert (RunState.ROLLED_BACK, ["62:38"]) == (state, written(stand, run))


@pytest.mark.parametrize(
    ("word", "state", "weights", "then"),
    [
        ("stop", RunState.HELD, "96", ["99:1", "96:4"]),
        ("rollback", RunState.ROLLED_BACK, "62", PLACES),
        ("rollback-now", RunState.ROLLED_BACK, "62", ["99:1", "96:4", "62:38"]),
    ],
)
def test_words_are_obeyed_on_the_way_back(
    stand: Stand, run: str, members: Members, word: str, state: RunState, weights: str, then: list[str]
) -> None:
    said: list[str] = []

    def at(number: int, name: str) -> None:
        if name.startswith("answer weigh") and "96" == stand.annotations[A] and not said:
            said.append(word)
            stand.journal.command(run, word)

    with passing(at):
        ended, told = Runner(stand, run, members).go_back()
    row = stand.journal.row(run)

    assert row is not None
    assert (state, weights, then) == (ended, stand.annotations[A], written(stand, run)), told
    assert row.report.expires is None


def test_a_rollback_undoes_a_run_that_was_stopped_on_its_way_back(stand: Stand, run: str, members: Members) -> None:
    from console.decide.plan import undo

    def at(number: int, name: str) -> None:
        if name.startswith("answer weigh") and "96" == stand.annotations[A]:
            stand.journal.command(run, "stop")

    with passing(at):
        Runner(stand, run, members).go_back()
    plan = undo(drained(stand), run, {"shop/checkout": ((A, "96"), (B, "4"))})
    report = stand.carry_out(plan)

    assert (RunState.ROLLED_BACK, "62", (100,)) == (report.state, stand.annotations[A], plan.steps)


@pytest.mark.parametrize("places", PLACES)
def test_a_runner_that_is_killed_on_the_way_back_is_followed_by_one_that_goes_on(
    stand: Stand, run: str, members: Members, places: str
) -> None:
    def at(number: int, name: str) -> None:
        if name.startswith("answer weigh") and places.partition(":")[0] == stand.annotations[A]:
            raise Killed

    with passing(at), pytest.raises(Killed):
        Runner(stand, run, members).go_back()
    row = stand.journal.row(run)

    assert row is not None
    assert (True, "back") == (row.report.expires is not None, row.report.going)  # by which a new runner knows

    state, told = Runner(stand, run, members).go_back()

    assert (RunState.ROLLED_BACK, "62") == (state, stand.annotations[A]), told
    assert PLACES == written(stand, run)  # each once


def test_a_runner_that_is_killed_while_it_retreats_is_followed_by_one_that_retreats(
    stand: Stand, run: str, members: Members
) -> None:
    def at(number: int, name: str) -> None:
        if name.startswith("answer weigh") and "99" == stand.annotations[A]:
            members.dead.add("b")
        if name.startswith("send weigh") and members.dead:
            raise Killed

    with passing(at), pytest.raises(Killed):
        Runner(stand, run, members).go_back()

    assert "99" == stand.annotations[A]

    state, told = Runner(stand, run, members).go_back()

    assert (RunState.DONE, "100") == (state, stand.annotations[A])
    assert "retreated its runner died on the way" in told


def test_it_waits_for_the_run_that_holds_the_lease_and_does_not_end(stand: Stand, run: str, members: Members) -> None:
    other = FleetLease(stand.hub, "t999", 15.0)
    other.acquire()
    state, told = Runner(stand, run, members).go_back()

    assert RunState.REFUSED is state
    assert told.startswith("done: expiry overdue: it cannot go back yet: ")
    assert stand.record(run)["message"].startswith("expiry overdue: it cannot go back yet: ")
    assert "run t999" in told
    assert "100" == stand.annotations[A]
    row = stand.journal.row(run)
    assert row is not None
    assert row.report.expires is not None  # a new runner would know

    assert other.release()
    state, told = Runner(stand, run, members).go_back()

    assert (RunState.ROLLED_BACK, "62", "") == (state, stand.annotations[A], stand.lease()["holderIdentity"])


def test_a_hub_that_does_not_answer_is_asked_again(stand: Stand, run: str, members: Members) -> None:
    around = Around(stand.hub)
    around.before = lambda method, path, body: status(503, "etcd is away")
    state, told = Runner(stand, run, members, around).go_back()

    assert RunState.REFUSED is state
    assert "expiry overdue: it cannot go back yet" in told
    assert RunState.ROLLED_BACK is Runner(stand, run, members).go_back()[0]


def test_weights_that_somebody_changed_end_it(stand: Stand, run: str, members: Members) -> None:
    stand.annotate("kubectl-annotate", a="50", b="50")

    assert RunState.SUPERSEDED is Runner(stand, run, members).go_back()[0]
    assert "50" == stand.annotations[A]


class Guarded:
    """A run whose time is over, and whoever waits beside it, in a thread."""

    def __init__(self, stand: Stand, run: str, members: Members, *, left: float = 0.0) -> None:
        row = stand.journal.row(run)
        assert row is not None
        stand.journal.update(run, expires=time.time() + left)
        row = stand.journal.row(run)
        assert row is not None
        self.stand = stand
        self.run = run
        self.eyes = Eyes(row.planned(), stand.settings, ask=members.ask)
        self.guardian = guarding(stand, row, self.eyes)
        self.ways: list[Way] = []
        self.thread = threading.Thread(target=lambda: self.ways.append(self.guardian.waits()), daemon=True)
        self.thread.start()

    def ended(self) -> list[Way]:
        self.thread.join(10.0)
        return self.ways

    def says(self, words: str) -> bool:
        end = time.monotonic() + 10.0
        while time.monotonic() < end:
            row = self.stand.journal.row(self.run)
            assert row is not None
            if words in row.report.message:
                return True
            time.sleep(0.01)
        return False


def test_it_does_not_go_back_without_proof_says_why_and_does_once_there_is_one(
    stand: Stand, run: str, members: Members
) -> None:
    members.dead.add("b")
    one = Guarded(stand, run, members)

    assert one.says(
        "expiry overdue: no proof that b serves: 10.0.0.1:80: connection refused; rollback t001 takes it back"
    )
    assert "expiry overdue: no proof that b serves" in stand.record(run)["message"]
    assert ([], "") == (one.ways, stand.lease().get("holderIdentity") or "")

    members.dead.clear()

    assert [Way.PROVEN] == one.ended()
    assert 1 == sum("connection refused" in line for line in noted(stand, run, "expiry"))  # told once, not each second


def test_who_is_asked_before_the_time_is_over_goes_back_when_it_is(stand: Stand, run: str, members: Members) -> None:
    one = Guarded(stand, run, members, left=0.3)

    assert [Way.PROVEN] == one.ended()
    assert not any("overdue" in line for line in noted(stand, run, "expiry"))


def test_a_member_that_nobody_can_look_at_is_never_taken_back_by_itself(
    stand: Stand, run: str, members: Members
) -> None:
    fleet = FleetSettings(name="stand", members={IDC: MemberSettings(name="idc-prod")})
    stand.settings = msgspec.structs.replace(stand.settings, fleets=(fleet,))
    one = Guarded(stand, run, members)

    assert one.says("no proof that idc-prod serves: neither a direct probe nor its own API is in settings")
    stand.journal.command(run, "rollback")
    assert [Way.BACK] == one.ended()


@pytest.mark.parametrize(("word", "way"), [("stop", Way.KEPT), ("rollback", Way.BACK), ("rollback-now", Way.NOW)])
def test_words_are_obeyed_while_it_waits_for_proof(
    stand: Stand, run: str, members: Members, word: str, way: Way
) -> None:
    members.dead.add("b")
    one = Guarded(stand, run, members)

    assert one.says("expiry overdue")
    stand.journal.command(run, word)
    assert [way] == one.ended()


def test_an_expiry_that_is_put_off_while_it_is_overdue_counts_from_then_on(
    stand: Stand, run: str, members: Members
) -> None:
    members.dead.add("b")
    one = Guarded(stand, run, members, left=-500.0)

    assert one.says("expiry overdue")
    stand.journal.command(run, "extend 600")
    end = time.monotonic() + 5.0
    while time.monotonic() < end and (row := stand.journal.row(run)) and (row.report.expires or 0) < time.time():
        time.sleep(0.01)

    assert row is not None
    assert (row.report.expires or 0.0) > time.time() + 500
    stand.journal.command(run, "stop")
    assert [Way.KEPT] == one.ended()


def test_other_weights_end_the_waiting(stand: Stand, run: str, members: Members) -> None:
    stand.annotate("kubectl-annotate", a="50", b="50")
    members.dead.add("b")
    one = Guarded(stand, run, members)

    assert [Way.KEPT] == one.ended()
    assert one.says("nothing of this run is left to go back from")


def test_a_member_without_a_direct_probe_is_judged_by_its_pods(stand: Stand, run: str, tmp_path: Path) -> None:
    from console.model.fleet import Fleet
    from console.model.workload import Workload, WorkloadWord
    from tests import situations

    said = {IDC: MemberSettings(name="idc-prod", context="idc")}
    settings = msgspec.structs.replace(stand.settings, fleets=(FleetSettings(name="stand", members=said),))
    row = stand.journal.row(run)
    assert row is not None
    now = [100.0]
    eyes = Eyes(row.planned(), settings, clock=lambda: now[0])
    member = replace(situations.calm().members[0], id=IDC, name="idc-prod")

    def fleet(workload: Workload) -> Fleet:
        return replace(situations.calm(), members=(replace(member, workload=workload),))

    ready = Workload(WorkloadWord.OK, 4, 4, current=True)
    some = Workload(WorkloadWord.SOME, 3, 4, current=True)
    old = Workload(WorkloadWord.OK, 4, 4, current=False, why="no answer")

    def looked(workload: Workload) -> str:
        now[0] += 1.0
        return eyes.proof(fleet(workload)).sentence

    assert "no proof that idc-prod serves: 3 of 4 pods are ready by its own API" == looked(some)
    assert "does not say whether its pods are ready: no answer" in looked(old)
    assert "it serves again, and must do so for 0.06 s" in looked(ready)
    assert "" == looked(ready)
    assert (True, {IDC}) == (eyes.reading(settings)[1], set(eyes.reading(settings)[0].fleet.members))
