"""The log file tells what a process did and why it failed, in inert lines of UTC, and holds no secret."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from console import log
from console.errors import Lost, UsageError
from console.kube.connect import Hub
from console.probe.probes import Probes
from console.probe.request import Reply, Unanswered
from console.run import runs
from console.run.access import Access
from console.settings import AttributionSettings, ProbeSettings
from tests.hub_scripted import kubeconfig
from tests.run_situations import A, B, standing
from tests.simulators import Simulated

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \d+ \S.*")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "console.log"
    log.close_log()


def run(*words: str) -> int:
    command = [sys.executable, "-m", "console", *words]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode


def said(file: Path) -> list[str]:
    """The words of every line, without moment and process."""
    lines = file.read_text().splitlines()

    assert all(LINE.fullmatch(line) for line in lines)
    return [line.split(" ", 2)[2] for line in lines]


def test_a_verb_logs_its_requests_its_calls_its_sources_and_its_end(calm: Simulated, file: Path) -> None:
    code = run("--config", str(calm[0] / "config.yaml"), "status", "--log-file", str(file))
    lines = said(file)

    assert 0 == code
    assert "begin fleet-console status" == lines[0]
    assert "end fleet-console status exit 0" == lines[-1]
    assert any(re.fullmatch(r"hub GET /api/v1/namespaces/kube-system 200 \d+ ms", line) for line in lines)
    assert any(re.fullmatch(r"hub GET /\S+/ingresses watch 200 \d+ ms", line) for line in lines)
    assert any(re.fullmatch(r"cloud ListRules 200 \d+ ms", line) for line in lines)
    assert "source ingresses live" in lines


def test_no_secret_is_logged_and_the_file_is_for_its_owner_alone(calm: Simulated, file: Path) -> None:
    file.touch(0o644)
    run("--config", str(calm[0] / "config.yaml"), "doctor", "--log-file", str(file))
    users = yaml.safe_load((calm[0] / "kubeconfig").read_text())["users"]
    keys = yaml.safe_load((calm[0] / "config.yaml").read_text())["fleets"][0]["cloud"]["credentials"]
    secrets = [user["user"]["token"] for user in users] + list(keys.values())
    text = file.read_text()

    assert "hub POST" in text
    assert not [secret for secret in secrets if secret in text]
    assert "Bearer" not in text
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)


def test_the_innermost_file_wins_and_the_others_are_not_made(tmp_path: Path, file: Path) -> None:
    outer = tmp_path / "outer.log"
    run("--log-file", str(outer), "config", "path", "--log-file", str(file))

    assert file.exists()
    assert not outer.exists()


def test_a_failure_is_logged_with_its_reason(file: Path, tmp_path: Path) -> None:
    code = run("route", "a/b", "--kubeconfig", str(tmp_path / "none"), "--log-file", str(file), "--timeout", "1s")
    lines = said(file)

    assert 7 == code
    assert any(line.startswith("source managedclusters lost") for line in lines)
    assert any(line.startswith("failed fleet-console route exit 7 ") for line in lines)


def test_a_request_without_an_answer_says_why(file: Path, tmp_path: Path) -> None:
    log.open_log(file)
    hub = Hub.open(kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:1"), None)
    with pytest.raises(Lost):
        hub.fleet_uid()

    (line,) = said(file)
    assert re.match(r"hub GET /api/v1/namespaces/kube-system no answer \d+ ms http://127.0.0.1:1 refused", line)


def test_probes_log_the_beginning_and_the_end_of_trouble_and_not_every_request(file: Path) -> None:
    log.open_log(file)
    settings = ProbeSettings(route="a/b", url="http://g/?token=hunter2", member=AttributionSettings(header="x"))
    probes = Probes((settings,), 1.0, lambda *_: None, time.monotonic, lambda: ())
    probe = probes._probes["a/b"]
    for reply in (Unanswered("no answer"), Unanswered("no answer"), Unanswered("answered 502"), Reply(200, {}, b"")):
        probes.take(probe, reply)

    assert [
        "probe a/b no answer",
        "probe a/b answered 502",
        "probe a/b answers again after 3 without an answer",
    ] == said(file)


def test_a_detached_runner_logs_to_the_same_file(file: Path, tmp_path: Path) -> None:
    with standing({A: "62", B: "38"}) as stand:
        config = tmp_path / "config.yaml"
        config.write_text("run: {steady: 100ms, verify_timeout: 10s}\n")
        access = Access(stand.kubeconfig, None, config, stand.journal.directory, file)
        plan = stand.shift(("62", "38"), ("80", "20"))
        started = runs.start(access, stand.settings, plan, reason="drill")
        list(runs.follow(access, started.run))
    lines = said(file)

    assert f"begin runner of run {started.run}" in lines
    assert any(line.startswith(f"run {started.run} is done") for line in lines)
    assert any(re.match(r"hub PATCH /apis/networking.k8s.io/\S+ 200 \d+ ms", line) for line in lines)


def test_text_from_outside_is_inert_and_one_line(file: Path) -> None:
    log.open_log(file)
    log.note("hub", "\x1b[31m\nred", "x" * 2000)
    (line,) = said(file)

    assert line.startswith("hub ␛[31m red xxx")
    assert len(line) <= log.LONGEST + 1


def test_a_file_that_cannot_be_written_is_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        log.open_log(tmp_path / "none" / "console.log")


def test_a_disk_that_is_full_stops_nothing() -> None:
    log.open_log(Path(os.devnull).with_name("full"))
    try:
        log.note("words")
    finally:
        log.close_log()


def test_without_the_option_logging_is_not_even_imported() -> None:
    program = "import sys; from console import log; log.note('x'); print('logging' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "False" == done.stdout.strip()
