"""The printed policies: a whole shift goes through under them, an observer writes nothing, nothing is idle in them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from console.cli import console as front
from console.errors import FleetConsoleError, UsageError
from console.kube import document
from console.kube.connect import Hub
from console.model.document import Subject
from console.model.freshness import SourceName, SourceState
from console.present import policy
from console.sim import handover
from console.sim.faults import remote
from console.sim.kubeapi.access import Rule
from console.sim.kubeapi.rbac import granted
from tests.end_to_end_shift import ROUTE, Console
from tests.simulators import Simulated, simulate

TARGETS = ("operator", "observer")


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """A simulator whose hub knows both roles as printed, and whose cloud's key has the printed RAM policy."""
    for simulated in simulate(tmp_path_factory.mktemp("limited"), "--scenario", "calm", "--speed", "5"):
        directory = simulated[0]
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fleet-console"}}
        made = Hub.open(str(directory / "kubeconfig"), "hub").call("POST", "/api/v1/namespaces", body=namespace)

        assert made.status in (201, 409)
        # The clusters' Secrets are another role's (rbac-argocd.yaml), and no part of these.
        settings = yaml.safe_load((directory / "config.yaml").read_text())
        settings["fleets"][0].pop("argocd")
        handover.write(directory / "config.yaml", settings)
        for role in TARGETS:
            handover.add_context(directory, role, remote.role(directory, role, printed("rbac", role)))
        assert remote.policy(directory, printed("ram", "operator")[0])
        yield simulated


class Inside(Console):
    """The verbs within this process: only the runners are others, and nothing is imported a second time."""

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["--config", str(self.directory / "config.yaml"), "--state-dir", str(self.state), *words]
        done = CliRunner().invoke(front, command)
        code, told = done.exit_code, done.stderr
        if isinstance(done.exception, FleetConsoleError):  # as `python -m console` tells it
            code, told = done.exception.exit_code, f"{told}{done.exception}"
        return subprocess.CompletedProcess(command, code, done.stdout, told)

    def status(self, *context: str) -> dict[str, Any]:
        """Once every source has answered; on a busy machine `status` may give up first. Whether all is well (its exit
        code) is another test's question."""
        for _ in range(5):
            found: dict[str, Any] = json.loads(self.run("status", *context, "-o", "json").stdout)
            if "loading" not in {source["state"] for source in found["sources"]}:
                break
        return found


def printed(*words: str) -> list[dict[str, Any]]:
    """What the command prints, as documents."""
    done = CliRunner().invoke(front, ["policy", *words])

    assert 0 == done.exit_code, done.output
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def spelt_out(rules: tuple[Rule, ...]) -> set[tuple[str, str, str, str, str]]:
    return {
        (verb, group, resource, rule.namespace, ",".join(rule.names))
        for rule in rules
        for verb in rule.verbs
        for group in rule.groups
        for resource in rule.resources
    }


def test_a_whole_shift_goes_through_under_them_and_needs_every_word_of_them(limited: Simulated, tmp_path: Path) -> None:
    directory = limited[0]
    console, context = Inside(directory, tmp_path / "state"), ("--context", "operator")
    status = console.status(*context)
    to = ("shift", ROUTE, "--to", "ack=80,idc=20", "--reason", "drill", "--yes")
    report = console.json(*to, *context)

    assert {"live", "empty", "unconfigured"} >= {source["state"] for source in status["sources"]}
    assert ("done", "observed") == (report["state"], report["layer"])

    console.json("rollback", report["run"], "--yes", *context)
    for reason in ("one", "another"):
        assert 0 == console.run("freeze", "--reason", reason, "--yes", *context).returncode
    overridden = console.json(*to, "--override", "freeze", *context)

    assert "done" == overridden["state"]
    assert "an Event on the Fleet" in console.run("attach", overridden["run"], "--plain", *context).stdout
    assert 0 == console.run("unfreeze", "--yes", *context).returncode

    of = status["applications"][0]
    for verb in ("refresh", "sync"):
        name = f"{of['namespace']}/{of['name']}"

        assert "done" == console.json("app", verb, name, "--yes", *context)["state"]
    look_at_everything(Hub.open(str(directory / "kubeconfig"), "operator"), status)
    needed = {tuple(one.values()) for one in remote.needs(directory, "operator")["needed"]}
    idle = spelt_out(granted(printed("rbac", "operator"))[2:]) - needed

    assert set() == idle
    (ram,) = printed("ram", "operator")
    allowed = {action.partition(":")[2] for each in ram["Statement"] for action in each["Action"]}

    assert set() == set(remote.needs(directory, "operator")["actions"]) - allowed


