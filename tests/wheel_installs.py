"""The wheel holds all that a start needs: built and installed here, with nothing of this checkout in sight."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import console

ROOT = Path(__file__).resolve().parent.parent


def run(*words: str, cwd: Path, path: str = "") -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path:
        environment["PYTHONPATH"] = path
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the wheel of this checkout is unpacked by pip."""
    directory = tmp_path_factory.mktemp("wheel")
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", str(directory), str(ROOT))
    run(sys.executable, *build, cwd=directory)
    (wheel,) = directory.glob("*.whl")
    place = directory / "site"
    pip = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(place), str(wheel))
    run(sys.executable, *pip, cwd=directory)
    yield place


def test_the_command_runs_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    place = "import console.cli; print(console.cli.__file__)"
    found = run(sys.executable, "-c", place, cwd=tmp_path, path=str(installed))
    command = str(installed / "bin" / "fleet-console")
    said = run(sys.executable, command, "--help", cwd=tmp_path, path=str(installed))
    version = run(sys.executable, command, "--version", cwd=tmp_path, path=str(installed))

    assert found.startswith(str(installed))
    assert "fleet-console" in said
    assert f"fleet-console, version {console.__version__}\n" == version
    assert (installed / f"fleet_console-{console.__version__}.dist-info").is_dir()


def test_the_wheel_carries_every_asset_of_the_checkout(installed: Path) -> None:
    checkout = {
        str(path.relative_to(ROOT)) for path in (ROOT / "assets").rglob("*.*") if "__pycache__" not in path.parts
    }
    carried = {str(path.relative_to(installed)) for path in (installed / "assets").rglob("*.*")}

    assert {name for name in checkout if not name.endswith(".pyc")} <= carried


def test_the_wheels_simulator_serves(installed: Path, tmp_path: Path) -> None:
    """Scenarios, CRDs and manifests are found where the wheel put them."""
    program = "from console.sim import scenario; print(*(scenario.load(name).name for name in scenario.names()))"
    said = run(sys.executable, "-c", program, cwd=tmp_path, path=str(installed))

    assert {"calm", "zone-lost"} <= set(said.split())


def test_nothing_but_the_four_packages_is_installed(installed: Path) -> None:
    found = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}

    assert {"assets", "bin", "console", "screens", "widgets"} == found
