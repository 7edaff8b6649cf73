"""The observer starts at once, stays whatever is missing, denied or dead, and finds what appears later."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.model.freshness import HUB_SOURCES, SourceName, SourceState
from console.observe import Observer
from console.settings import AttributionSettings, FleetSettings, ProbeSettings, Settings
from tests.cloud_scripted import ScriptedCloud, cloud
from tests.hub_scripted import ScriptedHub, change, kubeconfig, page, scripted, status

__all__ = ["cloud", "scripted"]

INGRESSES = "/apis/networking.k8s.io/v1/ingresses"
GATEWAYS = "/apis/alibabacloud.com/v1/albconfigs"
Observe = Callable[..., Observer]


@pytest.fixture
def observe() -> Iterator[Observe]:
    started: list[Observer] = []

    def begin(fleet: FleetSettings | None = None, **more: Any) -> Observer:
        observer = Observer(Settings(fleets=(fleet or FleetSettings(),)), **more)
        started.append(observer)
        observer.start()
        return observer

    yield begin
    for observer in started:
        observer.stop()


def states(observer: Observer) -> dict[SourceName, SourceState]:
    fleet = observer.store.fleet
    return {name: fleet.source(name).state for name in SourceName}


def becomes(observer: Observer, source: SourceName, state: SourceState) -> bool:
    return observer.store.wait(lambda fleet: fleet.source(source).state is state, 10.0)


def all_answered(hub: ScriptedHub) -> None:
    """Every kind is there, and empty."""
    from console.kube.kinds import KINDS

    for kind in KINDS:
        hub.lists(kind.path, (200, page()))


def test_with_nothing_at_all_it_settles_and_says_why(observe: Observe) -> None:
    observer = observe()
    settled = observer.settled(10.0)
    fleet = observer.store.fleet

    assert settled
    assert {SourceState.LOST} == {fleet.source(name).state for name in HUB_SOURCES}
    assert "no kubeconfig: neither --kubeconfig" in fleet.source(SourceName.HUB).message
    assert SourceState.UNCONFIGURED is fleet.source(SourceName.ALB).state
    assert SourceState.UNCONFIGURED is fleet.source(SourceName.PROBE).state


def test_starting_and_stopping_take_no_time(observe: Observe, scripted: ScriptedHub, tmp_path: Path) -> None:
    begun = time.monotonic()
    observer = observe(kubeconfig=kubeconfig(tmp_path / "k", scripted.url))
    started = time.monotonic() - begun
    observer.settled(10.0)
    begun = time.monotonic()
    observer.stop()
    observer.stop()

    assert started < 0.1
    assert time.monotonic() - begun < 0.5


def test_a_kubeconfig_that_appears_later_is_found(observe: Observe, scripted: ScriptedHub, tmp_path: Path) -> None:
    all_answered(scripted)
    path = tmp_path / "later"
    observer = observe(kubeconfig=str(path))
    assert becomes(observer, SourceName.HUB, SourceState.LOST)
    kubeconfig(path, scripted.url)

    assert becomes(observer, SourceName.ROUTES, SourceState.EMPTY)
    assert ("uid-1", "hub") == (observer.store.fleet.uid, observer.store.fleet.name)


def test_a_dead_hub_is_lost_and_the_rest_of_the_sources_say_so(observe: Observe, tmp_path: Path) -> None:
    observer = observe(kubeconfig=kubeconfig(tmp_path / "k", "http://127.0.0.1:1"))
    settled = observer.settled(10.0)
    fleet = observer.store.fleet

    assert settled
    assert {SourceState.LOST} == {fleet.source(name).state for name in HUB_SOURCES}
    assert fleet.source(SourceName.HUB).message.startswith("http://127.0.0.1:1 refused the connection")


def test_a_wrong_token_is_denied_everywhere(observe: Observe, scripted: ScriptedHub, tmp_path: Path) -> None:
    all_answered(scripted)
    for path in (*scripted.watch, "/api/v1/namespaces/kube-system"):
        scripted.answer[path] = lambda _: (401, status(401, "Unauthorized"))
    observer = observe(kubeconfig=kubeconfig(tmp_path / "k", scripted.url))
    observer.settled(10.0)

    assert {SourceState.DENIED} == {states(observer)[name] for name in HUB_SOURCES}


def test_missing_kinds_do_not_hide_the_others(observe: Observe, scripted: ScriptedHub, tmp_path: Path) -> None:
    route = {"metadata": {"namespace": "shop", "name": "a", "uid": "u"}, "spec": {}}
    scripted.lists(INGRESSES, (200, page(route)))
    observer = observe(kubeconfig=kubeconfig(tmp_path / "k", scripted.url))
    observer.settled(10.0)
    found = states(observer)

    assert (SourceState.LIVE, SourceState.LIVE) == (found[SourceName.HUB], found[SourceName.ROUTES])
    assert (SourceState.MISSING, SourceState.MISSING) == (found[SourceName.GATEWAYS], found[SourceName.MEMBERS])


def test_the_alb_of_a_gateway_is_read_as_soon_as_the_gateway_is_known(
    observe: Observe, scripted: ScriptedHub, cloud: ScriptedCloud, tmp_path: Path
) -> None:
    all_answered(scripted)
    gateway = {"metadata": {"name": "gw", "uid": "u"}, "status": {"loadBalancer": {"id": "alb-1"}}}
    scripted.lists(GATEWAYS, (200, page(gateway)))
    path = kubeconfig(tmp_path / "k", scripted.url)
    observer = observe(FleetSettings(cloud=cloud.settings), kubeconfig=path, cloud_every=0.2)
    observer.watch_rules("gw")
    settled = observer.settled(10.0)

    assert settled
    assert [("gw", "alb-1", "Active")] == [(g.name, g.id, g.state) for g in observer.store.fleet.gateways]


def test_the_controllers_throttling_slows_this_process_down_too(
    observe: Observe, scripted: ScriptedHub, cloud: ScriptedCloud, tmp_path: Path
) -> None:
    all_answered(scripted)
    path = kubeconfig(tmp_path / "k", scripted.url)
    observer = observe(FleetSettings(cloud=cloud.settings), kubeconfig=path)
    observer.settled(10.0)
    alb = observer._alb
    assert alb is not None
    about = {"kind": "Ingress", "namespace": "shop", "name": "a"}
    event = {"metadata": {"namespace": "shop", "name": "e"}, "involvedObject": about, "type": "Warning"}
    scripted.watch["/api/v1/events"].put(change("ADDED", {**event, "message": "Throttling.User: too fast"}))
    becomes(observer, SourceName.EVENTS, SourceState.LIVE)

    assert alb.budget.share < 0.6


def test_a_command_that_does_not_probe_says_so(observe: Observe) -> None:
    probe = ProbeSettings(route="s/a", url="http://127.0.0.1:1/", member=AttributionSettings(header="x"))
    observer = observe(FleetSettings(probes=(probe,)), probes=False)
    observer.settled(10.0)
    source = observer.store.fleet.source(SourceName.PROBE)

    assert (SourceState.UNCONFIGURED, "not probed by this command") == (source.state, source.message)


def test_importing_the_observer_imports_no_client_of_anything_large() -> None:
    large = "{'kubernetes', 'urllib3', 'alibabacloud_tea_openapi', 'aiohttp', 'yaml', 'textual'}"
    code = f"import console.observe, sys; print(sorted({large} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == found.stdout.strip()
