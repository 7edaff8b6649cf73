"""What the readers rely on, proved over the wire: against the simulator, and unchanged against any real API server.

`CONSOLE_CONTRACT_KUBECONFIG=FILE pytest tests/contract_reading.py` uses that file's current context. It makes one
namespace of its own (and, where the CRDs are installed, one object of each), and removes them.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.errors import Denied, FleetConsoleError
from console.kube.connect import Answer, Hub, failure
from console.kube.kinds import KINDS, Kind
from console.kube.record import RUN_LABEL
from console.kube.watch import Reader
from console.model.freshness import SourceName, SourceState
from tests.hub_scripted import Collected, kubeconfig
from tests.simulators import simulate

REAL = os.environ.get("CONSOLE_CONTRACT_KUBECONFIG")
SECONDS = 15.0
"""How long anything may take to be seen."""
MERGE = "application/merge-patch+json"


class Place:
    """A hub and a namespace of our own on it."""

    def __init__(self, hub: Hub, namespace: str) -> None:
        self.hub = hub
        self.namespace = namespace

    def send(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Answer:
        answer = self.hub.call(method, path, body=body, content_type=content_type)
        if not answer.ok:
            raise failure(answer, f"{method} {path}")
        return answer

    def path(self, group: str, resource: str, name: str = "") -> str:
        prefix = f"/apis/{group}" if "/" in group else f"/api/{group}"
        return f"{prefix}/namespaces/{self.namespace}/{resource}" + (f"/{name}" if name else "")

    def make(self, group: str, resource: str, kind: str, name: str, **more: Any) -> dict[str, Any]:
        meta = {"name": name, **more.pop("metadata", {})}
        body = {"apiVersion": group, "kind": kind, "metadata": meta, **more}
        made = self.send("POST", self.path(group, resource), body).json()
        assert isinstance(made, dict)
        return made

    def make_route(self, name: str, **annotations: str) -> dict[str, Any]:
        backend = {"service": {"name": "web", "port": {"number": 80}}}
        rule = {
            "host": "contract.example",
            "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
        }
        spec = {"ingressClassName": "fleet-console-contract", "rules": [rule]}
        return self.make(
            "networking.k8s.io/v1", "ingresses", "Ingress", name, spec=spec, metadata={"annotations": annotations}
        )

    def route(self, name: str) -> str:
        return self.path("networking.k8s.io/v1", "ingresses", name)


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The kubeconfig of the API server under test."""
    if REAL:
        yield REAL
        return
    for directory, _ in simulate(tmp_path_factory.mktemp("contract"), "--scenario", "calm"):
        yield str(directory / "kubeconfig")


