"""The page of a set-up's run: every task under its stage, once, whatever ids it got while it was carried out."""

from __future__ import annotations

from console.decide.setup.order import order
from console.decide.setup.task import SetupPlan
from console.model.run import JournalLine, RunReport, RunState
from console.present import setup_runs
from console.present.line import text
from tests.setup_stand import hybrid
from tests.situations import WALL

TASKS = tuple(setup_runs.outline(order(hybrid(), SetupPlan("demo", "setup", ()))).tasks.values())
PLAN = SetupPlan("demo", "setup", TASKS)
TOLD = setup_runs.outline(order(hybrid(), PLAN), PLAN)


def page(*steps: str) -> list[str]:
    lines = [
        JournalLine(WALL + at, name, phase, "so") for at, name in enumerate(steps) for phase in ("noted", "confirmed")
    ]
    report = RunReport("s1", "setup/demo", "setup", RunState.RUNNING, "ab" * 32, started=WALL, lines=tuple(lines))
    return [text(one) for one in setup_runs.run_lines(report, TOLD, WALL + 60, 120)]


def test_waits_of_one_shape_are_each_done_once_and_none_stands_outside_its_stage() -> None:
    shaped = [one.id for one in TASKS if one.id.startswith("application <")]
    called = [one.id.replace("<cluster ", "c-").replace(">", "") for one in TASKS]
    said = page(*called)

    assert 2 == len(shaped)
    assert f"{len(TASKS)} of {len(TASKS)} tasks done" in " ".join(said)
    assert not [one for one in said if "TASKS" in one]


def test_of_two_waits_of_one_shape_the_second_is_to_come_while_the_first_goes() -> None:
    before = [one.id for one in TASKS]
    first = before.index(next(one for one in before if one.startswith("application <")))
    said = page(*before[:first], "application c1-web-demo-overlay")

    assert f"{first + 1} of {len(TASKS)} tasks done" in " ".join(said)
