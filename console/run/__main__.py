"""The runner's process: `python -m console.run RUN --state-dir DIR`, started by `launch`, without a terminal; or, with
`--warm`, one that imports first, and is told its run on stdin."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from msgspec import structs

from console import log
from console.decide.onestep import OneStep
from console.errors import FleetConsoleError, Refused
from console.model.run import RunState
from console.run.journal import Journal
from console.run.rows import TAKEN, Row
from console.run.seams import open_seams
from console.settings import CloudSettings, Settings

if TYPE_CHECKING:
    from console.kube.connect import Hub
    from console.model.fleet import Run
    from console.observe import Observer

AGAIN = 10.0
"""Seconds after which a way back that is due, and could not begin, is tried again."""

PRELOADED = (
    "console.cloud.alb", "console.cloud.credentials", "console.cloud.decode", "console.cloud.poll",
    "console.kube.connect", "console.kube.follow", "console.kube.tls", "console.kube.watch", "console.observe",
    "console.probe.probes", "console.run.executor", "console.run.guardian", "console.run.onestep", "console.run.runs",
    "console.run.setup.setups", "console.run.witness",
    "encodings.idna", "traceback", "yaml",
)  # fmt: skip
"""What a run imports late: taken in before its first write, so that an upgrade under its feet changes nothing."""


WARM = 60.0
"""Seconds for which a warm runner waits for its run."""


def preload() -> None:
    """Import what a run imports late."""
    for name in PRELOADED:
        import_module(name)


def told() -> tuple[str, Path] | None:
    """A warm runner's run and state directory, once the front that started it says them; None where the front went
    away, or did not say within `WARM`. Until then nothing is read or written; then the pipe to the front is let go."""
    preload()
    if not select.select([sys.stdin], [], [], WARM)[0]:
        return None
    said = sys.stdin.readline()
    if not said.endswith("\n"):
        return None
    run, directory, log_file = json.loads(said)
    for descriptor, path, mode in (
        (0, os.devnull, os.O_RDONLY),
        (1, log_file, os.O_CREAT | os.O_WRONLY | os.O_APPEND),
    ):
        opened = os.open(path, mode | os.O_CLOEXEC, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.dup2(1, 2)
    return run, Path(directory)


def main(run: str, directory: Path) -> int:
    """Carry one planned run out; the exit code is that of its state."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    open_seams()
    journal = Journal(directory)
    from console.kube.holder import Process

    process = Process.own()
    before = journal.row(run)
    if before is None or not journal.claim(run, process.pid, json.dumps(asdict(process))):
        return 2
    row = journal.row(run) or before
    resumed, taken = bool(before.process), before.process == TAKEN
    if (log_file := row.access.get("log_file")) is not None:
        with suppress(FleetConsoleError):  # a shift is worth more than its log
            log.open_log(Path(log_file))
            log.note("begin runner of run", run)
    try:
        return _carry_out(journal, row, resumed=resumed, taken=taken).exit_code
    except FleetConsoleError as error:
        from console.run.guard import unwritten

        return _fail(journal, run, unwritten(error), str(error))
    except Exception as error:  # whatever it was, the run must not look alive
        _fail(journal, run, RunState.FAILED, f"the runner failed: {type(error).__name__}: {error}")
        raise


