"""From an empty account to the first requests through the gateway, by the verbs, and away again; killed on the way;
adopted where it was built by hand. `make soak` (`CONSOLE_EVERY_SEAM=1`) kills at every tenth
seam of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from console.decide.setup.file import read
from tests import forked
from tests.present_documents import schema
from tests.simulators import Simulated, simulate

SOAK = bool(os.environ.get("CONSOLE_EVERY_SEAM"))


class Console:
    """The verbs on one simulator, with a state directory of their own."""

    def __init__(self, simulated: Simulated, directory: Path) -> None:
        self.fleet = simulated[0]
        self.directory = directory
        self.file = directory / "topology.yaml"
        self.told: list[str] = []

    def __call__(self, *words: str, **environment: str) -> tuple[int, Any]:
        own = ["--config", str(self.fleet / "config.yaml"), "--state-dir", str(self.directory / "state")]
        own += ["--log-file", str(self.directory / "log")]
        done = forked.run([*own, *words, "-o", "json"], timeout=600, environment=environment)
        self.told += [done.stdout, done.stderr]
        return done.returncode, json.loads(done.stdout or "null")

    def topology(self, verb: str, *words: str, **environment: str) -> tuple[int, Any]:
        return self("topology", verb, str(self.file), *words, **environment)

    def left(self, number: signal.Signals) -> tuple[str, int, str]:
        """A set-up whose front gets a signal once it tells of a task: the run, the front's exit code, and its words."""
        words = ["topology", "apply", str(self.file), "--yes"]
        own = ["--config", str(self.fleet / "config.yaml"), "--state-dir", str(self.directory / "state")]
        command = [sys.executable, "-m", "console", *own, *words]
        with (self.directory / f"{number.name}.txt").open("w+") as errors:
            front = forked.started(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
            )
            assert front.stdout is not None
            with front.stdout as told:
                run = next(line.split()[1] for line in told if line.startswith("run "))
                assert any(" intended " in line for line in told)
                front.send_signal(number)
                code = front.wait(30.0)
            errors.seek(0)
            return run, code, errors.read()

    def account(self) -> Any:
        """How many of each kind the account holds, as a proposal for it would find them."""
        code, told = self.topology("plan")
        assert code in (0, 3), told
        return sorted(one["id"] for one in told["steps"] if one["verb"] == "create")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    yield from simulate(tmp_path_factory.mktemp("empty"), "--scenario", "unprovisioned", "--speed", "100")


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    yield from simulate(tmp_path_factory.mktemp("calm"), "--scenario", "calm", "--speed", "20", "--load", "0")


def test_from_nothing_to_first_requests_and_back(empty: Simulated, tmp_path: Path) -> None:
    console = Console(empty, tmp_path)
    assert console.topology("init")[0] == 0
    whole = console.account()
    code, told = console.topology("apply", "--yes")
    assert code == 0, told["run"]["message"] if told else console.told[-1]
    jsonschema.validate(told, schema("topology"))
    code, told = console.topology("plan")
    assert (code, told["steps"]) == (0, [])
    _usable(console)
    _edited(console)
    _sealed(console, empty)
    _seen_late(console, Console(empty, tmp_path / "elsewhere"))
    code, told = console.topology("teardown", "--yes")
    assert code == 0, told["run"]["message"]
    assert console.account() == whole


def _edited(console: Console) -> None:
    """Another host and another listener take the place of the former ones, by the very plan that was seen."""
    whole = console.file.read_text()
    former = console.topology("plan")[1]["plan_hash"]
    text = whole.replace("host: demo.example.com", "host: other.example.com")
    console.file.write_text(text.replace("- port: 8001", "- port: 8002"))
    code, told = console.topology("plan")
    gone = [one["path"] for one in told["drift"] if one["after"] is None]
    assert (code, gone) == (0, ["spec.rules[demo.example.com]", "spec.listeners[8001/HTTP]"])
    assert console.topology("apply", "--yes", "--plan-hash", former)[0] == 3
    code, done = console.topology("apply", "--yes", "--plan-hash", told["plan_hash"])
    assert code == 0, done["run"]["message"]
    own = ["kubectl", "--kubeconfig", str(next((console.directory / "state" / "setups" / "demo").glob("*.kubeconfig")))]
    for words, expected in (
        (("ingress", "-A", "-o", "jsonpath={.items[*].spec.rules[*].host}"), "other.example.com"),
        (("albconfig", "-o", "jsonpath={.items[*].spec.listeners[*].port}"), "8002"),
    ):
        shown = subprocess.run([*own, "get", *words], check=True, capture_output=True, text=True, timeout=30).stdout
        assert shown == expected
    assert console.topology("plan")[1]["steps"] == []


