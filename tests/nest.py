"""Runners that are forked instead of started, so that twenty cost as much to start as one. A runner is a process of its
own like any other, in a session of its own, and dies of a real SIGKILL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from console.model.run import RunState
from console.run import runs
from console.run.journal import Journal
from tests.forked import NOTHING, Forked


class Nest:
    """Stands in for `launch`; `seam` is where the next runner dies (0: nowhere), `ended` how each one did: its exit
    code, or less than 0 for a signal."""

    def __init__(self) -> None:
        self.seam = 0
        self.ended: list[int] = []

    def launch(self, journal: Journal, run: str) -> None:
        """Start a runner and wait for its end; where it died before it said that it lives, it was given up."""
        words = [run, "--state-dir", str(journal.directory)]
        environment = {**os.environ, "FLEET_CONSOLE_SEAM": str(self.seam)}
        with NOTHING.open() as nothing:
            streams = nothing.fileno(), 2, 2
            runner = Forked(words, streams, environment, leads=True, module="console.run")
        self.ended.append(runner.wait())
        row = journal.row(run)
        if row is not None and row.report.state is RunState.PLANNED:
            journal.give_up(run, "the runner did not start, nothing was written")


@contextmanager
def nest() -> Iterator[Nest]:
    """Every run that this process starts meanwhile has its runner from the nest."""
    found = Nest()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "launch", found.launch)
        yield found
