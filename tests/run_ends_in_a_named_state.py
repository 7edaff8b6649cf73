"""A run ends in a named state with nothing left behind, whatever the API server, other writers and its own words do."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from console.decide.plan import Plan, undo
from console.errors import Lost
from console.kube import write
from console.kube.connect import Answer
from console.model.fleet import Controller
from console.model.hub import FENCE_ANNOTATION, TOUCH_ANNOTATION
from console.model.run import RunReport, RunState
from console.run import verify, walk
from console.run.executor import Executor
from console.settings import RunSettings
from console.sim.kubeapi import Denial
from tests.run_situations import ACK, IDC, NAME, NAMESPACE, PATH, A, Around, B, Stand, standing, status


@pytest.fixture
def stand() -> Iterator[Stand]:
    """62:38, and something of somebody else's."""
    with standing({A: "62", B: "38", "other": "x"}) as one:
        yield one


def clean(stand: Stand) -> bool:
    """Whether nothing of a run is left."""
    return FENCE_ANNOTATION not in stand.annotations and stand.lease()["holderIdentity"] == ""


def went_back(stand: Stand, report: RunReport, plan: Plan) -> RunReport:
    return stand.carry_out(undo(plan, report.run))


def test_a_shift_writes_the_weights_and_nothing_else(stand: Stand) -> None:
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20")))

    assert (RunState.DONE, "verified down to layer annotation") == (report.state, report.message)
    assert {A: "80", B: "20", "other": "x"} == stand.annotations
    assert clean(stand)


def test_every_write_to_the_ingress_is_intended_then_sent_then_confirmed(stand: Stand) -> None:
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20")))
    phases = [(line.step.split()[0], line.phase) for line in report.lines if "shop/checkout" in line.step]
    written = [(verb, phase) for verb in ("stamp", "weigh", "unstamp") for phase in ("intended", "sent", "confirmed")]

    assert [("dry", "confirmed"), *written] == phases


def test_the_record_on_the_fleet_tells_the_whole_run_and_no_secret(stand: Stand) -> None:
    plan = stand.shift(("62", "38"), ("80", "20"))
    report = stand.carry_out(plan)
    record = stand.record(report.run)

    assert ("done", plan.hash, plan.canonical()) == (record["state"], record["plan_hash"], record["plan"])
    assert f'{{"shop/checkout": {{"{ACK}": 80,' in record["targets"]
    assert f'{{"shop/checkout": {{"{ACK}": 62,' in record["before"]
    assert "admin-token" not in str(record)


@pytest.mark.parametrize("annotations", [None, {"other": "x"}, {A: "062"}, {A: "100", "other": "x"}])
def test_going_back_restores_absent_keys_and_odd_values_to_the_byte(annotations: dict[str, str] | None) -> None:
    with standing(annotations) as stand:
        held = annotations or {}
        plan = stand.shift((held.get(A), None), ("80", "20"))
        report = stand.carry_out(plan)

        assert (RunState.DONE, "20") == (report.state, stand.annotations[B])

        back = went_back(stand, report, plan)

        assert RunState.ROLLED_BACK is back.state
        assert held == stand.annotations
        assert (annotations is None) == ("annotations" not in stand.now["metadata"])
        assert clean(stand)


def test_going_back_where_nothing_was_written_leaves_the_ingress_alone(stand: Stand) -> None:
    version = stand.now["metadata"]["resourceVersion"]
    report = stand.carry_out(undo(stand.shift(("62", "38"), ("80", "20")), "none"))

    assert RunState.ROLLED_BACK is report.state
    assert version == stand.now["metadata"]["resourceVersion"]
    assert clean(stand)


def test_a_run_that_was_undone_goes_back_by_itself_no_more(stand: Stand) -> None:
    plan = stand.shift(("62", "38"), ("80", "20"), expires=600.0)
    report = stand.carry_out(plan)

    assert stand.record(report.run)["expires"]

    back = went_back(stand, report, plan)
    undone = stand.journal.row(report.run)

    assert ("done", "", f"undone by run {back.run}") == tuple(
        stand.record(report.run)[name] for name in ("state", "expires", "message")
    )
    assert undone is not None
    assert (RunState.DONE, None) == (undone.report.state, undone.report.expires)