def look_at_everything(hub: Hub, status: dict[str, Any]) -> None:
    """Each kind that a key shows as YAML, and the one Lease that is asked for alone where they cannot be listed."""
    member = status["members"][0]["id"]
    subjects = {
        SourceName.MEMBERS: member,
        SourceName.GATEWAYS: status["gateways"][0]["name"],
        SourceName.ROUTES: ROUTE,
        SourceName.APPLICATIONS: "/".join(status["applications"][0][key] for key in ("namespace", "name")),
    }
    for source, key in subjects.items():
        assert document.read(hub, Subject(source, key)).lines
    one = status["applications"][0]
    assert document.read(hub, Subject(SourceName.SETS, f"{one['namespace']}/{one['set']}")).lines


def test_an_observer_sees_everything_and_writes_nothing(limited: Simulated, tmp_path: Path) -> None:
    console, context = Inside(limited[0], tmp_path / "state"), ("--context", "observer")
    status = console.status(*context)
    before = console.annotations()
    refused = console.run("shift", ROUTE, "--to", "ack=70,idc=30", "--reason", "x", "--yes", *context)
    frozen = console.run("freeze", "--reason", "x", "--yes", *context)
    name = status["applications"][0]["name"]
    asked = [console.run("app", verb, name, "--yes", *context) for verb in ("refresh", "sync")]

    assert [3, 3] == [done.returncode for done in asked]
    assert all("patch applications.argoproj.io" in done.stdout for done in asked)
    assert {SourceState.LIVE, SourceState.EMPTY, SourceState.UNCONFIGURED} >= {s["state"] for s in status["sources"]}
    assert refused.returncode in (3, 7)
    assert "patch" in refused.stdout + refused.stderr
    assert 7 == frozen.returncode
    assert "create configmaps" in frozen.stderr
    assert before == console.annotations()


def test_without_any_one_rule_of_the_operators_own_a_request_of_a_shift_is_refused() -> None:
    documents = printed("rbac", "operator")
    whole = granted(documents)
    own = [rule for rule in whole if {"patch", "create", "update", "delete"} & set(rule.verbs)][2:]

    assert 7 == len(own)
    for gone in own:
        left = [rule for rule in whole if rule is not gone]
        verb, group, resource, namespace, names = sorted(spelt_out((gone,)))[0]

        assert not any(rule.allows(verb, group, resource, namespace, names.split(",")[0]) for rule in left)


@pytest.mark.parametrize("role", ["observer", "operator", "provisioner", "member"])
def test_every_role_is_bound_and_says_no_wildcard(role: str) -> None:
    documents = printed("rbac", role)
    rules = granted(documents)[2:]

    assert rules
    assert not [rule for rule in rules if "*" in (*rule.verbs, *rule.groups, *rule.resources)]
    assert role == "provisioner" or not [rule for rule in rules if "secrets" in rule.resources]
    bound = {each["roleRef"]["name"] for each in documents if each["kind"].endswith("Binding")}
    assert bound == {each["metadata"]["name"] for each in documents if each["kind"] in ("Role", "ClusterRole")}


def test_the_json_of_a_policy_is_one_list() -> None:
    done = CliRunner().invoke(front, ["policy", "rbac", "observer", "-o", "json"])

    assert list(policy.documents(policy.rbac("observer"))) == json.loads(done.stdout)["items"]


def test_rbac_counts_where_it_is_bound_and_by_name() -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "r", "namespace": "here"},
        "rules": [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["one"], "verbs": ["get"]}],
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b", "namespace": "here"},
        "roleRef": {"kind": "Role", "name": "r"},
    }
    rule = granted([role, binding])[-1]

    assert rule.allows("get", "", "configmaps", "here", "one")
    assert not rule.allows("get", "", "configmaps", "here", "two")
    assert not rule.allows("get", "", "configmaps", "there", "one")
    assert 2 == len(granted([role]))
    with pytest.raises(UsageError, match="names Role r"):
        granted([binding])
