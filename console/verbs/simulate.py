"""The verbs of the simulator: `sim` runs one, `demo` runs one as a child and opens the screen on it."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import click

from console.errors import UsageError
from console.options import Options, common
from console.verbs.faults import fault, storm
from console.verbs.policy import role


@click.group(invoke_without_command=True, subcommand_metavar="[fault ... | storm ... | role ...]")
@click.option("--scenario", metavar="NAME", help="World to start with: a name or a file.  [calm]")
@click.option("--size", metavar="MxAxR", help="World to start with: so many members, applications and routes.")
@click.option("--seed", default=1, metavar="N", help="Seed of everything random.  [1]")
@click.option("--speed", default=1.0, metavar="X", help="Divides the delays of controllers and of the ALB.  [1]")
@click.option("--load", type=float, metavar="R", help="Requests a second through the gateways; 0 is none.")
@click.option("--dir", "directory", type=click.Path(path_type=Path), metavar="D", help="Where to write.  [required]")
@click.option(
    "--hub",
    type=click.Path(path_type=Path),
    metavar="KUBECONFIG",
    help="Use that API server as the hub.",
)
@click.option("--parent", type=int, hidden=True, help="End with this process.")
@common
def sim(
    options: Options,
    scenario: str | None,
    size: str | None,
    seed: int,
    speed: float,
    load: float | None,
    directory: Path | None,
    hub: Path | None,
    parent: int | None,
) -> None:
    """Serve a simulated Fleet on loopback until SIGTERM.

    Writes DIR/kubeconfig and DIR/config.yaml, and prints one JSON line when it serves.

    With --hub the controllers, agents and the scenario's objects go to the API server that the KUBECONFIG's current
    context (or --context) names. It has to be on loopback or to carry a namespace fleet-console-sim, and may hold no
    AlbConfigs or ManagedClusters but the simulator's own. Whatever is made there is labelled, and stays at the end.
    With the scenario unprovisioned too, the first Fleet that is made in its account is there.

    \b
    Example: fleet-console sim --scenario zone-lost --dir /var/tmp/fleet
    Example: fleet-console sim --hub ~/.kube/test --dir /var/tmp/fleet
    """
    context = click.get_current_context()
    if context.invoked_subcommand is not None:
        return
    if directory is None:
        option = next(each for each in context.command.params if each.name == "directory")
        raise click.MissingParameter(ctx=context, param=option)

    if scenario is not None and size is not None:
        raise UsageError("both a scenario and a size name the world", fix="Give one of them.")
    from console.sim.entry import run

    code = run(
        scenario=scenario or "calm",
        size=size,
        seed=seed,
        speed=speed,
        directory=directory,
        load=load,
        parent=parent,
        hub=hub.expanduser() if hub is not None else None,
        context=options.context,
    )
    context.exit(code)


sim.add_command(fault)
sim.add_command(storm)
sim.add_command(role)


@click.command()
@click.option("--scenario", default="calm", metavar="NAME", help="World to start with: a name or a file.  [calm]")
@click.option("--seed", default=1, metavar="N", help="Seed of everything random.  [1]")
@click.option("--speed", default=1.0, metavar="X", help="Divides the delays of controllers and of the ALB.  [1]")
@common
def demo(options: Options, scenario: str, seed: int, speed: float) -> None:
    """Open the screen on a simulated Fleet; both end together.

    \b
    Example: fleet-console demo --scenario zone-lost
    """
    click.get_current_context().exit(show(options, scenario, seed=seed, speed=speed))


def show(options: Options, scenario: str, *, seed: int = 1, speed: float = 1.0) -> int:
    """The screen on a simulator of its own; returns its exit code. Where no Fleet is set up yet, it opens on what can
    be done about that."""
    from console.cli import open_screen
    from console.sim import child

    directory = Path(tempfile.mkdtemp(prefix="fleet-console-demo-"))
    words = ["--scenario", scenario, "--seed", str(seed), "--speed", str(speed), "--dir", str(directory)]
    simulator = child.start(words, directory)
    try:
        child.until_ready(simulator, directory)
        state = options.state_dir or directory / "state"
        simulated = replace(options, config=directory / "config.yaml", state_dir=state, fleet=None)
        return open_screen(simulated, offers=simulated.load().fleet.name is None)
    finally:
        child.end(simulator)
        shutil.rmtree(directory, ignore_errors=True)
