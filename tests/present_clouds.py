"""The cloud's word on a member: a cluster that does not run is never called healthy, and every word names its call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.cluster import NOT_LISTED, SEVERAL, Association, CloudWord, Cluster, HubCluster
from console.model.fleet import Fleet, Member, Tone, Zone
from console.model.freshness import Source, SourceName, SourceState
from console.present import alerts, documents, gateways, members
from console.present.line import length, text
from tests import situations
from tests.situations import ACK, IDC, NOW, WALL
from tests.wishes import shift


def told(state: str = "running", association: str = "Successed", **more: str) -> Fleet:
    """The calm Fleet, with what the cloud says of the data centre's member."""
    fleet = situations.calm()
    cluster = Cluster(IDC, state, "ExternalKubernetes", "1.30.1", since=NOW - 190)
    word = CloudWord(cluster, Association(IDC, association, since=NOW - 70, **more))
    return replace(fleet, members=(fleet.members[0], replace(fleet.members[1], cloud=word)))


def idc(fleet: Fleet) -> Member:
    return fleet.members[1]


def said(fleet: Fleet) -> list[tuple[Tone, str, str]]:
    return [(one.tone, one.subject, one.sentence) for one in alerts.alerts(fleet, NOW)]


def page(fleet: Fleet) -> str:
    return "\n".join(text(one) for one in members.member_lines(fleet, idc(fleet), NOW, 200))


def test_where_all_is_well_nothing_is_said() -> None:
    assert [] == said(told())
    assert "cluster       running  cs:DescribeClusterDetail, live" in page(told())
    assert "association   Successed  adcp:DescribeManagedClusters, live" in page(told())
    assert "kubernetes    1.30.1" in page(told())


@pytest.mark.parametrize("state", ["disconnected", "unavailable", "waiting", "failed", "melting"])
def test_a_cluster_that_does_not_run_is_told_and_never_called_healthy(state: str) -> None:
    fleet = told(state)

    assert (Tone.WARN, f"cluster {state}, seen so for 3 min (cs:DescribeClusterDetail).") == (
        said(fleet)[0][0],
        said(fleet)[0][2].partition(" ALB health")[0],
    )
    assert "serving, cluster not running" == members.state_span(idc(fleet), fleet, NOW).text
    assert {"serving"} == {members.zone_word(fleet, zone, NOW).word for zone in fleet.zones if IDC in zone.members}
    assert {"cluster-state"} <= {
        reason.rule for reason in shift(fleet, fleet.routes[0].key, {ACK: 0, IDC: 100}).reasons
    }


def test_who_looks_once_does_not_say_how_long_that_took() -> None:
    fleet = told("disconnected", "Failed", message="no way to it.")
    fleet = replace(fleet, cloud=HubCluster("c1", state="failed", since=NOW))
    once = [one.sentence for one in alerts.alerts(fleet, NOW, typed=True)]

    assert "seen so for" not in " ".join(once)
    assert "association Failed: no way to it (adcp:DescribeManagedClusters)." in once
    assert any(one.startswith("cluster disconnected (cs:DescribeClusterDetail). ALB health") for one in once)
    assert 3 == sum("seen so for" in one for _, _, one in said(fleet))


def test_an_upgrade_is_no_fault() -> None:
    assert [Tone.PLAIN] == [tone for tone, _, _ in said(told("upgrading"))]


@pytest.mark.parametrize(
    ("association", "words"),
    [
        ("Failed", "association Failed: no way to its API, seen so for 1 min (adcp:DescribeManagedClusters)."),
        (NOT_LISTED, "the Fleet's newest list of its clusters does not have it (adcp:DescribeManagedClusters)."),
    ],
)
def test_a_failed_association_is_told_with_its_reason(association: str, words: str) -> None:
    assert words in said(told(association=association, message="no way to its API"))[0][2]


def test_the_association_speaks_of_the_cluster_where_cs_does_not() -> None:
    fleet = situations.calm()
    word = CloudWord(None, Association(IDC, "Successed", cluster_state="inactive", since=NOW - 70))
    fleet = replace(fleet, members=(fleet.members[0], replace(fleet.members[1], cloud=word)))

    assert "cluster inactive, seen so for 1 min (adcp:DescribeManagedClusters)" in said(fleet)[0][2]
    assert "serving" != members.state_span(idc(fleet), fleet, NOW).text


def test_a_source_that_is_denied_says_so_where_its_fact_would_stand() -> None:
    fleet = situations.calm()
    why = "not allowed: cs:DescribeClusterDetail (403)"
    source = Source(SourceName.CLUSTERS, SourceState.DENIED, NOW, None, why, "cs:DescribeClusterDetail")
    denied = replace(fleet, sources=tuple(source if one.name is source.name else one for one in fleet.sources))

    assert "cluster       ? the members' clusters: denied (needs: cs:DescribeClusterDetail)" in page(denied)
    assert any("cs:DescribeClusterDetail" in sentence for _, _, sentence in said(denied))


def test_what_is_longer_than_the_line_goes_on_below_and_nothing_is_cut() -> None:
    calm = situations.calm()
    lines = [text(one) for one in members.member_lines(calm, idc(calm), NOW, 80)]

    assert all(len(one) <= 80 for one in lines)
    assert "Name a query under fleets.prometheus to see requests a second." in " ".join(" ".join(lines).split())


def test_the_fleets_own_state_stands_on_the_gateways_page_and_among_the_alerts() -> None:
    hub = HubCluster("c-hub", "hz", "inactive", "1.30.1", "arrears", NOW - 70)
    fleet = replace(situations.calm(), cloud=hub)
    lines = gateways.gateway_lines(fleet, fleet.gateways[0], NOW, WALL, 80)

    assert any(text(one).startswith("Fleet         inactive  seen so for 1 min") for one in lines)
    assert all(length(one) <= 80 for one in lines)
    assert "the Fleet is inactive: arrears, seen so for 1 min (adcp:DescribeHubClusterDetails)." == said(fleet)[0][2]
    assert "inactive" == documents.status_document(fleet, NOW, situations.WALL)["fleet"]["state"]


def test_a_member_across_several_zones_is_in_no_row_and_named_below() -> None:
    fleet = situations.calm()
    spread = replace(fleet.members[0], zone=SEVERAL, zone_source="vswitches")
    zones = tuple(zone for zone in fleet.zones if ACK not in zone.members)
    fleet = replace(fleet, members=(spread, fleet.members[1]), zones=zones)
    lines = [text(one) for one in members.zones_sheet(fleet, NOW).lines(80)]

    assert "  in several zones, drained by member: ack-prod" == lines[-1].rstrip()
    assert "several, by its vSwitches" in "\n".join(map(text, members.member_lines(fleet, spread, NOW, 200)))


def test_a_zone_that_is_called_several_is_a_zone() -> None:
    named = replace(situations.calm().members[0], zone=SEVERAL, zone_source="settings")

    assert not named.spans
    assert Zone(SEVERAL, (ACK,), None) == Zone(SEVERAL, (named.id,), None)
