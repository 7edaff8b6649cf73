"""An Application follows git and its member: by pure rules, and over the wire as an operator has it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from console.sim import scenario, world
from console.sim.argo import app_status, health, workloads
from console.sim.argo.charts import Charts, SourceError
from console.sim.argo.compare import Compared, Id, compare, holds, id_of, with_tracking
from console.sim.argo.kinds import merge_patch
from tests.argo_fleet import ArgoFleet
from tests.simulators import simulate

CALM = world.generate(scenario.load("calm"), seed=1, began=1_795_000_000.0)
CHARTS = Charts(CALM.repository, CALM.services)
NEW, OLD = "9b07d12c4f1e6a83d5b2907e1c48fa36d07be951", "8810ac3e92d74b065f1ca8e37d249b60e5a1f8c4"


def source(**changes: Any) -> dict[str, Any]:
    found = {"repoURL": CALM.repository.url, "path": "manifests/helm/web-demo", "targetRevision": "main"}
    return {**found, **changes}


def helm(**parameters: str) -> dict[str, Any]:
    return {"parameters": [{"name": name, "value": value} for name, value in parameters.items()]}


def test_the_vendors_chart_is_a_service_and_a_deployment() -> None:
    rendered = CHARTS.render(source(helm=helm(envCluster="idc-prod", isNodePort="true")), "gateway-demo")
    service, deployment = rendered.objects
    (port,) = service["spec"]["ports"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]

    assert NEW == rendered.commit.sha
    assert ("service1", "NodePort") == (service["metadata"]["name"], service["spec"]["type"])
    assert (80, 8080, 30100) == (port["port"], port["targetPort"], port["nodePort"])
    assert "web-demo" == deployment["metadata"]["name"]
    assert [{"name": "ENV_NAME", "value": "idc-prod"}] == container["env"]


def test_without_a_node_port_the_service_is_of_the_cluster() -> None:
    service, _ = CHARTS.render(source(helm=helm(isNodePort="false")), "x").objects

    assert ("ClusterIP", False) == (service["spec"]["type"], "nodePort" in service["spec"]["ports"][0])


@pytest.mark.parametrize(("revision", "sha"), [("main", NEW), ("HEAD", NEW), ("v1.4.1", OLD), (OLD, OLD)])
def test_revisions_are_resolved(revision: str, sha: str) -> None:
    assert sha == CHARTS.render(source(targetRevision=revision), "x").commit.sha


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"repoURL": "https://example.com/none.git"}, "Repository not found"),
        ({"path": "manifests/none"}, "manifests/none: app path does not exist"),
        ({"targetRevision": "v9"}, "unable to resolve 'v9' to a commit SHA"),
    ],
)
def test_a_source_that_is_not_there_says_so(changes: dict[str, str], told: str) -> None:
    with pytest.raises(SourceError, match=told):
        CHARTS.render(source(**changes), "x")


@pytest.mark.parametrize(
    ("live", "wanted", "expected"),
    [
        ({"a": 1, "more": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({}, {"a": 1}, False),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, True),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}]}, False),
    ],
)
def test_what_git_leaves_open_is_no_difference(live: Any, wanted: Any, expected: bool) -> None:
    assert expected == holds(live, wanted)


def deployed(application: str = "app") -> dict[Id, dict[str, Any]]:
    """What git says, live and rolled out."""
    objects = [with_tracking(application, obj) for obj in CHARTS.render(source(), "gateway-demo").objects]
    found = {}
    for obj in objects:
        live = {**obj, "metadata": {**obj["metadata"], "generation": 1}}
        found[id_of(obj)] = {**live, "status": workloads.rolled(live, 0.0)} if obj["kind"] == "Deployment" else live
    return found


def compared(live: dict[Id, dict[str, Any]]) -> Compared:
    return compare("app", CHARTS.render(source(), "gateway-demo").objects, live)


def test_what_is_as_git_says_is_synced_and_healthy() -> None:
    found = compared(deployed())

    assert ("Synced", "Healthy") == (found.sync, found.health)
    assert ["registry.example.com/demo/web-demo:1.4.2"] == found.images


def test_what_is_not_there_is_missing() -> None:
    found = compared({})

    assert ("OutOfSync", "Missing") == (found.sync, found.health)


def test_what_git_no_longer_has_is_to_be_pruned() -> None:
    left_over = with_tracking(
        "app", {"apiVersion": "v1", "kind": "Service", "spec": {}, "metadata": {"name": "old", "namespace": "x"}}
    )
    found = compared({**deployed(), id_of(left_over): left_over})

    assert "OutOfSync" == found.sync
    assert [("old", True)] == [(e["name"], e["requiresPruning"]) for e in found.resources if "requiresPruning" in e]


def test_an_object_of_two_applications_is_warned_of() -> None:
    found = compared(deployed("other"))

    assert "OutOfSync" == found.sync
    assert "Deployment/web-demo is part of applications argocd/app and other" in [w["message"] for w in found.warnings]


def rollout(status: dict[str, Any], **spec: Any) -> dict[str, Any]:
    metadata = {"name": "web", "generation": 2}
    return {
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"replicas": 4, **spec},
        "status": {"observedGeneration": 2, **status},
    }


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (rollout({"replicas": 4, "updatedReplicas": 4, "availableReplicas": 4}), "Healthy"),
        (rollout({"replicas": 4, "updatedReplicas": 1, "availableReplicas": 3}), "Progressing"),
        (rollout({"replicas": 5, "updatedReplicas": 4, "availableReplicas": 4}), "Progressing"),
        (rollout({"replicas": 4, "updatedReplicas": 4, "availableReplicas": 3}), "Progressing"),
        (rollout({"observedGeneration": 1}), "Progressing"),
        (rollout({}, paused=True), "Suspended"),
        (rollout({"conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]}), "Degraded"),
        ({"kind": "Service"}, "Healthy"),
    ],
)
def test_health_is_what_argocd_makes_of_it(obj: dict[str, Any], expected: str) -> None:
    assert expected == health.of(obj).status


def application(automated: dict[str, Any] | None, **state: Any) -> dict[str, Any]:
    policy = {} if automated is None else {"syncPolicy": {"automated": automated}}
    status = {"operationState": state} if state else {}
    return {"metadata": {"name": "app"}, "spec": {"source": source(), **policy}, "status": status}


TRIED = {
    "phase": "Succeeded",
    "finishedAt": "1970-01-01T00:00:00Z",
    "syncResult": {"revision": NEW, "source": source()},
}
OTHER = {**TRIED, "syncResult": {"revision": OLD, "source": source()}}


@pytest.mark.parametrize(
    ("app", "now", "starts", "waits"),
    [
        (application(None), 100.0, False, False),
        (application({}), 100.0, True, False),
        (application({"enabled": False}), 100.0, False, False),
        (application({}, **TRIED), 100.0, False, False),
        (application({}, **OTHER), 100.0, True, False),
        (application({"selfHeal": True}, **TRIED), 100.0, True, False),
        (application({"selfHeal": True}, **TRIED), 3.0, False, True),
        (application({"selfHeal": True}, **{**TRIED, "phase": "Failed"}), 100.0, False, False),
    ],
)
def test_automation_tries_one_commit_once_unless_it_heals(app: Any, now: float, starts: bool, waits: bool) -> None:
    decision = app_status.automatic(app, compared({}), NEW, now)

    assert (starts, waits) == (decision.operation is not None, decision.wait is not None)


def test_a_merge_patch_names_differences_alone() -> None:
    assert {"a": None, "b": {"c": 2}, "e": [1]} == merge_patch(
        {"a": 1, "b": {"c": 1, "d": 1}, "e": []}, {"b": {"c": 2, "d": 1}, "e": [1]}
    )


kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH")


def simulated(factory: pytest.TempPathFactory, name: str) -> Iterator[ArgoFleet]:
    for directory, _ in simulate(factory.mktemp(name), "--scenario", name, "--speed", "10", "--load", "0"):
        yield ArgoFleet(directory)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoFleet]:
    yield from simulated(tmp_path_factory, "calm")


@pytest.fixture(scope="module")
def degraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoFleet]:
    yield from simulated(tmp_path_factory, "degraded-app")


@pytest.fixture(scope="module")
def skewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoFleet]:
    yield from simulated(tmp_path_factory, "revision-skew")


def start(fleet: ArgoFleet, name: str, **sync: Any) -> None:
    """Write an operation as ArgoCD's own client does."""
    operation = {"initiatedBy": {"username": "alice"}, "sync": {"syncStrategy": {"hook": {}}, **sync}}
    patch = {"operation": operation, "status": {"operationState": None}}
    fleet.kubectl("patch", "application", name, "--type=merge", "-p", json.dumps(patch))


