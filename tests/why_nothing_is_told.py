"""A verb that asks for one thing says why nothing is known of it: the hub's own failure where that is the cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.errors import Lost, UsageError
from console.model.freshness import Source, SourceName, SourceState
from console.verbs import see
from tests import situations

HUB = Source(SourceName.HUB, SourceState.LOST, message="/k: no such kubeconfig. Name one that exists.")


def test_where_the_hub_is_out_of_reach_its_own_sentence_is_told() -> None:
    echo = Source(SourceName.ROUTES, SourceState.LOST, message="the hub is out of reach", echoes=True)
    fleet = replace(situations.calm(), routes=(), sources=(HUB, echo))
    with pytest.raises(Lost, match="no such kubeconfig"):
        see.known_route(fleet, "a/b")


def test_a_failure_of_its_own_is_told() -> None:
    own = Source(SourceName.ROUTES, SourceState.LOST, message="list ingresses: the answer was cut off")
    fleet = replace(situations.calm(), routes=(), sources=(HUB, own))
    with pytest.raises(Lost, match="the answer was cut off"):
        see.known_route(fleet, "a/b")


def test_a_route_that_is_not_there_is_a_slip_of_the_hand() -> None:
    with pytest.raises(UsageError, match="no route is called 'a/b'"):
        see.known_route(situations.calm(), "a/b")