@pytest.fixture(scope="module")
def place(where: str) -> Iterator[Place]:
    hub = Hub.open(where, None)
    name = f"fleet-console-contract-{secrets.token_hex(4)}"
    made = Place(hub, name)
    made.send("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield made
    made.send("DELETE", f"/api/v1/namespaces/{name}")
    hub.close()


@pytest.fixture
def seen() -> Collected:
    return Collected()


Follow = Callable[..., Reader]


@pytest.fixture
def follow(place: Place, seen: Collected) -> Iterator[Follow]:
    readers: list[Reader] = []

    def begin(source: SourceName, **other: Any) -> Reader:
        found = next(one for one in KINDS if one.source is source)
        reader = Reader(other.pop("hub", place.hub), replace(found, **other), seen.feed)
        readers.append(reader)
        reader.start()
        return reader

    yield begin
    for reader in readers:
        reader.stop()
        reader.join(5)


def ours(seen: Collected, place: Place) -> dict[str, Any]:
    """Routes of our namespace."""
    return {key: fact for key, fact in seen.facts().items() if key.startswith(f"{place.namespace}/")}


def test_the_fleet_has_an_identity_and_knows_who_we_are(place: Place) -> None:
    named = place.hub.call("GET", "/api/v1/namespaces/kube-system").json()

    assert named["metadata"]["uid"] == place.hub.fleet_uid()
    assert place.hub.whoami()
    assert place.hub.allowed("create", "networking.k8s.io", "ingresses", place.namespace) is True
    assert abs(place.hub.skew or 999.0) < 600


def test_a_route_is_seen_when_it_is_made_changed_and_removed(place: Place, seen: Collected, follow: Follow) -> None:
    reader = follow(SourceName.ROUTES)
    assert seen.until(lambda: reader.streaming, SECONDS)
    made = place.make_route("a", **{"contract.example/weight": "70"})
    added = seen.until(lambda: bool(ours(seen, place)), SECONDS)
    first = ours(seen, place)[f"{place.namespace}/a"]
    patch = {"metadata": {"annotations": {"contract.example/weight": "0"}}}
    place.send("PATCH", place.route("a"), patch, MERGE)
    key = f"{place.namespace}/a"
    changed = seen.until(lambda: seen.facts()[key].annotation("contract.example/weight") == "0", SECONDS)
    place.send("DELETE", place.route("a"))
    gone = seen.until(lambda: not ours(seen, place), SECONDS)

    assert (True, True, True) == (added, changed, gone)
    assert (made["metadata"]["uid"], "70") == (first.uid, first.annotation("contract.example/weight"))
    assert [("contract.example", "/", "web", "80")] == [(p.host, p.path, p.service, p.port) for p in first.paths]
    assert any("contract.example/weight" in owner.annotations for owner in first.owners)


def test_a_list_in_pages_holds_everything_once(place: Place, seen: Collected, follow: Follow) -> None:
    for number in range(5):
        place.make_route(f"page-{number}")
    follow(SourceName.ROUTES, page=2)
    seen.until(lambda: bool(seen.lists()), SECONDS)
    names = [fact.name for fact in ours(seen, place).values()]
    for number in range(5):
        place.send("DELETE", place.route(f"page-{number}"))

    assert {f"page-{number}" for number in range(5)} <= set(names)
    assert len(names) == len(set(names))


def test_a_page_says_how_to_go_on(place: Place) -> None:
    for number in range(3):
        place.make("v1", "configmaps", "ConfigMap", f"page-{number}", metadata={"labels": {"contract": "page"}})
    path = place.path("v1", "configmaps")
    first = place.hub.call("GET", path, query=[("limit", "2"), ("labelSelector", "contract=page")]).json()
    more = [("limit", "2"), ("labelSelector", "contract=page"), ("continue", first["metadata"]["continue"])]
    second = place.hub.call("GET", path, query=more).json()

    assert (2, 1) == (len(first["items"]), len(second["items"]))
    assert not second["metadata"].get("continue")


def test_a_continuation_that_was_never_given_is_refused(place: Place) -> None:
    query = [("limit", "1"), ("continue", "bm9uc2Vuc2U")]
    answer = place.hub.call("GET", place.path("v1", "configmaps"), query=query)

    assert answer.status in (400, 410)
    assert "Status" == answer.json()["kind"]


def test_bookmarks_tell_how_far_a_quiet_watch_has_come(place: Place) -> None:
    path = place.path("v1", "configmaps")
    version = place.hub.call("GET", path, query=[("limit", "1")]).json()["metadata"]["resourceVersion"]
    query = [("watch", "true"), ("resourceVersion", version), ("allowWatchBookmarks", "true"), ("timeoutSeconds", "8")]
    begun = time.monotonic()
    changes = [json.loads(line) for line in place.hub.stream(path, query, (5, 30))]
    lasted = time.monotonic() - begun
    bookmarks = [change["object"] for change in changes if change["type"] == "BOOKMARK"]

    assert bookmarks
    assert all(bookmark["metadata"]["resourceVersion"] for bookmark in bookmarks)
    assert lasted < 20


def test_a_watch_from_a_version_too_old_says_410_and_the_reader_lists_anew(
    place: Place, seen: Collected, follow: Follow
) -> None:
    """A young server may still remember version 1; then it tells everything since, which is as good."""
    path = place.path("v1", "configmaps")
    place.make("v1", "configmaps", "ConfigMap", "since-one")
    query = [("watch", "true"), ("resourceVersion", "1"), ("timeoutSeconds", "2")]
    status = 0
    lines: list[bytes] = []
    try:
        lines = list(place.hub.stream(path, query, (5, 30)))
    except FleetConsoleError as error:
        status = getattr(error, "status", 0)
    told = [json.loads(line) for line in lines]
    errors = [change["object"]["code"] for change in told if change["type"] == "ERROR"]
    names = [change["object"]["metadata"]["name"] for change in told if change["type"] == "ADDED"]
    reader = follow(SourceName.ROUTES)
    assert seen.until(lambda: reader.streaming, SECONDS)
    reader._version = "1"
    reader.interrupt()
    place.make_route("after")
    found = seen.until(lambda: f"{place.namespace}/after" in seen.facts(), SECONDS)
    place.send("DELETE", place.route("after"))

    assert found
    assert status == 410 or errors == [410] or "since-one" in names


def test_only_labelled_config_maps_are_runs(place: Place, seen: Collected, follow: Follow) -> None:
    data = {"state": "running", "fence": "3", "targets": json.dumps({"shop/a": {"c1": 100, "c2": None}})}
    place.make("v1", "configmaps", "ConfigMap", "run-7c1", data=data, metadata={"labels": {RUN_LABEL: "7c1"}})
    place.make("v1", "configmaps", "ConfigMap", "other", data={"state": "running"})
    follow(SourceName.RUNS, path=place.path("v1", "configmaps"), namespace=place.namespace)
    seen.until(lambda: bool(seen.lists()), SECONDS)
    facts = seen.facts()

    assert ["run-7c1"] == list(facts)
    assert ("7c1", 3, (("shop/a", (("c1", 100), ("c2", None))),)) == (
        facts["run-7c1"].run,
        facts["run-7c1"].fence,
        facts["run-7c1"].targets,
    )


def test_an_agents_lease_is_found_among_all_namespaces_by_its_name(
    place: Place, seen: Collected, follow: Follow
) -> None:
    spec = {"renewTime": "2026-01-01T00:00:00.000000Z", "leaseDurationSeconds": 60, "holderIdentity": "agent"}
    place.make("coordination.k8s.io/v1", "leases", "Lease", "managed-cluster-lease", spec=spec)
    place.make("coordination.k8s.io/v1", "leases", "Lease", "another", spec=spec)
    follow(SourceName.HEARTBEATS)
    seen.until(lambda: bool(seen.lists()), SECONDS)
    beat = seen.facts().get(place.namespace)

    assert beat is not None
    assert (1767225600.0, 60) == (beat.renewed, beat.duration)


def test_events_of_a_route_are_seen_with_their_count(place: Place, seen: Collected, follow: Follow) -> None:
    reader = follow(SourceName.EVENTS)
    assert seen.until(lambda: reader.streaming, SECONDS)
    about = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "namespace": place.namespace, "name": "a"}
    place.make(
        "v1",
        "events",
        "Event",
        "a.1",
        involvedObject=about,
        reason="SuccessfullyReconciled",
        message="Successfully \u202ereconciled",
        type="Normal",
        count=4,
        lastTimestamp="2026-01-01T00:00:00Z",
    )
    key = f"{place.namespace}/a.1"
    found = seen.until(lambda: key in seen.facts(), SECONDS)

    assert found
    assert ("SuccessfullyReconciled", "Successfully �reconciled", 4) == (
        seen.facts()[key].reason,
        seen.facts()[key].message,
        seen.facts()[key].count,
    )


