"""managedFields say who last set which field, through updates, applies and removals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.sim.kubeapi import ApiError, ownership, serverside
from console.sim.kubeapi.builtins import builtin_resources
from console.sim.kubeapi.ownership import APPLY, UPDATE, Entry, Manager, Owners

SCHEMAS = {resource.kind: resource.schema for resource in builtin_resources() if resource.group != "events.k8s.io"}
ADA, BOB = Manager("ada", APPLY, "v1"), Manager("bob", APPLY, "v1")
EVE = Manager("eve", UPDATE, "v1")
Obj = dict[str, Any]


def apply(
    live: Obj, owners: Owners, config: Obj, who: Manager, *, kind: str = "ConfigMap", force: bool = False
) -> serverside.Applied:
    copied = json.loads(json.dumps(live))
    return serverside.apply(copied, owners, config, SCHEMAS[kind], who, "now", force=force)


def owned(owners: Owners, who: Manager) -> list[str]:
    return sorted(
        "/".join(key.partition(":")[2] for key in path) for path in owners.get(who, Entry()).fields if path[-1] != "."
    )


def test_what_two_apply_alike_both_own() -> None:
    first = apply({}, {}, {"data": {"a": "1"}}, ADA)
    second = apply(first.obj, first.owners, {"data": {"a": "1", "b": "2"}}, BOB)

    assert (["data", "data/a"], ["data", "data/a", "data/b"]) == (owned(second.owners, ADA), owned(second.owners, BOB))


def test_what_one_gives_up_goes_unless_another_holds_it() -> None:
    first = apply({}, {}, {"data": {"a": "1", "b": "2"}}, ADA)
    second = apply(first.obj, first.owners, {"data": {"a": "1"}}, BOB)
    third = apply(second.obj, second.owners, {"data": {}}, ADA)

    assert {"data": {"a": "1"}} == third.obj
    assert ["data/a"] == [name for name in owned(third.owners, BOB) if "/" in name]


def test_a_conflict_names_every_field_and_holder_and_force_takes_them() -> None:
    first = apply({}, {}, {"data": {"a": "1", "b": "2"}}, ADA)
    with pytest.raises(ApiError) as refused:
        apply(first.obj, first.owners, {"data": {"a": "9", "b": "9"}}, BOB)
    forced = apply(first.obj, first.owners, {"data": {"a": "9"}}, BOB, force=True)

    assert 'Apply failed with 2 conflicts: conflicts with "ada":\n- .data.a\n- .data.b' == refused.value.message
    assert [".data.a", ".data.b"] == [cause["field"] for cause in (refused.value.details or {})["causes"]]
    assert {"data": {"a": "9", "b": "2"}} == forced.obj
    assert "data/a" not in owned(forced.owners, ADA)


def test_an_update_takes_what_it_changes_and_the_time_of_that() -> None:
    schema = SCHEMAS["Ingress"]
    before = {"metadata": {"annotations": {"w/a": "50", "w/b": "50"}}}
    now = {"metadata": {"annotations": {"w/a": "0", "w/b": "50"}}}
    old, new = ownership.fields_of(before, schema), ownership.fields_of(now, schema)
    owners = ownership.after_update({ADA: Entry(set(old), "then")}, old, new, EVE, "now")

    assert ["metadata/annotations/w/a"] == owned(owners, EVE)
    assert "metadata/annotations/w/a" not in owned(owners, ADA) and "metadata/annotations/w/b" in owned(owners, ADA)
    assert ("then", "now") == (owners[ADA].time, owners[EVE].time)


def test_keyed_lists_merge_by_item_and_atomic_ones_are_owned_whole() -> None:
    ports = {"spec": {"ports": [{"port": 80, "protocol": "TCP", "name": "http"}]}}
    first = apply({}, {}, ports, ADA, kind="Service")
    more = {"spec": {"ports": [{"port": 443, "protocol": "TCP"}]}}
    second = apply(first.obj, first.owners, more, BOB, kind="Service")
    third = apply(second.obj, second.owners, {"spec": {}}, ADA, kind="Service")
    rules = apply({}, {}, {"spec": {"rules": [{"host": "a"}]}}, ADA, kind="Ingress")

    assert [80, 443] == [port["port"] for port in second.obj["spec"]["ports"]]
    assert [443] == [port["port"] for port in third.obj["spec"]["ports"]]
    assert ["spec/rules"] == owned(rules.owners, ADA)


def test_what_giving_up_leaves_empty_goes_too() -> None:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    first = apply({}, {}, {"spec": {"ingressClassName": "a", "defaultBackend": backend}}, ADA, kind="Ingress")
    second = apply(first.obj, first.owners, {"spec": {"ingressClassName": "a"}}, ADA, kind="Ingress")

    assert {"spec": {"ingressClassName": "a"}} == second.obj


names = st.text("abc:./-", min_size=1, max_size=4)
values = st.recursive(
    st.text(max_size=2) | st.integers() | st.booleans(),
    lambda inner: st.dictionaries(names, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)


@given(st.dictionaries(names, values, max_size=4))
def test_managed_fields_survive_being_written_and_read(data: Obj) -> None:
    fields = ownership.fields_of({"spec": data}, {})
    owners = {EVE: Entry(set(fields), "2026-01-01T00:00:00Z")}

    assert owners == ownership.decode(ownership.encode(owners))


@given(st.dictionaries(names, values, max_size=4), st.dictionaries(names, values, max_size=4))
def test_applying_again_changes_nothing_and_giving_all_up_leaves_the_rest(one: Obj, two: Obj) -> None:
    first = apply({}, {}, {"spec": one}, ADA, force=True)
    both = apply(first.obj, first.owners, {"spec": two}, BOB, force=True)
    again = apply(both.obj, both.owners, {"spec": two}, BOB, force=True)

    assert both == again
