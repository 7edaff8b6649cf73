"""What the console writes, over the wire: against the simulator's API server, and unchanged against a real one.

`CONSOLE_CONTRACT_KUBECONFIG=FILE` names the real server; the tests make a namespace of their own there, and remove it.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from console.errors import Refused, Superseded
from console.kube import records, write
from console.kube.connect import Hub
from console.kube.holder import Holder, Process
from console.kube.lease import FleetLease
from console.model.hub import FENCE_ANNOTATION, MANAGER, TOUCH_ANNOTATION
from tests.simulators import Simulated

PREFIX = "alb.ingress.kubernetes.io/cluster-weight."
A, B = PREFIX + "c" + "1" * 32, PREFIX + "c" + "2" * 32


@pytest.fixture(scope="module")
def hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    named = os.environ.get("CONSOLE_CONTRACT_KUBECONFIG")
    if not named:
        calm: Simulated = request.getfixturevalue("calm")
        named = str(calm[0] / "kubeconfig")
    opened = Hub.open(named, None)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def namespace(hub: Hub) -> Iterator[str]:
    name = f"fleet-console-contract-{uuid.uuid4().hex[:8]}"
    made = hub.call("POST", "/api/v1/namespaces", body={"metadata": {"name": name}})

    assert 201 == made.status, made.body
    yield name
    hub.call("DELETE", f"/api/v1/namespaces/{name}")


def ingress(hub: Hub, namespace: str, annotations: dict[str, str] | None) -> str:
    """An Ingress of a class that no controller here knows; returns its name."""
    name = f"r-{uuid.uuid4().hex[:8]}"
    backend = {"service": {"name": "s", "port": {"number": 80}}}
    body: dict[str, Any] = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name} | ({"annotations": annotations} if annotations is not None else {}),
        "spec": {
            "ingressClassName": "nobody",
            "rules": [{"host": "h", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}],
        },
    }
    made = hub.call("POST", f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses", body=body)

    assert 201 == made.status, made.body
    return name


def read(hub: Hub, namespace: str, name: str) -> dict[str, Any]:
    found = write.read_ingress(hub, namespace, name)

    assert found is not None
    return found


def held(hub: Hub, namespace: str, name: str) -> dict[str, str]:
    return write.annotations_of(read(hub, namespace, name))


def test_weights_change_under_the_fence_and_nothing_else_does(hub: Hub, namespace: str) -> None:
    name = ingress(hub, namespace, {A: "62", B: "38", "other": "x"})
    write.patch(hub, namespace, name, write.stamp(read(hub, namespace, name), "1.abc"))
    operations = write.weigh(read(hub, namespace, name), "1.abc", ((A, "62"), (B, "38")), ((A, "80"), (B, "20")))
    write.patch(hub, namespace, name, operations)

    assert {A: "80", B: "20", "other": "x", FENCE_ANNOTATION: "1.abc"} == held(hub, namespace, name)


def test_a_stale_fence_fails_at_the_server(hub: Hub, namespace: str) -> None:
    name = ingress(hub, namespace, {A: "62", B: "38"})
    write.patch(hub, namespace, name, write.stamp(read(hub, namespace, name), "1.old"))
    stale = write.weigh(read(hub, namespace, name), "1.old", ((A, "62"), (B, "38")), ((A, "0"), (B, "100")))
    write.patch(hub, namespace, name, write.stamp(read(hub, namespace, name), "2.new"))

    with pytest.raises(Superseded):
        write.patch(hub, namespace, name, stale)
    assert {A: "62", B: "38", FENCE_ANNOTATION: "2.new"} == held(hub, namespace, name)


def test_a_weight_that_somebody_changed_is_not_overwritten(hub: Hub, namespace: str) -> None:
    name = ingress(hub, namespace, {A: "62", B: "38"})
    write.patch(hub, namespace, name, write.stamp(read(hub, namespace, name), "1.abc"))
    operations = write.weigh(read(hub, namespace, name), "1.abc", ((A, "50"), (B, "50")), ((A, "80"), (B, "20")))

    with pytest.raises(Superseded):
        write.patch(hub, namespace, name, operations)
    assert "62" == held(hub, namespace, name)[A]


@pytest.mark.parametrize("before", [None, {}, {"other": "x"}, {A: "062"}])
def test_going_back_restores_what_was_there_to_the_byte(
    hub: Hub, namespace: str, before: dict[str, str] | None
) -> None:
    name = ingress(hub, namespace, before)
    former = ((A, (before or {}).get(A)), (B, None))
    new = ((A, "80"), (B, "20"))
    write.patch(hub, namespace, name, write.stamp(read(hub, namespace, name), "1.abc"))
    write.patch(hub, namespace, name, write.weigh(read(hub, namespace, name), "1.abc", former, new))

    assert ("80", "20") == (held(hub, namespace, name)[A], held(hub, namespace, name)[B])

    write.patch(hub, namespace, name, write.weigh(read(hub, namespace, name), "1.abc", new, former))
    write.patch(hub, namespace, name, write.unstamp(read(hub, namespace, name), "1.abc"))

    assert (before or {}) == held(hub, namespace, name)


@pytest.mark.parametrize("before", [None, {"other": "x"}])
def test_a_touch_goes_with_the_fence_that_it_was_made_under(
    hub: Hub, namespace: str, before: dict[str, str] | None
) -> None:
    name = ingress(hub, namespace, before)
    write.patch(hub, namespace, name, write.stamp(read(hub, namespace, name), "1.abc"))
    write.patch(hub, namespace, name, write.touch("1.abc", "1.abc.1"))
    write.patch(hub, namespace, name, write.touch("1.abc", "1.abc.2"))

    assert "1.abc.2" == held(hub, namespace, name)[TOUCH_ANNOTATION]
    with pytest.raises(Superseded):
        write.patch(hub, namespace, name, write.touch("2.def", "2.def.1"))

    write.patch(hub, namespace, name, write.unstamp(read(hub, namespace, name), "1.abc"))

    assert (before or {}) == held(hub, namespace, name)


def test_an_absent_key_is_guarded_by_the_version_of_the_object(hub: Hub, namespace: str) -> None:
    name = ingress(hub, namespace, {A: "100"})
    write.patch(hub, namespace, name, write.stamp(read(hub, namespace, name), "1.abc"))
    operations = write.weigh(read(hub, namespace, name), "1.abc", ((A, "100"), (B, None)), ((A, "80"), (B, "20")))
    somebody = [{"op": "add", "path": "/metadata/annotations/other", "value": "y"}]
    write.patch(hub, namespace, name, somebody)

    with pytest.raises(Superseded):
        write.patch(hub, namespace, name, operations)


def test_a_dry_run_writes_nothing(hub: Hub, namespace: str) -> None:
    name = ingress(hub, namespace, {A: "62", B: "38"})
    before = read(hub, namespace, name)
    operations = write.weigh(before, None, ((A, "62"), (B, "38")), ((A, "80"), (B, "20")))
    answer = write.patch(hub, namespace, name, operations, dry_run=True)

    assert "80" == write.annotations_of(answer)[A]
    assert before["metadata"]["resourceVersion"] == read(hub, namespace, name)["metadata"]["resourceVersion"]


def test_our_writes_are_under_our_field_manager(hub: Hub, namespace: str) -> None:
    name = ingress(hub, namespace, {A: "62"})
    write.patch(hub, namespace, name, write.weigh(read(hub, namespace, name), None, ((A, "62"),), ((A, "63"),)))
    managers = {
        entry["manager"]
        for entry in read(hub, namespace, name)["metadata"]["managedFields"]
        if f"f:{A}" in entry.get("fieldsV1", {}).get("f:metadata", {}).get("f:annotations", {})
    }

    assert {MANAGER} == managers


def lease(hub: Hub, run: str, duration: float = 15.0) -> FleetLease:
    records.ensure_namespace(hub)
    return FleetLease(hub, run, duration)


def abandoned(hub: Hub, holder: Holder, duration: float = 15.0) -> FleetLease:
    """A Lease whose holder renews it no more."""
    held = lease(hub, holder.run, duration)
    held.holder = str(holder)
    held.acquire()
    held._ended.set()
    return held


def test_the_fence_grows_with_every_holder(hub: Hub) -> None:
    first, second = lease(hub, "first"), lease(hub, "second")
    one = first.acquire()
    first.release()
    two = second.acquire()
    second.release()

    assert one < two


def test_a_lease_of_a_living_runner_is_refused_with_its_name(hub: Hub) -> None:
    other = lease(hub, "other")
    other.acquire()
    with pytest.raises(Refused) as error:
        lease(hub, "mine").acquire()
    other.release()

    assert "run other on" in str(error.value)


def test_a_renewal_moves_the_lease_and_nobody_elses_is_renewed(hub: Hub) -> None:
    mine = lease(hub, "mine")
    mine.acquire()

    assert mine.renew()

    abandoned_by_us = mine.holder
    mine.holder = "somebody/else/entirely/0/1/1"

    assert not mine.renew()
    assert mine.lost.is_set()

    mine.holder = abandoned_by_us
    mine.release()


def test_a_lease_of_a_dead_process_of_this_host_is_taken_at_once(hub: Hub) -> None:
    dead = abandoned(hub, Holder("dead", replace(Process.own(), pid=2**22 - 1, start="1")))
    began = time.monotonic()
    mine = lease(hub, "mine")
    fence = mine.acquire()
    mine.release()

    assert dead.fence < fence
    assert time.monotonic() - began < 10


def test_a_lease_of_another_host_is_taken_once_it_was_seen_unrenewed(hub: Hub) -> None:
    gone = abandoned(hub, Holder("gone", Process("another-host", "boot", 1, "1")), 1.0)
    mine = lease(hub, "mine", 1.0)

    assert gone.fence < mine.acquire()
    mine.release()
