"""The runner's process: `python -m console.run RUN --state-dir DIR`, started by `launch`, without a terminal."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

from console.errors import FleetConsoleError
from console.model.run import RunState
from console.run.journal import Journal
from console.run.seams import open_seams


def main(run: str, directory: Path) -> int:
    """Carry one planned run out; the exit code is that of its state."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    open_seams()
    journal = Journal(directory)
    row = journal.row(run)
    if row is None or row.report.state is not RunState.PLANNED:
        return 2
    from console.kube.lease import Process

    process = Process.own()
    journal.update(run, state=RunState.RUNNING, pid=process.pid, process=json.dumps(asdict(process)))
    try:
        return _carry_out(journal, run).exit_code
    except FleetConsoleError as error:
        return _fail(journal, run, str(error))
    except Exception as error:  # whatever it was, the run must not look alive
        _fail(journal, run, f"the runner failed: {type(error).__name__}: {error}")
        raise


def _carry_out(journal: Journal, run: str) -> RunState:
    from console import settings as settings_file
    from console.decide import plan as plans
    from console.kube.connect import Hub
    from console.observe import Observer
    from console.run.executor import Executor
    from console.run.runs import arranged
    from console.run.who import actor

    row = journal.row(run)
    assert row is not None
    config = row.access.get("config")
    settings = settings_file.load(Path(config) if config else None)
    plan = plans.parse(row.plan)
    if plan.hash != row.report.plan_hash:
        raise FleetConsoleError("the journal's plan does not have its hash")
    kubeconfig, context = row.access.get("kubeconfig"), row.access.get("context")
    fleet = settings.fleet
    hub = Hub.open(kubeconfig or fleet.kubeconfig, context or fleet.context)
    uid = hub.fleet_uid()
    if uid != plan.fleet_uid:
        raise FleetConsoleError(f"the server is another Fleet ({uid}) than the plan's", fix="Nothing was written.")
    journal.update(run, actor=actor(hub.whoami()))
    row = journal.row(run)
    assert row is not None
    plan = arranged(plan, row.report)
    observer = Observer(settings, kubeconfig=kubeconfig, context=context, probes=True, cloud_every=1.0)
    observer.start()
    try:
        return Executor(journal, row.report, plan, settings, hub).carry_out(observer, row.gateway)
    finally:
        observer.stop()


def _fail(journal: Journal, run: str, message: str) -> int:
    journal.update(run, state=RunState.FAILED, message=message, ended=time.time())
    return RunState.FAILED.exit_code


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1], Path(sys.argv[sys.argv.index("--state-dir") + 1])))
