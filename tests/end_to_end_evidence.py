"""A drain of the lost zone on the simulator: its evidence verifies, the Fleet anchors it, and the recovery time is the
simulator's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from console.kube import records
from console.kube.connect import Hub
from console.model.share import CERTAIN
from console.sim.faults import remote
from tests.end_to_end_shift import Console
from tests.present_documents import schema
from tests.simulators import Simulated, simulate


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """The lost zone, of this module's own: it does not stay lost. Its own traffic is little: what it loses for want of
    a processor, on a busy machine, would count as the zone's."""
    yield from simulate(tmp_path_factory.mktemp("lost"), "--scenario", "zone-lost", "--speed", "5", "--load", "3")


@pytest.fixture(scope="module")
def drained(lost: Simulated, tmp_path_factory: pytest.TempPathFactory) -> tuple[Console, dict[str, Any], Path]:
    """The console, the run's report, and its pack."""
    directory = tmp_path_factory.mktemp("drained")
    console = Console(lost[0], directory / "state")
    words = ("drain", "idc", "--reason", "OPS-12", "--yes", "--confirm", "data-layer", "--expires", "never")
    report = console.json(*words)
    jsonschema.validate(console.json("evidence", report["run"], "--out", str(directory / "pack")), schema("evidence"))
    return console, report, directory / "pack"


def test_the_recovery_time_is_the_simulators_own(
    drained: tuple[Console, dict[str, Any], Path], lost: Simulated
) -> None:
    told = json.loads((drained[2] / "run.json").read_text())["recovery"]
    truth = remote.traffic(lost[0])["routes"]
    probed = [one for one in told if one["route"]]

    assert probed
    for one in probed:
        recovered = datetime.fromisoformat(one["recovered"]).timestamp()

        assert abs(recovered - truth[one["route"]]["last_failed"]) < 1.0, one
        assert 0 < one["error"] < 5.0
        assert one["failed"] > 0


def test_what_was_consented_to_proves_it_sooner_than_the_budget_could(
    drained: tuple[Console, dict[str, Any], Path],
) -> None:
    probed = [one for one in json.loads((drained[2] / "run.json").read_text())["recovery"] if one["route"]]
    budget = 20.0 / len(probed)
    for one in probed:
        took = datetime.fromisoformat(one["agreed"]) - datetime.fromisoformat(one["recovered"])

        assert took.total_seconds() < CERTAIN / budget / 2
    assert "| probe requests a second | up to 600 |" in (drained[2] / "report.md").read_text()


def test_it_verifies_offline_and_on_the_fleet(drained: tuple[Console, dict[str, Any], Path]) -> None:
    console, report, pack = drained
    offline = console.json("verify", str(pack))
    anchored = console.json("verify", str(pack), "--fleet")

    for told in (offline, anchored):
        jsonschema.validate(told, schema("verify"))
    assert (report["run"], None) == (offline["run"], offline["anchored_line"])
    assert anchored["anchored_line"] is not None


def test_what_was_changed_is_refused_by_name(drained: tuple[Console, dict[str, Any], Path]) -> None:
    console, _, pack = drained
    report = (pack / "report.md").read_text()
    (pack / "report.md").write_text(report.replace("done", "held", 1))
    done = console.run("verify", str(pack))
    (pack / "report.md").write_text(report)

    assert 3 == done.returncode
    assert "report.md: is not what chain.jsonl:" in done.stderr


def test_a_record_that_anchors_something_else_is_refused(drained: tuple[Console, dict[str, Any], Path]) -> None:
    console, report, pack = drained
    hub = Hub.open(str(console.directory / "kubeconfig"), None)
    head = records.anchored(hub, report["run"])
    records.amend_record(hub, report["run"], {"evidence": "0" * 64})
    done = console.run("verify", str(pack), "--fleet")
    records.amend_record(hub, report["run"], {"evidence": head or ""})

    assert 3 == done.returncode
    assert "which is no seal of this pack" in done.stderr


def test_what_is_no_pack_or_no_run_is_usage(drained: tuple[Console, dict[str, Any], Path], tmp_path: Path) -> None:
    console, report, pack = drained

    assert 2 == console.run("verify", str(tmp_path)).returncode
    assert 2 == console.run("evidence", "nonesuch", "--out", str(tmp_path / "x")).returncode
    assert 2 == console.run("evidence", report["run"], "--out", str(pack)).returncode
