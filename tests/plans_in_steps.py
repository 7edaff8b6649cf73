"""Steps and drains over random Fleets: sums, fair rounding, serving members, exact ways back, stable hashes, and
refusals that are complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.decide import plan as plans
from console.decide import planfile, steps
from console.decide.case import Around, Wish
from console.decide.intents import Decision, decide, drained
from console.decide.plan import Plan, RouteChange, Values, parse, undo, weight
from console.decide.planfile import PlanFile
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
    Zone,
)
from console.model.freshness import Source, SourceName, SourceState
from console.model.hub import Freeze
from console.model.run import RunReport, RunState, Severity
from console.present import changes
from console.settings import DEFAULT_KEY_PREFIX as PREFIX
from console.settings import RuleSettings
from tests import forked

MEMBERS = tuple(f"c{number:032x}" for number in range(1, 6))
HEALTHS = st.sampled_from([AlbHealth(AlbHealthWord.OK, 4, 4), AlbHealth(AlbHealthWord.DEAD, 0, 4, "CONNECT_FAILED")])
OK = AlbHealth(AlbHealthWord.OK, 4, 4)
ROUNDING = 1
"""Points by which the largest remainder may send a member the other way on one step, among three or more."""


def splits(size: int) -> st.SearchStrategy[list[int]]:
    """Weights of so many members that sum to 100."""
    parts = st.lists(st.integers(0, 50), min_size=size, max_size=size).filter(any)
    return parts.map(steps.shared)


def line(member: str, raw: str | None) -> Weights:
    return Weights(member, PREFIX + member if raw is not None else None, raw, None, weight(raw), None, None, None)


def route(key: str, weights: dict[str, str | None], gateway: str = "gw") -> Route:
    return Route(
        key=key,
        uid=f"uid-{key}",
        resource_version="7",
        gateway=gateway,
        hosts=("h",),
        paths=("/",),
        services=(),
        members=tuple(line(member, raw) for member, raw in weights.items()),
        controller=Controller.ACKNOWLEDGED,
        controller_message="",
        rule_state="Available",
        rule_message="",
        agreement=Agreement(True, None, Layer.RULE, ""),
        health_check=True,
    )


def fleet(routes: list[Route], healths: dict[str, AlbHealth] | None = None) -> Fleet:
    members = tuple(
        Member(
            one, f"m{number}", "ack", f"zone-{number % 3}", "settings", Link.UP, 0.0, "", (healths or {}).get(one, OK)
        )
        for number, one in enumerate(MEMBERS)
    )
    zones = tuple(
        Zone(name, tuple(one.id for one in members if one.zone == name), None)
        for name in ("zone-0", "zone-1", "zone-2")
    )
    return Fleet(
        "hz",
        None,
        "fleet-uid",
        (Source(SourceName.ROUTES, SourceState.LIVE),),
        members,
        zones,
        (Gateway("gw", "alb-1", None, "Active", (), MEMBERS, True),),
        tuple(routes),
    )


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Up to 6 routes over up to 5 members; some weights absent."""
    routes = []
    for number in range(draw(st.integers(1, 6))):
        inside = draw(st.lists(st.sampled_from(MEMBERS), min_size=2, max_size=5, unique=True))
        weights = draw(splits(len(inside)))
        routes.append(
            route(
                f"ns{number % 2}/r{number}",
                {
                    member: None if not held and draw(st.booleans()) else str(held)
                    for member, held in zip(inside, weights, strict=True)
                },
            )
        )
    return fleet(routes, {member: draw(HEALTHS) for member in MEMBERS})


def whole(values: Values) -> int:
    return sum(weight(raw) or 0 for _, raw in values)


@given(fleets(), st.sampled_from(["zone-0", "zone-1", "zone-2", "m0", "m3"]), st.sampled_from([(100,), (10, 50, 100)]))
def test_after_every_write_of_a_drain_the_weights_sum_to_100_and_in_the_end_the_target_has_none(
    found: Fleet, target: str, profile: tuple[int, ...]
) -> None:
    try:
        wish = replace(drained(found, target), steps=profile, new_key=True)
    except UsageError:
        return
    decision = decide(found, wish, Around())
    if decision.plan is None:
        assert decision.refused
        return
    gone = {one.id for one in found.members if target in (one.zone, one.name)}
    for change in decision.plan.routes:
        assert [100] * len(profile) == [whole(change.at(percent)) for percent in profile]
        assert not any(want for member, want in change.weights(change.after).items() if member in gone)


