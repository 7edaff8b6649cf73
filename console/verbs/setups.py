"""The verbs that carry a topology out, or take it away: shown, confirmed by typed words, done by the runner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.errors import EXIT_DONE, EXIT_REFUSED, FleetConsoleError, Lost, Refused
from console.options import Options, common
from console.verbs.telling import confirm_word, follow
from console.verbs.topology import FILE, TAKE, survey, tell, topology

if TYPE_CHECKING:
    from console.decide.setup.order import Order
    from console.decide.setup.task import Check, SetupPlan
    from console.model.topology import Topology
    from console.run.rows import Row

_YES = click.option("--yes", is_flag=True, help="Answer the typed confirmation.")
_DETACH = click.option("--detach", is_flag=True, help="Leave once the run has begun.")
_HASH = click.option("--plan-hash", metavar="HASH", help="Begin only if the plan is still this one.")
_REASON = click.option("--reason", default="", metavar="TEXT", help="Why, for the journal.")


@click.command()
@FILE
@TAKE
@click.option(
    "--retry", multiple=True, metavar="ITEM", help="What has failed and is made anew: fleet, or 'member NAME'."
)
@_YES
@_DETACH
@_HASH
@_REASON
@common
def apply(
    options: Options, file: Path, take: Sequence[str], retry: Sequence[str], yes: bool, detach: bool,
    plan_hash: str | None, reason: str,
) -> None:  # fmt: skip
    """Do what the plan says, in order, by a runner that outlives this terminal; exit 3 where something is red.

    \b
    Example: fleet-console topology apply topology.yaml
    Example: fleet-console topology apply topology.yaml --yes --detach
    Example: fleet-console topology apply topology.yaml --retry fleet
    """
    from console.decide.setup import file as files
    from console.decide.setup.checks import reds, unconfirmed
    from console.decide.setup.order import order
    from console.present import setups as words

    said = files.read(file)
    options.load().check_writable()
    _, checks, made = survey(options, said, take, frozenset(retry))
    if reds(checks) or not made.tasks:
        notes = (words.verdict_line(checks, made),)
        tell(options, words.plan_text(said, checks, made, notes), said, checks, made)
        click.get_current_context().exit(EXIT_REFUSED if reds(checks) else EXIT_DONE)
    _same(made, plan_hash)
    open_ = sorted({one.rule for one in unconfirmed(checks)})
    told = order(said, made, take=take, retry=retry, unconfirmed=open_, file=str(file))
    _begin(options, said, checks, made, told, yes=yes, detach=detach, reason=reason)


@click.command()
@FILE
@click.option(
    "--also",
    multiple=True,
    metavar="THING",
    help="An adopted thing that goes, too: fleet, 'member NAME', vpc, ...; or fleet, 'Namespace NAME' with what others "
    "have in it; hub: what cannot be seen on the Fleet.",
)
@_YES
@_DETACH
@_HASH
@_REASON
@click.option("--show", is_flag=True, help="Say what would go, and leave.")
@common
def teardown(
    options: Options, file: Path, also: Sequence[str], yes: bool, detach: bool, plan_hash: str | None, reason: str,
    show: bool,
) -> None:  # fmt: skip
    """Take away what the set-up made, in reverse; what was adopted stays, unless it is named.

    \b
    Example: fleet-console topology teardown topology.yaml --show
    Example: fleet-console topology teardown topology.yaml
    """
    from console.decide.setup import file as files
    from console.decide.setup.away import away, unseen
    from console.decide.setup.checks import reds, unconfirmed
    from console.decide.setup.found import Found
    from console.decide.setup.named import refuse_also
    from console.decide.setup.order import order
    from console.present import setups as words
    from console.run.setup import setups

    said = files.read(file)
    access, settings = options.access(), options.load()
    ground = setups.eyes(access, settings, said, away=True).read()
    refuse_also(Found(said, ground), also)
    found = away(said, ground, frozenset(also))
    if found.missing:
        raise Lost(f"it cannot be told what would be left behind: {'; '.join(found.missing)}")
    made, checks, red = found.plan, found.checks, reds(found.checks)
    notes = [
        *filter(None, [unseen(made)]),
        *(f"stays: {one}" for one in (*found.stays, *setups.stays_here(access, said))),
    ]
    if show or red or not made.tasks:
        if not show and not red:
            setups.tidy(access, said, ground)
        told = [*notes, *([words.verdict_line(checks, made)] if red else [])]
        tell(options, words.plan_text(said, checks, made, told), said, checks, made, notes=notes)
        click.get_current_context().exit(EXIT_REFUSED if red else EXIT_DONE)
    settings.check_writable()
    _same(made, plan_hash)
    open_ = sorted({one.rule for one in unconfirmed(checks)})
    _begin(options, said, checks, made, order(said, made, also=also, unconfirmed=open_, file=str(file)), yes=yes,
           detach=detach, reason=reason, notes=notes)  # fmt: skip


def _same(made: SetupPlan, plan_hash: str | None) -> None:
    from console.decide.plan import short

    plain = (plan_hash or "").replace("-", "").lower()
    if plan_hash is not None and not (len(plain) >= 8 and made.hash.startswith(plain)):
        raise Refused(
            f"the plan is {short(made.hash)}, not {plan_hash}", fix="Look at it: fleet-console topology plan."
        )


def _begin(
    options: Options, said: Topology, checks: Sequence[Check], made: SetupPlan, told: Order, *, yes: bool,
    detach: bool, reason: str, notes: Sequence[str] = (),
) -> None:  # fmt: skip
    """Show, have it confirmed, start the runner and follow it."""
    from console.decide.plan import short
    from console.present import setups as words
    from console.run import runs as engine
    from console.run.setup import setups

    click.echo(
        words.plan_text(said, checks, made, [*notes, *([words.verdict_line(checks, made)] if checks else [])]), err=True
    )
    if not yes:
        word = f"teardown {said.name}" if made.kind == "teardown" else said.name
        final = [one.final for one in made.tasks if one.final]
        what = f"{made.kind} {said.name} (plan {short(made.hash)}; {len(final)} of its steps cannot be undone)"
        confirm_word(word, what)
    started = setups.start(options.access(), options.load(), told, reason=reason)
    follow(
        options, started, () if detach else engine.follow(options.access(), started.run),
        lambda report: tell(options, "", said, checks, made, run=report, notes=notes),
    )  # fmt: skip


def show_rest(options: Options, row: Row) -> None:
    """What a run that is over has left to do, by the ground as it is now; and why not, where that cannot be read."""
    from dataclasses import replace

    from console.decide.setup import order as orders
    from console.present import setups as words
    from console.run.setup import setups

    order = orders.parse(row.plan)
    access = replace(options.access(), **{name: row.access.get(name) for name in ("kubeconfig", "context")})
    missing: Sequence[str]
    try:
        ground = setups.eyes(access, options.load(), order.topology).read()
        missing = order.unknown(ground)
    except FleetConsoleError as error:
        missing = (str(error),)
    if missing:
        click.echo(f"what is left to do cannot be shown now: {'; '.join(missing)}", err=True)
        return
    click.echo(words.plan_text(order.topology, (), order.plan(ground, prove=True)), err=True)


for verb in (apply, teardown):
    topology.add_command(verb)
