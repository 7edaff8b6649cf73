"""Runners from a nest: a process that has taken in all their modules forks each of them, so that twenty cost as much to
start as one. A runner is a process of its own like any other, in a session of its own, and dies of a real SIGKILL."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest

from console.model.run import RunState
from console.run import runs
from console.run.journal import Journal


class Nest:
    """Stands in for `launch`; `seam` is where the next runner dies (0: nowhere), `ended` how each one did: its exit
    code, or less than 0 for a signal."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.seam = 0
        self.ended: list[int] = []

    def launch(self, journal: Journal, run: str) -> None:
        """Start a runner and wait for its end; where it died before it said that it lives, it was given up."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{run} {journal.directory} {self.seam}\n")
        self._process.stdin.flush()
        self.ended.append(int(self._process.stdout.readline()))
        row = journal.row(run)
        if row is not None and row.report.state is RunState.PLANNED:
            journal.give_up(run, "the runner did not start, nothing was written")


@contextmanager
def nest() -> Iterator[Nest]:
    """Every run that this process starts meanwhile has its runner from the nest."""
    command = [sys.executable, "-m", "tests.nest"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        found = Nest(process)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runs, "launch", found.launch)
            yield found
        assert process.stdin is not None
        process.stdin.close()


def _fork(run: str, directory: Path, seam: str) -> int:
    from console.run import __main__ as runner

    child = os.fork()
    if child == 0:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(2, 1)
        os.environ["FLEET_CONSOLE_SEAM"] = seam
        os._exit(runner.main(run, directory))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _sit() -> None:
    from console.run.__main__ import PRELOADED

    for name in (*PRELOADED, "kubernetes.client.api_client", "kubernetes.config.kube_config"):
        import_module(name)
    for line in sys.stdin:
        run, directory, seam = line.split()
        sys.stdout.write(f"{_fork(run, Path(directory), seam)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _sit()
