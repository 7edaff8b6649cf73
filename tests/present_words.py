"""Ages, lines and splits as text: what is not known is `?`, and what is wide takes the cells it takes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.fleet import Controller, Layer
from console.model.freshness import Part, SourceName, SourceState
from console.model.share import Share
from console.model.spans import span, spoken
from console.present import line, splits, words
from console.present.times import age, exact
from tests import situations

NOW = situations.NOW


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(None, "?"), (0, "live"), (9.9, "live"), (10, "10s"), (19, "10s"), (59.9, "50s"), (60, "1m"), (3599, "59m"),
     (3600, "1h"), (200_000, "2d")],
)  # fmt: skip
def test_an_age_moves_in_steps_so_that_a_quiet_screen_stays_quiet(seconds: float | None, expected: str) -> None:
    assert expected == age(seconds)


def test_a_length_of_time_is_never_negative_and_carries_its_unit() -> None:
    assert ["0s", "4s", "30s", "6 min"] == [span(-3), span(4.2), span(34), spoken(372)]


def test_elapsed_time_reads_like_a_clock() -> None:
    assert ["0:07", "1:12", "1:02:30"] == [exact(7), exact(72), exact(3750)]


@given(st.text(max_size=40), st.integers(1, 30))
def test_a_fitted_line_has_exactly_the_cells_it_was_given(words_: str, cells: int) -> None:
    shown = line.fit(line.line(words_.replace("\n", " ")), cells)

    assert cells == line.length(shown)


def test_a_cut_line_says_that_it_was_cut() -> None:
    assert "abcd…" == line.text(line.fit(line.line("abcdefgh"), 5))


def test_blanks_at_the_end_are_cut_without_a_sign() -> None:
    assert "abc  " == line.text(line.fit(line.line("abc", " " * 20), 5))


def test_a_wide_character_that_would_be_halved_is_left_out() -> None:
    shown = line.text(line.fit(line.line("ab宽字"), 4))

    assert "ab… " == shown


def test_words_break_at_blanks_and_a_word_that_fits_nowhere_is_broken() -> None:
    assert ("one two", "aaaaaaaa", "aaa b") == line.wrap("one two aaaaaaaaaaa b", 8)


def test_a_split_is_told_in_the_order_of_members_and_unknown_is_a_question_mark() -> None:
    assert ["62:38", "62:?", "?", "33.3:66.7"] == [
        splits.split((62, 38)), splits.split((62, None)), splits.split((None, None)), splits.split((33.3, 66.7)),
    ]  # fmt: skip


def test_an_observed_share_is_told_as_ranges() -> None:
    assert "59-65 : 35-41" == splits.observed([Share(620, 1000), Share(380, 1000)])


def test_many_observed_shares_are_told_without_ranges_where_there_is_no_room() -> None:
    assert "62:38" == splits.observed([Share(620, 1000), Share(380, 1000)], room=8)


def test_the_verdict_is_the_layer_where_the_layers_part_and_since_when() -> None:
    fleet = situations.controller_waiting()

    assert ["ctrl 30s", "agree"] == [line.text(splits.verdict_cell(route, NOW)) for route in fleet.routes[:2]]


def test_a_route_without_weights_is_not_called_agreeing() -> None:
    route = situations.calm().routes[0]
    bare = replace(route, members=tuple(replace(one, annotation=None, key=None) for one in route.members))

    assert "no weights" == line.text(splits.verdict_cell(bare, NOW))


def test_a_layer_that_cannot_be_read_says_so_and_never_0() -> None:
    fleet = situations.no_cloud()
    route = replace(fleet.routes[0], controller=Controller.NOT_REPORTED)
    cells = [line.text(splits.layer_cell(route, layer, fleet)) for layer in Layer]

    assert ["-", "62:38", "?", "no cloud", "no probe"] == cells


def test_a_rule_that_is_being_changed_is_shown_with_that_word() -> None:
    fleet = situations.controller_waiting()

    assert "62:38 Conf." == line.text(splits.layer_cell(fleet.routes[0], Layer.RULE, fleet, 11))


def test_every_state_has_its_own_word_in_the_one_table() -> None:
    shown = [words.of(state) for state in SourceState]

    assert (9, 9) == (len(shown), len({(one.glyph, one.word) for one in shown}))


def test_every_source_and_every_layer_has_a_name() -> None:
    assert ({*SourceName, *Part}, set(Layer)) == (set(words.SOURCES), set(words.LAYERS))
