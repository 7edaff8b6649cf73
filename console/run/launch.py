"""Starting a runner that outlives the terminal: its own session, no terminal, no inherited pipes, SIGHUP ignored."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from console.model.run import RunState
from console.run.journal import Journal

PATIENCE = 20.0
"""Seconds within which a runner must have said that it lives."""
_TERMINAL = ("TERM", "COLORTERM", "COLUMNS", "LINES", "STY", "TMUX", "TMUX_PANE", "WINDOWID", "SSH_TTY", "GPG_TTY")
_LINGER = Path("/var/lib/systemd/linger")


def launch(journal: Journal, run: str) -> None:
    """Start the runner of a planned run, the one that is warm where there is one, and wait until it lives; where it
    does not, the journal says that it failed. Raises `KeyboardInterrupt` with the run's name: it may live by then."""
    try:
        _launch(journal, run)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"run {run} may have begun, and goes on then: fleet-console attach {run}") from None


def _launch(journal: Journal, run: str) -> None:
    log = journal.log(run)
    warmed = _warm.take()
    if warmed is not None and warmed.hand_over(run, journal.directory, log) and _lives(journal, run, warmed.child):
        return
    descriptor = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        child = _start([run, "--state-dir", str(journal.directory)], _environment(), subprocess.DEVNULL, descriptor)
    except OSError as error:
        journal.give_up(run, f"the runner cannot be started: {error.strerror}; nothing was written")
        return
    finally:
        os.close(descriptor)
    if not _lives(journal, run, child):
        journal.give_up(run, f"the runner did not start, nothing was written; {log} may say why")


def warm() -> None:
    """Have a runner import what it needs, while a person still reads the plan: it has no run and does nothing until
    `launch` gives it one, and ends by itself where this process ends, or after a minute. Any thread may ask."""
    _warm.keep()


def _start(arguments: Sequence[str], environment: dict[str, str], stdin: int, out: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        # -P: the directory that it runs in is no place for modules
        [sys.executable, "-P", "-m", "console.run", *arguments],
        stdin=stdin,
        stdout=out,
        stderr=out,
        start_new_session=True,
        cwd="/",
        env=environment,
    )


def _lives(journal: Journal, run: str, child: subprocess.Popen[bytes]) -> bool:
    """Whether the runner said within `PATIENCE` that it lives."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ended = child.poll() is not None  # asked first: what it said before its end counts
        row = journal.row(run)
        if row is not None and row.report.state is not RunState.PLANNED:
            return True
        if ended:
            return False
        time.sleep(0.02)
    return False


@dataclass(frozen=True, slots=True)
class _Warmed:
    """A runner without a run, and the environment that it was started in."""

    child: subprocess.Popen[bytes]
    environment: dict[str, str]

    @property
    def fit(self) -> bool:
        """Whether it is the very runner that would be started now, and alive."""
        return self.child.poll() is None and self.environment == _environment()

    def hand_over(self, run: str, directory: Path, log: Path) -> bool:
        """Give it its run; False where it is gone."""
        try:
            assert self.child.stdin is not None, "it was started with one"
            with self.child.stdin as pipe:
                pipe.write(json.dumps([run, str(directory), str(log)]).encode() + b"\n")
        except OSError:
            return False
        return True


class _Warm:
    """The one runner of this process that may be warm."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: _Warmed | None = None

    def keep(self) -> None:
        """See that there is one; a machine that has no room for it just has none."""
        with self._lock:
            if self._waiting is None or not self._waiting.fit:
                self._drop()
                environment = _environment()
                with suppress(OSError):
                    child = _start(["--warm"], environment, subprocess.PIPE, subprocess.DEVNULL)
                    self._waiting = _Warmed(child, environment)

    def take(self) -> _Warmed | None:
        """The one that is fit, which is nobody else's from now on."""
        with self._lock:
            found = self._waiting
            if found is not None and found.fit:
                self._waiting = None
                return found
            self._drop()
            return None

    def _drop(self) -> None:
        """Let go of one that is of no use: it ends when nobody can give it a run any more."""
        if self._waiting is not None and self._waiting.child.stdin is not None:
            self._waiting.child.stdin.close()
        self._waiting = None


_warm = _Warm()


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