def replicas(fleet: ArgoFleet, member: str, namespace: str, name: str) -> str:
    return fleet.on(member, "get", "deploy", name, "-n", namespace, "-ojsonpath={.spec.replicas}")


def scale(fleet: ArgoFleet, member: str, namespace: str, name: str, count: int) -> None:
    """Change a Deployment past git."""
    fleet.on(member, "patch", "deploy", name, "-n", namespace, "-p", json.dumps({"spec": {"replicas": count}}))


def history(fleet: ArgoFleet, name: str) -> list[str]:
    """The revisions that were deployed, the oldest first."""
    return [entry["revision"] for entry in fleet.application(name)["status"]["history"]]


@kubectl
def test_drift_stays_without_self_heal_until_somebody_syncs(fleet: ArgoFleet) -> None:
    name = "idc-prod-checkout"
    scale(fleet, "idc-prod", "shop", "checkout", 2)
    fleet.wait(f"application/{name}", ".status.sync.status", "OutOfSync")
    fleet.wait(f"application/{name}", ".status.health.status", "Healthy")

    assert "2" == replicas(fleet, "idc-prod", "shop", "checkout")

    start(fleet, name)
    fleet.wait(f"application/{name}", ".status.operationState.phase", "Succeeded")
    fleet.synced(name)
    found = fleet.application(name)
    state = found["status"]["operationState"]

    assert "operation" not in found
    assert {"username": "alice"} == state["operation"]["initiatedBy"]
    assert {"deployment.apps/checkout configured", "service/checkout unchanged"} == {
        each["message"] for each in state["syncResult"]["resources"]
    }
    assert NEW == found["status"]["history"][-1]["revision"]
    assert "4" == replicas(fleet, "idc-prod", "shop", "checkout")


