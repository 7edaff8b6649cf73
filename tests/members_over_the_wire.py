"""The simulator's members, read over their own APIs: workload and headroom of a calm world and of a lost zone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from console.model.fleet import Fleet
from console.model.freshness import SourceName, SourceState
from console.model.workload import WorkloadWord
from console.observe import Observer
from console.settings import load
from tests.simulators import simulate

SECONDS = 20.0


@pytest.fixture(scope="module", params=["calm", "zone-lost"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Fleet]]:
    """The scenario's name, and its Fleet once every member has spoken and every zone is measured."""
    directory: Path = tmp_path_factory.mktemp("members")
    for place, _ in simulate(directory, "--scenario", request.param):
        settings = load(place / "config.yaml")
        pods = structs.replace(settings.fleet, prometheus=None)  # rates of the moment would weigh the headroom
        observer = Observer(structs.replace(settings, fleets=(pods,)), probes=False)
        observer.start()
        try:
            assert observer.settled(SECONDS)
            assert observer.store.wait(_measured, SECONDS)
            yield request.param, observer.store.fleet
        finally:
            observer.stop()


def _measured(fleet: Fleet) -> bool:
    known = (member.workload.nodes is not None for member in fleet.members)
    return all(known) and all(zone.headroom.percent is not None for zone in fleet.zones)


def test_every_member_says_its_pods_and_nodes(seen: tuple[str, Fleet]) -> None:
    name, fleet = seen
    ack, idc = (member.workload for member in fleet.members)
    dark = name == "zone-lost"

    assert (WorkloadWord.OK, 12, 12) == (ack.word, ack.ready, ack.wanted)
    assert (WorkloadWord.DEAD if dark else WorkloadWord.OK, 0 if dark else 12, 12) == (idc.word, idc.ready, idc.wanted)
    assert [ack.nodes, 0 if dark else idc.nodes] == [ack.nodes_ready, idc.nodes_ready]
    assert {SourceState.LIVE} == {fleet.source(SourceName.WORKLOADS).state, *(s.state for s in fleet.member_sources)}


def test_a_zone_takes_a_dead_ones_load_and_a_dead_zone_takes_nothing(seen: tuple[str, Fleet]) -> None:
    name, fleet = seen
    first, second = (zone.headroom.percent for zone in fleet.zones)

    assert (250.0, 0.0 if name == "zone-lost" else 250.0) == (first, second)
