"""What a number of probe answers may say about a weight, and what it may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.share import CERTAIN, FEW, ProbeSeries, Share, Verdict, changed, interval


@given(samples=st.integers(1, 5000), data=st.data())
def test_the_interval_holds_the_share_and_stays_in_percent(samples: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, samples))
    low, high = interval(hits, samples, 1.96)

    assert 0.0 <= low <= 100.0 * hits / samples + 1e-9
    assert 100.0 * hits / samples - 1e-9 <= high <= 100.0


@pytest.mark.parametrize(
    ("hits", "samples", "target", "verdict"),
    [
        (620, 1000, 62.0, Verdict.AGREE),
        (600, 1000, 62.0, Verdict.AGREE),
        (560, 1000, 62.0, Verdict.DISAGREE),
        (160, 300, 62.0, Verdict.UNKNOWN),
        (CERTAIN, CERTAIN, 100.0, Verdict.AGREE),
        (CERTAIN - 1, CERTAIN - 1, 100.0, Verdict.UNKNOWN),
        (CERTAIN - 1, CERTAIN, 100.0, Verdict.DISAGREE),
        (0, CERTAIN, 0.0, Verdict.AGREE),
        (0, 40, 0.0, Verdict.UNKNOWN),
        (1, 5000, 0.0, Verdict.DISAGREE),
    ],
)
def test_a_share_says_of_a_target(hits: int, samples: int, target: float, verdict: Verdict) -> None:
    said = Share(hits, samples).verdict(target)

    assert verdict == said


def test_too_few_answers_say_nothing() -> None:
    series = ProbeSeries("ns/r", tuple((float(i), "a") for i in range(FEW - 1)))

    assert {"a": None, "b": None} == series.shares(("a", "b"), since=0.0)


def test_answers_before_the_change_do_not_count() -> None:
    series = ProbeSeries("ns/r", tuple((float(i), "a" if i < 100 else "b") for i in range(200)))
    shares = series.shares(("a", "b"), since=100.0)

    assert (Share(0, 100), Share(100, 100)) == (shares["a"], shares["b"])


def test_answers_that_name_nobody_are_in_no_share() -> None:
    series = ProbeSeries("ns/r", tuple((float(i), None if i % 2 else "a") for i in range(200)))
    shares = series.shares(("a",), since=0.0)

    assert Share(100, 100) == shares["a"]


def test_one_stray_answer_is_outlived() -> None:
    answers = ((0.0, "b"), *((float(i), "a") for i in range(1, 500)))
    shares = ProbeSeries("ns/r", answers).shares(("a", "b"), since=0.0)

    assert Share(0, 400) == shares["b"]


def test_what_got_no_answer_is_counted_among_the_newest_requests() -> None:
    answers = tuple((float(at), "a") for at in range(0, 100, 2))
    series = ProbeSeries("r", answers, tuple((float(at), "503") for at in range(61, 100, 2)))

    assert (16, 31) == series.unanswered(0.0)
    assert (5, 10) == series.unanswered(90.0)
    assert (0, 0) == ProbeSeries("r").unanswered(0.0)


def _answers(*spans: tuple[int, float]) -> list[tuple[float, str | None]]:
    """So many answers of which about so much of one came from a, evenly; then the next span."""
    named: list[str] = []
    for count, share in spans:
        named += ["a" if int((n + 1) * share) > int(n * share) else "b" for n in range(count)]
    return [(float(at), member) for at, member in enumerate(named)]


@pytest.mark.parametrize(
    ("spans", "at"),
    [
        (((300, 1.0), (100, 0.62)), 300),
        (((300, 0.62), (40, 1.0)), 300),
        (((100, 1.0), (300, 0.62)), 100),
        (((300, 0.62), (35, 0.0)), 300),
    ],
)
def test_the_answer_from_which_on_a_share_is_another_is_found(spans: tuple[tuple[int, float], ...], at: int) -> None:
    found = changed(_answers(*spans))

    assert found is not None
    assert abs(found - at) <= 20


@pytest.mark.parametrize("spans", [((150, 0.55), (150, 0.68), (100, 0.6)), ((400, 1.0),), ((1, 0.0), (400, 1.0))])
def test_a_share_that_only_wavers_keeps_all_its_answers(spans: tuple[tuple[int, float], ...]) -> None:
    assert changed(_answers(*spans)) is None


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=500))
def test_a_change_is_never_found_at_the_ends(words: list[str | None]) -> None:
    found = changed([(float(at), word) for at, word in enumerate(words)])

    assert found is None or sum(word is not None for word in words[int(found) :]) >= FEW
