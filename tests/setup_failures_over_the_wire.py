"""What the cloud and Kubernetes refuse, over the wire: each kind of failure at a step or two, told in words, then
resumed once its cause is gone. `make soak` (`CONSOLE_EVERY_SEAM=1`) tries every kind at every step."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.sim.faults import remote
from tests.account_hands import eventually
from tests.setups_over_the_wire import Console, made_of
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
CREATES = (
    "CreateVSwitch", "CreateHubCluster", "UpdateHubClusterFeature", "CreateCluster", "AuthorizeSecurityGroup",
    "AttachClusterToHub",
)  # fmt: skip
WRITTEN = ("namespaces", "deployments", "applicationsets", "albconfigs")
"""Some of what is written to the Fleet, and of what is to the data centre."""
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
        self.name = name
        assert self.console.topology("init", "--name", name)[0] == 0

    def fault(self, name: str, **said: Any) -> None:
        remote.begin(self.directory, {"fault": name, **said})

    def clear(self) -> None:
        remote.clear(self.directory, None)

    def apply(self, *words: str) -> tuple[int, dict[str, Any]]:
        code, told = self.console.topology("apply", "--yes", *words)
        assert told and told["run"], [one for one in told["checks"] if one["verdict"] == "red"]
        return code, told["run"]

    def begin(self) -> str:
        """A run that this front has left."""
        _, told = self.console.topology("apply", "--yes", "--detach")
        return str(told["run"]["run"])

    def standing(self) -> dict[str, Any]:
        """How the last run stands."""
        found: dict[str, Any] = self.console.topology("status")[1]["run"]
        return found

    def trouble(self, kind: str) -> None:
        """Every kind of create meets it once."""
        for operation in CREATES:
            self.fault("cloud-refusal", operation=operation, kind=kind, times=1)
        for resource in WRITTEN:
            self.fault("write-refusal", resource=resource, kind=kind, times=1)

    def resume(self, run: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self.console("resume", run["run"], "--yes")

    def made(self) -> None:
        """Everything is there, and a teardown leaves nothing."""
        code, told = self.console.topology("plan")
        assert (code, told["steps"]) == (0, [])

    def once(self) -> None:
        """Nothing is there twice."""
        assert made_of(self.console, self.name) == {"fleets": 1, "clusters": 2}

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
    words = run["message"].partition("(it is failed): ")[2].partition("; make it anew")[0]
    code, again = way.resume(run)
    assert (code, words in again["message"]) == (4, True), again["message"]
    failed = [one["failed"] for one in way.console.topology("plan")[1]["steps"] if one["failed"]]
    assert failed == [words]
    way.fault("cloud-refusal", operation="AttachClusterToHub", kind="task-failed", times=1)
    code, run = way.apply("--retry", "fleet")
    assert (code, run["state"]) == (4, "held"), run["message"]
    member = run["message"].partition("--retry ")[2].partition(";")[0].strip("'")
    code, run = way.apply("--retry", member)
    assert code == 0, run["message"]
    way.made()
    way.gone()


@soaked
@pytest.mark.parametrize("kind", ["unavailable", "accepted-but-unavailable"])
def test_a_cloud_in_trouble_at_every_create_is_survived_without_duplicates(
    kind: str, empty: Simulated, tmp_path: Path
) -> None:
    way = Way(empty, tmp_path, kind[:8])
    text = way.console.file.read_text("utf-8")
    (identifier,) = re.findall(r"- name: gateway-h\n  (id: .*)\n", text)
    made = text.replace("gateway-h", "edge-h").replace(identifier, "zone: cn-hangzhou-h\n  cidr: 10.0.210.0/24")
    # Answers that name nobody: 30 of them are enough.
    way.console.file.write_text(made[: made.index("  # the demonstration names its cluster")], "utf-8")
    way.trouble(kind)
    code, run = way.apply()
    assert code == 0, run["message"]
    met = [line for line in way.console.told[-1].splitlines() if "not known whether it was done: " in line]
    assert all(any(operation in line for line in met) for operation in CREATES)
    assert len(met) == len(CREATES) + len(WRITTEN)
    way.made()
    way.once()
    way.gone()


@soaked
@pytest.mark.parametrize("kind", ["unavailable", "accepted-but-unavailable"])
def test_a_cloud_that_stays_in_trouble_is_told_and_can_be_left_and_resumed(
    kind: str, empty: Simulated, tmp_path: Path
) -> None:
    way = Way(empty, tmp_path, f"stays{len(kind)}")
    way.fault("cloud-refusal", operation="CreateHubCluster", kind="unavailable")
    run = way.begin()
    eventually(lambda: "last answer" in way.standing()["message"])
    told = way.standing()
    assert told["state"] == "running"
    assert "create Fleet" in told["message"]
    assert "CreateHubCluster: ServiceUnavailable" in told["message"]
    way.clear()
    way.fault("cloud-refusal", operation="CreateHubCluster", kind=kind, times=1)
    code, held = way.console("stop", run)
    assert (code, held["state"]) == (4, "held")
    assert "create Fleet" in held["message"]
    assert f"fleet-console resume {run}" in held["message"]
    code, held = way.resume(held)
    assert code == 0, held["message"]
    way.made()
    way.once()
    way.gone()
