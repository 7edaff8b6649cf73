"""Commands forked from a process that has imported everything, for tests that are not about a start: `fleet-console`
costs more than a second of processor time to start, and a tenth of that to fork. Each is a process of its own like any
other, with a pid, streams, environment and signals of its own."""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any, TextIO

NOTHING = Path(os.devnull)
LATE = (
    "alibabacloud_alb20200616.client", "alibabacloud_cs20151215.client", "encodings.idna",
    "kubernetes.client.api_client", "kubernetes.config.kube_config", "kubernetes.dynamic", "yaml",
)  # fmt: skip
"""Modules of other people that our commands import late."""


class Forked:
    """A running `python -m MODULE WORDS` of ours, as `subprocess.Popen` has one."""

    def __init__(
        self,
        words: Sequence[str],
        streams: tuple[int, int, int],
        environment: Mapping[str, str] | None = None,
        *,
        leads: bool = False,
        module: str = "console",
    ) -> None:
        """`streams`: descriptors of its stdin, stdout and stderr; `leads`: in a session of its own."""
        self.args = ["python", "-m", module, *words]
        self.stdout: TextIO | None = None
        self.returncode: int | None = None
        reading, writing = os.pipe()
        surroundings = {"environment": dict(environment or os.environ), "cwd": str(Path.cwd()), "leads": leads}
        said = {"words": [module, *words], **surroundings}
        try:
            socket.send_fds(_parent(), [json.dumps(said).encode() + b"\n"], [*streams, writing])
        finally:
            os.close(writing)
        self._told = os.fdopen(reading)
        self.pid = int(self._told.readline())

    def poll(self) -> int | None:
        """The exit code, less than 0 for a signal; None while it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0.0)[0]:
            self._end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
            self._end()
        assert self.returncode is not None
        return self.returncode

    def ended(self, timeout: float) -> int:
        """As `wait`, and nothing is left of one that does not end in time."""
        try:
            return self.wait(timeout)
        except BaseException:
            self.kill()
            raise

    def _end(self) -> None:
        with self._told:
            self.returncode = int(self._told.readline())

    def send_signal(self, number: int) -> None:
        """As to any process; nothing once it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """With no chance to end well."""
        self.send_signal(signal.SIGKILL)


def started(
    command: Sequence[str],
    *,
    stdin: int,
    stdout: int | IO[Any],
    stderr: int | IO[Any],
    env: Mapping[str, str] | None = None,
    text: bool = False,
    start_new_session: bool = False,
) -> Forked:
    """In place of `subprocess.Popen`, for `python -m console WORDS` as our own code starts it."""
    assert [sys.executable, "-m", "console"] == list(command[:3])
    with NOTHING.open() as nothing, ExitStack() as piped:
        source = nothing.fileno() if stdin == subprocess.DEVNULL else stdin
        reading = None
        if stdout == subprocess.PIPE:
            reading, stdout = os.pipe()
            piped.callback(os.close, stdout)
        out = stdout if isinstance(stdout, int) else stdout.fileno()
        errors = out if stderr == subprocess.STDOUT else stderr if isinstance(stderr, int) else stderr.fileno()
        process = Forked(command[3:], (source, out, errors), env, leads=start_new_session)
        process.stdout = None if reading is None else os.fdopen(reading)
    return process


def done(
    command: Sequence[str], *, env: Mapping[str, str], timeout: float, **_: Any
) -> subprocess.CompletedProcess[bytes]:
    """In place of `subprocess.run`, as `started`; what it says on both streams is captured as one."""
    with tempfile.TemporaryFile() as out:
        process = started(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env)
        code = process.ended(timeout)
        out.seek(0)
        return subprocess.CompletedProcess(process.args, code, out.read())


def run(
    words: Sequence[str], *, timeout: float = 180.0, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, `environment` beside ours; what it said is captured, and it can be asked nothing.

    Raises `subprocess.TimeoutExpired`, and leaves nothing.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors, NOTHING.open() as nothing:
        streams = nothing.fileno(), out.fileno(), errors.fileno()
        command = Forked(words, streams, {**os.environ, **(environment or {})})
        code = command.ended(timeout)
        told = [(stream.seek(0), stream.read().decode())[1] for stream in (out, errors)]
    return subprocess.CompletedProcess(command.args, code, *told)


@cache
def _parent() -> socket.socket:
    """The process that forks, one for this one; it ends with it."""
    ours, its = socket.socketpair()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    with its:
        subprocess.Popen(
            [sys.executable, "-m", "tests.forked", str(its.fileno())], pass_fds=[its.fileno()], env=environment
        )
    return ours


def _serve(channel: socket.socket) -> list[str] | None:
    """Fork for each request; returns the module and the words of a command within its process, None where nobody asks
    any more."""
    running: dict[int, int] = {}
    ended, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking)
    while True:
        ready, _, _ = select.select([channel.fileno(), ended], [], [])
        if ended in ready:
            os.read(ended, 4096)
            _reap(running)
        if channel.fileno() not in ready:
            continue
        text, streams, _, _ = socket.recv_fds(channel, 1 << 20, 4)
        while text and not text.endswith(b"\n"):
            text += channel.recv(1 << 20)
        if not text:
            return None
        *own, told = streams
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            return _become(json.loads(text), own, (ended, waking, told, channel.detach(), *running.values()))
        for each in own:
            os.close(each)
        os.write(told, f"{pid}\n".encode())
        running[pid] = told


def _reap(running: dict[int, int]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        told = running.pop(pid)
        try:
            os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        except BrokenPipeError:
            pass  # nobody waits for it any more
        os.close(told)


def _become(said: dict[str, Any], streams: list[int], others: Sequence[int]) -> list[str]:
    """Everything of this process as a start would have it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for each in (*streams, *others):
        os.close(each)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
    if said["leads"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(said["environment"])
    os.chdir(said["cwd"])
    words: list[str] = said["words"]
    return words


def _import_everything() -> None:
    for package in map(import_module, ("console", "widgets", "screens")):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                import_module(found.name)
    for name in LATE:
        import_module(name)
    # What a server of the simulator works out once a process: the CRDs that ship are as large as all the rest.
    server, crds = import_module("console.sim.kubeapi.server"), import_module("console.sim.hub.crds")
    server.KubeApi(tokens={}, crds=crds.shipped())


if __name__ == "__main__":
    _import_everything()
    gc.collect()
    gc.freeze()  # what all of them share is neither looked at nor copied
    words = _serve(socket.socket(fileno=int(sys.argv[1])))
    if words is not None:
        module, *sys.argv[1:] = words
        runpy.run_module(module, run_name="__main__", alter_sys=True)
