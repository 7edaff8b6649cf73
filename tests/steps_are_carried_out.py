"""A run of one step on a real API server: written once whatever kills its runner, read back, ended in a named state."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.decide.onestep import MARK, REFRESH, OneStep
from console.errors import Lost, Refused, UsageError
from console.kube import applications, write
from console.kube.connect import Answer, Hub
from console.kube.holder import Process
from console.model.run import RunReport, RunState
from console.run import runs, undoing
from console.run.access import Access
from console.run.journal import Journal
from console.run.onestep import OneStepRun
from console.run.seams import passing
from console.settings import FleetSettings, Settings
from tests.kube_api_serving import Served, serving
from tests.run_situations import Around, status

NAMESPACE, NAME = "argocd", "c1-api"
PLACE = applications.place(NAMESPACE, NAME)
MERGE = "application/merge-patch+json"
FORMER = {"operation": {"sync": {}}, "phase": "Failed", "message": "of yesterday", "startedAt": "2026-01-01T00:00:00Z"}


FIRST = json.dumps(asdict(Process.own()))
"""Of this process, which lives."""


class Killed(BaseException):
    """What kills a runner here; no handler of its catches it."""


class Argo:
    """One Application, and a controller that acts whenever the runner pauses: as ArgoCD does, or not at all."""

    def __init__(self, served: Served, directory: Path) -> None:
        self.served = served
        self.hub = Hub.open(str(served.kubeconfig), None)
        self.journal = Journal(directory / "state")
        self.access = Access(state_dir=directory / "state")
        self.settings = Settings(fleets=(FleetSettings(name="stand"),))
        self.asked: list[str] = []
        """Refreshes and operations that the controller took."""
        self.outcome: tuple[str, str] = ("Succeeded", "successfully synced (all tasks run)")
        self.absent = False
        """Whether there is no controller."""
        self.now = 0.0
        self._count = 0
        self.fresh()

    def fresh(self) -> None:
        """An Application as it was before anything."""
        self.hub.call("DELETE", PLACE.path)
        spec = {
            "destination": {"name": "c1", "namespace": "shop"},
            "project": "default",
            "source": {"repoURL": "https://example.com/r.git", "path": "api"},
            "syncPolicy": {"syncOptions": ["CreateNamespace=true"]},
        }
        body = {
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "spec": spec,
            "metadata": {"name": NAME, "namespace": NAMESPACE}, "status": {"operationState": FORMER},
        }  # fmt: skip
        self.served.on_loop(lambda: self.served.api.seed(body))
        self.asked.clear()

    @property
    def application(self) -> dict[str, Any]:
        found = write.read(self.hub, PLACE)

        assert found is not None
        return found

    def patch(self, body: dict[str, Any]) -> None:
        """Somebody else writes."""
        answer = self.hub.call("PATCH", PLACE.path, body=body, content_type=MERGE)

        assert answer.ok, answer.body

    def act(self, seconds: float) -> None:
        """Time passes, and the controller takes what is asked, one stage at a time."""
        self.now += seconds
        if self.absent:
            return
        found = self.application
        operation, state = found.get("operation"), applications.state_of(found)
        if REFRESH in write.annotations_of(found):
            self.asked.append(f"refresh {write.annotations_of(found)[REFRESH]}")
            self.patch({"metadata": {"annotations": {REFRESH: None}}, "status": {"sync": {"status": "Synced"}}})
        if operation is not None and state.get("phase") != "Running":
            began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            running = {"operation": operation, "phase": "Running", "message": None, "startedAt": began}
            self.patch({"status": {"operationState": running}})
        elif operation is not None:
            self.asked.append(f"sync {operation['info'][0]['value']}")
            phase, message = self.outcome
            self.patch({"operation": None, "status": {"operationState": {"phase": phase, "message": message}}})

    def step(self, kind: str, **values: Any) -> OneStep:
        uid = self.application["metadata"]["uid"]
        return OneStep(self.hub.fleet_uid(), kind, NAMESPACE, NAME, uid, values.pop("within", 20.0), **values)

    def begun(self, step: OneStep) -> RunReport:
        """A run in the journal, claimed by a runner."""
        self._count += 1
        report = RunReport(
            f"t{self._count:03}", step.fleet_uid, step.kind, RunState.PLANNED, step.hash, started=time.time(),
            actor="tester", host="here", target=step.key,
        )  # fmt: skip
        self.journal.add(report, step.canonical(), {})
        self.journal.claim(report.run, 1, FIRST)
        return self.row(report.run)

    def row(self, run: str) -> RunReport:
        row = self.journal.row(run)

        assert row is not None
        return row.report

    def runner(self, report: RunReport, step: OneStep, hub: Any = None, *, resumed: bool = False) -> OneStepRun:
        return OneStepRun(
            self.journal, self.row(report.run), step, self.settings, hub or self.hub, resumed=resumed,
            clock=lambda: self.now, pause=self.act,
        )  # fmt: skip

    def carry_out(self, step: OneStep, hub: Any = None) -> RunReport:
        report = self.begun(step)
        state = self.runner(report, step, hub).carry_out()
        told = self.row(report.run)

        assert state is told.state
        return told


@contextmanager
def standing() -> Iterator[Argo]:
    with tempfile.TemporaryDirectory() as directory, serving(Path(directory)) as served:
        argo = Argo(served, Path(directory))
        argo.journal._db.execute("PRAGMA synchronous=OFF")  # nobody pulls the plug here
        try:
            yield argo
        finally:
            argo.journal.close()
            argo.hub.close()


@pytest.fixture(scope="module", name="ground")
def ground_() -> Iterator[Argo]:
    with standing() as argo:
        yield argo


@pytest.fixture
def argo(ground: Argo) -> Argo:
    """Everything as before."""
    ground.fresh()
    ground.outcome, ground.absent = ("Succeeded", "successfully synced (all tasks run)"), False
    ground.settings = Settings(fleets=(FleetSettings(name="stand"),))
    return ground


@pytest.mark.parametrize(("hard", "value"), [(False, "normal"), (True, "hard")])
def test_a_refresh_is_done_when_the_annotation_is_taken_away(argo: Argo, hard: bool, value: str) -> None:
    report = argo.carry_out(argo.step("refresh", hard=hard))

    assert RunState.DONE is report.state
    assert [f"refresh {value}"] == argo.asked
    assert "refreshed: Synced" in report.message
    assert "annotations" not in argo.application["metadata"] or REFRESH not in write.annotations_of(argo.application)


def test_a_sync_is_done_when_its_operation_has_succeeded(argo: Argo) -> None:
    report = argo.carry_out(argo.step("sync", prune=True))
    told = applications.state_of(argo.application)["operation"]

    assert (RunState.DONE, [f"sync {report.run}"]) == (report.state, argo.asked)
    assert {"syncStrategy": {"hook": {}}, "prune": True, "syncOptions": ["CreateNamespace=true"]} == told["sync"]
    assert ({"username": "tester"}, [{"name": MARK, "value": report.run}]) == (told["initiatedBy"], told["info"])
    assert "of yesterday" not in str(applications.state_of(argo.application))


@pytest.mark.parametrize("kind", ["refresh", "sync"])
def test_it_is_journaled_as_intended_before_it_is_sent_and_confirmed_after_it_is_read_back(
    argo: Argo, kind: str
) -> None:
    report = argo.carry_out(argo.step(kind))
    phases = [line.phase for line in report.lines if line.step.startswith(kind)]
    record = argo.hub.call("GET", f"/api/v1/namespaces/fleet-console/configmaps/run-{report.run}").json()["data"]

    assert ["intended", "sent", "confirmed", "confirmed"] == phases
    assert ("done", report.plan_hash) == (record["state"], record["plan_hash"])
    assert "token" not in str(record)


@pytest.mark.parametrize("phase", ["Failed", "Error"])
def test_a_failed_operation_fails_the_run_with_its_message_made_inert(argo: Argo, phase: str) -> None:
    argo.outcome = (phase, "no such namespace \x1b[31m")
    report = argo.carry_out(argo.step("sync"))

    assert (RunState.FAILED, f"the operation ended {phase}: no such namespace ␛[31m") == (report.state, report.message)


@pytest.mark.parametrize("kind", ["refresh", "sync"])
def test_what_nobody_takes_is_unverified_and_exits_5(argo: Argo, kind: str) -> None:
    argo.absent = True
    report = argo.carry_out(argo.step(kind, within=3.0))

    assert (RunState.UNVERIFIED, 5) == (report.state, report.state.exit_code)
    assert "not within 3 s" in report.message


def test_a_sync_beside_another_operation_is_refused_and_writes_nothing(argo: Argo) -> None:
    argo.patch({"operation": {"sync": {}, "initiatedBy": {"username": "somebody"}}})
    report = argo.carry_out(argo.step("sync"))

    assert (RunState.REFUSED, 3) == (report.state, report.state.exit_code)
    assert "another operation is already in progress" in report.message
    assert {"username": "somebody"} == argo.application["operation"]["initiatedBy"]


def test_a_refresh_that_somebody_asked_for_already_is_not_asked_for_again(argo: Argo) -> None:
    argo.patch({"metadata": {"annotations": {REFRESH: "hard"}}})
    report = argo.carry_out(argo.step("refresh"))

    assert (RunState.DONE, ["refresh hard"]) == (report.state, argo.asked)
    assert not any(line.phase == "sent" for line in report.lines)


def test_a_conflict_is_read_and_written_again(argo: Argo) -> None:
    hub, times = Around(argo.hub), [2]

    def before(method: str, path: str, body: Any) -> Answer | None:
        if method == "PATCH" and path == PLACE.path and times[0]:
            times[0] -= 1
            argo.patch({"metadata": {"labels": {"x": str(times[0])}}})
        return None

    hub.before = before
    report = argo.carry_out(argo.step("sync"), hub)

    assert (RunState.DONE, [f"sync {report.run}"]) == (report.state, argo.asked)


def test_an_answer_that_is_lost_is_decided_by_what_stands_there(argo: Argo) -> None:
    hub, lost = Around(argo.hub), [False]

    def after(method: str, path: str, body: Any) -> None:
        if method == "PATCH" and path == PLACE.path and not lost[0]:
            lost[0] = True
            raise Lost("the line went down")

    hub.after = after
    report = argo.carry_out(argo.step("sync"), hub)

    assert (RunState.DONE, [f"sync {report.run}"]) == (report.state, argo.asked)


def test_a_hub_that_never_comes_back_leaves_it_unknown_not_failed(argo: Argo) -> None:
    hub, gone = Around(argo.hub), [False]

    def before(method: str, path: str, body: Any) -> Answer | None:
        if gone[0]:
            raise Lost("the line is down")
        gone[0] = method == "PATCH" and path == PLACE.path
        return None

    hub.before = before

    def after(method: str, path: str, body: Any) -> None:
        if gone[0]:
            raise Lost("the line went down")

    hub.after = after
    report = argo.carry_out(argo.step("sync"), hub)

    assert RunState.UNVERIFIED is report.state
    assert "whether it was written is not known" in report.message


def test_an_admission_rules_words_refuse_it(argo: Argo) -> None:
    hub = Around(argo.hub)
    said = status(403, 'admission webhook "gate" denied the request: not on a Friday', "Forbidden")
    hub.before = lambda method, path, body: said if method == "PATCH" and path == PLACE.path else None
    report = argo.carry_out(argo.step("sync"), hub)

    assert RunState.REFUSED is report.state
    assert "not on a Friday" in report.message


def test_a_viewer_writes_nothing(argo: Argo) -> None:
    hub = Hub.open(str(argo.served.kubeconfig), "viewer")
    before = argo.application
    report = argo.carry_out(argo.step("sync"), hub)

    assert RunState.REFUSED is report.state
    assert before == argo.application


def test_an_operator_may(argo: Argo) -> None:
    hub = Hub.open(str(argo.served.kubeconfig), "operator")

    assert RunState.DONE is argo.carry_out(argo.step("sync"), hub).state
    assert RunState.DONE is argo.carry_out(argo.step("refresh"), hub).state


def test_read_only_settings_write_nothing(argo: Argo) -> None:
    argo.settings = msgspec.structs.replace(argo.settings, read_only=True)
    before = argo.application

    assert RunState.REFUSED is argo.carry_out(argo.step("sync")).state
    assert before == argo.application
    with pytest.raises(Refused):
        runs.start(argo.access, argo.settings, argo.step("sync"), reason="")


def test_another_object_of_the_same_name_is_not_written_to(argo: Argo) -> None:
    step = argo.step("sync")
    argo.fresh()

    assert RunState.SUPERSEDED is argo.carry_out(step).state
    assert "operation" not in argo.application


def test_an_operation_that_takes_its_place_is_said(argo: Argo) -> None:
    step = argo.step("sync")
    report = argo.begun(step)
    argo.absent = True
    runner = argo.runner(report, step)

    other = {"operation": {"info": None}, "phase": "Running", "startedAt": "2026-01-01T00:00:00Z"}

    def pause(seconds: float) -> None:
        argo.now += seconds
        argo.patch({"operation": None, "status": {"operationState": other}})

    runner._pause = pause

    assert RunState.SUPERSEDED is runner.carry_out()


def test_a_second_run_on_the_application_is_refused_while_one_is_live(argo: Argo) -> None:
    report = argo.begun(argo.step("refresh"))
    with pytest.raises(Refused, match=f"run {report.run} \\(refresh\\) is under way"):
        runs.start(argo.access, argo.settings, argo.step("sync"), reason="")
    argo.journal.update(report.run, state=RunState.DONE, ended=time.time())


def test_it_takes_no_words_and_moves_nothing_that_could_be_put_back(argo: Argo) -> None:
    report = argo.carry_out(argo.step("sync"))
    for call in (
        lambda: runs.command(argo.access, report.run, "stop"),
        lambda: undoing.plan_of(argo.access, report.run),
    ):
        with pytest.raises(UsageError, match="sync"):
            call()


def carried_until(argo: Argo, kind: str, fatal: int) -> tuple[RunReport, OneStep, int]:
    """Carry a run out and die at a seam (0: never); returns how many were passed."""
    argo.fresh()
    step = argo.step(kind)
    report = argo.begun(step)
    passed = 0

    def at(number: int, name: str) -> None:
        nonlocal passed
        passed = number
        if number == fatal:
            raise Killed

    with passing(at):
        try:
            argo.runner(report, step).carry_out()
        except Killed:
            pass
    return report, step, passed


@pytest.mark.parametrize("meanwhile", [0, 3])
@pytest.mark.parametrize("kind", ["refresh", "sync"])
def test_killed_at_any_seam_and_resumed_it_ends_done_and_nothing_is_asked_for_twice(
    argo: Argo, kind: str, meanwhile: int
) -> None:
    _, _, seams = carried_until(argo, kind, 0)

    assert seams > 15
    for fatal in range(1, seams + 1, 1 if kind == "sync" else 2):
        report, step, _ = carried_until(argo, kind, fatal)
        for _ in range(meanwhile):  # ArgoCD goes on, or the next runner comes first
            argo.act(1.0)
        if not argo.row(report.run).state.over:
            assert argo.journal.replan(report.run, FIRST)
            assert argo.journal.claim(report.run, 1, "second")
            argo.runner(report, step, resumed=True).carry_out()
        told = argo.row(report.run)

        assert RunState.DONE is told.state, f"seam {fatal}: {told.state} {told.message}"
        # A refresh that was taken before anybody could write down that it was sent may be asked for again.
        assert len(argo.asked) == 1 or (kind == "refresh" and meanwhile), f"seam {fatal}: {argo.asked}"


def test_what_a_dead_runner_meant_to_ask_for_is_not_asked_for_after_somebody_elses(argo: Argo) -> None:
    step = argo.step("sync")
    report = argo.begun(step)

    def at(number: int, name: str) -> None:
        if name.startswith("send sync"):
            raise Killed

    with passing(at), pytest.raises(Killed):
        argo.runner(report, step).carry_out()
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    argo.patch({"status": {"operationState": {"operation": {"sync": {}}, "phase": "Succeeded", "startedAt": later}}})

    assert argo.journal.replan(report.run, FIRST)
    assert argo.journal.claim(report.run, 1, "second")
    assert RunState.SUPERSEDED is argo.runner(report, step, resumed=True).carry_out()
    assert [] == argo.asked
