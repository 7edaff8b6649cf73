"""The journal: where it lies and who may read it, how runs are begun once, commanded and forgotten."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from console.errors import UsageError
from console.model.evidence import Exhibit, ExhibitKind
from console.model.fleet import Layer
from console.model.run import Reason, RunReport, RunRoute, RunState, Severity
from console.run import place
from console.run.journal import KEPT, Journal


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "state")


def run(name: str, **values: object) -> RunReport:
    route = RunRoute("shop/checkout", (("a", 62), ("b", None)), (("a", 80), ("b", 20)), (("a", 62), ("b", None)))
    reason = Reason("target-health", Severity.INFORMS, "4 of 5", "all", "look")
    known = {"fleet_uid": "f", "kind": "shift", "state": RunState.PLANNED, "plan_hash": "h", "started": time.time()}
    return RunReport(run=name, routes=(route,), reasons=(reason,), **(known | values))  # type: ignore[arg-type]


def add(journal: Journal, *names: str) -> None:
    for name in names:
        journal.add(run(name), "{}", {"kubeconfig": None})


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_directory_and_every_file_in_it_are_ours_alone(journal: Journal) -> None:
    add(journal, "k7m2p")

    assert 0o700 == mode(journal.directory)
    assert {0o600} == {mode(path) for path in journal.directory.iterdir()}


def test_an_empty_directory_is_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir(mode=0o755)
    Journal(tmp_path / "made")

    assert 0o700 == mode(tmp_path / "made")


def test_a_directory_of_somebody_elses_things_keeps_its_mode(tmp_path: Path) -> None:
    shared = tmp_path / "home"
    shared.mkdir(exist_ok=True)
    shared.chmod(0o755)
    (shared / "thesis.tex").touch()
    Journal(shared)

    assert (0o755, 0o600) == (mode(shared), mode(shared / place.NAME))


def test_a_directory_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    (shared / "socket").touch()
    shared.chmod(0o1777)
    with pytest.raises(UsageError, match="others may write"):
        Journal(shared)

    assert 0o1777 == mode(shared)


def test_it_is_written_ahead_and_through_to_the_disk(journal: Journal) -> None:
    modes = [journal._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]

    assert ["wal", 2] == modes


def test_it_is_not_written_ahead_on_a_network_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "on_network", lambda _: True)
    journal = Journal(tmp_path / "far")

    assert ("delete",) == journal._db.execute("PRAGMA journal_mode").fetchone()


def test_a_network_file_system_is_known_by_the_longest_mount_above(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    far = str(tmp_path / "far away").replace(" ", r"\040")
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {far} nfs4 rw 0 0\n")

    assert place.on_network(tmp_path / "far away" / "state", mounts)
    assert not place.on_network(tmp_path / "near", mounts)


def test_a_journal_of_a_newer_console_is_left_alone(journal: Journal) -> None:
    journal._db.execute("PRAGMA user_version=99")
    with pytest.raises(UsageError, match="newer"):
        Journal(journal.directory)


@pytest.mark.parametrize("content", [b"this is no database, but it is long enough to be looked at" * 20])
def test_a_file_that_is_no_journal_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    directory = tmp_path / "state"
    directory.mkdir(mode=0o700)
    (directory / place.NAME).write_bytes(content)
    with pytest.raises(UsageError, match="--state-dir"):
        Journal(directory)


def test_a_write_that_the_disk_refuses_is_one_sentence(journal: Journal) -> None:
    add(journal, "k7m2p")
    journal._db.execute("PRAGMA query_only=1")
    with pytest.raises(UsageError, match="cannot be used"):
        journal.line("k7m2p", "weigh", "intended", "80:20")


def test_looking_for_a_journal_makes_none(tmp_path: Path) -> None:
    assert Journal.there(tmp_path / "state") is None
    assert not (tmp_path / "state").exists()


def test_a_run_is_read_as_it_was_written(journal: Journal) -> None:
    told = run("k7m2p", actor="me", reason="drill", host="h", of="other", message="m")
    journal.add(told, '{"plan": 1}', {"context": "hub"})
    journal.update("k7m2p", layer=Layer.RULE)
    row = journal.row("k7m2p")

    assert row is not None
    assert (told, '{"plan": 1}', {"context": "hub"}) == (
        type(told)(**{**{n: getattr(row.report, n) for n in told.__slots__}, "layer": None}),
        row.plan, row.access,
    )  # fmt: skip
    assert Layer.RULE is row.report.layer


def test_a_run_is_begun_by_one_runner(journal: Journal) -> None:
    add(journal, "k7m2p")

    assert [True, False] == [journal.claim("k7m2p", pid, "{}") for pid in (1, 2)]
    assert not journal.give_up("k7m2p", "too late")


def test_a_run_that_was_given_up_is_not_begun(journal: Journal) -> None:
    add(journal, "k7m2p")

    assert journal.give_up("k7m2p", "it did not start")
    assert not journal.claim("k7m2p", 1, "{}")


def test_a_run_is_found_by_its_beginning_where_that_is_one(journal: Journal) -> None:
    add(journal, "k7m2p", "k7xxx", "b2345")
    row = journal.named("b")

    assert row is not None
    assert "b2345" == row.report.run
    assert journal.named("%") is None
    with pytest.raises(UsageError, match="k7"):
        journal.named("k7")


def test_words_reach_a_live_run_until_it_takes_no_more(journal: Journal) -> None:
    add(journal, "k7m2p")
    journal.command("k7m2p", "stop")
    journal.command("k7m2p", "rollback")

    assert ["stop", "rollback"] == journal.commands("k7m2p")
    assert not journal.take_no_more("k7m2p", heard=1)
    assert journal.take_no_more("k7m2p", heard=2)
    with pytest.raises(UsageError, match="no commands any more"):
        journal.command("k7m2p", "rollback")
    assert ["stop", "rollback"] == journal.commands("k7m2p")


def test_a_word_to_a_run_that_is_over_is_told_so(journal: Journal) -> None:
    add(journal, "k7m2p")
    journal.update("k7m2p", state=RunState.DONE, ended=time.time())
    with pytest.raises(UsageError, match="over"):
        journal.command("k7m2p", "rollback")


def test_what_ended_ninety_days_ago_goes_when_a_run_is_added(journal: Journal) -> None:
    add(journal, "old22", "new22")
    for name, age in (("old22", KEPT + 60), ("new22", KEPT - 60)):
        journal.line(name, "weigh", "intended", "x")
        journal.log(name).touch()
        journal.update(name, state=RunState.DONE, ended=time.time() - age)
    add(journal, "k7m2p")

    assert {"k7m2p", "new22"} == {row.report.run for row in journal.rows()}
    assert [("new22",)] == journal._db.execute("SELECT run FROM lines").fetchall()
    assert (False, True) == (journal.log("old22").exists(), journal.log("new22").exists())


def test_a_reader_sees_what_another_process_committed(journal: Journal) -> None:
    add(journal, "k7m2p")
    other = sqlite3.connect(journal.directory / place.NAME)
    other.execute("UPDATE runs SET message = 'from elsewhere'")
    other.commit()
    row = journal.row("k7m2p")

    assert row is not None
    assert "from elsewhere" == row.report.message


def test_a_journal_of_the_former_schema_grows_and_keeps_its_runs(tmp_path: Path) -> None:
    from console.run.schema import CHANGES

    directory = tmp_path / "state"
    directory.mkdir(mode=0o700)
    former = sqlite3.connect(directory / place.NAME)
    for script in CHANGES[:2]:
        former.executescript(script)
    former.execute("PRAGMA user_version=2")
    former.commit()
    former.close()
    journal = Journal(directory)
    add(journal, "k7m2p")
    journal.keep("k7m2p", [Exhibit(1.0, ExhibitKind.CLOCK, "", "{}", None)])
    journal.line("k7m2p", "weigh", "intended", "80:20")
    journal.seal("k7m2p", {"state": "done"})

    assert [ExhibitKind.CLOCK, ExhibitKind.SEAL] == [one.kind for one in journal.exhibits("k7m2p")]
    assert {"state": "done", "lines": 1, "exhibits": 1} == json.loads(journal.exhibits("k7m2p")[1].body)


def test_a_word_is_a_line_of_its_run(journal: Journal) -> None:
    add(journal, "k7m2p")
    journal.command("k7m2p", "stop")
    row = journal.row("k7m2p")

    assert row is not None
    assert [("word", "noted", "stop by this host")] == [(o.step, o.phase, o.sentence) for o in row.report.lines]


def test_threads_take_turns_in_one_journal(journal: Journal) -> None:
    """A connection has one transaction: a word that comes while the runner commits waits for it."""
    add(journal, "k7m2p")

    def write(word: int) -> None:
        for _ in range(20):
            journal.line("k7m2p", f"step {word}", "noted", "")
            journal.command("k7m2p", "touch")
            assert journal.row("k7m2p") is not None

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))

    assert 80 == len(journal.commands("k7m2p"))
    row = journal.row("k7m2p")
    assert row is not None
    assert 160 == len(row.report.lines)


def test_what_one_journal_commits_stays_though_others_of_its_process_and_of_another_come_and_go(tmp_path: Path) -> None:
    """Locks on a file are a process's, not a descriptor's: they must outlive every other journal that is opened."""
    words = "from pathlib import Path; from console.run.journal import Journal; Journal(Path({!r})).close()"
    with Journal(tmp_path) as held:
        held.viewed("first")
        with Journal(tmp_path) as other:
            other.viewed("second")
        Journal(tmp_path).close()
        subprocess.run([sys.executable, "-c", words.format(str(tmp_path))], check=True, timeout=60)
        held.viewed("third")
        found = sqlite3.connect(tmp_path / place.NAME).execute("SELECT run FROM viewers ORDER BY run").fetchall()

    assert [("first",), ("second",), ("third",)] == found
