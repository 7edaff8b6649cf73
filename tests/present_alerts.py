"""What wants attention: the worst first, with what follows from it and what does not."""

from __future__ import annotations

import calendar
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from console.model.fleet import Agreement, Fleet, Layer, Run, Tone
from console.model.freshness import HUB_SOURCES, Source, SourceName, SourceState, Topic
from console.model.hub import Freeze, Problem
from console.model.run import RunState
from console.present import alerts, line, sources, splits
from tests import situations

NOW = situations.NOW


def test_a_calm_fleet_wants_nothing() -> None:
    assert () == alerts.alerts(situations.calm(), NOW)


def test_a_dead_member_that_still_has_weight_is_the_worst_and_the_weight_is_to_be_moved() -> None:
    worst = alerts.alerts(situations.zone_lost(), NOW)[0]

    assert (Tone.BAD, "zone-b idc-prod") == (worst.tone, worst.subject)
    assert (
        "0 of 12 backends healthy (CONNECT_TIMEOUT), weight 38. ALB fails open: that share fails. Move the weight."
    ) == worst.sentence
    assert "Move the weight." in " ".join(line.text(one) for one in alerts.lines((worst, worst), 80, 2))


def test_weights_that_are_no_numbers_are_told_and_nobody_is_said_to_have_asked() -> None:
    route = situations.calm().routes[0]
    sentence = "a weight that the annotation holds is no number"
    parted = replace(route, agreement=Agreement(False, Layer.ANNOTATION, Layer.ANNOTATION, sentence, NOW - 60.0))
    fleet = replace(situations.calm(), routes=(parted,))

    assert [(route.key, f"{sentence}.")] == [(one.subject, one.sentence) for one in alerts.alerts(fleet, NOW)]


@pytest.mark.parametrize(
    ("said", "ended"),
    [("flow control.", "flow control."), ("flow control", "flow control."), ("flow c…", "flow c…")],
)
def test_a_sentence_that_is_closed_already_is_not_closed_again(said: str, ended: str) -> None:
    fleet = situations.calm()
    gateway = replace(fleet.gateways[0], state="Configuring", message=said)
    parted = Agreement(False, Layer.RULE, Layer.RULE, said, NOW - 60.0)
    route, problem = replace(fleet.routes[0], agreement=parted), Problem("a/b", said)
    fleet = replace(fleet, gateways=(gateway,), routes=(route,), problems=(problem,))
    found = [one.sentence for one in alerts.alerts(fleet, NOW)]

    assert [ended] * 3 == [one[-len(ended) :] for one in found]


def test_clocks_that_part_are_told_with_what_follows() -> None:
    ahead, behind = (alerts.alerts(replace(situations.calm(), skew=skew), NOW) for skew in (600, -40))

    assert [(Tone.WARN, "clock")] == [(one.tone, one.subject) for one in ahead]
    assert ahead[0].sentence.startswith("the hub's clock is 10 min ahead of this host's: ages of agents are told by")
    assert "40 s behind this host's" in behind[0].sentence
    assert () == alerts.alerts(replace(situations.calm(), skew=0), NOW)


def test_problems_of_one_object_are_those_of_one() -> None:
    fleet = replace(situations.calm(), problems=(Problem("a/b", "no spec"), Problem("a/b", "no status")))
    (alert,) = alerts.alerts(fleet, NOW)

    assert ("a/b", "no spec.") == (alert.subject, alert.sentence)


def test_a_lost_control_link_alone_is_no_reason_to_drain() -> None:
    (alert,) = alerts.alerts(situations.link_lost(), NOW)

    assert (Tone.WARN, "control link lost 6 min, ALB health 12/12: serving. Do not drain for this reason.") == (
        alert.tone,
        alert.sentence,
    )


def test_a_lost_link_without_alb_evidence_is_neither_healthy_nor_dead() -> None:
    fleet = situations.no_cloud()
    cut = replace(situations.link_lost().members[1], alb_health=fleet.members[1].alb_health)
    (alert,) = alerts.alerts(replace(fleet, members=(fleet.members[0], cut)), NOW)

    assert "control link lost 6 min, ALB health not known: probe it before you decide." == alert.sentence


def test_weights_that_somebody_put_back_are_told_with_who() -> None:
    (alert,) = alerts.alerts(situations.weights_reverted(), NOW)

    assert "asked 80:20, the Ingress holds 62:38 by argocd-controller since 10 s." == alert.sentence


