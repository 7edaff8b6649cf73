"""What the ALB said last while it is not read: shown with its age, not believed, outweighed by what is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.fleet import UNMANAGED, Fleet, Link, Tone
from console.model.freshness import Source, SourceName, SourceState
from console.model.workload import Workload, WorkloadWord
from console.present import alerts, drains, line, members
from tests import situations
from tests.situations import NOW

GONE = Workload(WorkloadWord.DEAD, 0, 12, current=True)


def throttled(seconds: float, workload: Workload | None = None) -> Fleet:
    """Calm, but for an ALB that was read so long ago."""
    fleet = situations.calm()
    old = Source(SourceName.ALB, SourceState.THROTTLED, NOW - seconds, NOW - seconds)
    sources = tuple(old if one.name is SourceName.ALB else one for one in fleet.sources)
    ack, idc = fleet.members
    return replace(fleet, sources=sources, members=(ack, replace(idc, workload=workload or idc.workload)))


def words(fleet: Fleet) -> tuple[str, str, str]:
    """The data centre's ALB health, its state, its zone's word."""
    idc = fleet.members[1]
    health = line.text(members.alb_cell(idc.alb_health, members.aged(fleet, NOW)))
    return health, members.state_span(idc, fleet, NOW).text, members.zone_word(fleet, fleet.zones[1], NOW).word


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (8.0, ("12/12", "serving", "ok")),
        (20.0, ("12/12 20s", "ALB not read for 20s", "ok 20s")),
        (90.0, ("12/12 1m", "ALB not read for 1m", "ok 1m")),
    ],
)
def test_old_health_stands_with_its_age(seconds: float, said: tuple[str, str, str]) -> None:
    assert said == words(throttled(seconds))


def test_a_source_that_is_read_is_never_old() -> None:
    assert members.aged(situations.calm(), NOW + 600.0) is None


def test_pods_that_are_gone_outweigh_old_health() -> None:
    fleet = throttled(90.0, GONE)
    told = next((one.tone, one.subject, one.sentence) for one in alerts.alerts(fleet, NOW))

    assert ("12/12 1m", "no pod ready, still has weight", "dead") == words(fleet)
    assert (
        Tone.BAD,
        "zone-b idc-prod",
        "none of its 12 pods is ready, ALB health was read 1 min ago; weight 38. Move the weight.",
    ) == told
    assert "zone-b" == drains.targets_sheet(fleet, NOW, None).items[0].name


def test_pods_that_were_gone_when_their_api_answered_last_say_nothing_of_now() -> None:
    assert "ok 1m" == words(throttled(90.0, replace(GONE, current=False)))[2]


def test_a_lost_link_with_old_health_is_not_called_serving() -> None:
    fleet = throttled(90.0)
    lost = replace(fleet.members[1], link=Link.LOST)
    (told, *_) = alerts.alerts(replace(fleet, members=(fleet.members[0], lost)), NOW)

    assert "ALB health not known: probe it before you decide." in told.sentence


def test_a_member_that_only_a_gateway_names_is_told_once_the_hub_has_listed_its_own() -> None:
    fleet = situations.calm()
    gone = replace(fleet.members[1], link=Link.UNKNOWN, link_since=None, link_message=UNMANAGED)
    fleet = replace(fleet, members=(fleet.members[0], gone))
    unread = Source(SourceName.MEMBERS, SourceState.LOADING, NOW)
    others = tuple(one for one in fleet.sources if one.name is not SourceName.MEMBERS)

    assert ["zone-b idc-prod"] == [one.subject for one in alerts.alerts(fleet, NOW)]
    assert () == alerts.alerts(replace(fleet, sources=(*others, unread)), NOW)


def test_health_that_is_read_outweighs_the_pods() -> None:
    assert "serving" == words(throttled(5.0, GONE))[1]
