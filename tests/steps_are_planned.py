"""A refresh or a sync as a value: what speaks against it, what it writes, and the text by which it is told again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.decide import onestep
from console.decide.case import Around
from console.decide.onestep import OneStep, marked, operation
from console.errors import UsageError
from console.model.argo import Application
from console.model.fleet import Fleet
from console.model.freshness import SourceState
from console.model.hub import Freeze, RunRecord
from console.model.run import RunReport, RunState
from console.present import ledgers, onesteps
from console.present.line import text
from console.store import timeline
from tests import situations
from tests.situations import ACK, UID, WALL, application

STEP = OneStep(UID, "sync", "argocd", f"{ACK}-api", "uid-1", 120.0)
LIVE = RunReport("r1", UID, "refresh", RunState.RUNNING, "h", target=f"argocd/{ACK}-api", actor="oncall")


def blocked(kind: str, found: Application, fleet: Fleet | None = None, **asked: Any) -> set[str]:
    """The rules that block."""
    around = asked.pop("around", Around(wall=WALL))
    made = onestep.decide(fleet or situations.calm(), found, around, kind=kind, within=120.0, **asked)
    return {one.rule for one in made.blocking}


API = application("api", ACK)


@pytest.mark.parametrize(
    ("found", "asked", "refresh", "sync"),
    [
        (API, {}, set(), set()),
        (replace(API, deleting=True), {}, {"deleting"}, {"deleting"}),
        (replace(API, skipped=True), {}, {"skip-reconcile"}, {"skip-reconcile"}),
        (replace(API, operating=True, phase="Running"), {}, set(), {"operation"}),
        (API, {"around": Around(read_only=True)}, {"read-only"}, {"read-only"}),
        (API, {"around": Around(upkeep=(LIVE,))}, {"other-run"}, {"other-run"}),
        (API, {"around": Around(upkeep=(replace(LIVE, target="argocd/other"),))}, set(), set()),
        (API, {"fleet": replace(situations.calm(), uid=None)}, {"current"}, {"current"}),
        (
            API,
            {"fleet": replace(situations.calm(), sources=situations.sources(APPLICATIONS=SourceState.LOST))},
            {"current"},
            {"current"},
        ),
        (API, {"fleet": replace(situations.calm(), freeze=Freeze("oncall", "x", WALL, WALL + 60))}, set(), {"freeze"}),
        (API, {"fleet": replace(situations.calm(), freeze=Freeze("oncall", "x", WALL, WALL - 60))}, set(), set()),
    ],
)
def test_what_blocks_a_step_is_said(
    found: Application, asked: dict[str, Any], refresh: set[str], sync: set[str]
) -> None:
    assert [refresh, sync] == [blocked(kind, found, **dict(asked)) for kind in ("refresh", "sync")]


@pytest.mark.parametrize(
    ("automated", "revision", "dry_run", "expected"),
    [
        (True, "v9", False, {"automated"}),
        (True, "main", False, set()),
        (True, "", False, set()),
        (True, "v9", True, set()),
        (False, "v9", False, set()),
    ],
)
def test_a_revision_that_automation_does_not_want_is_refused(
    automated: bool, revision: str, dry_run: bool, expected: set[str]
) -> None:
    found = replace(API, automated=automated, wanted="main")

    assert expected == blocked("sync", found, revision=revision, dry_run=dry_run)


def test_automation_and_self_heal_are_said() -> None:
    def said(found: Application) -> str:
        made = onestep.decide(situations.calm(), found, Around(), kind="sync", within=1.0)
        return " ".join(one.message for one in made.reasons)

    assert "self-heal is off" in said(replace(API, automated=True))
    assert "self-heal puts drift right" in said(replace(API, automated=True, self_heal=True))
    assert "" == said(replace(API, automated=False))


def test_a_name_finds_one_application_or_says_why_not() -> None:
    fleet = situations.with_applications(situations.calm(), API, replace(API, namespace="other"))

    assert API == onestep.find(fleet, API.key)
    for word, why in ((API.name, "names 2 Applications"), ("none\x1b[2J", "is called 'none␛\\[2J'")):
        with pytest.raises(UsageError, match=why):
            onestep.find(fleet, word)


def test_the_operation_is_what_argocds_own_client_writes_and_carries_the_runs_mark() -> None:
    policy = {"syncOptions": ["CreateNamespace=true"], "retry": {"limit": 2}, "automated": {}}
    made = operation(replace(STEP, revision="v2", prune=True, dry_run=True), "r1", "me", policy)

    assert {
        "initiatedBy": {"username": "me"},
        "info": [{"name": "fleet-console/run", "value": "r1"}],
        "sync": {
            "syncStrategy": {"hook": {}}, "revision": "v2", "prune": True, "dryRun": True,
            "syncOptions": ["CreateNamespace=true"],
        },
        "retry": {"limit": 2},
    } == made  # fmt: skip
    assert marked(made, "r1")
    assert not marked(made, "r2")
    assert {"syncStrategy": {"hook": {}}} == operation(STEP, "r1", "me", {"syncOptions": 7, "retry": "x"})["sync"]


@pytest.mark.parametrize("found", [None, 7, "x", [], {}, {"info": None}, {"info": 7}, {"info": "x"}, {"info": [None]}])
def test_an_operation_of_any_shape_is_nobodys(found: Any) -> None:
    assert not marked(found, "r1")


STEPS = st.builds(
    OneStep,
    fleet_uid=st.text(), kind=st.sampled_from(["refresh", "sync"]), namespace=st.text(), name=st.text(), uid=st.text(),
    within=st.floats(0.1, onestep.LONGEST), hard=st.booleans(), revision=st.text(), prune=st.booleans(),
    dry_run=st.booleans(),
)  # fmt: skip


@given(STEPS)
def test_a_step_is_read_again_as_it_was_written(step: OneStep) -> None:
    assert step == onestep.parse(step.canonical())


@given(STEPS, STEPS)
def test_steps_that_differ_have_different_hashes(one: OneStep, other: OneStep) -> None:
    assert (one == other) is (one.hash == other.hash)


@pytest.mark.parametrize(
    "text_",
    [
        "", "7", "[]", "{}", "null", STEP.canonical() + " ", replace(STEP, kind="shift").canonical(),
        replace(STEP, within=0.0).canonical(), replace(STEP, within=1e9).canonical(), "[" * 100_000,
        STEP.canonical().replace("false", '"no"'), STEP.canonical().replace("120.0", "NaN"),
    ],
)  # fmt: skip
def test_what_is_no_step_is_refused(text_: str) -> None:
    with pytest.raises(UsageError):
        onestep.parse(text_)


def test_a_steps_record_is_told_in_the_timeline_by_what_it_does() -> None:
    record = RunRecord("r1", "done", plan=STEP.canonical(), plan_hash=STEP.hash, actor="oncall", started=1.0)
    (moment,) = timeline.timeline((), (record,))

    assert f"run r1 began: sync argocd/{ACK}-api, by oncall" == moment.sentence


def test_hostile_words_of_an_application_are_inert_in_a_steps_lines() -> None:
    step = replace(STEP, revision="\x1b]52;c;x\x07[bold]", name="a\u202eb\n")
    shown = [*onesteps.written(step, 80), (onesteps.head(replace(API, name="a\u202eb\n"), "sync", step))]
    report = replace(LIVE, target="argocd/\x1b[2J\u202e")
    said = "".join(map(text, shown)) + ledgers.what(report) + text(ledgers.head(report, WALL))

    assert not {"\x1b", "\u202e", "\x07", "\n"} & set(said)
