"""A drain on a Fleet where an ArgoCD Application heals an Ingress, all the way: refused without consent; with it the
traffic moves and stays, and the policy stands again afterwards as it stood before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.errors import EXIT_REFUSED
from console.kube import applications, write
from console.kube.connect import Hub
from console.sim.faults import remote
from console.sim.faults.selfheal import POLICY
from tests.end_to_end_shift import ROUTE, Console
from tests.simulators import Simulated, simulate

KEY = "argocd/gateway"


@pytest.fixture(scope="module")
def healed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    for simulated in simulate(tmp_path_factory.mktemp("healed"), "--speed", "20", "--load", "0"):
        fault = {"fault": "self-heal", "route": ROUTE, "after": "100ms", "application": "gateway"}
        remote.begin(simulated[0], fault)
        yield simulated


def test_a_drain_holds_who_would_revert_it_and_restores_that_to_the_byte(healed: Simulated, tmp_path: Path) -> None:
    console = Console(healed[0], tmp_path / "state")
    hub = Hub.open(str(healed[0] / "kubeconfig"), "hub")
    before, place = console.annotations(), applications.place("argocd", "gateway")
    found = write.read(hub, place)

    assert found is not None
    version, drain = found["metadata"]["generation"], ("drain", "idc-prod", "--confirm", "data-layer", "--reason", "x")
    refused = console.json(*drain, "--yes", exit=EXIT_REFUSED)
    (rule,) = (one for one in refused["reasons"] if one["rule"] == "revert")

    assert f"{ROUTE}: ArgoCD application gateway heals itself" == rule["measured"]
    assert "--hold-sync" in rule["message"]

    report = console.json(*drain, "--hold-sync", "--yes")
    (told,) = held(console)

    layers = {one["route"]: one["layer"] for one in report["routes"]}

    assert ("done", "observed") == (report["state"], layers[ROUTE])
    assert ([KEY], report["run"]) == (report["debts"], told["sync_held"]["run"])
    assert "0" in {value for key, value in console.annotations().items() if "cluster-weight" in key}

    back = console.json("rollback", report["run"], "--yes")
    after = write.read(hub, place)

    assert after is not None
    assert ("rolled_back", []) == (back["state"], back["debts"])
    assert before == console.annotations()
    assert found["metadata"]["annotations"] == after["metadata"]["annotations"]
    assert POLICY == found["spec"]["syncPolicy"] == after["spec"]["syncPolicy"]
    assert version is None or after["metadata"]["generation"] > version
    assert [] == held(console)


def held(console: Console) -> list[dict[str, Any]]:
    """The Applications whose automated sync a run holds."""
    return [one for one in console.json("status")["applications"] if one["sync_held"] is not None]
