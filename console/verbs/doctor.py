"""The verb that looks at what everything else stands on: `doctor`."""

from __future__ import annotations

import json

import click

from console.options import DURATION, Options, common


@click.command()
@click.option("--timeout", type=DURATION, default="15s", metavar="S", help="Time for the hub and the cloud.  [15s]")
@common
def doctor(options: Options, timeout: float) -> None:
    """Check kubeconfig, hub, permissions, cloud, probes, clock, settings, state directory, terminal; writes nothing.

    Exit 0: nothing is bad. 4: something is bad or unknown. 7: the hub does not answer or denies us.

    \b
    Example: fleet-console doctor -o json
    """
    from console.checkup import look
    from console.decide import checkup
    from console.present import checks

    found = look(
        kubeconfig=options.kubeconfig,
        context=options.context,
        config=options.config,
        state_dir=options.state_dir,
        patience=timeout,
    )
    made = checkup.checks(found)
    if options.json:
        click.echo(json.dumps(checks.checks_document(made), ensure_ascii=False))
    else:
        click.echo(checks.checks_text(made))
    click.get_current_context().exit(checkup.exit_code(found, made))