def test_a_run_that_is_stopped_on_its_way_stands_at_the_step_that_it_holds(stand: Stand) -> None:
    around = Around(stand.hub)

    def stopped(method: str, path: str, body: Any) -> None:
        if "/configmaps/" in path and "'/data/step', 'value': '2'" in str(body):
            stand.journal.command("t001", "stop")

    around.after = stopped
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20"), steps=(50, 100)), hub=around)

    assert (RunState.HELD, 1) == (report.state, report.step)
    assert {A: "71", B: "29", "other": "x"} == stand.annotations
    assert "1" == stand.record("t001")["step"]
    assert [((ACK, 71), (IDC, 29))] == [one.wants for one in report.routes]
    assert f'"{ACK}": 71' in stand.record("t001")["targets"]


def test_a_fence_of_another_run_is_not_told_as_taken_off(stand: Stand) -> None:
    plan = stand.shift(("62", "38"), ("80", "20"))
    around = Around(stand.hub)

    def overtaken(method: str, path: str, body: Any) -> None:
        if method == "PATCH" and path == PATH and A in str(body).replace("~1", "/"):
            stand.annotate("fleet-console", **{FENCE_ANNOTATION: "9.other"})

    around.after = overtaken
    report = stand.carry_out(plan, hub=around)
    (last,) = [line for line in report.lines if line.step.startswith("unstamp")]

    assert ("confirmed", "another run's fence stands there, and stays: 9.other") == (last.phase, last.sentence)


@pytest.mark.parametrize("lost", [False, True])
def test_the_record_tells_that_a_step_holds_and_until_when_where_the_hub_takes_it(stand: Stand, lost: bool) -> None:
    told: list[dict[str, str]] = []

    def seen(method: str, path: str, body: Any) -> Answer | None:
        if method == "PATCH" and "/configmaps/" in path:
            told.append({one["path"].rpartition("/")[2]: one["value"] for one in body if one["op"] == "add"})
            if lost and told[-1]["hold_until"]:
                return status(503, "the hub is away")
        return None

    hub: Any = Around(stand.hub)
    hub.before = seen
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20"), steps=(50, 100), hold=0.3), hub=hub)
    held = next(one for one in told if one["hold_until"])

    assert (RunState.DONE, "80") == (report.state, stand.annotations[A])
    assert ("running", "1") == (held["state"], held["step"])
    assert "writing" not in held["message"]
    assert ("2", "") == (told[-1]["step"], told[-1]["hold_until"])
    assert 1 == sum(bool(one["hold_until"]) for one in told)


