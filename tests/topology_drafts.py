"""A topology while it is written: changed path by path, judged though it is incomplete, and every value typed as it is
shown."""

from __future__ import annotations

from typing import Any

import pytest

from console.decide.setup import draft as drafts
from console.decide.setup import typed
from console.errors import TopologyError
from console.present import setup_steps
from console.present.setup_steps import Asked
from tests.setup_stand import hybrid

DOCUMENT = drafts.of(hybrid()).document


def test_a_draft_is_read_as_it_was_written() -> None:
    assert hybrid() == drafts.read(drafts.of(hybrid()).text, "draft").topology


def test_a_change_leaves_the_former_document_as_it_was() -> None:
    changed = drafts.put(DOCUMENT, "members[1].cidrs.pods", ["10.32.0.0/12"])

    assert ["10.32.0.0/12"] == drafts.at(changed, "members[1].cidrs.pods")
    assert ["172.20.0.0/16"] == drafts.at(DOCUMENT, "members[1].cidrs.pods")


def test_what_is_emptied_is_left_out() -> None:
    changed = drafts.put(drafts.put(DOCUMENT, "members[1].cidrs.pods", None), "members[1].cidrs.nodes", None)

    assert "cidrs" not in changed["members"][1]


@pytest.mark.parametrize("path", ["members[7].name", "fleet.nodes[0].x", "name.x", "nothing.at.all"])
def test_a_path_that_leads_nowhere_is_nothing(path: str) -> None:
    assert drafts.at(DOCUMENT, path) is None


def test_a_name_is_changed_wherever_it_is_said() -> None:
    changed = drafts.put(DOCUMENT, "vswitches[2].name", "machines")
    renamed = drafts.renamed(changed, "vswitches[2].name", "nodes-j")

    assert [["machines"]] * 3 == [
        drafts.at(renamed, path) for path in ("fleet.vswitches", "members[0].vswitches", "members[1].vswitches")
    ]
    assert drafts.draft(renamed).topology is not None


def test_a_name_that_two_have_is_changed_nowhere_else() -> None:
    changed = drafts.put(DOCUMENT, "members[0].name", "idc-b")

    assert changed == drafts.renamed(changed, "members[0].name", "ack-a")


@pytest.mark.parametrize("text", ["a: [", "- one", "name: a\nname: b\n"])
def test_what_is_no_draft_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(TopologyError, match=r"draft:\d+:\d+"):
        drafts.read(text, "draft")


@pytest.mark.parametrize("stage", setup_steps.STAGES)
def test_every_field_of_every_step_is_typed_as_it_is_shown(stage: Any) -> None:
    for one in setup_steps.asked(DOCUMENT, stage, None):
        if isinstance(one, Asked):
            value = drafts.at(DOCUMENT, one.path)

            assert value == typed.meant(typed.kind_at(one.path), typed.shown(value)), one.path


def test_every_part_of_a_topology_is_asked_for_at_some_step() -> None:
    asked = {str(drafts.steps(one.path)[0]) for stage in setup_steps.STAGES
             for one in setup_steps.asked(DOCUMENT, stage, None)}  # fmt: skip
    parts = {name for name, _, _, _ in typed.fields(type(hybrid()))}

    assert parts - {"schema", "confirmed"} == asked


def test_no_step_asks_for_more_than_a_broken_document_has() -> None:
    broken = {"members": 5, "vswitches": "x", "fleet": [], "routes": [None, {"name": 3}], "gateway": "?"}

    assert drafts.draft(broken).problems
    for stage in setup_steps.STAGES:
        assert list(setup_steps.asked(broken, stage, None)) is not None