@given(fleets(), st.sampled_from(["zone-0", "zone-1", "m2"]))
def test_a_plan_that_is_not_refused_leaves_a_member_that_is_not_known_to_be_dead(found: Fleet, target: str) -> None:
    try:
        decision = decide(found, replace(drained(found, target), new_key=True, confirmed=("data-layer",)), Around())
    except UsageError:
        return
    if decision.refused or decision.plan is None:
        return
    alive = {one.id for one in found.members if one.alb_health.word is not AlbHealthWord.DEAD}
    for change in decision.plan.routes:
        for percent in decision.plan.steps:
            assert any(want for member, want in change.weights(change.at(percent)).items() if want and member in alive)


@given(splits(4), splits(4), st.integers(0, 100))
def test_a_step_is_never_more_than_a_point_off_the_straight_way(old: list[int], new: list[int], percent: int) -> None:
    found = steps.between(old, new, percent)

    assert 100 == sum(found)
    for a, b, now in zip(old, new, found, strict=True):
        assert abs(a + (b - a) * percent / 100 - now) < 1.0


@given(splits(5), splits(5), st.integers(1, 99))
def test_rounding_does_not_depend_on_the_order_of_members(old: list[int], new: list[int], percent: int) -> None:
    keys = [PREFIX + member for member in MEMBERS]
    before = tuple((key, str(value)) for key, value in zip(keys, old, strict=True))
    after = tuple((key, str(value)) for key, value in zip(keys, new, strict=True))
    change = RouteChange("ns", "r", "u", tuple(zip(keys, MEMBERS, strict=True)), before, after)

    assert dict(change.at(percent)) == dict(change.arranged(MEMBERS[::-1]).at(percent))


def moves(change: RouteChange, positions: Sequence[int]) -> list[Values]:
    """What a route holds, one after the other: a step in which nothing moves is none to go back over."""
    return [values for values, _ in groupby(change.at(percent) for percent in positions)]


def test_a_last_step_in_which_nothing_moves_any_more_is_not_gone_back_over() -> None:
    keys = [PREFIX + member for member in MEMBERS[:2]]
    change = RouteChange("ns", "r", "u", tuple(zip(keys, MEMBERS[:2], strict=True)),
                         ((keys[0], "1"), (keys[1], "99")), ((keys[0], "0"), (keys[1], "100")))  # fmt: skip
    plan = Plan("uid", "drain", (change,), steps=(10, 60, 100))
    back = undo(plan, "7c1x2")

    assert plan.positions != back.positions
    assert moves(change, plan.positions) == [change.before, change.after]
    assert moves(back.routes[0], back.positions) == [change.after, change.before]


@given(fleets(), st.sampled_from(["zone-0", "m1"]), st.sampled_from([(100,), (10, 50, 100), (1, 2, 3, 100)]))
def test_the_way_back_restores_every_byte_and_every_absence(
    found: Fleet, target: str, profile: tuple[int, ...]
) -> None:
    try:
        plan = decide(found, replace(drained(found, target), steps=profile), Around()).plan
    except UsageError:
        return
    if plan is None:
        return
    back = undo(plan, "7c1x2")

    assert [change.before for change in plan.routes] == [change.after for change in back.routes]
    for one, other in zip(plan.routes, back.routes, strict=True):
        assert moves(one, plan.positions) == moves(other, back.positions)[::-1]
    assert 100 == back.steps[-1]
    assert plans.checked(back) is back


@given(fleets(), st.sampled_from([(100,), (10, 50, 100), (25, 60, 100), (1, 2, 3, 100)]), st.data())
def test_the_way_back_begins_where_each_route_stands_and_only_ever_goes_towards_what_was(
    found: Fleet, profile: tuple[int, ...], data: st.DataObject
) -> None:
    try:
        plan = decide(found, replace(drained(found, "zone-0"), steps=profile), Around()).plan
    except UsageError:
        return
    if plan is None:
        return
    reached = data.draw(st.integers(0, len(profile)))
    places = {one.key: data.draw(st.integers(max(0, reached - 1), reached)) for one in plan.routes}
    stands = {one.key: one.at(plan.positions[places[one.key]]) for one in plan.routes}
    back = plans.checked(undo(plan, "7c1x2", stands))

    assert stands == {one.key: one.before for one in back.routes}
    assert {one.key: one.before for one in plan.routes} == {one.key: one.after for one in back.routes}
    assert len(back.steps) <= max(1, reached)
    for change in back.routes:
        former = change.weights(change.after)
        for earlier, later in pairwise(back.positions):
            left, then = (change.weights(change.at(percent)) for percent in (earlier, later))
            for member in former:
                goal = former[member] or 0
                assert abs((then[member] or 0) - goal) <= abs((left[member] or 0) - goal) + ROUNDING
    assert (100,) == undo(plan, "7c1x2", stands, now=True).steps