def test_the_record_of_a_hold_that_the_hub_missed_is_written_later(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_AGAIN", 0.2)
    holds: list[str] = []

    def seen(method: str, path: str, body: Any) -> Answer | None:
        if method == "PATCH" and "/configmaps/" in path:
            said = {one["path"].rpartition("/")[2]: one["value"] for one in body if one["op"] == "add"}
            if said["hold_until"]:
                holds.append(said["hold_until"])
                return status(503, "the hub is away") if len(holds) == 1 else None
        return None

    hub: Any = Around(stand.hub)
    hub.before = seen
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20"), steps=(50, 100), hold=1.2), hub=hub)

    assert RunState.DONE is report.state
    assert (2, 1) == (len(holds), len(set(holds)))


@pytest.mark.parametrize(
    ("on_loss", "state", "weights", "said"),
    [
        ("continue", RunState.DONE, ("80", "20"), "verified down to layer annotation"),
        ("hold", RunState.HELD, ("71", "29"), "its operator was lost; shop/checkout holds 71:29"),
        ("rollback", RunState.ROLLED_BACK, ("62", "38"), "its operator was lost; verified down to layer annotation"),
    ],
)
def test_an_operator_who_is_lost_in_a_hold_is_missed_when_the_next_step_would_begin(
    stand: Stand,
    monkeypatch: pytest.MonkeyPatch,
    on_loss: str,
    state: RunState,
    weights: tuple[str, str],
    said: str,
) -> None:
    monkeypatch.setattr(walk, "LOSS", 1.0)
    plan = stand.shift(("62", "38"), ("80", "20"), steps=(50, 100), hold=1.5, on_loss=on_loss)
    with stand.executor(plan) as (executor, _):
        viewer = threading.Thread(target=_once_held, args=(stand, lambda: stand.journal.viewed("t001")))
        viewer.start()
        ended = executor.carry_out()
        viewer.join()
    row = stand.journal.row("t001")

    assert row is not None
    assert (state, said, weights) == (ended, row.report.message, (stand.annotations[A], stand.annotations[B]))
    assert (on_loss != "continue") == any(line.step == "loss" for line in row.report.lines)
    assert clean(stand)


def test_who_looks_or_says_a_word_in_a_hold_is_not_lost(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "LOSS", 1.0)
    plan = stand.shift(("62", "38"), ("80", "20"), steps=(50, 100), hold=30.0, on_loss="hold")

    def late() -> None:
        threading.Event().wait(1.2)
        stand.journal.command("t001", "finish")

    with stand.executor(plan) as (executor, _):
        teller = threading.Thread(target=_once_held, args=(stand, late))
        teller.start()
        ended = executor.carry_out()
        teller.join()

    assert RunState.DONE is ended


def test_weights_that_somebody_changed_are_left_alone_and_the_writer_is_named(stand: Stand) -> None:
    plan = stand.shift(("62", "38"), ("80", "20"))
    stand.annotate("argocd-controller", a="50", b="50")
    report = stand.carry_out(plan)

    assert RunState.SUPERSEDED is report.state
    assert "holds 50:50, the plan replaces 62:38 (last written by argocd-controller)" in report.message
    assert {A: "50", B: "50", "other": "x"} == stand.annotations


def test_weights_that_are_reverted_while_it_verifies_end_the_run(stand: Stand) -> None:
    stand.settings = _with(stand, steady="20s", verify_timeout="40s")
    with stand.executor(stand.shift(("62", "38"), ("80", "20"))) as (executor, _):
        revert = threading.Thread(target=_once_written, args=(stand, lambda: stand.annotate("argocd", a="62", b="38")))
        revert.start()
        state = executor.carry_out()
        revert.join()
    row = stand.journal.row("t001")

    assert row is not None
    assert RunState.SUPERSEDED is state
    assert re.search(r"changed to 62:38, seen [0-9.]+ s after our write \(last written by argocd\)", row.report.message)
    assert clean(stand)


def test_a_status_that_is_written_while_it_tries_is_no_other_writer(stand: Stand) -> None:
    """Its dry run tests the very object that was read: the controller's status comes in between."""
    tries: list[str] = []

    def before(method: str, path: str, body: Any) -> None:
        if method == "PATCH" and path == PATH and not any("fleet-console" in one["path"] for one in body):
            tries.append(path)
            if len(tries) == 1:
                stand.annotate("controller", hash="1")

    around = Around(stand.hub)
    around.before = before
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20")), hub=around)

    assert (RunState.DONE, 2) == (report.state, len(tries))


def test_a_status_that_is_always_written_anew_ends_it_before_a_write(stand: Stand) -> None:
    written = iter(range(1000))

    def before(method: str, path: str, body: Any) -> None:
        if method == "PATCH" and path == PATH:
            stand.annotate("controller", hash=str(next(written)))

    around = Around(stand.hub)
    around.before = before
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20")), hub=around)

    assert RunState.SUPERSEDED is report.state
    assert "somebody else writes this Ingress faster than we do" in report.message
    assert "62" == stand.annotations[A]


def says(stand: Stand, reason: str) -> None:
    """The controller says something of the Ingress."""
    about = {"kind": "Ingress", "namespace": NAMESPACE, "name": NAME, "uid": stand.now["metadata"]["uid"]}
    metadata = {"name": f"{NAME}.{reason.lower()}", "namespace": NAMESPACE}
    body = {
        "apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": about, "reason": reason,
        "type": "Warning" if reason.startswith("Failed") else "Normal", "message": "Throttling.User", "count": 1,
    }  # fmt: skip
    stand.served.on_loop(lambda: stand.served.api.seed(body))


def test_a_word_touches_what_waits_for_the_controller_under_the_fence(stand: Stand) -> None:
    """The controller fails once and backs off; the word comes; what was touched is carried out, and nothing is left."""
    stand.settings = _with(stand, steady="100ms", verify_timeout="40s")
    touched: list[str] = []
    weighed = {write.pointer(key).rpartition("/")[2] for key in (FENCE_ANNOTATION, A)}

    def after(method: str, path: str, body: Any) -> None:
        noted = {one["path"].rpartition("/")[2]: one for one in body or () if isinstance(one, dict) and "path" in one}
        if method == "PATCH" and path == PATH and noted.keys() >= weighed:
            says(stand, "FailedApplyModel")
        if method == "PATCH" and path == PATH and noted.get("fleet-console~1touched", {}).get("op") == "add":
            touched.append(stand.annotations[TOUCH_ANNOTATION])
            says(stand, "SuccessfullyReconciled")

    around = Around(stand.hub)
    around.after = after
    with stand.executor(stand.shift(("62", "38"), ("80", "20")), hub=around) as (executor, observer):
        running = threading.Thread(target=executor.carry_out)
        running.start()
        route = f"{NAMESPACE}/{NAME}"
        observer.store.wait(
            lambda fleet: any(one.key == route and one.controller is Controller.FAILED for one in fleet.routes), 30.0
        )
        stand.journal.command("t001", "touch")
        running.join()
    row = stand.journal.row("t001")

    assert row is not None
    assert (RunState.DONE, 1) == (row.report.state, len(touched)), row.report.message
    assert ["intended", "sent", "confirmed"] == [o.phase for o in row.report.lines if o.step.startswith("touch ")]
    assert {A: "80", B: "20", "other": "x"} == stand.annotations
    assert clean(stand)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (403, 'admission webhook "freeze.example.com" denied the request: \x1b[31mtest freeze'),
        (422, "ValidatingAdmissionPolicy 'freeze' with binding 'all' denied request: the test weights are frozen"),
        (400, 'admission webhook "freeze.example.com" denied the request'),
    ],
)
def test_an_admission_rule_refuses_in_its_own_words(stand: Stand, code: int, words: str) -> None:
    around = Around(stand.hub)
    around.before = lambda method, path, body: status(code, words) if method == "PATCH" else None
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20")), hub=around)

    assert RunState.REFUSED is report.state
    assert ["admission"] == [reason.rule for reason in report.reasons]
    assert words.replace("\x1b", "␛") in report.message
    assert "62" == stand.annotations[A]


