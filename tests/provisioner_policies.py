"""What a provisioner may do is enough for a whole set-up and its teardown, and nothing of it is idle."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from console.cli import console as front
from console.kube import groundwork, site
from console.sim.faults import remote
from console.sim.kubeapi.rbac import granted
from tests.setups_over_the_wire import Console
from tests.simulators import simulate


def printed(*words: str) -> list[dict[str, object]]:
    """What the command prints, as documents."""
    done = CliRunner().invoke(front, ["policy", *words])
    assert done.exit_code == 0, done.output
    return [one for one in yaml.safe_load_all(done.stdout) if one]


@pytest.mark.skipif(not os.environ.get("CONSOLE_EVERY_SEAM"), reason="make soak: a whole set-up over the wire")
def test_a_whole_set_up_and_its_teardown_go_through_under_the_ram_policy_and_need_every_word(tmp_path: Path) -> None:
    (document,) = printed("ram", "provisioner")
    for empty in simulate(tmp_path, "--scenario", "unprovisioned", "--speed", "100"):
        assert remote.policy(empty[0], document)
        console = Console(empty, tmp_path)
        assert console.topology("init")[0] == 0, console.told[-1]
        code, told = console.topology("apply", "--yes")
        assert code == 0, told["run"]["message"] if told else console.told[-1]
        code, told = console.topology("teardown", "--yes")
        assert code == 0, told["run"]["message"]
        used = set(remote.needs(empty[0], "nobody")["actions"])
    statements: list[dict[str, list[str]]] = document["Statement"]  # type: ignore[assignment]
    added = {action.partition(":")[2] for action in statements[-1]["Action"]}
    of_a_vpc = {f"{verb}{what}" for verb in ("Create", "Delete") for what in ("Vpc", "VSwitch")}
    of_adopted_clusters = {"RevokeSecurityGroup"}
    assert added - used <= of_a_vpc | of_adopted_clusters  # the account has a VPC, and all else is made


def test_the_role_allows_every_write_that_a_set_up_asks_the_fleet_for() -> None:
    rules = granted(printed("rbac", "provisioner"))
    asked = groundwork.writes("argocd", (*groundwork.SETUP, *groundwork.TEARDOWN))
    own = (
        ("create", "coordination.k8s.io", "leases", "fleet-console"),
        ("list", "", "secrets", "argocd"),
        ("list", "argoproj.io", "appprojects", ""),
        ("list", "", "namespaces", ""),
    )
    for verb, group, resource, namespace in (*asked, *own):
        allowed = any(rule.allows(verb, group, resource, namespace or "") for rule in rules)
        assert allowed, f"{verb} {group}/{resource} in {namespace}"


def test_the_role_allows_what_an_agent_needs_in_a_data_centre() -> None:
    rules = granted(printed("rbac", "data-centre"))
    for verb, group, resource, _ in site.WRITES:
        for each in {verb, "delete"}:
            assert any(rule.allows(each, group, resource) for rule in rules), f"{each} {group}/{resource}"


def test_secrets_are_reached_in_argocds_namespace_alone_and_never_read_one_by_one() -> None:
    reaching = [one for one in granted(printed("rbac", "provisioner")) if "secrets" in one.resources]
    assert [(one.namespace, one.verbs) for one in reaching] == [("argocd", ("list", "patch"))]


def test_a_provisioners_policy_holds_an_observers() -> None:
    (more,), (less,) = printed("ram", "provisioner"), printed("ram", "observer")
    assert json.dumps(more["Statement"]).startswith(json.dumps(less["Statement"])[:-1])