def test_a_shift_that_stopped_at_its_first_step_goes_back_from_there_and_never_up() -> None:
    plan = decide(two(), replace(SHIFT, steps=(25, 60, 100)), Around()).plan
    assert plan is not None
    change = plan.routes[0]
    first = undo(plan, "7c1x2", {change.key: change.at(25)})
    second = undo(plan, "7c1x2", {change.key: change.at(60)})
    strange = undo(plan, "7c1x2", {change.key: tuple((key, "1") for key, _ in change.before)})

    assert ((100,), change.at(25)) == (first.steps, first.routes[0].before)
    assert ((58, 100), change.at(60)) == (second.steps, second.routes[0].before)
    assert (undo(plan, "7c1x2"), (40, 75, 100)) == (strange, strange.steps)


@given(fleets(), st.randoms())
def test_a_plans_hash_does_not_depend_on_orders_and_survives_its_record(found: Fleet, chance: object) -> None:
    try:
        plan = decide(found, drained(found, "zone-0"), Around()).plan
    except UsageError:
        return
    if plan is None:
        return
    routes = list(plan.routes)
    chance.shuffle(routes)  # type: ignore[attr-defined]
    again = parse(plan.canonical())

    assert plan.hash == replace(plan, routes=tuple(one.arranged(MEMBERS[::-1]) for one in routes)).hash == again.hash


def test_the_hash_covers_what_is_done_and_not_who_does_it() -> None:
    plan = decide(two(), Wish((("shop/api", {MEMBERS[0]: 80, MEMBERS[1]: 20}),)), Around()).plan
    assert plan is not None
    others = [
        replace(plan, steps=(50, 100)),
        replace(plan, hold=1.0),
        replace(plan, expires=60.0),
        replace(plan, overrides=("headroom",)),
        replace(plan, on_loss="hold"),
        replace(plan, fleet_uid="other"),
        replace(plan, probe_rate=200.0),
    ]

    assert len(others) + 1 == len({one.hash for one in [plan, *others]})


def test_a_rate_of_probes_is_part_of_the_plan_where_it_was_consented_to_and_a_route_is_probed() -> None:
    probed = two(routes=(replace(two().routes[0], probed=True),))

    def rate(found: Fleet, said: float | None, settings: float | None) -> float | None:
        plan = decide(found, replace(SHIFT, probe_rate=said), Around(probe_rate=settings)).plan
        assert plan is not None
        assert parse(plan.canonical()) == plan
        assert ("probe_rate" in plan.canonical()) is (plan.probe_rate is not None)
        assert any(f"up to {said:g} probe requests" in one for one in changes.terms(plan)) is (said == plan.probe_rate)
        assert undo(plan, "k7m2p").probe_rate == plan.probe_rate
        return plan.probe_rate

    assert [200.0, 200.0, 100.0] == [rate(probed, 200.0, None), rate(probed, 200.0, 300.0), rate(probed, 100.0, 1.0)]
    assert None is rate(two(), 200.0, 300.0)


@pytest.mark.parametrize("said", [0.0, -1.0, 1e9, float("nan")])
def test_what_is_no_rate_of_probes_is_refused_wherever_it_was_said(said: float) -> None:
    for wish, around in ((replace(SHIFT, probe_rate=said), Around()), (SHIFT, Around(probe_rate=said))):
        with pytest.raises(UsageError, match="are no rate"):
            decide(two(), wish, around)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (25.0, "25 s"), (89.0, "1 min 29 s"), (119.0, "1 min 59 s"), (3600.0, "1 h"), (5340.0, "1 h 29 min"),
        (7140.0, "1 h 59 min"), (0.5, "0.5 s"), (604_800.0, "7 d"), (90_061.0, "1 d 1 h 1 min 1 s"),
    ],
)  # fmt: skip
def test_the_times_of_a_plan_are_said_to_the_second(seconds: float, words: str) -> None:
    plan = decide(two(), replace(SHIFT, steps=(50, 100), hold=seconds, expires=seconds), Around()).plan
    assert plan is not None
    said = changes.terms(plan)

    assert f"2 steps, {words} at each once it is verified" in said
    assert f"goes back by itself {words} after it is done" in said


def two(**values: object) -> Fleet:
    """One route, two healthy members."""
    found = fleet([route("shop/api", {MEMBERS[0]: "62", MEMBERS[1]: "38"})])
    return replace(found, **values)  # type: ignore[arg-type]