def test_every_route_of_a_step_that_is_refused_in_the_middle_wants_what_the_step_does(stand: Stand) -> None:
    stand.ingress({A: "62", B: "38"}, "api")
    uid = stand.hub.call("GET", write.ingress_path(NAMESPACE, "api")).json()["metadata"]["uid"]
    plan = stand.shift(("62", "38"), ("100", "0"), steps=(50, 100))
    plan = replace(plan, routes=(replace(plan.routes[0], name="api", uid=uid), *plan.routes))
    around, frozen = Around(stand.hub), "admission webhook denied the request"

    def refused(method: str, path: str, body: Any) -> Answer | None:
        last = method == "PATCH" and path == PATH and "'value': '100'" in str(body)
        return status(403, frozen) if last and "~1fence" in str(body) else None

    around.before = refused
    report = stand.carry_out(plan, hub=around)
    wanted = ((ACK, 100), (IDC, 0))

    assert (RunState.HELD, "81") == (report.state, stand.annotations[A])
    assert "shop/api holds 100:0, shop/checkout holds 81:19" in report.message
    assert [("shop/api", wanted), ("shop/checkout", wanted)] == [(one.route, one.wants) for one in report.routes]
    assert f'"{ACK}": 100' in stand.record(report.run)["targets"]
    assert not [one for one in report.reasons if "nothing was written" in one.message]


@pytest.mark.parametrize(
    ("context", "denial", "permission"),
    [
        ("viewer", None, "patch ingresses.networking.k8s.io in namespace shop"),
        ("operator", Denial(verb="create", resource="namespaces"), "create namespaces"),
        ("operator", Denial(verb="create", resource="leases"), "create leases.coordination.k8s.io in namespace"),
        ("operator", Denial(verb="create", resource="configmaps"), "create configmaps in namespace fleet-console"),
    ],
)
def test_a_missing_permission_is_named_and_nothing_is_written(
    stand: Stand, context: str, denial: Denial | None, permission: str
) -> None:
    if denial is not None:
        stand.served.on_loop(lambda: stand.served.api.access.denials.append(denial))
    plan = stand.shift(("62", "38"), ("80", "20"))
    report = stand.carry_out(plan, context=context)

    assert RunState.REFUSED is report.state
    assert permission in report.message
    assert {A: "62", B: "38", "other": "x"} == stand.annotations


