"""Checks an evidence pack of Fleet Console, offline: `python3 verify.py [DIR]`, exit 0 where every file is there and as
hashed, 3 where one is not, 2 where DIR is no pack. Needs Python 3.11 and nothing else.

A pack's `chain.jsonl` has one line for each entry: its place, the SHA-256 of its content, and the SHA-256 of the line
before. This file is a copy of what `fleet-console verify` runs: whoever changes a pack can change the copy, too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHAIN, ENTRIES = "chain.jsonl", "entries.jsonl"
START = "0" * 64
LARGEST = 64 << 20
"""Bytes of one file that are read."""
MOST = 200_000
"""Lines of the chain."""
_KEYS = ["about", "at", "kind", "n", "name", "previous", "sha256"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


class Broken(Exception):
    """The pack is not what was hashed; the text names the file, and the line where there is one."""


class NoPack(Exception):
    """The directory holds no pack."""


@dataclass
class Checked:
    """A pack that holds: who it is about, and the head of its chain at each seal as (line, hash)."""

    run: str
    fleet_uid: str
    entries: int = 0
    files: int = 0
    seals: list[tuple[int, str]] = field(default_factory=list)
    after: int = 0
    """Entries of the journal behind the last seal."""


def check(directory: Path) -> Checked:
    """Check a pack. Raises `Broken` or `NoPack`."""
    if not directory.is_dir() or not os.path.lexists(directory / CHAIN):
        raise NoPack(f"{shown(directory)} holds no {CHAIN}")
    entries = _Entries(directory)
    checked, named = Checked("", ""), {CHAIN, ENTRIES}
    for number, (head, line) in enumerate(_links(_lines(directory, CHAIN)), 1):
        where = f"{CHAIN}:{number}"
        content = entries.content(line["name"], where)
        if hashlib.sha256(content).hexdigest() != line["sha256"]:
            raise Broken(f"{shown(line['name'])}: is not what {where} says it was")
        _count(checked, line, content, number, head)
        if not line["name"].startswith(f"{ENTRIES}:"):
            if line["name"] in named:
                raise Broken(f"{where}: names {shown(line['name'])} again")
            named.add(line["name"])
    entries.done()
    _strangers(directory, named)
    return checked


def _links(raw: list[bytes]) -> list[tuple[str, dict[str, Any]]]:
    """Each line with its hash, the end left out; every one of them follows the one before."""
    lines = [_parsed(one, f"{CHAIN}:{number}") for number, one in enumerate(raw, 1)]
    heads = [hashlib.sha256(one).hexdigest() for one in raw]
    for at, line in enumerate(lines):
        if line["n"] != at + 1 or line["previous"] != (heads[at - 1] if at else START):
            # Where the line behind still vouches for this one, it is the one before that was changed.
            vouched = at + 1 < len(lines) and lines[at + 1]["previous"] == heads[at]
            raise Broken(f"{CHAIN}:{at if vouched and at else at + 1}: was changed, and no longer fits its neighbours")
    for at, line in enumerate(lines[:-1]):
        if line["kind"] == "end":
            raise Broken(f"{CHAIN}:{at + 1}: is an end, and not the last line")
    if lines[-1]["kind"] != "end":
        raise Broken(f"{CHAIN}:{len(lines) + 1}: the end is missing")
    _end(lines[-1], f"{CHAIN}:{len(lines)}", len(lines))
    return list(zip(heads, lines, strict=True))[:-1]


def _count(checked: Checked, line: dict[str, Any], content: bytes, number: int, head: str) -> None:
    if number == 1:
        try:
            about = dict(json.loads(content))
        except (ValueError, TypeError, RecursionError):
            raise Broken(f"{ENTRIES}:1: is no run") from None
        checked.run, checked.fleet_uid = str(about.get("run")), str(about.get("fleet_uid"))
    checked.entries += 1
    checked.files += not line["name"].startswith(f"{ENTRIES}:")
    if line["kind"] == "seal":
        checked.seals.append((number, head))
        checked.after = 0
    elif line["kind"] != "file":
        checked.after += 1


class _Entries:
    """Contents by their names; those of `entries.jsonl` come in order, each once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lines = _lines(directory, ENTRIES)
        self._next = 1

    def content(self, name: str, where: str) -> bytes:
        file, _, number = name.partition(":")
        if file != ENTRIES or not number:
            return _read(self._directory, name, where)
        if number != str(self._next) or self._next > len(self._lines):
            raise Broken(f"{shown(name)}: is not there, or not in its place ({where})")
        self._next += 1
        return self._lines[self._next - 2]

    def done(self) -> None:
        if self._next <= len(self._lines):
            raise Broken(f"{ENTRIES}:{self._next}: nothing in {CHAIN} speaks of it")


