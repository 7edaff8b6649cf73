"""kill -9 of the runner at its seams: the run is told as interrupted, and a rollback or a new shift ends clean.

`make test` kills twenty runners, `make soak` (`CONSOLE_EVERY_SEAM=1`) one at each seam.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from console.decide.plan import Plan, RouteChange
from console.kube.connect import Hub
from console.kube.lease import NAME
from console.kube.write import annotations_of, ingress_path
from console.model.hub import FENCE_ANNOTATION, RUN_NAMESPACE
from console.model.run import RunReport, RunState
from console.run import runs, undoing
from console.run.access import Access
from console.settings import load
from tests import forked
from tests.nest import Nest, nest
from tests.simulators import Simulated, simulate

SEAMS = 46
"""Those of a straight run, and a few more."""
SURE = 40
"""Those that every straight run passes."""
ROUTE = ("shop", "checkout")
KILLED = range(1, SEAMS + 1) if os.environ.get("CONSOLE_EVERY_SEAM") else range(1, SURE + 1, 2)


class Shifter:
    """One Fleet at twenty times the speed, read by its hub alone, so that a run takes a second."""

    def __init__(self, simulated: Simulated, directory: Path) -> None:
        settings = yaml.safe_load((simulated[0] / "config.yaml").read_text())
        for unread in ("cloud", "probes"):
            settings["fleets"][0].pop(unread)
        settings["run"] = {"steady": "100ms", "verify_timeout": "20s"}
        self.config = directory / "config.yaml"
        self.config.write_text(yaml.safe_dump(settings))
        self.directory = directory
        self.members = {said["name"]: key for key, said in settings["fleets"][0]["members"].items()}
        self.hub = Hub.open(str(simulated[0] / "kubeconfig"), None)

    def __call__(self, *words: str, **environment: str) -> tuple[int, Any]:
        own = ["--config", str(self.config), "--state-dir", str(self.directory / "state")]
        done = forked.run([*own, *words, "-o", "json"], timeout=90, environment=environment)
        return done.returncode, json.loads(done.stdout or "null")

    def shift(self, ack: int, **environment: str) -> tuple[int, Any]:
        to = f"ack={ack},idc={100 - ack}"
        return self("shift", "/".join(ROUTE), "--to", to, "--reason", "drill", "--yes", **environment)

    def held(self) -> dict[str, str]:
        return annotations_of(self.hub.call("GET", ingress_path(*ROUTE)).json())

    def holder(self) -> str | None:
        path = f"/apis/coordination.k8s.io/v1/namespaces/{RUN_NAMESPACE}/leases/{NAME}"
        holder: str | None = self.hub.call("GET", path).json()["spec"].get("holderIdentity")
        return holder


@pytest.fixture(scope="module")
def shifter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shifter]:
    for simulated in simulate(tmp_path_factory.mktemp("fast"), "--speed", "20", "--load", "0"):
        yield Shifter(simulated, tmp_path_factory.mktemp("shifter"))


class Nested:
    """The same Fleet, its runs planned and started in this process, their runners from a nest."""

    def __init__(self, shifter: Shifter, found: Nest) -> None:
        self.nest = found
        self._shifter = shifter
        self._settings = load(shifter.config)
        kubeconfig = self._settings.fleet.kubeconfig
        self._access = Access(kubeconfig=kubeconfig, config=shifter.config, state_dir=shifter.directory / "nested")
        self._key = next(key for key in shifter.held() if key.endswith(shifter.members["ack-prod-j"]))
        self._other = next(key for key in shifter.held() if key.endswith(shifter.members["idc-prod"]))
        self._uid = shifter.hub.fleet_uid()

    def shift(self, ack: int, seam: int = 0) -> RunReport:
        """A run to `ack` percent; its runner has ended."""
        held = self._shifter.held()
        ingress = self._shifter.hub.call("GET", ingress_path(*ROUTE)).json()
        members = tuple((key, key.rpartition(".")[2]) for key in (self._key, self._other))
        before = tuple((key, held[key]) for key, _ in members)
        after = ((self._key, str(ack)), (self._other, str(100 - ack)))
        change = RouteChange(*ROUTE, ingress["metadata"]["uid"], members, before, after)
        return self._carried_out(Plan(self._uid, "shift", (change,)), seam)

    def rollback(self, run: str) -> RunReport:
        """The undoing of a run."""
        return self._carried_out(undoing.rollback_plan(self._access, run, self._shifter.hub), 0)

    def share(self) -> int:
        """Percent of ack-prod-j."""
        return int(self._shifter.held()[self._key])

    def _carried_out(self, plan: Plan, seam: int) -> RunReport:
        self.nest.seam = seam
        return runs.start(self._access, self._settings, plan, reason="drill")


@pytest.fixture(scope="module")
def nested(shifter: Shifter) -> Iterator[Nested]:
    with nest() as found:
        yield Nested(shifter, found)


@pytest.mark.parametrize("seam", KILLED)
def test_a_killed_runner_leaves_a_run_that_ends_clean(nested: Nested, shifter: Shifter, seam: int) -> None:
    before, ack = shifter.held(), nested.share()
    told = nested.shift(99 - ack, seam)

    if seam <= SURE:
        assert -signal.SIGKILL == nested.nest.ended[-1]
    assert told.state in (RunState.INTERRUPTED, RunState.FAILED, *([RunState.DONE] if seam > SURE else []))

    if seam % 4 < 2:
        back = nested.rollback(told.run)

        assert RunState.ROLLED_BACK is back.state, back.message
        assert before == shifter.held()
    else:
        again = nested.shift(50 + seam % 10)

        assert RunState.DONE is again.state, again.message
    assert FENCE_ANNOTATION not in shifter.held()
    assert "" == (shifter.holder() or "")


@pytest.mark.parametrize("seam", [17])
def test_so_does_one_that_was_started_by_a_command(shifter: Shifter, seam: int) -> None:
    before = shifter.held()
    ack = int(before[next(key for key in before if key.endswith(shifter.members["ack-prod-j"]))])
    _, report = shifter.shift(99 - ack, FLEET_CONSOLE_SEAM=str(seam))

    assert report["run"], [(one["rule"], one["measured"]) for one in report["reasons"] if one["severity"] != "informs"]
    assert "interrupted" == report["state"]

    code, back = shifter("rollback", report["run"], "--yes")

    assert (0, "rolled_back") == (code, back["state"]), back["message"]
    assert before == shifter.held()
    assert FENCE_ANNOTATION not in shifter.held()
    assert "" == (shifter.holder() or "")


def test_a_run_goes_on_when_its_front_is_killed(shifter: Shifter) -> None:
    command = [sys.executable, "-m", "console", "--config", str(shifter.config)]
    words = ["shift", "/".join(ROUTE), "--to", "ack=71,idc=29", "--reason", "x", "--yes"]
    front = subprocess.Popen(
        [*command, "--state-dir", str(shifter.directory / "state"), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert front.stdout is not None
    run = next(line.split()[1] for line in front.stdout if line.startswith("run "))
    front.kill()
    front.wait()
    code, report = shifter("attach", run)

    assert (0, "done") == (code, report["state"])
    assert "71" in shifter.held().values()
