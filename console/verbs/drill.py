"""`drill`: the emergencies that can be practised, and one of them, played by a person or by its script."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import click

from console.errors import EXIT_DONE, EXIT_HELD, UsageError
from console.options import Options, common

if TYPE_CHECKING:
    from console.drill.verdict import Check, Result
    from console.sim.scenario import Scenario

WIDTH = 100
SLOWER = 5.0
"""How much more time a person gets than the script."""


@click.command()
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--headless", is_flag=True, help="Let the drill's script play it.")
@click.option(
    "--pace", type=click.FloatRange(1, 60), default=SLOWER, metavar="X",
    help="How much more time than the script a person gets.  [5]",
)  # fmt: skip
@common
def drill(options: Options, name: str | None, headless: bool, pace: float) -> None:
    """Practise an emergency on a simulated Fleet: it tells what happened, opens the screen, and judges how it ends.

    Without a name it lists the drills. Exit 0 where the drill was passed, 4 where not.

    \b
    Example: fleet-console drill ssh-drop
    """
    from console.sim import scenario

    if name is None:
        _list(options, [scenario.load(each) for each in scenario.names("drills")])
        return
    found = scenario.load(name)
    if found.drill is None:
        known = ", ".join(scenario.names("drills"))
        raise UsageError(f"scenario {found.name} is no drill", fix=f"Drills: {known}.")
    if headless:
        from console.drill.headless import play

        result = play(found, name, told=lambda check: None if options.json else _tell(check))
    else:
        from console.drill.person import play_with

        result = play_with(found, name, pace, lambda text: click.echo(_inert(text), err=True))
        for check in () if options.json else result.checks:
            _tell(check)
    _say(options, result)
    click.get_current_context().exit(EXIT_DONE if result.passed else EXIT_HELD)


def _list(options: Options, drills: list[Scenario]) -> None:
    briefs = {each.name: each.drill.brief for each in drills if each.drill is not None}
    if options.json:
        said = [{"drill": each.name, "summary": each.summary, "brief": briefs[each.name]} for each in drills]
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    for each in drills:
        click.echo(f"{each.name}: {each.summary}")
        click.echo(textwrap.fill(_inert(briefs[each.name]), WIDTH, initial_indent="  ", subsequent_indent="  "))
    click.echo("\nPlay one: fleet-console drill NAME")


def _tell(check: Check) -> None:
    mark = "+" if check.holds else "x"
    wanted = f"{check.at:5.1f} s {check.what}: {check.wanted}"
    click.echo(_inert(f"{mark} {wanted}" if check.holds else f"{mark} {wanted}; found {check.found}"))


def _say(options: Options, result: Result) -> None:
    if options.json:
        click.echo(json.dumps(result.document(), ensure_ascii=False))
        return
    for run in result.runs:
        click.echo(_inert(f"run {run['run']} ({run['kind']}) {run['state']}: {run['message'] or ''}"))
    word = "passed" if result.passed else "not passed"
    click.echo(f"drill {result.drill}: {word} in {result.seconds:.0f} s")


def _inert(text: str) -> str:
    from console.model.text import inert

    return inert(text, 8000)