def _parsed(raw: bytes, where: str) -> dict[str, Any]:
    """A line of the chain, which must be written exactly as this very program's author writes it."""
    try:
        line = json.loads(raw)
        good = isinstance(line, dict) and sorted(line) == _KEYS
        good = good and json.dumps(line, sort_keys=True).encode() == raw
        good = good and all(isinstance(line[key], str) for key in ("kind", "name", "sha256", "previous", "about"))
    except (ValueError, RecursionError):
        good = False
    if not good:
        raise Broken(f"{where}: is no line of a chain")
    return dict(line)


def _end(line: dict[str, Any], where: str, count: int) -> None:
    wanted = {**line, "at": 0, "about": "", "name": "", "sha256": hashlib.sha256(b"").hexdigest()}
    if line != wanted or type(line["at"]) is not int or line["n"] != count or type(line["n"]) is not int:
        raise Broken(f"{where}: is no end of a chain")


def _lines(directory: Path, name: str) -> list[bytes]:
    content = _read(directory, name, name)
    if not content.endswith(b"\n"):
        raise Broken(f"{name}: its last line has no end")
    lines = content[:-1].split(b"\n")
    if len(lines) > MOST:
        raise Broken(f"{name}: has over {MOST} lines")
    return lines


def _read(directory: Path, name: str, where: str) -> bytes:
    """A file inside the pack: no link, no way out, nothing but a file, not too large."""
    if len(name) > 400 or not _NAME.fullmatch(name):
        raise Broken(f"{where}: names a place outside the pack: {shown(name)}")
    path = directory
    try:
        for part in name.split("/"):
            path = path / part
            if stat.S_ISLNK(os.lstat(path).st_mode):
                raise Broken(f"{shown(name)}: is a link, or behind one")
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Broken(f"{shown(name)}: is no file")
            if status.st_size > LARGEST:
                raise Broken(f"{shown(name)}: is larger than {LARGEST} bytes")
            return file.read(LARGEST + 1)
    except OSError as error:
        raise Broken(f"{shown(name)}: cannot be read: {error.strerror}") from None


def _strangers(directory: Path, named: set[str]) -> None:
    for path in _walk(directory):
        name = path.relative_to(directory).as_posix()
        if name not in named:
            raise Broken(f"{shown(name)}: is in the pack, and nothing in {CHAIN} speaks of it")


def _walk(directory: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(directory), key=lambda one: one.name):
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        else:
            yield Path(entry.path)


def shown(name: object) -> str:
    """A name from a pack without what could move or style a terminal."""
    return ascii(str(name))[1:-1][:200]


def said(checked: Checked) -> str:
    """A pack that holds, in a sentence."""
    sealed = f"sealed at line {checked.seals[-1][0]}, head {checked.seals[-1][1]}" if checked.seals else "not sealed"
    more = f"; {checked.after} entries came after the seal" if checked.seals and checked.after else ""
    about = f"run {shown(checked.run)}: {checked.entries} entries, {checked.files} of them files"
    return f"{about}, all as hashed; {sealed}{more}"


def main(words: list[str]) -> int:
    """As a command."""
    directory = Path(words[0]) if words else Path(__file__).resolve().parent
    try:
        sys.stdout.write(said(check(directory)) + "\n")
    except NoPack as error:
        sys.stderr.write(f"verify: {error}\n")
        return 2
    except Broken as error:
        sys.stderr.write(f"verify: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
