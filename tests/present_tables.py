"""Plain text of the command line: one fact a line, no escape, every situation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.run import JournalLine, RunState
from console.present import line, members, reports, routes, tables
from console.present.sheet import Column, Sheet
from tests import situations
from tests.stage import StageDesk
from tests.wishes import shift

NOW, WALL = situations.NOW, situations.WALL


@pytest.mark.parametrize("name", situations.ALL)
def test_status_is_plain_text_in_every_situation(name: str) -> None:
    said = tables.status_text(situations.ALL[name](), NOW, (), WALL)

    assert said.replace("\n", "").isprintable()
    assert "\x1b" not in said


def test_status_says_the_worst_thing_first() -> None:
    said = tables.status_text(situations.zone_lost(), NOW, (), WALL)

    assert said.split("\n")[2].startswith("BAD   zone-b idc-prod: 0 of 12")


def test_status_tells_the_applications_that_there_are() -> None:
    fleet = situations.calm()
    said = tables.status_text(fleet, NOW, (), WALL)

    assert all(any(row.startswith(f"  {one.title} ") for row in said.split("\n")) for one in fleet.deployed)
    assert "APPLICATIONS" not in tables.status_text(replace(fleet, deployed=()), NOW, (), WALL)


def test_a_route_is_told_with_every_layer_and_its_annotations() -> None:
    fleet = situations.controller_waiting()
    said = tables.route_text(fleet, fleet.routes[0], NOW, situations.WALL)

    for words in ("ASKED", "NOTED", "CTRL", "RULE", "CLIENTS", situations.PREFIX + situations.ACK, '"80"'):
        assert words in said


def test_a_plan_names_annotations_before_and_after_and_every_reason() -> None:
    fleet = situations.zone_lost()
    decision = shift(fleet, "gateway-demo/api", {situations.ACK: 0, situations.IDC: 100})
    said = reports.plan_text(fleet, decision.plan, decision.reasons)

    for words in ('"62" -> "0"', '"38" -> "100"', "target-health", "serving", "control-link", "62:38 -> 0:100"):
        assert words in said


def test_a_teller_says_only_what_is_new() -> None:
    desk, fleet = StageDesk(), situations.calm()
    plan = shift(fleet, "gateway-demo/api", {situations.ACK: 80, situations.IDC: 20}).plan
    assert plan is not None
    report, teller = desk.start_run(plan, "OPS-12", ()), reports.Teller()
    first, again = teller.lines(report), teller.lines(report)
    more = replace(report, lines=(*report.lines, JournalLine(situations.WALL, "write", "confirmed", "rv 2")))
    third = teller.lines(replace(more, state=RunState.DONE, message="settled"))

    assert (3, 0) == (len(first), len(again))
    assert ["confirmed" in third[0], third[-1]] == [True, "done: settled"]


def test_columns_for_wide_screens_go_first_and_then_the_name_is_cut() -> None:
    fleet = situations.calm()
    heads = [
        [column.head for column in routes.routes_sheet(fleet, NOW).fitted(cells)[0]] for cells in (140, 80, 60, 30)
    ]

    assert ["ROUTES", "ASKED", "NOTED", "CTRL", "RULE", "CLIENTS", "VERDICT", "GATEWAY", "WRITTEN BY"] == heads[0]
    assert ["ROUTES", "ASKED", "NOTED", "CTRL", "RULE", "CLIENTS", "VERDICT"] == heads[1]
    assert ["ROUTES", "NOTED", "CTRL", "RULE", "VERDICT"] == heads[2]
    assert "ROUTES" == heads[3][0]


@pytest.mark.parametrize("cells", [10, 40, 79, 80, 120, 200])
def test_every_row_has_exactly_the_cells_of_the_screen(cells: int) -> None:
    sheet = routes.routes_sheet(situations.hostile_text(), NOW)
    rows = [sheet.head(cells), *(sheet.row(item, cells, line.Span("> ")) for item in sheet.items)]

    assert {cells} == {line.length(row) for row in rows}


def test_a_sheet_of_nothing_is_its_note() -> None:
    sheet: Sheet[str] = Sheet((Column("A", 3, lambda it: line.line(it)),), (), str, (line.line("none"),))

    assert ["A", "none"] == [line.text(one).rstrip() for one in sheet.lines(5)]


def test_a_zone_shows_what_it_carried_over_time_and_nothing_where_nobody_knew() -> None:
    fleet = situations.calm()
    zone = replace(fleet.zones[0], past=((situations.NOW - 400.0, 62.0), (situations.NOW - 40.0, 0.0)))
    ((shown, _),) = members.past_cell(zone, situations.NOW)

    assert members.SLOTS == len(shown)
    assert " " == shown[0]
    assert "▅" == shown[-4]
    assert "▁" == shown[-1]


@pytest.mark.parametrize(
    ("cells", "head"), [(30, "ZONES 1-4 of 50"), (12, "ZONES 1-4/50"), (8, "ZONES 1/50"), (7, "ZONES /50")]
)
def test_how_many_rows_there_are_stands_in_a_narrow_head_too(cells: int, head: str) -> None:
    sheet = Sheet((Column[str]("ZONES", cells, lambda one: line.line(one)),))

    assert line.text(sheet.head(cells + 2, " 1-4 of 50", " 1-4/50", " 1/50", " /50")).strip() == head


def test_a_route_page_tells_the_state_of_its_run_in_words() -> None:
    fleet = situations.controller_waiting()
    back = replace(fleet.runs[0], state="rolled_back")
    said = tables.route_text(replace(fleet, runs=(back,)), fleet.routes[0], NOW, situations.WALL)

    assert f"run {back.run} rolled back by " in said
