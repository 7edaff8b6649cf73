"""The verb that pays what a run owes and no runner pays any more: automated sync that it had switched off."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from console.errors import EXIT_DONE, EXIT_HELD, EXIT_UNREACHABLE, Lost
from console.options import Options, common
from console.verbs.see import must_know, observing, waited
from console.verbs.telling import confirm

if TYPE_CHECKING:
    from console.model.fleet import Fleet

READ = 10.0
"""Seconds for which runs and Applications are waited for."""


@click.command()
@click.argument("run", metavar="RUN")
@click.option("--yes", is_flag=True, help="Do not ask for a typed confirmation.")
@common
def restore_sync(options: Options, run: str, yes: bool) -> None:
    """Restore the automated sync of ArgoCD Applications that a run switched off, where no runner of it lives any more.

    \b
    Example: fleet-console restore-sync 7c1
    """
    from console.decide.reverters import several
    from console.run import settle

    settings, access = options.load(), options.access()
    settings.check_writable()
    with observing(options, settings, probes=False) as observer:
        fleet, hub = waited(observer, _known, READ), observer.hub
        uid = must_know(fleet)
        if hub is None:
            raise Lost("the hub is not connected")
        owing = settle.debt(access, hub, fleet, run)
        keys = [one.key for one in owing.reverters]
        if keys and not yes:
            confirm(fleet, f"switch {several(keys)} on again; it writes the weights of its repository")
        left = settle.restore(access, hub, uid, owing)
    _tell(options, owing.run, keys, left)
    partly = EXIT_HELD if len(left) < len(keys) else EXIT_UNREACHABLE
    click.get_current_context().exit(partly if left else EXIT_DONE)


def _tell(options: Options, run: str, keys: list[str], left: list[str]) -> None:
    if options.json:
        document = {"schema": "fleet-console/restore-sync/v1", "run": run, "applications": keys, "left": left}
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        said = left or [f"run {run} owes nothing any more: {', '.join(keys)}" if keys else f"run {run} owes nothing"]
        click.echo("\n".join(said), err=True)


def _known(fleet: Fleet) -> bool:
    from console.model.freshness import SourceName, SourceState

    sources = (fleet.source(name) for name in (SourceName.RUNS, SourceName.APPLICATIONS))
    return fleet.uid is not None and all(one.state is not SourceState.LOADING for one in sources)
