"""What size costs: the screen on a light world of the simulator while it loads and in a storm of 500 changes a second,
one change through the store, and beside it the kubectl commands that show the same lists."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench_stage import Figure, Terminal, simulator

if TYPE_CHECKING:
    from console.model.argo import Application

SIZES = ("2x8x4", "50x500x20", "500x5000x200")
RATE = 500
LASTING = "10s"
SETTLE = 5.0
"""Seconds in which what a simulator does at its start, such as the first round of health checks, comes to rest."""
EVENTS = 200
KUBECTL = ("managedclusters", "ingresses -A", "applications -A")


def measure(size: str) -> Iterator[Figure]:
    """All figures of one size; the budgets are the same for every one."""
    with tempfile.TemporaryDirectory() as place:
        began = time.monotonic()
        with simulator(Path(place) / "fleet", "--size", size) as directory:
            yield Figure(f"{size}: simulator serves", time.monotonic() - began, "s", None)
            time.sleep(SETTLE)
            yield from _screen(size, directory, Path(place))
            yield from _events(size, directory)
            yield from _kubectl(size, directory)


def _screen(size: str, directory: Path, place: Path) -> Iterator[Figure]:
    out = place / "found.json"
    asked = {
        "began": time.monotonic(),
        "size": [int(each) for each in size.split("x")],
        "directory": str(directory),
        "out": str(out),
        "rate": RATE,
        "lasting": LASTING,
    }
    os.environ["BENCH"] = json.dumps(asked)
    terminal = Terminal(directory / "config.yaml", place / "state", 120, 40, "tests.bench_inside")
    end = time.monotonic() + 300
    while not out.exists() and time.monotonic() < end:
        sum(len(data) for _, data in terminal.read(1.0))
    terminal.close()
    found = json.loads(out.read_text())
    yield Figure(f"{size}: whole hub picture on the screen", found["hub"], "s", 3)
    yield Figure(f"{size}: every route's rule known", found["cloud"], "s", None)
    yield Figure(f"{size}: RSS of the screen", found["rss"], "MiB", 250)
    yield Figure(f"{size}: longest stall while loading", found["stall_loading"] * 1000, "ms", 60)
    yield Figure(f"{size}: longest stall in the storm", found["stall_storm"] * 1000, "ms", 60)
    yield Figure(f"{size}: of it computing, loading", found["busy_loading"] * 1000, "ms", 60)
    yield Figure(f"{size}: of it computing, storm", found["busy_storm"] * 1000, "ms", 60)
    yield Figure(f"{size}: processor time a change in the storm", found["cost"] * 1000, "ms", None)
    yield Figure(f"{size}: paints a second in it", found["paints"], "/s", 4)
    yield Figure(f"{size}: from its end to the truth", found["equal"], "s", 1)


def _events(size: str, directory: Path) -> Iterator[Figure]:
    """One change and the picture after it, each kind by itself."""
    from console import settings
    from console.model.freshness import SourceName
    from console.model.hub import Event, Ingress, ManagedCluster
    from console.observe import Observer
    from console.store.events import Changed, Listed, Observation

    observer = Observer(settings.load(directory / "config.yaml"), probes=False)
    store, known = observer.store, dict[str, dict[str, Any]]()
    apply = store.apply

    def noted(*observations: Observation) -> None:
        for one in observations:
            if isinstance(one, Listed):
                known.setdefault(one.source, {}).update(one.facts)
        apply(*observations)

    store.apply = noted  # type: ignore[method-assign]
    observer.start()
    observer.settled(60)
    store.wait(lambda fleet: all(route.rule_state is not None for route in fleet.routes), 60)
    observer.stop()
    time.sleep(1.0)
    applications = {one.key: one for one in store.fleet.applications}

    def application(one: Application, number: int) -> Application:
        return replace(one, health=f"H{number}")

    def weight(one: Ingress, number: int) -> Ingress:
        changed = tuple((k, str(number % 100) if "cluster-weight" in k else v) for k, v in one.annotations)
        return replace(one, annotations=changed)

    def told(one: Event, number: int) -> Event:
        return replace(one, count=number, at=(one.at or 0.0) + number, resource_version=str(10**9 + number))

    def member(one: ManagedCluster, number: int) -> ManagedCluster:
        return replace(one, available_message=f"M{number}")

    kinds: tuple[tuple[str, SourceName, Mapping[str, Any], Callable[[Any, int], Any]], ...] = (
        ("Application", SourceName.APPLICATIONS, applications, application),
        ("Ingress", SourceName.ROUTES, known[SourceName.ROUTES], weight),
        ("Event", SourceName.EVENTS, known[SourceName.EVENTS], told),
        ("ManagedCluster", SourceName.MEMBERS, known[SourceName.MEMBERS], member),
    )
    for name, source, facts, change in kinds:
        keys = list(facts)
        chosen = [(number, keys[number % len(keys)]) for number in range(EVENTS)]
        changes = [Changed(source, key, change(facts[key], number), store.now) for number, key in chosen]
        began = time.perf_counter()
        for one in changes:
            apply(one)
            _ = store.fleet
        yield Figure(f"{size}: one {name} changed", (time.perf_counter() - began) / EVENTS * 1000, "ms", None)


def _kubectl(size: str, directory: Path) -> Iterator[Figure]:
    if shutil.which("kubectl") is None:
        sys.stderr.write("kubectl is not on PATH: nothing stands beside the screen's figures\n")
        return
    for words in KUBECTL:
        began = time.monotonic()
        command = ["kubectl", "--kubeconfig", str(directory / "kubeconfig"), "get", *words.split()]
        subprocess.run(command, capture_output=True, check=True)
        yield Figure(f"{size}: kubectl get {words}", time.monotonic() - began, "s", None)
