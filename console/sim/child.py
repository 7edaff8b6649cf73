"""A simulator as a child process, for those who need one while they live."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

from console.errors import FleetConsoleError

PATIENCE = 60.0
"""Seconds a simulator may take to serve."""


def start(words: list[str], directory: Path) -> subprocess.Popen[str]:
    """`sim` with these words, in a session of its own; it ends with this process. Its log is in the directory."""
    log: IO[str] = (directory / "sim.log").open("w", encoding="utf-8")
    command = [sys.executable, "-m", "console", "sim", *words, "--parent", str(os.getpid())]
    with log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )


def until_ready(child: subprocess.Popen[str], directory: Path) -> dict[str, Any]:
    """The simulator's ready line; raises with the end of its log where there is none."""
    assert child.stdout is not None
    deadline = time.monotonic() + PATIENCE
    if select.select([child.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
        line = child.stdout.readline()
        if line:
            ready: dict[str, Any] = json.loads(line)
            return ready
    tail = " ".join((directory / "sim.log").read_text("utf-8", "replace").split()[-40:])
    raise FleetConsoleError(f"the simulator did not start: {tail or 'it said nothing'}")


def end(child: subprocess.Popen[str]) -> None:
    """Stop it, and wait until it is gone."""
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(3)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
