"""What stands in the timeline while nothing is known to have happened."""

from __future__ import annotations

from dataclasses import replace

from console.model.freshness import Source, SourceName, SourceState
from console.present import line, timeline
from tests import situations
from tests.situations import NOW


def test_an_empty_timeline_says_whether_anything_could_be_known() -> None:
    quiet = replace(situations.calm(), timeline=())
    denied = Source(SourceName.EVENTS, SourceState.DENIED, NOW, None, "not allowed: list events.", "list events")
    blind = replace(quiet, sources=(*(s for s in quiet.sources if s.name is not SourceName.EVENTS), denied))

    assert ["  nothing has happened that is known"] == [line.text(one) for one in timeline.nothing(quiet, NOW)]
    assert "list events" in line.text(timeline.nothing(blind, NOW)[0])
