"""Automated sync that a run switches off: noted before it is done, restored whatever ends the run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from console.cli import console as front
from console.decide.plan import Plan, undo
from console.decide.reverters import Reverter, owed
from console.errors import Lost, Refused, UsageError
from console.kube import applications, write
from console.kube.connect import Answer
from console.kube.holder import Process
from console.model.fleet import Fleet, Run
from console.model.held import HELD_ANNOTATION, SyncHeld, policy_text
from console.model.hub import FENCE_ANNOTATION
from console.model.run import RunReport, RunState
from console.observe import Observer
from console.run import reverters, settle
from console.run.access import Access
from console.run.executor import Executor
from console.run.guardian import Way
from console.run.seams import passing
from tests.run_situations import PATH, A, Around, B, Stand, guarding, standing, status

KEY = "argocd/web"
PLACE = applications.place("argocd", "web")
POLICY = {"selfHeal": True, "prune": False}
MERGE = "application/merge-patch+json"
HEALED = {A: "62", B: "38"}


class Killed(BaseException):
    """What kills a runner here; no handler of its catches it."""


class Argo:
    """An Application that puts the weights of `shop/checkout` back right after each write, while its policy says so."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.around = Around(stand.hub)
        self.around.after = self._heal
        self.healed = 0
        self.sent: list[list[dict[str, Any]]] = []
        """Patches of the Application that were no dry runs."""
        self.made(POLICY)

    def made(self, policy: dict[str, Any] | None, **more: Any) -> None:
        """The Application anew."""
        self.stand.hub.call("DELETE", PLACE.path)
        spec: dict[str, Any] = {"destination": {"name": "in-cluster"}, "project": "default", "source": {"repoURL": "x"}}
        spec |= {} if policy is None else {"syncPolicy": {"automated": policy}}
        metadata = {"name": "web", "namespace": "argocd", **more}
        body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": spec}
        self.stand.served.on_loop(lambda: self.stand.served.api.seed(body))

    @property
    def now(self) -> dict[str, Any]:
        found = write.read(self.stand.hub, PLACE)

        assert found is not None
        return found

    @property
    def policy(self) -> Any:
        return applications.sync_policy(self.now).get("automated")

    @property
    def note(self) -> SyncHeld | None:
        return applications.held_of(self.now)

    @property
    def clean(self) -> bool:
        """Whether it is as it was before any run."""
        return self.policy == POLICY and "annotations" not in self.now["metadata"]

    def patch(self, body: dict[str, Any]) -> None:
        """Somebody else writes it."""
        answer = self.stand.hub.call("PATCH", PLACE.path, body=body, content_type=MERGE)

        assert answer.ok, answer.body

    def plan(self, **values: Any) -> Plan:
        uid = self.now["metadata"]["uid"]
        one = Reverter("argocd", "web", uid, policy_text(POLICY))
        return self.stand.shift(("62", "38"), ("80", "20"), **{"expires": 3600.0, "reverters": (one,), **values})

    def carry_out(self, plan: Plan, **settings: str) -> RunReport:
        self.stand.settings = _with(self.stand, **settings)
        return self.stand.carry_out(plan, hub=self.around)

    def go_back(self, run: str, plan: Plan) -> RunReport:
        """As its runner does where a person wants it back."""
        with self.again(run, plan) as executor:
            executor.go_back("rollback")
        return self.told(run)

    @contextmanager
    def again(self, run: str, plan: Plan) -> Iterator[Executor]:
        """Another runner of a run that was begun."""
        stand = self.stand
        observer = Observer(stand.settings, kubeconfig=stand.kubeconfig, context=None, probes=False)
        observer.start()
        try:
            hub: Any = self.around
            yield Executor(stand.journal, self.told(run), plan, stand.settings, hub, observer, resumed=True)
        finally:
            observer.stop()

    def told(self, run: str) -> RunReport:
        row = self.stand.journal.row(run)

        assert row is not None
        return row.report

    def _heal(self, method: str, path: str, body: Any) -> None:
        if method == "PATCH" and path == PLACE.path:
            self.sent.append(body)
        if method != "PATCH" or path != PATH or not (self.policy or {}).get("selfHeal"):
            return
        if self.stand.annotations.get(A) != "62":
            self.healed += 1
            self.stand.annotate("argocd-controller", a="62", b="38")


