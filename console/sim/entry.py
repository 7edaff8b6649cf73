"""The simulator's front door: a scenario's name in, a directory and one line of JSON out, then it serves until told to
stop or until its parent is gone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from console.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from console.sim.hub.kubeconfig import Entry
    from console.sim.simulation import Simulation
    from console.sim.world import World

PARENT_CHECK = 0.5
"""Seconds between two looks at the parent."""


def run(
    *,
    scenario: str = "calm",
    size: str | None = None,
    seed: int = 1,
    speed: float = 1.0,
    directory: Path,
    load: float | None = None,
    parent: int | None = None,
    hub: Path | None = None,
    context: str | None = None,
) -> int:
    """Serve a scenario until SIGTERM or SIGINT; returns the exit code.

    `hub`: the kubeconfig of a server that is the hub in place of one of its own, by its current context or `context`;
    raises `Refused` with every reason, `KubeconfigError`, `Denied` or `Lost` where that cannot be.
    `size`: a world of that size in place of a scenario's. `load`: requests a second in place of the scenario's.
    `parent`: end with the process of this id. Raises `SettingsError` for a scenario that cannot be used and
    `UsageError` for a size, a directory or a number that cannot.
    """
    if not speed > 0:
        raise UsageError(f"speed {speed} is not above 0", fix="1 is the pace of the real thing.")
    if load is not None and load < 0:
        raise UsageError(f"load {load} is below 0", fix="0 is none.")
    return asyncio.run(
        serve(
            scenario=scenario,
            size=size,
            seed=seed,
            speed=speed,
            directory=directory,
            load=load,
            parent=parent,
            hub=hub,
            context=context,
        )
    )


async def serve(
    *,
    scenario: str,
    size: str | None = None,
    seed: int,
    speed: float,
    directory: Path,
    load: float | None = None,
    parent: int | None = None,
    hub: Path | None = None,
    context: str | None = None,
    out: IO[str] | None = None,
) -> int:
    """As `run`, inside a loop that is there already; the ready line goes to `out`, or to standard output."""
    from console.sim import handover, sized
    from console.sim.scenario import load as read
    from console.sim.simulation import Simulation
    from console.sim.world import generate

    asked = read(scenario) if size is None else sized.scenario(sized.parse(size))
    stop = asyncio.Event()
    _listen(stop.set)
    world = generate(asked, seed=seed, began=time.time())
    given = None
    if hub is not None:
        handover.spare(directory, hub)
        given = await _given(hub, context, world)
    where = handover.prepare(directory)
    async with Simulation(world, speed=speed, load=load, given=given) as simulation:
        _leave(where, simulation)
        watching = asyncio.create_task(_follow(parent, stop.set)) if parent is not None else None
        ready = {
            "ready": True,
            "dir": str(where),
            "hub": simulation.hub_url,
            "openapi": f"http://{simulation.openapi}",
            "gateways": simulation.gateways,
            "internet": simulation.internet,
        }
        _note(simulation.greeting)
        _say(ready, out or sys.stdout)
        try:
            await simulation.until(stop)
        finally:
            (where / handover.CONTROL).unlink(missing_ok=True)
            _note(simulation.farewell)
        if watching is not None:
            watching.cancel()
    return EXIT_DONE


async def _given(kubeconfig: Path, context: str | None, world: World) -> Entry:
    """The server that is to be the hub, looked at before anything is written there."""
    from console.sim.hub.kubeconfig import read
    from console.sim.hub.look import check

    entry = read(kubeconfig, context)
    await check(entry, world)
    return entry


def _note(sentence: str) -> None:
    """A word beside the ready line, for whoever looks."""
    if sentence:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(sentence + "\n")
            sys.stderr.flush()


def _leave(where: Path, simulation: Simulation) -> None:
    """Write the files that a simulation's users need."""
    from console.sim import handover

    kubeconfig = where / handover.KUBECONFIG
    handover.write(kubeconfig, handover.kubeconfig(simulation.contexts))
    settings = handover.settings(
        simulation.world,
        kubeconfig=kubeconfig,
        openapi=simulation.openapi,
        keys=simulation.keys,
        gateways=simulation.gateways,
        servers=simulation.members.addresses,
        internet=simulation.internet,
        prometheus=simulation.prometheus,
        token=simulation.token,
    )
    handover.write(where / handover.SETTINGS, settings)
    handover.write(where / handover.CONTROL, simulation.control._asdict())


def _say(document: dict[str, Any], out: IO[str]) -> None:
    try:
        print(json.dumps(document), file=out, flush=True)
    except (BrokenPipeError, ValueError):
        # Nobody reads: the files are written, which is enough for those who look there. What is left in the buffer must
        # not fail the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _listen(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # Under nohup SIGHUP is ignored, and stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop)


async def _follow(parent: int, stop: Callable[[], None]) -> None:
    """Stop when the parent is gone: it was ours and we have another one now, or nobody has its id."""
    ours = os.getppid() == parent
    while True:
        if ours and os.getppid() != parent:
            return stop()
        try:
            os.kill(parent, 0)
        except ProcessLookupError:
            return stop()
        except PermissionError:
            pass
        await asyncio.sleep(PARENT_CHECK)
