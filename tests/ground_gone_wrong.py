"""A hub and a data centre that answer with anything: the ground is still read, or the problem is told."""

from __future__ import annotations

import copy
import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import FleetConsoleError, Lost
from console.kube import groundwork, site
from console.kube.answer import Answer
from console.kube.connect import Hub
from console.kube.served import Served
from console.model.ground import Site

ITEM = {"metadata": {"name": "a", "namespace": "n", "annotations": {"k": "v"}}, "spec": {"x": [1]}}
NODE = {
    "metadata": {"name": "n1"},
    "spec": {"podCIDR": "10.1.0.0/24", "podCIDRs": ["10.1.0.0/24"]},
    "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": "n1"}]},
}
EVENT = {
    "metadata": {"name": "e", "namespace": "n"},
    "involvedObject": {"kind": "Ingress", "namespace": "n", "name": "r"},
    "type": "Warning", "reason": "R", "message": "\x1b[31mM", "lastTimestamp": "2026-01-01T00:00:00Z",
}  # fmt: skip
ANSWERS: dict[str, Any] = {
    "/version": {"gitVersion": "v1.30.1"},
    "/api/v1/nodes": {"items": [NODE], "metadata": {}},
    "/apis/apps/v1/deployments": {"items": [{"metadata": {"name": site.AGENTS[0]}}], "metadata": {}},
    "/api/v1/events": {"items": [EVENT], "metadata": {}},
    "/apis/networking.k8s.io/v1/ingresses": {"items": [ITEM], "metadata": {}},
    "/api/v1/namespaces/argocd/secrets": {
        "kind": "PartialObjectMetadataList",
        "items": [{**ITEM, "data": {"config": "canary"}}],
        "metadata": {},
    },
    "/apis/networking.k8s.io/v1": {"resources": [{"name": "ingresses", "kind": "Ingress", "namespaced": True}]},
}
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("\x1b[31mred"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


class FakeHub:
    """Says what is in `answers`, 404 to everything else, and yes to every review."""

    called = "the hub"

    def __init__(self, **changed: Any) -> None:
        self.answers = {**copy.deepcopy(ANSWERS), **changed}

    def call(self, method: str, path: str, **_: Any) -> Answer:
        if path not in self.answers:
            return Answer(404, {}, b'{"kind": "Status"}')
        found = self.answers[path]
        return found if isinstance(found, Answer) else Answer(200, {}, json.dumps(found).encode())

    def fleet_uid(self) -> str:
        return "uid"

    def allowed(self, *_: Any) -> bool | None:
        return True

    @property
    def hub(self) -> Hub:
        return cast(Hub, self)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in an answer, itself among them."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for key, part in inner for place in places(part, (*here, key)))]


def test_what_is_right_is_read() -> None:
    found = groundwork.read(FakeHub().hub)
    there = site.look(FakeHub().hub)

    assert found.hub is not None
    assert {} == found.unread
    assert found.hub.find("Ingress", "a", "n") == {**ITEM, "apiVersion": "networking.k8s.io/v1", "kind": "Ingress"}
    assert {"apiVersion": "v1", "kind": "Secret", "metadata": ITEM["metadata"]} == found.hub.find("Secret", "a", "n")
    assert {"Namespace", "ManagedCluster", "AlbConfig"} <= found.hub.missing
    assert ("Ingress n/r: R ␛[31mM",) == found.hub.gateway_events
    assert Site("", "v1.30.1", True, ("10.0.0.1",), ("10.1.0.0/24",)) == there


@given(data=st.data())
def test_any_field_may_be_missing_or_of_a_wrong_type(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(ANSWERS)))
    answers = copy.deepcopy(ANSWERS)
    place = data.draw(st.sampled_from(places(answers[path])))
    wrong = data.draw(JSON)
    if not place:
        answers[path] = wrong
    else:
        holder = answers[path]
        for key in place[:-1]:
            holder = holder[key]
        if data.draw(st.booleans()):
            del holder[place[-1]]
        else:
            holder[place[-1]] = wrong
    hub = FakeHub(**answers).hub
    found = groundwork.read(hub)
    try:
        there = str(site.look(hub))
        Served(hub).find("networking.k8s.io", "v1", "Ingress")
    except FleetConsoleError as error:
        there = str(error)

    assert found.hub is not None
    assert "\x1b" not in f"{there}{found.unread}{found.hub.gateway_events}"
    assert "canary" not in str(found)


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_a_kind_that_cannot_be_listed_is_unread_and_not_missing(status: int) -> None:
    refused = Answer(status, {}, b'{"kind": "Status", "message": "no"}')
    found = groundwork.read(FakeHub(**{"/apis/networking.k8s.io/v1/ingresses": refused}).hub)

    assert found.hub is not None
    assert {"hub Ingress"} == found.unread.keys()
    assert "Ingress" not in found.hub.missing


def test_a_hub_that_is_not_reached_is_none() -> None:
    class Gone(FakeHub):
        def fleet_uid(self) -> str:
            raise Lost("the hub does not answer")

    found = groundwork.read(Gone().hub)

    assert (None, {"hub": "the hub does not answer"}) == (found.hub, found.unread)


def test_where_the_agent_may_not_be_applied_the_site_says_what_is_missing() -> None:
    class Bound(FakeHub):
        def allowed(self, verb: str, group: str, resource: str, *_: Any) -> bool | None:
            return resource != "clusterrolebindings"

    found = site.look(Bound(**{"/apis/apps/v1/deployments": {"items": []}}).hub)

    assert "patch clusterrolebindings.rbac.authorization.k8s.io" in found.problem
    assert not found.agent
