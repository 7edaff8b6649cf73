"""Where the journal lies: a directory that is ours alone, and whether SQLite's WAL is safe on its file system."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path

from console.errors import UsageError
from console.model.text import inert

NAME = "journal.sqlite"
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "lustre", "glusterfs", "ncpfs"}
_MOUNTS = Path("/proc/mounts")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def default() -> Path:
    """`fleet-console` in the user's XDG state directory."""
    import platformdirs

    return platformdirs.user_state_path("fleet-console")


def prepare(directory: Path) -> Path:
    """Make the directory (0700) and the journal's file (0600) where they are missing; returns the file.

    A directory that holds other things keeps its mode. Raises `UsageError` where it cannot be used, or where others
    may write to it.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = directory.stat()
        own = held.st_uid == os.getuid()
        if own and stat.S_IMODE(held.st_mode) != 0o700 and _ours(directory):
            directory.chmod(0o700)
        elif held.st_mode & _OTHERS_WRITE:
            raise UsageError(
                f"others may write to {inert(directory, 200)}, where the journal would lie",
                fix="Name a directory of its own with --state-dir.",
            )
        path = directory / NAME
        # One that is there is never opened here: closing it again would drop every lock that SQLite holds on it for
        # this process (POSIX), and the next process to leave would take the newest commits away from under us.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise unusable(directory, error.strerror or str(error)) from None
    return path


def write_whole(path: Path, text: str, own: Path | None = None) -> None:
    """Write a file whole, or not at all; only its owner may read it. `own`: a directory above it that is ours alone,
    made or closed to others first.

    Raises `UsageError` where it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        for each in (own, path.parent) if own is not None else (path.parent,):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
        if own is not None:
            own.chmod(0o700)
        descriptor = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o600)
        part.replace(path)
    except OSError as error:
        raise UsageError(
            f"{inert(path, 200)} cannot be written: {error.strerror}", fix="Name another place with --state-dir."
        ) from None


def unusable(directory: Path, why: str) -> UsageError:
    """The failure of a journal that cannot be opened, read or written."""
    shown = inert(directory, 200)
    return UsageError(
        f"the journal in {shown} cannot be used: {inert(why)}", fix="Name another place with --state-dir."
    )


def on_network(directory: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether it lies on a network file system, by the longest mount point above it; no where the system does not
    say."""
    try:
        lines = [line.split()[1:3] for line in mounts.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return False
    place = directory.resolve()
    found = [(_unescaped(point), kind) for point, kind in lines]
    above = [(point, kind) for point, kind in found if place.is_relative_to(point)]
    return max(above, key=lambda mount: len(mount[0]), default=("/", ""))[1] in _NETWORK


def _ours(directory: Path) -> bool:
    """Whether nothing but a journal lies there."""
    names = {path.name for path in directory.iterdir()}
    return NAME in names or not names


def _unescaped(point: str) -> str:
    """A mount point as it is: blanks are written as octal numbers there."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), point)