@kubectl
def test_a_dry_run_changes_nothing(fleet: ArgoFleet) -> None:
    name = "ack-prod-j-checkout"
    before = len(fleet.application(name)["status"]["history"])
    scale(fleet, "ack-prod-j", "shop", "checkout", 3)
    fleet.wait(f"application/{name}", ".status.sync.status", "OutOfSync")
    start(fleet, name, dryRun=True)
    fleet.wait(f"application/{name}", ".status.operationState.phase", "Succeeded")

    assert "3" == replicas(fleet, "ack-prod-j", "shop", "checkout")
    assert before == len(fleet.application(name)["status"]["history"])

    start(fleet, name)
    fleet.synced(name)


@kubectl
def test_self_heal_takes_drift_back(fleet: ArgoFleet) -> None:
    heal = {"spec": {"template": {"spec": {"syncPolicy": {"automated": {"selfHeal": True}}}}}}
    fleet.kubectl("patch", "appset", "web-demo", "--type=merge", "-p", json.dumps(heal))
    name = "ack-prod-j-web-demo"
    fleet.wait(f"application/{name}", ".spec.syncPolicy.automated.selfHeal", "true")
    scale(fleet, "ack-prod-j", "gateway-demo", "web-demo", 1)
    fleet.until(lambda: [NEW, NEW] == history(fleet, name))
    fleet.synced(name)

    assert "4" == replicas(fleet, "ack-prod-j", "gateway-demo", "web-demo")


@kubectl
@pytest.mark.parametrize("how", ["normal", "hard"])
def test_a_refresh_compares_with_git_now(fleet: ArgoFleet, how: str) -> None:
    name, refresh = "ack-prod-j-api", "argocd.argoproj.io/refresh"
    fleet.kubectl(
        "patch", "application", name, "--type=merge", "-p", '{"status": {"reconciledAt": "2026-01-01T00:00:00Z"}}'
    )
    fleet.kubectl("annotate", "application", name, f"{refresh}={how}")
    fleet.until(lambda: refresh not in fleet.annotations("application", name))

    assert "2026-01-01T00:00:00Z" < fleet.application(name)["status"]["reconciledAt"]


@kubectl
def test_an_operation_may_name_an_older_revision_and_automation_brings_back_the_newest(fleet: ArgoFleet) -> None:
    name = "idc-prod-api"
    start(fleet, name, revision=OLD)
    fleet.until(lambda: [NEW, OLD, NEW] == history(fleet, name))
    fleet.synced(name)


APPLICATION = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  project: default
  destination: {{name: {cluster}, namespace: fresh}}
  source: {{repoURL: "https://github.com/AliyunContainerService/gitops-demo.git", path: {path}, targetRevision: main}}
  syncPolicy: {{syncOptions: [{options}]}}
