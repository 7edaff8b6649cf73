"""The pump gives whole pictures: the first at once, none twice, and never faster than four a second."""

from __future__ import annotations

import queue

from console.model.fleet import Fleet
from console.model.freshness import Source, SourceName, SourceState
from console.settings import FleetSettings
from console.store.events import Heard
from console.store.pump import Pump
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
