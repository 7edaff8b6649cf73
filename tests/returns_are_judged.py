"""Whether a member that gets weight again is proven to serve, and how it fares beside the others: no data no pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.decide import plan as plans
from console.decide import steps
from console.decide.plan import Plan, RouteChange, undo, weight
from console.decide.returning import Tally, Word, clean, compare, fisher, growing, serving, tally
from console.errors import SettingsError
from console.model.direct import Sample
from console.settings import Duration, parse

A, B, C = "a", "b", "c"
QUIET = Tally(30, 0, 0.02)


def change(before: tuple[str | None, ...], after: tuple[str | None, ...]) -> RouteChange:
    keys = ("ka", "kb", "kc")[: len(before)]
    members = tuple(zip(keys, (A, B, C), strict=False))
    return RouteChange("shop", "web", "u", members, tuple(zip(keys, before)), tuple(zip(keys, after)))  # noqa: B905


def plan(one: RouteChange, returns: tuple[int, ...] = (1, 10, 50)) -> Plan:
    return Plan("fleet", "drain", (one,), expires=60.0, returns=returns)


def said(values: plans.Values) -> str:
    return ":".join("-" if raw is None else raw for _, raw in values)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("62", "38"), ("100", "0"), ["99:1", "96:4", "81:19"]),
        (("99", "1"), ("100", "0"), ["99:1", "99:1", "99:1"]),
        (("100", None), ("100", "0"), ["100:-", "100:-", "100:-"]),
        (("40", "30", "30"), ("100", "0", "0"), ["98:1:1", "94:3:3", "70:15:15"]),
        (("62", "38"), ("80", "20"), ["79:21", "78:22", "71:29"]),
        (("0", "0"), ("100", "0"), ["0:0", "0:0", "0:0"]),
        ((None, None), ("100", "0"), ["-:-", "-:-", "-:-"]),
    ],
)
def test_the_way_back_begins_with_a_point_for_everybody_who_gets_weight_again(
    before: tuple[str | None, ...], after: tuple[str | None, ...], expected: list[str]
) -> None:
    one = change(before, after)

    assert expected == [said(one.back(percent)) for percent in (1, 10, 50)]
    assert before == tuple(raw for _, raw in one.back(100))


SPLITS = st.lists(st.integers(0, 50), min_size=3, max_size=3).filter(any).map(steps.shared)


@given(SPLITS, SPLITS, st.integers(1, 99))
def test_every_place_of_the_way_back_sums_to_100_and_lies_between(before: list[int], after: list[int], at: int) -> None:
    one = change(tuple(map(str, before)), tuple(map(str, after)))
    held = [weight(raw) or 0 for _, raw in one.back(at)]

    assert 100 == sum(held)
    for low, now, high in zip(after, held, before, strict=True):
        assert min(low, high) <= now <= max(low, high)
        assert not low < high or now > low


@given(SPLITS, SPLITS)
def test_a_rollback_begins_at_any_place_of_the_way_back_and_a_plan_reads_as_it_was_written(
    before: list[int], after: list[int]
) -> None:
    one = plan(change(tuple(map(str, before)), tuple(map(str, after))))
    for percent in one.returns:
        stands = one.routes[0].back(percent)
        back = plans.checked(undo(one, "r1", {"shop/web": stands}))

        assert (stands, one.routes[0].before) == (back.routes[0].before, back.routes[0].after)
        assert dict(stands) in [dict(held) for held in one.stations(one.routes[0])]
    assert plans.parse(one.canonical()) == one


def test_a_plan_without_a_way_back_is_written_and_goes_back_as_it_always_was() -> None:
    old = Plan("fleet", "shift", (change(("62", "38"), ("80", "20")),), (10, 50, 100), expires=60.0)

    assert "returns" not in old.canonical()
    assert (2, 1, 0) == old.way_back
    assert (4, 5, 0) == Plan("fleet", "drain", old.routes, old.steps, returns=(1, 50)).way_back


@pytest.mark.parametrize("returns", [(0, 10), (10, 10), (50, 100), (-1,)])
def test_a_way_back_that_does_not_rise_to_100_is_none(returns: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a way back"):
        plans.checked(plan(change(("62", "38"), ("100", "0")), returns))


def test_whose_weight_grows_is_proven_and_who_carries_it_now_is_compared_with() -> None:
    one = plan(change(("50", "30", "20"), ("100", "0", "0")))

    assert ((B, C), (A,)) == (growing(one), serving(one))


def at(*seconds: float, why: str = "") -> list[Sample]:
    return [Sample(second, None if why else 0.02, why) for second in seconds]


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([], "nothing was heard of it yet"),
        (at(*range(100)), ""),
        (at(*range(39), 39, why="connection refused"), "connection refused"),
        ([*at(*range(60), why="refused"), *at(*range(60, 100))], "serves again, and must do so for 60 s"),
        (at(*range(20)), "is not heard any more"),
        ([*at(*range(50)), *at(*range(80, 100))], "serves again, and must do so for 60 s"),
    ],
)
def test_a_member_is_clean_that_answered_all_the_time_and_to_the_end(samples: list[Sample], expected: str) -> None:
    found = clean(samples, 100.0, 60.0)

    assert (not expected) is found.proven
    assert expected in found.sentence


@pytest.mark.parametrize(
    ("one", "others", "word", "says"),
    [
        (Tally(30, 0, 0.02), QUIET, Word.PASS, "b: 0 of 30 failed, serving side 0 of 30"),
        (Tally(29, 1, 0.02), QUIET, Word.MARGINAL, "b: 1 of 30 failed, serving side 0 of 30"),
        (Tally(20, 10, 0.02, "refused"), QUIET, Word.FAIL, "b: 10 of 30 failed, serving side 0 of 30 (refused)"),
        (Tally(0, 0), QUIET, Word.NO_DATA, "b: 0 answers, and 3 are the least that says anything"),
        (Tally(30, 0, 0.2), QUIET, Word.FAIL, "p95 200 ms beside 20 ms"),
        (Tally(30, 0, 0.08), QUIET, Word.MARGINAL, "p95 80 ms beside 20 ms"),
        (Tally(30, 0, 0.06), QUIET, Word.PASS, "p95 60 ms beside 20 ms"),
        (Tally(29, 1, 0.02), Tally(28, 2, 0.02), Word.PASS, "b: 1 of 30 failed, serving side 2 of 30"),
        (Tally(5, 25, 0.02), Tally(5, 25, 0.02), Word.FAIL, "b: 25 of 30 failed, serving side 25 of 30"),
        (Tally(30, 0), Tally(), Word.PASS, "nothing is known of the serving side"),
        (Tally(28, 2), Tally(), Word.FAIL, "b: 2 of 30 failed"),
    ],
)
def test_a_comparison_says_its_numbers(one: Tally, others: Tally, word: Word, says: str) -> None:
    found = compare({"b": one}, others)

    assert word is found.word
    assert says in found.sentence


def test_the_worst_of_several_speaks_and_the_gateway_with_them() -> None:
    failing = compare({"b": QUIET, "c": Tally(10, 20, 0.02)}, QUIET)
    gateway = compare({"b": QUIET}, QUIET, Tally(50, 10))

    assert (Word.FAIL, "c: 20 of 30 failed") == (failing.word, failing.sentence[:18])
    assert (Word.FAIL, True) == (gateway.word, "requests through the gateway: 10 of 60" in gateway.sentence)
    assert Word.NO_DATA is compare({}, QUIET).word


@given(st.integers(3, 40), st.integers(0, 40), st.integers(0, 40))
def test_fisher_is_a_chance_and_falls_with_every_failure(count: int, failed: int, other: int) -> None:
    failed = min(failed, count)
    one, others = Tally(count - failed, failed), Tally(40 - other, other)

    assert 0 < fisher(one, others) <= 1.0 + 1e-9
    if failed < count:
        assert fisher(Tally(count - failed - 1, failed + 1), others) <= fisher(one, others) + 1e-9


def test_a_tally_is_of_its_window() -> None:
    found = tally([*at(1, 2), *at(3, why="refused"), *at(4, 5)], 2.0)

    assert (3, 1, 0.02, "refused") == (found.served, found.failed, found.p95, found.why)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"run": {"returning": {"ramp": [50, 10, 100]}}}, "run.returning.ramp"),
        ({"run": {"returning": {"ramp": [10, 50]}}}, "run.returning.ramp"),
        ({"run": {"returning": {"ramp": []}}}, "run.returning.ramp"),
        ({"run": {"returning": {"clean": "2"}}}, "duration"),
        ({"fleets": [{"members": {"c1": {"direct": {"url": "ftp://x/"}}}}]}, "fleets.members.c1.direct.url"),
        ({"fleets": [{"members": {"c1": {"direct": {"url": "http://me:secret@x/"}}}}]}, "fleets.members.c1.direct.url"),
        ({"fleets": [{"members": {"c1": {"direct": {"url": "http://x/", "timeout": "2"}}}}]}, "duration"),
    ],
)
def test_settings_of_the_way_back_are_checked(said: object, place: str) -> None:
    with pytest.raises(SettingsError, match=place) as error:
        parse(said)

    assert "secret" not in str(error.value)


def test_settings_of_the_way_back_have_sensible_defaults() -> None:
    found = parse({"fleets": [{"members": {"c1": {"direct": {"url": "https://10.0.0.1:8080/health"}}}}]}).run.returning

    assert (120.0, 30.0) == (float(Duration.parse(found.clean)), float(Duration.parse(found.compare)))
    assert (1, 10, 50) == found.places
