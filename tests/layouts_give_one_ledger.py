"""One server group for each member, or one that all share: the same weights give the same ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import forked
from tests.simulators import simulate

SCENARIOS = Path(__file__).resolve().parent.parent / "assets" / "scenarios"


def shared(directory: Path) -> Path:
    """The world of `calm` with the other layout."""
    scenario = yaml.safe_load((SCENARIOS / "calm.yaml").read_text())
    for gateway in scenario["world"]["gateways"]:
        gateway["layout"] = "shared"
    path = directory / "shared.yaml"
    path.write_text(yaml.safe_dump(scenario))
    return path


def ledger(directory: Path) -> list[Any]:
    """Every layer of every route, as `status` tells it once the ALB was read."""
    done = forked.run(["status", "-o", "json", "--config", str(directory / "config.yaml")])

    assert 0 == done.returncode, done.stderr
    names = ("asked", "annotation", "controller", "rule", "observed")
    return [
        (
            route["route"],
            route["in_agreement"],
            route["rule_state"],
            [[line[n] for n in names] for line in route["members"]],
        )
        for route in json.loads(done.stdout)["routes"]
    ]


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A simulator of each layout."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    for one in simulate(tmp_path / "one", "--scenario", "calm", "--speed", "20"):
        for two in simulate(tmp_path / "two", "--scenario", str(shared(tmp_path)), "--speed", "20"):
            yield one[0], two[0]


def test_both_layouts_give_the_same_ledger(both: tuple[Path, Path]) -> None:
    per_member, together = (ledger(directory) for directory in both)

    assert per_member == together
    assert [[None, 62, 62, 62.0, None], [None, 38, 38, 38.0, None]] == together[0][3]
