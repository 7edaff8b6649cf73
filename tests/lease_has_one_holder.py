"""The Fleet's Lease: who may take it and when, with a clock that stands still unless somebody waits."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from console.errors import Refused
from console.kube import holder as holders
from console.kube import records
from console.kube.connect import Hub
from console.kube.holder import Holder, Process
from console.kube.lease import NAME, FleetLease
from console.model.run import Reason
from console.present import times
from tests.kube_api_serving import serving

PATH = f"/apis/coordination.k8s.io/v1/namespaces/fleet-console/leases/{NAME}"
ELSEWHERE = Process("jump2", "another-boot", 4711, "99", "4026531836")


class Clock:
    """Seconds that pass only where somebody waits; `meanwhile` happens then."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def served() -> Iterator[Hub]:
    with tempfile.TemporaryDirectory() as directory, serving(Path(directory)) as api:
        hub = Hub.open(str(api.kubeconfig), None)
        records.ensure_namespace(hub)
        yield hub
        hub.close()


@pytest.fixture
def hub(served: Hub) -> Hub:
    served.call("DELETE", PATH)
    return served


def lease(hub: Hub, clock: Clock, run: str = "mine", **options: Any) -> FleetLease:
    return FleetLease(hub, run, 15.0, clock=clock, pause=clock.pause, **options)


def held(hub: Hub, holder: object, **spec: Any) -> None:
    """A Lease that somebody else holds."""
    fields = {"holderIdentity": str(holder), "leaseDurationSeconds": 15, "leaseTransitions": 4,
              "acquireTime": "2026-11-24T03:00:00.000000Z", "renewTime": "2026-11-24T03:01:00.000000Z"}  # fmt: skip
    body = {"metadata": {"name": NAME}, "spec": fields | spec}
    answer = hub.call("POST", PATH.rpartition("/")[0], body=body)

    assert answer.ok, answer.body


def spec(hub: Hub) -> dict[str, Any]:
    found: dict[str, Any] = hub.call("GET", PATH).json()["spec"]
    return found


def renewed(hub: Hub) -> None:
    """Its holder renews it."""
    body = hub.call("GET", PATH).json()
    body["spec"]["renewTime"] = "2026-11-24T03:01:05.000000Z"
    hub.call("PUT", PATH, body=body)


def gone(pid: int = 2**22 - 1) -> Process:
    """A process of this host and boot that is no more."""
    return replace(Process.own(), pid=pid, start="1")


def test_the_first_holder_begins_above_every_fence_that_was_recorded(hub: Hub, clock: Clock) -> None:
    mine = lease(hub, clock, floor=lambda: 41)

    assert 42 == mine.acquire()
    assert mine.held
    mine.release()


def test_a_release_keeps_the_transitions_and_names_nobody(hub: Hub, clock: Clock) -> None:
    mine = lease(hub, clock)
    mine.acquire()

    assert mine.release()
    assert ("", 1) == (spec(hub)["holderIdentity"], spec(hub)["leaseTransitions"])
    assert 2 == lease(hub, clock, "next").acquire()


def test_a_dead_holder_of_this_host_is_succeeded_without_waiting(hub: Hub, clock: Clock) -> None:
    held(hub, Holder("dead", gone()))
    mine = lease(hub, clock)

    assert (5, 1000.0) == (mine.acquire(), clock.now)
    assert "dead" == mine.former.partition("/")[0]
    mine.release()


@pytest.mark.parametrize(
    "process",
    [
        replace(gone(), host="jump2"),
        replace(gone(), boot="another"),
        replace(gone(), space="4026539999"),
    ],
    ids=["of another host", "of another boot", "of another container"],
)
def test_a_holder_whose_death_cannot_be_proved_here_is_waited_for(hub: Hub, clock: Clock, process: Process) -> None:
    held(hub, Holder("far", process))
    mine = lease(hub, clock)
    mine.acquire()

    assert clock.now >= 1015.0
    mine.release()


