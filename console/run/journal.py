"""What this host sent and saw: SQLite under the state directory, written before each send and after each answer.

WAL and synchronous=FULL: a committed line survives a power cut. On a network file system, where WAL is not safe, the
journal uses DELETE mode. Ended runs are kept for 90 days.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from console import log
from console.errors import Superseded, UsageError
from console.model.evidence import Exhibit, ExhibitKind
from console.model.run import JournalLine, RunReport, RunState
from console.model.text import inert
from console.run import place, rows
from console.run.rows import Row
from console.run.schema import CHANGES, OF_RUNS, SCHEMA
from console.run.seams import seam

KEPT = 90 * 86400.0
"""Seconds for which ended runs are kept."""
BUSY = 10.0
"""Seconds that one process waits for another's commit."""
_CLOSED = "closed"
"""The last word to a run, its runner's own: no command is taken after it."""
_KEEP = "INSERT INTO exhibits (run, at, far, kind, about, body) VALUES (?,?,?,?,?,?)"


class Journal:
    """One state directory's journal; any thread may use it. Raises `UsageError` where its file fails it."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = (directory or place.default()).expanduser().absolute()
        path = place.prepare(self.directory)
        self._turn = threading.RLock()
        """Held through each use: a connection has one transaction, whichever thread began it."""
        self._owned: dict[str, str] = {}
        """Run -> the process as which this journal claimed it: nobody else's changes of it may be made here."""
        with self._failing():
            self._db = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            self._open()

    @classmethod
    def there(cls, directory: Path | None = None) -> Journal | None:
        """The journal that lies there; None where there is none, and none is made."""
        where = (directory or place.default()).expanduser()
        return cls(where) if (where / place.NAME).exists() else None

    def _open(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA:
            raise UsageError(
                f"the journal in {self.directory} was written by a newer Fleet Console",
                fix="Use that one, or name another place with --state-dir.",
            )
        if version == 0:
            mode = "DELETE" if place.on_network(self.directory) else "WAL"
            self._db.execute(f"PRAGMA journal_mode={mode}")
        if version < SCHEMA:
            self._grow()
        self._db.execute("PRAGMA synchronous=FULL")

    def _grow(self) -> None:
        """Bring the schema up to date, one process at a time."""
        self._db.execute("BEGIN EXCLUSIVE")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        for script in CHANGES[version:]:
            for statement in script.split(";"):
                self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version={SCHEMA}")
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            with self._turn:
                yield
        except sqlite3.Error as error:
            raise place.unusable(self.directory, str(error)) from error

    @contextmanager
    def _commit(self, name: str) -> Iterator[sqlite3.Connection]:
        seam(f"before {name}")
        with self._transaction() as db:
            yield db
        seam(f"after {name}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._failing():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def add(self, report: RunReport, plan: str, access: dict[str, Any], *, taken: bool = False) -> None:
        """A new run, planned, or one that another host began. What ended over 90 days ago goes."""
        values = rows.out(report, plan, access) | ({"process": rows.TAKEN} if taken else {})
        marks = ", ".join("?" * len(values))
        with self._commit("run planned") as db:
            old = (time.time() - KEPT,)
            for table in OF_RUNS:
                db.execute(f"DELETE FROM {table} WHERE run IN (SELECT run FROM runs WHERE ended < ?)", old)
            gone = db.execute("SELECT run FROM runs WHERE ended < ?", old).fetchall()
            db.execute("DELETE FROM runs WHERE ended < ?", old)
            db.execute(f"INSERT INTO runs ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))
        for (run,) in gone:
            self.log(run).unlink(missing_ok=True)

    def log(self, run: str) -> Path:
        """The file that a run's runner writes to where it has no words of its own left."""
        return self.directory / f"run-{run}.log"

    def claim(self, run: str, pid: int, process: str) -> bool:
        """Begin a planned run as its one runner; False where it began, or was given up, before."""
        with self._commit("run claimed") as db:
            found = db.execute(
                "UPDATE runs SET state = ?, pid = ?, process = ? WHERE run = ? AND state = ?",
                (RunState.RUNNING, pid, process, run, RunState.PLANNED),
            )
            db.execute("INSERT OR REPLACE INTO viewers (run, at) VALUES (?,?)", (run, time.time()))
        if found.rowcount == 1:
            self._owned[run] = process
        return found.rowcount == 1

    def replan(self, run: str, process: str, *, taken: bool = False) -> bool:
        """Let a run whose runner, `process`, is dead, or is to be taken over, be claimed by a new one; False where
        another was faster."""
        with self._commit("run replanned") as db:
            found = db.execute(
                "UPDATE runs SET state = ?, process = ?, ended = NULL, hold_until = NULL WHERE run = ? AND process = ?",
                (RunState.PLANNED, rows.TAKEN if taken else process, run, process),
            )
            db.execute("DELETE FROM commands WHERE run = ?", (run,))
            return found.rowcount == 1

    def viewed(self, run: str) -> None:
        """Somebody looks at it now."""
        with self._failing():
            self._db.execute("INSERT OR REPLACE INTO viewers (run, at) VALUES (?,?)", (run, time.time()))

    def unviewed(self, run: str) -> float:
        """Seconds since somebody looked at it last or left a word for it, or since its runner began."""
        with self._failing():
            found = self._db.execute("SELECT at FROM viewers WHERE run = ?", (run,)).fetchone()
        return time.time() - found[0] if found else 0.0

    def leave(self, former: Row) -> None:
        """Leave a run, which a new runner claimed or was to claim, as its `former`, dead one left it: nothing was
        done for it, for the reason that its last line says. Raises as `update`."""
        report, pid = former.report, json.loads(former.process)["pid"]
        kept = {"message": report.message, "reasons": report.reasons}
        self.update(report.run, state=rows.stood(report), pid=pid, process=former.process, **kept)

    def give_up(self, run: str, message: str) -> bool:
        """End a planned run that no runner has begun, or leave it as a dead one left it; False where one has."""
        row = self.row(run)
        if row is not None and row.report.state is RunState.PLANNED and row.followed:
            self.line(run, rows.TRIED, "noted", message)
            self.leave(row)
            return True
        with self._commit("run given up") as db:
            found = db.execute(
                "UPDATE runs SET state = ?, message = ?, ended = ? WHERE run = ? AND state = ?",
                (RunState.FAILED, message, time.time(), run, RunState.PLANNED),
            )
            return found.rowcount == 1

    def update(self, run: str, **values: Any) -> None:
        """Change fields of a run: state, message, layer, routes, fence, actor, ended, reasons.

        Raises `Superseded` where this journal had claimed it, and another runner has since.
        """
        if "state" in values:
            log.note("run", run, "is", values["state"], values.get("message", ""))
        values = {name: rows.value_out(name, value) for name, value in values.items()}
        names = ", ".join(f"{name} = ?" for name in values)
        with self._commit(f"run {'+'.join(values)}") as db:
            owner = self._owned.get(run)
            mine = "" if owner is None else " AND process = ?"
            said = (*values.values(), run, *(() if owner is None else (owner,)))
            changed = db.execute(f"UPDATE runs SET {names} WHERE run = ?{mine}", said).rowcount
        if owner is not None and not changed:
            raise Superseded(f"run {inert(run, 40)} was taken over by another runner")

    def line(self, run: str, step: str, phase: str, sentence: str) -> None:
        """One journaled step, dated now: intended, sent, confirmed, refused or noted."""
        with self._commit(f"{step} {phase}") as db:
            db.execute(
                "INSERT INTO lines (run, at, step, phase, sentence) VALUES (?,?,?,?,?)",
                (run, time.time(), step, phase, sentence),
            )
        log.note("run", run, step, phase, sentence)

    def keep(self, run: str, exhibits: Sequence[Exhibit]) -> None:
        """Keep exhibits, in one commit and past all seams: no run goes on from them."""
        rows = [(run, one.at, one.far, one.kind, one.about, one.body) for one in exhibits]
        with self._transaction() as db:
            db.executemany(_KEEP, rows)

    def seal(self, run: str, said: dict[str, Any]) -> None:
        """Keep the runner's last word, with how many lines and exhibits there are before it."""
        with self._commit("evidence sealed") as db:
            (lines,) = db.execute("SELECT count(*) FROM lines WHERE run = ?", (run,)).fetchone()
            (exhibits,) = db.execute("SELECT count(*) FROM exhibits WHERE run = ?", (run,)).fetchone()
            body = json.dumps({**said, "lines": lines, "exhibits": exhibits}, sort_keys=True)
            db.execute(_KEEP, (run, time.time(), None, ExhibitKind.SEAL, "", body))

    def exhibits(self, run: str) -> list[Exhibit]:
        """Everything that was kept, in order."""
        columns = "at, kind, about, body, far"
        with self._failing():
            found = self._db.execute(f"SELECT {columns} FROM exhibits WHERE run = ? ORDER BY id", (run,)).fetchall()
        return [Exhibit(at, ExhibitKind(kind), *rest) for at, kind, *rest in found]

    def past(self, run: str, most: int = 50) -> list[tuple[list[JournalLine], list[Exhibit]]]:
        """What the newest `most` runs before a run, on its Fleet, waited for: their writes of weights, and the layers
        that were seen."""
        with self._failing():
            found = self._db.execute(
                "SELECT o.run FROM runs o, runs r WHERE r.run = ? AND o.run != r.run AND o.fleet_uid = r.fleet_uid"
                " AND o.started <= r.started ORDER BY o.started DESC LIMIT ?",
                (run, most),
            ).fetchall()
            return [(self._weighed(other), self._layers(other)) for (other,) in found]

    def _weighed(self, run: str) -> list[JournalLine]:
        asked = "SELECT at, step, phase, sentence FROM lines WHERE run = ? AND step LIKE 'weigh %' ORDER BY id"
        return [JournalLine(*line) for line in self._db.execute(asked, (run,))]

    def _layers(self, run: str) -> list[Exhibit]:
        asked = "SELECT at, about, body FROM exhibits WHERE run = ? AND kind = ? ORDER BY id"
        found = self._db.execute(asked, (run, ExhibitKind.LAYER))
        return [Exhibit(at, ExhibitKind.LAYER, about, body) for at, about, body in found]

    def command(self, run: str, word: str, by: str = "this host") -> None:
        """Leave a word for a live run's runner. Raises `UsageError` where it takes none any more."""
        with self._commit(f"command {word}") as db:
            state = db.execute("SELECT state, expires FROM runs WHERE run = ?", (run,)).fetchone()
            closed = db.execute("SELECT 1 FROM commands WHERE run = ? AND word = ?", (run, _CLOSED)).fetchone()
            guarded = state is not None and state[0] == RunState.DONE and state[1] is not None
            if state is None or closed is not None or (RunState(state[0]).over and not guarded):
                raise UsageError(
                    f"run {inert(run, 40)} takes no commands any more: it is over, or just ending",
                    fix="Look at how it ended; undo it with a rollback of its own.",
                )
            db.execute("INSERT INTO commands (run, word, at) VALUES (?,?,?)", (run, word, time.time()))
            db.execute("INSERT OR REPLACE INTO viewers (run, at) VALUES (?,?)", (run, time.time()))
            said = (run, time.time(), "word", "noted", f"{word} by {inert(by, 200)}")
            db.execute("INSERT INTO lines (run, at, step, phase, sentence) VALUES (?,?,?,?,?)", said)
        log.note("run", run, "is told to", word)

    def commands(self, run: str) -> list[str]:
        """The words left for a run, oldest first."""
        with self._failing():
            found = self._db.execute(
                "SELECT word FROM commands WHERE run = ? AND word != ? ORDER BY id", (run, _CLOSED)
            )
            return [word for (word,) in found]

    def take_no_more(self, run: str, heard: int) -> bool:
        """Let no further command in; False where one came that was not among the `heard` first ones."""
        with self._commit("run takes no more commands") as db:
            (count,) = db.execute(
                "SELECT count(*) FROM commands WHERE run = ? AND word != ?", (run, _CLOSED)
            ).fetchone()
            if count > heard:
                return False
            db.execute("DELETE FROM commands WHERE run = ? AND word = ?", (run, _CLOSED))
            db.execute("INSERT INTO commands (run, word, at) VALUES (?,?,?)", (run, _CLOSED, time.time()))
            return True

    def row(self, run: str) -> Row | None:
        """The run of that id."""
        found = self._rows("WHERE run = ?", (run,))
        return found[0] if found else None

    def named(self, prefix: str) -> Row | None:
        """The run of that id, or the only one whose id begins so. Raises `UsageError` where there are several."""
        exact = self.row(prefix)
        if exact is not None or not prefix:
            return exact
        found = self._rows("WHERE substr(run, 1, ?) = ?", (len(prefix), prefix))
        if len(found) > 1:
            names = ", ".join(row.report.run for row in found[:8])
            raise UsageError(
                f"{len(found)} runs begin with '{inert(prefix, 40)}': {names}", fix="Write more of the id."
            )
        return found[0] if found else None

    def rows(self, fleet_uid: str | None = None) -> list[Row]:
        """All runs, newest first."""
        return self._rows("WHERE fleet_uid = ?", (fleet_uid,)) if fleet_uid else self._rows("", ())

    def _rows(self, where: str, values: Sequence[Any]) -> list[Row]:
        order = "ORDER BY started DESC, rowid DESC"
        with self._failing():
            found = self._db.execute(f"SELECT {', '.join(rows.COLUMNS)} FROM runs {where} {order}", values).fetchall()
            return [rows.into(dict(zip(rows.COLUMNS, one, strict=True)), self._lines(one[0])) for one in found]

    def _lines(self, run: str) -> list[tuple[float, str, str, str]]:
        return self._db.execute(
            "SELECT at, step, phase, sentence FROM lines WHERE run = ? ORDER BY id", (run,)
        ).fetchall()
