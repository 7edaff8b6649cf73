"""Starting a runner that outlives the terminal: its own session, no terminal, no inherited pipes, SIGHUP ignored."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from contextlib import suppress
from pathlib import Path

from console.model.run import RunState
from console.run.journal import Journal

PATIENCE = 20.0
"""Seconds within which a runner must have said that it lives."""
_TERMINAL = ("TERM", "COLORTERM", "COLUMNS", "LINES", "STY", "TMUX", "TMUX_PANE", "WINDOWID", "SSH_TTY", "GPG_TTY")
_LINGER = Path("/var/lib/systemd/linger")


def launch(journal: Journal, run: str) -> None:
    """Start the runner of a planned run and wait until it lives; where it does not, the journal says that it failed."""
    log = journal.log(run)
    descriptor = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        child = subprocess.Popen(
            # -P: the directory that it runs in is no place for modules
            [sys.executable, "-P", "-m", "console.run", run, "--state-dir", str(journal.directory)],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            cwd="/",
            env=_environment(),
        )
    except OSError as error:
        journal.give_up(run, f"the runner cannot be started: {error.strerror}; nothing was written")
        return
    finally:
        os.close(descriptor)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and child.poll() is None:
        row = journal.row(run)
        if row is not None and row.report.state is not RunState.PLANNED:
            return
        time.sleep(0.02)
    journal.give_up(run, f"the runner did not start, nothing was written; {log} may say why")


def _environment() -> dict[str, str]:
    """This process's environment with our own code on the path, files named absolutely, and without what belongs to a
    terminal."""
    environment = {name: value for name, value in os.environ.items() if name not in _TERMINAL}
    for name in ("KUBECONFIG", "FLEET_CONSOLE_CONFIG"):
        if environment.get(name):
            parts = environment[name].split(os.pathsep)
            environment[name] = os.pathsep.join(str(Path(part).expanduser().absolute()) for part in parts if part)
    root = str(Path(__file__).resolve().parent.parent.parent)
    if root not in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        former = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{root}{os.pathsep}{former}" if former else root
    return environment


def logout_warning(user: str) -> str:
    """That a logout would kill a runner started here, and what to do; empty where it would not, or nobody can tell."""
    with suppress(OSError):
        if (_LINGER / user).exists() or "/session-" not in Path("/proc/self/cgroup").read_text("utf-8", "replace"):
            return ""
    if not _kills_at_logout():
        return ""
    return (
        "a logout kills this runner (systemd-logind: KillUserProcesses): run `loginctl enable-linger` and start"
        " fleet-console with `systemd-run --user --scope`"
    )


def _kills_at_logout() -> bool:
    """Whether systemd-logind says so; no where it cannot be asked."""
    tool = shutil.which("busctl")
    if tool is None:
        return False
    where = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "KillUserProcesses")
    try:
        said = subprocess.run([tool, "get-property", *where], capture_output=True, text=True, timeout=2, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.stdout.split() == ["b", "true"]
