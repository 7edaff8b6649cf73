"""A reader lists in pages, follows changes, resumes after a break, lists anew when told to, and says how it fares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.kube import watch
from console.kube.connect import Hub
from console.kube.heartbeat import Heartbeat
from console.kube.kinds import KINDS, Kind
from console.kube.watch import Reader
from console.model.freshness import SourceName, SourceState
from console.store.events import Identified, Unread
from tests.hub_scripted import (
    BREAK,
    END,
    Collected,
    ScriptedHub,
    bookmark,
    change,
    kubeconfig,
    page,
    scripted,
    status,
)

__all__ = ["scripted"]

INGRESSES = "/apis/networking.k8s.io/v1/ingresses"
Follow = Callable[..., Reader]


def ingress(name: str, version: str = "1", **annotations: Any) -> dict[str, Any]:
    meta = {"namespace": "shop", "name": name, "uid": f"uid-{name}", "resourceVersion": version}
    return {"metadata": {**meta, "annotations": annotations}, "spec": {}}


def kind(source: SourceName) -> Kind:
    return next(one for one in KINDS if one.source is source)


@pytest.fixture
def seen() -> Collected:
    return Collected()


@pytest.fixture
def follow(scripted: ScriptedHub, seen: Collected, tmp_path: Path) -> Iterator[Follow]:
    readers: list[Reader] = []
    hub = Hub.open(kubeconfig(tmp_path / "kubeconfig", scripted.url), None)

    def begin(source: SourceName = SourceName.ROUTES, **more: Any) -> Reader:
        reader = Reader(hub, kind(source), seen.feed, **more)
        readers.append(reader)
        reader.start()
        return reader

    yield begin
    for reader in readers:
        reader.stop()
    for reader in readers:
        reader.join(5)
    hub.close()


def test_pages_are_put_together_into_one_list(scripted: ScriptedHub, seen: Collected, follow: Follow) -> None:
    scripted.lists(INGRESSES, (200, page(ingress("a"), following="t1")), (200, page(ingress("b"))))
    follow()
    seen.until(lambda: bool(seen.lists()))

    assert [{"shop/a", "shop/b"}] == [set(one.facts) for one in seen.lists()]
    assert ["100", "100"] == [request.query["limit"] for request in scripted.asked(INGRESSES)]
    assert ["t1"] == [r.query["continue"] for r in scripted.asked(INGRESSES) if "continue" in r.query]


def test_an_expired_continuation_starts_the_list_again(scripted: ScriptedHub, seen: Collected, follow: Follow) -> None:
    gone = (410, status(410, "Expired"))
    whole = (200, page(ingress("b")))
    scripted.lists(INGRESSES, (200, page(ingress("a"), following="t1")), gone, whole)
    follow()
    seen.until(lambda: bool(seen.lists()))

    assert {"shop/b"} == set(seen.facts())


def test_changes_are_followed_from_where_the_list_ended(scripted: ScriptedHub, seen: Collected, follow: Follow) -> None:
    scripted.lists(INGRESSES, (200, page(ingress("a"), version="10")))
    lines = scripted.watch[INGRESSES]
    lines.put(change("ADDED", ingress("b", "11")))
    lines.put(change("MODIFIED", ingress("a", "12", weight="7")))
    lines.put(change("DELETED", ingress("b", "13")))
    follow()
    seen.until(lambda: "shop/a" in seen.facts() and dict(seen.facts()["shop/a"].annotations) == {"weight": "7"})
    seen.until(lambda: "shop/b" not in seen.facts())

    assert {"shop/a"} == set(seen.facts())
    assert ["10"] == [r.query["resourceVersion"] for r in scripted.asked(INGRESSES, watching=True)]


def test_a_watch_that_ends_goes_on_from_the_newest_bookmark(
    scripted: ScriptedHub, seen: Collected, follow: Follow
) -> None:
    scripted.lists(INGRESSES, (200, page(version="10")))
    for line in (bookmark("20"), END, change("ADDED", ingress("a", "21"))):
        scripted.watch[INGRESSES].put(line)
    follow()
    seen.until(lambda: "shop/a" in seen.facts())

    assert ["10", "20"] == [r.query["resourceVersion"] for r in scripted.asked(INGRESSES, watching=True)]
    assert 1 == len(scripted.asked(INGRESSES))


def test_a_link_that_breaks_once_is_taken_up_again_in_silence(
    scripted: ScriptedHub, seen: Collected, follow: Follow
) -> None:
    scripted.lists(INGRESSES, (200, page(ingress("a"), version="10")))
    for line in (bookmark("15"), BREAK, change("ADDED", ingress("b", "16"))):
        scripted.watch[INGRESSES].put(line)
    follow()
    seen.until(lambda: "shop/b" in seen.facts())

    assert [SourceState.LIVE] == seen.states(SourceName.ROUTES)
    assert ["10", "15"] == [r.query["resourceVersion"] for r in scripted.asked(INGRESSES, watching=True)]


@pytest.mark.parametrize("gone", [change("ERROR", status(410, "Expired")), b"no json\n"])
def test_a_watch_that_cannot_go_on_lists_anew(
    gone: bytes, scripted: ScriptedHub, seen: Collected, follow: Follow
) -> None:
    scripted.lists(INGRESSES, (200, page(ingress("a"))), (200, page(ingress("b"), version="30")))
    scripted.watch[INGRESSES].put(gone)
    follow()
    seen.until(lambda: "shop/b" in seen.facts())

    assert {"shop/b"} == set(seen.facts())
    assert SourceState.LOST not in seen.states(SourceName.ROUTES)


def test_an_object_that_cannot_be_read_is_a_problem_and_the_rest_is_read(
    scripted: ScriptedHub, seen: Collected, follow: Follow
) -> None:
    odd = ingress("odd")
    odd["metadata"]["annotations"] = {"good": "1", "bad": 5}
    scripted.lists(INGRESSES, (200, page(ingress("a"), odd, {"metadata": []}, "what", {"metadata": {"name": "\x1b["}})))
    follow()
    seen.until(lambda: bool(seen.lists()))
    listed = seen.lists()[0]

    assert {"shop/a", "shop/odd"} == set(listed.facts)
    assert (("good", "1"),) == seen.facts()["shop/odd"].annotations
    assert "metadata.annotations[bad] is 5, not a text" == listed.problems["shop/odd"].message
    assert 4 == len(listed.problems)
    assert all("\x1b" not in problem.object for problem in listed.problems.values())


def test_an_object_that_becomes_unreadable_is_dropped_and_named(
    scripted: ScriptedHub, seen: Collected, follow: Follow
) -> None:
    scripted.lists(INGRESSES, (200, page(ingress("a"))))
    scripted.watch[INGRESSES].put(change("MODIFIED", {"metadata": {"namespace": "shop", "name": "a\u202e"}}))
    follow()
    seen.until(lambda: any(isinstance(one, Unread) for one in seen.all))

    assert ["Ingress shop/a�"] == [one.problem.object for one in seen.all if isinstance(one, Unread)]


def test_a_denied_kind_names_the_permission(scripted: ScriptedHub, seen: Collected, follow: Follow) -> None:
    scripted.lists(INGRESSES, (403, status(403, "Forbidden", "no")))
    follow()
    seen.until(lambda: seen.last(SourceName.ROUTES) is not None)
    source = seen.last(SourceName.ROUTES)

    assert source is not None
    assert (SourceState.DENIED, "list ingresses.networking.k8s.io") == (source.state, source.permission)
    assert "not allowed: list ingresses.networking.k8s.io. Ask for a role that grants it." == source.message


def test_a_kind_the_server_does_not_know_is_missing(scripted: ScriptedHub, seen: Collected, follow: Follow) -> None:
    follow(SourceName.GATEWAYS)
    seen.until(lambda: seen.last(SourceName.GATEWAYS) is not None)
    source = seen.last(SourceName.GATEWAYS)

    assert source is not None
    assert SourceState.MISSING is source.state
    assert "the hub does not know albconfigs.alibabacloud.com: its CRD is not installed" == source.message


def test_too_many_calls_is_throttled_and_asked_again_later(
    scripted: ScriptedHub, seen: Collected, follow: Follow
) -> None:
    busy = (429, status(429, "TooManyRequests"), {"Retry-After": "1"})
    scripted.lists(INGRESSES, busy, (200, page(ingress("a"))))
    follow()
    seen.until(lambda: bool(seen.lists()))

    assert [SourceState.THROTTLED, SourceState.LIVE] == seen.states(SourceName.ROUTES)


def test_nothing_is_empty_and_the_first_object_makes_it_live(
    scripted: ScriptedHub, seen: Collected, follow: Follow
) -> None:
    scripted.lists(INGRESSES, (200, page()))
    scripted.watch[INGRESSES].put(change("ADDED", ingress("a", "11")))
    follow()
    seen.until(lambda: seen.states(SourceName.ROUTES)[-1:] == [SourceState.LIVE])

    assert [SourceState.EMPTY, SourceState.LIVE] == seen.states(SourceName.ROUTES)


def test_what_may_be_listed_but_not_watched_is_listed_now_and_then(
    scripted: ScriptedHub, seen: Collected, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_POLL", 0.05)
    scripted.lists(INGRESSES, (200, page(ingress("a"))), (200, page(ingress("b"))))
    scripted.refuse_watch[INGRESSES] = (403, status(403, "Forbidden"))
    follow()
    seen.until(lambda: "shop/b" in seen.facts())
    seen.until(lambda: (source := seen.last(SourceName.ROUTES)) is not None and source.permission is not None)
    source = seen.last(SourceName.ROUTES)

    assert source is not None
    assert (SourceState.LIVE, "watch ingresses.networking.k8s.io") == (source.state, source.permission)


def test_leases_that_may_not_be_listed_are_read_one_by_one(
    scripted: ScriptedHub, seen: Collected, follow: Follow
) -> None:
    scripted.lists("/apis/coordination.k8s.io/v1/leases", (403, status(403, "Forbidden")))
    path = "/apis/coordination.k8s.io/v1/namespaces/m1/leases/managed-cluster-lease"
    meta = {"namespace": "m1", "name": "managed-cluster-lease"}
    scripted.answer[path] = lambda _: (200, {"metadata": meta, "spec": {"renewTime": "2026-01-01T00:00:00.000000Z"}})
    follow(SourceName.HEARTBEATS, members=lambda: ["m1"])
    seen.until(lambda: seen.last(SourceName.HEARTBEATS) is not None)

    assert [SourceState.LIVE] == seen.states(SourceName.HEARTBEATS)
    assert 1767225600.0 == seen.facts()["m1"].renewed


def test_a_selector_that_the_server_refuses_is_left_out(scripted: ScriptedHub, seen: Collected, follow: Follow) -> None:
    path = "/apis/coordination.k8s.io/v1/leases"
    others = [{"metadata": {"namespace": "x", "name": name}} for name in ("kube-scheduler", "managed-cluster-lease")]
    scripted.lists(path, (400, status(400, "BadRequest")), (200, page(*others)))
    follow(SourceName.HEARTBEATS)
    seen.until(lambda: bool(seen.lists()))

    assert ["x"] == list(seen.facts())
    assert [True, False] == ["fieldSelector" in request.query for request in scripted.asked(path)]


def test_only_the_newest_events_are_kept(
    scripted: ScriptedHub, seen: Collected, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def event(number: int) -> dict[str, Any]:
        about = {"kind": "Ingress", "namespace": "shop", "name": "a"}
        meta = {"namespace": "shop", "name": f"e{number}", "resourceVersion": str(number)}
        return {"metadata": meta, "involvedObject": about, "lastTimestamp": f"2026-01-01T00:00:{number:02}Z"}

    scripted.lists("/api/v1/events", (200, page(*map(event, range(5)))))
    scripted.watch["/api/v1/events"].put(change("ADDED", event(9)))
    small = Kind(**{f: getattr(kind(SourceName.EVENTS), f) for f in Kind.__slots__} | {"keep": 3})
    monkeypatch.setitem(globals(), "KINDS", (small,))
    follow(SourceName.EVENTS)
    seen.until(lambda: "shop/e9" in seen.facts() and len(seen.facts()) == 3)

    assert {"shop/e3", "shop/e4", "shop/e9"} == set(seen.facts())


def test_a_server_that_goes_away_is_lost_and_found_again(
    seen: Collected, scripted: ScriptedHub, follow: Follow
) -> None:
    scripted.lists(INGRESSES, (200, page(ingress("a"))))
    follow()
    seen.until(lambda: bool(seen.lists()))
    scripted.refuse_watch[INGRESSES] = (503, b"<html>gateway</html>")
    scripted.watch[INGRESSES].put(BREAK)
    seen.until(lambda: SourceState.STALE in seen.states(SourceName.ROUTES))
    del scripted.refuse_watch[INGRESSES]
    seen.until(lambda: seen.states(SourceName.ROUTES)[-1:] == [SourceState.LIVE])

    assert [SourceState.LIVE, SourceState.STALE, SourceState.LIVE] == seen.states(SourceName.ROUTES)


def test_another_fleet_at_the_same_address_drops_everything_and_lists_anew(
    scripted: ScriptedHub, seen: Collected, follow: Follow, tmp_path: Path
) -> None:
    scripted.lists(INGRESSES, (200, page(ingress("old"))), (200, page(ingress("new"))))
    reader = follow()
    hub = Hub.open(kubeconfig(tmp_path / "again", scripted.url), None)
    heart = Heartbeat(hub, seen.feed, [reader])
    heart.beat()
    seen.until(lambda: reader.streaming)
    scripted.uid = "uid-2"
    heart.beat()
    seen.until(lambda: "shop/new" in seen.facts())

    assert ["uid-1", "uid-2"] == [one.uid for one in seen.all if isinstance(one, Identified)]
    assert {"shop/new"} == set(seen.facts())


def test_the_heartbeat_speaks_for_every_open_watch(
    scripted: ScriptedHub, seen: Collected, follow: Follow, tmp_path: Path
) -> None:
    scripted.lists(INGRESSES, (200, page(ingress("a"))))
    reader = follow()
    heart = Heartbeat(Hub.open(kubeconfig(tmp_path / "again", scripted.url), None), seen.feed, [reader])
    seen.until(lambda: reader.streaming)
    before = seen.last(SourceName.ROUTES)
    heart.beat()
    after = seen.last(SourceName.ROUTES)

    assert before is not None
    assert after is not None
    assert after.seen is not None
    assert after.seen > (before.seen or 0.0)


def test_a_hub_that_no_longer_answers_lets_every_source_grow_stale(
    scripted: ScriptedHub, seen: Collected, follow: Follow, tmp_path: Path
) -> None:
    scripted.lists(INGRESSES, (200, page(ingress("a"))))
    reader = follow()
    heart = Heartbeat(Hub.open(kubeconfig(tmp_path / "again", scripted.url), None), seen.feed, [reader])
    heart.beat()
    seen.until(lambda: reader.streaming)
    scripted.answer["/api/v1/namespaces/kube-system"] = lambda _: (502, b"")
    heart.beat()
    first = seen.states(SourceName.HUB)[-1]
    heart.beat()

    assert SourceState.LIVE is first
    assert SourceState.STALE is seen.states(SourceName.HUB)[-1]
    assert SourceState.STALE is seen.states(SourceName.ROUTES)[-1]


def test_whom_the_hub_knows_again_asks_at_once_for_what_was_denied(
    scripted: ScriptedHub, seen: Collected, follow: Follow, tmp_path: Path
) -> None:
    nobody = (401, status(401, "Unauthorized"))
    known = scripted.answer.pop("/api/v1/namespaces/kube-system", None)
    scripted.lists(INGRESSES, nobody, (200, page(ingress("a"))))
    scripted.answer["/api/v1/namespaces/kube-system"] = scripted.answer["/version"] = lambda _: nobody
    reader = follow()
    heart = Heartbeat(Hub.open(kubeconfig(tmp_path / "again", scripted.url), None), seen.feed, [reader])
    heart.beat()
    seen.until(lambda: seen.states(SourceName.ROUTES) == [SourceState.DENIED])
    denied = seen.states(SourceName.HUB)[-1]
    del scripted.answer["/api/v1/namespaces/kube-system"]
    if known is not None:
        scripted.answer["/api/v1/namespaces/kube-system"] = known
    heart.beat()
    seen.until(lambda: reader.streaming)

    assert SourceState.DENIED is denied
    assert [SourceState.DENIED, SourceState.LIVE] == seen.states(SourceName.ROUTES)


def test_a_fleet_whose_identity_may_not_be_read_is_denied_but_alive(
    scripted: ScriptedHub, seen: Collected, tmp_path: Path
) -> None:
    scripted.answer["/api/v1/namespaces/kube-system"] = lambda _: (403, status(403, "Forbidden"))
    scripted.answer["/version"] = lambda _: (200, {"major": "1"})
    Heartbeat(Hub.open(kubeconfig(tmp_path / "k", scripted.url), None), seen.feed, []).beat()
    source = seen.last(SourceName.HUB)

    assert source is not None
    assert (SourceState.DENIED, "get namespaces") == (source.state, source.permission)
    assert source.seen is not None
