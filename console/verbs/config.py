"""The verbs of settings: `config show` says what holds and where it came from, `config path` where the file is."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from console.errors import EXIT_DONE
from console.options import Options, common
from console.settings import Settings

_FIRST = "fleets.0"
"""The Fleet that opens: options and the environment speak of it."""


@click.group()
@common
def config(options: Options) -> None:
    """Say which settings hold, and where the file is.

    \b
    Example: fleet-console config show
    """


@config.command()
@common
def show(options: Options) -> None:
    """Say every setting that holds and where it came from; of a secret only that it is set.

    \b
    Example: fleet-console config show -o json
    """
    from console import settings as file
    from console.model.text import inert
    from console.present import effective

    settings = options.load()
    path, origin = file.located(options.config)
    document = file.read(path) if path.exists() else None
    rows = effective.settings_rows(settings, document, str(path), said(options, settings))
    if options.json:
        told = effective.settings_document(inert(path), origin, exists=path.exists(), rows=rows)
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(effective.settings_text(rows))
    click.get_current_context().exit(EXIT_DONE)


@config.command()
@common
def path(options: Options) -> None:
    """Say where the settings file is, or would be.

    \b
    Example: fleet-console config path
    """
    from console import settings as file
    from console.model.text import inert
    from console.present import effective

    found, origin = file.located(options.config)
    if options.json:
        told = effective.settings_document(inert(found), origin, exists=found.exists(), rows=None)
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(inert(found))


def said(options: Options, settings: Settings) -> dict[str, tuple[Any, str]]:
    """What options and the environment say in place of the file, and what is no setting but an option only."""
    fleet = settings.fleet
    found: dict[str, tuple[Any, str]] = {}
    if options.kubeconfig is not None:
        found[f"{_FIRST}.kubeconfig"] = (options.kubeconfig, "option --kubeconfig")
    elif fleet.kubeconfig is None:
        named = os.environ.get("KUBECONFIG")
        found[f"{_FIRST}.kubeconfig"] = (named, "environment KUBECONFIG") if named else ("~/.kube/config", "default")
    if options.context is not None:
        found[f"{_FIRST}.context"] = (options.context, "option --context")
    keys = fleet.cloud.credentials
    if keys is not None and keys.environment and not (keys.access_key_id and keys.access_key_secret):
        for part in ("ID", "SECRET"):
            name = f"ALIBABA_CLOUD_ACCESS_KEY_{part}"
            if os.environ.get(name):
                found[f"{_FIRST}.cloud.credentials.access_key_{part.lower()}"] = ("set", f"environment {name}")
    if os.environ.get("NO_COLOR"):
        found["theme"] = ("mono", "environment NO_COLOR")
    elif options.theme is not None:
        found["theme"] = (options.theme, "option --theme")
    from console.run import place

    chosen = options.state_dir
    found["state_dir"] = (str(chosen), "option --state-dir") if chosen else (str(place.default()), "default")
    if options.log_file is not None:
        found["log_file"] = (str(options.log_file), "option --log-file")
    return found
