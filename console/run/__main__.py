"""The runner's process: `python -m console.run RUN --state-dir DIR`, started by `launch`, without a terminal."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType

from console import log
from console.errors import FleetConsoleError, Refused
from console.model.run import RunState
from console.run.journal import Journal
from console.run.rows import Row
from console.run.seams import open_seams

PRELOADED = (
    "console.cloud.alb", "console.cloud.credentials", "console.cloud.decode", "console.cloud.poll",
    "console.kube.connect", "console.kube.follow", "console.kube.tls", "console.kube.watch", "console.observe",
    "console.probe.probes", "console.run.executor", "console.run.runs", "encodings.idna", "traceback", "yaml",
)  # fmt: skip
"""What a run imports late: taken in before its first write, so that an upgrade under its feet changes nothing."""


def main(run: str, directory: Path) -> int:
    """Carry one planned run out; the exit code is that of its state."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    open_seams()
    journal = Journal(directory)
    from console.kube.holder import Process

    process = Process.own()
    if not journal.claim(run, process.pid, json.dumps(asdict(process))):
        return 2
    row = journal.row(run)
    assert row is not None
    if (log_file := row.access.get("log_file")) is not None:
        with suppress(FleetConsoleError):  # a shift is worth more than its log
            log.open_log(Path(log_file))
            log.note("begin runner of run", run)
    try:
        return _carry_out(journal, row).exit_code
    except FleetConsoleError as error:
        from console.run.executor import unwritten

        return _fail(journal, run, unwritten(error), str(error))
    except Exception as error:  # whatever it was, the run must not look alive
        _fail(journal, run, RunState.FAILED, f"the runner failed: {type(error).__name__}: {error}")
        raise


def _carry_out(journal: Journal, row: Row) -> RunState:
    """Open everything the run needs, then hand over to the executor. Nothing is written here."""
    from console import settings as settings_file
    from console.decide import plan as plans
    from console.kube.connect import Hub
    from console.observe import Observer
    from console.run.executor import Executor
    from console.run.runs import arranged
    from console.run.who import actor

    for name in PRELOADED:
        import_module(name)
    reach, report = _Reach(**row.access), row.report
    settings = settings_file.load(Path(reach.config) if reach.config else None).opening(reach.fleet)
    plan = plans.parse(row.plan)
    if plan.hash != report.plan_hash:
        raise Refused("the journal's plan does not have its hash")
    hub = Hub.open(reach.kubeconfig or settings.fleet.kubeconfig, reach.context or settings.fleet.context)
    uid = hub.fleet_uid()
    if uid != plan.fleet_uid:
        raise Refused(f"the server is another Fleet ({uid}) than the plan's", fix="Check kubeconfig and context.")
    journal.update(report.run, actor=actor(hub.whoami()))
    row = journal.row(report.run) or row
    observer = Observer(
        settings, kubeconfig=reach.kubeconfig, context=hub.context, probes=True, members=False, cloud_every=1.0
    )
    executor = Executor(journal, row.report, arranged(plan, row.report), settings, hub)

    def end(number: int, frame: FrameType | None) -> None:
        executor.tell("stop")

    signal.signal(signal.SIGTERM, end)
    observer.start()
    try:
        return executor.carry_out(observer, row.gateway)
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
    sys.exit(main(sys.argv[1], Path(sys.argv[sys.argv.index("--state-dir") + 1])))