def _with(stand: Stand, **settings: str) -> Any:
    return msgspec.structs.replace(stand.settings, run=msgspec.structs.replace(stand.settings.run, **settings))


@pytest.fixture
def argo() -> Iterator[Argo]:
    with standing({**HEALED, "other": "x"}) as stand:
        yield Argo(stand)


def test_without_a_hold_it_is_reverted(argo: Argo) -> None:
    report = argo.carry_out(argo.plan(reverters=(), expires=None))

    assert RunState.SUPERSEDED is report.state
    assert (True, HEALED[A]) == (argo.healed > 0, argo.stand.annotations[A])


def test_it_is_off_before_any_weight_is_written_and_on_as_it_was_after_the_way_back(argo: Argo) -> None:
    plan = argo.plan()
    report = argo.carry_out(plan)
    steps = [(line.step.split()[0], line.phase) for line in report.lines if line.phase == "intended"]

    assert RunState.DONE is report.state
    assert "automated sync of argocd/web stays off until it goes back, or is kept" in report.message
    assert (0, "80", None) == (argo.healed, argo.stand.annotations[A], argo.policy)
    assert steps.index(("hold-sync", "intended")) < steps.index(("weigh", "intended"))
    assert argo.note is not None
    assert (report.run, policy_text(POLICY)) == (argo.note.run, argo.note.automated)
    assert (KEY,) == report.debts
    assert [KEY] == json.loads(argo.stand.record(report.run)["debts"])

    back = argo.go_back(report.run, plan)

    assert RunState.ROLLED_BACK is back.state
    assert (HEALED[A], argo.healed) == (argo.stand.annotations[A], 0)
    assert argo.clean
    assert () == back.debts
    assert "[]" == argo.stand.record(report.run)["debts"]


def test_the_debt_is_in_journal_and_record_before_it_is_made(argo: Argo) -> None:
    seen: list[tuple[tuple[str, ...], str]] = []

    def at(number: int, name: str) -> None:
        if name == f"send hold-sync {KEY}":
            told = argo.told("t001")
            seen.append((told.debts, argo.stand.record("t001")["debts"]))

    with passing(at):
        argo.carry_out(argo.plan())

    assert [((KEY,), f'["{KEY}"]')] == seen


@pytest.mark.parametrize("ending", ["stopped", "unverified"])
def test_a_run_that_holds_its_weights_keeps_it_off_and_says_how_that_ends(argo: Argo, ending: str) -> None:
    slow = {"verify_timeout": "600ms", "steady": "60s"}
    plan = argo.plan(steps=(50, 100), hold=0.0)
    if ending == "stopped":
        slow = {"verify_timeout": "30s", "steady": "60s"}
        argo.around.before = _once_weighed(argo, lambda: argo.stand.journal.command("t001", "stop"))
    report = argo.carry_out(plan, **slow)

    assert {"stopped": RunState.HELD, "unverified": RunState.UNVERIFIED}[ending] is report.state
    assert "automated sync of argocd/web stays off, or the weights would move" in report.message
    assert f"rollback {report.run}" in report.message
    assert f"restore-sync {report.run}" in report.message
    assert (None, (KEY,)) == (argo.policy, report.debts)

    back = argo.carry_out(undo(plan, report.run), verify_timeout="5s", steady="100ms")

    assert RunState.ROLLED_BACK is back.state
    assert argo.clean
    assert ((), ()) == (back.debts, argo.told(report.run).debts)
    assert "[]" == argo.stand.record(report.run)["debts"]


def test_a_run_that_is_stopped_before_it_wrote_restores_it(argo: Argo) -> None:
    def at(number: int, name: str) -> None:
        if name == f"answer hold-sync {KEY}":
            argo.stand.journal.command("t001", "stop")

    with passing(at):
        report = argo.carry_out(argo.plan())

    assert RunState.HELD is report.state
    assert "nothing was written" in report.message
    assert argo.clean


