"""What a provisioner may do is enough for a whole set-up and its teardown, and nothing of it is idle."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from console.cli import console as front
from console.kube import groundwork, site
from console.model.ground import Account
from console.run.access import Access
from console.run.setup import discover
from console.settings import load
from console.sim import handover
from console.sim.faults import remote
from console.sim.kubeapi.rbac import granted
from tests.policies_suffice import spelt_out
from tests.setups_over_the_wire import Console
from tests.simulators import simulate


def printed(*words: str) -> list[dict[str, Any]]:
    """What the command prints, as documents."""
    done = CliRunner().invoke(front, ["policy", *words])
    assert done.exit_code == 0, done.output
    return [one for one in yaml.safe_load_all(done.stdout) if one]


soaked = pytest.mark.skipif(not os.environ.get("CONSOLE_EVERY_SEAM"), reason="make soak: a whole set-up over the wire")
CENTRE = "idc"
"""Context of the data centre, and its name in the simulator."""


@soaked
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
    statements: list[dict[str, list[str]]] = document["Statement"]
    added = {action.partition(":")[2] for action in statements[-1]["Action"]}
    of_a_vpc = {f"{verb}{what}" for verb in ("Create", "Delete") for what in ("Vpc", "VSwitch")}
    of_adopted_clusters = {"RevokeSecurityGroup"}
    assert added - used <= of_a_vpc | of_adopted_clusters  # the account has a VPC, and all else is made


@soaked
def test_a_set_up_on_a_fleet_of_others_goes_through_under_the_printed_policies_and_needs_every_word(
    tmp_path: Path,
) -> None:
    for empty in simulate(tmp_path, "--scenario", "unprovisioned", "--speed", "100"):
        owner, mine = (Console(empty, tmp_path / one) for one in ("owner", "mine"))
        for one in (owner, mine):
            one.directory.mkdir()
        assert owner.topology("init")[0] == 0, owner.told[-1]
        whole = yaml.safe_load(owner.file.read_text("utf-8"))
        of_others = {"applications": [], "routes": [], "gateway": None, "members": whole["members"][:1]}
        owner.file.write_text(yaml.safe_dump(whole | of_others), "utf-8")
        code, told = owner.topology("apply", "--yes")
        assert code == 0, told["run"]["message"] if told else owner.told[-1]

        limited = ("--kubeconfig", str(_limited(owner)), "--context", "provisioner")
        assert remote.policy(empty[0], printed("ram", "provisioner")[0])
        theirs = _account(empty[0])
        mine.file.write_text(yaml.safe_dump(_on_theirs(whole, theirs)), "utf-8")
        for verb in ("apply", "teardown"):
            code, told = mine.topology(verb, "--yes", *limited)
            assert code == 0, told["run"]["message"] if told and told["run"] else mine.told[-1]
        assert not list((mine.directory / "state" / "setups").rglob("*.kubeconfig")), "it had an administrator's"
        assert _named(theirs) == _named(_account(empty[0]))
        assert set() == _idle(empty[0], "provisioner")
        assert set() == _idle(empty[0], "data-centre", of=CENTRE)


def _limited(owner: Console) -> Path:
    """A kubeconfig with the Fleet as a provisioner, and the data centre as whoever puts an agent there."""
    [fetched] = (owner.directory / "state" / "setups" / "demo").glob("*.kubeconfig")
    contexts = []
    for name, role, of, file in (
        ("provisioner", "provisioner", "", fetched),
        (CENTRE, "data-centre", CENTRE, owner.fleet / "kubeconfig"),
    ):
        cluster = yaml.safe_load(file.read_text("utf-8"))["clusters"][0]["cluster"]
        token = remote.role(owner.fleet, role, printed("rbac", role), of=of)
        contexts.append(handover.Context(name, name, cluster, {"token": token}))
    path = owner.directory / "limited"
    handover.write(path, handover.kubeconfig(contexts))
    return path


def _account(fleet: Path) -> Account:
    settings = load(fleet / "config.yaml")
    return discover.ground(Access(None, None, None, None, None, None), settings, "cn-hangzhou").account


def _named(account: Account) -> tuple[list[str], ...]:
    """Everything in it, by id, and what is associated."""
    parts = (account.vpcs, account.subnets, account.groups, account.fleets, account.clusters, account.balancers)
    associated = [f"{hub.id} {one.cluster}" for hub in account.fleets or () for one in hub.attached or ()]
    return (*(sorted(one.id for one in part or ()) for part in parts), associated)


def _on_theirs(whole: dict[str, Any], theirs: Account) -> dict[str, Any]:
    """The topology with the Fleet and the ACK cluster adopted, and an AppProject of its own."""
    [hub], [cluster] = theirs.fleets or (), theirs.clusters or ()
    ack, idc = whole["members"]
    ack = {name: value for name, value in ack.items() if name != "nodes"} | {"id": cluster.id}
    [application] = whole["applications"]
    return whole | {
        "name": "mine",
        "fleet": whole["fleet"] | {"id": hub.id},
        "members": [ack, idc],
        "applications": [application | {"project": "team"}],
    }


def _idle(directory: Path, role: str, *, of: str = "") -> set[tuple[str, str, str, str, str]]:
    """Words of the role's own rules without which everything would have gone through."""
    needed = {tuple(one.values()) for one in remote.needs(directory, role, of=of)["needed"]}
    own = [one for one in printed("rbac", role) if f"fleet-console-{role}" in one["metadata"]["name"]]
    words = spelt_out(granted(own)[2:])
    assert words
    return words - needed


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
