"""A plan says exactly what it replaces and what it writes; a refusal says every reason at once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.decide import plan as plans
from console.decide.intents import Decision
from console.decide.plan import Plan, RouteChange
from console.errors import UsageError
from console.model.fleet import (
    Agreement,
    AlbHealth,
    AlbHealthWord,
    Controller,
    Fleet,
    Gateway,
    Layer,
    Link,
    Member,
    Route,
    Weights,
)
from console.model.freshness import Source, SourceName, SourceState
from console.model.run import Reason, Severity
from console.present import reports
from console.settings import DEFAULT_KEY_PREFIX as PREFIX
from tests.wishes import shift

ACK = "c" + "1" * 32
IDC = "c" + "2" * 32


def member(identifier: str, name: str, health: AlbHealth, link: Link = Link.UP) -> Member:
    return Member(identifier, name, "ack", "zone-a", "settings", link, 0.0, "", health)


OK = AlbHealth(AlbHealthWord.OK, 4, 4)
DEAD = AlbHealth(AlbHealthWord.DEAD, 0, 4, "CONNECT_FAILED")
SILENT = AlbHealth(AlbHealthWord.UNKNOWN, why="the ALB is not read")


def line(identifier: str, raw: str | None) -> Weights:
    key = PREFIX + identifier if raw is not None else None
    return Weights(identifier, key, raw, None, plans.weight(raw), None, None, None)


def fleet(
    *,
    ack: AlbHealth = OK,
    idc: AlbHealth = OK,
    ack_raw: str | None = "62",
    idc_raw: str | None = "38",
    ingresses: SourceState = SourceState.LIVE,
    uid: str | None = "fleet-uid",
) -> Fleet:
    route = Route(
        key="shop/api",
        uid="uid-api",
        resource_version="7",
        gateway="gw",
        hosts=("h",),
        paths=("/",),
        services=("api",),
        members=(line(ACK, ack_raw), line(IDC, idc_raw)),
        controller=Controller.ACKNOWLEDGED,
        controller_message="",
        rule_state="Available",
        rule_message="",
        agreement=Agreement(True, None, Layer.RULE, ""),
        health_check=True,
    )
    return Fleet(
        "hz-prod",
        None,
        uid,
        (Source(SourceName.ROUTES, ingresses),),
        members=(member(ACK, "ack-prod-j", ack), member(IDC, "idc-prod", idc)),
        gateways=(Gateway("gw", "alb-1", None, "Active", (), (ACK, IDC), True),),
        routes=(route,),
    )


def rules(decision: Decision) -> list[str]:
    return [reason.rule for reason in decision.blocking]


def test_a_plan_holds_the_annotations_byte_for_byte() -> None:
    decision = shift(fleet(ack_raw="062"), "shop/api", {ACK: 80, IDC: 20})

    assert decision.plan is not None
    (change,) = decision.plan.routes
    assert ((PREFIX + ACK, "062"), (PREFIX + IDC, "38")) == change.before
    assert ((PREFIX + ACK, "80"), (PREFIX + IDC, "20")) == change.after


def test_a_weight_that_stays_keeps_its_bytes() -> None:
    decision = shift(fleet(ack_raw="062"), "shop/api", {ACK: 62, IDC: 38})

    assert decision.plan is not None
    assert decision.plan.routes[0].before == decision.plan.routes[0].after
    assert "no-change" in [reason.rule for reason in decision.reasons]


def test_nothing_speaks_against_a_shift_between_healthy_members() -> None:
    decision = shift(fleet(), "shop/api", {ACK: 80, IDC: 20})

    assert not decision.refused
    assert [("headroom", Severity.INFORMS)] == [(one.rule, one.severity) for one in decision.reasons]


def test_all_reasons_are_said_at_once() -> None:
    decision = shift(
        fleet(ack=DEAD, idc_raw=None, ingresses=SourceState.STALE), "shop/api", {ACK: 100, IDC: 0}, read_only=True
    )

    assert ["read-only", "current", "new-key", "target-health", "serving"] == rules(decision)


@pytest.mark.parametrize(
    ("situation", "rule"),
    [
        (fleet(idc_raw=None), "new-key"),
        (fleet(ingresses=SourceState.LOST), "current"),
        (fleet(uid=None), "current"),
        (fleet(ack=DEAD), "target-health"),
        (replace(fleet(), gateways=(Gateway("gw", "alb-1", None, "Active", (), (IDC,), True),)), "behind-gateway"),
    ],
)
def test_each_reason_alone_refuses(situation: Fleet, rule: str) -> None:
    decision = shift(situation, "shop/api", {ACK: 80, IDC: 20})

    assert [rule] == rules(decision)


def test_a_new_key_needs_a_word_and_is_absent_before() -> None:
    decision = shift(fleet(idc_raw=None), "shop/api", {ACK: 80, IDC: 20}, new_key=True)

    assert decision.plan is not None
    assert not decision.refused
    assert (PREFIX + IDC, None) == decision.plan.routes[0].before[1]


def test_unknown_health_of_the_target_is_said_and_is_no_health() -> None:
    decision = shift(fleet(ack=SILENT), "shop/api", {ACK: 80, IDC: 20})

    assert ["ack-prod-j: ALB health not known (the ALB is not read), workload not known (nothing is known)"] == [
        r.measured for r in decision.blocking
    ]
    assert decision.refused


def test_a_route_nobody_knows_is_told_with_those_that_are_known() -> None:
    with pytest.raises(UsageError) as error:
        shift(fleet(), "shop/\x1bapi", {ACK: 100})

    assert "no route is called 'shop/␛api'. Known routes: shop/api." == str(error.value)


values = st.dictionaries(
    st.text(min_size=1, max_size=20), st.tuples(st.none() | st.text(max_size=5), st.none() | st.text(max_size=5)),
    min_size=1, max_size=4,
)  # fmt: skip


def plan_of(pairs: dict[str, tuple[str | None, str | None]], uid: str = "f") -> Plan:
    keys = sorted(pairs)
    change = RouteChange(
        "ns", "r", "u", tuple((k, "m" + k) for k in keys),
        tuple((k, pairs[k][0]) for k in keys), tuple((k, pairs[k][1]) for k in keys),
    )  # fmt: skip
    return Plan(uid, "shift", (change,))


@given(values)
def test_a_plan_survives_its_record_and_keeps_its_hash(pairs: dict[str, tuple[str | None, str | None]]) -> None:
    plan = plan_of(pairs)

    assert plan == plans.parse(plan.canonical())
    assert plan.hash == plans.parse(plan.canonical()).hash


def test_a_hash_is_meant_by_its_beginning_of_eight_digits_with_or_without_its_dash() -> None:
    digest = "64ed1f02" + "0" * 56

    assert [True, True, True, True] == [
        plans.means(digest, said) for said in (digest, "64ed-1f02", "64ED1F02", "64ed1f020")
    ]
    assert [False, False, False] == [plans.means(digest, said) for said in ("64ed", "", "64ed1f03")]


def test_what_is_refused_for_a_new_key_alone_says_the_option_that_allows_it() -> None:
    new = Reason("new-key", Severity.BLOCKS, "a key", "leave", "")
    head, split = replace(new, rule="headroom"), replace(new, rule="split")

    assert "--new-key" == reports.ways_out(Decision(None, (new,))).rpartition(": ")[2]
    assert "--new-key --override headroom" == reports.ways_out(Decision(None, (new, head))).rpartition(": ")[2]
    assert "split cannot be overridden" == reports.ways_out(Decision(None, (new, split)))


@given(values)
def test_undoing_twice_is_where_one_was(pairs: dict[str, tuple[str | None, str | None]]) -> None:
    plan = plan_of(pairs)
    back = plans.undo(plan, "7c1")

    assert plan.routes == plans.undo(back, "8d2").routes
    assert ("rollback", "7c1") == (back.kind, back.of)


def test_the_hash_knows_the_fleet_and_every_weight() -> None:
    plan = plan_of({"a": ("1", "2")})
    others = [plan_of({"a": ("1", "2")}, uid="g"), plan_of({"a": ("1", "3")}), plan_of({"a": (None, "2")})]

    assert 4 == len({plan.hash, *(other.hash for other in others)})


def test_the_hash_does_not_know_the_resource_version() -> None:
    moved = fleet()
    moved = replace(moved, routes=(replace(moved.routes[0], resource_version="99"),))
    first, second = (shift(f, "shop/api", {ACK: 80, IDC: 20}).plan for f in (fleet(), moved))

    assert first is not None
    assert second is not None
    assert first.hash == second.hash


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_what_is_no_plan_is_refused_and_nothing_else_happens(document: object) -> None:
    with pytest.raises(UsageError):
        plans.parse(json.dumps(document))


def test_a_record_with_another_key_after_than_before_is_no_plan() -> None:
    forged = json.loads(plan_of({"a": ("1", "2")}).canonical())
    forged["routes"][0]["after"] = [["somebody/else", "100"]]

    with pytest.raises(UsageError):
        plans.parse(json.dumps(forged, sort_keys=True, separators=(",", ":")))


def test_a_backend_of_a_member_that_cannot_be_derived_blocks_the_shift() -> None:
    calm = fleet()
    hidden = replace(calm, routes=(replace(calm.routes[0], underivable="sgp-9"),))
    decision = shift(hidden, calm.routes[0].key, {ACK: 80, IDC: 20})

    assert decision.refused
    assert [("derivable", "ALB server group sgp-9 belongs to no member that can be derived")] == [
        (reason.rule, reason.measured) for reason in decision.blocking
    ]
