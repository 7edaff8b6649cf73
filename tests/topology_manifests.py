"""What a topology applies to the Fleet: the vendor's procedure field by field, within the schemas of the real CRDs, and
read backwards into the same topology."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema
import pytest
import yaml
from msgspec import structs

import assets
from console.decide.setup import manifests
from console.decide.setup.adopt import Hints, adopt
from console.decide.setup.drift import OTHERS, changes, merged
from console.decide.setup.export import files, settings
from console.decide.setup.file import dump, parse
from console.decide.setup.found import Found
from console.decide.setup.plan import plan
from console.decide.setup.task import Apply
from console.model.ground import Ground, Key
from console.model.topology import ApplicationPart, ListenerPart
from console.run.setup.discover import hints
from console.settings import parse as parse_settings
from tests.setup_stand import APPLICATION, DEMO, Stand, World, hybrid
from tests.vendor_sets import OVERLAY, UNDERLAY

_UNDERLAY = ApplicationPart(
    name="appset-web-demo-undelay", application="{{.metadata.annotations.cluster_id}}-web-demo", repository=DEMO,
    path="manifests/helm/web-demo", namespace="gateway-demo", service="ClusterIP",
    parameters={"envCluster": "{{.metadata.annotations.cluster_name}}"},
)  # fmt: skip


@pytest.mark.parametrize(("part", "text"), [(_UNDERLAY, UNDERLAY), (APPLICATION, OVERLAY)], ids=["underlay", "overlay"])
def test_the_vendors_application_sets_field_by_field(part: ApplicationPart, text: str) -> None:
    wanted = yaml.safe_load(text)
    found = Found(hybrid(applications=(part,)), Ground())
    made = manifests.application_set(found, part)
    assert made["metadata"].pop("labels") == {"fleet-console/topology": "demo"}
    assert made == wanted
    assert (
        list(made["spec"]["template"]["spec"]["source"]["helm"]["parameters"])
        == (wanted["spec"]["template"]["spec"]["source"]["helm"]["parameters"])
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world once everything stands."""
    stand = Stand(tmp_path_factory.mktemp("made"))
    stand.carry_out(stand.set_up(hybrid()))
    return stand.world


def _schemas() -> dict[str, Any]:
    """Kind -> the real CRD's schema of it."""
    found = {}
    for path in (resources.files(assets) / "manifests" / "crds").iterdir():
        text = path.read_text("utf-8")
        for document in [json.loads(text)] if path.name.endswith(".json") else yaml.safe_load_all(text):
            if document and document.get("kind") == "CustomResourceDefinition":
                version = next(one for one in document["spec"]["versions"] if one["served"])
                found[document["spec"]["names"]["kind"]] = version["schema"]["openAPIV3Schema"]
    return found


def test_manifests_are_within_the_schemas_of_the_real_kinds(made: World) -> None:
    schemas = _schemas()
    seen = set()
    for key, manifest in manifests.wanted(Found(hybrid(), made.read())).items():
        if key.kind in schemas:
            jsonschema.Draft202012Validator(_closed(schemas[key.kind])).validate(manifest)
            seen.add(key.kind)
    assert {"AlbConfig", "ApplicationSet"} <= seen


