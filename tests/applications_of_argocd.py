"""ArgoCD's Applications: read whatever they hold, tied to their members, and shown as one where several members run
them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from console.kube.decode import decode
from console.kube.kinds import KINDS
from console.model.argo import (
    HEALTH_ORDER,
    SYNC_ORDER,
    Application,
    ApplicationSet,
    Generator,
    Requirement,
    deployed,
    member_of,
    title_of,
    worst,
)
from console.model.freshness import Source, SourceName, SourceState
from console.model.hub import ManagedCluster
from console.present import alerts, applications
from console.present.line import text
from console.settings import FleetSettings, MemberSettings
from console.store.events import Changed, Listed
from console.store.store import FleetStore
from console.verbs.see import answered
from tests import situations
from tests.situations import ACK, IDC, NOW, WALL, application

CLUSTER_IDC = Generator((Requirement("cluster", "In", ("idc",), written=True),))


def read(source: SourceName, thing: Any) -> tuple[Any, str]:
    kind = next(one for one in KINDS if one.source is source)
    found = decode(json.dumps(thing).encode(), kind.name, kind.shape, kind.key)
    return found.fact, found.problem.message if found.problem else ""


OBJECT = {
    "metadata": {
        "namespace": "argocd",
        "name": f"{ACK}-api",
        "ownerReferences": [{"kind": "ApplicationSet", "name": "api", "controller": True}],
    },
    "spec": {
        "destination": {"name": ACK, "namespace": "shop"},
        "project": "default",
        "source": {"repoURL": "https://example.com/r.git", "path": "api", "targetRevision": "main"},
        "syncPolicy": {"automated": {"selfHeal": True}},
    },
    "status": {
        "sync": {"status": "OutOfSync", "revision": "9b07d12"},
        "health": {"status": "Degraded"},
        "operationState": {"phase": "Failed", "message": "one or more objects failed"},
        "reconciledAt": "2026-01-01T00:00:00Z",
        "conditions": [{"type": "SyncError", "message": "no\x1b[31m"}],
        "resources": [
            {"kind": "Service", "name": "api", "status": "Synced"},
            {"kind": "Deployment", "name": "api", "status": "OutOfSync", "health": {"status": "Degraded"}},
        ],
    },
}


def test_an_application_is_read_with_what_is_not_well_in_it() -> None:
    fact, problem = read(SourceName.APPLICATIONS, OBJECT)

    assert "" == problem
    assert ("api", ACK, "OutOfSync", "9b07d12", "Degraded", "Failed") == (
        fact.set, fact.destination, fact.sync, fact.revision, fact.health, fact.phase
    )  # fmt: skip
    assert (True, True, 1767225600.0, 2) == (fact.automated, fact.self_heal, fact.reconciled, fact.resources)
    assert [("Deployment", "api")] == [(one.kind, one.name) for one in fact.unwell]
    assert (("SyncError", "no␛[31m"),) == fact.conditions


def test_an_application_that_never_was_synced_has_no_status_and_no_problem() -> None:
    fact, problem = read(SourceName.APPLICATIONS, {"metadata": {"namespace": "argocd", "name": "a"}, "spec": {}})

    assert "" == problem
    assert (None, None, None, None, None) == (fact.sync, fact.health, fact.revision, fact.phase, fact.reconciled)


def test_several_sources_have_their_revisions_side_by_side() -> None:
    status = {"sync": {"status": "Synced", "revisions": ["aaa", "bbb"]}}
    fact, _ = read(SourceName.APPLICATIONS, {**OBJECT, "status": status})

    assert "aaa+bbb" == fact.revision


@pytest.mark.parametrize("where", ["spec", "status"])
@pytest.mark.parametrize("value", [7, "text", [], {"sync": 7, "destination": "x", "resources": {}, "source": []}])
def test_a_wrong_field_costs_itself_alone(where: str, value: Any) -> None:
    fact, _ = read(SourceName.APPLICATIONS, {**OBJECT, where: value})
    kept = fact.set if where == "spec" else fact.destination

    assert kept in ("api", ACK)


def test_an_application_set_tells_what_it_selects_and_why_it_cannot_generate() -> None:
    generators = [
        {"clusters": {"selector": {"matchLabels": {"cluster": "idc"}}}},
        {
            "clusters": {
                "selector": {"matchExpressions": [{"key": "name", "operator": "NotIn", "values": ["in-cluster"]}]}
            }
        },
        {"list": {"elements": []}},
    ]
    conditions = [
        {"type": "ErrorOccurred", "status": "True", "reason": "RenderTemplateParamsError", "message": "no key"}
    ]
    thing = {
        "metadata": {"namespace": "argocd", "name": "web"},
        "spec": {"generators": generators, "syncPolicy": {"preserveResourcesOnDeletion": False}},
        "status": {"conditions": conditions},
    }
    fact, problem = read(SourceName.SETS, thing)

    assert "" == problem
    assert ("cluster=idc", "name NotIn (in-cluster)") == tuple(one.text for one in fact.generators)
    assert ("list",) == fact.others
    assert ("RenderTemplateParamsError no key", False) == (fact.error, fact.preserves)


@pytest.mark.parametrize(
    ("destination", "name", "expected"),
    [
        (ACK, "whatever", ACK),
        (f"ack-prod-{ACK}", "whatever", ACK),
        ("ack-prod", "whatever", ACK),
        ("argo-calls-it-so", f"{IDC}-api", IDC),
        ("argo-calls-it-so", "api", None),
        (None, "api", None),
    ],
)
def test_an_applications_member_is_derived_or_not_known(
    destination: str | None, name: str, expected: str | None
) -> None:
    one = Application("argocd", name, destination=destination)

    assert expected == member_of(one, (ACK, IDC), {"ack-prod": ACK}, {})


def test_a_cluster_secret_that_names_its_member_wins() -> None:
    one = Application("argocd", f"{ACK}-api", destination="idc")

    assert IDC == member_of(one, (ACK, IDC), {}, {"idc": IDC})


def test_the_members_name_is_no_part_of_the_applications_title() -> None:
    assert ["api", "api", "api", "capi"] == [
        title_of(name, ("c1", "zone")) for name in ("c1-api", "api-c1", "api", "capi")
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("Synced", "Synced"), "Synced"),
        (("Synced", "OutOfSync"), "OutOfSync"),
        (("Synced", None), None),
        (("OutOfSync", None), "OutOfSync"),
        (("Synced", "Brandnew"), "Brandnew"),
        ((), None),
    ],
)
def test_the_worst_word_counts_and_unknown_is_never_well(words: tuple[str | None, ...], expected: str | None) -> None:
    assert expected == worst(words, SYNC_ORDER)
    assert "Degraded" == worst(("Healthy", "Degraded", "Progressing"), HEALTH_ORDER)


def test_parts_of_one_set_are_one_application_and_skew_is_seen() -> None:
    groups = deployed(situations.revision_skew().applications)

    assert [("api", True, "OutOfSync"), ("web-demo", False, "Synced")] == [(g.title, g.skewed, g.sync) for g in groups]
    assert [("4f2c91a",), ("8810ac3",)] == [
        tuple(applications.short(r) for r in groups[0].revisions([member])) for member in (ACK, IDC)
    ]


def test_skew_names_both_revisions_and_zones_at_the_top() -> None:
    found = alerts.alerts(situations.revision_skew(), NOW)

    assert ["4f2c91a in zone-a, 8810ac3 in zone-b: not the same revision."] == [one.sentence for one in found]


def test_what_is_degraded_says_where_and_why() -> None:
    fleet = situations.calm()
    ill = application("api", IDC, health="Degraded", health_message="3 of 4 pods crash")
    found = alerts.alerts(situations.with_applications(fleet, application("api", ACK), ill), NOW)

    assert ["Degraded in idc-prod: 3 of 4 pods crash."] == [one.sentence for one in found]


def test_an_application_from_near_says_what_a_label_edit_would_drop() -> None:
    fleet = replace(situations.calm(), sets=(ApplicationSet("argocd", "api", generators=(CLUSTER_IDC,)),))
    group = fleet.deployed[0]
    said = "\n".join(text(one) for one in applications.group_lines(fleet, group, WALL, 100))

    assert "generates for clusters with cluster=idc" in said
    assert "a cluster that no longer matches loses its Application, and its workloads are deleted with it" in said
    assert "with git 1 min ago" in said


def store() -> FleetStore:
    settings = FleetSettings(members={ACK: MemberSettings(name="ack-prod"), IDC: MemberSettings(name="idc-prod")})
    made = FleetStore(settings, "hz", clock=lambda: NOW, wall=lambda: WALL)
    made.apply(Listed(SourceName.MEMBERS, {m: ManagedCluster(m, m) for m in (ACK, IDC)}, NOW))
    return made


def test_the_picture_ties_applications_to_members_and_keeps_what_did_not_change() -> None:
    one = store()
    facts = {f"argocd/{m}-api": Application("argocd", f"{m}-api", destination=m, sync="Synced") for m in (ACK, IDC)}
    one.apply(Listed(SourceName.APPLICATIONS, facts, NOW))
    before = one.fleet
    key = f"argocd/{IDC}-api"
    one.apply(Changed(SourceName.APPLICATIONS, key, replace(facts[key], sync="OutOfSync"), NOW))
    after = one.fleet

    assert [(ACK, "api"), (IDC, "api")] == [(a.member, a.title) for a in before.applications]
    assert before.applications[0] is after.applications[0]
    assert ["Synced", "OutOfSync"] == [a.sync for a in after.applications]
    assert "OutOfSync" == after.deployed[0].sync


def test_a_fleet_without_argocd_is_not_at_fault() -> None:
    absent = {"APPLICATIONS": SourceState.MISSING, "SETS": SourceState.MISSING}
    fleet = situations.with_applications(replace(situations.calm(), sources=situations.sources(**absent)))

    assert () == alerts.alerts(fleet, NOW)
    assert 0 == answered(fleet)
    assert Source(SourceName.ROUTES, SourceState.MISSING).wanting
