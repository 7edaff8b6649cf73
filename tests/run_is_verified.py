"""When a run may say that its weights took effect: by looks at pictures, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from console.decide.plan import RouteChange, Values
from console.errors import Denied, Lost
from console.model.fleet import Agreement, AlbHealthWord, Fleet, Layer, Route, Weights
from console.model.freshness import Source, SourceName, SourceState
from console.model.share import Share
from console.run.verify import Look, Outcome, Target, Verdict, Waiting, ledger, look, unproven
from tests import situations
from tests.situations import ACK, IDC, PREFIX, UID

KEYS = ((PREFIX + ACK, ACK), (PREFIX + IDC, IDC))
BEFORE = ((PREFIX + ACK, "62"), (PREFIX + IDC, "38"))
AFTER = ((PREFIX + ACK, "100"), (PREFIX + IDC, "0"))
CHANGE = RouteChange("shop", "checkout", "uid-shop/checkout", KEYS, BEFORE, AFTER)
SETTLED = Agreement(True, None, Layer.OBSERVED, "", settled=True)
UNSURE = Agreement(True, None, Layer.OBSERVED, "too few answers to be sure")
BEHIND = Agreement(False, Layer.RULE, Layer.RULE, "the ALB rule holds 62, the target is 100")


def weighed(agreement: Agreement, shares: tuple[Share, Share] | None = (Share(300, 300), Share(0, 300))) -> Route:
    """The route with 100:0 noted on it."""
    lines: tuple[Weights, ...] = situations.even(100, 0, shares=shares) if shares else situations.even(100, 0)
    return situations.route("shop/checkout", lines, agreement, resource_version="900", probed=True)


def fleet(route: Route | None, *sources: Source) -> Fleet:
    said = {SourceName.ROUTES: Source(SourceName.ROUTES, SourceState.LIVE)} | {one.name: one for one in sources}
    return Fleet("hz-prod", None, UID, tuple(said.values()), routes=(route,) if route else ())


def seen(picture: Fleet, version: int | None = 900) -> tuple[bool, bool, Layer | None]:
    found = look(picture, CHANGE, AFTER, version, UID)
    return found.agrees, found.settled, found.layer


def test_every_layer_that_is_sure_settles_it() -> None:
    assert (True, True, Layer.OBSERVED) == seen(fleet(weighed(SETTLED)))


def test_too_few_answers_agree_and_settle_nothing() -> None:
    assert (True, False, Layer.OBSERVED) == seen(fleet(weighed(UNSURE)))


def test_a_probed_route_without_answers_is_not_settled_by_the_other_layers() -> None:
    assert (True, False, Layer.OBSERVED) == seen(fleet(weighed(SETTLED, None)))


def leaving(route: Route, held: Values, *, word: AlbHealthWord) -> Look:
    """What is seen of a step away from a member of which the ALB says `word`."""
    picture = situations.zone_lost() if word is AlbHealthWord.DEAD else situations.calm()
    known = {one.name: one for one in picture.sources} | {one.name: one for one in fleet(None).sources}
    return look(replace(picture, uid=UID, routes=(route,), sources=tuple(known.values())), CHANGE, held, 900, UID)


def test_a_step_out_of_a_dead_member_is_not_held_up_by_the_share_that_nobody_can_see() -> None:
    apart = Agreement(False, Layer.OBSERVED, Layer.OBSERVED, "clients see 99 to 100 %")
    step = ((PREFIX + ACK, "66"), (PREFIX + IDC, "34"))
    lines = situations.even(66, 34, shares=(Share(300, 300), Share(0, 300)))
    route = situations.route("shop/checkout", lines, apart, resource_version="900", probed=True)
    found = leaving(route, step, word=AlbHealthWord.DEAD)

    assert (True, True, Layer.RULE) == (found.agrees, found.settled, found.layer)
    assert "idc-prod is dead" in found.sentence
    assert (False, Layer.OBSERVED) == ((well := leaving(route, step, word=AlbHealthWord.OK)).agrees, well.layer)


def test_a_dead_member_that_gains_is_told_as_what_clients_see() -> None:
    apart = Agreement(False, Layer.OBSERVED, Layer.OBSERVED, "clients see 99 to 100 %")
    gains = ((PREFIX + ACK, "50"), (PREFIX + IDC, "50"))
    lines = situations.even(50, 50, shares=(Share(300, 300), Share(0, 300)))
    route = situations.route("shop/checkout", lines, apart, resource_version="900", probed=True)

    assert Layer.OBSERVED is (found := leaving(route, gains, word=AlbHealthWord.DEAD)).layer
    assert not found.agrees


def test_the_first_layer_that_does_not_hold_is_named() -> None:
    assert (False, False, Layer.RULE) == seen(fleet(weighed(BEHIND)))


def test_a_picture_from_before_our_write_proves_nothing() -> None:
    assert (False, False, Layer.ANNOTATION) == seen(fleet(weighed(SETTLED)), version=901)


def test_a_picture_of_another_fleet_proves_nothing() -> None:
    assert (False, False, Layer.ANNOTATION) == seen(replace(fleet(weighed(SETTLED)), uid="another"))


@pytest.mark.parametrize(
    ("name", "state", "layer"),
    [
        (SourceName.ROUTES, SourceState.LOST, Layer.ANNOTATION),
        (SourceName.ROUTES, SourceState.STALE, Layer.ANNOTATION),
        (SourceName.ALB, SourceState.LOST, Layer.RULE),
        (SourceName.PROBE, SourceState.LOST, Layer.OBSERVED),
    ],
)
def test_a_source_that_stopped_answering_proves_nothing(name: SourceName, state: SourceState, layer: Layer) -> None:
    assert (False, False, layer) == seen(fleet(weighed(SETTLED), Source(name, state, message="gone")))


def test_an_ingress_that_carries_no_weights_any_more_needs_no_picture() -> None:
    bare = tuple((key, None) for key, _ in KEYS)

    assert look(fleet(None), CHANGE, bare, 900, UID).settled
    assert not look(fleet(None), CHANGE, AFTER, 900, UID).settled


def test_an_annotation_that_holds_is_told_though_the_record_read_last_asks_for_something_else() -> None:
    behind = Agreement(False, Layer.ANNOTATION, Layer.ANNOTATION, "the annotation holds 100, the target is 62")

    assert Layer.ANNOTATION is ledger(fleet(weighed(behind)), CHANGE, AFTER).layer


def test_the_ledger_tells_what_is_held_now_and_how_deep() -> None:
    told = ledger(fleet(weighed(BEHIND)), CHANGE, AFTER)

    assert (((ACK, 62), (IDC, 38)), ((ACK, 100), (IDC, 0))) == (told.before, told.now)
    assert Layer.CONTROLLER is told.layer
    assert Layer.OBSERVED is ledger(fleet(weighed(SETTLED)), CHANGE, AFTER).layer
    assert ledger(fleet(weighed(SETTLED)), CHANGE, BEFORE).layer is None


@pytest.mark.parametrize(
    ("agreement", "probe", "lacking"),
    [
        (UNSURE, SourceState.LIVE, True),
        (replace(UNSURE, stuck_at=Layer.OBSERVED), SourceState.LIVE, True),
        (BEHIND, SourceState.LIVE, False),
        (SETTLED, SourceState.LIVE, False),
        (UNSURE, SourceState.LOST, False),
    ],
)
def test_more_answers_are_asked_for_only_where_nothing_else_is_missing(
    agreement: Agreement, probe: SourceState, lacking: bool
) -> None:
    picture = fleet(weighed(agreement), Source(SourceName.PROBE, probe))

    assert lacking is bool(list(unproven(picture, [Target(CHANGE, AFTER, 900)])))


class Stage:
    """A store whose picture, and an Ingress whose annotations, are functions of the clock."""

    def __init__(self, picture: Callable[[float], Fleet]) -> None:
        self.now = 0.0
        self.picture = picture
        self.store = self
        self.held: Callable[[float], dict[str, str] | None] = lambda now: dict(AFTER)
        self.told: Callable[[], bool] = lambda: False
        self.overtaken: Callable[[], bool] = lambda: False
        self.read_at: Callable[[], float | None] = lambda: None
        self.looks: list[Look] = []

    @property
    def fleet(self) -> Fleet:
        return self.picture(self.now)

    def read(self, change: RouteChange) -> dict[str, Any]:
        held = self.held(self.now)
        if held is None:
            raise Lost("the hub is gone")
        writer = {
            "manager": "argocd",
            "time": "1",
            "fieldsV1": {"f:metadata": {"f:annotations": {f"f:{KEYS[0][0]}": {}}}},
        }
        return {"metadata": {"annotations": held, "managedFields": [writer]}}

    def tell(self, _: Fleet, seen: Look) -> None:
        self.looks.append(seen)

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def verdict(self, steady: float = 10.0, timeout: float = 60.0) -> Verdict:
        waiting = Waiting(
            self, [Target(CHANGE, AFTER, 900, 0.0)], fleet_uid=UID, steady=steady, timeout=timeout,  # type: ignore[arg-type]
            read=self.read, told=self.told, overtaken=self.overtaken, tell=self.tell, clock=lambda: self.now,
            pause=self.pause, rules_read=lambda gateway: self.read_at(),
        )  # fmt: skip
        return waiting.verdict()


def test_the_steady_time_and_the_sampling_overlap() -> None:
    stage = Stage(lambda now: fleet(weighed(BEHIND if now < 3 else UNSURE if now < 18 else SETTLED)))
    verdict = stage.verdict()

    assert (Outcome.HOLDS, Layer.OBSERVED) == (verdict.outcome, verdict.layer)
    assert 18.0 == stage.now


def test_what_settles_at_once_must_still_hold_for_the_steady_time() -> None:
    stage = Stage(lambda now: fleet(weighed(SETTLED)))

    assert (Outcome.HOLDS, 10.0) == (stage.verdict().outcome, stage.now)


def test_a_break_begins_the_steady_time_anew() -> None:
    stage = Stage(lambda now: fleet(weighed(BEHIND if 8 <= now < 9 else SETTLED)))

    assert (Outcome.HOLDS, 19.0) == (stage.verdict().outcome, stage.now)


def test_what_is_not_settled_in_time_names_the_layer_and_why() -> None:
    stage = Stage(lambda now: fleet(weighed(BEHIND)))
    verdict = stage.verdict(timeout=30.0)

    assert (Outcome.TIMED_OUT, 30.0) == (verdict.outcome, stage.now)
    assert "not verified within 30 s, stuck at layer rule: the ALB rule holds 62, the target is 100" == verdict.sentence


def test_a_hub_that_is_silent_at_the_end_is_not_called_disagreement() -> None:
    stage = Stage(lambda now: fleet(weighed(BEHIND)))
    stage.held = lambda now: dict(AFTER) if now < 10 else None
    verdict = stage.verdict(timeout=40.0)

    assert Outcome.UNREACHED is verdict.outcome
    assert "the hub has not answered for 32 s" in verdict.sentence


def test_a_silent_hub_is_told_once_whichever_route_is_asked_and_again_where_it_fails_otherwise() -> None:
    stage = Stage(lambda now: fleet(weighed(SETTLED)))
    asked = 0

    def read(_: RouteChange) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        raise (Lost if stage.now < 20 else Denied)(f"read Ingress number {asked}")

    stage.read = read  # type: ignore[assignment,method-assign]
    stage.verdict(timeout=40.0)
    silent = list(dict.fromkeys(one.sentence for one in stage.looks if "has not said since" in one.sentence))

    assert 2 == len(silent)
    assert silent[0].endswith("what stands there: read Ingress number 1")


def test_a_hub_that_comes_back_is_forgiven() -> None:
    stage = Stage(lambda now: fleet(weighed(SETTLED if now > 30 else BEHIND)))
    stage.held = lambda now: None if 5 < now < 25 else dict(AFTER)

    assert Outcome.HOLDS is stage.verdict().outcome


def test_weights_that_somebody_changed_are_seen_though_the_watch_is_late() -> None:
    stage = Stage(lambda now: fleet(weighed(SETTLED)))
    stage.held = lambda now: dict(AFTER) if now < 4 else dict(BEFORE)
    verdict = stage.verdict()

    assert Outcome.SUPERSEDED is verdict.outcome
    said = f"shop/checkout was changed to 62:38, seen {stage.now:.1f} s after our write (last written by argocd)"

    assert said == verdict.sentence
    assert stage.now <= 6.0


def test_a_rule_that_was_not_read_since_the_write_proves_nothing_though_it_holds_what_it_should() -> None:
    stage = Stage(lambda now: fleet(weighed(SETTLED)))
    stage.read_at = lambda: -1.0 if stage.now < 7 else 6.5
    verdict = stage.verdict()

    assert Outcome.HOLDS is verdict.outcome
    assert any("were not read since the write" in one.sentence for one in stage.looks)
    assert stage.now >= 8.0


def test_a_word_and_a_lost_lease_end_the_waiting() -> None:
    told, overtaken = Stage(lambda now: fleet(weighed(BEHIND))), Stage(lambda now: fleet(weighed(BEHIND)))
    told.told = lambda: told.now >= 3
    overtaken.overtaken = lambda: overtaken.now >= 3

    assert (Outcome.TOLD, Outcome.OVERTAKEN) == (told.verdict().outcome, overtaken.verdict().outcome)
    assert (3.0, 3.0) == (told.now, overtaken.now)
