"""The pump gives whole pictures: the first at once, none twice, and never faster than four a second."""

from __future__ import annotations

import queue
from dataclasses import replace

from console.model.fleet import Fleet
from console.model.freshness import Source, SourceName, SourceState
from console.model.hub import Heartbeat
from console.settings import FleetSettings
from console.store.events import Changed, Heard, Listed
from console.store.pump import Pace, Pump
from console.store.store import FleetStore


def heard(state: SourceState) -> Heard:
    return Heard(Source(SourceName.HUB, state))


def test_the_present_picture_goes_out_first_and_then_each_new_one() -> None:
    store, out = FleetStore(FleetSettings(), "hz"), queue.Queue[Fleet]()
    pump = Pump(store, out.put)
    pump.start()
    states = [out.get(timeout=10).source(SourceName.HUB).state]
    for state in (SourceState.LIVE, SourceState.LOST):
        store.apply(heard(state))
        states.append(out.get(timeout=10).source(SourceName.HUB).state)
    pump.stop()

    assert [SourceState.LOADING, SourceState.LIVE, SourceState.LOST] == states


def test_a_burst_comes_out_as_few_pictures_and_the_last_is_right() -> None:
    store, out = FleetStore(FleetSettings(), "hz"), queue.Queue[Fleet]()
    pump = Pump(store, out.put)
    pump.start()
    out.get(timeout=10)
    for number in range(2000):
        store.apply(Heard(Source(SourceName.HUB, SourceState.LIVE, message=str(number))))
    pictures = [out.get(timeout=10)]
    while pictures[-1].source(SourceName.HUB).message != "1999":
        pictures.append(out.get(timeout=10))
    pump.stop()

    assert len(pictures) < 200


def test_nothing_new_publishes_nothing() -> None:
    store, out = FleetStore(FleetSettings(), "hz"), queue.Queue[Fleet]()
    store.apply(heard(SourceState.LIVE))
    version = store.version
    store.apply(heard(SourceState.LIVE))

    assert version == store.version
    assert store.fleet is store.fleet
    assert out.empty()


def paced(news: list[float]) -> list[float]:
    """When pictures go out, where something is new at each of these seconds."""
    pace, out = Pace(), list[float]()
    for at in news:
        if out and at < out[-1]:
            continue  # it is in the picture that is already due
        now = at + pace.rest(at)
        pace.sent(now)
        out.append(now)
    return out


def test_a_lone_picture_does_not_hold_the_next_one_up() -> None:
    assert [0.0, 10.0, 10.01] == paced([0.0, 10.0, 10.01])


def test_a_storm_is_four_pictures_in_any_second() -> None:
    out = paced([number / 500 for number in range(2500)])

    assert all(sum(start <= at < start + 1 for at in out) <= 4 for start in out)
    assert 19 <= len(out) <= 22


def test_a_heartbeat_like_all_others_waits_for_a_second_and_is_not_forgotten() -> None:
    store = FleetStore(FleetSettings(), "hz", clock=lambda: 100.0, wall=lambda: 1000.0)
    store.apply(Listed(SourceName.HEARTBEATS, {"m": Heartbeat("m", 995.0)}, 100.0))
    version = store.version
    store.apply(Changed(SourceName.HEARTBEATS, "m", Heartbeat("m", 1000.0), 100.0))

    assert version == store.version
    assert version == store.wait_news(version, 0.01)
    assert version + 1 == store.wait_news(version, 10)


def test_a_heartbeat_after_silence_is_news_at_once() -> None:
    store = FleetStore(FleetSettings(), "hz", clock=lambda: 100.0, wall=lambda: 1000.0)
    store.apply(Listed(SourceName.HEARTBEATS, {"m": Heartbeat("m", 600.0)}, 100.0))
    version = store.version
    store.apply(Changed(SourceName.HEARTBEATS, "m", Heartbeat("m", 1000.0), 100.0))

    assert version + 1 == store.version


def test_a_source_that_answers_again_waits_for_better_news_and_is_not_forgotten() -> None:
    """An age alone would hold up the change of a weight that follows it."""
    store = FleetStore(FleetSettings(), "hz", clock=lambda: 100.0)
    live = Source(SourceName.HUB, SourceState.LIVE, since=90.0, seen=95.0)
    store.apply(Heard(live))
    version = store.version
    store.apply(Heard(replace(live, seen=100.0)))

    assert version == store.version
    assert version + 1 == store.wait_news(version, 10)
    assert store.fleet.source(SourceName.HUB).seen == 100.0


def test_a_source_in_another_state_is_news_at_once() -> None:
    store = FleetStore(FleetSettings(), "hz", clock=lambda: 100.0)
    live = Source(SourceName.HUB, SourceState.LIVE, since=90.0, seen=95.0)
    store.apply(Heard(live))
    version = store.version
    store.apply(Heard(replace(live, state=SourceState.STALE)))

    assert version + 1 == store.version
