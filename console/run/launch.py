"""Starting a runner that outlives the terminal: its own session, no terminal, no inherited pipes, SIGHUP ignored."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from console.model.run import RunState
from console.run.journal import Journal

PATIENCE = 15.0
"""Seconds within which a runner must have said that it lives."""


def launch(journal: Journal, run: str) -> None:
    """Start the runner of a planned run and wait until it lives; where it does not, the journal says that it failed."""
    log = journal.directory / f"run-{run}.log"
    descriptor = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", "console.run", run, "--state-dir", str(journal.directory.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            cwd="/",
            env=_environment(),
        )
    finally:
        os.close(descriptor)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        row = journal.row(run)
        if row is not None and row.report.state is not RunState.PLANNED:
            return
        if child.poll() is not None:
            break
        time.sleep(0.02)
    message = f"the runner did not start, nothing was written; {log} may say why"
    journal.update(run, state=RunState.FAILED, message=message, ended=time.time())


def _environment() -> dict[str, str]:
    """This process's environment with our own code on the path, and without what belongs to a terminal."""
    dropped = {"TERM", "COLORTERM", "COLUMNS", "LINES", "STY", "TMUX", "TMUX_PANE", "WINDOWID", "TEXTUAL", "SSH_TTY"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    root = str(Path(__file__).resolve().parent.parent.parent)
    former = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = f"{root}{os.pathsep}{former}" if former else root
    return environment
