"""The verbs about guardrails: `rules` lists them, `freeze` and `unfreeze` say that nothing may move, `wait` waits for
what clients see."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import click

from console.errors import EXIT_DONE, EXIT_UNVERIFIED, NotConfirmed, UsageError
from console.model.freshness import SourceName, SourceState
from console.options import DURATION, Options, common
from console.verbs.see import known_route, must_know, observing, settled, waited
from console.verbs.telling import confirm

if TYPE_CHECKING:
    from console.model.fleet import Fleet, Route
    from console.observe import Observer

_OBSERVED = re.compile(r"(?P<member>.+?)(?P<how>>=|<=)(?P<share>[0-9]+(?:\.[0-9]+)?)%?")
LOOK = 0.5
"""Seconds between two looks of `wait`."""
RATE = 20.0
"""Requests a second while it waits; the budget may allow less."""


@click.command()
@common
def rules(options: Options) -> None:
    """List the guardrails: what each wants, what it weighs here, its threshold, whether it can be overridden.

    \b
    Example: fleet-console rules -o json
    """
    from console.decide.rules import RULES
    from console.present import guardrails

    settings = options.load()
    found = [guardrails.row(rule, settings.rules.get(rule.name)) for rule in RULES]
    if options.json:
        click.echo(json.dumps([row.document() for row in found], ensure_ascii=False))
    else:
        click.echo(guardrails.text(found))


@click.command()
@click.option("--reason", required=True, metavar="TEXT", help="Why nothing may move.")
@click.option("--for", "lasting", type=DURATION, metavar="S", help="How long; else until it is taken away.")
@click.option("--yes", is_flag=True, help="Do not ask for a typed confirmation.")
@common
def freeze(options: Options, reason: str, lasting: float | None, yes: bool) -> None:
    """Say on the Fleet that nothing may be moved: every console refuses to, by rule `freeze`.

    \b
    Example: fleet-console freeze --reason "database failover" --for 2h
    """
    from console.kube import records
    from console.present import guardrails
    from console.run import record
    from console.run.who import actor

    settings = options.load()
    settings.check_writable()
    with observing(options, settings, probes=False) as observer:
        fleet, now = _known(observer), time.time()
        former = guardrails.standing(fleet, now)
        instead = f"; {former}" if former else ""
        if not yes:
            confirm(fleet, f"freeze {fleet.name}{instead}")
        assert observer.hub is not None
        records.ensure_namespace(observer.hub)
        records.freeze(
            observer.hub,
            {
                "actor": actor(observer.hub.whoami()),
                "reason": reason,
                "since": record.stamp(now),
                "until": record.stamp(now + lasting) if lasting else "",
            },
        )
    click.echo(f"{fleet.name} is frozen: {reason}{instead}", err=True)


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask for a typed confirmation.")
@common
def unfreeze(options: Options, yes: bool) -> None:
    """Take the Fleet's freeze away.

    \b
    Example: fleet-console unfreeze --yes
    """
    from console.kube import records

    settings = options.load()
    settings.check_writable()
    with observing(options, settings, probes=False) as observer:
        fleet = _known(observer)
        if not yes:
            confirm(fleet, f"unfreeze {fleet.name}")
        assert observer.hub is not None
        there = records.freeze(observer.hub, None)
    click.echo(f"{fleet.name} {'is not frozen any more' if there else 'was not frozen'}", err=True)


@click.command()
@click.option("--route", "key", required=True, metavar="NS/NAME", help="The route.")
@click.option("--observed", required=True, metavar="MEMBER>=P", help="The share that clients shall see, in percent.")
@click.option("--timeout", type=DURATION, default="120s", metavar="S", help="How long to wait.  [120s]")
@common
def wait(options: Options, key: str, observed: str, timeout: float) -> None:
    """Wait until clients see a member's share of a route: its whole 95 % interval beyond the number; exit 5 if not.

    \b
    Example: fleet-console wait --route gateway-demo/web-demo --observed 'ack-prod>=99' --timeout 5m
    """
    found = _OBSERVED.fullmatch(observed.strip())
    if found is None:
        raise UsageError(f"'{observed}' is no share", fix="Write MEMBER>=PERCENT or MEMBER<=PERCENT.")
    least, share = found["how"] == ">=", float(found["share"])
    deadline = time.monotonic() + timeout
    with observing(options, options.load(), probes=True) as observer:
        observer.boost(key, RATE)
        route = known_route(settled(observer, min(10.0, timeout)), key)
        if not route.probed:
            raise UsageError(f"{key} is not probed", fix="Name a probe for it under fleets.probes in settings.")
        member = _member(observer.store.fleet, found["member"])
        while True:
            route = known_route(observer.store.fleet, key)
            holds, said = _seen(route, member, least=least, share=share)
            if holds or time.monotonic() >= deadline:
                break
            time.sleep(LOOK)
    if options.json:
        click.echo(json.dumps({"schema": "fleet-console/wait/v1", "route": key, "holds": holds, "message": said}))
    else:
        click.echo(said)
    click.get_current_context().exit(EXIT_DONE if holds else EXIT_UNVERIFIED)


def _member(fleet: Fleet, word: str) -> str:
    found = fleet.member(word.strip())
    if len(found) != 1:
        names = ", ".join(member.name for member in fleet.members[:8])
        raise UsageError(f"'{word}' names {len(found)} members", fix=f"Known members: {names}.")
    return found[0].id


def _seen(route: Route, member: str, *, least: bool, share: float) -> tuple[bool, str]:
    from console.model.share import Verdict

    line = route.weights(member)
    seen = line.observed if line is not None else None
    if seen is None:
        return False, f"{route.key}: too few answers yet"
    said = f"{route.key}: clients see {seen.share:.0f} % ({seen.low:.0f} to {seen.high:.0f} %, {seen.samples} answers)"
    if share in (0.0, 100.0) and least == (share == 100.0):
        return seen.verdict(share) is Verdict.AGREE, said
    return (seen.low >= share if least else seen.high <= share), said


def _known(observer: Observer) -> Fleet:
    """The Fleet, once its hub has said who it is, and whether it is frozen."""
    must_know(waited(observer, lambda fleet: fleet.uid is not None, 10.0))
    fleet = waited(observer, lambda fleet: fleet.source(SourceName.RUNS).state is not SourceState.LOADING, 5.0)
    if observer.hub is None:
        raise NotConfirmed("the hub is not connected")
    return fleet