def test_an_answer_that_was_lost_is_decided_by_what_stands_there(stand: Stand) -> None:
    around = Around(stand.hub)
    lost: list[str] = []

    def drop(method: str, path: str, body: Any) -> None:
        if method == "PATCH" and path == PATH and any(step["path"].endswith(ACK) for step in body) and len(lost) < 2:
            lost.append(path)
            if len(lost) == 2:  # the first one is the dry run's
                raise Lost("the answer was lost")

    around.after = drop
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20")), hub=around)

    assert RunState.DONE is report.state
    assert [("intended", "noted", "confirmed")] == [
        tuple(line.phase for line in report.lines if line.step.startswith("weigh"))
    ]


def test_a_hub_that_is_lost_before_the_write_leaves_a_failed_run(stand: Stand) -> None:
    around = Around(stand.hub)
    around.before = _dead_once_recorded()
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20")), hub=around)

    assert RunState.FAILED is report.state
    assert {A: "62", B: "38", "other": "x"} == stand.annotations


def test_a_hub_that_is_lost_for_longer_than_the_lease_lives_ends_held_and_nobody_is_blamed(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "SILENT", 1.0)
    monkeypatch.setattr(verify, "REREAD", 0.5)
    monkeypatch.setattr("console.run.again.PATIENCE", 0.5)
    stand.settings = _with(stand, steady="60s", verify_timeout="3s", lease="1s")
    around = Around(stand.hub)
    gone = threading.Event()
    around.before = _silent_once(gone)
    with stand.executor(stand.shift(("62", "38"), ("80", "20")), hub=around) as (executor, _):
        cut = threading.Thread(target=_once_written, args=(stand, gone.set))
        cut.start()
        state = executor.carry_out()
        cut.join()
    row = stand.journal.row("t001")

    assert row is not None
    assert RunState.HELD is state
    assert "the hub has not answered for" in row.report.message
    assert "our fence is still on shop/checkout" in row.report.message


def test_layers_that_do_not_agree_in_time_leave_it_unverified_with_the_layer_named(stand: Stand) -> None:
    stand.settings = _with(stand, verify_timeout="500ms", steady="60s")
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20")))

    assert (RunState.UNVERIFIED, 5) == (report.state, report.state.exit_code)
    assert "stuck at layer annotation" in report.message
    assert clean(stand)


@pytest.mark.parametrize("again", [1, 2])
def test_a_run_that_is_told_to_go_back_does_so_however_often_it_is_told(stand: Stand, again: int) -> None:
    stand.settings = _with(stand, steady="1s")

    def tell(executor: Executor) -> None:
        for _ in range(again):
            stand.journal.command("t001", "rollback")
            _once(stand, "62")

    state = _told(stand, tell)

    assert RunState.ROLLED_BACK is state
    assert {A: "62", B: "38", "other": "x"} == stand.annotations
    assert clean(stand)


def test_a_run_that_is_told_to_stop_keeps_what_it_wrote_and_says_it(stand: Stand) -> None:
    stand.settings = _with(stand, steady="30s", verify_timeout="40s")
    state = _told(stand, lambda executor: stand.journal.command("t001", "stop"))
    row = stand.journal.row("t001")

    assert row is not None
    assert (RunState.HELD, "80") == (state, stand.annotations[A])
    assert "shop/checkout holds 80:20" in row.report.message
    assert clean(stand)


def test_a_signal_to_end_holds_the_run_cleanly(stand: Stand) -> None:
    stand.settings = _with(stand, steady="30s", verify_timeout="40s")

    assert RunState.HELD is _told(stand, lambda executor: executor.tell("stop"))
    assert clean(stand)


