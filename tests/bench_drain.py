"""What a drain costs: of fifty routes at once, from the first to the last annotation, by the runner's own journal; of
the lost zone, from the keypress to the proof that its clients are served, beside the simulator's own truth."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from console.sim.faults import remote
from tests.bench_stage import ROOT, Figure, simulator

SIZE = "4x8x50"
DRAIN = ("--confirm", "data-layer", "--reason", "bench", "--yes")


def say(directory: Path, state: Path, *words: str) -> int:
    """One command of the console; its exit code."""
    command = [sys.executable, "-m", "console", "--config", str(directory / "config.yaml"), "--state-dir", str(state)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([*command, *words], capture_output=True, env=environment, check=False).returncode


def lost() -> Iterator[Figure]:
    """A drain of the zone that is dead, at the simulator's natural pace. `began` is the keypress; the controller's and
    the ALB's own time, from the write to the last request that failed, is not the console's."""
    with (
        tempfile.TemporaryDirectory() as place,
        simulator(Path(place) / "fleet", "--scenario", "zone-lost", "--load", "40") as directory,
    ):
        state, pack = Path(place) / "state", Path(place) / "pack"
        done = say(directory, state, "drain", "zone-b", *DRAIN)
        journal = sqlite3.connect(state / "journal.sqlite")
        run, began = journal.execute("SELECT run, started FROM runs").fetchone()
        written = "SELECT step, at FROM lines WHERE step LIKE 'weigh %' AND phase = 'confirmed'"
        weighed = {step.removeprefix("weigh "): at for step, at in journal.execute(written)}
        journal.close()
        say(directory, state, "evidence", run, "--out", str(pack))
        told = [one for one in json.loads((pack / "run.json").read_text())["recovery"] if one["route"]]
        truth = {key: one["last_failed"] for key, one in remote.traffic(directory)["routes"].items()}
    agreed = {one["route"]: datetime.fromisoformat(one["agreed"]).timestamp() for one in told}
    ended = {one["route"]: datetime.fromisoformat(one["recovered"]).timestamp() for one in told}
    ours = [at - began - (truth[key] - weighed[key]) for key, at in agreed.items()]
    yield Figure(f"zone-lost, exit {done}: keypress to agreement", max(agreed.values()) - began, "s", None)
    yield Figure("the same less the controller's and the ALB's time", max(ours), "s", 5)
    yield Figure("recovery time beside the simulator's own", max(abs(at - truth[k]) for k, at in ended.items()), "s", 1)


def measure() -> Iterator[Figure]:
    """One drain of half the members."""
    yield from lost()
    with tempfile.TemporaryDirectory() as place, simulator(Path(place) / "fleet", "--size", SIZE) as directory:
        state = Path(place) / "state"
        done = say(directory, state, "drain", "zone-01", *DRAIN)
        journal = sqlite3.connect(state / "journal.sqlite")
        (first, last) = journal.execute("SELECT min(at), max(at) FROM lines WHERE step LIKE 'weigh%'").fetchone()
        (stamped,) = journal.execute("SELECT min(at) FROM lines WHERE step LIKE 'stamp%'").fetchone()
        journal.close()
    yield Figure(f"drain of 50 routes, exit {done}: all annotations", last - first, "s", 3)
    yield Figure("the same from the first fence on", last - stamped, "s", None)