"""


@kubectl
@pytest.mark.parametrize(
    ("name", "changes", "type_", "told"),
    [
        ("no-cluster", {"cluster": "mars"}, "InvalidSpecError", "there are no clusters with this name: mars"),
        ("no-path", {"path": "manifests/none"}, "ComparisonError", "manifests/none: app path does not exist"),
    ],
)
def test_what_cannot_be_compared_is_unknown(
    fleet: ArgoFleet, name: str, changes: dict[str, str], type_: str, told: str
) -> None:
    fields = {"cluster": "in-cluster", "path": "manifests/helm/api", "options": "", **changes}
    fleet.kubectl("apply", "-f", "-", stdin=APPLICATION.format(name=name, **fields))
    fleet.wait(f"application/{name}", ".status.sync.status", "Unknown")
    (condition,) = fleet.application(name)["status"]["conditions"]

    assert type_ == condition["type"]
    assert told in condition["message"]
    fleet.kubectl("delete", "application", name)


@kubectl
def test_without_automation_nothing_is_deployed_until_it_is_asked_for(fleet: ArgoFleet) -> None:
    cluster = f"{fleet.cluster_id('idc-prod')}-idc-prod"
    fields = {"cluster": cluster, "path": "manifests/helm/api"}
    fleet.kubectl("apply", "-f", "-", stdin=APPLICATION.format(name="manual", options="", **fields))
    fleet.wait("application/manual", ".status.health.status", "Missing")
    start(fleet, "manual")
    fleet.wait("application/manual", ".status.operationState.phase", "Failed")

    assert 'namespaces "fresh" not found' in fleet.application("manual")["status"]["operationState"]["message"]

    fleet.kubectl("apply", "-f", "-", stdin=APPLICATION.format(name="manual", options="CreateNamespace=true", **fields))
    start(fleet, "manual")
    fleet.synced("manual")
    fleet.kubectl("delete", "application", "manual")

    assert "api" in fleet.on("idc-prod", "get", "deploy", "-n", "fresh", "-oname"), "no finalizer, so it stays"


@kubectl
def test_a_cluster_that_is_skipped_is_left_alone(fleet: ArgoFleet) -> None:
    secret, name = f"cluster-{fleet.cluster_id('ack-prod-j')}", "ack-prod-j-api"
    fleet.kubectl("annotate", "secret", secret, "argocd.argoproj.io/skip-reconcile=true")
    fleet.until(lambda: fleet.annotations("secret", secret).get("argocd.argoproj.io/skip-reconcile") == "true")
    fleet.kubectl("annotate", "application", name, "argocd.argoproj.io/refresh=hard")
    # An application of the other member that is refreshed afterwards shows that this one had its turn.
    fleet.kubectl("annotate", "application", "idc-prod-api", "argocd.argoproj.io/refresh=hard")
    fleet.until(lambda: "argocd.argoproj.io/refresh" not in fleet.annotations("application", "idc-prod-api"))

    assert "argocd.argoproj.io/refresh" in fleet.annotations("application", name)

    fleet.kubectl("annotate", "secret", secret, "argocd.argoproj.io/skip-reconcile-")
    fleet.until(lambda: "argocd.argoproj.io/refresh" not in fleet.annotations("application", name))


@kubectl
def test_a_degraded_application_is_out_of_sync_in_one_member_and_heals_by_a_sync(degraded: ArgoFleet) -> None:
    found = degraded.json("applications")["items"]
    wrong = {a["metadata"]["name"]: a["status"] for a in found if a["status"]["sync"]["status"] != "Synced"}

    assert ["idc-prod-checkout"] == list(wrong)
    assert "Degraded" == wrong["idc-prod-checkout"]["health"]["status"]

    start(degraded, "idc-prod-checkout")
    degraded.synced("idc-prod-checkout")


@kubectl
def test_a_held_revision_is_synced_and_healthy_all_the_same(skewed: ArgoFleet) -> None:
    status = {a["metadata"]["name"]: a["status"] for a in skewed.json("applications")["items"]}
    revisions = {name: each["sync"]["revision"] for name, each in status.items()}

    assert (NEW, OLD) == (revisions["ack-prod-j-api"], revisions["idc-prod-api"])
    assert {NEW} == {sha for name, sha in revisions.items() if name != "idc-prod-api"}
    assert {("Synced", "Healthy")} == {(s["sync"]["status"], s["health"]["status"]) for s in status.values()}
