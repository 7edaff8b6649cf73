"""The runners that work for a journal, found among this user's processes: nobody else's are ever signalled."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path


def runners(state: Path) -> list[int]:
    """Process ids of the runners whose journal is in `state`; empty where nobody can tell. One that was started before
    it had a run names no journal in its words: it has the journal open."""
    wanted = ["--state-dir", str(state)]
    found = []
    for pid, words in _commands():
        named = any(words[at : at + 2] == wanted for at in range(len(words)))
        if "console.run" in words and (named or ("--warm" in words and _opened(pid, state))):
            found.append(pid)
    return sorted(found)


def _opened(pid: int, state: Path) -> bool:
    """Whether a process has a file of a directory open; False where the system does not say."""
    found = []
    with suppress(OSError):
        found = list(Path(f"/proc/{pid}/fd").iterdir())
    for one in found:
        with suppress(OSError):  # closed meanwhile
            if state.resolve() in one.readlink().parents:
                return True
    return False


def _commands() -> list[tuple[int, list[str]]]:
    """This user's processes with their words, by /proc or, where there is none, by ps."""
    proc = Path("/proc")
    if not (proc / "self" / "cmdline").exists():
        return _listed()
    found = []
    for place in proc.iterdir():
        if not place.name.isdigit():
            continue
        try:
            own = place.stat().st_uid == os.geteuid()
            line = (place / "cmdline").read_bytes() if own else b""
        except OSError:
            continue  # it ended meanwhile
        found.append((int(place.name), line.decode("utf-8", "replace").rstrip("\0").split("\0")))
    return found


def _listed() -> list[tuple[int, list[str]]]:
    try:
        told = subprocess.run(
            ["ps", "-U", str(os.geteuid()), "-o", "pid=,args="], capture_output=True, text=True, timeout=5, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = [line.split() for line in told.splitlines()]
    return [(int(words[0]), words[1:]) for words in lines if words and words[0].isdigit()]
