"""A verb that waits no longer says of what has not answered that it was not read in time, and why where the hub is why:
never that it is loading, which nothing does any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from console.errors import Unreachable
from console.model.fleet import Fleet
from console.model.freshness import LATE, OF_THE_HUB, Source, SourceName, SourceState
from console.model.given_up import given_up
from console.observe import Observer
from console.present import alerts, documents, reports, tables
from console.verbs import see
from tests import situations

NOW, WALL = situations.NOW, situations.WALL
SILENT = "the hub did not answer within 4 s"


class Waiting:
    """An observer that waits in vain."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.store = self

    def settled(self, timeout: float) -> bool:
        return False

    def wait(self, until: Any, timeout: float) -> bool:
        return False


def silent(*names: SourceName, hub: SourceState | None = None) -> Fleet:
    """The calm Fleet, but these sources have said nothing yet."""
    kept = [one for one in situations.calm().sources if one.name not in names and one.name is not SourceName.HUB]
    found = situations.calm().source(SourceName.HUB)
    if hub is not None:
        found = Source(SourceName.HUB, hub, message="no route leads to it" if hub is SourceState.LOST else "")
    return replace(situations.calm(), sources=(found, *kept, *(Source(one, SourceState.LOADING) for one in names)))


def nothing_read(hub: SourceState) -> Fleet:
    fleet = silent(*(name for name in SourceName if name is not SourceName.HUB), hub=hub)
    return replace(fleet, uid=None, members=(), routes=(), gateways=(), zones=(), deployed=())


def test_who_has_heard_all_sees_the_same_picture() -> None:
    fleet = situations.calm()

    assert fleet is given_up(fleet, 4.0)


@pytest.mark.parametrize("hub", [SourceState.LOADING, SourceState.LOST])
def test_status_says_loading_of_nothing(hub: SourceState) -> None:
    fleet = given_up(nothing_read(hub), 4.0)
    said = tables.status_text(fleet, NOW, (), WALL)
    why = SILENT if hub is SourceState.LOADING else "no route leads to it"

    assert "loading" not in said
    assert "reading members" not in said
    assert ["? not read", LATE] == [one.strip() for one in _row(said, "members").split("   ") if one.strip(" ?")]
    assert [why] == [line.removeprefix("BAD   hub: ")[: len(why)] for line in said.splitlines() if line[:3] == "BAD"]


def test_while_the_hub_is_silent_only_it_and_what_does_not_wait_for_it_want_attention() -> None:
    found = alerts.alerts(given_up(nothing_read(SourceState.LOADING), 4.0), NOW)

    assert ["hub", "rates"] == [one.subject for one in found]


def test_a_kind_that_is_late_under_a_live_hub_is_told_by_itself() -> None:
    fleet = given_up(silent(SourceName.CLUSTERS, SourceName.ROUTES), 4.0)
    said = {one.subject: one.sentence for one in alerts.alerts(fleet, NOW)}

    assert {"clusters": "not read in time.", "routes": "not read in time."} == said


def test_documents_say_lost_and_why() -> None:
    document = documents.status_document(given_up(nothing_read(SourceState.LOADING), 4.0), NOW, WALL)
    told = {one["name"]: (one["state"], one["message"]) for one in document["sources"]}

    assert ("lost", LATE) == told[SourceName.MEMBERS.value]
    assert told[SourceName.HUB.value][1].startswith(SILENT)


@pytest.mark.parametrize("name", [SourceName.RUNS, SourceName.ROUTES, SourceName.SETS])
def test_every_verb_has_one_way_of_saying_that_the_hub_was_silent(name: SourceName) -> None:
    observer = cast(Observer, Waiting(nothing_read(SourceState.LOADING)))
    for fleet in (see.settled(observer, 4.0), see.waited(observer, lambda _: False, 4.0)):
        with pytest.raises(Unreachable) as raised:
            see.must_know(fleet)

        assert str(raised.value) == str(see.unread(fleet, name, "things"))
        assert str(raised.value).startswith(f"{SILENT}. Check the network")


def test_a_kind_that_is_late_is_why_its_objects_are_not_known() -> None:
    fleet = given_up(replace(silent(SourceName.ROUTES), routes=()), 4.0)
    with pytest.raises(Unreachable, match="the hub has not said in time which Ingresses there are"):
        see.known_route(fleet, "a/b")


def test_all_of_the_hub_echoes_it() -> None:
    fleet = given_up(nothing_read(SourceState.LOST), 4.0)

    assert all(fleet.source(name).echoes for name in OF_THE_HUB if name is not SourceName.HUB)


def test_runs_say_what_was_asked() -> None:
    assert "none recorded on the Fleet" in reports.runs_text(())
    assert "none recorded" not in reports.runs_text((), asked=False)
    assert "on the Fleet is not known" in reports.runs_text((), asked=False)


def _row(said: str, name: str) -> str:
    return next(line for line in said.splitlines() if line.startswith(f"  {name} ")).removeprefix(f"  {name} ")
