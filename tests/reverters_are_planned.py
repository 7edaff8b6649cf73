"""Who would write a shift back and can be held: by rule, in the plan and its hash, in plan files, on pages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.decide import planfile
from console.decide import reverters as who
from console.decide.case import Around, Wish
from console.decide.intents import Decision, decide, wish_of
from console.decide.plan import Plan, checked, parse, undo
from console.errors import UsageError
from console.kube.argo import application as decoded
from console.kube.decode import Metadata, Thing
from console.kube.fields import Notes
from console.model.argo import Application
from console.model.fleet import Fleet, Run, Tone
from console.model.held import SyncHeld, policy_of, policy_text
from console.model.run import JournalLine, RunState, Severity
from console.present import alerts, applications, changes, documents
from tests import situations

ROUTE = "gateway-demo/api"
POLICY = '{"prune":true,"selfHeal":true}'
WEB = Application("argocd", "web", "u-1", automated=True, self_heal=True, automation=POLICY)
SPLIT = {situations.ACK: 80, situations.IDC: 20}
HELD = SyncHeld("7c1", POLICY, situations.WALL)


def fleet(*known: Application) -> Fleet:
    """All well, but that Application `web` owns a route."""
    calm = situations.calm()
    routes = tuple(replace(one, tracked="web") if one.key == ROUTE else one for one in calm.routes)
    return situations.with_applications(replace(calm, routes=routes), *calm.applications, *known)


def decided(seen: Fleet, **wish: Any) -> Decision:
    return decide(seen, Wish(((ROUTE, SPLIT),), **{"expires": 3600.0, "hold_sync": True, **wish}), Around())


def plan(**wish: Any) -> Plan:
    found = decided(fleet(WEB), **wish).plan

    assert found is not None
    return found


def revert(decision: Decision) -> tuple[Severity, str, str]:
    (found,) = (reason for reason in decision.reasons if reason.rule == "revert")
    return found.severity, found.measured, found.message


def test_without_consent_the_rule_says_so_and_names_the_way() -> None:
    severity, measured, message = revert(decided(fleet(WEB), hold_sync=False))

    assert (Severity.ASKS, "ArgoCD application web heals itself") == (severity, measured)
    assert "--hold-sync, or ^p on the screen" in message
    assert decided(fleet(WEB), hold_sync=False).refused


def test_with_consent_it_informs_and_says_what_is_done() -> None:
    severity, _, message = revert(decided(fleet(WEB)))

    assert Severity.INFORMS is severity
    assert "automated sync of argocd/web is switched off for the run's time, and restored after it" == message
    assert not decided(fleet(WEB)).refused
    assert (who.Reverter("argocd", "web", "u-1", POLICY),) == plan().reverters
    assert any("automated sync of argocd/web is switched off" in said for said in changes.terms(plan()))


def test_automated_sync_without_self_heal_can_be_held_too() -> None:
    seen = fleet(replace(WEB, self_heal=False, automation="{}"))

    assert Severity.ASKS is revert(decided(seen, hold_sync=False))[0]
    assert Severity.INFORMS is revert(decided(seen))[0]


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ((replace(WEB, set="web"),), "ApplicationSet web owns it and would write its sync policy back"),
        ((replace(WEB, tracker="apps"),), "Application apps manages it and would write its sync policy back"),
        ((replace(WEB, uid=""),), "its sync policy is not known whole"),
        ((replace(WEB, automation=""),), "its sync policy is not known whole"),
        ((replace(WEB, deleting=True),), "it is being deleted"),
        ((WEB, replace(WEB, namespace="team-a")), "2 Applications have its name"),
    ],
)
def test_what_cannot_be_held_says_why_and_consent_changes_nothing(known: tuple[Application, ...], why: str) -> None:
    severity, _, message = revert(decided(fleet(*known)))
    found = decided(fleet(*known), confirmed=("revert",)).plan

    assert (Severity.ASKS, True) == (severity, f"cannot be held from here: {why}" in message)
    assert found is not None
    assert () == found.reverters


@pytest.mark.parametrize("known", [(), (replace(WEB, automated=False, self_heal=False, automation=""),)])
def test_what_does_not_sync_by_itself_is_not_held(known: tuple[Application, ...]) -> None:
    found = decided(fleet(*known))

    assert (Severity.INFORMS, "ArgoCD application web syncs on a word") == revert(found)[:2]
    assert found.plan is not None
    assert () == found.plan.reverters


def test_what_another_run_holds_asks_since_that_run_restores_it() -> None:
    seen = fleet(replace(WEB, automated=False, self_heal=False, automation="", held=HELD))

    assert (Severity.ASKS, "ArgoCD application web: its automated sync is off for run 7c1") == revert(decided(seen))[:2]


def test_nothing_is_held_for_good() -> None:
    with pytest.raises(UsageError, match="automated sync of argocd/web would be off for good"):
        decided(fleet(WEB), expires=None)
    with pytest.raises(ValueError, match="off for good"):
        checked(replace(plan(), expires=None))

    assert undo(plan(), "7c1").reverters == plan().reverters
    assert checked(undo(plan(), "7c1"))


def test_a_plan_that_holds_nothing_has_the_hash_that_it_always_had() -> None:
    assert "reverters" not in plan(hold_sync=False, confirmed=("revert",)).canonical()
    assert "reverters" in plan().canonical()
    assert plan().hash != plan(hold_sync=False).hash
    assert plan() == replace(parse(plan().canonical()), routes=plan().routes)
    assert wish_of(fleet(WEB), plan()).hold_sync
    assert decide(fleet(WEB), wish_of(fleet(WEB), undo(plan(), "7c1")), Around()).plan is not None


@pytest.mark.parametrize(
    "change",
    [
        {"automated": '{"selfHeal":true,"prune":true}'},
        {"automated": '{"prune": true}'},
        {"automated": '{"prune":true,"prune":true}'},
        {"automated": "[]"},
        {"automated": "true"},
        {"automated": ""},
        {"automated": '{"a":NaN}'},
        {"automated": '{"a":"\x1b[2J"}'},
        {"automated": '{"a":' * 900 + "1" + "}" * 900},
        {"automated": '{"a":"' + "x" * 1000 + '"}'},
        {"automated": {}},
        {"name": "a/b"},
        {"name": ""},
        {"namespace": "argo\ncd"},
        {"uid": None},
        {"uid": ""},
    ],
)
def test_a_plan_with_another_policy_or_name_is_none(change: dict[str, Any]) -> None:
    document = json.loads(plan().canonical())
    document["reverters"][0] |= change

    with pytest.raises(UsageError, match="this is no plan"):
        parse(json.dumps(document, sort_keys=True, separators=(",", ":")))


@pytest.mark.parametrize("reverters", [[], None, [{}], "x", {"a": 1}, 5])
def test_reverters_of_another_kind_are_no_plan(reverters: Any) -> None:
    document = json.loads(plan().canonical()) | {"reverters": reverters}

    with pytest.raises(UsageError, match="this is no plan"):
        parse(json.dumps(document, sort_keys=True, separators=(",", ":")))


def test_an_application_twice_is_no_plan() -> None:
    with pytest.raises(ValueError, match="an Application twice"):
        checked(replace(plan(), reverters=plan().reverters * 2))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=4))
def test_any_policy_comes_back_as_it_was_and_shows_nothing_that_a_terminal_minds(policy: dict[str, Any]) -> None:
    text = policy_text(policy)

    assert text == "" or (policy == policy_of(text) and text.isascii() and text.isprintable())
    assert text == "" or SyncHeld.parse(SyncHeld("7c1", text, 7.0).text) == SyncHeld("7c1", text, 7.0)


@pytest.mark.parametrize(
    "text", [None, 5, "", "{}", "[]", "{", '{"run":"7c1"}', '{"run":"../x","automated":{}}', '{"run":5,"automated":{}}',
             '{"run":"7c1","automated":[]}', "[" * 1900],
)  # fmt: skip
def test_a_note_that_is_none_of_ours_holds_nothing(text: object) -> None:
    assert SyncHeld.parse(text) is None


def thing(**metadata: Any) -> Thing:
    policy = {"automated": {"selfHeal": True, "prune": True}}
    return Thing(metadata=Metadata(name="web", namespace="argocd", **metadata), spec={"syncPolicy": policy})


def test_an_application_tells_its_policy_its_manager_and_who_holds_it() -> None:
    notes = Notes()
    mark = {"argocd.argoproj.io/tracking-id": "apps:argoproj.io/Application:argocd/web"}
    one = decoded(thing(annotations=mark), notes)
    held = decoded(thing(annotations={"fleet-console/sync-held": HELD.text}), notes)
    odd = decoded(thing(labels={"app.kubernetes.io/instance": "web"}, annotations={}), notes)

    assert (POLICY, "apps", None) == (one.automation, one.tracker, one.held)
    assert ("", HELD) == (held.tracker, held.held)
    assert ("", []) == (odd.tracker, list(notes))
    assert "root" == decoded(thing(labels={"app.kubernetes.io/instance": "root"}), notes).tracker
    assert decoded(thing(annotations={"fleet-console/sync-held": "{}"}), notes).held is None
    assert "is '{}', not a run and its policy" in notes.sentence


FILE = {"schema": planfile.SCHEMA, "routes": {ROUTE: {"ack-prod": 80, "idc-prod": 20}}, "expires": "60m"}


def test_a_plan_file_says_it_and_is_written_so() -> None:
    wish = planfile.parse({**FILE, "hold_sync": True}, "x").wish(fleet(WEB))
    written = planfile.of(fleet(WEB), wish, "", "")

    assert (True, True) == (wish.hold_sync, written["hold_sync"])
    assert "hold_sync" not in planfile.of(fleet(WEB), replace(wish, hold_sync=False), "", "")


def run(state: RunState, **values: Any) -> Run:
    return Run("7c1", state, (ROUTE,), "oncall", "x", situations.WALL, "jump1", 1, "", **values)


@pytest.mark.parametrize(
    ("record", "tone", "said"),
    [
        (run(RunState.RUNNING), Tone.PLAIN, "it is restored at its end."),
        (run(RunState.DONE, expires=situations.WALL), Tone.PLAIN, "it is restored when that goes back at"),
        (
            run(RunState.HELD),
            Tone.WARN,
            "which is held: what is in git does not come by itself. ",
        ),
        (run(RunState.ROLLED_BACK), Tone.WARN, "which is rolled back: "),
        (None, Tone.WARN, "which is not recorded: "),
    ],
)
def test_what_is_held_is_told_until_it_is_restored(record: Run | None, tone: Tone, said: str) -> None:
    one = replace(WEB, automated=False, automation="", held=HELD)
    seen = replace(fleet(one), runs=(record,) if record is not None else ())
    (alert,) = (each for each in alerts.alerts(seen, situations.NOW) if each.subject == "argocd/web")

    assert (tone, True) == (alert.tone, said in alert.sentence)
    assert alert.sentence.startswith("automated sync is off for run 7c1 since ")
    assert applications.automation(one).startswith("off for run 7c1 since ")
    found = documents.status_document(seen, situations.NOW, situations.WALL)["applications"][-1]

    assert {"run": "7c1", "since": documents.stamp(situations.WALL)} == found["sync_held"]


def test_a_journal_owes_what_it_meant_to_switch_off_until_that_is_settled() -> None:
    def lines(*said: tuple[str, str]) -> list[JournalLine]:
        return [JournalLine(0.0, f"{verb}-sync argocd/web", phase, "") for verb, phase in said]

    assert () == who.owed(lines())
    assert ("argocd/web",) == who.owed(lines(("hold", "intended")))
    assert ("argocd/web",) == who.owed(lines(("hold", "intended"), ("hold", "sent"), ("restore", "intended")))
    assert () == who.owed(lines(("hold", "intended"), ("hold", "refused")))
    assert () == who.owed(lines(("hold", "intended"), ("hold", "confirmed"), ("restore", "confirmed")))