def test_a_holder_that_renews_is_refused_with_its_name_and_since_when(hub: Hub, clock: Clock) -> None:
    held(hub, Holder("far", ELSEWHERE))
    clock.meanwhile = lambda: renewed(hub) if clock.now > 1003 else None
    told: list[str] = []
    with pytest.raises(Refused) as error:
        lease(hub, clock).acquire(told.append)
    (reason,) = error.value.reasons

    assert isinstance(reason, Reason)
    since = times.clock(datetime(2026, 11, 24, 3, tzinfo=UTC).timestamp())
    assert f"run far on jump2 (pid 4711) holds the Fleet's Lease since {since}" in reason.measured
    assert "waiting up to 15 s for a renewal" in told[0]
    assert 4 == spec(hub)["leaseTransitions"]


def test_a_living_holder_of_this_host_is_refused_at_once(hub: Hub, clock: Clock) -> None:
    held(hub, Holder("other", Process.own()))
    with pytest.raises(Refused):
        lease(hub, clock).acquire()

    assert 1000.0 == clock.now


def test_a_lease_of_a_day_is_refused_and_not_waited_for(hub: Hub, clock: Clock) -> None:
    held(hub, "somebody", leaseDurationSeconds=86400)
    with pytest.raises(Refused) as error:
        lease(hub, clock).acquire()

    assert "'somebody' holds" in str(error.value)


def test_a_lease_that_is_released_while_we_wait_is_taken_then(hub: Hub, clock: Clock) -> None:
    held(hub, Holder("far", ELSEWHERE))

    def release() -> None:
        body = hub.call("GET", PATH).json()
        body["spec"]["holderIdentity"] = ""
        hub.call("PUT", PATH, body=body)
        clock.meanwhile = lambda: None

    clock.meanwhile = release
    mine = lease(hub, clock)

    assert 5 == mine.acquire()
    assert clock.now < 1005.0
    mine.release()


def test_a_lease_that_another_took_is_lost_and_given_back_by_nobody(hub: Hub, clock: Clock) -> None:
    mine = lease(hub, clock)
    mine.acquire()
    body = hub.call("GET", PATH).json()
    body["spec"] |= {"holderIdentity": str(Holder("thief", ELSEWHERE)), "leaseTransitions": 2}
    hub.call("PUT", PATH, body=body)

    assert not mine.renew()
    assert (True, False) == (mine.lost.is_set(), mine.held)
    assert mine.release()
    assert str(Holder("thief", ELSEWHERE)) == spec(hub)["holderIdentity"]


def test_a_lease_is_held_no_longer_than_its_life_after_the_last_renewal(hub: Hub, clock: Clock) -> None:
    mine = lease(hub, clock)
    mine.acquire()
    held_for = []
    for seconds in (14.0, 2.0):
        clock.now += seconds
        held_for.append(mine.held)
    again = (mine.renew(), mine.held)
    mine.release()

    assert [True, False] == held_for
    assert (True, True) == again


def test_a_lease_with_nothing_in_it_is_free(hub: Hub, clock: Clock) -> None:
    hub.call("POST", PATH.rpartition("/")[0], body={"metadata": {"name": NAME}})
    mine = lease(hub, clock)

    assert 1 == mine.acquire()
    mine.release()


def test_a_process_knows_itself_and_a_finished_child() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = replace(Process.own(), pid=child.pid, start=holders.start_of(child.pid) or "")
    alive = (process.lives, process.dead)
    child.kill()
    while holders.start_of(child.pid) is not None:
        pass  # a zombie counts as dead, even though nobody has waited for it yet
    gone = (process.lives, process.dead)
    child.communicate()

    assert ((True, False), (False, True)) == (alive, gone)


def test_a_reboot_proves_a_death_only_to_the_hosts_own_journal() -> None:
    process = replace(Process.own(), boot="before")

    assert (False, True) == (process.dead, process.dead_or_rebooted)


@pytest.mark.parametrize("text", ["", "somebody", "a/b/c/d/e/f", "run/host/boot/1/2", "r/h/b/s/1/2/3", "r/h/b/s/-1/2"])
def test_an_identity_that_is_not_ours_is_nobody_we_know(text: str) -> None:
    assert Holder.parse(text) is None


def test_an_identity_is_read_as_it_was_written() -> None:
    holder = Holder("k7m2p", Process.own())

    assert holder == Holder.parse(str(holder))
