"""Each step of the wizard marks and shows what is wrong with its own fields, with the way out, at 80x24, too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.decide.setup import draft as drafts
from console.decide.setup.checks import checks
from console.decide.setup.choices import Discovery
from console.decide.setup.draft import Document
from console.decide.setup.task import Check, Stage, Verdict
from console.model.ground import Ground
from console.present import setup_form, setup_steps
from console.present.line import text
from console.present.setup_form import Known
from tests.topologies import ACCOUNT, hybrid

PODS = "members[1].cidrs.pods"


def clashing() -> tuple[Document, Known]:
    """A data centre whose pods lie in the VPC."""
    topology = hybrid(("172.20.0.0/16", "10.0.128.0/20"))
    found = tuple(one for one in checks(topology, Ground(ACCOUNT)) if one.rule == "cidr-overlap")
    draft = drafts.of(topology)
    assert any(one.verdict is Verdict.RED and one.about.startswith(PODS) for one in found), found
    return draft.document, Known(draft, Discovery("cn-hangzhou"), found)


def test_the_rail_marks_the_steps_that_ask_for_the_field() -> None:
    _, known = clashing()
    marks = {one: setup_steps.standing(known.draft, known.checks, one) for one in setup_steps.STAGES}

    assert [one for one, mark in marks.items() if mark == "!"] == [Stage.REGISTERED, Stage.LINK]


def test_the_step_that_shows_the_field_has_its_check_and_counts_no_other() -> None:
    _, known = clashing()
    rows = setup_form.rows(known, Stage.REGISTERED)
    field = next(one for one in rows if one.key == PODS)

    assert text(field.side).startswith("x ")
    assert [one.label for one in rows if one.kind == "check"] == ["x cidr-overlap"]
    assert not [one for one in setup_form.rows(known, Stage.NETWORK) if one.kind == "check"]


@pytest.mark.parametrize(
    ("rule_stage", "verdict", "about", "told"),
    [
        (Stage.NETWORK, Verdict.RED, "vswitches[0].cidr", (Stage.NETWORK,)),
        (Stage.NETWORK, Verdict.RED, "members[0].cidrs.pods", (Stage.ACK, Stage.LINK)),
        (Stage.NETWORK, Verdict.RED, "fleet.id", (Stage.FLEET,)),
        (Stage.LINK, Verdict.RED, "members[1].cidrs.nodes[0]", (Stage.LINK,)),
        (Stage.ASSOCIATE, Verdict.RED, "members[0].id", (Stage.ACK,)),
        (Stage.ASSOCIATE, Verdict.RED, "members[0].label", (Stage.ASSOCIATE,)),
        (Stage.LINK, Verdict.UNCHECKED, "fleet", (Stage.LINK,)),
        (Stage.FLEET, Verdict.RED, "what is no path", (Stage.FLEET,)),
        (Stage.FLEET, Verdict.RED, "", (Stage.FLEET,)),
    ],
)
def test_a_check_is_told_where_its_field_is_asked_for(
    rule_stage: Stage, verdict: Verdict, about: str, told: tuple[Stage, ...]
) -> None:
    check = Check("rule", verdict, rule_stage, about, "", "", "")

    assert told == setup_steps.told_at(check, drafts.of(hybrid()).document)


@pytest.mark.parametrize("stage", setup_steps.STAGES)
def test_what_a_step_asks_for_fits_80_columns(stage: Stage) -> None:
    assert len(setup_steps.NAMES[stage][0]) + 2 + len(setup_steps.ASKS[stage]) <= 80


def test_the_fix_of_a_long_problem_is_seen_at_80x24() -> None:
    _, known = clashing()
    rule = "needed: a range that overlaps none of all the others, however many words that takes to say " * 2
    long = [replace(one, measured=one.measured * 3, needed=rule) for one in known.checks]
    rows = setup_form.rows(replace(known, checks=tuple(long)), Stage.REGISTERED)
    row = next(one for one in rows if one.key == PODS)
    shown = [text(one) for one in setup_form.detail_lines(row, 80, setup_form.room(row, 24))]

    assert any(one.strip().startswith("fix: ") for one in shown)
    assert shown[-1].strip().endswith("more lines: enter on its check below")
    assert len(shown) <= 8


def test_a_field_with_which_nothing_is_wrong_takes_little_room() -> None:
    row = next(one for one in setup_form.rows(clashing()[1], Stage.REGISTERED) if one.key == "members[1].zone")

    assert 4 == setup_form.room(row, 24)