def _usable(console: Console) -> None:
    """The settings that were left behind open the Fleet that was made."""
    config = console.directory / "state" / "setups" / "demo" / "config.yaml"
    members = yaml.safe_load(config.read_text())["fleets"][0]["members"].values()
    assert [(one["context"], one["kubeconfig"]) for one in members if "context" in one] == [
        ("idc", str(console.fleet / "kubeconfig"))
    ]
    own = ["--config", str(config), "--state-dir", str(console.directory / "state")]
    done = forked.run([*own, "status", "-o", "json"], timeout=60)
    told = json.loads(done.stdout)
    assert [one["name"] for one in told["members"]] == ["demo-ack", "demo-idc"]
    assert {one["alb_health"] for one in told["members"]} == {"ok"}


def _seen_late(console: Console, elsewhere: Console) -> None:
    """Where the Fleet's kubeconfig was never fetched, a teardown says what it cannot see, and holds before it goes."""
    elsewhere.directory.mkdir()
    elsewhere.file.write_text(console.file.read_text())
    code, told = elsewhere.topology("teardown", "--show")
    assert (code, "is not seen yet" in told["notes"][0]) == (0, True)
    code, told = elsewhere.topology("teardown", "--yes")
    assert "what stands on the Fleet is not seen yet" in elsewhere.told[-1]
    assert (code, told["run"]["state"]) == (4, "held")
    assert told["run"]["message"].startswith("the Fleet could be read only now: 'delete Ingress")
    assert console.topology("plan")[1]["steps"] == []
    code, told = elsewhere.topology("teardown", "--show")
    assert (code, told["notes"][0].startswith("stays: "), told["steps"][0]["verb"]) == (0, True, "delete")


def _sealed(console: Console, simulated: Simulated) -> None:
    """Keys and tokens stand in files of mode 0600 of the set-up's directory, and nowhere else."""
    settings = yaml.safe_load((simulated[0] / "config.yaml").read_text())
    secret = settings["fleets"][0]["cloud"]["credentials"]["access_key_secret"]
    own = console.directory / "state" / "setups" / "demo"
    [kubeconfig] = own.glob("*.kubeconfig")
    tokens = [*re.findall(r"token: (\S+)", kubeconfig.read_text()), secret]
    assert len(tokens) > 1
    allowed = {kubeconfig, own / "config.yaml"}
    for path in console.directory.rglob("*"):
        if path.is_file():
            held = any(token.encode() in path.read_bytes() for token in tokens)
            assert not held or path in allowed, f"{path} holds a secret"
            assert own not in path.parents or path.stat().st_mode & 0o777 == 0o600, path
    assert not any(token in text for token in tokens for text in console.told)


soaked = pytest.mark.skipif(not SOAK, reason="make soak: setups_at_every_seam kills in a world of values")


@soaked
@pytest.mark.parametrize("seam", range(10, 170, 10))
def test_killed_and_resumed(seam: int, empty: Simulated, tmp_path: Path) -> None:
    console = Console(empty, tmp_path)
    assert console.topology("init", "--name", f"k{seam}")[0] == 0
    text = console.file.read_text()
    # Answers that name nobody: 30 of them are enough.
    console.file.write_text(text[: text.index("  # the demonstration names its cluster")])
    code, told = console.topology("apply", "--yes", FLEET_CONSOLE_SEAM=str(seam))
    assert told["run"]["state"] == "interrupted", told["run"]
    code, again = console("resume", told["run"]["run"], "--yes")
    assert code == 0, again
    assert console.topology("plan")[1]["steps"] == []
    account = made_of(console, f"k{seam}")
    assert account == {"fleets": 1, "clusters": 2}
    assert console.topology("teardown", "--yes")[0] == 0
    assert made_of(console, f"k{seam}") == {"fleets": 0, "clusters": 0}


def made_of(console: Console, name: str) -> dict[str, int]:
    """How many Fleets and clusters of a topology's names there are."""
    from console.run.access import Access
    from console.run.setup import discover
    from console.settings import load

    settings = load(console.fleet / "config.yaml")
    account = discover.ground(Access(None, None, None, None, None, None), settings, "cn-hangzhou").account
    return {
        "fleets": sum(1 for one in account.fleets or () if one.name == f"{name}-fleet" and one.state == "running"),
        "clusters": sum(1 for one in account.clusters or () if one.name.startswith(f"{name}-")),
    }


@soaked
def test_a_front_that_is_left_leaves_its_run_to_go_on(empty: Simulated, tmp_path: Path) -> None:
    console = Console(empty, tmp_path)
    assert console.topology("init", "--name", "left")[0] == 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        run, code, said = console.left(number)
        assert code == (4 if number == signal.SIGINT else -number), said
        assert (f"The run goes on. Attach again: fleet-console attach {run}" in said) == (number == signal.SIGINT)
        _, told = console.topology("status")
        assert (told["run"]["run"], told["run"]["state"]) == (run, "running")
        if number != signal.SIGHUP:
            assert console("stop", run)[1]["state"] == "held"
    code, told = console("attach", run)
    assert (code, told["state"]) == (0, "done"), told["message"]
    assert any(line.split()[1:3] == ["confirmed", "files"] for line in console.told[-1].splitlines())
    assert console.topology("plan")[1]["steps"] == []
    assert console.topology("teardown", "--yes")[0] == 0


