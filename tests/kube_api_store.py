"""The store keeps one counter, a bounded history, and bytes that all watchers share."""

from __future__ import annotations

from typing import Any

import pytest

from console.sim.kubeapi import ApiError
from console.sim.kubeapi.store import Store

KEY = ("", "configmaps")


def obj(name: str, value: int = 0) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "n"}, "value": value}


def test_a_version_is_encoded_once_for_all_who_ask_in_the_same_form() -> None:
    store, conversions = Store(history=10), list[str]()
    stored = store.put(KEY, obj("x"))

    def convert(form: str) -> bytes:
        return stored.encoded(form, lambda value: conversions.append(form) or value)  # type: ignore[func-returns-value]

    assert convert("v1") is convert("v1")
    assert ["v1", "v2"] == (convert("v2"), conversions)[1]


def test_the_past_can_be_listed_as_far_as_history_reaches() -> None:
    store = Store(history=3)
    first = store.put(KEY, obj("x", 1)).revision
    store.put(KEY, obj("y"))
    store.put(KEY, obj("x", 2))
    store.remove(KEY, ("n", "y"), obj("y"))

    assert [("x", 1)] == [(item.place[1], item.obj["value"]) for item in store.list(KEY, at=first)]
    assert [("x", 2)] == [(item.place[1], item.obj["value"]) for item in store.list(KEY)]
    for value in range(10):
        store.put(KEY, obj("x", value))
    with pytest.raises(ApiError, match="too old resource version"):
        store.list(KEY, at=first)


def test_revisions_rise_over_all_resources_and_removals() -> None:
    store = Store(history=10)
    revisions = [store.put(KEY, obj("x")).revision, store.put(("", "secrets"), obj("x")).revision]
    revisions.append(store.remove(KEY, ("n", "x"), obj("x")).revision)

    assert [2, 3, 4] == revisions and 4 == store.revision


def test_a_subscriber_that_fell_behind_is_told() -> None:
    store = Store(history=2)
    subscription = store.subscribe(KEY, store.revision)
    store.put(KEY, obj("x"))

    assert [False] == [change.removed for change in subscription.take()]
    assert [] == subscription.take()
    for value in range(6):
        store.put(KEY, obj("x", value))
    with pytest.raises(ApiError):
        subscription.take()
