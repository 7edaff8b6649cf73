"""What every test may ask for: a home of its own, and simulators that really serve."""

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

Simulated = tuple[Path, dict[str, Any]]
"""(directory with kubeconfig and config.yaml, the ready line)"""

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def a_home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's files, and no proxy stands before loopback."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    for name in ("KUBECONFIG", "FLEET_CONSOLE_CONFIG", *_PROXIES, *map(str.upper, _PROXIES)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))


def simulate(directory: Path, *words: str) -> Iterator[Simulated]:
    """A simulator in a process of its own while the generator lives; its log is in the failure where it does not start."""
    log = directory / "sim.log"
    command = [sys.executable, "-m", "console", "sim", "--dir", str(directory / "fleet"), *words]
    environment = {k: v for k, v in os.environ.items() if k.lower() not in _PROXIES}
    environment["PYTHONPATH"] = str(Path(__file__).parent.parent)
    with log.open("w") as errors:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
    try:
        assert child.stdout is not None
        line = child.stdout.readline()

        assert line, f"the simulator said nothing: {log.read_text()[-2000:]}"
        yield directory / "fleet", json.loads(line)
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """Two zones, all well, at five times the speed."""
    yield from simulate(tmp_path_factory.mktemp("calm"), "--scenario", "calm", "--speed", "5")


@pytest.fixture(scope="session")
def zone_lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """The registered zone's servers dead and its agent silent, at five times the speed."""
    yield from simulate(tmp_path_factory.mktemp("zone-lost"), "--scenario", "zone-lost", "--speed", "5")
