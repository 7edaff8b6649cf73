"""The simulator's CS, ADCP and VPC, read as the cloud's: a calm Fleet, and one whose registered cluster is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from console.model.cluster import Standing
from console.model.fleet import Fleet
from console.model.freshness import SourceName, SourceState
from console.observe import Observer
from console.present import alerts, members
from console.present.line import text
from console.settings import Settings, load
from tests.simulators import simulate

SECONDS = 40.0
SLOW = (SourceName.FLEET, SourceName.CLUSTERS, SourceName.VSWITCHES)
Seen = tuple[str, Fleet, float]


def without_zones(settings: Settings) -> Settings:
    """Settings that leave zones to what else tells."""
    fleet = settings.fleet
    unzoned = {id: msgspec.structs.replace(said, zone=None, kind=None) for id, said in fleet.members.items()}
    return msgspec.structs.replace(settings, fleets=(msgspec.structs.replace(fleet, members=unzoned, zone_label="no"),))


def known(fleet: Fleet) -> bool:
    return all(fleet.source(name).state is SourceState.LIVE for name in SLOW)


@pytest.fixture(scope="module", params=["calm", "zone-lost"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """The scenario's name, and its Fleet once every source has said something."""
    directory: Path = tmp_path_factory.mktemp("clusters")
    for place, _ in simulate(directory, "--scenario", request.param):
        observer = Observer(without_zones(load(place / "config.yaml")), probes=False)
        observer.start()
        try:
            assert observer.settled(SECONDS)
            assert observer.store.wait(known, SECONDS)
            yield request.param, observer.store.fleet, observer.store.now
        finally:
            observer.stop()


def test_the_fleet_its_associations_and_its_clusters_are_known(seen: Seen) -> None:
    name, fleet, _ = seen
    ack, idc = fleet.members

    assert fleet.cloud is not None
    assert ("running", 2) == (fleet.cloud.state, len(fleet.cloud.associations or ()))
    assert ("running", "Successed") == (
        ack.cloud.cluster and ack.cloud.cluster.state,
        ack.cloud.association and ack.cloud.association.state,
    )
    assert ("disconnected" if name == "zone-lost" else "running") == (idc.cloud.cluster and idc.cloud.cluster.state)
    assert known(fleet)


def test_kinds_and_the_zone_of_an_ack_member_come_from_the_cloud(seen: Seen) -> None:
    _, fleet, _ = seen
    ack, idc = fleet.members

    assert ("ack", "vswitches", "registered", None) == (ack.kind, ack.zone_source, idc.kind, idc.zone)
    assert [ack.zone] == [zone.name for zone in fleet.zones]


def test_a_cluster_that_is_cut_off_is_told_and_never_called_healthy(seen: Seen) -> None:
    name, fleet, now = seen
    idc = fleet.members[1]
    told = [one.sentence for one in alerts.alerts(fleet, now) if "cs:DescribeClusterDetail" in one.sentence]
    page = "\n".join(text(one) for one in members.member_lines(fleet, idc, now, 200))

    assert (name == "zone-lost") == bool(told)
    assert "cs:DescribeClusterDetail" in page
    if name == "zone-lost":
        assert Standing.BAD is idc.cloud.standing
        assert members.state_span(idc, fleet, now).text not in ("serving", "ok")
