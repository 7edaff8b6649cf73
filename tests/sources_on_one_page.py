"""The sources page: whole at 80x24 where all is well, and where not it says why, since when and what would help."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.cloud.budget import RATE, CallBudget
from console.kube.feed import Feed, Word
from console.model.fleet import Fleet
from console.model.freshness import Source, SourceName, SourceState
from console.present import line, sources
from console.store.events import Heard
from tests import situations
from tests.stage import stage
from widgets.pager import Pager


def with_source(source: Source) -> Fleet:
    """The calm Fleet with one other source."""
    fleet = situations.calm()
    return replace(fleet, sources=tuple(source if one.name is source.name else one for one in fleet.sources))


def page(fleet: Fleet, cells: int = 80) -> str:
    """The sources in words."""
    return "\n".join(map(line.text, sources.page_lines(fleet, situations.NOW, cells)))


async def test_it_is_whole_at_80_by_24() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("i")
        pager = app.screen.query_one(Pager)

        assert len(pager.content) <= pager.size.height
        assert all(line.length(one) <= 80 for one in pager.content)


@pytest.mark.parametrize("name", situations.ALL)
@pytest.mark.parametrize("cells", [80, 120, 200])
def test_nothing_is_cut_off_in_any_situation(name: str, cells: int) -> None:
    fleet = situations.ALL[name]()

    assert all(line.length(one) <= cells for one in sources.page_lines(fleet, situations.NOW, cells))


def test_a_denied_source_names_the_permission() -> None:
    assert "needs list ingresses.networking.k8s.io." in " ".join(page(situations.denied()).split())


def test_the_clouds_calls_are_counted_against_the_budget() -> None:
    calm = situations.calm().source(SourceName.ALB)
    spent = replace(calm, mode="poll 5s", calls=(42, 600))

    assert "poll 5s  42 calls in the last minute of 600" in page(with_source(spent))
    assert "of 300, fewer since it was throttled" in page(with_source(replace(spent, calls=(42, 300))), 120)


def test_a_failure_that_is_over_is_still_told_and_one_that_lasts_is_told_once() -> None:
    calm = situations.calm().source(SourceName.ROUTES)
    failed = calm.told(SourceState.LOST, situations.NOW - 200, "the hub broke the connection off")
    over = failed.told(SourceState.LIVE, situations.NOW - 60, answered=True)

    assert "last failed 3 min ago: the hub broke the connection off" in page(with_source(over), 120)
    assert 1 == " ".join(page(with_source(failed)).split()).count("the hub broke the connection off")


def test_a_failure_that_repeats_itself_is_as_old_as_its_beginning() -> None:
    began = Source(SourceName.ALB, SourceState.LIVE).told(SourceState.THROTTLED, 10.0, "too many")

    assert 10.0 == began.told(SourceState.THROTTLED, 20.0, "too many").error_since


def test_that_the_hub_is_gone_is_no_failure_of_each_of_its_sources() -> None:
    posted: list[Heard] = []
    feed = Feed(lambda *heard: posted.extend(heard), lambda: 1.0)
    feed.say(Word(SourceName.ROUTES, SourceState.LIVE, answered=True, mode="watch"))
    feed.all_lost("no route leads to it")
    told = {heard.source.name: heard.source for heard in posted}

    assert ("no route leads to it", "", "watch") == (
        told[SourceName.HUB].error,
        told[SourceName.ROUTES].error,
        told[SourceName.ROUTES].mode,
    )


def test_the_budget_counts_the_calls_of_the_last_minute() -> None:
    now = [0.0]
    budget = CallBudget(clock=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    for _ in range(5):
        budget.take()
    first = budget.minute
    now[0] += 61.0
    budget.take(urgent=True)

    assert ((5, round(60 * RATE)), (1, round(60 * RATE))) == (first, budget.minute)


def test_throttling_halves_what_is_allowed() -> None:
    budget = CallBudget(clock=lambda: 0.0)
    budget.throttled()

    assert (0, sources.CALLS // 2) == budget.minute