def test_layers_that_part_during_a_run_are_the_runs_business() -> None:
    assert ["run 7c1"] == [alert.subject for alert in alerts.alerts(situations.controller_waiting(), NOW)]


def test_one_refused_ingress_keeps_the_others_of_its_alb_back() -> None:
    fleet = situations.calm()
    bad = replace(fleet.routes[0], failing="FailedBuildModel no such service")
    worst = alerts.alerts(replace(fleet, routes=(bad, *fleet.routes[1:])), NOW)[0]

    assert "gateway-demo/api keeps 2 other routes of this ALB back: FailedBuildModel no such service." == worst.sentence


def test_a_poisoned_ingress_is_named_though_every_route_of_its_alb_was_told_of_it() -> None:
    fleet = situations.calm()
    told = "FailedBuildModel Failed build model due to ingress: shop/checkout: failed to parse annotation x"
    poisoned = tuple(replace(route, failing=told) for route in fleet.routes)
    found = alerts.alerts(replace(fleet, routes=poisoned), NOW)

    assert ["shop/checkout keeps 2 other routes of this ALB back: FailedBuildModel failed to parse annotation x."] == [
        one.sentence for one in found
    ]
    assert "blocked" == line.text(splits.verdict_cell(poisoned[0], NOW))


def test_a_gateway_that_is_gone_is_named_with_what_it_carried() -> None:
    fleet = situations.calm()
    found = alerts.alerts(replace(fleet, gateways=()), NOW)[0]
    said = "nothing carries gateway-demo/api, gateway-demo/web-demo and 1 more."

    assert (Tone.BAD, f"no AlbConfig of this name is on the hub: {said}") == (found.tone, found.sentence)


@pytest.mark.parametrize(
    ("unanswered", "words"), [((23, 60), "38 % fail"), ((2, 2), "agree"), ((3, 151), "agree"), ((60, 60), "100 % fail")]
)
def test_requests_that_get_no_answer_are_the_verdict(unanswered: tuple[int, int], words: str) -> None:
    fleet = situations.calm()
    route = replace(fleet.routes[1], unanswered=unanswered)
    found = alerts.alerts(replace(fleet, routes=(route,)), NOW)
    failed, asked = unanswered

    assert words == line.text(splits.verdict_cell(route, NOW))
    assert [
        f"{words.split()[0]} % of the probe's requests get no answer ({failed} of {asked} in 30 s)."
    ] * words.endswith("fail") == [one.sentence for one in found]


def test_a_token_that_expired_is_told_whole_in_two_lines_of_80_columns() -> None:
    fleet = situations.calm()
    said = "the hub does not know who we are (401): wrong or expired token. Log in again, or fetch a new kubeconfig."
    denied = Source(SourceName.HUB, SourceState.DENIED, NOW, NOW - 20, said)
    found = alerts.alerts(replace(fleet, sources=(denied, *fleet.sources[1:])), NOW)
    rows = [line.text(one) for one in alerts.lines((*found, *found), 80, 2)]

    assert 2 == len(rows)
    assert rows[1].endswith("Log in again, or fetch a new kubeconfig. Open watches go on.")


def test_a_lost_hub_is_told_once_and_not_once_a_source() -> None:
    lost = tuple(
        Source(name, SourceState.LOST, NOW - 60, NOW - 60, "connection refused")
        if name in HUB_SOURCES
        else Source(name, SourceState.LIVE, NOW, NOW)
        for name in SourceName
    )

    assert ["hub"] == [alert.subject for alert in alerts.alerts(replace(situations.calm(), sources=lost), NOW)]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ((SourceName.MEMBERS, SourceName.GATEWAYS, SourceName.APPLICATIONS), ["hub"]),
        ((SourceName.GATEWAYS, SourceName.APPLICATIONS), ["gateways"]),
    ],
)
def test_a_server_that_knows_nothing_of_a_fleet_is_told_as_that(missing: Sequence[SourceName], said: list[str]) -> None:
    sources = tuple(
        Source(name, SourceState.MISSING if name in missing else SourceState.LIVE, NOW, NOW, "no such kind")
        for name in SourceName
    )
    found = alerts.alerts(replace(situations.calm(), sources=sources), NOW)

    assert said == [alert.subject for alert in found]
    assert ("or set one up (w, topology init)" in found[0].sentence) == (said == ["hub"])


