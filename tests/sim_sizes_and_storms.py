"""A world is made by its size alone, and a storm over it leaves a truth that the console comes to, fact by fact."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.errors import UsageError
from console.sim import sized
from console.sim.faults import remote
from console.sim.world import World, generate
from tests import forked
from tests.simulators import simulate


@pytest.fixture(scope="module")
def stormed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, object]]]:
    for directory, _ in simulate(tmp_path_factory.mktemp("storm"), "--size", "6x60x12"):
        yield directory, remote.storm(directory, rate=200, lasting="1s")


def told(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return forked.run([*words, "--config", str(directory / "config.yaml")], environment={"HOME": str(directory)})


def made(size: str) -> World:
    return generate(sized.scenario(sized.parse(size)), seed=1, began=1_795_000_000.0)


def test_there_is_as_much_as_was_asked_for() -> None:
    world = made("50x400x120")

    assert (50, 400, 120) == (
        len(world.members),
        sum(len(application.revisions) for application in world.applications),
        len(world.routes),
    )
    assert world.light


def test_a_route_has_two_to_four_members_and_a_gateway_no_more_rules_than_its_quota() -> None:
    world = made("50x400x120")

    assert {2, 3, 4} == {len(route.weights) for route in world.routes}
    assert {100} == {sum(weight for _, weight in route.weights) for route in world.routes}
    assert {"gateway-00": 100, "gateway-01": 20} == Counter(route.gateway for route in world.routes)
    assert all({m for m, _ in r.weights} <= set(world.gateway(r.gateway).members) for r in world.routes)


def test_zones_hold_several_members() -> None:
    assert set(Counter(member.zone for member in made("500x5000x200").members).values()) == {25}


def test_the_largest_world_has_an_address_for_everybody() -> None:
    world = made("1000x20000x1000")
    addresses = [pod.ip for member in world.members for pods in member.pods.values() for pod in pods]

    assert len(addresses) == len(set(addresses))


@pytest.mark.parametrize("size", ["", "5x5", "1x1x1", "2x5x2", "5000x1x1", "axbxc", "2x-1x1"])
def test_a_size_that_cannot_be_is_one_sentence(size: str) -> None:
    with pytest.raises(UsageError) as error:
        sized.parse(size)

    assert "500x5000x200" in str(error.value.fix)


def test_a_bad_size_is_exit_code_2(tmp_path: Path) -> None:
    done = forked.run(["sim", "--size", "many", "--dir", str(tmp_path / "fleet")])

    assert 2 == done.returncode
    assert 1 == len(done.stderr.splitlines())
    assert not (tmp_path / "fleet").exists()


def test_a_storm_counts_its_changes(stormed: tuple[Path, dict[str, object]]) -> None:
    assert 200 == stormed[1]["changes"]


def test_the_command_says_when_it_is_over(stormed: tuple[Path, dict[str, object]]) -> None:
    done = told(stormed[0], "sim", "storm", "--rate", "50", "--for", "500ms", "--dir", str(stormed[0]))

    assert done.stdout.startswith("25 changes in 0."), done.stderr


def test_what_the_console_says_after_a_storm_is_the_truth(stormed: tuple[Path, dict[str, object]]) -> None:
    document = json.loads(told(stormed[0], "status", "-o", "json").stdout)
    truth = remote.truth(stormed[0])

    assert truth["applications"] == {
        f"{one['namespace']}/{one['name']}": {name: one[name] for name in ("sync", "health", "revision")}
        for one in document["applications"]
    }
    assert truth["routes"] == {
        route["route"]: {line["id"]: line["annotation"] for line in route["members"] if line["annotation"] is not None}
        for route in document["routes"]
    }
    assert truth["members"] == {member["id"]: member["control_link"] for member in document["members"]}


def test_every_application_of_a_light_world_is_about_ten_kilobytes(stormed: tuple[Path, dict[str, object]]) -> None:
    from console.kube.connect import Hub

    hub = Hub.open(str(stormed[0] / "kubeconfig"), None)
    answer = hub.call("GET", "/apis/argoproj.io/v1alpha1/applications")
    sizes = [len(json.dumps(one, separators=(",", ":"))) for one in answer.json()["items"]]

    assert all(9_000 < size < 12_000 for size in sizes), (min(sizes), max(sizes))
