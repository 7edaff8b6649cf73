"""Which process of which host holds something, written so that on the same host a dead one is known to be dead.

A process id alone proves nothing: it is used again, and containers of one machine count their own. A holder therefore
is host, boot, process-id namespace, process id and the process's start time.
"""

from __future__ import annotations

import os
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from console.model.text import inert

_HOLDER = re.compile(r"([^/]{1,80})/([^/]{0,253})/([^/]{0,80})/([^/]{0,80})/([0-9]{1,10})/([0-9]{0,20})")


@dataclass(frozen=True, slots=True)
class Process:
    """One process. `start`: its start in clock ticks since boot; `boot`, `space`, `start` are empty where the system
    does not say."""

    host: str
    boot: str
    pid: int
    start: str
    space: str = ""

    @classmethod
    def own(cls) -> Process:
        """This process."""
        return cls(socket.gethostname(), boot_id(), os.getpid(), start_of(os.getpid()) or "", pid_space())

    @property
    def dead(self) -> bool:
        """Whether it provably runs no more: it was of this host, boot and namespace, and is gone or another by now."""
        here = (socket.gethostname(), boot_id(), pid_space())
        return (self.host, self.boot, self.space) == here and start_of(self.pid) != self.start

    @property
    def lives(self) -> bool:
        """Whether it provably runs here and now."""
        here = (socket.gethostname(), boot_id(), pid_space())
        return bool(self.start) and (self.host, self.boot, self.space) == here and start_of(self.pid) == self.start

    @property
    def dead_or_rebooted(self) -> bool:
        """As `dead`, or its host has booted since: for what lies on a host's own disk, where no names collide."""
        rebooted = self.host == socket.gethostname() and bool(self.boot) and self.boot != boot_id()
        return rebooted or self.dead


@dataclass(frozen=True, slots=True)
class Holder:
    """A run and the process that carries it out, as a Lease's holderIdentity tells them; untrusted input."""

    run: str
    process: Process

    def __str__(self) -> str:
        p = self.process
        return f"{self.run}/{p.host}/{p.boot}/{p.space}/{p.pid}/{p.start}"

    @classmethod
    def parse(cls, identity: str) -> Holder | None:
        """None where it is none of ours."""
        found = _HOLDER.fullmatch(identity)
        if found is None:
            return None
        run, host, boot, space, pid, start = found.groups()
        return cls(run, Process(host, boot, int(pid), start, space))


def told(identity: str) -> str:
    """Who a holderIdentity is, in words."""
    holder = Holder.parse(identity)
    if holder is None:
        return f"'{inert(identity, 120)}'"
    return f"run {inert(holder.run, 40)} on {inert(holder.process.host, 80)} (pid {holder.process.pid})"


def boot_id() -> str:
    """This boot of this host; empty where the system does not say."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return ""


def pid_space() -> str:
    """The namespace in which our process ids count; empty where there are none."""
    with suppress(OSError):
        return str(Path("/proc/self/ns/pid").readlink()).removeprefix("pid:[").removesuffix("]")
    return ""


def start_of(pid: int) -> str | None:
    """Start time of a process; empty where the system does not say, None where it is none or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return None if Path("/proc/self/stat").exists() else _signalled(pid)
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]


def _signalled(pid: int) -> str | None:
    """Without /proc: whether the id takes signals."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""
