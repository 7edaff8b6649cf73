"""What every test may ask for: a home of its own, and simulators that really serve."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.simulators import PROXIES, Simulated, simulate

EXAMPLES = int(os.environ.get("CONSOLE_EXAMPLES", "60"))
"""Of each property; `make soak` looks at more."""
settings.register_profile("here", deadline=None, max_examples=EXAMPLES)  # a busy machine is no failure
settings.load_profile("here")


LONG = (
    "drills_are_passed", "runs_at_every_seam", "setups_over_the_wire", "runs_turn_at_every_seam", "end_to_end_shift",
    "policies_suffice", "runs_taken_over", "verbs_write_nothing_without_leave", "sim_faults_while_it_runs",
    "keys_write_nothing_without_leave", "end_to_end_setup", "sim_scenarios_keep_their_word", "throttled_calls_end_well",
)  # fmt: skip
"""Files that take longest: they begin first, so that no worker is left alone with one at the end."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a file run in one process and share its simulators, but for those marked `alone`, which share none."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))
    for item in items:
        if item.get_closest_marker("alone") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.name))


@pytest.fixture(autouse=True)
def a_home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's files, and no proxy stands before loopback."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    for name in ("KUBECONFIG", "FLEET_CONSOLE_CONFIG", "NO_COLOR", *PROXIES, *map(str.upper, PROXIES)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """Two zones, all well, at five times the speed."""
    yield from simulate(tmp_path_factory.mktemp("calm"), "--scenario", "calm", "--speed", "5", "--load", "2")


@pytest.fixture(scope="session")
def zone_lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """The registered zone's servers dead and its agent silent, at five times the speed."""
    yield from simulate(tmp_path_factory.mktemp("zone-lost"), "--scenario", "zone-lost", "--speed", "5", "--load", "2")
