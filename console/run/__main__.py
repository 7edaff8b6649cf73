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
from console.run.rows import TAKEN, TRIED, Row
from console.run.seams import open_seams
from console.settings import CloudSettings, Settings

if TYPE_CHECKING:
    from console.decide.returning import Proof
    from console.kube.connect import Hub
    from console.model.fleet import Run
    from console.observe import Observer
    from console.run.executor import Executor
    from console.run.eyes import Eyes
    from console.run.words import Words

AGAIN = 10.0
"""Seconds after which a way back that is due, and could not begin, is tried again."""

PRELOADED = (
    "console.cloud.alb", "console.cloud.credentials", "console.cloud.decode", "console.cloud.poll",
    "console.kube.connect", "console.kube.follow", "console.kube.tls", "console.kube.watch", "console.observe",
    "console.probe.direct", "console.probe.probes", "console.run.executor", "console.run.eyes", "console.run.guardian",
    "console.run.onestep", "console.run.runs", "console.run.setup.setups", "console.run.witness",
    "encodings.idna", "traceback", "yaml",
)  # fmt: skip
"""What a run imports late: taken in before its first write, so that an upgrade under its feet changes nothing."""


REACHED = ("lease", "record")
"""Steps that are confirmed in the journal before any weight is written."""
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
        state = _carry_out(journal, row, resumed=resumed, taken=taken)
        if state is RunState.INTERRUPTED:
            journal.leave(before)
        return state.exit_code
    except FleetConsoleError as error:
        from console.run.guard import unwritten

        return _fail(journal, before, unwritten(error), str(error))
    except Exception as error:  # whatever it was, the run must not look alive
        _fail(journal, before, RunState.FAILED, f"the runner failed: {type(error).__name__}: {error}")
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
    place, last = report.step, len(report.steps)
    guarded = resumed and report.expires is not None and (place >= last or report.going == "back")
    state = RunState.DONE if guarded else stage.carry_out(resumed=resumed, taken=taken)
    if state is RunState.DONE and plan.expires is not None:
        midway = guarded and (place != last or stage.astray())
        if guarded and not midway:
            journal.update(report.run, state=RunState.DONE)
        state = stage.guard(midway=midway, taken=taken)
    return state


class _Stage:
    """What the parts of one run are carried out with."""

    def __init__(self, journal: Journal, run: str, reach: _Reach, settings: Settings, hub: Hub) -> None:
        self._journal = journal
        self._run = run
        self._reach = reach
        self._settings = settings
        self._hub = hub
        self._observer: Observer | None = None
        self._eyes: Eyes | None = None
        self._words: Words | None = None

    def carry_out(self, *, resumed: bool = False, taken: bool = False) -> RunState:
        """Forward from where the routes stand."""
        with self._executing(self._settings, resumed=resumed, taken=taken) as executor:
            return executor.carry_out()

    def guard(self, *, midway: bool = False, taken: bool = False) -> RunState:
        """Until its time is over and its members are proven, with the hub's watch and theirs alone; then back, as often
        as it takes. `midway`: a former runner was on the way back, which goes on at once."""
        from console.run.eyes import Eyes
        from console.run.guardian import Guardian, Way
        from console.run.hook import Hook
        from console.run.words import Words

        row = self._row
        eyes = self._eyes = Eyes(row.planned(), self._settings)
        words = self._words = Words(self._journal, self._run, self._recorded, None)
        hook = Hook(self._settings.run, self._run)
        guardian = Guardian(self._journal, row, self._hub, words, eyes, self._proof, hook=hook, midway=midway)
        settings, members = eyes.reading(self._settings)
        quiet = structs.replace(settings, fleets=(structs.replace(settings.fleet, cloud=CloudSettings()),))
        wait, way = 0.0, Way.PROVEN
        while True:
            if not midway:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                with self._observing(quiet, probes=False, members=members):
                    way = guardian.waits(wait)
                if way is Way.KEPT:
                    return RunState.DONE
            with self._executing(settings, resumed=True, taken=taken, members=members) as executor:
                state = executor.go_back(None if way is Way.PROVEN else way.value)
            if state not in (RunState.REFUSED, RunState.DONE):
                return state
            hook.tell(self._row.report, "overdue")
            if state is RunState.REFUSED and midway:
                time.sleep(AGAIN)
                continue
            midway, wait = False, AGAIN if state is RunState.REFUSED else 0.0

    def astray(self) -> bool:
        """Whether the Ingresses hold neither what the run wrote, nor what nobody planned: it was on its way back."""
        from console.kube.write import read_ingress
        from console.run.hand import holds

        for change in self._row.planned().routes:
            found = read_ingress(self._hub, change.namespace, change.name)
            places = self._row.planned().stations(change)
            if found is not None and not holds(found, change.after) and any(holds(found, one) for one in places):
                return True
        return False

    def _recorded(self) -> Run | None:
        return self._observer.store.fleet.run(self._run) if self._observer is not None else None

    def _proof(self) -> Proof:
        assert self._eyes is not None, "it guards"
        assert self._observer is not None, "it observes"
        return self._eyes.proof(self._observer.store.fleet)

    @contextmanager
    def _executing(
        self, settings: Settings, *, resumed: bool, taken: bool, members: bool = False
    ) -> Iterator[Executor]:
        """Whoever writes, with readers of every layer."""
        from console.run.executor import Executor

        row = self._row
        with self._observing(settings, cloud_every=1.0, members=members) as observer:
            executor = Executor(
                self._journal, row.report, row.planned(), self._settings, self._hub, observer, resumed=resumed,
                taken=taken, words=self._words, eyes=self._eyes,
            )  # fmt: skip

            def end(number: int, frame: FrameType | None) -> None:
                executor.tell("stop")

            signal.signal(signal.SIGTERM, end)
            yield executor

    @property
    def _row(self) -> Row:
        row = self._journal.row(self._run)
        assert row is not None, "a run that is carried out is not pruned"
        return row

    @contextmanager
    def _observing(
        self, settings: Settings, *, probes: bool = True, cloud_every: float | None = None, members: bool = False
    ) -> Iterator[Observer]:
        from console.observe import Observer

        observer = Observer(
            settings,
            kubeconfig=self._reach.kubeconfig,
            context=self._hub.context,
            probes=probes,
            members=members,
            cloud_every=cloud_every,
        )
        observer.start()
        self._observer = observer
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


def _fail(journal: Journal, before: Row, state: RunState, message: str) -> int:
    """End a run for which nothing was done. One that a former runner began is left as that one left it; one that this
    runner reached the hub for stays as it is: told, where it is not over, as one whose runner is dead."""
    run = before.report.run
    with suppress(FleetConsoleError):
        lines = (journal.row(run) or before).report.lines[len(before.report.lines) :]
        if any(line.step in REACHED and line.phase == "confirmed" for line in lines):
            journal.line(run, "runner", "noted", message)
            return RunState.INTERRUPTED.exit_code
        if before.followed and not before.report.provisions:
            journal.line(run, TRIED, "noted", message)
            journal.leave(before)
            return RunState.INTERRUPTED.exit_code
        journal.update(run, state=state, message=message, ended=time.time())
    return state.exit_code


if __name__ == "__main__":
    os.umask(0o077)
    if sys.argv[1] == "--warm":
        found = told()
        sys.exit(main(*found) if found is not None else 0)
    sys.exit(main(sys.argv[1], Path(sys.argv[sys.argv.index("--state-dir") + 1])))
