"""A freeze is never replaced in silence."""

from __future__ import annotations

from dataclasses import replace

from console.model.fleet import Fleet
from console.model.hub import Freeze
from console.present import guardrails
from console.present.times import clock
from tests import situations
from tests.situations import WALL


def test_a_new_freeze_names_the_one_that_it_replaces() -> None:
    fleet = situations.calm()
    frozen = replace(fleet, freeze=Freeze("oncall", "failover", WALL, None))
    soon = replace(fleet, freeze=Freeze("oncall", "failover", WALL, WALL + 60.0))

    assert "" == guardrails.standing(fleet, WALL) == guardrails.standing(soon, WALL + 61.0)
    assert "it replaces the freeze by oncall until it is taken away: failover" == guardrails.standing(frozen, WALL)
    assert f"by oncall until {clock(WALL + 60.0)}: failover" in guardrails.standing(soon, WALL)
    assert "not known" in guardrails.standing(Fleet("f", None, "u", ()), WALL)
