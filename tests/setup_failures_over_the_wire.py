"""What the cloud and Kubernetes refuse, over the wire: each kind of failure at a step or two, told in words, then
resumed once its cause is gone. `make soak` (`CONSOLE_EVERY_SEAM=1`) tries every kind at every step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.sim.faults import remote
from tests.setups_over_the_wire import Console
from tests.simulators import Simulated, simulate

KINDS = ("quota", "permission", "throttling", "name-taken", "accepted-but-timeout")
STEPS = ("CreateHubCluster", "CreateCluster", "AttachClusterToHub")
FEW = (
    ("quota", "CreateHubCluster"), ("name-taken", "CreateCluster"), ("permission", "AttachClusterToHub"),
)  # fmt: skip
"""On one way, one after the other: each is refused, cleared and resumed."""
WRITES = (("webhook", "albconfigs"), ("permission", "ingresses"))
PASSING = (
    ("cloud-refusal", {"operation": "CreateHubCluster", "kind": "accepted-but-timeout"}),
    ("cloud-refusal", {"operation": "CreateCluster", "kind": "throttling"}),
    ("cloud-refusal", {"operation": "AttachClusterToHub", "kind": "accepted-but-timeout"}),
    ("write-refusal", {"resource": "namespaces", "kind": "throttling"}),
    ("write-refusal", {"resource": "applicationsets", "kind": "accepted-but-timeout"}),
)
"""What a run survives by itself."""
SOAK = bool(os.environ.get("CONSOLE_EVERY_SEAM"))
soaked = pytest.mark.skipif(not SOAK, reason="make soak: its like is tried in values by setup_failures")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    yield from simulate(tmp_path_factory.mktemp("failing"), "--scenario", "unprovisioned", "--speed", "100")


class Way:
    """One topology's set-up, told to the end of its run each time."""

    def __init__(self, simulated: Simulated, directory: Path, name: str) -> None:
        self.directory = simulated[0]
        self.console = Console(simulated, directory)
        assert self.console.topology("init", "--name", name)[0] == 0

    def fault(self, name: str, **said: Any) -> None:
        remote.begin(self.directory, {"fault": name, **said})

    def clear(self) -> None:
        remote.clear(self.directory, None)

    def apply(self, *words: str) -> tuple[int, dict[str, Any]]:
        code, told = self.console.topology("apply", "--yes", *words)
        assert told and told["run"], [one for one in told["checks"] if one["verdict"] == "red"]
        return code, told["run"]

    def resume(self, run: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self.console("resume", run["run"])

    def made(self) -> None:
        """Everything is there, and a teardown leaves nothing."""
        code, told = self.console.topology("plan")
        assert (code, told["steps"]) == (0, [])

    def gone(self) -> None:
        code, told = self.console.topology("teardown", "--yes")
        assert code == 0, told["run"]["message"]


@soaked
def test_each_refusal_is_told_with_its_step_and_words_and_a_resume_goes_on(empty: Simulated, tmp_path: Path) -> None:
    way = Way(empty, tmp_path, "refused")
    refusals = [(kind, step) for step in STEPS for kind in KINDS[:4] if kind != "throttling"] if SOAK else FEW
    run: dict[str, Any] = {}
    for kind, operation in refusals:
        way.fault("cloud-refusal", operation=operation, kind=kind)
        _, run = way.resume(run) if run else way.apply()
        assert run["state"] in ("held", "refused"), run["message"]
        assert operation in run["message"]
        assert f"fleet-console resume {run['run']}" in run["message"]
        way.clear()
    for kind, resource in WRITES:
        way.fault("write-refusal", resource=resource, kind=kind)
        _, run = way.resume(run)
        assert run["state"] == "held", run["message"]
        assert resource in run["message"]
        way.clear()
    code, run = way.resume(run)
    assert code == 0, run["message"]
    way.made()
    way.gone()


@soaked
def test_what_passes_by_itself_is_survived_without_duplicates(empty: Simulated, tmp_path: Path) -> None:
    way = Way(empty, tmp_path, "survived")
    for name, said in PASSING:
        way.fault(name, **said, times=1)
    code, run = way.apply()
    assert code == 0, run["message"]
    way.made()
    way.gone()


@soaked
def test_a_failed_task_of_the_cloud_shows_its_words_and_is_made_anew(empty: Simulated, tmp_path: Path) -> None:
    way = Way(empty, tmp_path, "failed")
    way.fault("cloud-refusal", operation="CreateHubCluster", kind="task-failed", times=1)
    code, run = way.apply()
    assert (code, run["state"]) == (4, "held"), run["message"]
    assert "OperationFailed" in run["message"]
    assert f"topology apply {way.console.file} --retry fleet" in run["message"]
    way.fault("cloud-refusal", operation="AttachClusterToHub", kind="task-failed", times=1)
    code, run = way.apply("--retry", "fleet")
    assert (code, run["state"]) == (4, "held"), run["message"]
    member = run["message"].partition("--retry ")[2].partition(";")[0].strip("'")
    code, run = way.apply("--retry", member)
    assert code == 0, run["message"]
    way.made()
    way.gone()