def test_weights_that_somebody_else_moved_leave_no_debt(argo: Argo) -> None:
    argo.around.before = _once_weighed(argo, lambda: argo.stand.annotate("kubectl-edit", a="10", b="90"))
    report = argo.carry_out(argo.plan(), verify_timeout="30s", steady="10s")

    assert RunState.SUPERSEDED is report.state
    assert argo.clean


def test_a_policy_that_was_changed_since_the_plan_refuses_a_shift_before_any_weight(argo: Argo) -> None:
    plan = argo.plan()
    argo.patch({"spec": {"syncPolicy": {"automated": {"prune": True}}}})
    report = argo.carry_out(plan)

    assert RunState.REFUSED is report.state
    assert "the sync policy of Application argocd/web was changed since the plan" in report.message
    assert (HEALED[A], {"prune": True, "selfHeal": True}) == (argo.stand.annotations[A], argo.policy)
    assert [] == argo.sent


def test_it_is_changed_between_the_dry_run_and_the_hold(argo: Argo) -> None:
    def at(number: int, name: str) -> None:
        if name == f"send hold-sync {KEY}":
            argo.patch({"spec": {"syncPolicy": {"automated": {"prune": True}}}})

    with passing(at):
        report = argo.carry_out(argo.plan())

    assert RunState.REFUSED is report.state
    assert (HEALED[A], {"prune": True, "selfHeal": True}) == (argo.stand.annotations[A], argo.policy)
    assert ((), False) == (report.debts, "annotations" in argo.now["metadata"])


def test_an_applicationset_that_owns_it_by_now_refuses_a_shift(argo: Argo) -> None:
    plan = argo.plan()
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "name": "web", "uid": "u"}
    argo.patch({"metadata": {"ownerReferences": [owner]}})
    report = argo.carry_out(plan)

    assert RunState.REFUSED is report.state
    assert "an ApplicationSet owns Application argocd/web" in report.message


def test_a_way_back_is_never_kept_from_going_by_a_policy_that_was_changed(argo: Argo) -> None:
    plan = argo.plan()
    argo.patch({"spec": {"syncPolicy": {"automated": {"selfHeal": False}}}})
    argo.stand.annotate("fleet-console", a="80", b="20")
    back = argo.carry_out(undo(plan, "t000"))

    assert RunState.ROLLED_BACK is back.state
    assert ["not held"] == [line.sentence.partition(":")[0] for line in back.lines if line.step.startswith("hold-")]
    assert ({"selfHeal": False, "prune": False}, ()) == (argo.policy, back.debts)


def test_a_policy_that_somebody_set_meanwhile_stays(argo: Argo) -> None:
    plan = argo.plan()
    report = argo.carry_out(plan)
    argo.patch({"spec": {"syncPolicy": {"automated": {"prune": True}}}})
    back = argo.go_back(report.run, plan)

    assert RunState.ROLLED_BACK is back.state
    assert ({"prune": True}, None) == (argo.policy, argo.note)
    assert any("somebody else decides on it since" in line.sentence for line in back.lines)
    assert () == back.debts


def test_an_application_that_is_gone_settles_its_debt(argo: Argo) -> None:
    plan = argo.plan()
    report = argo.carry_out(plan)
    argo.made(None)
    back = argo.go_back(report.run, plan)

    assert (RunState.ROLLED_BACK, ()) == (back.state, back.debts)
    assert (None, None) == (argo.policy, argo.note)


def test_a_syncpolicy_that_somebody_took_away_whole_comes_back(argo: Argo) -> None:
    plan = argo.plan()
    report = argo.carry_out(plan)
    argo.patch({"spec": {"syncPolicy": None}})
    argo.go_back(report.run, plan)

    assert argo.clean


@pytest.mark.parametrize("step", ["hold-sync", "restore-sync"])
def test_a_write_without_an_answer_is_decided_by_what_stands_there(argo: Argo, step: str) -> None:
    plan = argo.plan()
    lost: list[str] = []

    def after(method: str, path: str, body: Any) -> None:
        argo._heal(method, path, body)
        restores = any(one["op"] == "add" and "syncPolicy" in one["path"] for one in body or () if "op" in one)
        if method == "PATCH" and path == PLACE.path and restores == (step == "restore-sync") and not lost:
            if step == "hold-sync" and len(argo.sent) < 2:
                return  # the dry run
            lost.append(step)
            raise Lost("the connection broke")

    argo.around.after = after
    report = argo.carry_out(plan)
    argo.go_back(report.run, plan)
    phases = [line.phase for line in argo.told(report.run).lines if line.step == f"{step} {KEY}"]

    assert [step] == lost
    assert ["intended", "noted", "confirmed"] == phases
    assert argo.clean


