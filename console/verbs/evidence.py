"""The verbs on evidence: `evidence` makes a pack of a run, `verify` checks one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.errors import Refused, UsageError
from console.options import Options, common

if TYPE_CHECKING:
    from console.run.proof import Checked


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Where to; a new or empty directory."
)
@common
def evidence(options: Options, run: str, out: Path) -> None:
    """Write what this host's journal holds of a run: report, timeline, manifests, answers, and a chain of hashes.

    \b
    Example: fleet-console evidence 7c1 --out ./ops-12
    """
    from console.present import evidence as shown
    from console.run import pack
    from console.run.journal import Journal

    journal = Journal.there(options.state_dir)
    if journal is None:
        raise UsageError("this host has no journal", fix="Ask on the host that ran it, or name its --state-dir.")
    with journal:
        made = pack.make(journal, run, out.expanduser())
    if options.json:
        document = {
            "schema": "fleet-console/evidence/v1",
            "directory": str(made.directory),
            "entries": made.entries,
            "head": made.head,
            "recovery": [shown.recovery_document(one) for one in made.recoveries],
        }
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    sealed = f"sealed as {made.head}" if made.head else "not sealed: its runner has not ended"
    click.echo(f"{made.directory}: {made.entries} entries, {sealed}")
    for one in made.recoveries:
        took = "not recovered" if one.seconds is None else f"{one.seconds:.1f} s +- {one.error:.1f} s from {one.since}"
        click.echo(f"  {one.route or 'all routes'}: {took}")


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@common
def verify(options: Options, directory: Path, anchored: str | None) -> None:
    """Check an evidence pack, offline: exit 3 where a byte was changed, a file is missing or one too many.

    \b
    Example: fleet-console verify ./ops-12
    Example: fleet-console verify ./ops-12 --kubeconfig ~/.kube/fleet --fleet
    """
    from console.run import proof

    try:
        checked = proof.check(directory.expanduser())
    except proof.NoPack as error:
        raise UsageError(str(error), fix="Name a directory that `fleet-console evidence` made.") from None
    except proof.Broken as error:
        raise Refused(str(error), fix="This pack is not what was hashed.") from None
    anchor = None if anchored is None else _anchor(replace(options, fleet=anchored or options.fleet), checked)
    if options.json:
        document = {
            "schema": "fleet-console/verify/v1",
            "run": checked.run,
            "fleet_uid": checked.fleet_uid,
            "entries": checked.entries,
            "files": checked.files,
            "head": checked.seals[-1][1] if checked.seals else None,
            "after_seal": checked.after,
            "anchored_line": anchor,
        }
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    click.echo(proof.said(checked))
    if anchor is not None:
        click.echo(f"the Fleet's record of the run anchors line {anchor}")


# Here `--fleet` alone means: ask it. The common one would want a name.
verify.params = [one for one in verify.params if one.name != "fleet"]
click.option(
    "--fleet",
    "anchored",
    is_flag=False,
    flag_value="",
    metavar="[NAME]",
    help="Compare it with what the runner anchored on the Fleet, too (the first one of the settings, or NAME).",
)(verify)


def _anchor(options: Options, checked: Checked) -> int:
    """The line of the chain that the Fleet's record of the run anchors.

    Raises `Refused` where the Fleet is another one, or its record anchors another chain, or nothing.
    """
    from console.kube import records
    from console.kube.connect import Hub
    from console.run.proof import shown
    from console.run.record import is_run

    settings = options.load()
    if not is_run(checked.run):
        raise Refused(f"the pack is about no run: '{shown(checked.run)}'")
    hub = Hub.open(options.kubeconfig or settings.fleet.kubeconfig, options.context or settings.fleet.context)
    uid = hub.fleet_uid()
    if uid != checked.fleet_uid:
        raise Refused(f"the pack is of Fleet {shown(checked.fleet_uid)}, this one is {uid}")
    head = records.anchored(hub, checked.run)
    if not head:
        raise Refused(f"the Fleet's record of run {checked.run} anchors nothing", fix="Its runner may not have ended.")
    for line, known in reversed(checked.seals):
        if known == head:
            return line
    raise Refused(
        f"the Fleet's record of run {checked.run} anchors {head}, which is no seal of this pack",
        fix="The pack was changed, or another host took the run over and sealed it.",
    )