def _carry_out(journal: Journal, row: Row, *, resumed: bool, taken: bool) -> RunState:
    """Open everything the run needs, then hand over to the executor, and after it to the guardian of its expiry.
    Nothing is written here."""
    from console import settings as settings_file
    from console.kube.connect import Hub
    from console.run.who import actor

    preload()
    reach, report = _Reach(**row.access), row.report
    settings = settings_file.load(Path(reach.config) if reach.config else None).opening(reach.fleet)
    if report.provisions:
        from console.run.setup import setups

        return setups.carry_out(journal, row, settings, kubeconfig=reach.kubeconfig, context=reach.context)
    plan = row.step() if report.one_step else row.planned()
    hub = Hub.open(reach.kubeconfig or settings.fleet.kubeconfig, reach.context or settings.fleet.context)
    uid = hub.fleet_uid()
    if uid != plan.fleet_uid:
        raise Refused(f"the server is another Fleet ({uid}) than the plan's", fix="Check kubeconfig and context.")
    who = actor(hub.whoami())
    journal.update(report.run, actor=who)
    if isinstance(plan, OneStep):
        from console.run.onestep import OneStepRun

        return OneStepRun(journal, replace(report, actor=who), plan, settings, hub, resumed=resumed).carry_out()
    stage = _Stage(journal, report.run, reach, settings, hub)
    guarded = resumed and report.expires is not None and report.step == len(report.steps)
    state = RunState.DONE if guarded else stage.carry_out(resumed=resumed, taken=taken)
    if state is RunState.DONE and plan.expires is not None:
        if guarded:
            journal.update(report.run, state=RunState.DONE)
        state = stage.guard()
    return state


class _Stage:
    """What the parts of one run are carried out with."""

    def __init__(self, journal: Journal, run: str, reach: _Reach, settings: Settings, hub: Hub) -> None:
        self._journal = journal
        self._run = run
        self._reach = reach
        self._settings = settings
        self._hub = hub

    def carry_out(self, *, resumed: bool = False, taken: bool = False, back: bool = False) -> RunState:
        """Forward from where the routes stand, or `back` from the end."""
        from console.run.executor import Executor

        row = self._row
        with self._observing(self._settings, cloud_every=1.0) as observer:
            executor = Executor(
                self._journal, row.report, row.planned(), self._settings, self._hub, observer, resumed=resumed,
                taken=taken,
            )  # fmt: skip

            def end(number: int, frame: FrameType | None) -> None:
                executor.tell("stop")

            signal.signal(signal.SIGTERM, end)
            return executor.go_back() if back else executor.carry_out()

    def guard(self) -> RunState:
        """Until its time is over, with the hub's watch alone; then back, as often as it takes to get the Lease."""
        from console.run.guardian import Guardian
        from console.run.hook import Hook

        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        fleet = structs.replace(self._settings.fleet, cloud=CloudSettings())
        settings = structs.replace(self._settings, fleets=(fleet,))
        with self._observing(settings, probes=False) as observer:

            def recorded() -> Run | None:
                return observer.store.fleet.run(self._run)

            if not Guardian(self._journal, self._row, self._hub, recorded).goes_back():
                return RunState.DONE
        while True:
            state = self.carry_out(resumed=True, back=True)
            if state is not RunState.REFUSED:
                return state
            Hook(self._settings.run, self._run).tell(self._row.report, "overdue")
            time.sleep(AGAIN)

    @property
    def _row(self) -> Row:
        row = self._journal.row(self._run)
        assert row is not None, "a run that is carried out is not pruned"
        return row

    @contextmanager
    def _observing(
        self, settings: Settings, *, probes: bool = True, cloud_every: float | None = None
    ) -> Iterator[Observer]:
        from console.observe import Observer

        observer = Observer(
            settings,
            kubeconfig=self._reach.kubeconfig,
            context=self._hub.context,
            probes=probes,
            members=False,
            cloud_every=cloud_every,
        )
        observer.start()
        try:
            yield observer
        finally:
            observer.stop()


@dataclass(frozen=True, slots=True)
class _Reach:
    """How the front was called, as the journal holds it; files are absolute."""

    kubeconfig: str | None = None
    context: str | None = None
    config: str | None = None
    log_file: str | None = None
    fleet: str | None = None


def _fail(journal: Journal, run: str, state: RunState, message: str) -> int:
    with suppress(FleetConsoleError):
        journal.update(run, state=state, message=message, ended=time.time())
    return state.exit_code


if __name__ == "__main__":
    os.umask(0o077)
    if sys.argv[1] == "--warm":
        found = told()
        sys.exit(main(*found) if found is not None else 0)
    sys.exit(main(sys.argv[1], Path(sys.argv[sys.argv.index("--state-dir") + 1])))