TO = {MEMBERS[0]: 100, MEMBERS[1]: 0}
SHIFT = Wish((("shop/api", TO),))
RUNNING = RunReport("k7m2p", "fleet-uid", "shift", RunState.RUNNING, "h", actor="somebody")
ONE = two().routes[0]

AGAINST: dict[str, tuple[Fleet, Wish, Around]] = {
    "read-only": (two(), SHIFT, Around(read_only=True)),
    "current": (two(sources=(Source(SourceName.ROUTES, SourceState.LOST),)), SHIFT, Around()),
    "behind-gateway": (
        two(gateways=(Gateway("gw", "alb-1", None, "Active", (), (MEMBERS[1],), True),)), SHIFT, Around()
    ),
    "derivable": (two(routes=(replace(ONE, underivable="sgp-x"),)), SHIFT, Around()),
    "target-health": (
        two(members=(replace(two().members[0], alb_health=AlbHealth(AlbHealthWord.UNKNOWN)), *two().members[1:])),
        SHIFT,
        Around(),
    ),
    "in-flight": (two(routes=(replace(ONE, rule_state="Configuring"),)), SHIFT, Around()),
    "gateway-can-act": (two(routes=(replace(ONE, failing="FailedBuildModel x"),)), SHIFT, Around()),
    "freeze": (two(freeze=Freeze("somebody", "failover")), SHIFT, Around()),
    "other-run": (two(), SHIFT, Around(running=(RUNNING,))),
    "clock-skew": (two(skew=-600), SHIFT, Around()),
    "credentials": (two(credential_until=100.0), SHIFT, Around(wall=50.0)),
    "assertion": (two(), SHIFT, Around(assertions=("m1 keeps >= 20",))),
    "data-layer": (two(), replace(SHIFT, kind="drain", target="m1"), Around()),
    "new-key": (
        fleet([route("shop/api", {MEMBERS[0]: None, MEMBERS[1]: "100"})]), Wish((("shop/api", TO),)), Around()
    ),
}  # fmt: skip


def test_nothing_speaks_against_a_plain_shift() -> None:
    assert not decide(two(), SHIFT, Around()).refused


@pytest.mark.parametrize("rule", AGAINST)
def test_each_reason_alone_refuses_and_none_other_is_named(rule: str) -> None:
    decision = decide(*AGAINST[rule])

    assert decision.refused
    assert {rule} == {reason.rule for reason in decision.blocking}


def test_a_dead_member_that_is_left_in_steps_is_said_and_one_that_is_left_at_once_is_not() -> None:
    health = AlbHealth(AlbHealthWord.DEAD, 0, 12, "x")
    left = next(one for one in two().members if one.id == MEMBERS[1])
    dead = two(members=tuple(replace(one, alb_health=health) if one.id == left.id else one for one in two().members))

    def said(wish: Wish) -> list[str]:
        return [one.measured for one in decide(dead, wish, Around()).reasons if one.rule == "dead-steps"]

    words = f"{left.name}: 0 of 12 backends healthy, and it would be left in 3 steps"

    assert [words] == said(replace(SHIFT, steps=(10, 50, 100)))
    assert [] == said(SHIFT)


def test_all_reasons_are_named_at_once() -> None:
    found = two(
        routes=(replace(ONE, rule_state="Configuring", underivable="sgp-x", failing="FailedBuildModel x"),),
        freeze=Freeze("somebody", "failover"),
        skew=600,
        credential_until=100.0,
    )
    around = Around(wall=50.0, running=(RUNNING,), assertions=("m1 keeps >= 20",))
    wanted = {
        "derivable",
        "in-flight",
        "gateway-can-act",
        "freeze",
        "clock-skew",
        "credentials",
        "other-run",
        "assertion",
    }

    assert wanted | {"data-layer"} == {
        one.rule for one in decide(found, replace(SHIFT, kind="drain", target="m1"), around).blocking
    }


@pytest.mark.parametrize("rule", ["freeze", "in-flight", "target-health", "other-run", "credentials", "assertion"])
def test_a_rule_that_blocks_is_overridden_by_its_name_alone(rule: str) -> None:
    found, wish, around = AGAINST[rule]
    decision = decide(found, replace(wish, overrides=(rule,)), around)

    assert not decision.refused
    assert decision.plan is not None
    assert (rule,) == decision.plan.overrides


