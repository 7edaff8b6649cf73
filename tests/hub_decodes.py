"""Whatever an object of the hub holds, it becomes a record or a named problem, and nothing in it stays alive."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from console.kube.decode import Decoded, decode
from console.kube.kinds import KINDS, Kind, cluster_secrets
from console.model.freshness import SourceName
from console.model.hub import Ingress, RunRecord
from console.model.text import LIMIT

RAW = {"annotations", "plan", "key", "uid"}
"""Fields that stay byte for byte, or are names that were checked."""


def read(source: SourceName, thing: Any) -> Decoded:
    kind = next(one for one in KINDS if one.source is source)
    return decode(json.dumps(thing).encode(), kind.name, kind.shape, kind.key)


def route(**more: Any) -> Any:
    fact = read(SourceName.ROUTES, {"metadata": {"namespace": "shop", "name": "a", **more}}).fact
    assert isinstance(fact, Ingress)
    return fact


def test_a_route_keeps_its_annotations_byte_for_byte_but_for_the_last_applied_one() -> None:
    last = "kubectl.kubernetes.io/last-applied-configuration"
    found = route(annotations={"b": " 7\x1b[31m", "a": "", last: "{}"})

    assert (("a", ""), ("b", " 7\x1b[31m")) == found.annotations


def test_a_route_tells_who_wrote_which_annotation() -> None:
    entry = {
        "manager": "argo\u202ecd",
        "operation": "Update",
        "time": "2026-01-01T00:00:00Z",
        "fieldsV1": {"f:metadata": {"f:annotations": {".": {}, "f:w.c1": {}}, "f:labels": {"f:l": {}}}},
    }
    other = {"manager": "status", "fieldsV1": {"f:status": {}}}
    owners = route(managedFields=[entry, other]).owners

    assert [("argo�cd", 1767225600.0, {"w.c1"}, {"l"})] == [(o.manager, o.at, o.annotations, o.labels) for o in owners]


def test_paths_class_address_and_hash_of_a_route() -> None:
    thing = {
        "metadata": {"namespace": "s", "name": "a", "labels": {"alb.ingress.kubernetes.io/hash": "h1"}},
        "spec": {
            "ingressClassName": "alb",
            "rules": [
                {
                    "host": "x.org",
                    "http": {"paths": [{"path": "/p", "backend": {"service": {"name": "b", "port": {"number": 80}}}}]},
                }
            ],
        },
        "status": {"loadBalancer": {"ingress": [{"hostname": "alb.example"}]}},
    }
    fact = read(SourceName.ROUTES, thing).fact

    assert ("alb", "h1", "alb.example") == (fact.class_name, fact.hash, fact.address)
    assert [("x.org", "/p", "b", "80")] == [(p.host, p.path, p.service, p.port) for p in fact.paths]


def test_a_gateway_names_its_members_and_its_load_balancer() -> None:
    thing = {
        "metadata": {"name": "gw", "annotations": {"alb.ingress.kubernetes.io/remote-clusters": "c1, c2,,c1,\x1b"}},
        "spec": {"listeners": [{"port": 80, "protocol": "HTTP"}, "what"]},
        "status": {"loadBalancer": {"id": "alb-1", "dnsname": "d.example"}},
    }
    found = read(SourceName.GATEWAYS, thing)

    assert (("c1", "c2"), "alb-1", ((80, "HTTP"),)) == (
        found.fact.remote_clusters,
        found.fact.load_balancer,
        found.fact.listeners,
    )
    assert found.problem is not None
    assert "names '␛', which is no cluster id" in found.problem.message


def test_a_member_with_its_conditions() -> None:
    thing = {
        "metadata": {"name": "c1", "labels": {"zone": "b"}},
        "spec": {"hubAcceptsClient": True, "taints": [{"key": "gone", "effect": "NoSelect"}]},
        "status": {
            "conditions": [
                {"type": "ManagedClusterJoined", "status": "True"},
                {"type": "ManagedClusterConditionAvailable", "status": "Unknown", "reason": "Lease"},
            ],
            "clusterClaims": [{"name": "id.k8s.io", "value": "x"}],
            "version": {"kubernetes": "v1.31.1"},
        },
    }
    fact = read(SourceName.MEMBERS, thing).fact

    assert (True, "True", "Unknown", "Lease") == (fact.accepted, fact.joined, fact.available, fact.available_reason)
    assert ((("zone", "b"),), (("id.k8s.io", "x"),), ("gone:NoSelect",)) == (fact.labels, fact.claims, fact.taints)


def test_only_the_agents_lease_is_a_heartbeat() -> None:
    spec = {"renewTime": "2026-01-01T00:00:01.500000Z", "leaseDurationSeconds": 60}
    agent = read(
        SourceName.HEARTBEATS, {"metadata": {"namespace": "c1", "name": "managed-cluster-lease"}, "spec": spec}
    )
    other = read(SourceName.HEARTBEATS, {"metadata": {"namespace": "c1", "name": "other"}, "spec": spec})

    assert ("c1", 1767225601.5) == (agent.key, agent.fact.renewed)
    assert other.key is None


@pytest.mark.parametrize(
    ("more", "count", "at"),
    [
        ({"count": 3, "lastTimestamp": "2026-01-01T00:00:00Z"}, 3, 1767225600.0),
        ({"series": {"count": 4, "lastObservedTime": "2026-01-01T00:00:01.000000Z"}}, 4, 1767225601.0),
        ({"lastTimestamp": None, "eventTime": "2026-01-01T00:00:02.000000Z"}, 1, 1767225602.0),
        ({}, 1, None),
    ],
)
def test_an_event_in_each_of_its_dialects(more: dict[str, Any], count: int, at: float | None) -> None:
    about = {"kind": "Ingress", "namespace": "shop", "name": "a"}
    fact = read(SourceName.EVENTS, {"metadata": {"name": "e"}, "involvedObject": about, **more}).fact

    assert (count, at) == (fact.count, fact.at)


def test_an_event_of_something_else_is_left_out() -> None:
    found = read(SourceName.EVENTS, {"metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "name": "p"}})

    assert (None, None) == (found.key, found.problem)


def test_a_run_is_read_with_what_is_wrong_in_it() -> None:
    data = {
        "state": "running",
        "fence": "7",
        "pid": "x",
        "started": "1767225600.5",
        "updated": "2026-01-01T00:00:00Z",
        "hold_until": "2026-01-01T00:00:30.5Z",
        "expires": "soon",
        "step": "1",
        "targets": json.dumps({"shop/a": {"c1": 100, "c2": None, "c3": 101, "c4": True}, "\x1b": {}}),
        "before": "not json",
        "plan": '{"k": "\x1b"}',
        "actor": "me\x1b[0m",
    }
    thing = {"metadata": {"name": "run-1", "labels": {"fleet-console/run": "7c1"}}, "data": data}
    found = read(SourceName.RUNS, thing)
    record = found.fact

    assert isinstance(record, RunRecord)
    assert ("7c1", "running", 7, None, 1) == (record.run, record.state, record.fence, record.pid, record.step)
    assert (1767225600.5, 1767225600.0) == (record.started, record.updated)
    assert (1767225630.5, None) == (record.hold_until, record.expires)
    assert (("shop/a", (("c1", 100), ("c2", None))),) == record.targets
    assert ("me␛[0m", '{"k": "\x1b"}') == (record.actor, record.plan)
    assert 5 == len(record.problems)
    assert found.problem is not None


def test_a_megabyte_of_text_is_cut() -> None:
    thing = {"metadata": {"name": "e"}, "involvedObject": {"kind": "Ingress"}, "message": "\x1b" * 1_000_000}
    fact = read(SourceName.EVENTS, thing).fact

    assert LIMIT + 1 == len(fact.message)
    assert "\x1b" not in fact.message


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b'"x"', b"{}", b'{"metadata": 5}', b"\xff\xfe", b"[" * 100_000])
def test_bytes_that_are_no_object_are_a_problem(raw: bytes) -> None:
    kind = KINDS[0]
    found = decode(raw, kind.name, kind.shape, kind.key)

    assert found.fact is None
    assert found.problem is not None


LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        ["\x1b[31m", "\u202e", "[bold]", "a" * 5000, "2026-99-99T00:00:00Z", "-1", "1e9", "True", "10000-01-01"]
    ),
)
NAMES = st.sampled_from(
    [
        "metadata",
        "spec",
        "status",
        "data",
        "name",
        "namespace",
        "uid",
        "labels",
        "annotations",
        "managedFields",
        "fieldsV1",
        "f:metadata",
        "f:annotations",
        "conditions",
        "type",
        "status",
        "reason",
        "message",
        "rules",
        "host",
        "http",
        "paths",
        "path",
        "backend",
        "service",
        "port",
        "number",
        "loadBalancer",
        "ingress",
        "involvedObject",
        "kind",
        "series",
        "count",
        "listeners",
        "taints",
        "clusterClaims",
        "version",
        "parameters",
        "renewTime",
        "time",
        "fence",
        "targets",
        "before",
        "fleet-console/run",
        "lastTimestamp",
        "alb.ingress.kubernetes.io/remote-clusters",
    ]
)
ANYTHING = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=25,
)
HOSTILE = (
    st.fixed_dictionaries(
        {
            "metadata": st.fixed_dictionaries(
                {"name": st.sampled_from(["a", "managed-cluster-lease", "\x1b"]), "labels": ANYTHING}
            )
        },
        optional=dict.fromkeys(
            ("spec", "status", "data", "involvedObject", "message", "series", "count", "source", "lastTimestamp"),
            ANYTHING,
        ),
    )
    | ANYTHING
)


def alive(value: object, name: str = "") -> list[str]:
    """Texts in a record that could style or move a screen."""
    if is_dataclass(value):
        return [bad for f in fields(value) if f.name not in RAW for bad in alive(getattr(value, f.name), f.name)]
    if isinstance(value, tuple | frozenset | list):
        return [bad for item in value for bad in alive(item, name)]
    if isinstance(value, str) and any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") for c in value):
        return [f"{name}: {value!r}"]
    return []


@pytest.mark.parametrize("kind", (*KINDS, cluster_secrets("argocd")), ids=lambda kind: kind.resource)
@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow])
@given(thing=HOSTILE)
def test_no_object_crashes_the_decoder_or_stays_alive_in_its_record(kind: Kind, thing: Any) -> None:
    found = decode(json.dumps(thing).encode(), kind.name, kind.shape, kind.key)

    assert [] == alive(found.fact) + alive(found.problem)
