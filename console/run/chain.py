"""The hash chain over what the journal holds of one run: entries in one order that only grows, each with the SHA-256 of
its content and of the line before, so that the last line's hash, the head, speaks for all of them.

Up to each seal come the lines, then the exhibits that were there when the runner sealed it; what came later follows.
The head at a seal is what the runner anchors in the run's record on the Fleet.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from console.model.evidence import FILED, Exhibit, ExhibitKind
from console.model.run import JournalLine
from console.run.rows import Row

ENTRIES = "entries.jsonl"
"""The file of a pack that holds, a line each, the entries that are no files of their own."""
START = "0" * 64
"""What stands for the line before the first one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: `name` is its place in a pack, `FILE` or `entries.jsonl:LINE`; `content` its bytes there."""

    kind: str
    at: float
    about: str
    name: str
    content: bytes


class Chain:
    """Lines of a chain, as they are added."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.head = START

    def add(self, kind: str, at: float, about: str, name: str, content: bytes) -> str:
        """Add one entry; returns the head."""
        line = json.dumps(
            {
                "n": len(self.lines) + 1,
                "kind": kind,
                "at": at,
                "about": about,
                "name": name,
                "sha256": hashlib.sha256(content).hexdigest(),
                "previous": self.head,
            },
            sort_keys=True,
        )
        self.lines.append(line)
        self.head = hashlib.sha256(line.encode()).hexdigest()
        return self.head


def heads(row: Row, exhibits: Sequence[Exhibit]) -> list[str]:
    """The head at each seal, oldest first."""
    chain, found = Chain(), []
    for entry in entries(row, exhibits):
        head = chain.add(entry.kind, entry.at, entry.about, entry.name, entry.content)
        if entry.kind == ExhibitKind.SEAL:
            found.append(head)
    return found


def entries(row: Row, exhibits: Sequence[Exhibit]) -> Iterator[Entry]:
    """Everything that the journal holds of a run, in the chain's order."""
    report, places = row.report, _Places()
    plan = {
        "run": report.run,
        "fleet_uid": report.fleet_uid,
        "kind": report.kind,
        "reason": report.reason,
        "of": report.of,
        "started": report.started,
        "plan_hash": report.plan_hash,
        "plan": row.plan,
    }
    yield places.line("plan", report.started or 0.0, "", plan)
    lines, kept = 0, 0
    for index, one in enumerate(exhibits):
        if one.kind is ExhibitKind.SEAL:
            count = int(json.loads(one.body)["lines"])
            yield from _part(report.lines[lines:count], exhibits[kept:index], places)
            yield places.exhibit(one)
            lines, kept = count, index + 1
    yield from _part(report.lines[lines:], exhibits[kept:], places)


def _part(lines: Iterable[JournalLine], exhibits: Iterable[Exhibit], places: _Places) -> Iterator[Entry]:
    for one in lines:
        said = {"step": one.step, "phase": one.phase, "sentence": one.sentence}
        yield places.line("line", one.at, one.step, said)
    for exhibit in exhibits:
        yield places.exhibit(exhibit)


class _Places:
    """Where entries go in a pack; the same for the same entries in the same order."""

    def __init__(self) -> None:
        self._lines = 0
        self._answers = 0
        self._taken: dict[str, int] = {}

    def line(self, kind: str, at: float, about: str, said: dict[str, Any]) -> Entry:
        self._lines += 1
        content = json.dumps({"at": at, "kind": kind, "about": about, **said}, sort_keys=True).encode()
        return Entry(kind, at, about, f"{ENTRIES}:{self._lines}", content)

    def exhibit(self, one: Exhibit) -> Entry:
        if one.kind not in FILED:
            return self.line(one.kind, one.at, one.about, {"far": one.far, "said": json.loads(one.body)})
        return Entry(one.kind, one.at, one.about, self._file(one), one.body.encode())

    def _file(self, one: Exhibit) -> str:
        if one.kind is ExhibitKind.ANSWER:
            self._answers += 1
            return f"answers/{self._answers:05}.json"
        when, _, route = one.about.partition(" ")
        namespace, _, name = route.partition("/")
        stem = f"manifests/{'before' if when == 'before' else 'after'}/{_plain(namespace)}_{_plain(name)}"
        self._taken[stem] = self._taken.get(stem, 0) + 1
        again = f".{self._taken[stem]}" if self._taken[stem] > 1 else ""
        return f"{stem}{again}.yaml"


def _plain(word: str) -> str:
    """A name that is a file's name everywhere; Kubernetes' own stay as they are."""
    return re.sub(r"[^a-z0-9.-]|^[.-]+", "-", word.lower())[:100] or "-"
