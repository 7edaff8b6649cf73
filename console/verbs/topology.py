"""The verbs that look at a topology: propose one, read its file, say what is missing, adopt what is there, export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.errors import EXIT_DONE, EXIT_REFUSED, Lost, UsageError
from console.options import Options, common

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.decide.setup.task import Check, SetupPlan
    from console.model.ground import Ground
    from console.model.run import RunReport
    from console.model.topology import Topology
    from console.settings import Settings

_AGAIN = "Try again once it answers; a permission that is named has to be granted first."
FILE = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
REGION = click.option("--region", metavar="REGION", help="Region of the account; the settings' one otherwise.")
TAKE = click.option(
    "--take",
    multiple=True,
    metavar="OBJECT",
    help="Take fields of this object that others manage, as 'Ingress ns/name'.",
)


@click.group()
@common
def topology(options: Options) -> None:
    """Set up a Fleet, its members, its gateway and its routes from one file, or take them away.

    \b
    Example: fleet-console topology init topology.yaml
    Example: fleet-console topology plan topology.yaml
    Example: fleet-console topology apply topology.yaml --yes
    """


@topology.command()
@FILE
@REGION
@click.option("--name", default="demo", metavar="NAME", help="Of the topology and of what is made. [demo]")
@click.option("--data-centre", metavar="CONTEXT", help="Kubeconfig context of the data centre's cluster.")
@common
def init(options: Options, file: Path, region: str | None, name: str, data_centre: str | None) -> None:
    """Write the smallest complete hybrid topology that the account allows, with a reason for every choice.

    \b
    Example: fleet-console topology init topology.yaml
    """
    from console.decide.setup.file import annotated
    from console.decide.setup.propose import check_name, propose
    from console.run.setup import discover

    check_name(name)
    _absent(file)
    settings = options.load()
    where = discover.region_of(settings, region)
    ground = _discovered(options, settings, where)
    proposal = propose(ground, where, discover.sites(options.access(), settings, data_centre), name=name)
    _write(file, annotated(proposal.topology, proposal.reasons))
    tell(
        options, f"{file} is written; look at it, then: fleet-console topology plan {file}", proposal.topology, (), None
    )


@topology.command()
@FILE
@common
def validate(options: Options, file: Path) -> None:
    """Say whether a topology file is sound in itself; asks no cloud.

    \b
    Example: fleet-console topology validate topology.yaml
    """
    from console.decide.setup import file as files

    said = files.read(file)
    tell(options, f"{file}: sound", said, (), None)


@topology.command()
@FILE
@TAKE
@common
def plan(options: Options, file: Path, take: Sequence[str]) -> None:
    """Say what is red, what would be done and in which order; exit 3 where something is red. Nothing is written.

    \b
    Example: fleet-console topology plan topology.yaml -o json
    """
    from console.decide.setup import file as files
    from console.decide.setup.checks import reds
    from console.present import setups as words

    said = files.read(file)
    _, checks, made = survey(options, said, take)
    notes = (words.verdict_line(checks, made),)
    tell(options, words.plan_text(said, checks, made, notes), said, checks, made)
    click.get_current_context().exit(EXIT_REFUSED if reds(checks) else EXIT_DONE)


@topology.command()
@FILE
@common
def status(options: Options, file: Path) -> None:
    """Say what stands and what is missing, and how the last set-up here ended; exit 4 where something is missing.

    \b
    Example: fleet-console topology status topology.yaml
    """
    from console.decide.setup import file as files
    from console.present import setups as words
    from console.run.setup import setups

    said = files.read(file)
    _, checks, made = survey(options, said, ())
    report = setups.last(options.access(), said.name)
    notes = [] if report is None else [words.run_line(report)]
    tell(options, words.status_text(said, checks, made, notes), said, checks, made, run=report)
    click.get_current_context().exit(words.status_exit(made))


@topology.command()
@FILE
@REGION
@click.option("--adopt-fleet", metavar="FLEET", help="Id or name of the Fleet, where the account has several.")
@common
def adopt(options: Options, file: Path, region: str | None, adopt_fleet: str | None) -> None:
    """Write the topology of what somebody built by hand, and say what differs from it.

    \b
    Example: fleet-console topology adopt topology.yaml
    """
    from console.decide.setup.adopt import adopt as adopted
    from console.decide.setup.file import dump
    from console.present import setups as words
    from console.run.setup import discover
    from console.run.setup.shelf import SETTINGS

    _absent(file)
    settings = options.load()
    where = discover.region_of(settings, region)
    ground = _discovered(options, settings, where)
    found = adopted(ground, where, discover.hints(settings), fleet=adopt_fleet)
    _write(file, dump(found.topology))
    _, checks, made = survey(options, found.topology, ())
    notes = [f"{file} is written", *found.notes]
    own = discover.fetched(options.state_dir, ground.account)
    if own is not None and own.with_name(SETTINGS).exists() and not settings.fleet.members:
        notes.append(f"the settings that its set-up left say more of its members: --config {own.with_name(SETTINGS)}")
    text = words.plan_text(found.topology, checks, made, notes)
    tell(options, text, found.topology, checks, made, notes=found.notes)


@topology.command()
@FILE
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder to write.")
@common
def export(options: Options, file: Path, out: Path) -> None:
    """Write the Fleet's manifests as a folder for Git; nothing secret is in it.

    \b
    Example: fleet-console topology export topology.yaml --out fleet-git
    """
    from console.decide.setup import export as exports
    from console.decide.setup import file as files
    from console.decide.setup.found import Found
    from console.run.setup import setups

    said = files.read(file)
    ground, checks, made = survey(options, said, ())
    moved = exports.moving(checks)
    texts = exports.files(Found(said, ground), moved)
    setups.written(out, texts)
    told = "\n".join((f"{len(texts)} files are in {out}", *(f"! {one}" for one in moved)))
    tell(options, told, said, checks, made, notes=moved)


def survey(
    options: Options, said: Topology, take: Sequence[str], retry: frozenset[str] = frozenset()
) -> tuple[Ground, tuple[Check, ...], SetupPlan]:
    """The ground of a topology, what the rules say of it, and the plan. Raises `Lost` where it cannot be read,
    `UsageError` where `take` or `retry` names nothing of the topology, `Refused` where what is to be made anew has not
    failed."""
    from console.decide.setup.found import Found
    from console.decide.setup.named import refuse_retry, refuse_take
    from console.decide.setup.plan import plan as planned
    from console.decide.setup.retry import refuse
    from console.decide.setup.unknown import unknown_to_show
    from console.run.setup import setups

    sight = setups.eyes(options.access(), options.load(), said)
    ground = sight.read()
    missing = unknown_to_show(said, ground)
    if missing:
        raise Lost(f"the ground cannot be read: {'; '.join(missing)}", fix=_AGAIN)
    found = Found(said, ground)
    refuse_take(found, take)
    refuse_retry(found, retry)
    refuse(found, retry)
    made = planned(said, ground, take=frozenset(take), retry=retry)
    return ground, setups.judged(said, ground, made, sight), made


def tell(
    options: Options, text: str, said: Topology, checks: Sequence[Check], made: SetupPlan | None, *,
    run: RunReport | None = None, notes: Sequence[str] = (),
) -> None:  # fmt: skip
    """The answer as text, or as the one JSON document."""
    from console.present import setups as words

    if options.json:
        click.echo(json.dumps(words.document(said, checks, made, run=run, notes=notes), ensure_ascii=False))
    else:
        click.echo(text)


def _discovered(options: Options, settings: Settings, region: str) -> Ground:
    """What the region holds. Raises `Lost` where the account cannot be read."""
    from console.decide.setup.unknown import no_region
    from console.model.text import inert
    from console.run.setup import discover

    ground = discover.ground(options.access(), settings, region)
    account = ground.account
    known = {"vpcs": account.vpcs, "subnets": account.subnets, "fleets": account.fleets}
    dark = [f"{name}: {ground.unread.get(name, 'not read')}" for name, part in known.items() if part is None]
    if dark:
        if no_region(region, ground):
            regions = ", ".join(account.regions or ()) or "none"
            raise UsageError(f"{inert(region, 60)} is no region of ACK One", fix=f"Choose of: {inert(regions, 200)}.")
        raise Lost(f"the account cannot be read: {'; '.join(dark)}", fix=_AGAIN)
    return ground


def _absent(file: Path) -> None:
    if file.exists():
        raise UsageError(f"{file} exists, and is not overwritten", fix="Name another file.")


def _write(file: Path, text: str) -> None:
    """A new file, whole; nobody else's is overwritten."""
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", fix="Name a file that can be written.") from None
