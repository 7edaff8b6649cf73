"""The verbs that plan and start a shift: `shift` with weights, `drain` of a zone or member, `run` of a plan file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from console.errors import EXIT_DONE, EXIT_REFUSED, UsageError
from console.options import DURATION, LASTING, NEVER, Options, common
from console.verbs.see import planning
from console.verbs.telling import confirm, follow, say_plan, warm

if TYPE_CHECKING:
    from console.decide.case import Around, Wish
    from console.decide.intents import Decision
    from console.model.fleet import Fleet
    from console.model.run import Reason
    from console.observe import Observer
    from console.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

_PLANNING = (
    click.option("--steps", metavar="now|canary|P,...", help="Percent of the way after each step.  [now]"),
    click.option("--hold", type=LASTING, metavar="S", help="How long to stay at each step.  [0s]"),
    click.option("--expires", type=NEVER, metavar="S|never", help="When to go back by itself.  [drain: 60m]"),
    click.option("--on-loss", type=click.Choice(["continue", "hold", "rollback"]),
                 help="What to do at the next step once nobody has looked for 30 s.  [continue]"),
    click.option("--on-refusal", type=click.Choice(["hold", "rollback"]),
                 help="What to do where a write in the middle is refused.  [hold]"),
    click.option("--override", metavar="RULE,...", help="Rules that block and shall not; see `fleet-console rules`."),
    click.option("--confirm", "confirmed", metavar="RULE,...", help="Rules that ask, answered: data-layer."),
    click.option("--probe-rate", type=float, metavar="R",
                 help="Consent: probe requests a second, of all its routes, until they agree.  [settings, none]"),
    click.option("--hold-sync", is_flag=True,
                 help="Consent: automated sync is off for the run's time on ArgoCD Applications that would revert it."),
    click.option("--new-key", is_flag=True, help="Allow a weight key that was never seen on an Ingress."),
)  # fmt: skip
_STARTING = (
    click.option("--reason", metavar="TEXT", help="Why; it is kept in the run's record."),
    click.option("--ticket", metavar="TEXT", help="A ticket, kept with the reason."),
    click.option("--plan-only", is_flag=True, help="Say the plan and what speaks against it; write nothing."),
    click.option(
        "--plan-hash",
        metavar="HASH",
        help="Refuse any plan but the one with this hash (or its first 8 digits or more).",
    ),
    click.option("--yes", is_flag=True, help="Do not ask for a typed confirmation."),
    click.option("--detach", is_flag=True, help="Start the run and leave; exit 4."),
    click.option("--timeout", type=DURATION, default="20s", metavar="S", help="Time for the sources to answer.  [20s]"),
)


def with_options(*groups: tuple[Callable[[F], F], ...]) -> Callable[[F], F]:
    """Add groups of options to a verb."""

    def add(function: F) -> F:
        for option in reversed([one for group in groups for one in group]):
            function = option(function)
        return function

    return add


@click.command()
@click.argument("routes", metavar="NS/NAME,...")
@click.option("--to", required=True, metavar="MEMBER=W,...", help="Weights by member id, name or unique prefix.")
@click.option("--save", type=click.Path(path_type=Path), metavar="FILE", help="Write the plan file and start nothing.")
@with_options(_PLANNING, _STARTING)
@common
def shift(options: Options, routes: str, to: str, save: Path | None, **said: Any) -> None:
    """Give one or more routes new weights, and follow the change down to the traffic.

    \b
    Example: fleet-console shift gateway-demo/web-demo --to ack-prod=80,idc-prod=20 --steps canary --reason OPS-12
    """
    from console.decide import split
    from console.decide.case import Wish

    pairs = split.parse(to)
    keys = [key.strip() for key in routes.split(",") if key.strip()]

    def wish(fleet: Fleet) -> Wish:
        from console.verbs.see import known_route

        found = [known_route(fleet, key) for key in keys]
        if len(set(keys)) != len(keys) or not keys:
            raise UsageError("a route is named twice, or none is", fix="Name each route once.")
        return Wish(tuple((route.key, split.resolve(fleet, route, pairs)) for route in found))

    _go(options, wish, save, said)


@click.command()
@click.argument("target", metavar="ZONE|MEMBER")
@click.option("--save", type=click.Path(path_type=Path), metavar="FILE", help="Write the plan file and start nothing.")
@with_options(_PLANNING, _STARTING)
@common
def drain(options: Options, target: str, save: Path | None, **said: Any) -> None:
    """Take all weight off a zone or a member, on all routes of all gateways; after 60 min it comes back by itself.

    \b
    Example: fleet-console drain zone-b --confirm data-layer --reason "zone-b is down" --expires 2h
    """
    from console.decide.intents import drained

    _go(options, lambda fleet: drained(fleet, target), save, said)


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@with_options(_STARTING)
@common
def run(options: Options, file: Path, **said: Any) -> None:
    """Carry a plan file out; its reason is kept unless another is given.

    \b
    Example: fleet-console run drain-zone-b.yaml --yes
    """
    from console.decide import planfile

    plan = planfile.load(file)
    said["reason"] = said["reason"] or plan.reason
    said["ticket"] = said["ticket"] or plan.ticket
    _go(options, plan.wish, None, said)


def _go(options: Options, wished: Callable[[Fleet], Wish], save: Path | None, said: dict[str, Any]) -> None:
    """Plan, say what speaks against it, ask, start, follow."""
    from console.decide import planfile
    from console.decide.intents import decide
    from console.decide.plan import means, short
    from console.present import changes, reports

    settings = options.load()
    reason = _reason(said, needed=save is None)
    if save is None and not said["plan_only"]:
        warm()
    with planning(options, settings, said["timeout"]) as (observer, fleet):
        wish = amended(wished(fleet), said)
        if save is not None:
            planfile.write(save, planfile.of(fleet, wish, said["reason"] or "", said["ticket"] or ""))
            click.echo(f"{save} holds the plan; carry it out: fleet-console run {save}", err=True)
            return
        decision = decide(fleet, wish, around(options, settings, fleet))
        trial = dry_run(observer, decision)
    reasons = (*decision.reasons, *trial)
    plan = decision.plan
    refused = decision.refused or any(one.severity == "blocks" for one in trial)
    wrong = bool(plan and said["plan_hash"] and not means(plan.hash, said["plan_hash"]))
    text = reports.plan_text(fleet, plan, reasons, decision)
    if plan is None or refused or wrong or said["plan_only"]:
        report = reports.planned(fleet, plan, reasons, reason, refused=refused or wrong)
        say_plan(options, text, report, plan)
        if wrong and plan is not None:
            click.echo(f"refused: the plan is {short(plan.hash)}, not {said['plan_hash']}", err=True)
        elif refused and decision.blocking:
            click.echo(f"refused: {reports.ways_out(decision)}", err=True)
        click.get_current_context().exit(EXIT_REFUSED if refused or wrong else EXIT_DONE)
    click.echo(text, err=True)
    warm()
    if not said["yes"]:
        confirm(fleet, f"{plan.kind} {plan.target or changes.several(plan)} (plan {short(plan.hash)})", plan.target)
    from console.run import runs as engine

    started = engine.start(options.access(), settings, plan, reason=reason, reasons=reasons)
    follow(options, started, () if said["detach"] else engine.follow(options.access(), started.run))


def _reason(said: dict[str, Any], *, needed: bool) -> str:
    words = (said["reason"] or "").strip()
    if needed and not words:
        raise UsageError("the reason is missing", fix="Say why with --reason TEXT.")
    ticket = (said["ticket"] or "").strip()
    return f"{words} [{ticket}]" if ticket else words


def amended(wish: Wish, said: dict[str, Any]) -> Wish:
    """The wish with what the command line says of steps, holds, expiry, losses and rules."""
    from console.decide import steps

    values: dict[str, Any] = {}
    if said.get("steps") is not None:
        values["steps"] = steps.parse(said["steps"])
    for name in ("hold", "on_loss", "on_refusal", "probe_rate"):
        if said.get(name) is not None:
            values[name] = said[name]
    if said.get("expires") is not None:
        values["expires"] = None if said["expires"] == float("inf") else said["expires"]
    for name in ("hold_sync", "new_key"):
        if said.get(name):
            values[name] = True
    for option, name in (("override", "overrides"), ("confirmed", "confirmed")):
        if said.get(option):
            values[name] = tuple(word.strip() for word in said[option].split(",") if word.strip())
    return replace(wish, **values)


def around(options: Options, settings: Settings, fleet: Fleet) -> Around:
    """What decides beside the picture, as this host knows it, and members say themselves."""
    from console.run import runs as engine

    return engine.around(options.access(), settings, fleet, ask=True)


def dry_run(observer: Observer, decision: Decision) -> tuple[Reason, ...]:
    """The API server's own word on the plan, from a server-side dry run; nothing where there is no plan to try."""
    from console.run import trial

    if decision.plan is None or decision.refused:
        return ()
    return trial.reasons(observer, decision.plan)
