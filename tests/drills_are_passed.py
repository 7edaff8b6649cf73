"""Every drill that ships is passed by its own script: the real command line and the real screen, as processes, on a
simulator of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import resources

import jsonschema
import pytest

import assets
from console.sim import scenario

SCHEMA = json.loads((resources.files(assets) / "schemas" / "drill.json").read_text("utf-8"))
TWELVE = (
    "alb-throttling", "api-partition", "clock-skew", "console-crash", "controller-lag", "expired-credentials",
    "half-applied", "member-unreachable", "self-heal", "ssh-drop", "two-operators", "unhealthy-target",
)  # fmt: skip
QUICK = ("half-applied", "ssh-drop", "unhealthy-target")
"""Those that `make test` plays; `make soak` (`CONSOLE_EVERY_DRILL=1`) plays all twelve."""


def played(*words: str, timeout: float = 240.0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "console", "drill", *words]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
    )


@pytest.mark.alone
@pytest.mark.parametrize("name", TWELVE if os.environ.get("CONSOLE_EVERY_DRILL") else QUICK)
def test_a_drill_is_passed(name: str) -> None:
    done = played(name, "--headless", "-o", "json")
    document = json.loads(done.stdout)

    jsonschema.validate(document, SCHEMA)
    wrong = [check for check in document["checks"] if not check["holds"]]

    assert [] == wrong, "\n".join(f"{one['at']} s {one['what']}: {one['wanted']}: {one['found']}" for one in wrong)
    assert (0, True, name) == (done.returncode, document["passed"], document["drill"])


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
    done = played("-o", "json")
    told = json.loads(done.stdout)

    assert list(TWELVE) == [each["drill"] for each in told]
    assert all(each["brief"] and each["summary"] for each in told)


def test_a_person_needs_a_terminal() -> None:
    done = played("ssh-drop")

    assert 2 == done.returncode
    assert "a drill needs a terminal. Let the script play it: --headless." in done.stderr


def test_a_scenario_that_is_no_drill_is_told() -> None:
    done = played("calm", "--headless")

    assert 2 == done.returncode
    assert "scenario calm is no drill. Drills: alb-throttling, " in done.stderr