def test_a_kind_that_is_not_installed_is_missing(place: Place, seen: Collected, follow: Follow) -> None:
    path = "/apis/nothing.fleet-console.invalid/v1/nothings"
    follow(SourceName.GATEWAYS, path=path, group="nothing.fleet-console.invalid", resource="nothings")
    seen.until(lambda: seen.last(SourceName.GATEWAYS) is not None, SECONDS)
    source = seen.last(SourceName.GATEWAYS)

    assert source is not None
    assert SourceState.MISSING is source.state


@pytest.fixture
def stranger(place: Place, where: str, tmp_path: Path) -> Hub:
    """Somebody who may read next to nothing: a new ServiceAccount; where there are none, a token nobody gave out."""
    with suppress(FleetConsoleError):
        place.make("v1", "serviceaccounts", "ServiceAccount", "stranger")
        path = place.path("v1", "serviceaccounts", "stranger/token")
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
        token = place.send("POST", path, body).json()["status"]["token"]
        return Hub.open(_as(place.hub, token, tmp_path), None)
    return Hub.open(_as(place.hub, "nobody-gave-this-out", tmp_path), None)


def _as(hub: Hub, token: str, folder: Path) -> str:
    """A kubeconfig for the same server and another token."""
    cluster = {key: value for key, value in hub._entry.cluster.items() if key != "server"}
    return kubeconfig(folder / "stranger", hub.server, {"token": token}, cluster=cluster)


