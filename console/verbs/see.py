"""The verbs that look: `status` of the whole Fleet, `route` with the five layers of one route and a short probe."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from console.errors import EXIT_DONE, EXIT_HELD, EXIT_UNREACHABLE, Answered, Denied, Lost, Unreachable, UsageError
from console.options import DURATION, Options, common

if TYPE_CHECKING:
    from console.errors import FleetConsoleError
    from console.model.argo import ApplicationSet
    from console.model.fleet import Fleet, Route
    from console.model.freshness import SourceName
    from console.observe import Observer
    from console.settings import Settings

PROBING = 3.0
"""Seconds for which `route` probes."""
PROBE_RATE = 20.0
"""Requests a second while it does; the whole budget, since it probes one route."""


@click.command()
@click.option("--timeout", type=DURATION, default="10s", metavar="S", help="Time for the sources to answer.  [10s]")
@common
def status(options: Options, timeout: float) -> None:
    """Say what every source knows of the Fleet, once; does not probe.

    \b
    Example: fleet-console status -o json --timeout 5s
    """
    from console.present import documents, tables
    from console.run import runs

    with observing(options, options.load(), probes=False) as observer:
        fleet, now = settled(observer, timeout), observer.store.now
    if options.json:
        click.echo(json.dumps(documents.status_document(fleet, now, time.time()), ensure_ascii=False))
    else:
        host = runs.runs(options.access(), fleet_uid=fleet.uid) if fleet.uid else ()
        click.echo(tables.status_text(fleet, now, host, time.time()))
    click.get_current_context().exit(answered(fleet))


@click.command()
@click.argument("route", metavar="NS/NAME")
@click.option("--timeout", type=DURATION, default="10s", metavar="S", help="Time for the sources to answer.  [10s]")
@common
def route(options: Options, route: str, timeout: float) -> None:
    """Say the five layers of one route's weights, after up to 3 s of probing.

    \b
    Example: fleet-console route gateway-demo/web-demo -o json
    """
    from console.model.given_up import given_up
    from console.present import documents, tables

    with observing(options, options.load(), probes=True) as observer:
        observer.boost(route, PROBE_RATE)
        found = known_route(settled(observer, timeout), route)
        if found.probed:
            time.sleep(PROBING)
        fleet, now = given_up(observer.store.fleet, timeout), observer.store.now
        found = known_route(fleet, route)
    if options.json:
        click.echo(json.dumps(documents.route_document(found), ensure_ascii=False))
    else:
        click.echo(tables.route_text(fleet, found, now, time.time()))


@click.command()
@click.argument("name", metavar="[NAMESPACE/]NAME")
@click.option("--timeout", type=DURATION, default="10s", metavar="S", help="Time for the sources to answer.  [10s]")
@common
def applicationset(options: Options, name: str, timeout: float) -> None:
    """Say whom an ApplicationSet generates, and what an edit of a member's labels would drop.

    \b
    Example: fleet-console applicationset argocd/web-demo -o json
    """
    from console.present import sets

    with observing(options, options.load(), probes=False) as observer:
        fleet, now = settled(observer, timeout), observer.store.now
    found = _known_set(fleet, name)
    if options.json:
        click.echo(json.dumps(sets.set_document(fleet, found), ensure_ascii=False))
    else:
        click.echo(sets.set_text(fleet, found, now, time.time()))


def _known_set(fleet: Fleet, name: str) -> ApplicationSet:
    from console.model.freshness import SourceName
    from console.model.text import inert

    found = [one for one in fleet.sets if name in (one.key, one.name)]
    if len(found) == 1:
        return found[0]
    shown = inert(name, 160)
    if found:
        raise UsageError(f"'{shown}' names {len(found)} ApplicationSets", fix="Write it as NAMESPACE/NAME.")
    if not fleet.source(SourceName.SETS).state.answered:
        raise unread(fleet, SourceName.SETS, "ApplicationSets")
    names = ", ".join(one.key for one in fleet.sets[:8]) or "none"
    raise UsageError(f"no ApplicationSet is called '{shown}'", fix=f"Known: {names}.")


def unread(fleet: Fleet, source: SourceName, called: str, what: str = "") -> FleetConsoleError:
    """The failure that explains why a source says nothing: the hub's own where it is out of reach. `what`: to begin the
    sentence with."""
    from console.model.freshness import SourceName, SourceState

    found, hub = fleet.source(source), fleet.source(SourceName.HUB)
    if found.echoes and hub.wanting:
        found = hub
    if found.late and found is not hub:
        found = replace(found, message=f"the hub has not said in time which {called} there are")
    why = ": ".join(filter(None, (what, found.message or f"{called} are {found.word}")))
    if found.state is SourceState.DENIED:
        return Denied(why, permission=found.permission or "")
    return (Answered if found.state is SourceState.MISSING else Lost)(why)


@contextmanager
def observing(options: Options, settings: Settings, *, probes: bool) -> Iterator[Observer]:
    """Every source of the Fleet that the options name, read while the block lasts."""
    from console.observe import Observer

    observer = Observer(settings, kubeconfig=options.kubeconfig, context=options.context, probes=probes)
    observer.start()
    try:
        yield observer
    finally:
        observer.stop()


@contextmanager
def planning(options: Options, settings: Settings, timeout: float) -> Iterator[tuple[Observer, Fleet]]:
    """The readers, and the Fleet once every source has said something; raises the hub's own failure where nobody knows
    which Fleet it is."""
    with observing(options, settings, probes=False) as observer:
        fleet = settled(observer, timeout)
        must_know(fleet)
        yield observer, fleet


def settled(observer: Observer, timeout: float) -> Fleet:
    """The Fleet once every source has said something, or `timeout` seconds went by: then some were not read."""
    from console.model.given_up import given_up

    observer.settled(timeout)
    return given_up(observer.store.fleet, timeout)


def waited(observer: Observer, until: Callable[[Fleet], bool], timeout: float) -> Fleet:
    """The Fleet once `until` holds, or `timeout` seconds went by: what has said nothing by then was not read."""
    from console.model.given_up import given_up

    observer.store.wait(until, timeout)
    return given_up(observer.store.fleet, timeout)


def known_route(fleet: Fleet, key: str) -> Route:
    """The route of that name; else the failure that explains why there is none."""
    from console.model.freshness import SourceName, SourceState
    from console.model.text import inert

    found = fleet.route(key)
    if found is not None:
        return found
    source = fleet.source(SourceName.ROUTES)
    shown = inert(key, 120)
    if source.state.answered or source.state is SourceState.STALE:
        names = ", ".join(r.key for r in fleet.routes[:8]) or "none"
        raise UsageError(f"no route is called '{shown}'", fix=f"Known routes: {names}.")
    raise unread(fleet, SourceName.ROUTES, "Ingresses")


def answered(fleet: Fleet) -> int:
    """The exit code of `status`: 0 where every configured source answered, 7 where none did, else 4."""
    states = [source.state for source in fleet.sources if not source.idle]
    if states and all(state.answered for state in states):
        return EXIT_DONE
    return EXIT_HELD if any(state.answered for state in states) else EXIT_UNREACHABLE


def must_know(fleet: Fleet) -> str:
    """The Fleet's UID; raises the hub's own failure where nobody could read it."""
    from console.model.freshness import SourceName

    if fleet.uid is not None:
        return fleet.uid
    source = fleet.source(SourceName.HUB)
    raise Unreachable(source.message or f"the hub is {source.word}")
