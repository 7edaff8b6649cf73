"""Every drill that ships is passed by its own script: the real command line and the real screen, as processes, on a
simulator of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

import assets
from console.drill import headless, stage, terminal
from console.sim import child, scenario
from tests import forked

SCHEMA = json.loads((resources.files(assets) / "schemas" / "drill.json").read_text("utf-8"))
TWELVE = (
    "alb-throttling", "api-partition", "clock-skew", "console-crash", "controller-lag", "expired-credentials",
    "half-applied", "member-unreachable", "self-heal", "ssh-drop", "two-operators", "unhealthy-target",
)  # fmt: skip
FORKING = SimpleNamespace(**{**vars(subprocess), "Popen": forked.started, "run": forked.done})


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a drill starts is forked from what has imported everything."""
    for module in (child, stage, terminal):
        monkeypatch.setattr(module, "subprocess", FORKING)


def told(*words: str, timeout: float = 240.0) -> subprocess.CompletedProcess[str]:
    return forked.run(["drill", *words], timeout=timeout)


@pytest.mark.alone
@pytest.mark.parametrize("name", [name for name in TWELVE if name != "ssh-drop"])
def test_a_drill_is_passed(name: str, forks: None) -> None:
    _passed(headless.play(scenario.load(name), name).document(), name)


@pytest.mark.alone
def test_the_command_says_how_it_was_passed() -> None:
    command = [sys.executable, "-m", "console", "drill", "ssh-drop", "--headless", "-o", "json"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False)

    _passed(json.loads(done.stdout), "ssh-drop")
    assert 0 == done.returncode


def _passed(document: dict[str, Any], name: str) -> None:
    jsonschema.validate(document, SCHEMA)
    wrong = [check for check in document["checks"] if not check["holds"]]

    assert [] == wrong, "\n".join(f"{one['at']} s {one['what']}: {one['wanted']}: {one['found']}" for one in wrong)
    assert (True, name) == (document["passed"], document["drill"])


def test_these_twelve_ship() -> None:
    assert TWELVE == scenario.names("drills")


def test_every_drill_looks_at_the_screen_the_state_and_an_exit_code() -> None:
    for name in TWELVE:
        drill = scenario.load(name).drill

        assert drill is not None
        kinds = {step.__struct_config__.tag for step in drill.script}
        assert "see" in kinds, name
        assert kinds & {"run", "ended"}, name


def test_without_a_name_the_drills_are_told_with_their_briefs() -> None:
    done = told("-o", "json")
    drills = json.loads(done.stdout)

    assert list(TWELVE) == [each["drill"] for each in drills]
    assert all(each["brief"] and each["summary"] for each in drills)


def test_a_person_needs_a_terminal() -> None:
    done = told("ssh-drop")

    assert 2 == done.returncode
    assert "a drill needs a terminal. Let the script play it: --headless." in done.stderr


def test_a_scenario_that_is_no_drill_is_told() -> None:
    done = told("calm", "--headless")

    assert 2 == done.returncode
    assert "scenario calm is no drill. Drills: alb-throttling, " in done.stderr
