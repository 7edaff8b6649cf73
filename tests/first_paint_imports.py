"""What the process imports before its first frame: each module of ours stands here by name, since each costs a wait."""

from __future__ import annotations

import subprocess
import sys

import click

from console import cli

PROGRAM = """
import sys, console.cli, console.opening, console.session
from console.options import Options
from console.settings import Settings
Options().access()
print(*(name for name in sys.modules if name.partition(".")[0] in ("console", "screens", "widgets", "assets")))
print(*(name for name in HEAVY if name in sys.modules))
"""
HEAVY = (
    "aiohttp", "alibabacloud_alb20200616", "alibabacloud_tea_openapi", "cryptography", "kubernetes", "requests",
    "sqlite3", "urllib3", "yaml",
)  # fmt: skip
PAINTED = {
    "": "assets console screens widgets",
    "console": (
        "app cli collector errors log opening options sections session settings terminal yaml_file"
        " decide model present run"
    ),
    "console.decide": "headroom",
    "console.model": (
        "argo cluster document fleet freshness held hub overdue permission rate run share silence spans text workload"
    ),
    "console.present": (
        "alert alerts applications arrange chosen clouds gateways last line members objects rates routes run_alerts"
        " sheet sources splits timeline times topology words workloads"
    ),
    "console.run": "access",
    "screens": "actions dashboard desk place standing vigil",
    "widgets": "field glass keys lines paint table",
}
"""Package -> its modules that the first frame is drawn with."""


def test_the_first_frame_imports_what_it_draws_with_and_nothing_else() -> None:
    program = PROGRAM.replace("HEAVY", repr(HEAVY))
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    ours, heavy = said.split("\n")[:2]
    allowed = {f"{package}.{name}".lstrip(".") for package, names in PAINTED.items() for name in names.split()}

    assert (set(), "") == (set(ours.split()) - allowed, heavy)


def test_each_verb_is_where_the_front_door_looks_for_it() -> None:
    context = click.Context(cli.console)
    found = [cli.console.get_command(context, name) for name in cli.VERBS]

    assert list(cli.VERBS) == [verb.name for verb in found if verb is not None]
    assert cli.console.get_command(context, "nonsense") is None