def test_a_defect_of_ours_after_the_write_still_cleans_up(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("console.run.verify.look", broken)
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20")))

    assert RunState.HELD is report.state
    assert "ZeroDivisionError" in report.message
    assert clean(stand)


def test_another_fleet_behind_the_same_address_is_not_written(stand: Stand) -> None:
    around = Around(stand.hub)
    around.fleet_uid = lambda: "another"  # type: ignore[attr-defined]
    report = stand.carry_out(stand.shift(("62", "38"), ("80", "20")), hub=around)

    assert RunState.REFUSED is report.state
    assert "another Fleet" in report.message
    assert {A: "62", B: "38", "other": "x"} == stand.annotations


def test_an_ingress_that_was_made_anew_is_not_written(stand: Stand) -> None:
    plan = stand.shift(("62", "38"), ("80", "20"))
    stand.hub.call("DELETE", PATH)
    stand.ingress({A: "62", B: "38"})
    report = stand.carry_out(plan)

    assert RunState.SUPERSEDED is report.state
    assert {A: "62", B: "38"} == stand.annotations


def test_a_plan_that_writes_anything_but_weights_is_refused(stand: Stand) -> None:
    key = "nginx.ingress.kubernetes.io/configuration-snippet"
    plan = stand.plan(((key, None),), ((key, "80"),))
    report = stand.carry_out(plan)

    assert RunState.REFUSED is report.state
    assert {A: "62", B: "38", "other": "x"} == stand.annotations


def test_a_run_that_succeeds_a_dead_one_takes_its_stamp_off_and_marks_its_record(stand: Stand) -> None:
    plan = stand.shift(("62", "38"), ("80", "20"))
    stand.carry_out(plan)
    dead = dict(stand.record("t001"), state="running")
    stand.hub.call("PUT", "/api/v1/namespaces/fleet-console/configmaps/run-t001", body={
        "metadata": {"name": "run-t001", "labels": {"fleet-console/run": "t001"}}, "data": dead,
    })  # fmt: skip
    stand.annotate("fleet-console", **{FENCE_ANNOTATION: "1.t001"})
    report = stand.carry_out(undo(plan, "t001"))

    assert RunState.ROLLED_BACK is report.state
    assert "interrupted" == stand.record("t001")["state"]
    assert "run t002" in stand.record("t001")["message"]
    assert clean(stand)


def test_an_id_that_another_host_took_is_not_overwritten(stand: Stand) -> None:
    plan = stand.shift(("62", "38"), ("80", "20"))
    stand.hub.call("POST", "/api/v1/namespaces", body={"metadata": {"name": "fleet-console"}})
    body = {"metadata": {"name": "run-t001", "labels": {"fleet-console/run": "t001"}}, "data": {"state": "done"}}
    stand.hub.call("POST", "/api/v1/namespaces/fleet-console/configmaps", body=body)
    report = stand.carry_out(plan)

    assert RunState.REFUSED is report.state
    assert {"state": "done"} == stand.record("t001")
    assert clean(stand)


def _with(stand: Stand, **values: str) -> Any:
    """The stand's settings with other times of a run."""
    run = stand.settings.run
    kept = {name: getattr(run, name) for name in run.__struct_fields__}
    return type(stand.settings)(run=RunSettings(**(kept | values)), fleets=stand.settings.fleets)


def _once(stand: Stand, value: str) -> None:
    """Return when the first member's weight is `value`."""
    patience = threading.Event()
    for _ in range(600):
        if stand.annotations.get(A) == value:
            return
        patience.wait(0.02)
    raise AssertionError(f"{A} never was {value}")


def _once_held(stand: Stand, then: Any) -> None:
    """Do `then` once the first step holds."""
    patience = threading.Event()
    for _ in range(600):
        row = stand.journal.row("t001")
        if row is not None and row.report.hold_until is not None:
            then()
            return
        patience.wait(0.02)
    raise AssertionError("no step ever held")


def _once_written(stand: Stand, then: Any) -> None:
    """Do `then` once the journal says that the weights were written and read back."""
    patience = threading.Event()
    for _ in range(600):
        row = stand.journal.row("t001")
        if row is not None and ("weigh", "confirmed") in [(ln.step[:5], ln.phase) for ln in row.report.lines]:
            then()
            return
        patience.wait(0.02)
    raise AssertionError("the weights were never confirmed")


def _told(stand: Stand, tell: Any) -> RunState:
    """Carry a shift out, and do `tell` once it has written."""
    with stand.executor(stand.shift(("62", "38"), ("80", "20"))) as (executor, _):
        teller = threading.Thread(target=_once_written, args=(stand, lambda: tell(executor)))
        teller.start()
        state = executor.carry_out()
        teller.join()
    return state


def _dead_once_recorded() -> Any:
    """No answer any more after the run's record."""
    seen: list[str] = []

    def before(method: str, path: str, body: Any) -> Answer | None:
        if method == "POST" and path.endswith("configmaps"):
            seen.append(path)
            return None
        if seen:
            raise Lost("the hub is gone")
        return None

    return before


def _silent_once(gone: threading.Event) -> Any:
    def before(method: str, path: str, body: Any) -> Answer | None:
        if gone.is_set():
            raise Lost("the hub is gone")
        return None

    return before