def test_an_api_server_that_forbids_the_hold_refuses_the_run_and_nothing_is_owed(argo: Argo) -> None:
    argo.around.before = lambda method, path, body: (
        status(403, 'applications "web" is forbidden: User "x" cannot patch resource "applications"', "Forbidden")
        if (method, path) == ("PATCH", PLACE.path)
        else None
    )
    report = argo.carry_out(argo.plan())

    assert (RunState.REFUSED, ()) == (report.state, report.debts)
    assert argo.clean
    assert HEALED[A] == argo.stand.annotations[A]


def test_what_cannot_be_restored_is_told_and_keeps_nothing_else_from_ending(argo: Argo) -> None:
    plan = argo.plan()
    report = argo.carry_out(plan)
    argo.around.before = lambda method, path, body: (
        status(403, 'applications "web" is forbidden: User "x" cannot patch resource "applications"', "Forbidden")
        if (method, path) == ("PATCH", PLACE.path)
        else None
    )
    back = argo.go_back(report.run, plan)

    assert RunState.ROLLED_BACK is back.state
    assert f"is still off, restore it with fleet-console restore-sync {report.run}" in back.message
    assert ((KEY,), "") == (back.debts, argo.stand.lease()["holderIdentity"])

    access = Access(state_dir=argo.stand.journal.directory)
    debt = settle.debt(access, argo.stand.hub, _fleet(argo), report.run)

    assert [KEY] == [one.key for one in debt.reverters]
    assert [] == settle.restore(access, argo.stand.hub, plan.fleet_uid, debt)
    assert argo.clean
    assert () == argo.told(report.run).debts


def test_a_sync_that_is_under_way_is_waited_for(argo: Argo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reverters, "LOOK", 0.01)
    going = {"operation": {}, "phase": "Running", "startedAt": "2026-01-01T00:00:00Z"}
    argo.patch({"status": {"operationState": going}})
    looked: list[int] = []

    def before(method: str, path: str, body: Any) -> Answer | None:
        if (method, path) == ("GET", PLACE.path) and argo.policy is None:
            looked.append(1)

            assert len(looked) > 4 or HEALED[A] == argo.stand.annotations[A]
            if len(looked) == 4:
                argo.patch({"status": {"operationState": {"phase": "Succeeded"}}})
        return None

    argo.around.before = before
    report = argo.carry_out(argo.plan())

    assert RunState.DONE is report.state
    assert len(looked) > 3


