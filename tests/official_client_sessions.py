"""The official Python client takes the simulated API server for a real one: typed, custom, dynamic, and its watches."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config, dynamic, watch

from tests.kube_api_serving import Served, serving

WEIGHT = "alb.ingress.kubernetes.io/cluster-weight.c1"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("client"), bookmark_every=0.2) as running:
        yield running


@pytest.fixture
def api(served: Served) -> Any:
    return config.new_client_from_config(str(served.kubeconfig))


def ingress(name: str) -> dict[str, Any]:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    metadata = {"name": name, "namespace": "default", "annotations": {WEIGHT: "50"}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": {"defaultBackend": backend},
    }


def test_typed_objects_make_the_round(api: Any) -> None:
    core = client.CoreV1Api(api)
    made = core.create_namespaced_config_map(
        "default", client.V1ConfigMap(metadata=client.V1ObjectMeta(name="typed"), data={"a": "b"})
    )
    made.data["a"] = "c"
    replaced = core.replace_namespaced_config_map("typed", "default", made)
    patched = core.patch_namespaced_config_map("typed", "default", {"data": {"b": "x"}})

    assert {"a": "c", "b": "x"} == patched.data
    with pytest.raises(client.ApiException) as conflict:
        core.replace_namespaced_config_map("typed", "default", made)
    assert (409, "Conflict") == (conflict.value.status, conflict.value.reason)
    assert replaced.metadata.managed_fields[0].manager == "OpenAPI-Generator"
    core.delete_namespaced_config_map("typed", "default")
    with pytest.raises(client.ApiException) as missing:
        core.read_namespaced_config_map("typed", "default")
    assert 404 == missing.value.status


def test_leases_keep_their_microseconds(api: Any) -> None:
    leases = client.CoordinationV1Api(api)
    spec = client.V1LeaseSpec(holder_identity="me", lease_duration_seconds=15, renew_time="2026-01-01T00:00:00.123456Z")
    made = leases.create_namespaced_lease("default", client.V1Lease(metadata=client.V1ObjectMeta(name="l"), spec=spec))

    assert 123456 == made.spec.renew_time.microsecond


def test_custom_objects_and_their_status(api: Any) -> None:
    custom = client.CustomObjectsApi(api)
    where = ("alibabacloud.com", "v1", "albconfigs")
    body = {
        "apiVersion": "alibabacloud.com/v1",
        "kind": "AlbConfig",
        "metadata": {"name": "gateway"},
        "spec": {"config": {}},
    }
    custom.create_cluster_custom_object(*where, body)
    custom.patch_cluster_custom_object_status(*where, "gateway", {"status": {"loadBalancer": {"id": "alb-1"}}})
    listed = custom.list_cluster_custom_object(*where)["items"]

    assert ["alb-1"] == [item["status"]["loadBalancer"]["id"] for item in listed]


def test_the_dynamic_client_discovers_applies_and_watches(api: Any) -> None:
    ingresses = dynamic.DynamicClient(api).resources.get(api_version="networking.k8s.io/v1", kind="Ingress")
    ingresses.create(body=ingress("dynamic"), namespace="default")
    ingresses.server_side_apply(body=ingress("dynamic"), namespace="default", field_manager="me")
    version = ingresses.get(namespace="default").metadata.resourceVersion
    patch = [{"op": "replace", "path": "/metadata/annotations/" + WEIGHT.replace("/", "~1"), "value": "0"}]
    change = threading.Thread(
        target=lambda: ingresses.patch(
            name="dynamic", namespace="default", body=patch, content_type="application/json-patch+json"
        )
    )
    change.start()
    event = next(iter(ingresses.watch(namespace="default", resource_version=version, timeout=10)))
    change.join()

    assert ("MODIFIED", "0") == (event["type"], event["object"].metadata.annotations[WEIGHT])
    assert {"Apply", "Update"} == {entry.operation for entry in event["object"].metadata.managedFields}


def test_a_watch_goes_on_from_its_bookmark_and_is_told_when_that_is_too_old(served: Served, api: Any) -> None:
    core = client.CoreV1Api(api)
    watching = watch.Watch()
    kinds = [
        event["type"]
        for event in watching.stream(
            core.list_namespaced_config_map, "kube-system", timeout_seconds=1, allow_watch_bookmarks=True
        )
    ]
    resumed = watching.resource_version
    served.on_loop(served.api.compact)

    assert {"BOOKMARK"} == set(kinds) and int(resumed) > 0
    with pytest.raises(client.ApiException) as gone:
        list(
            watch.Watch().stream(
                core.list_namespaced_config_map, "kube-system", resource_version=resumed, timeout_seconds=1
            )
        )
    assert 410 == gone.value.status


def test_pages_and_selectors(api: Any) -> None:
    core = client.CoreV1Api(api)
    for number in range(5):
        labels = {"odd": str(number % 2)}
        core.create_namespaced_config_map("default", {"metadata": {"name": f"page{number}", "labels": labels}})
    first = core.list_namespaced_config_map("default", limit=3)
    rest = core.list_namespaced_config_map("default", limit=3, _continue=first.metadata._continue)
    odd = core.list_namespaced_config_map("default", label_selector="odd=1")

    assert (3, 2) == (len(first.items), first.metadata.remaining_item_count)
    assert ["page3", "page4"] == [item.metadata.name for item in rest.items]
    assert ["page1", "page3"] == [item.metadata.name for item in odd.items]