def _closed(schema: Any) -> Any:
    """The schema, refusing fields that it does not name: a typing error would be dropped in silence otherwise."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    properties = closed.get("properties")
    open_ = closed.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in closed
    if isinstance(properties, dict) and properties and not open_ and "metadata" not in properties:
        closed["additionalProperties"] = False
    return closed


def test_what_was_set_up_is_adopted_as_the_same_topology(made: World) -> None:
    ground = made.read()
    known = Hints(
        {one.id: "zone-a" if one.kind == "ack" else "zone-b" for one in ground.account.clusters or ()}, {}, {}
    )
    found = adopt(ground, "cn-hangzhou", known)
    again = parse(dump(found.topology), "adopted")
    assert again == found.topology
    assert plan(again, ground).tasks == ()
    assert again.routes == tuple(structs.replace(one, answer=again.routes[0].answer) for one in hybrid().routes)
    assert [structs.replace(one, parameters=dict(one.parameters)) for one in again.applications] == [APPLICATION]
    assert {one.name: one.network for one in again.members} == {"ack-a": "underlay", "idc-b": "overlay"}


def test_by_the_settings_that_it_left_behind_it_is_adopted_as_it_was_written(made: World) -> None:
    """Ranges of pods and of nodes do not change places, and the topology keeps its name, by which it is ours."""
    ground = made.read()
    document = settings(Found(hybrid(), ground), {"credentials": {"profile": "work"}}, "/k", None)
    left = parse_settings(yaml.safe_load(yaml.safe_dump(document)))
    found = adopt(ground, "cn-hangzhou", hints(left)).topology
    wanted = {one.name: (one.cidrs.nodes, one.cidrs.pods) for one in hybrid().members if one.kind == "registered"}
    assert all(nodes and pods for nodes, pods in wanted.values())
    assert {one.name: (one.cidrs.nodes, one.cidrs.pods) for one in found.members if one.name in wanted} == wanted
    assert found.name == hybrid().name
    assert plan(found, ground).tasks == ()


def test_one_changed_weight_is_one_change(made: World) -> None:
    ground, topology = made.read(), hybrid()
    route = structs.replace(topology.routes[0], weights={"ack-a": 70, "idc-b": 30})
    [task, *rest] = plan(structs.replace(topology, routes=(route,)), ground).tasks
    assert [(one.before, one.after) for one in task.changes] == [("60", "70"), ("40", "30")]
    assert [one.id for one in rest] == ["first requests", "files"]


def test_items_of_others_stay_in_named_lists() -> None:
    wanted = {"metadata": {"name": "gw"}, "spec": {"listeners": [{"port": 8001, "protocol": "HTTP"}]}}
    others = {"port": 443, "protocol": "HTTPS", "gzipEnabled": True}
    live = {"metadata": {"name": "gw"}, "spec": {"listeners": [others]}}
    assert [one.path for one in changes(wanted, live)] == [
        "spec.listeners[8001/HTTP].port", "spec.listeners[8001/HTTP].protocol",
    ]  # fmt: skip
    assert merged(wanted, live)["spec"]["listeners"] == [{"port": 8001, "protocol": "HTTP"}, others]


def live_gateway(
    ports: list[int], *managers: tuple[str, str, dict[str, Any]], note: str | None = None
) -> dict[str, Any]:
    """An AlbConfig with HTTP listeners; managers as name, operation, fields."""
    metadata: dict[str, Any] = {
        "name": "gw",
        "managedFields": [{"manager": one, "operation": how, "fieldsV1": fields} for one, how, fields in managers],
        **({"annotations": {OTHERS: note}} if note else {}),
    }
    return {"metadata": metadata, "spec": {"listeners": [{"port": one, "protocol": "HTTP"} for one in ports]}}


_WHOLE: dict[str, Any] = {"f:spec": {"f:listeners": {}}}
_OURS, _THEIRS = ("fleet-console-setup", "Apply", _WHOLE), ("kubectl-edit", "Update", _WHOLE)
_KEY: dict[str, Any] = {f'k:{{"port":{port},"protocol":"HTTP"}}': {".": {}, "f:port": {}} for port in (8001, 443)}
_ITEMS = {"f:spec": {"f:listeners": _KEY}}


@pytest.mark.parametrize(
    ("managers", "note", "kept"),
    [
        ((_OURS,), None, []),
        ((("fleet-console-setup", "Apply", _ITEMS),), None, []),
        ((_OURS, _THEIRS), None, [8001, 443]),
        ((_THEIRS,), None, [8001, 443]),
        ((), None, [8001, 443]),
        ((_OURS,), '["spec.listeners[443/HTTP]"]', [443]),
        (
            (
                ("fleet-console-setup", "Apply", _ITEMS),
                ("alb", "Update", {"f:spec": {"f:listeners": dict([list(_KEY.items())[1]])}}),
            ),
            None, [443],
        ),
    ],
    ids=["list ours", "items ours", "list shared", "list theirs", "nobody's", "taken with theirs", "one item shared"],
)  # fmt: skip
def test_items_that_are_ours_alone_go_and_all_others_stay(
    managers: tuple[tuple[str, str, dict[str, Any]], ...], note: str | None, kept: list[int]
) -> None:
    wanted = {"metadata": {"name": "gw"}, "spec": {"listeners": [{"port": 8002, "protocol": "HTTP"}]}}
    live = live_gateway([8001, 443], *managers, note=note)
    gone = [one.path for one in changes(wanted, live) if one.after is None]
    assert gone == [f"spec.listeners[{port}/HTTP]" for port in (8001, 443) if port not in kept]
    assert [one["port"] for one in merged(wanted, live)["spec"]["listeners"]] == [8002, *kept]


def test_what_was_taken_with_a_list_is_still_others_when_it_is_planned_again() -> None:
    wanted = {"metadata": {"name": "gw"}, "spec": {"listeners": [{"port": 8002, "protocol": "HTTP"}]}}
    taken = merged(wanted, live_gateway([8001, 443], _THEIRS), take=True)
    owned = {"f:metadata": {"f:annotations": {f"f:{OTHERS}": {}}}, **_WHOLE}
    managed = {"managedFields": [{"manager": "fleet-console-setup", "operation": "Apply", "fieldsV1": owned}]}
    live = {**taken, "metadata": {**taken["metadata"], **managed}}
    assert changes(wanted, live) == ()
    again = merged(wanted, live)
    assert (again["spec"], again["metadata"]["annotations"]) == (taken["spec"], taken["metadata"]["annotations"])


def test_a_field_that_we_applied_and_want_no_more_is_removed_unless_others_manage_it() -> None:
    ours: dict[str, Any] = {"f:spec": {"f:config": {"f:edition": {}, "f:name": {}}, "f:tags": {}}}
    others: dict[str, Any] = {"f:spec": {"f:tags": {}}}
    live = {
        "metadata": {
            "managedFields": [
                {"manager": "fleet-console-setup", "operation": "Apply", "fieldsV1": ours},
                {"manager": "somebody", "operation": "Update", "fieldsV1": others},
            ]
        },
        "spec": {"config": {"edition": "Basic", "name": "gw"}, "tags": []},
    }
    wanted = {"metadata": {}, "spec": {"config": {"name": "gw"}}}
    assert [(one.path, one.before, one.after) for one in changes(wanted, live)] == [
        ("spec.config.edition", "Basic", None)
    ]


def test_an_annotation_that_we_applied_and_want_no_more_is_given_up() -> None:
    owned: dict[str, Any] = {"f:metadata": {"f:annotations": {"f:old": {}, "f:kept": {}}}}
    live = {
        "metadata": {
            "annotations": {"old": "1", "kept": "2", "of-others": "3"},
            "managedFields": [{"manager": "fleet-console-setup", "operation": "Apply", "fieldsV1": owned}],
        }
    }
    wanted = {"metadata": {"annotations": {"kept": "2"}}}
    assert [(one.path, one.before, one.after) for one in changes(wanted, live)] == [
        ("metadata.annotations.old", "1", None)
    ]


def test_what_is_left_behind_opens_the_console_and_holds_no_secret(made: World) -> None:
    found = Found(hybrid(), made.read())
    document = settings(found, {"region": "cn-hangzhou", "credentials": {"profile": "work"}}, "/k", None)
    fleet = parse_settings(yaml.safe_load(yaml.safe_dump(document))).fleet
    assert sorted(one.name or "" for one in fleet.members.values()) == ["ack-a", "idc-b"]
    told = settings(found, {}, "/k", None, {"idc-b": "/home/kubeconfig"})["fleets"][0]["members"].values()
    assert [(one.get("context"), one.get("kubeconfig")) for one in told] == [(None, None), ("idc", "/home/kubeconfig")]
    texts = files(found)
    assert "routes/gateway-demo/web-demo.yaml" in yaml.safe_load(texts["kustomization.yaml"])["resources"]
    assert parse(texts["topology.yaml"], "exported") == hybrid()
    assert all(yaml.safe_load(text) for name, text in texts.items() if name.endswith(".yaml"))


def _owned_listeners(ground: Ground, *others: tuple[Key, dict[str, Any]]) -> Ground:
    """The ground with the gateway's listeners applied by us alone, and objects of others."""
    assert ground.hub is not None
    objects = dict(ground.hub.objects) | dict(others)
    key = next(one for one in objects if one.kind == "AlbConfig")
    managed = [{"manager": "fleet-console-setup", "operation": "Apply", "fieldsV1": _WHOLE}]
    objects[key] = {**objects[key], "metadata": {**objects[key]["metadata"], "managedFields": managed}}
    return replace(ground, hub=replace(ground.hub, objects=objects))