def test_what_is_not_configured_is_no_fault() -> None:
    assert () == alerts.alerts(situations.no_cloud(), NOW)


def test_objects_that_cannot_be_read_are_told_with_their_number() -> None:
    fleet = replace(situations.calm(), problems=(Problem("a/b", "no spec"), Problem("a/c", "no spec")))
    (alert,) = alerts.alerts(fleet, NOW)

    assert ("a/b", "no spec. 1 more object has problems.") == (alert.subject, alert.sentence)


@pytest.mark.parametrize("cells", [40, 80, 120])
def test_the_alert_line_keeps_to_its_rows_and_cells(cells: int) -> None:
    shown = alerts.lines(alerts.alerts(situations.hostile_text(), NOW), cells, 2)

    assert len(shown) <= 2
    assert all(line.length(one) <= cells for one in shown)


def test_nine_states_of_a_source_are_nine_different_sentences() -> None:
    said = {sources.sentence(Source(SourceName.ROUTES, state, NOW - 20, NOW - 20, "why"), NOW) for state in SourceState}

    assert 9 == len(said)


def test_a_denied_source_names_the_permission() -> None:
    fleet = situations.denied()
    (note,) = sources.note(fleet, SourceName.ROUTES, NOW, some=False)

    assert "needs: list ingresses.networking.k8s.io" in line.text(note)


def test_every_missing_permission_is_named_at_once() -> None:
    fleet = situations.denied()
    more: dict[Topic, tuple[SourceState, str]] = {
        SourceName.EVENTS: (SourceState.DENIED, "list events"),
        SourceName.ALB: (SourceState.DENIED, "alb:ListRules"),
        SourceName.HEARTBEATS: (SourceState.LIVE, "list leases.coordination.k8s.io"),
    }
    kept = tuple(
        Source(s.name, more[s.name][0], NOW, NOW, "", more[s.name][1]) if s.name in more else s for s in fleet.sources
    )
    said = [f"{one.subject}: {one.sentence}" for one in alerts.alerts(replace(fleet, sources=kept), NOW)]

    assert [
        "not allowed: list ingresses.networking.k8s.io, list events, alb:ListRules; read slowly without: "
        "list leases.coordination.k8s.io. Ask for a role that grants them."
    ] == said


def test_the_header_counts_the_kinds_that_a_hub_which_answers_does_not_give() -> None:
    fleet = situations.denied()
    denied = Source(SourceName.EVENTS, SourceState.DENIED, NOW, None, "", "list events")
    more = replace(fleet, sources=(*(s for s in fleet.sources if s.name is not SourceName.EVENTS), denied))
    gone = replace(fleet, sources=(Source(SourceName.HUB, SourceState.DENIED, NOW), *fleet.sources[1:]))

    def header(shown: Fleet) -> str:
        return line.text(sources.header(shown, NOW)).split("  ")[0]

    assert ("hub live", "hub 1 denied", "hub 2 denied", "hub denied") == (
        header(situations.calm()), header(fleet), header(more), header(gone),
    )  # fmt: skip


def test_a_throttled_source_is_dated_in_the_header() -> None:
    throttled = Source(SourceName.ALB, SourceState.THROTTLED, NOW - 60, NOW - 65)

    assert "cloud throttled 1m" == sources.freshness(throttled, NOW).text
    assert "cloud throttled" == sources.freshness(replace(throttled, seen=NOW - 3), NOW).text


@pytest.mark.parametrize(("hours", "said"), [(2, "12:00:00"), (24, "10:00:00"), (25, "2026-11-25 11:00")])
def test_a_way_back_on_another_day_is_told_with_its_date(
    hours: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "localtime", time.gmtime)
    began = calendar.timegm((2026, 11, 24, 10, 0, 0))
    run = Run("7c1", RunState.DONE, ("a/b",), "oncall", "x", began, "jump1", 1, "", expires=began + hours * 3600.0)
    freeze = Freeze("oncall", "x", began, began + hours * 3600.0)
    found = alerts.alerts(replace(situations.calm(), runs=(run,), freeze=freeze), NOW)

    sentences = {alert.subject: alert.sentence for alert in found}

    assert sentences["run 7c1"].startswith(f"moved a/b, and goes back by itself at {said}. ")
    assert sentences["Fleet"].startswith(f"frozen until {said} by oncall")