def test_what_was_built_by_hand_is_adopted_and_its_drift_shown(calm: Simulated, tmp_path: Path) -> None:
    console = Console(calm, tmp_path)
    code, told = console.topology("adopt")
    assert (code, told["steps"]) == (0, [])
    topology = read(console.file)
    assert [one.name for one in topology.members] == ["ack-prod-j", "idc-prod"]
    assert not any(one.kept for one in topology.applications)
    weight = f"alb.ingress.kubernetes.io/cluster-weight.{topology.members[0].id}"
    for value in ("70", "62"):
        subprocess.run(
            ["kubectl", "--kubeconfig", str(calm[0] / "kubeconfig"), "annotate", "--overwrite", "-n", "shop", "ingress",
             "checkout", f"{weight}={value}"], check=True, capture_output=True, timeout=30,
        )  # fmt: skip
        code, told = console.topology("plan")
        drift = [(one["path"].rpartition(".annotations.")[2], one["before"], one["after"]) for one in told["drift"]]
        assert drift == ([] if value == "62" else [(weight, "70", "62")])
        assert {one["rule"] for one in told["checks"] if one["verdict"] == "red"} == (
            set() if value == "62" else {"live-weights", "conflict"}
        )
        out = tmp_path / value
        code, told = console.topology("export", "--out", str(out))
        said = "(Ingress shop/checkout): traffic flows at 70:38, the topology says 62:38; applying the exported"
        warned = [one for one in (*told["notes"], (out / "README.md").read_text()) if said in one]
        assert (code, len(warned)) == (0, 0 if value == "62" else 2)


def test_teardown_of_what_was_adopted_takes_nothing(calm: Simulated, tmp_path: Path) -> None:
    console = Console(calm, tmp_path)
    assert console.topology("adopt")[0] == 0
    code, told = console.topology("teardown", "--yes")
    assert (code, told["steps"]) == (0, [])
    assert "stays: Fleet hz-prod" in " ".join(told["notes"])
    own = ["--config", str(calm[0] / "config.yaml"), "--state-dir", str(tmp_path / "state")]
    shown = forked.run([*own, "topology", "teardown", str(console.file), "--show"])
    assert "  nothing to do: nothing of ours is there\n" in shown.stdout
    code, told = console.topology("teardown", "--show", "--also", "member idc-prod")
    [hit] = [one for one in told["checks"] if one["rule"] == "routes-to-member"]
    assert "routes that stay send it weight: " in hit["measured"] and "shop/checkout 38 %" in hit["measured"]
    assert "cluster idc-prod" not in " ".join(told["notes"])


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("teardown", "--show", "--also", "member nope"), "'vswitch "),
        (("teardown", "--show", "--also", "Secret argocd/ack-prod-j"), "'member idc-prod'"),
        (("plan", "--take", "Ingress shop/chekout"), "Did you mean 'Ingress shop/checkout'?"),
        (("apply", "--yes", "--take", "fleet"), "'Ingress shop/checkout'"),
    ],
)
def test_what_names_nothing_of_the_topology_is_refused(
    words: tuple[str, ...], near: str, calm: Simulated, tmp_path: Path
) -> None:
    console = Console(calm, tmp_path)
    assert console.topology("adopt")[0] == 0
    code, told = console.topology(*words)
    assert (code, told["message"]) == (2, f"{words[-2]}: nothing of the topology is called '{words[-1]}'")
    assert near in told["fix"]
    verb, *rest = words[:-1]
    assert console.topology(verb, *rest, "Ingress shop/checkout")[0] == 0


def test_an_item_to_be_made_anew_that_is_none_is_a_slip(calm: Simulated, tmp_path: Path) -> None:
    console = Console(calm, tmp_path)
    assert console.topology("adopt")[0] == 0
    code, told = console.topology("apply", "--yes", "--retry", "flet")
    assert (code, told["message"]) == (2, "--retry: nothing of the topology is called 'flet'")
    assert "Did you mean fleet?" in told["fix"]


@pytest.mark.parametrize("name", ["Bad Name", "1st", "a-", "a..b", "", "a" * 56])
def test_a_topology_gets_no_name_that_its_file_could_not_hold(name: str, empty: Simulated, tmp_path: Path) -> None:
    console = Console(empty, tmp_path)
    code, told = console.topology("init", "--name", name)
    assert (code, told["message"]) == (2, f"a topology cannot be called '{name}'")
    assert not console.file.exists()


@pytest.mark.parametrize("name", ["a", "b.2-c", "a" * 55])
def test_a_topology_of_any_other_name_is_sound(name: str, empty: Simulated, tmp_path: Path) -> None:
    console = Console(empty, tmp_path)
    assert console.topology("init", "--name", name)[0] == 0
    assert console.topology("validate")[0] == 0