def _stranger(ports: str) -> tuple[Key, dict[str, Any]]:
    notes = {"alb.ingress.kubernetes.io/listen-ports": ports}
    thing = {"metadata": {"annotations": notes}, "spec": {"ingressClassName": "alb"}}
    return Key("networking.k8s.io", "Ingress", "shop", "theirs"), thing


def test_a_listener_goes_once_no_ingress_asks_for_it(made: World) -> None:
    """The controller adds a listener again while any Ingress asks for it."""
    gateway = hybrid().gateway
    assert gateway is not None
    moved = hybrid(gateway=structs.replace(gateway, listeners=(ListenerPart(port=8002),)))
    ground = made.read()
    tasks = plan(moved, _owned_listeners(ground)).tasks
    ids = [one.id for one in tasks if isinstance(one.call, Apply)]
    config, route = "apply AlbConfig ackone-gateway-demo", "apply Ingress gateway-demo/web-demo"
    assert ids == [config, route, f"{config} listeners"]
    ports = [
        [each["port"] for each in one.call.manifest["spec"]["listeners"]]
        for one in tasks
        if isinstance(one.call, Apply) and one.id != route
    ]
    assert ports == [[8002, 8001], [8002]]
    gone = next(one for one in tasks if one.id.endswith("listeners"))
    assert [(one.path, one.after) for one in gone.changes if one.after is None] == [("spec.listeners[8001/HTTP]", None)]
    kept = plan(moved, _owned_listeners(ground, _stranger('[{"HTTP": 8001}]'))).tasks
    assert [one.id for one in kept if isinstance(one.call, Apply)] == [config, route]
