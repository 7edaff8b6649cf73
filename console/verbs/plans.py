"""The verbs on plan files: `lint` without a Fleet, `show` and `diff` against one."""

from __future__ import annotations

from pathlib import Path

import click

from console.errors import EXIT_DONE, EXIT_REFUSED
from console.options import DURATION, Options, common
from console.verbs.see import planning
from console.verbs.shift import around, dry_run
from console.verbs.telling import say_plan

_FILE = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
_TIME = click.option(
    "--timeout", type=DURATION, default="20s", metavar="S", help="Time for the sources to answer. [20s]"
)


@click.group()
@common
def plan(options: Options) -> None:
    """Check plan files, or show what one would do.

    \b
    Example: fleet-console plan show drain-zone-b.yaml
    """


@plan.command()
@_FILE
@common
def lint(options: Options, file: Path) -> None:
    """Say whether a plan file is sound in itself; asks no Fleet.

    \b
    Example: fleet-console plan lint drain-zone-b.yaml
    """
    from console.decide import planfile

    planfile.load(file)
    click.echo(f"{file}: sound")


@plan.command()
@_FILE
@_TIME
@common
def show(options: Options, file: Path, timeout: float) -> None:
    """Say what the plan would write on the Fleet now, and everything that speaks against it; exit 3 where refused.

    \b
    Example: fleet-console plan show drain-zone-b.yaml -o json
    """
    from console.decide import planfile
    from console.decide.intents import decide
    from console.present import reports

    asked = planfile.load(file)
    settings = options.load()
    with planning(options, settings, timeout) as (observer, fleet):
        decision = decide(fleet, asked.wish(fleet), around(options, settings, fleet))
        trial = dry_run(observer, decision)
    reasons = (*decision.reasons, *trial)
    refused = decision.refused or any(one.severity == "blocks" for one in trial)
    report = reports.planned(fleet, decision.plan, reasons, asked.reason, refused=refused)
    say_plan(options, reports.plan_text(fleet, decision.plan, reasons, decision), report, decision.plan)
    click.get_current_context().exit(EXIT_REFUSED if refused else EXIT_DONE)


@plan.command()
@_FILE
@_TIME
@common
def diff(options: Options, file: Path, timeout: float) -> None:
    """Say where the Fleet's annotations differ from what the plan ends with.

    \b
    Example: fleet-console plan diff drain-zone-b.yaml
    """
    from console.decide import planfile
    from console.decide.intents import decide
    from console.present import changes, reports

    asked = planfile.load(file)
    settings = options.load()
    with planning(options, settings, timeout) as (_, fleet):
        found = decide(fleet, asked.wish(fleet), around(options, settings, fleet)).plan
    if options.json:
        say_plan(options, "", reports.planned(fleet, found, (), asked.reason, refused=found is None), found)
    elif found is None:
        click.echo("no plan can be made; `plan show` says why")
    elif found.idle:
        click.echo("the Fleet holds already what the plan ends with")
    else:
        click.echo(f"{changes.summary(found)}\n{reports.annotations_text(fleet, found)}")
