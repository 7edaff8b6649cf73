"""`config show` tells every setting with its origin, and never a secret; `config path` tells where the file is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from console.cli import console
from console.present import effective
from console.settings import Settings, parse
from tests.present_documents import schema

FILE = {
    "arming": "5m",
    "fleets": [
        {
            "context": "hub",
            "members": {"c1": {"zone": "zone-\x1b[31ma"}},
            "cloud": {
                "endpoints": {"alb": "127.0.0.1:1"},
                "credentials": {"access_key_id": "ak-hunter2", "access_key_secret": "sk-hunter2"},
            },
            "probes": [
                {
                    "route": "a/b",
                    "url": "https://me:hunter2@shop.example/?a=1&access_token=hunter2",
                    "member": {"json": "m"},
                }
            ],
        }
    ],
}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(FILE))
    return str(path)


def run(*words: str) -> str:
    done = CliRunner().invoke(console, list(words))

    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert 0 == done.exit_code, done.output
    return done.output


def shown(*words: str) -> dict[str, tuple[Any, str]]:
    document = json.loads(run(*words, "config", "show", "-o", "json"))
    jsonschema.validate(document, schema("config"))
    return {one["path"]: (one["value"], one["origin"]) for one in document["settings"]}


def test_every_setting_comes_from_somewhere(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/a:/b")
    found = shown("--config", file, "--context", "other")

    assert ("5m", f"file {file}") == found["arming"]
    assert (False, "default") == found["read_only"]
    assert ("other", "option --context") == found["fleets.0.context"]
    assert ("/a:/b", "environment KUBECONFIG") == found["fleets.0.kubeconfig"]
    assert ("127.0.0.1:1", f"file {file}") == found["fleets.0.cloud.endpoints.alb"]
    assert (2.0, "default") == found["fleets.0.probes.0.rate"]
    assert ("10s", "default") == found["run.steady"]


def test_a_secret_is_set_and_nothing_more(file: str) -> None:
    found = shown("--config", file)

    assert ("set", f"file {file}") == found["fleets.0.cloud.credentials.access_key_secret"]
    assert "https://set@shop.example/?a=1&access_token=set" == found["fleets.0.probes.0.url"][0]
    assert "hunter2" not in run("--config", file, "config", "show") + str(found)


def test_keys_of_the_environment_are_told_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "ak-hunter2")
    path = tmp_path / "config.yaml"
    path.write_text("fleets: [{cloud: {credentials: {environment: true}}}]")
    found = shown("--config", str(path))

    wanted = ("set", "environment ALIBABA_CLOUD_ACCESS_KEY_ID")
    assert wanted == found["fleets.0.cloud.credentials.access_key_id"]
    assert (None, "default") == found["fleets.0.cloud.credentials.access_key_secret"]


def test_no_color_and_the_option_set_the_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ("mono", "option --theme") == shown("--theme", "mono")["theme"]

    monkeypatch.setenv("NO_COLOR", "1")

    assert ("mono", "environment NO_COLOR") == shown("--theme", "default")["theme"]


def test_without_a_file_all_defaults_hold(tmp_path: Path) -> None:
    found = shown("--state-dir", str(tmp_path))

    assert {"default", "option --state-dir"} == {origin for _, origin in found.values()}
    assert "~/.kube/config" == found["fleets.0.kubeconfig"][0]


def test_what_the_file_says_is_inert(file: str) -> None:
    assert "zone-␛[31ma" == shown("--config", file)["fleets.0.members.c1.zone"][0]
    assert "\x1b" not in run("--config", file, "config", "show")


def test_the_path_is_the_option_the_environment_or_the_default(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert file == run("config", "path", "--config", file).strip()

    monkeypatch.setenv("FLEET_CONSOLE_CONFIG", "/etc/elsewhere.yaml")
    document = json.loads(run("config", "path", "-o", "json"))

    jsonschema.validate(document, schema("config"))
    assert ("/etc/elsewhere.yaml", "environment FLEET_CONSOLE_CONFIG", False) == (
        document["path"],
        document["origin"],
        document["exists"],
    )


def test_every_field_of_settings_is_told() -> None:
    rows = {row.path for row in effective.settings_rows(parse(FILE), FILE, "f", {})}

    assert set(Settings.__struct_fields__) == {path.split(".")[0] for path in rows}
    assert {"fleets.0.weights.key_prefix", "fleets.0.zone_label", "fleets.0.members.c1.kind"} <= rows
