"""The JSON of the command line: exactly the contract's keys, and null where nothing is known."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema
import pytest

import assets
from console.model.run import RunReport
from console.present import documents, reports
from tests import situations
from tests.wishes import shift

NOW, WALL = situations.NOW, situations.WALL


def schema(name: str) -> Any:
    """One schema as it ships."""
    return json.loads((resources.files(assets) / "schemas" / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", situations.ALL)
def test_every_situation_is_a_status_of_the_contract(name: str) -> None:
    document = json.loads(json.dumps(documents.status_document(situations.ALL[name](), NOW, WALL)))

    jsonschema.validate(document, schema("status"))


@pytest.mark.parametrize("name", ["calm", "controller_waiting", "no_cloud", "hostile_text"])
def test_every_route_is_a_route_of_the_contract(name: str) -> None:
    for route in situations.ALL[name]().routes:
        jsonschema.validate(json.loads(json.dumps(documents.route_document(route))), schema("route"))


def plan() -> RunReport:
    """A refused plan as a report."""
    fleet = situations.zone_lost()
    decision = shift(fleet, "gateway-demo/api", {situations.ACK: 0, situations.IDC: 100})
    return reports.planned(fleet, decision.plan, decision.reasons, "OPS-12", refused=True)


def test_a_refused_plan_is_a_run_of_the_contract_with_every_reason() -> None:
    document = documents.run_document(plan())

    jsonschema.validate(json.loads(json.dumps(document)), schema("run"))
    assert ("refused", None) == (document["state"], document["run"])
    assert {"target-health", "serving"} <= {reason["rule"] for reason in document["reasons"]}


def test_a_plan_tells_its_steps_with_their_weights_its_hold_and_its_expiry() -> None:
    fleet = situations.calm()
    decision = shift(fleet, "gateway-demo/api", {situations.ACK: 100, situations.IDC: 0})
    assert decision.plan is not None
    made = replace(decision.plan, steps=(10, 50, 100), hold=30.0, expires=7140.0)
    document = documents.plan_document(reports.planned(fleet, made, (), "x", refused=False), made)
    said = document["plan"]

    jsonschema.validate(json.loads(json.dumps(document)), schema("run"))
    assert [10, 50, 100] == document["steps"]
    assert (30.0, 7140.0, "continue") == (said["hold"], said["expires_after"], said["on_loss"])
    assert [(10, 66), (50, 81), (100, 100)] == [
        (step["percent"], step["routes"]["gateway-demo/api"][situations.ACK]) for step in said["steps"]
    ]
    assert documents.plan_document(plan(), None)["plan"] is None


def test_an_absent_weight_is_null_and_no_0() -> None:
    report = plan()
    route = replace(report.routes[0], before=((situations.ACK, None), (situations.IDC, 0)))
    document = documents.run_document(replace(report, routes=(route,)))

    assert {situations.ACK: None, situations.IDC: 0} == document["routes"][0]["before"]


def test_what_is_not_known_is_null() -> None:
    document = documents.status_document(situations.no_cloud(), NOW, WALL)
    member = document["routes"][0]["members"][0]

    assert (None, None, None) == (member["rule"], member["observed"], document["gateways"][0]["state"])


def test_a_share_comes_with_its_interval_in_percent() -> None:
    observed = documents.route_document(situations.calm().routes[1])["members"][0]["observed"]

    assert {"share": 62.0, "low": 57.2, "high": 66.6, "samples": 400} == observed


def test_a_time_that_is_none_stays_null() -> None:
    assert [None, None, "2026-11-18T11:06:40Z"] == [
        documents.stamp(None), documents.stamp(1e300), documents.stamp(situations.WALL),
    ]  # fmt: skip
