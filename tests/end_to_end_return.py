"""A drain with a time on the simulator, all the way: while the drained member's servers are dead it does not go back
and says why; once they answer again it returns by 1 %, up the ramp, to the byte."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from console.kube.connect import Hub
from console.kube.write import ingress_path
from console.model.run import RunReport
from console.run import runs
from console.run.access import Access
from console.sim.faults import remote
from tests.end_to_end_shift import ROUTE, Console
from tests.simulators import Simulated, simulate


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    for simulated in simulate(tmp_path_factory.mktemp("return"), "--speed", "20", "--load", "0"):
        config = simulated[0] / "config.yaml"
        settings = yaml.safe_load(config.read_text())
        returning = {"clean": "2s", "compare": "2s", "ramp": [50, 100]}
        config.write_text(
            yaml.safe_dump({**settings, "run": {**settings["run"], "steady": "300ms", "returning": returning}})
        )
        yield simulated


def weights(hub: Hub, member: str) -> str:
    """What the route's Ingress holds for a member; asked often, so by a link that stays open."""
    held: dict[str, str] = hub.call("GET", ingress_path(*ROUTE.split("/"))).json()["metadata"]["annotations"]
    (found,) = (v for k, v in held.items() if k.endswith(f"cluster-weight.{member}"))
    return found


def until(console: Console, run: str, within: float, state: str, message: str = "") -> RunReport:
    """The run as this host tells it, once it is in a state and its message holds these words."""
    end = time.monotonic() + within
    while True:
        told = runs.report(Access(state_dir=console.state), run)

        assert told is not None
        if state == told.state and message in told.message:
            return told
        assert time.monotonic() < end, told
        time.sleep(0.1)


def test_a_member_that_is_dead_at_the_time_gets_no_weight_and_does_once_it_serves(
    quick: Simulated, tmp_path: Path
) -> None:
    console, hub = Console(quick[0], tmp_path / "state"), Hub.open(str(quick[0] / "kubeconfig"), "hub")
    before, idc = console.annotations(), console.ids()["idc-prod"]
    config = str(console.json("config", "show")["settings"])

    assert f"fleets.0.members.{idc}.direct.url" in config
    assert "run.returning.clean" in config

    words = ("--reason", "x", "--yes", "--confirm", "data-layer", "--expires", "1s")
    remote.begin(quick[0], {"fault": "servers-dead", "member": "idc-prod"})
    run = console.json("drain", "idc-prod", *words)["run"]
    told = until(console, run, 20.0, "done", "expiry overdue")

    assert "no proof that idc-prod serves: 127.0.0.1:" in told.message
    assert f"connection refused; rollback {run} takes it back by hand" in told.message
    assert "0" == weights(hub, idc)

    remote.clear(quick[0], None)
    told = until(console, run, 90.0, "rolled_back")
    lines = [(one.step, one.sentence) for one in told.lines]
    compared = [said for step, said in lines if step == "compare"]

    assert before == console.annotations()
    assert ["at 1 %", "at 50 %", "at its former weights"] == [said.partition(":")[0] for said in compared]
    assert all(": pass: idc-prod: 0 of " in said for said in compared)
    assert any(f"weigh {ROUTE}" == step and ":1" in said for step, said in lines)


def test_a_runner_that_is_killed_at_one_percent_is_resumed_and_goes_on_from_there(
    quick: Simulated, tmp_path: Path
) -> None:
    console, hub = Console(quick[0], tmp_path / "state"), Hub.open(str(quick[0] / "kubeconfig"), "hub")
    before, idc = console.annotations(), console.ids()["idc-prod"]
    words = ("--reason", "x", "--yes", "--confirm", "data-layer", "--expires", "1s")
    report = console.json("drain", "idc-prod", *words)
    run = report["run"]
    end = time.monotonic() + 60.0
    while weights(hub, idc) != "1":
        assert time.monotonic() < end
        time.sleep(0.05)
    os.kill(report["pid"], signal.SIGKILL)
    told = until(console, run, 20.0, "interrupted")

    assert "rollback" in told.message
    assert "1" == weights(hub, idc)

    console.run("resume", run, "--yes")
    until(console, run, 90.0, "rolled_back")

    assert before == console.annotations()
