"""The verb that prints least-privilege policies, and the simulator's that tries one."""

from __future__ import annotations

import json
from pathlib import Path

import click

from console.errors import UsageError
from console.options import Options, common
from console.verbs.faults import DIRECTORY

_ROLES = ("observer", "operator", "provisioner")


@click.group()
@common
def policy(options: Options) -> None:
    """Print what a role needs, and nothing else: RBAC for the hub, RAM for the cloud.

    \b
    Example: fleet-console policy rbac operator | kubectl apply -f -
    """


@policy.command()
@click.argument("role", type=click.Choice((*_ROLES, "member", "data-centre")), metavar="ROLE")
@common
def rbac(options: Options, role: str) -> None:
    """RBAC as YAML for an observer, operator or provisioner on the hub, or for a member's or a data centre's own API.

    \b
    Example: fleet-console policy rbac observer
    """
    from console.present import policy as policies

    text = policies.rbac(role)
    if options.json:
        items = list(policies.documents(text))
        click.echo(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    else:
        click.echo(text)


@policy.command()
@click.argument("role", type=click.Choice(_ROLES), metavar="ROLE")
@common
def ram(options: Options, role: str) -> None:
    """The RAM policy as JSON; but for a provisioner nobody needs more than to read.

    \b
    Example: fleet-console policy ram observer > fleet-console-ram.json
    """
    from console.present import policy as policies

    click.echo(policies.ram(role))


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--rbac", "rbac_file", type=click.Path(path_type=Path), metavar="FILE", help="What it may do on the hub.")
@click.option("--ram", "ram_file", type=click.Path(path_type=Path), metavar="FILE", help="What the cloud's key may do.")
@DIRECTORY
@common
def role(options: Options, name: str, rbac_file: Path | None, ram_file: Path | None, directory: Path | None) -> None:
    """Try a policy: add a context NAME to DIR/kubeconfig that has what RBAC documents grant, and limit the cloud's key.

    \b
    Example: fleet-console policy rbac operator > op.yaml; fleet-console sim role on-call --rbac op.yaml --dir D
    """
    from console.present import policy as policies
    from console.sim import handover
    from console.sim.faults import remote

    if directory is None or (rbac_file is None and ram_file is None):
        raise UsageError("nothing to try, or nowhere", fix="Give --dir, and --rbac or --ram.")
    if ram_file is not None:
        count = remote.policy(directory, json.loads(_read(ram_file)))
        click.echo(f"the cloud's key may use {count} actions")
    if rbac_file is not None:
        token = remote.role(directory, name, policies.documents(_read(rbac_file)))
        handover.add_context(directory, name, token)
        click.echo(f"context {name} is in {directory / handover.KUBECONFIG}")


def _read(file: Path) -> str:
    try:
        return file.expanduser().read_text("utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: cannot be read: {error}") from None
