"""Evidence of a run: what a pack holds, that a changed byte is found and named, and that hostile packs are refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from console.kube import exhibit
from console.kube.connect import Answer
from console.kube.decode import LAST_APPLIED
from console.model.evidence import Exhibit, ExhibitKind
from console.model.run import RunReport
from console.run import chain, pack, proof
from tests.run_situations import PATH, Stand, standing

BEFORE, AFTER = ("62", "38"), ("80", "20")


@pytest.fixture(scope="module")
def done() -> Iterator[tuple[Stand, RunReport]]:
    """A shift that was carried out, on an Ingress with a last-applied copy and something secret beside it."""
    from tests.run_situations import A, B

    noted = {A: "62", B: "38", LAST_APPLIED: '{"password": "hunter2"}', "shop/api-token": "hunter2"}
    with standing(noted) as stand:
        yield stand, stand.carry_out(stand.shift(BEFORE, AFTER))


@pytest.fixture
def made(done: tuple[Stand, RunReport], tmp_path: Path) -> Path:
    """A pack of it."""
    pack.make(done[0].journal, done[1].run, tmp_path / "pack")
    return tmp_path / "pack"


def files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def refused(directory: Path) -> str:
    with pytest.raises(proof.Broken) as found:
        proof.check(directory)
    return str(found.value)


def test_a_pack_holds_the_ingress_before_and_after_and_the_answers(made: Path) -> None:
    before, after = (
        yaml.safe_load((made / f"manifests/{when}/shop_checkout.yaml").read_text()) for when in ("before", "after")
    )
    answers = [json.loads(path.read_text()) for path in sorted((made / "answers").iterdir())]
    weights = [
        tuple(value for key, value in sorted(one["metadata"]["annotations"].items()) if "cluster-weight" in key)
        for one in (before, after)
    ]

    assert [BEFORE, AFTER] == weights
    assert "fleet-console/fence" not in after["metadata"]["annotations"]
    assert {PATH} <= {answer["request"]["path"] for answer in answers}
    assert all(answer["headers"]["audit-id"] for answer in answers)


def test_nothing_secret_is_in_a_pack(made: Path) -> None:
    whole = b"".join(path.read_bytes() for path in files(made))

    assert not [word for word in (b"hunter2", b"admin-token", b"Bearer") if word in whole]


def test_of_a_secret_and_of_credentials_in_headers_nothing_is_kept() -> None:
    headers = {"Audit-Id": "a1", "Set-Cookie": "s=hunter2", "Authorization": "Bearer hunter2"}
    body = json.dumps({"kind": "Secret", "metadata": {"name": "x"}, "data": {"k": "hunter2"}}).encode()
    kept = exhibit.answer("PATCH", "/x", (), Answer(200, headers, body))

    assert "hunter2" not in kept
    assert {"audit-id": "a1"} == json.loads(kept)["headers"]


def test_what_is_too_large_is_left_out_and_said_to_be() -> None:
    huge = {"kind": "Ingress", "metadata": {"annotations": {"x": "y" * exhibit.LARGEST}}}

    assert "too large to be kept" in exhibit.manifest(huge)
    assert "too large to be kept" in exhibit.answer("PATCH", "/x", (), Answer(200, {}, json.dumps(huge).encode()))


def test_the_record_anchors_the_head_that_a_later_pack_has(done: tuple[Stand, RunReport], made: Path) -> None:
    stand, report = done
    checked = proof.check(made)

    assert (report.run, report.fleet_uid) == (checked.run, checked.fleet_uid)
    assert stand.record(report.run)["evidence"] == checked.seals[-1][1]


def test_a_second_seal_leaves_the_first_head_as_it_was(done: tuple[Stand, RunReport]) -> None:
    journal, run = done[0].journal, done[1].run
    row = journal.row(run)

    assert row is not None
    first = chain.heads(row, journal.exhibits(run))
    journal.keep(run, [Exhibit(1.0, ExhibitKind.MANIFEST, "after shop/checkout", "a: 1\n")])
    journal.seal(run, {"state": "rolled_back"})
    row = journal.row(run)

    assert row is not None
    assert first == chain.heads(row, journal.exhibits(run))[: len(first)]
    assert len(first) + 1 == len(chain.heads(row, journal.exhibits(run)))


def test_a_flipped_byte_anywhere_is_found_and_named(made: Path) -> None:
    for path in files(made):
        content = path.read_bytes()
        name = path.relative_to(made).as_posix()
        step = max(1, len(content) // 23)
        for place in (*range(0, len(content), step), len(content) - 1):
            flipped = bytearray(content)
            flipped[place] ^= 1 << (place % 8)
            path.write_bytes(flipped)
            said = refused(made)

            assert said.startswith(name), (name, place, said)
        path.write_bytes(content)
    proof.check(made)


def test_a_changed_entry_is_named_with_its_line(made: Path) -> None:
    path = made / chain.ENTRIES
    lines = path.read_text().split("\n")
    lines[4] = lines[4].replace("i", "j", 1)
    path.write_text("\n".join(lines))

    assert "entries.jsonl:5: is not what chain.jsonl:5 says it was" == refused(made)


def cut(made: Path, name: str, count: int) -> None:
    lines = (made / name).read_text().splitlines(keepends=True)
    (made / name).write_text("".join(lines[:-count]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda made: (made / "report.md").unlink(), "report.md: cannot be read"),
        (lambda made: (made / "more.txt").write_text("x"), "more.txt: is in the pack, and nothing"),
        (lambda made: cut(made, "chain.jsonl", 1), "the end is missing"),
        (lambda made: cut(made, "entries.jsonl", 1), "entries.jsonl:"),
        (lambda made: (made / "entries.jsonl").open("a").write("{}\n"), "nothing in chain.jsonl speaks of it"),
        (lambda made: (made / "chain.jsonl").open("a").write("{}\n"), "is no line of a chain"),
        (lambda made: (made / "chain.jsonl").write_text("{}\n"), "chain.jsonl:1: is no line of a chain"),
        (lambda made: (made / "chain.jsonl").write_text("[" * 100_000 + "\n"), "is no line of a chain"),
    ],
)
def test_what_is_missing_or_one_too_many_is_named(made: Path, change: Callable[[Path], Any], said: str) -> None:
    change(made)

    assert said in refused(made)


def hostile(directory: Path, name: str) -> Path:
    """A pack whose one entry is said to lie at `name`."""
    directory.mkdir()
    links = chain.Chain()
    links.add("plan", 0, "", name, b"{}")
    links.add("end", 0, "", "", b"")
    (directory / proof.CHAIN).write_text("".join(line + "\n" for line in links.lines))
    (directory / proof.ENTRIES).write_text("{}\n")
    return directory


@pytest.mark.parametrize(
    "name", ["../secret", "a/../../secret", "/etc/passwd", "a//b", ".ssh/id", "a/..", "~/x", "a\x1b[2J", "x" * 500, ""]
)
def test_a_name_that_leads_out_of_the_pack_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("{}")
    said = refused(hostile(tmp_path / "pack", name))

    assert said.startswith("chain.jsonl:1: names a place outside the pack")
    assert "\x1b" not in said


def test_links_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    linked = hostile(tmp_path / "one", "report.md")
    (linked / "report.md").symlink_to(tmp_path / "secret")
    behind = hostile(tmp_path / "two", "answers/secret")
    (behind / "answers").symlink_to(tmp_path)

    assert "report.md: is a link, or behind one" == refused(linked)
    assert "answers/secret: is a link, or behind one" == refused(behind)


def test_what_is_no_file_or_too_large_is_refused_by_name(tmp_path: Path) -> None:
    directory = hostile(tmp_path / "one", "answers")
    (directory / "answers").mkdir()
    large = hostile(tmp_path / "two", "report.md")
    with (large / "report.md").open("wb") as file:
        file.truncate(proof.LARGEST + 1)

    assert "answers: " in refused(directory)
    assert refused(large).startswith("report.md: is larger than")


def test_the_checker_in_the_pack_needs_nothing_but_python(made: Path) -> None:
    command = [sys.executable, "-I", "-S", str(made / "verify.py")]
    good = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=30, check=False)
    (made / "report.md").write_text("all went well\n")
    bad = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=30, check=False)
    none = subprocess.run([*command, str(made / "answers")], capture_output=True, text=True, timeout=30, check=False)

    assert (0, 3, 2) == (good.returncode, bad.returncode, none.returncode), good.stderr
    assert "verify: report.md: is not what chain.jsonl:" in bad.stderr


def test_the_report_says_who_asked_for_what_and_why(made: Path) -> None:
    report = (made / "report.md").read_text()
    told = json.loads((made / "timeline.json").read_text())["entries"]

    assert "| reason | drill |" in report
    assert "weigh shop/checkout" in report
    assert [row["epoch"] for row in told] == sorted(row["epoch"] for row in told)
    assert {"write", "answer", "layer", "clock"} <= {row["what"] for row in told}


def test_a_report_cannot_be_styled_from_outside(done: tuple[Stand, RunReport], tmp_path: Path) -> None:
    run = done[1].run
    journal = done[0].journal
    journal.update(run, reason="<img src=x> | # [a](b) \\x1b[2J\n# not a heading", message="`x` **y**")
    pack.make(journal, run, tmp_path / "pack")
    journal.update(run, reason="drill", message=done[1].message)
    report = (tmp_path / "pack" / "report.md").read_text()

    assert " <img" not in report
    assert "\n# not" not in report
    assert "\\<img src=x\\> \\| \\# \\[a\\](b)" in report
    assert "\\`x\\`" in report