def test_killed_at_each_seam_of_hold_and_restore_it_goes_on_and_leaves_nothing(
    argo: Argo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runner of a shift, and that of the way back at its end, with another runner for the rest of it."""
    argo.stand.journal._db.execute("PRAGMA synchronous=OFF")  # nobody pulls the plug here
    names = [f"{when} {verb} {KEY}" for verb in ("hold-sync", "restore-sync") for when in ("send", "answer")]
    for fatal in names:
        plan = argo.plan()
        with suppress(Killed), passing(_killing(fatal)):
            report = argo.carry_out(plan)
            argo.go_back(report.run, plan)
        run = f"t{argo.stand._count:03}"
        with argo.again(run, plan) as executor:
            if "hold-sync" in fatal:
                executor.carry_out()
        back = argo.go_back(run, plan)

        assert (RunState.ROLLED_BACK, ()) == (back.state, back.debts), fatal
        assert argo.clean, fatal
        assert (HEALED[A], 0) == (argo.stand.annotations[A], argo.healed), fatal


def test_a_runner_that_cannot_see_what_a_dead_one_wrote_keeps_it_off(argo: Argo) -> None:
    plan = argo.plan()
    with suppress(Killed), passing(_killing("answer weigh shop/checkout")):
        argo.carry_out(plan)
    argo.stand.settings = msgspec.structs.replace(argo.stand.settings, read_only=True)
    with argo.again("t001", plan) as executor:
        state = executor.carry_out()

    told = argo.told("t001")

    assert (RunState.INTERRUPTED, "80", None) == (state, argo.stand.annotations[A], argo.policy)
    assert ((KEY,), "resume") == (told.debts, told.lines[-1].step)  # owed, and told, until it is resumed or undone


def test_a_runner_that_was_overtaken_restores_nothing_under_its_successors_feet(argo: Argo) -> None:
    lease = "/apis/coordination.k8s.io/v1/namespaces/fleet-console/leases/fleet-console-runner"

    def at(number: int, name: str) -> None:
        if name == f"answer hold-sync {KEY}":
            found = argo.stand.hub.call("GET", lease).json()
            found["spec"] |= {"holderIdentity": "t001/elsewhere/b/s/1/2", "leaseTransitions": 2}
            argo.stand.hub.call("PUT", lease, body=found)
            argo.stand.annotate("another", **{FENCE_ANNOTATION: "2.t001"})

    with passing(at):
        report = argo.carry_out(argo.plan())

    assert (RunState.SUPERSEDED, HEALED[A]) == (report.state, argo.stand.annotations[A])
    assert (None, (KEY,)) == (argo.policy, report.debts)
    assert argo.note is not None


def test_the_verb_settles_what_a_stopped_run_owes(argo: Argo, tmp_path: Path) -> None:
    argo.around.before = _once_weighed(argo, lambda: argo.stand.journal.command("t001", "stop"))
    argo.carry_out(argo.plan(), verify_timeout="30s", steady="60s")
    config = tmp_path / "config.yaml"
    config.write_text("fleets: [{name: stand}]")
    where = ["--config", str(config), "--kubeconfig", argo.stand.kubeconfig, "--state-dir"]
    say = [*where, str(argo.stand.journal.directory), "restore-sync", "t001"]
    asked = CliRunner().invoke(front, say)
    done = CliRunner().invoke(front, [*say, "--yes", "-o", "json"])
    again = CliRunner().invoke(front, say)

    assert "switch automated sync of argocd/web on again" in str(asked.exception)
    assert (0, [KEY], []) == (done.exit_code, *(json.loads(done.stdout)[name] for name in ("applications", "left")))
    assert (0, "run t001 owes nothing\n") == (again.exit_code, again.output)
    assert argo.clean
    assert () == argo.told("t001").debts


def _killing(fatal: str) -> Any:
    def at(number: int, name: str) -> None:
        if name == fatal:
            raise Killed

    return at


@pytest.mark.parametrize("why", ["a word", "other weights"])
def test_a_guardian_that_keeps_the_run_restores_it_and_says_what_follows(argo: Argo, why: str) -> None:
    plan = argo.plan()
    report = argo.carry_out(plan)
    row = argo.stand.journal.row(report.run)

    assert row is not None
    if why == "other weights":
        argo.stand.annotate("kubectl-edit", a="10", b="90")
        row = replace(row, report=replace(row.report, expires=0.0))
    guardian = guarding(argo.stand, row)
    if why == "a word":
        argo.stand.journal.command(report.run, "stop")

    assert Way.KEPT is guardian.waits()
    kept = argo.told(report.run)

    assert (
        "automated sync of argocd/web is on again: ArgoCD puts the weights back unless its repository" in kept.message
    )
    assert ((), "[]") == (kept.debts, argo.stand.record(report.run)["debts"])
    assert argo.clean


def test_a_guardian_whose_debt_another_run_has_taken_on_leaves_it_alone(argo: Argo) -> None:
    plan = argo.plan()
    report = argo.carry_out(plan)
    row = argo.stand.journal.row(report.run)
    held = argo.note

    assert row is not None
    assert held is not None
    argo.patch({"metadata": {"annotations": {HELD_ANNOTATION: replace(held, run="other").text}}})
    guardian = guarding(argo.stand, row)
    argo.stand.journal.command(report.run, "stop")

    assert Way.KEPT is guardian.waits()
    assert (None, ()) == (argo.policy, argo.told(report.run).debts)
    assert "is on again" not in argo.told(report.run).message


def test_what_a_run_owes_is_not_restored_while_its_runner_lives(argo: Argo) -> None:
    plan = argo.plan()
    report = argo.carry_out(plan)
    access = Access(state_dir=argo.stand.journal.directory)

    with pytest.raises(Refused, match="the runner of run t001 lives, or may: it goes back at"):
        settle.debt(access, argo.stand.hub, _fleet(argo), report.run)


def test_a_killed_run_whose_debt_was_settled_says_no_more_that_it_stays_off(argo: Argo) -> None:
    plan = argo.plan()
    report = argo.carry_out(plan)
    gone = replace(Process.own(), start="1")
    argo.stand.journal.update(report.run, process=json.dumps(asdict(gone)))
    access = Access(state_dir=argo.stand.journal.directory)
    debt = settle.debt(access, argo.stand.hub, _fleet(argo), report.run)

    assert "stays off until it goes back" in argo.told(report.run).message
    assert [] == settle.restore(access, argo.stand.hub, plan.fleet_uid, debt)
    assert "verified down to layer annotation" == argo.told(report.run).message


@pytest.mark.parametrize("known", ["record", "annotation"])
def test_a_run_of_a_host_that_is_lost_is_settled_by_its_record_or_the_application(argo: Argo, known: str) -> None:
    plan = argo.plan()
    argo.around.before = _once_weighed(argo, lambda: argo.stand.journal.command("t001", "stop"))
    report = argo.carry_out(plan, verify_timeout="30s", steady="60s")
    fleet = _fleet(argo)
    fleet = replace(fleet, applications=()) if known == "record" else replace(fleet, runs=())
    access = Access(state_dir=argo.stand.journal.directory / "elsewhere")
    debt = settle.debt(access, argo.stand.hub, fleet, report.run)

    assert ([KEY], False) == ([one.key for one in debt.reverters], debt.here)
    assert [] == settle.restore(access, argo.stand.hub, plan.fleet_uid, debt)
    assert argo.clean
    assert "[]" == argo.stand.record(report.run)["debts"]
    assert ("stays off" in argo.stand.record(report.run)["message"]) is (known == "annotation")


def test_a_record_that_says_running_is_believed_while_the_lease_is_its(argo: Argo) -> None:
    fleet = _fleet(argo)
    record = Run("r1", "running", ("shop/checkout",), "a", "x", 0.0, "h", 1, "", debts=(KEY,))
    fleet = replace(fleet, runs=(record,))
    access = Access(state_dir=argo.stand.journal.directory / "elsewhere")

    assert () == settle.debt(access, argo.stand.hub, fleet, "r1").reverters

    spec = {"holderIdentity": "r1/h/b/s/1/2", "leaseDurationSeconds": 15, "leaseTransitions": 1}
    metadata = {"name": "fleet-console-runner", "namespace": "fleet-console"}
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
    argo.stand.served.on_loop(lambda: argo.stand.served.api.seed(body))

    with pytest.raises(Refused):
        settle.debt(access, argo.stand.hub, fleet, "r1")
    with pytest.raises(UsageError, match="no Application names it"):
        settle.debt(access, argo.stand.hub, replace(fleet, runs=()), "zzz")


def test_what_a_journal_owes_is_read_from_its_lines(argo: Argo) -> None:
    report = argo.carry_out(argo.plan())

    assert (KEY,) == owed(report.lines)
    assert () == owed(line for line in report.lines if not line.step.startswith("hold-sync"))


def _once_weighed(argo: Argo, act: Any) -> Any:
    """Do something once at the first look after our weights stand there."""
    done: list[int] = []

    def before(method: str, path: str, body: Any) -> Answer | None:
        if (method, path) == ("GET", PATH) and not done and argo.stand.annotations.get(A) not in ("62", None):
            done.append(1)
            act()
        return None

    return before


def _fleet(argo: Argo) -> Fleet:
    """The picture that readers make of the Fleet now."""
    observer = Observer(argo.stand.settings, kubeconfig=argo.stand.kubeconfig, context=None, probes=False)
    observer.start()
    try:
        observer.settled(10.0)
        return observer.store.fleet
    finally:
        observer.stop()
