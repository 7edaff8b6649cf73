"""Every scenario that ships shows what its file says is to be seen, through the console's own eyes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.sim import scenario
from console.sim.scenario import Expectation
from tests import forked
from tests.simulators import simulate


class Seen:
    """What `status` says of a scenario: the document, the text, the exit code."""

    def __init__(self, directory: Path) -> None:
        self.code, document = self._status(directory, "-o", "json")
        self.document: dict[str, Any] = json.loads(document)
        _, self.text = self._status(directory)

    def _status(self, directory: Path, *words: str) -> tuple[int, str]:
        where = ("--config", str(directory / "config.yaml"), "--timeout", "60s")
        done = forked.run(["status", *where, *words])
        return done.returncode, done.stdout


Told = tuple[Expectation, Seen]


SMALL = tuple(name for name in scenario.names() if (w := scenario.load(name).world).provisioned and not w.light)
"""A world for size is what benchmarks are for: beside other tests two cores read it too slowly. Where there is no Fleet
there is no status."""


@pytest.fixture(scope="module", params=SMALL)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """What a scenario promises, and what is seen of it."""
    place = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HOME", str(place))
        for directory, _ in simulate(place, "--scenario", request.param, "--speed", "5"):
            yield scenario.load(request.param).expect, Seen(directory)


def test_members_are_as_promised(told: Told) -> None:
    promised, seen = told
    members = {member["name"]: member for member in seen.document["members"]}
    for name, wanted in promised.members.items():
        for field in ("control_link", "alb_health"):
            assert getattr(wanted, field) in (None, members[name][field]), (name, field)


def test_routes_and_exit_code_are_as_promised(told: Told) -> None:
    promised, seen = told
    if promised.routes.in_agreement is not None:
        assert {promised.routes.in_agreement} == {route["in_agreement"] for route in seen.document["routes"]}

    assert promised.exits.get("status", seen.code) == seen.code


def test_every_word_that_is_promised_is_there(told: Told) -> None:
    promised, seen = told

    assert [] == [word for word in promised.words if word not in seen.text]
