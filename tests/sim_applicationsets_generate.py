"""An ApplicationSet becomes Applications: by its selectors and templates, and over the wire as an operator has it."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from console.sim.argo import generate, template
from console.sim.argo.generate import GenerationError
from console.sim.argo.selector import SelectorError, matches
from console.sim.argo.template import TemplateError
from tests.argo_fleet import ArgoFleet
from tests.simulators import simulate
from tests.vendor_sets import OVERLAY, UNDERLAY

PARAMS = {
    "name": "c1-ack-prod",
    "metadata": {"annotations": {"cluster_id": "c1"}, "labels": {"a/b": "x"}},
    "values": {"isNodePort": "true"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{.name}}", "c1-ack-prod"),
        ("{{ .metadata.annotations.cluster_id }}-web-demo", "c1-web-demo"),
        ("{{.values.isNodePort}}", "true"),
        ('{{ index .metadata.labels "a/b" | upper }}', "X"),
        ('{{ index .metadata.labels "none" | default "main" }}', "main"),
        ('{{ .name | replace "-" "." | trunc 6 | quote }}', '"c1.ack"'),
        ('{{ default (lower "MAIN") "" }}', "main"),
        ("a {{- ` b ` | trim -}} c", "abc"),
        ('{{ normalize "My Cluster_1" }}', "my-cluster-1"),
        ("no action", "no action"),
    ],
)
def test_a_template_is_filled(text: str, expected: str) -> None:
    assert expected == template.go(text, PARAMS, strict=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x-{{ .env }}", r'template: :1:5: executing "" at <.env>: map has no entry for key "env"'),
        ("{{.metadata.annotations.zone}}", r'at <.metadata.annotations.zone>: map has no entry for key "zone"'),
        ("{{.name.first}}", r"can't evaluate field"),
        ("{{ shout .name }}", r'function "shout" not defined'),
        ("{{ }}", "missing value for command"),
    ],
)
def test_a_template_that_cannot_be_filled_says_where(text: str, told: str) -> None:
    with pytest.raises(TemplateError, match=told):
        template.go(text, PARAMS, strict=True)


def test_without_the_option_a_missing_key_is_no_value() -> None:
    assert "<no value>" == template.go("{{.env}}", PARAMS, strict=False)


def test_the_older_form_leaves_alone_what_it_does_not_know() -> None:
    flat = template.flat(PARAMS)

    assert "c1-ack-prod c1 true {{env}}" == template.plain(
        "{{name}} {{ metadata.annotations.cluster_id }} {{values.isNodePort}} {{env}}", flat
    )


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({}, True),
        ({"matchLabels": {"cluster": "idc"}}, True),
        ({"matchLabels": {"cluster": "ack"}}, False),
        ({"matchExpressions": [{"key": "cluster", "operator": "In", "values": ["ack", "idc"]}]}, True),
        ({"matchExpressions": [{"key": "name", "operator": "NotIn", "values": ["in-cluster"]}]}, True),
        ({"matchExpressions": [{"key": "cluster", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "cluster", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_a_selector_asks_for_labels(selector: dict[str, Any], expected: bool) -> None:
    assert expected == matches(selector, {"cluster": "idc"})


@pytest.mark.parametrize("expression", [{"key": "a", "operator": "In"}, {"key": "a", "operator": "Like"}])
def test_a_selector_that_says_nothing_is_refused(expression: dict[str, Any]) -> None:
    with pytest.raises(SelectorError):
        matches({"matchExpressions": [expression]}, {})


def secret(name: str, cluster: str) -> dict[str, Any]:
    data = {"name": f"{name}-{cluster}", "server": f"https://{name}"}
    return {
        "metadata": {
            "name": name,
            "namespace": "argocd",
            "labels": {"argocd.argoproj.io/secret-type": "cluster", "cluster": cluster},
            "annotations": {"cluster_id": name, "cluster_name": f"{cluster}-prod"},
        },
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }


def generated(text: str, **changes: Any) -> list[dict[str, Any]]:
    owner = yaml.safe_load(text)
    owner["spec"] |= changes
    return generate.applications(owner, [secret("c1", "ack"), secret("c2", "idc")])


def test_the_vendors_underlay_set_names_every_member_but_the_fleet_itself() -> None:
    found = generated(UNDERLAY)

    assert ["c1-web-demo", "c2-web-demo"] == [each["metadata"]["name"] for each in found]
    assert ["c1-ack", "c2-idc"] == [each["spec"]["destination"]["name"] for each in found]


def test_an_empty_selector_matches_the_fleet_itself() -> None:
    whole = {"metadata": {"name": "{{.name}}"}, "spec": {"project": "default"}}
    found = generated(UNDERLAY, generators=[{"clusters": {}}], template=whole)

    assert ["in-cluster", "c1-ack", "c2-idc"] == [each["metadata"]["name"] for each in found]


def test_the_vendors_overlay_set_gives_each_kind_of_cluster_its_values() -> None:
    parameters = {
        each["metadata"]["name"]: {p["name"]: p["value"] for p in each["spec"]["source"]["helm"]["parameters"]}
        for each in generated(OVERLAY)
    }

    assert {
        "c2-web-demo-overlay": {"isNodePort": "true", "envCluster": "idc-prod"},
        "c1-web-demo-overlay": {"isNodePort": "false", "envCluster": "ack-prod"},
    } == parameters


def test_preserved_resources_are_not_the_finalizers() -> None:
    kept = generated(UNDERLAY, syncPolicy={"preserveResourcesOnDeletion": True})

    assert [["resources-finalizer.argocd.argoproj.io"]] * 2 == [
        e["metadata"]["finalizers"] for e in generated(UNDERLAY)
    ]
    assert [True, True] == ["finalizers" not in each["metadata"] for each in kept]


def test_a_missing_key_generates_nothing() -> None:
    wrong = yaml.safe_load(UNDERLAY.replace("annotations.cluster_name", "annotations.cluster_zone"))

    with pytest.raises(GenerationError, match='map has no entry for key "cluster_zone"') as caught:
        generate.applications(wrong, [secret("c1", "ack")])
    assert "RenderTemplateParamsError" == caught.value.reason


kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoFleet]:
    words = ("--scenario", "calm", "--speed", "10", "--load", "0")
    for directory, _ in simulate(tmp_path_factory.mktemp("argo"), *words):
        yield ArgoFleet(directory)


@kubectl
def test_the_sets_of_calm_are_there_with_their_applications_and_long_reconciled(fleet: ArgoFleet) -> None:
    found = fleet.json("applications")["items"]

    assert {"api", "checkout", "web-demo"} == fleet.names("appset")
    assert 6 == len(found)
    assert {("Synced", "Healthy")} == {(a["status"]["sync"]["status"], a["status"]["health"]["status"]) for a in found}
    assert all(a["status"]["history"] and a["status"]["operationState"]["phase"] == "Succeeded" for a in found)


@kubectl
def test_the_vendors_sets_work_as_they_stand_there(fleet: ArgoFleet) -> None:
    ack, idc = fleet.cluster_id("ack-prod-j"), fleet.cluster_id("idc-prod")

    assert "created" in fleet.kubectl("apply", "-f", "-", stdin=UNDERLAY)
    for identifier in (ack, idc):
        fleet.created(f"application/{identifier}-web-demo")
        fleet.synced(f"{identifier}-web-demo")
    fleet.kubectl("delete", "appset", "appset-web-demo-undelay")
    fleet.deleted(f"application/{ack}-web-demo", f"application/{idc}-web-demo")

    assert "created" in fleet.kubectl("apply", "-f", "-", stdin=OVERLAY)
    for identifier in (ack, idc):
        fleet.created(f"application/{identifier}-web-demo-overlay")
        fleet.synced(f"{identifier}-web-demo-overlay")
    ports = json.loads(fleet.on("idc-prod", "get", "service", "service1", "-n", "gateway-demo", "-ojson"))["spec"]
    kind = fleet.on("ack-prod-j", "get", "service", "service1", "-n", "gateway-demo", "-ojsonpath={.spec.type}")
    assert ("NodePort", 30100, 80, 8080) == (
        ports["type"],
        *(ports["ports"][0][name] for name in ("nodePort", "port", "targetPort")),
    )
    assert "ClusterIP" == kind
    unchanged = fleet.kubectl("apply", "-f", "-", stdin=OVERLAY)
    assert "unchanged" in unchanged


@kubectl
def test_a_cluster_that_loses_its_label_loses_its_application_and_what_that_deployed(fleet: ArgoFleet) -> None:
    ack, idc = fleet.cluster_id("ack-prod-j"), fleet.cluster_id("idc-prod")
    fleet.kubectl("apply", "-f", "-", stdin=OVERLAY)
    fleet.created(f"application/{idc}-web-demo-overlay")
    fleet.synced(f"{idc}-web-demo-overlay")
    fleet.kubectl("label", "secret", f"cluster-{idc}", "cluster-")
    fleet.deleted(f"application/{idc}-web-demo-overlay")

    assert "" == fleet.on("idc-prod", "get", "deploy", "web-demo", "-n", "gateway-demo", "--ignore-not-found")
    assert f"{ack}-web-demo-overlay" in fleet.names("application")

    fleet.kubectl("label", "secret", f"cluster-{idc}", "cluster=idc")
    fleet.created(f"application/{idc}-web-demo-overlay")
    fleet.synced(f"{idc}-web-demo-overlay")


@kubectl
def test_a_set_that_cannot_be_rendered_says_so_and_touches_nothing(fleet: ArgoFleet) -> None:
    broken = UNDERLAY.replace("annotations.cluster_name", "annotations.cluster_zone").replace("-undelay", "-broken")
    before = fleet.names("application")
    fleet.kubectl("apply", "-f", "-", stdin=broken)
    fleet.wait("appset/appset-web-demo-broken", '.status.conditions[?(@.type=="ErrorOccurred")].status', "True")
    said = {each["type"]: each for each in fleet.json("appset", "appset-web-demo-broken")["status"]["conditions"]}

    assert "RenderTemplateParamsError" == said["ErrorOccurred"]["reason"]
    assert 'map has no entry for key "cluster_zone"' in said["ErrorOccurred"]["message"]
    assert ("False", "False") == (said["ParametersGenerated"]["status"], said["ResourcesUpToDate"]["status"])
    assert before == fleet.names("application")
    fleet.kubectl("delete", "appset", "appset-web-demo-broken")


@kubectl
def test_a_refresh_that_is_asked_for_is_taken_back_when_done(fleet: ArgoFleet) -> None:
    name = "argocd.argoproj.io/application-set-refresh"
    fleet.kubectl("annotate", "appset", "api", f"{name}=true")

    fleet.until(lambda: name not in fleet.annotations("appset", "api"))


@kubectl
def test_an_application_that_is_deleted_comes_back_and_deploys_again(fleet: ArgoFleet) -> None:
    before = fleet.application("ack-prod-j-api")["metadata"]["uid"]
    fleet.kubectl("delete", "application", "ack-prod-j-api")
    fleet.created("application/ack-prod-j-api")
    fleet.synced("ack-prod-j-api")

    assert before != fleet.application("ack-prod-j-api")["metadata"]["uid"]
    assert "api" == fleet.on("ack-prod-j", "get", "deploy", "api", "-n", "gateway-demo", "-ojsonpath={.metadata.name}")


@kubectl
def test_a_set_takes_no_application_from_another_one(fleet: ArgoFleet) -> None:
    theirs = UNDERLAY.replace("annotations.cluster_id}}-web-demo", "annotations.cluster_name}}-api")
    fleet.kubectl("apply", "-f", "-", stdin=theirs.replace("-undelay", "-thief"))
    fleet.wait("appset/appset-web-demo-thief", '.status.conditions[?(@.type=="ErrorOccurred")].status', "True")
    said = fleet.json("appset", "appset-web-demo-thief")["status"]["conditions"][0]
    fleet.kubectl("delete", "appset", "appset-web-demo-thief")

    assert "UpdateApplicationError" == said["reason"]
    assert "is already owned by another ApplicationSet controller api" in said["message"]


@kubectl
def test_a_cluster_without_its_secret_loses_its_applications_but_nobody_can_clean_up_there(fleet: ArgoFleet) -> None:
    secret = fleet.secrets()["idc-prod"]
    where = ("get", "deploy", "checkout", "-n", "shop", "-ojsonpath={.metadata.uid}")
    before = fleet.on("idc-prod", *where)
    kept = {key: secret["metadata"][key] for key in ("name", "namespace", "labels", "annotations")}
    fleet.kubectl("delete", "secret", secret["metadata"]["name"])
    fleet.deleted("application/idc-prod-checkout")
    fleet.kubectl("apply", "-f", "-", stdin=json.dumps({**secret, "metadata": kept}))
    fleet.created("application/idc-prod-checkout")
    fleet.synced("idc-prod-checkout")

    assert before == fleet.on("idc-prod", *where)
