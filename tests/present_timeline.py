"""What stands in the timeline while nothing is known to have happened."""

from __future__ import annotations

import calendar
import time
from dataclasses import replace

import pytest

from console.model.fleet import Moment, Tone
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


def test_a_moment_of_another_day_is_told_with_its_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "localtime", time.gmtime)
    at = calendar.timegm((2026, 11, 24, 2, 50, 10))
    said = [
        line.text(timeline.moment_line(Moment(at, "run 7c1 done", Tone.GOOD), at + hours * 3600.0, 24)).rstrip()
        for hours in (0, 24, 25)
    ]

    assert ["02:50:10 + run 7c1 done", "02:50:10 + run 7c1 done", "11-24    + run 7c1 done"] == said
