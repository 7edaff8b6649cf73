"""A drain on a Fleet where an ArgoCD Application heals an Ingress, all the way: refused without consent; with it the
traffic moves and stays, and the policy stands again afterwards as it stood before."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from console.errors import EXIT_REFUSED
from console.kube import applications, write
from console.kube.connect import Hub
from console.sim.faults import remote
from console.sim.faults.selfheal import POLICY
from tests.end_to_end_shift import ROUTE, Console
from tests.simulators import Simulated, simulate


@pytest.fixture(scope="module")
def healed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    for simulated in simulate(tmp_path_factory.mktemp("healed"), "--speed", "20", "--load", "0"):
        fault = {"fault": "self-heal", "route": ROUTE, "after": "100ms", "owner": "gateway"}
        remote.begin(simulated[0], fault)
        config = simulated[0] / "config.yaml"
        settings = yaml.safe_load(config.read_text())
        config.write_text(yaml.safe_dump({**settings, "run": {**settings["run"], "steady": "500ms"}}))
        yield simulated


def test_a_drain_holds_who_would_revert_it_and_restores_that_to_the_byte(healed: Simulated, tmp_path: Path) -> None:
    console = Console(healed[0], tmp_path / "state")
    hub = Hub.open(str(healed[0] / "kubeconfig"), "hub")
    drain, before, found = ("drain", "idc-prod", "--confirm", "data-layer"), console.annotations(), gateway(hub)
    refused = console.json(*drain, "--reason", "x", "--yes", exit=EXIT_REFUSED)
    (rule,) = (one for one in refused["reasons"] if one["rule"] == "revert")

    assert f"{ROUTE}: ArgoCD application gateway heals itself" == rule["measured"]
    assert "--hold-sync" in rule["message"]

    report = console.json(*drain, "--reason", "x", "--hold-sync", "--yes")
    layers, note = {one["route"]: one["layer"] for one in report["routes"]}, applications.held_of(gateway(hub))

    assert ("done", "observed", ["argocd/gateway"]) == (report["state"], layers[ROUTE], report["debts"])
    assert "0" in {value for key, value in console.annotations().items() if "cluster-weight" in key}
    assert note is not None
    assert report["run"] == note.run

    back = console.json("rollback", report["run"], "--yes")
    os.kill(report["pid"], signal.SIGKILL)  # which would wait for the drain's hour
    after = gateway(hub)

    assert ("rolled_back", []) == (back["state"], back["debts"])
    assert before == console.annotations()
    assert found["metadata"]["annotations"] == after["metadata"]["annotations"]
    assert POLICY == found["spec"]["syncPolicy"] == after["spec"]["syncPolicy"]


def gateway(hub: Hub) -> dict[str, Any]:
    """The Application as it is."""
    found = write.read(hub, applications.place("argocd", "gateway"))

    assert found is not None
    return found
