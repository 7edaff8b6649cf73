"""An evidence pack: a directory with what the journal holds of one run, a report, and a chain of hashes over all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from console.decide.recovery import Recovery
from console.decide.usual import Waits, waits
from console.errors import UsageError
from console.model.evidence import Exhibit, ExhibitKind
from console.model.text import inert
from console.present import documents
from console.present import evidence as shown
from console.run import chain, proof
from console.run.journal import Journal
from console.run.recovered import recoveries_of
from console.run.rows import Row

README = """\
# Evidence of run {run}

| file | is |
|---|---|
| report.md | the run for a reader |
| run.json | the run as `fleet-console runs -o json` tells it, with its recovery times |
| timeline.json | everything that has a time, on the clock of the host that ran it |
| manifests/ | each Ingress as the runner read it before its first write and after its last one |
| answers/ | what the hub answered to each write, without credentials |
| entries.jsonl | the journal's other entries, a line each |
| chain.jsonl | for each entry its SHA-256, and that of the line before |
| verify.py | checks all of it: `python3 verify.py` |

`python3 verify.py`, or `fleet-console verify DIR`, shows that the pack is consistent in itself: nothing in it was
changed without writing the chain anew. Whoever can write the whole pack can do that, verify.py included.
`fleet-console verify DIR --fleet` shows that the chain up to its seal is the one whose head the runner wrote into the
run's ConfigMap on the Fleet at its end: the journal's entries, manifests and answers. report.md, run.json and
timeline.json were made of them when the pack was made, and are not what was anchored.
"""


@dataclass(frozen=True, slots=True)
class Pack:
    """What was made: where, the head at the last seal (None: the runner has not sealed it), and how long it took."""

    directory: Path
    entries: int
    head: str | None
    recoveries: tuple[Recovery, ...]


def make(journal: Journal, run: str, directory: Path) -> Pack:
    """Write a pack of a run of this host's journal. Raises `UsageError` where there is none of that id, or the
    directory holds something, or cannot be written."""
    row = journal.named(run)
    if row is None:
        raise UsageError(f"no run '{inert(run, 40)}' in this host's journal", fix="Ask on the host that ran it.")
    row.planned()  # says so where it moves no weights
    exhibits = journal.exhibits(row.report.run)
    if not exhibits:
        raise UsageError(
            f"run {row.report.run} left no evidence", fix="Its runner was of an older version, or never began."
        )
    _prepare(directory)
    try:
        past = [waits(*one) for one in journal.past(row.report.run)]
        return _write(row, exhibits, past, directory)
    except OSError as error:
        raise UsageError(f"{directory}: {error.strerror}", fix="Name another place with --out.") from None


def _write(row: Row, exhibits: list[Exhibit], past: list[Waits], directory: Path) -> Pack:
    links, inline, count, head = chain.Chain(), [], 0, None
    for entry in chain.entries(row, exhibits):
        links.add(entry.kind, entry.at, entry.about, entry.name, entry.content)
        count += 1
        head = links.head if entry.kind == ExhibitKind.SEAL else head
        if entry.name.startswith(f"{chain.ENTRIES}:"):
            inline.append(entry.content)
        else:
            _put(directory / entry.name, entry.content)
    found = recoveries_of(row, exhibits)
    for name, content in _files(row, exhibits, found, past):
        links.add("file", 0, "", name, content)
        _put(directory / name, content)
    links.add("end", 0, "", "", b"")
    _put(directory / chain.ENTRIES, b"".join(line + b"\n" for line in inline))
    _put(directory / proof.CHAIN, "".join(line + "\n" for line in links.lines).encode())
    return Pack(directory, count, head, found)


def _files(
    row: Row, exhibits: list[Exhibit], found: tuple[Recovery, ...], past: list[Waits]
) -> Iterator[tuple[str, bytes]]:
    """What is made of the entries, and for their reader."""
    report, told = row.report, [shown.recovery_document(one) for one in found]
    document = {**documents.run_document(report), "recovery": told}
    line = {"schema": "fleet-console/timeline/v1", "run": report.run, "entries": shown.timeline(report, exhibits)}
    yield "report.md", shown.report_text(report, row.planned(), exhibits, found, past).encode()
    yield "run.json", (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode()
    yield "timeline.json", (json.dumps(line, indent=1, ensure_ascii=True) + "\n").encode()
    yield "README.md", README.format(run=report.run).encode()
    yield "verify.py", Path(proof.__file__).read_bytes()


def _prepare(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise UsageError(f"{directory} is not empty", fix="Name a new directory with --out.")
    except OSError as error:
        raise UsageError(f"{directory}: {error.strerror}", fix="Name another place with --out.") from None


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
