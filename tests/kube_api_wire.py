"""The simulated API server answers reads, writes and refusals on the wire as a real one does."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import yaml
from aiohttp import ClientError, ClientResponse, ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from console.sim.kubeapi import ApiError, Denial, KubeApi
from tests.kube_api_serving import TOKENS, crds, fixed_clock

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/default/ingresses"
CLUSTERS = "/apis/cluster.open-cluster-management.io/v1/managedclusters"
ALB_CONFIGS = "/apis/alibabacloud.com/v1/albconfigs"
NAMESPACES = "/api/v1/namespaces"
JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
Obj = dict[str, Any]


class Wire:
    """A client of one server, as admin unless told otherwise."""

    def __init__(self, api: KubeApi, client: TestClient[web.Request, web.Application]) -> None:
        self.api = api
        self.client = client

    async def send(self, method: str, path: str, *, role: str = "admin", **options: Any) -> ClientResponse:
        headers = {"Authorization": f"Bearer {role}-token", **options.pop("headers", {})}
        response = await self.client.request(method, path, headers=headers, **options)
        await response.read()
        return response

    async def get(self, path: str, **options: Any) -> Obj:
        return await body(await self.send("GET", path, **options))

    async def post(self, path: str, obj: Obj, **options: Any) -> Obj:
        return await body(await self.send("POST", path, json=obj, **options))

    async def patch(self, path: str, media: str, change: Any, **options: Any) -> ClientResponse:
        data = change if isinstance(change, str) else json.dumps(change)
        return await self.send("PATCH", path, data=data, headers={"Content-Type": media}, **options)

    async def watch(self, path: str, *, until: int, **query: Any) -> list[Obj]:
        """The first `until` events of a watch."""
        response = await self.client.get(
            path, params={"watch": "true", **query}, headers={"Authorization": "Bearer admin-token"}
        )
        events: list[Obj] = []
        while len(events) < until and (line := await asyncio.wait_for(response.content.readline(), 5)):
            events.append(json.loads(line))
        response.close()
        return events


async def body(response: ClientResponse) -> Obj:
    document: Obj = json.loads(await response.read())
    return document


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    api = KubeApi(tokens=TOKENS, crds=crds(), clock=fixed_clock, bookmark_every=0.05, history=50)
    async with TestClient(TestServer(api.application())) as client:
        yield Wire(api, client)


def config(name: str, labels: dict[str, str] | None = None, **data: str) -> Obj:
    metadata: Obj = {"name": name} | ({"labels": labels} if labels else {})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def ingress(name: str, **annotations: str) -> Obj:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {
            "rules": [{"host": "a.b", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]
        },
    }


def cluster(name: str, **spec: Any) -> Obj:
    metadata = {"name": name}
    return {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster", "metadata": metadata,
            "spec": {"hubAcceptsClient": True, **spec}}  # fmt: skip


def causes(status: Obj) -> list[tuple[str, str]]:
    return [(cause["reason"], cause["field"]) for cause in status["details"]["causes"]]


async def test_a_created_object_carries_what_the_server_adds(wire: Wire) -> None:
    response = await wire.send("POST", INGRESSES, json=ingress("web", a="b"))
    created = await body(response)
    metadata = created["metadata"]

    assert (201, "default", 1, "2026-01-02T03:04:05Z") == (
        response.status, metadata["namespace"], metadata["generation"], metadata["creationTimestamp"],
    )  # fmt: skip
    assert {"loadBalancer": {}} == created["status"]
    assert metadata["uid"] and metadata["resourceVersion"]
    assert response.headers["Date"] == "Fri, 02 Jan 2026 03:04:05 GMT"


async def test_generation_follows_the_spec_and_nothing_else(wire: Wire) -> None:
    await wire.post(INGRESSES, ingress("web", a="b"))
    path = f"{INGRESSES}/web"
    annotated = await body(await wire.patch(path, MERGE, {"metadata": {"annotations": {"a": "c"}}}))
    reclassed = await body(await wire.patch(path, MERGE, {"spec": {"ingressClassName": "alb"}}))
    status = {"status": {"loadBalancer": {"ingress": [{"hostname": "x.y"}]}}, "spec": {"ingressClassName": "no"}}
    reported = await body(await wire.patch(f"{path}/status", MERGE, status))
    ignored = await body(await wire.patch(path, MERGE, {"status": {"loadBalancer": None}}))

    assert [1, 2, 2, 2] == [obj["metadata"]["generation"] for obj in (annotated, reclassed, reported, ignored)]
    assert "alb" == reported["spec"]["ingressClassName"]
    assert {"ingress": [{"hostname": "x.y"}]} == ignored["status"]["loadBalancer"]


async def test_a_write_that_changes_nothing_is_no_write(wire: Wire) -> None:
    created = await wire.post(CONFIG_MAPS, config("x", a="b"))
    same = await body(await wire.patch(f"{CONFIG_MAPS}/x", MERGE, {"data": {"a": "b"}}))
    put = await body(await wire.send("PUT", f"{CONFIG_MAPS}/x", json=created))

    assert created["metadata"]["resourceVersion"] == same["metadata"]["resourceVersion"]
    assert created["metadata"]["resourceVersion"] == put["metadata"]["resourceVersion"]


async def test_removing_the_last_annotation_removes_the_map(wire: Wire) -> None:
    await wire.post(INGRESSES, ingress("web", a="b"))
    patched = await body(
        await wire.patch(f"{INGRESSES}/web", JSON_PATCH, [{"op": "remove", "path": "/metadata/annotations/a"}])
    )

    assert "annotations" not in patched["metadata"]


async def test_dry_runs_answer_as_if_and_write_nothing(wire: Wire) -> None:
    before = await wire.get(CONFIG_MAPS)
    response = await wire.send("POST", f"{CONFIG_MAPS}?dryRun=All", json=config("x"))
    await wire.post(CONFIG_MAPS, config("y", a="b"))
    patched = await body(await wire.patch(f"{CONFIG_MAPS}/y?dryRun=All", MERGE, {"data": {"a": "c"}}))
    deleted = await wire.send("DELETE", f"{CONFIG_MAPS}/y?dryRun=All")

    assert (201, 200, {"a": "c"}) == (response.status, deleted.status, patched["data"])
    assert [] == before["items"]
    assert [{"a": "b"}] == [item["data"] for item in (await wire.get(CONFIG_MAPS))["items"]]


async def test_stale_versions_and_failed_tests_are_refused_in_the_servers_words(wire: Wire) -> None:
    created = await wire.post(INGRESSES, ingress("web", a="b"))
    path, version = f"{INGRESSES}/web", created["metadata"]["resourceVersion"]
    await wire.patch(path, MERGE, {"metadata": {"annotations": {"a": "c"}}})
    stale = await wire.send("PUT", path, json=created)
    test = [{"op": "test", "path": "/metadata/resourceVersion", "value": version}]
    failed = await wire.patch(path, JSON_PATCH, [*test, {"op": "add", "path": "/metadata/annotations/z", "value": "1"}])
    missing = await wire.patch(path, JSON_PATCH, [{"op": "remove", "path": "/metadata/annotations/none"}])
    garbled = await wire.patch(path, JSON_PATCH, {"op": "test"})

    assert [409, 422, 422, 400] == [stale.status, failed.status, missing.status, garbled.status]
    assert "Conflict" == (await body(stale))["reason"]
    assert (await body(stale))["message"] == (
        'Operation cannot be fulfilled on ingresses.networking.k8s.io "web": the object has been modified; please '
        "apply your changes to the latest version and try again"
    )
    assert {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "the server rejected our request due to an error in our request",
        "reason": "Invalid", "details": {}, "code": 422,
    } == await body(failed)  # fmt: skip


async def test_a_json_patch_with_true_tests_replaces_what_it_tested(wire: Wire) -> None:
    await wire.post(INGRESSES, ingress("web", **{"w.io/weight.c1": "50"}))
    key = "/metadata/annotations/w.io~1weight.c1"
    steps = [{"op": "test", "path": key, "value": "50"}, {"op": "replace", "path": key, "value": "0"}]
    patched = await body(await wire.patch(f"{INGRESSES}/web", JSON_PATCH, steps))

    assert {"w.io/weight.c1": "0"} == patched["metadata"]["annotations"]


async def test_strategic_patches_merge_maps_and_keyed_lists_and_replace_atomic_ones(wire: Wire) -> None:
    service = {
        "metadata": {"name": "s", "labels": {"a": "1", "b": "2"}},
        "spec": {"ports": [{"port": 80, "name": "http"}]},
    }
    await wire.post("/api/v1/namespaces/default/services", service)
    change = {"metadata": {"labels": {"a": None, "c": "3"}}, "spec": {"ports": [{"port": 443, "name": "https"}]}}
    patched = await body(await wire.patch("/api/v1/namespaces/default/services/s", STRATEGIC, change))
    await wire.post(INGRESSES, ingress("web"))
    rules = [{"host": "c.d"}]
    routed = await body(await wire.patch(f"{INGRESSES}/web", STRATEGIC, {"spec": {"rules": rules}}))

    assert {"b": "2", "c": "3"} == patched["metadata"]["labels"]
    assert [443, 80] == sorted((port["port"] for port in patched["spec"]["ports"]), reverse=True)
    assert rules == routed["spec"]["rules"]


async def test_custom_resources_take_no_strategic_patch(wire: Wire) -> None:
    await wire.post(CLUSTERS, cluster("c1"))
    refused = await wire.patch(f"{CLUSTERS}/c1", STRATEGIC, {"metadata": {"labels": {"a": "b"}}})
    status = await body(refused)

    assert (415, "UnsupportedMediaType") == (refused.status, status["reason"])
    assert (
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml" in status["message"]
    )


async def test_custom_resources_are_pruned_defaulted_and_checked(wire: Wire) -> None:
    created = await wire.post(CLUSTERS, cluster("c1", nonsense=1))
    taint = {"effect": "Bad", "key": "k"}
    refused = await wire.send("POST", CLUSTERS, json=cluster("c2", leaseDurationSeconds="long", taints=[taint, {}]))
    strict = await wire.send("POST", f"{CLUSTERS}?fieldValidation=Strict", json=cluster("c3", nonsense=1))
    warned = await wire.send("POST", f"{CLUSTERS}?fieldValidation=Warn", json=cluster("c4", nonsense=1))
    open_ended = {
        "apiVersion": "alibabacloud.com/v1",
        "kind": "AlbConfig",
        "metadata": {"name": "a"},
        "spec": {"new": {"x": 1}},
    }

    assert {"hubAcceptsClient": True, "leaseDurationSeconds": 60} == created["spec"]
    assert [
        ("FieldValueTypeInvalid", "spec.leaseDurationSeconds"),
        ("FieldValueNotSupported", "spec.taints[0].effect"),
        ("FieldValueRequired", "spec.taints[1].effect"),
        ("FieldValueRequired", "spec.taints[1].key"),
    ] == sorted(causes(await body(refused)), key=lambda cause: cause[1])
    assert (422, 400, 201) == (refused.status, strict.status, warned.status)
    assert 'strict decoding error: unknown field "spec.nonsense"' in (await body(strict))["message"]
    assert '299 - "unknown field \\"spec.nonsense\\""' == warned.headers["Warning"]
    assert {"new": {"x": 1}} == (await wire.post(ALB_CONFIGS, open_ended))["spec"]


async def test_a_status_is_written_through_its_subresource_alone(wire: Wire) -> None:
    created = await wire.post(CLUSTERS, {**cluster("c1"), "status": {"clusterClaims": []}})
    change = {
        "metadata": {"labels": {"a": "b"}},
        "status": {"version": {"kubernetes": "v1.32.4"}},
        "spec": {"taints": []},
    }
    reported = await body(await wire.patch(f"{CLUSTERS}/c1/status", MERGE, change))
    kept = await body(await wire.patch(f"{CLUSTERS}/c1", MERGE, {"status": None}))

    assert "status" not in created
    assert ({"kubernetes": "v1.32.4"}, 1, None) == (
        reported["status"]["version"], reported["metadata"]["generation"], reported["metadata"].get("labels"),
    )  # fmt: skip
    assert reported["status"] == kept["status"]
    assert "status" == next(e for e in kept["metadata"]["managedFields"] if "subresource" in e)["subresource"]


async def test_lists_come_in_pages_of_one_moment(wire: Wire) -> None:
    for number in range(5):
        await wire.post(CONFIG_MAPS, config(f"m{number}"))
    first = await wire.get(f"{CONFIG_MAPS}?limit=2")
    await wire.post(CONFIG_MAPS, config("m25"))
    await wire.send("DELETE", f"{CONFIG_MAPS}/m3")
    rest = await wire.get(CONFIG_MAPS, params={"continue": first["metadata"]["continue"], "limit": "2"})

    assert ["m0", "m1"] == [item["metadata"]["name"] for item in first["items"]]
    assert 3 == first["metadata"]["remainingItemCount"]
    assert ["m2", "m3"] == [item["metadata"]["name"] for item in rest["items"]]
    assert first["metadata"]["resourceVersion"] == rest["metadata"]["resourceVersion"]


async def test_a_page_whose_moment_is_forgotten_is_gone_and_may_go_on_inconsistently(wire: Wire) -> None:
    for number in range(3):
        await wire.post(CONFIG_MAPS, config(f"m{number}"))
    first = await wire.get(f"{CONFIG_MAPS}?limit=1")
    wire.api.compact()
    gone = await wire.send("GET", CONFIG_MAPS, params={"continue": first["metadata"]["continue"]})
    status = await body(gone)
    rest = await wire.get(CONFIG_MAPS, params={"continue": status["metadata"]["continue"]})

    assert (410, "Expired") == (gone.status, status["reason"])
    assert ["m1", "m2"] == [item["metadata"]["name"] for item in rest["items"]]


async def test_lists_at_a_version(wire: Wire) -> None:
    first = await wire.post(CONFIG_MAPS, config("x", a="1"))
    version = first["metadata"]["resourceVersion"]
    await wire.patch(f"{CONFIG_MAPS}/x", MERGE, {"data": {"a": "2"}})
    then = await wire.get(f"{CONFIG_MAPS}?resourceVersion={version}&resourceVersionMatch=Exact")
    early = await wire.send("GET", f"{CONFIG_MAPS}?resourceVersion=99999")

    assert ["1"] == [item["data"]["a"] for item in then["items"]]
    assert (504, "Timeout") == (early.status, (await body(early))["reason"])


async def test_selectors_choose_by_label_and_by_field(wire: Wire) -> None:
    for name, labels in (("a", {"t": "x"}), ("b", {"t": "y", "u": "1"}), ("c", None)):
        await wire.post(CONFIG_MAPS, config(name, labels))

    async def chosen(**query: str) -> str:
        return "".join(item["metadata"]["name"] for item in (await wire.get(CONFIG_MAPS, params=query))["items"])

    assert ["a", "bc", "ab", "c", "b", "ac", "ab", "c"] == [
        await chosen(labelSelector=selector)
        for selector in ("t=x", "t!=x", "t in (x, y)", "t notin (x,y)", "u", "!u", "t", "!t,u!=1")
    ]
    assert ("b", "ac") == (
        await chosen(fieldSelector="metadata.name=b"),
        await chosen(fieldSelector="metadata.name!=b"),
    )
    unknown = await wire.send("GET", CONFIG_MAPS, params={"fieldSelector": "data.a=1"})
    assert (400, "field label not supported: data.a") == (unknown.status, (await body(unknown))["message"])


async def test_a_watch_resumes_after_a_version_and_tells_what_enters_and_leaves_its_selector(wire: Wire) -> None:
    version = (await wire.get(CONFIG_MAPS))["metadata"]["resourceVersion"]
    await wire.post(CONFIG_MAPS, config("x", {"t": "x"}))
    await wire.patch(f"{CONFIG_MAPS}/x", MERGE, {"data": {"a": "1"}})
    await wire.patch(f"{CONFIG_MAPS}/x", MERGE, {"metadata": {"labels": {"t": "z"}}})
    await wire.patch(f"{CONFIG_MAPS}/x", MERGE, {"metadata": {"labels": {"t": "x"}}})
    await wire.send("DELETE", f"{CONFIG_MAPS}/x")
    events = await wire.watch(CONFIG_MAPS, until=5, resourceVersion=version, labelSelector="t=x")

    assert ["ADDED", "MODIFIED", "DELETED", "ADDED", "DELETED"] == [event["type"] for event in events]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert sorted(set(versions)) == versions


async def test_a_watch_that_is_live_gets_what_happens(wire: Wire) -> None:
    version = (await wire.get(CONFIG_MAPS))["metadata"]["resourceVersion"]
    watching = asyncio.create_task(wire.watch(CONFIG_MAPS, until=2, resourceVersion=version))
    await wire.post(CONFIG_MAPS, config("x"))
    await wire.post("/api/v1/namespaces/kube-system/configmaps", config("elsewhere"))
    await wire.post(CONFIG_MAPS, config("y"))

    assert ["x", "y"] == [event["object"]["metadata"]["name"] for event in await watching]


async def test_a_watch_without_a_version_starts_with_what_is_there(wire: Wire) -> None:
    await wire.post(CONFIG_MAPS, config("x"))

    assert ["ADDED"] == [event["type"] for event in await wire.watch(CONFIG_MAPS, until=1)]


async def test_bookmarks_come_when_it_is_quiet_and_end_the_initial_events(wire: Wire) -> None:
    await wire.post(CONFIG_MAPS, config("x"))
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    events = await wire.watch(CONFIG_MAPS, until=3, **query)

    assert ["ADDED", "BOOKMARK", "BOOKMARK"] == [event["type"] for event in events]
    assert {"k8s.io/initial-events-end": "true"} == events[1]["object"]["metadata"]["annotations"]
    assert "annotations" not in events[2]["object"]["metadata"]
    refused = await wire.send("GET", f"{CONFIG_MAPS}?watch=1&sendInitialEvents=true")
    assert 422 == refused.status


async def test_a_watch_from_a_forgotten_version_is_told_so_and_a_live_one_goes_on(wire: Wire) -> None:
    version = (await wire.get(CONFIG_MAPS))["metadata"]["resourceVersion"]
    live = await wire.client.get(
        CONFIG_MAPS,
        params={"watch": "1", "resourceVersion": version},
        headers={"Authorization": "Bearer admin-token"},
    )
    await wire.post(CONFIG_MAPS, config("x"))
    names = [json.loads(await live.content.readline())["object"]["metadata"]["name"]]
    wire.api.compact()
    await wire.post(CONFIG_MAPS, config("y"))
    names.append(json.loads(await live.content.readline())["object"]["metadata"]["name"])
    live.close()
    told = await wire.watch(CONFIG_MAPS, until=1, resourceVersion=version)

    assert ["x", "y"] == names
    assert ("ERROR", 410, "Expired") == (told[0]["type"], told[0]["object"]["code"], told[0]["object"]["reason"])


async def test_a_watch_ends_at_its_timeout(wire: Wire) -> None:
    assert [] == await wire.watch(CONFIG_MAPS, until=1, timeoutSeconds=1)


async def test_history_is_bounded(wire: Wire) -> None:
    version = (await wire.get(CONFIG_MAPS))["metadata"]["resourceVersion"]
    await wire.post(CONFIG_MAPS, config("x"))
    for number in range(110):
        await wire.patch(f"{CONFIG_MAPS}/x", MERGE, {"data": {"a": str(number)}})

    assert 410 == (await wire.watch(CONFIG_MAPS, until=1, resourceVersion=version))[0]["object"]["code"]


async def test_finalizers_hold_an_object_until_the_last_is_gone(wire: Wire) -> None:
    held = config("x")
    held["metadata"]["finalizers"] = ["a.b/c"]
    await wire.post(CONFIG_MAPS, held)
    deleted = await wire.send("DELETE", f"{CONFIG_MAPS}/x")
    waiting = await wire.get(f"{CONFIG_MAPS}/x")
    await wire.patch(f"{CONFIG_MAPS}/x", MERGE, {"metadata": {"finalizers": None}})

    assert (200, "ConfigMap") == (deleted.status, (await body(deleted))["kind"])
    assert "2026-01-02T03:04:05Z" == waiting["metadata"]["deletionTimestamp"]
    assert 404 == (await wire.send("GET", f"{CONFIG_MAPS}/x")).status


async def test_preconditions_owners_and_collections_on_delete(wire: Wire) -> None:
    owner = await wire.post(CONFIG_MAPS, config("owner"))
    owned = config("owned", {"t": "x"})
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    owned["metadata"]["ownerReferences"] = [reference]
    await wire.post(CONFIG_MAPS, owned)
    await wire.post(CONFIG_MAPS, config("other", {"t": "y"}))
    wrong = await wire.send("DELETE", f"{CONFIG_MAPS}/owner", json={"preconditions": {"uid": "other"}})
    gone = await body(await wire.send("DELETE", f"{CONFIG_MAPS}/owner"))
    await wire.send("DELETE", CONFIG_MAPS, params={"labelSelector": "t=y"})

    assert 409 == wrong.status
    assert ("Success", {"name": "owner", "kind": "configmaps", "uid": owner["metadata"]["uid"]}) == (
        gone["status"],
        gone["details"],
    )
    assert [] == (await wire.get(CONFIG_MAPS))["items"]


async def test_a_namespace_takes_its_content_with_it_and_refuses_more(wire: Wire) -> None:
    await wire.post(NAMESPACES, {"metadata": {"name": "n"}})
    path = f"{NAMESPACES}/n/configmaps"
    await wire.post(path, config("plain"))
    held = config("held")
    held["metadata"]["finalizers"] = ["a.b/c"]
    await wire.post(path, held)
    terminating = await body(await wire.send("DELETE", f"{NAMESPACES}/n"))
    refused = await wire.send("POST", path, json=config("late"))
    left = [item["metadata"]["name"] for item in (await wire.get(path))["items"]]
    await wire.patch(f"{path}/held", JSON_PATCH, [{"op": "remove", "path": "/metadata/finalizers"}])

    assert ("Terminating", ["held"], 403) == (terminating["status"]["phase"], left, refused.status)
    assert 404 == (await wire.send("GET", f"{NAMESPACES}/n")).status
    assert 404 == (await wire.send("POST", path, json=config("x"))).status
    assert 403 == (await wire.send("DELETE", f"{NAMESPACES}/kube-system")).status


async def test_every_server_is_another_fleet() -> None:
    fleets = set()
    for _ in range(2):
        api = KubeApi(tokens=TOKENS)
        async with TestClient(TestServer(api.application())) as client:
            fleets.add((await Wire(api, client).get(f"{NAMESPACES}/kube-system"))["metadata"]["uid"])

    assert 2 == len(fleets)


async def test_roles_are_kept_and_refusals_name_the_permission(wire: Wire) -> None:
    await wire.post(INGRESSES, ingress("web"))
    refused = await wire.patch(f"{INGRESSES}/web", MERGE, {}, role="viewer")
    message = (
        'ingresses.networking.k8s.io "web" is forbidden: User "viewer" cannot patch resource "ingresses" in API group '
        '"networking.k8s.io" in the namespace "default"'
    )
    dry = await wire.send("POST", f"{CONFIG_MAPS}?dryRun=All", json=config("x"), role="viewer")

    assert (403, "Forbidden", message) == (refused.status, *[(await body(refused))[k] for k in ("reason", "message")])
    assert 403 == dry.status
    answers = {
        (role, method, path): (await wire.send(method, path, role=role, json={} if method == "POST" else None)).status
        for role, method, path in (
            ("viewer", "GET", INGRESSES), ("viewer", "GET", "/api/v1/secrets"), ("operator", "GET", "/api/v1/secrets"),
            ("operator", "GET", CLUSTERS), ("operator", "DELETE", f"{CLUSTERS}/x"),
            ("operator", "DELETE", f"{INGRESSES}/web"),
            ("operator", "DELETE", f"{NAMESPACES}/x"), ("nobody", "GET", INGRESSES),
        )
    }  # fmt: skip
    assert [200, 403, 403, 200, 403, 200, 403, 401] == list(answers.values())
    anonymous = await wire.client.get(INGRESSES)
    assert (401, "Unauthorized") == (anonymous.status, (await anonymous.json())["message"])


async def test_reviews_answer_from_the_same_rules_as_requests(wire: Wire) -> None:
    async def allowed(role: str, **attributes: str) -> bool:
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        review = await wire.post(path, {"spec": {"resourceAttributes": attributes}}, role=role)
        return bool(review["status"]["allowed"])

    patching = {"verb": "patch", "group": "networking.k8s.io", "resource": "ingresses", "namespace": "default"}
    assert [True, True, False] == [await allowed(role, **patching) for role in ("admin", "operator", "viewer")]
    wire.api.access.denials.append(Denial(role="operator", verb="patch", resource="ingresses"))
    assert not await allowed("operator", **patching)
    assert 403 == (await wire.patch(f"{INGRESSES}/x", MERGE, {}, role="operator")).status
    wire.api.access.denials.clear()
    assert await allowed("operator", **patching)
    who = await wire.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, role="viewer")
    assert "viewer" == who["status"]["userInfo"]["username"]


async def test_an_admin_may_look_through_the_eyes_of_others(wire: Wire) -> None:
    as_viewer = {"Impersonate-User": "viewer"}
    looked = await wire.send("GET", "/api/v1/secrets", headers=as_viewer)
    refused = await wire.send("GET", NAMESPACES, role="operator", headers=as_viewer)

    assert (403, 403) == (looked.status, refused.status)
    assert 'User "viewer" cannot list resource "secrets"' in (await body(looked))["message"]
    assert 'User "operator" cannot impersonate resource "users"' in (await body(refused))["message"]


async def test_faults_delay_refuse_and_cut_requests(wire: Wire) -> None:
    async def overloaded(request: web.Request) -> web.StreamResponse | None:
        if request.path.endswith("/cut"):
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if request.path == NAMESPACES:
            raise ApiError(429, "TooManyRequests", "slow down", {"retryAfterSeconds": 1}, headers={"Retry-After": "1"})
        return None

    wire.api.faults.append(overloaded)
    refused = await wire.send("GET", NAMESPACES)

    assert (429, "1", "TooManyRequests") == (
        refused.status,
        refused.headers["Retry-After"],
        (await body(refused))["reason"],
    )
    assert 200 == (await wire.send("GET", CONFIG_MAPS)).status
    with pytest.raises(ClientError):
        async with ClientSession() as session:
            await session.get(wire.client.make_url("/cut"))


async def test_what_is_not_understood_is_refused_by_the_right_code(wire: Wire) -> None:
    await wire.post(CONFIG_MAPS, config("x"))
    cases: list[tuple[int, str, str, dict[str, Any]]] = [
        (404, "GET", "/apis/none/v1/things", {}),
        (404, "GET", f"{CONFIG_MAPS}/x/scale", {}),
        (404, "GET", f"{CONFIG_MAPS}/none", {}),
        (405, "PUT", CONFIG_MAPS, {"json": {}}),
        (405, "POST", f"{CONFIG_MAPS}/x", {"json": {}}),
        (405, "GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {}),
        (406, "GET", CONFIG_MAPS, {"headers": {"Accept": "text/html"}}),
        (409, "POST", CONFIG_MAPS, {"json": config("x")}),
        (400, "POST", CONFIG_MAPS, {"data": b"{", "headers": {"Content-Type": "application/json"}}),
        (400, "POST", CONFIG_MAPS, {"json": ingress("x")}),
        (400, "POST", CONFIG_MAPS, {"json": {"metadata": {"name": "y", "namespace": "kube-system"}}}),
        (400, "POST", CONFIG_MAPS, {"json": {"metadata": {"name": "y", "annotations": {"w": 30}}}}),
        (400, "POST", CONFIG_MAPS, {"json": [1]}),
        (422, "POST", CONFIG_MAPS, {"json": {"metadata": {}}}),
        (422, "POST", CONFIG_MAPS, {"json": config("Upper")}),
        (422, "POST", CONFIG_MAPS, {"json": config("y", {"bad key": "v"})}),
        (413, "POST", CONFIG_MAPS, {"json": config("y", a="x" * 3_200_000)}),
        (415, "POST", CONFIG_MAPS, {"data": b"x", "headers": {"Content-Type": "text/plain"}}),
        (415, "PATCH", f"{CONFIG_MAPS}/x", {"data": b"{}", "headers": {"Content-Type": "application/json"}}),
    ]  # fmt: skip
    answers = [(await wire.send(method, path, **options)) for _, method, path, options in cases]

    assert [case[:3] for case in cases] == [(a.status, *case[1:3]) for a, case in zip(answers, cases, strict=True)]
    assert {"Status"} == {(await body(answer))["kind"] for answer in answers}


async def test_no_body_whatever_makes_the_server_fail(wire: Wire) -> None:
    await wire.post(CONFIG_MAPS, config("x"))
    odd: list[Any] = [None, 1, "x", [], {"metadata": 1}, {"metadata": {"labels": 1}}, {"metadata": {"name": 3}},
                      {"spec": 1}, {"spec": {"rules": [None]}}, {"spec": {"ports": [None]}}, {"spec": {"names": []}},
                      {"metadata": {"name": "y", "managedFields": 5}}, {"metadata": {"name": "z", "finalizers": "a"}},
                      {"kind": 5}, {"apiVersion": []}, {"metadata": {"name": "q", "ownerReferences": [1]}}]  # fmt: skip
    paths = [CONFIG_MAPS, INGRESSES, CLUSTERS, NAMESPACES, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
             "/api/v1/namespaces/default/services", "/api/v1/namespaces/default/events"]  # fmt: skip
    codes = {(await wire.send("POST", path, json=value)).status for path in paths for value in odd}
    for media in (MERGE, STRATEGIC, JSON_PATCH, APPLY):
        codes |= {
            (await wire.patch(f"{CONFIG_MAPS}/x?fieldManager=m", media, json.dumps(value))).status for value in odd
        }

    assert 500 not in codes


async def test_answers_come_as_tables_and_as_metadata_alone(wire: Wire) -> None:
    await wire.post(INGRESSES, ingress("web"))
    table = await wire.get(
        INGRESSES, headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
    )
    partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    metadata = await wire.get(INGRESSES, headers={"Accept": partial})

    assert ["Name", "Class", "Hosts", "Address", "Ports", "Age"] == [c["name"] for c in table["columnDefinitions"]]
    assert [["web", "<none>", "a.b", "", "80", "0s"]] == [row["cells"] for row in table["rows"]]
    assert "PartialObjectMetadata" == table["rows"][0]["object"]["kind"]
    assert ("PartialObjectMetadataList", ["metadata"]) == (
        metadata["kind"], [key for key in metadata["items"][0] if key not in ("kind", "apiVersion")],
    )  # fmt: skip


async def test_large_answers_are_compressed_for_those_who_ask(wire: Wire) -> None:
    await wire.post(CONFIG_MAPS, config("big", a="x" * 200_000))
    session = ClientSession(auto_decompress=False, headers={"Authorization": "Bearer admin-token"})
    async with session:
        packed = await session.get(wire.client.make_url(CONFIG_MAPS), headers={"Accept-Encoding": "gzip"})
        plain = await session.get(wire.client.make_url(CONFIG_MAPS), headers={"Accept-Encoding": "identity"})
        data = await packed.read()

        assert ("gzip", None) == (packed.headers.get("Content-Encoding"), plain.headers.get("Content-Encoding"))
        assert await plain.read() == gzip.decompress(data)
        assert len(data) < 10_000


async def test_both_event_apis_show_the_same_events_for_an_hour() -> None:
    moments = [fixed_clock()]
    api = KubeApi(tokens=TOKENS, clock=lambda: moments[0])
    about = {"kind": "Ingress", "name": "web", "namespace": "default"}
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"generateName": "web."}, "involvedObject": about,
             "reason": "Synced", "message": "done", "type": "Normal", "count": 2}  # fmt: skip
    async with TestClient(TestServer(api.application())) as client:
        wire = Wire(api, client)
        created = await wire.post("/api/v1/namespaces/default/events", event)
        new = (await wire.get("/apis/events.k8s.io/v1/events"))["items"][0]
        moments[0] += timedelta(hours=1, minutes=1)
        await wire.post("/api/v1/namespaces/default/events", event)
        kept = (await wire.get("/api/v1/events"))["items"]
        misplaced = await wire.send("POST", "/api/v1/namespaces/kube-system/events", json=event)

    assert created["metadata"]["name"].startswith("web.") and "" == created["reportingComponent"]
    assert ("events.k8s.io/v1", "done", about, 2) == (
        new["apiVersion"],
        new["note"],
        new["regarding"],
        new["deprecatedCount"],
    )
    assert 1 == len(kept) and kept[0]["metadata"]["name"] != created["metadata"]["name"]
    assert 422 == misplaced.status


async def test_a_crd_is_served_as_soon_as_it_is_made_and_until_it_goes(wire: Wire) -> None:
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    older = {**version, "name": "v1beta1", "storage": False}
    spec = {
        "group": "x.io",
        "scope": "Namespaced",
        "names": {"plural": "toys", "kind": "Toy"},
        "versions": [version, older],
    }
    crd = {"metadata": {"name": "toys.x.io"}, "spec": spec}
    made = await wire.post(path, crd)
    toys = "/apis/x.io/v1/namespaces/default/toys"
    await wire.post(toys, {"metadata": {"name": "t"}, "spec": {"size": 3, "colour": "red"}})
    other = await wire.get("/apis/x.io/v1beta1/namespaces/default/toys/t")
    listed = await wire.get("/apis/x.io/v1")
    document = await wire.get("/openapi/v3/apis/x.io/v1")
    await wire.send("DELETE", f"{path}/toys.x.io")

    assert ["NamesAccepted", "Established"] == [condition["type"] for condition in made["status"]["conditions"]]
    assert ("x.io/v1beta1", {"size": 3}) == (other["apiVersion"], other["spec"])
    assert ["toys"] == [resource["name"] for resource in listed["resources"]]
    assert "io.x.v1.Toy" in document["components"]["schemas"]
    assert 404 == (await wire.send("GET", toys)).status
    reserved = {**spec, "group": "networking.k8s.io", "names": {"plural": "ingresses", "kind": "Ingress"}}
    stolen = await wire.send("POST", path, json={"metadata": {"name": "ingresses.networking.k8s.io"}, "spec": reserved})
    assert (422, 200) == (stolen.status, (await wire.send("GET", INGRESSES)).status)


async def test_leases_are_locked_by_version_and_made_by_update(wire: Wire) -> None:
    path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l"
    lease = {
        "metadata": {"name": "l"},
        "spec": {"holderIdentity": "a", "leaseDurationSeconds": 15, "leaseTransitions": 0},
    }
    made = await wire.send("PUT", path, json=lease)
    blind = await wire.send("PUT", path, json=lease)
    impossible = await wire.patch(path, MERGE, {"spec": {"leaseDurationSeconds": 0, "leaseTransitions": -1}})

    assert [201, 422, 422] == [made.status, blind.status, impossible.status]
    assert ["spec.leaseDurationSeconds", "spec.leaseTransitions"] == [
        field for _, field in causes(await body(impossible))
    ]


async def test_secrets_take_texts_and_keep_their_bytes(wire: Wire) -> None:
    path = "/api/v1/namespaces/default/secrets"
    made = await wire.post(path, {"metadata": {"name": "s"}, "stringData": {"p": "q"}})
    wrong = await wire.send("POST", path, json={"metadata": {"name": "t"}, "data": {"p": "not base64!"}})

    assert ({"p": "cQ=="}, "Opaque", None) == (made["data"], made["type"], made.get("stringData"))
    assert 422 == wrong.status


async def test_yaml_is_read_and_written(wire: Wire) -> None:
    document = yaml.safe_dump(config("y", at="2026-01-01T00:00:00Z"))
    made = await wire.send("POST", CONFIG_MAPS, data=document, headers={"Content-Type": "application/yaml"})
    read = await wire.send("GET", f"{CONFIG_MAPS}/y", headers={"Accept": "application/yaml"})

    assert (201, {"at": "2026-01-01T00:00:00Z"}) == (made.status, yaml.safe_load(await read.text())["data"])


async def test_seeding_makes_what_a_client_would_find(wire: Wire) -> None:
    seeded = wire.api.seed({**cluster("c9"), "status": {"conditions": []}}, manager="klusterlet")
    wire.api.seed({**config("x"), "metadata": {"name": "x", "namespace": "fresh"}})

    assert (await wire.get(f"{CLUSTERS}/c9")) == seeded
    assert ["klusterlet", "klusterlet"] == [entry["manager"] for entry in seeded["metadata"]["managedFields"]]
    assert "Active" == (await wire.get(f"{NAMESPACES}/fresh"))["status"]["phase"]