def test_who_may_not_read_is_denied_and_told_what_is_missing(stranger: Hub, seen: Collected, follow: Follow) -> None:
    follow(SourceName.ROUTES, hub=stranger)
    seen.until(lambda: seen.last(SourceName.ROUTES) is not None, SECONDS)
    source = seen.last(SourceName.ROUTES)
    with pytest.raises(Denied) as raised:
        stranger.fleet_uid()

    assert source is not None
    unknown = "(401)" in str(raised.value)  # no permission is missing: nobody knows who asks
    assert (SourceState.DENIED, unknown) == (source.state, "(401)" in source.message)
    assert (None if unknown else "list ingresses.networking.k8s.io") == (source.permission or None)
    assert ("" if unknown else "get namespaces") == raised.value.permission


CUSTOM: dict[SourceName, dict[str, Any]] = {
    SourceName.MEMBERS: {"spec": {"hubAcceptsClient": False}},
    SourceName.GATEWAYS: {"spec": {"config": {"name": "contract"}, "listeners": [{"port": 8123, "protocol": "HTTP"}]}},
}


@pytest.mark.parametrize("source", CUSTOM)
def test_a_custom_object_is_seen_where_its_crd_is_installed(
    source: SourceName, place: Place, seen: Collected, follow: Follow
) -> None:
    kind: Kind = next(one for one in KINDS if one.source is source)
    if place.hub.call("GET", kind.path, query=[("limit", "1")]).status == 404:
        pytest.skip(f"{kind.full_name} is not installed there")
    version = kind.path.removeprefix("/apis/").rpartition("/")[0]
    body = {"apiVersion": version, "kind": kind.name, "metadata": {"name": place.namespace}, **CUSTOM[source]}
    place.send("POST", kind.path, body)
    try:
        follow(source)
        found = seen.until(lambda: place.namespace in seen.facts(), SECONDS)
    finally:
        place.send("DELETE", f"{kind.path}/{place.namespace}")
    gone = seen.until(lambda: place.namespace not in seen.facts(), SECONDS)

    assert (True, True) == (found, gone)


def test_a_watch_ends_at_once_when_it_is_stopped(seen: Collected, follow: Follow) -> None:
    reader = follow(SourceName.CLASSES)
    assert seen.until(lambda: reader.streaming, SECONDS)
    begun = time.monotonic()
    reader.stop()
    reader.join(5)

    assert not reader.is_alive()
    assert time.monotonic() - begun < 1.0
