"""A shift from the command line on the simulator, all the way: accepted, acknowledged, ruled, observed, and put back.

Everything here is the real thing but the far side: the real command in a process of its own, the detached runner, HTTP.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import forked

ROUTE = "gateway-demo/web-demo"


class Console:
    """`fleet-console` on one simulator, with a journal of its own."""

    def __init__(self, directory: Path, state: Path) -> None:
        self.directory = directory
        self.state = state

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        said = ["--config", str(self.directory / "config.yaml"), "--state-dir", str(self.state), *words]
        return forked.run(said)

    def json(self, *words: str, exit: int = 0) -> Any:
        done = self.run(*words, "-o", "json")

        assert exit == done.returncode, done.stderr
        return json.loads(done.stdout)

    @property
    def fleet(self) -> dict[str, Any]:
        settings: dict[str, Any] = yaml.safe_load((self.directory / "config.yaml").read_text())["fleets"][0]
        return settings

    def ids(self) -> dict[str, str]:
        return {said["name"]: identifier for identifier, said in self.fleet["members"].items()}

    def annotations(self, route: str = ROUTE) -> dict[str, str]:
        namespace, _, name = route.partition("/")
        config = f"--kubeconfig={self.directory / 'kubeconfig'}"
        command = ["kubectl", config, "-n", namespace, "get", "ing", name, "-ojson"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found: dict[str, str] = json.loads(text)["metadata"].get("annotations", {})
        return found

    def answers(self, route: str, count: int) -> Counter[str]:
        """Who answered `count` requests of our own through the gateway."""
        probe = next(p for p in self.fleet["probes"] if p["route"] == route)
        request = urllib.request.Request(probe["url"], headers={"Host": probe["host"]} if probe.get("host") else {})
        names: Counter[str] = Counter()
        for _ in range(count):
            with urllib.request.urlopen(request, timeout=10) as answer:
                names[str(json.load(answer)["envCluster"])] += 1
        return names


@pytest.fixture
def console(calm: tuple[Path, dict[str, Any]], tmp_path: Path) -> Console:
    return Console(calm[0], tmp_path / "state")


def test_status_answers_for_every_source(console: Console) -> None:
    document = console.json("status")

    assert {"live", "empty", "unconfigured"} >= {source["state"] for source in document["sources"]}
    assert ["ack-prod-j", "idc-prod"] == sorted(member["name"] for member in document["members"])
    assert ["zone-a", "zone-b"] == sorted(member["zone"] for member in document["members"])
    assert {"up"} == {member["control_link"] for member in document["members"]}
    assert 3 == len(document["routes"])


def test_a_shift_is_done_when_clients_see_it_and_rolls_back_to_the_byte(console: Console) -> None:
    ids = console.ids()
    ack, idc = ids["ack-prod-j"], ids["idc-prod"]
    before = console.annotations()
    report = console.json("shift", ROUTE, "--to", "ack=80,idc=20", "--reason", "drill", "--yes")

    assert "done" == report["state"]
    assert {ack: 80, idc: 20} == report["routes"][0]["after"]
    assert "observed" == report["layer"]
    held = {key.rsplit(".", 1)[-1]: value for key, value in console.annotations().items() if "cluster-weight" in key}
    assert {ack: "80", idc: "20"} == held
    assert not [key for key in console.annotations() if "fence" in key]
    share = console.answers(ROUTE, 300)["ack-prod-j"] / 300
    assert 0.72 < share < 0.88

    back = console.json("rollback", report["run"], "--yes")

    assert "rolled_back" == back["state"]
    assert before == console.annotations()


def test_the_plan_hash_is_the_same_wherever_it_is_made(console: Console) -> None:
    words = ("shift", ROUTE, "--to", "ack=70,idc=30", "--plan-only", "--reason")
    first, second = (console.json(*words, reason)["plan_hash"] for reason in ("one", "another"))

    assert first == second
    assert 64 == len(first)


@pytest.mark.parametrize("to", ["ack=80,idc=30", "ack=-1,idc=101", "ack=0,idc=0", "ack=101", "ack", "nobody=50,idc=50"])
def test_bad_weights_are_usage_and_write_nothing(console: Console, to: str) -> None:
    before = console.annotations("shop/checkout")
    done = console.run("shift", "shop/checkout", "--to", to, "--reason", "x", "--yes")

    assert 2 == done.returncode
    assert done.stderr.startswith("fleet-console: ")
    assert before == console.annotations("shop/checkout")


def test_without_yes_and_without_a_terminal_nothing_is_started(console: Console) -> None:
    before = console.json("runs")
    done = console.run("shift", ROUTE, "--to", "ack=80,idc=20", "--reason", "x")

    assert 2 == done.returncode
    assert "say --yes" in done.stderr
    assert before == console.json("runs")


def test_a_route_nobody_knows_is_told(console: Console) -> None:
    done = console.run("shift", "shop/none", "--to", "ack=80,idc=20", "--reason", "x", "--yes")

    assert 2 == done.returncode
    assert "no route is called 'shop/none'" in done.stderr


def test_read_only_settings_beat_yes(console: Console, tmp_path: Path) -> None:
    settings = yaml.safe_load((console.directory / "config.yaml").read_text())
    settings["read_only"] = True
    (tmp_path / "read-only.yaml").write_text(yaml.safe_dump(settings))
    done = console.run(
        "shift", ROUTE, "--to", "ack=80,idc=20", "--reason", "x", "--yes", "--config", str(tmp_path / "read-only.yaml")
    )

    assert 3 == done.returncode
    assert "read-only" in done.stdout + done.stderr


def test_the_innermost_option_wins(console: Console, tmp_path: Path) -> None:
    done = console.run(
        "--kubeconfig", str(tmp_path / "none"), "status", "--kubeconfig", str(console.directory / "kubeconfig")
    )

    assert 0 == done.returncode, done.stderr


def test_a_viewer_is_told_which_permission_is_missing(console: Console) -> None:
    done = console.run("shift", ROUTE, "--to", "ack=80,idc=20", "--reason", "x", "--yes", "--context", "hub-viewer")

    assert done.returncode in (3, 7)
    assert "patch" in done.stdout + done.stderr


@pytest.mark.skipif(os.environ.get("USER") == "nobody", reason="needs a home of its own")
def test_no_kubeconfig_is_one_sentence_with_the_next_step(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "console", "status"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert 7 == done.returncode
    assert "kubeconfig" in done.stdout + done.stderr


def test_the_screen_without_a_terminal_says_what_to_use_instead(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "console", "--state-dir", str(tmp_path)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)

    assert 2 == done.returncode
    assert "the screen needs a terminal on stdin and stderr" in done.stderr
    assert "fleet-console status -o json" in done.stderr
