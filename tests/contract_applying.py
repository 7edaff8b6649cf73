"""What a set-up applies, over the wire: against the simulator's API server, and unchanged against a real one.

`CONSOLE_CONTRACT_KUBECONFIG=FILE` names the real server; the tests make a namespace of their own there, and remove it.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from console.errors import Superseded, UsageError
from console.kube import groundwork, site
from console.kube.apply import Applier, Conflict, Owned
from console.kube.connect import Hub
from console.kube.manifest import documents
from console.kube.served import NotServed
from console.model.ground import Key
from console.model.topology import SETUP_MANAGER
from tests.simulators import Simulated

REAL = os.environ.get("CONSOLE_CONTRACT_KUBECONFIG")
NETWORKING = "networking.k8s.io"
OTHER = "somebody-else"


@pytest.fixture(scope="module")
def hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    named = REAL
    if not named:
        calm: Simulated = request.getfixturevalue("calm")
        named = str(calm[0] / "kubeconfig")
    opened = Hub.open(named, None)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def applier(hub: Hub) -> Applier:
    return Applier(hub)


@pytest.fixture(scope="module")
def namespace(applier: Applier) -> Iterator[str]:
    name = f"fleet-console-contract-{uuid.uuid4().hex[:8]}"
    applier.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    applier.delete(Key("", "Namespace", "", name))


def ingress(namespace: str, name: str, port: int = 80, **annotations: str) -> dict[str, Any]:
    """An Ingress of a class that no controller here knows."""
    backend = {"service": {"name": "s", "port": {"number": port}}}
    return {
        "apiVersion": f"{NETWORKING}/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "spec": {
            "ingressClassName": "nobody",
            "rules": [{"host": "h", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}],
        },
    }


def key(namespace: str, name: str) -> Key:
    return Key(NETWORKING, "Ingress", namespace, name)


def test_applied_twice_it_is_written_once(applier: Applier, namespace: str) -> None:
    first = applier.apply(ingress(namespace, "twice", a="1"))
    second = applier.apply(ingress(namespace, "twice", a="1"))

    assert first["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"]
    assert [(SETUP_MANAGER, "Apply")] == [
        (one["manager"], one["operation"]) for one in second["metadata"]["managedFields"]
    ]


def test_a_foreign_managers_fields_survive(applier: Applier, namespace: str) -> None:
    applier.apply(ingress(namespace, "shared", a="1"))
    theirs = {**ingress(namespace, "shared", b="2"), "spec": {"ingressClassName": "nobody"}}
    applier.apply(theirs, manager=OTHER)
    found = applier.apply(ingress(namespace, "shared", c="3"))

    assert {"b": "2", "c": "3"} == found["metadata"]["annotations"]


def test_a_conflict_names_each_field_and_its_owner_and_writes_nothing(applier: Applier, namespace: str) -> None:
    applier.apply(ingress(namespace, "fought", a="1", b="1"), manager=OTHER)
    with pytest.raises(Conflict) as error:
        applier.apply(ingress(namespace, "fought", a="2", b="2"))
    kept = applier.read(key(namespace, "fought"))
    taken = applier.apply(ingress(namespace, "fought", a="2", b="2"), force=True)

    assert (Owned(".metadata.annotations.a", OTHER), Owned(".metadata.annotations.b", OTHER)) == error.value.fields
    assert f".metadata.annotations.a (of {OTHER})" in str(error.value)
    assert kept and {"a": "1", "b": "1"} == kept["metadata"]["annotations"]
    assert {"a": "2", "b": "2"} == taken["metadata"]["annotations"]


def test_a_dry_run_shows_the_object_and_writes_nothing(applier: Applier, namespace: str) -> None:
    found = applier.apply(ingress(namespace, "dry"), dry_run=True)

    assert "dry" == found["metadata"]["name"]
    assert applier.read(key(namespace, "dry")) is None


def test_created_is_created_once(applier: Applier, namespace: str) -> None:
    made = applier.create(ingress(namespace, "new"))

    assert "new" == made["metadata"]["name"]
    with pytest.raises(Superseded):
        applier.create(ingress(namespace, "new"))


def test_only_the_very_object_that_was_seen_is_deleted(applier: Applier, namespace: str) -> None:
    made = applier.apply(ingress(namespace, "gone"))
    with pytest.raises(Superseded):
        applier.delete(key(namespace, "gone"), uid=str(uuid.uuid4()))

    assert applier.delete(key(namespace, "gone"), uid=made["metadata"]["uid"], dry_run=True)
    assert applier.read(key(namespace, "gone")) is not None
    assert applier.delete(key(namespace, "gone"), uid=made["metadata"]["uid"], propagation="Foreground")
    assert applier.read(key(namespace, "gone")) is None
    assert not applier.delete(key(namespace, "gone"))


def test_a_manifest_of_several_documents_is_applied_in_order_and_taken_away_backwards(
    applier: Applier, namespace: str
) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": namespace},
              "stringData": {"token": "canary"}}  # fmt: skip
    listed = {"apiVersion": "v1", "kind": "List", "items": [ingress(namespace, "m-1"), ingress(namespace, "m-2")]}
    text = yaml.safe_dump_all([secret, None, listed])
    applied = applier.apply_all(text)
    again = applier.apply_all(text)
    gone = applier.delete_all(text)

    assert (Key("", "Secret", namespace, "s"), key(namespace, "m-1"), key(namespace, "m-2")) == applied == again
    assert applied == tuple(reversed(gone))
    assert () == applier.delete_all(text)


def test_a_refused_secret_is_not_quoted(applier: Applier, namespace: str) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bad", "namespace": namespace},
              "data": {"token": "canary!"}, "type": 7}  # fmt: skip
    try:
        applier.apply(secret)
    except Exception as error:
        assert "canary" not in f"{error}{error.args}{getattr(error, 'reasons', '')}"


def test_a_kind_that_nobody_serves_is_named(applier: Applier) -> None:
    with pytest.raises(NotServed, match=r"serves no Nothing of contract.example/v1"):
        applier.apply({"apiVersion": "contract.example/v1", "kind": "Nothing", "metadata": {"name": "x"}})
    with pytest.raises(NotServed):
        applier.read(Key("contract.example", "Nothing", "", "x"))


@pytest.mark.parametrize("text", ["a: b: canary", "- canary", "kind: Secret\ncanary: x"])
def test_what_is_no_manifest_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(UsageError) as error:
        list(documents(text))

    assert "canary" not in str(error.value)


def test_the_ground_of_the_hub_is_read_whole(hub: Hub, applier: Applier, namespace: str) -> None:
    applier.apply(ingress(namespace, "seen", note="\x1b[31mas it is"))
    found = groundwork.read(hub, verbs=(*groundwork.SETUP, *groundwork.TEARDOWN))

    assert found.hub is not None
    assert hub.fleet_uid() == found.hub.uid
    assert {} == {name: why for name, why in found.unread.items() if not REAL or "not allowed" not in why}
    assert found.hub.find("Namespace", namespace)
    seen = found.hub.find("Ingress", "seen", namespace)
    assert seen and ("Ingress", f"{NETWORKING}/v1") == (seen["kind"], seen["apiVersion"])
    assert "\x1b[31mas it is" == seen["metadata"]["annotations"]["note"]
    assert found.hub.allowed["patch networking.k8s.io/ingresses"] is True
    assert found.hub.allowed["create /namespaces"] is True
    if not REAL:
        assert frozenset() == found.hub.missing
        assert found.hub.find("IngressClass", "alb")


def test_of_cluster_secrets_the_metadata_alone_is_read(hub: Hub, applier: Applier, namespace: str) -> None:
    metadata = {"name": "c", "namespace": namespace, "labels": {"argocd.argoproj.io/secret-type": "cluster"},
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"data": "canary"}', "cluster_id": "c1"}}  # fmt: skip  # noqa: E501
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"config": "canary"}}
    applier.apply(secret)
    found = groundwork.read(hub, argocd=namespace)

    assert found.hub is not None
    seen = found.hub.find("Secret", "c", namespace)
    assert seen and {"cluster_id": "c1"} == seen["metadata"]["annotations"]
    assert "canary" not in str(found)


def test_warnings_of_the_gateway_are_told_newest_first(hub: Hub, applier: Applier, namespace: str) -> None:
    for name, when in (("old", "2026-01-01T00:00:00Z"), ("new", "2026-01-02T00:00:00Z")):
        event = {
            "apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": namespace},
            "involvedObject": {"kind": "Ingress", "namespace": namespace, "name": "r",
                               "apiVersion": f"{NETWORKING}/v1"},
            "type": "Warning", "reason": "FailedBuildModel", "message": f"\x1b[31m{name}",
            "lastTimestamp": when, "firstTimestamp": when, "source": {"component": "ingress"},
        }  # fmt: skip
        applier.create(event)
    ours = [one for one in groundwork.warnings(hub) if f" {namespace}/" in one]

    assert [f"Ingress {namespace}/r: FailedBuildModel ␛[31m{name}" for name in ("new", "old")] == ours


def test_a_site_tells_of_its_nodes_and_of_the_agent(hub: Hub) -> None:
    found = site.look(hub)

    assert found.version.startswith("v1.")
    assert not found.agent
    assert "" == found.problem


def test_a_site_that_cannot_be_opened_is_a_problem(tmp_path: Any) -> None:
    assert "none" in site.read(str(tmp_path / "none"), "nowhere", "idc-prod").problem
