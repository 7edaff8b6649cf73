"""A failure that leaves the command line: one sentence, and with `-o json` a document that holds every reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from console import errors
from console.cli import fail, main
from console.errors import Denied, FleetConsoleError, Refused
from console.model.run import Reason, Severity
from tests.present_documents import schema

ANOTHER = Reason("lease", Severity.BLOCKS, "run 7c1 holds it", "a free Lease", "wait for it")
FENCE = Reason("fence", Severity.BLOCKS, "stamped by run 7c1", "no fence", "take it over")


def told(error: FleetConsoleError, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    """The document, held to its schema, and what stands on stderr."""
    fail(error, ["shift", "-o", "json"])
    said = capsys.readouterr()
    document: dict[str, Any] = json.loads(said.out)
    jsonschema.validate(document, schema("error"))
    return document, said.err


def test_a_fix_follows_one_full_stop() -> None:
    said = [str(FleetConsoleError(sentence, fix="Wait.")) for sentence in ("asked too often.", "too often", "too of…")]

    assert ["asked too often. Wait.", "too often. Wait.", "too of… Wait."] == said


def test_a_refusal_carries_all_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    document, text = told(Refused("refused by two rules", (ANOTHER, FENCE)), capsys)

    assert ["lease", "fence"] == [one["rule"] for one in document["reasons"]]
    assert ("run 7c1 holds it", "a free Lease", "wait for it") == tuple(
        document["reasons"][0][key] for key in ("measured", "needed", "message")
    )
    assert "  lease: run 7c1 holds it. Needed: a free Lease" in text.splitlines()


def test_a_refusal_of_one_sentence_is_its_own_reason(capsys: pytest.CaptureFixture[str]) -> None:
    document, text = told(Refused("settings forbid every write", fix="Set read_only: false."), capsys)

    assert ["settings forbid every write"] == [one["measured"] for one in document["reasons"]]
    assert 1 == len(text.splitlines())


def test_reasons_that_are_sentences_stand_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    document, text = told(Refused("not to be the hub", ("its version is v1.18", "1 object is in the way")), capsys)

    assert ["its version is v1.18", "1 object is in the way"] == [one["measured"] for one in document["reasons"]]
    assert ["  its version is v1.18", "  1 object is in the way"] == text.splitlines()[1:]


def test_a_denial_names_the_permission(capsys: pytest.CaptureFixture[str]) -> None:
    document, _ = told(Denied("not allowed: patch ingresses", permission="patch ingresses"), capsys)

    assert ("patch ingresses", [], 7) == (document["permission"], document["reasons"], document["exit"])


@pytest.mark.parametrize("kind", [each for each in vars(errors).values() if isinstance(each, type)])
def test_every_failure_of_the_tree_is_a_document_of_the_contract(
    kind: type[FleetConsoleError], capsys: pytest.CaptureFixture[str]
) -> None:
    if issubclass(kind, FleetConsoleError):
        assert kind.__name__ == told(kind("so it is"), capsys)[0]["error"]


def test_read_only_settings_refuse_by_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("read_only: true\n")
    with pytest.raises(SystemExit, match="3"):
        main(["--config", str(config), "freeze", "--reason", "x", "--yes", "-o", "json"])
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema("error"))

    assert "settings forbid every write" in document["reasons"][0]["measured"]


def test_a_command_that_is_typed_wrongly_is_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["shift", "--nope", "-o", "json"])
    said = capsys.readouterr()
    document = json.loads(said.out)
    jsonschema.validate(document, schema("error"))

    assert (2, 2, "UsageError") == (ended.value.code, document["exit"], document["error"])
    assert "No such option '--nope'" in document["message"]
    assert "Usage: fleet-console shift" in said.err


@pytest.mark.parametrize("words", [["stop"], ["rollback", "--yes"], ["attach"], ["extend"], ["resume"]])
def test_a_word_to_a_run_of_another_host_says_that_the_fleet_could_not_be_asked_and_why(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:9"}}
    context = {"name": "x", "context": {"cluster": "c", "user": "u"}}
    user = {"name": "u", "user": {"token": "t"}}
    kubeconfig.write_text(
        json.dumps({"clusters": [cluster], "users": [user], "contexts": [context], "current-context": "x"})
    )
    verb, *rest = words
    rest += ["5m"] if verb == "extend" else []
    with pytest.raises(SystemExit, match="7"):
        main([verb, "cs298", *rest, "--kubeconfig", str(kubeconfig), "--state-dir", str(tmp_path / "state")])
    said = capsys.readouterr().err

    assert "run 'cs298' is not in this host's journal, and the Fleet could not be asked: " in said
    assert "refused" in said
