"""What a drain of fifty routes at once costs: from the first to the last annotation, by the runner's own journal."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench_stage import ROOT, Figure, simulator

SIZE = "4x8x50"


def measure() -> Iterator[Figure]:
    """One drain of half the members."""
    with tempfile.TemporaryDirectory() as place, simulator(Path(place) / "fleet", "--size", SIZE) as directory:
        state = Path(place) / "state"
        command = [
            sys.executable,
            "-m",
            "console",
            "--config",
            str(directory / "config.yaml"),
            "--state-dir",
            str(state),
        ]
        words = ["drain", "zone-01", "--confirm", "data-layer", "--reason", "bench", "--yes"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([*command, *words], capture_output=True, env=environment, check=False)
        journal = sqlite3.connect(state / "journal.sqlite")
        (first, last) = journal.execute("SELECT min(at), max(at) FROM lines WHERE step LIKE 'weigh%'").fetchone()
        (stamped,) = journal.execute("SELECT min(at) FROM lines WHERE step LIKE 'stamp%'").fetchone()
        journal.close()
    yield Figure(f"drain of 50 routes, exit {done.returncode}: all annotations", last - first, "s", 3)
    yield Figure("the same from the first fence on", last - stamped, "s", None)