@pytest.mark.parametrize("rule", ["read-only", "current", "serving", "new-key", "split"])
def test_what_guards_the_fleets_identity_and_last_member_cannot_be_overridden(rule: str) -> None:
    with pytest.raises(UsageError, match="cannot be overridden"):
        decide(two(), replace(SHIFT, overrides=(rule,)), Around())


def test_settings_soften_a_rule_and_harden_another() -> None:
    found = AGAINST["in-flight"][0]
    soft = Around(rules={"in-flight": RuleSettings(severity="informs"), "no-change": RuleSettings(severity="blocks")})

    assert not decide(found, SHIFT, soft).refused
    assert (
        Severity.INFORMS is next(one for one in decide(found, SHIFT, soft).reasons if one.rule == "in-flight").severity
    )
    off = Around(rules={"in-flight": RuleSettings(severity="off")})
    assert [] == [one for one in decide(found, SHIFT, off).reasons if one.rule == "in-flight"]


def test_thresholds_are_settings() -> None:
    def told(seconds: float) -> Decision:
        return decide(two(skew=40), SHIFT, Around(rules={"clock-skew": RuleSettings(threshold=seconds)}))

    assert (True, False) == (told(30.0).refused, told(60.0).refused)


def test_a_drain_moves_what_was_there_in_proportion() -> None:
    found = fleet([route("shop/api", {MEMBERS[0]: "20", MEMBERS[1]: "60", MEMBERS[2]: "20"})])
    wish = drained(found, "m1")

    assert (("shop/api", {MEMBERS[0]: 50, MEMBERS[1]: 0, MEMBERS[2]: 50}),) == wish.routes
    assert ("drain", "m1", 3600.0) == (wish.kind, wish.target, wish.expires)


def test_a_drain_of_what_carries_nothing_says_so() -> None:
    found = fleet([route("shop/api", {MEMBERS[0]: "100", MEMBERS[1]: "0"})])

    with pytest.raises(UsageError, match="m1 carries no weight"):
        drained(found, "m1")


def test_a_route_whose_weights_cannot_be_read_refuses_the_drain_by_name() -> None:
    found = fleet([route("shop/api", {MEMBERS[0]: "many", MEMBERS[1]: "38"}), ONE])
    decision = decide(found, drained(found, "m1"), Around())

    assert "split" in {one.rule for one in decision.blocking}


def test_routes_that_are_probed_come_first_then_those_that_move_least() -> None:
    routes = [
        route("a/most", {MEMBERS[0]: "10", MEMBERS[1]: "90"}),
        route("b/least", {MEMBERS[0]: "95", MEMBERS[1]: "5"}),
        replace(route("c/probed", {MEMBERS[0]: "10", MEMBERS[1]: "90"}), probed=True),
    ]
    plan = decide(fleet(routes), drained(fleet(routes), "m1"), Around()).plan

    assert isinstance(plan, Plan)
    assert ["c/probed", "b/least", "a/most"] == [change.key for change in plan.routes]


@pytest.mark.parametrize(("name", "said"), [("hold", "a hold of"), ("expires", "an expiry after")])
def test_no_plan_lasts_longer_than_seven_days_and_the_refusal_says_so(name: str, said: str) -> None:
    wish = drained(fleet([ONE]), "m1")
    week: dict[str, float] = {name: 7 * 86400.0}
    more: dict[str, float] = {name: 9000 * 3600.0}

    assert decide(fleet([ONE]), replace(wish, **week), Around()).plan is not None  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=rf"{said} 32400000 s is too long\. At most 168h \(7 days\)"):
        decide(fleet([ONE]), replace(wish, **more), Around())  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["hold", "expires"])
def test_a_plan_file_that_lasts_too_long_is_not_sound(name: str) -> None:
    file = {"schema": planfile.SCHEMA, "drain": "m1"}

    assert isinstance(planfile.parse({**file, name: "168h"}, "x.yaml"), PlanFile)
    with pytest.raises(UsageError, match=rf"x\.yaml: {name}: 169h is too long\. At most 168h \(7 days\)"):
        planfile.parse({**file, name: "169h"}, "x.yaml")


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("drain", "zone-b", "--reason", "x", "--expires", "9000h", "--plan-only"), "--expires"),
        (("shift", "shop/api", "--to", "m1=100", "--reason", "x", "--hold", "9000h"), "--hold"),
        (("extend", "7c1", "9000h"), "S"),
    ],
)
def test_a_command_that_would_last_too_long_names_its_option_and_the_limit(words: tuple[str, ...], option: str) -> None:
    done = forked.run(words)

    assert 2 == done.returncode
    assert f"'{option}': 9000h is too long. At most 168h (7 days)." in done.stderr
