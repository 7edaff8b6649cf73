"""The ALB is read within its budget, page by page; whatever it answers, facts stay and the source says how it fares."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cloud.alb import Alb
from console.cloud.budget import CallBudget
from console.cloud.credentials import alb_client
from console.cloud.decode import Decoder
from console.cloud.poll import AlbPoll
from console.cloud.trouble import Trouble
from console.errors import Denied, Lost
from console.model.alb import LoadBalancerFacts
from console.model.freshness import Source, SourceName, SourceState
from console.settings import CloudSettings, CredentialSettings
from console.store.events import Changed, Gone, Heard
from tests.cloud_scripted import ScriptedCloud, cloud, error, rule

__all__ = ["cloud"]


class Posted:
    """What a poll posted."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._news = threading.Condition()

    def __call__(self, *observations: Any) -> None:
        with self._news:
            self.all.extend(observations)
            self._news.notify_all()

    def until(self, wanted: Callable[[], bool], seconds: float = 40.0) -> bool:
        with self._news:
            return self._news.wait_for(wanted, seconds)

    @property
    def sources(self) -> list[Source]:
        return [one.source for one in self.all if isinstance(one, Heard)]

    @property
    def states(self) -> list[SourceState]:
        found: list[SourceState] = []
        for source in self.sources:
            if not found or found[-1] is not source.state:
                found.append(source.state)
        return found

    def facts(self, balancer: str = "alb-1") -> LoadBalancerFacts | None:
        found = [one.fact for one in self.all if isinstance(one, Changed) and one.key == balancer]
        newest = found[-1] if found else None
        return newest if isinstance(newest, LoadBalancerFacts) else None

    @property
    def problems(self) -> list[str]:
        return [one.problem.message for one in self.all if isinstance(one, Changed) and one.problem is not None]


Start = Callable[..., AlbPoll]


@pytest.fixture
def posted() -> Posted:
    return Posted()


@pytest.fixture
def start(cloud: ScriptedCloud, posted: Posted) -> Iterator[Start]:
    polls: list[AlbPoll] = []

    def begin(balancers: Callable[[], Any] = lambda: ["alb-1"], **more: Any) -> AlbPoll:
        settings = more.pop("settings", cloud.settings)
        poll = AlbPoll(settings, posted, time.monotonic, balancers, **{"every": 0.1, **more})
        polls.append(poll)
        poll.start()
        return poll

    yield begin
    for poll in polls:
        poll.stop()


def test_one_round_reads_everything_of_a_load_balancer(cloud: ScriptedCloud, posted: Posted, start: Start) -> None:
    unhealthy = {"ServerId": "s", "ServerIp": "10.0.0.1", "Port": 80, "Status": "Unhealthy"}
    infos = [
        {
            "ServerGroupId": "sgp-a",
            "HealthCheckEnabled": "on",
            "ServerCount": 3,
            "NonNormalServers": [{**unhealthy, "Reason": {"ReasonCode": "CONNECT_TIMEOUT"}}],
        }
    ]
    cloud.answer["GetListenerHealthStatus"] = lambda _: (
        200,
        {"RuleHealthStatus": [{"RuleId": "rule-1", "ServerGroupInfos": infos}]},
    )
    start()
    posted.until(lambda: SourceState.LIVE in posted.states)
    facts = posted.facts()

    assert facts is not None
    assert ("Active", "d.example") == (facts.load_balancer.status, facts.load_balancer.dns)
    assert [((("sgp-a", 70), ("sgp-b", 30)), ("x.org",), ("/p",))] == [
        (r.tuples, r.hosts, r.paths) for r in facts.rules
    ]
    assert ["sgp-a", "sgp-b"] == [group.id for group in facts.groups]
    assert [("sgp-a", "10.0.0.1", 100)] == [(s.group, s.ip, s.weight) for s in facts.servers[:1]]
    assert [("rule-1", True, 3, "CONNECT_TIMEOUT")] == [
        (h.rule, h.enabled, h.count, h.abnormal[0].reason) for h in facts.health
    ]
    assert [SourceState.LOADING, SourceState.LIVE] == posted.states


def test_every_page_is_read(cloud: ScriptedCloud) -> None:
    pages = {None: ("rule-1", "t2"), "t2": ("rule-2", "")}
    cloud.answer["ListRules"] = lambda q: (
        200,
        {"Rules": [rule(pages[q.get("NextToken")][0])], "NextToken": pages[q.get("NextToken")][1]},
    )
    rules = Alb(alb_client(cloud.settings), CallBudget()).rules("alb-1", Decoder())

    assert ["rule-1", "rule-2"] == [one.id for one in rules]
    assert ["100", "100"] == [query["MaxResults"] for query in cloud.calls("ListRules")]


def test_rules_that_a_run_waits_for_are_asked_for_more_often_than_the_rest(
    cloud: ScriptedCloud, posted: Posted, start: Start
) -> None:
    poll = start(every=60.0, watched=lambda: ("alb-1",))
    posted.until(lambda: SourceState.LIVE in posted.states)
    cloud.answer["ListRules"] = lambda _: (200, {"Rules": [rule("rule-1", ("sgp-a", 0), ("sgp-b", 100))]})
    poll.look()
    posted.until(lambda: (f := posted.facts()) is not None and f.rules[0].tuples[0][1] == 0)

    assert len(cloud.calls("ListRules")) >= 2
    assert 1 == len(cloud.calls("GetListenerHealthStatus"))


def test_throttling_is_said_slows_down_and_keeps_the_facts(cloud: ScriptedCloud, posted: Posted, start: Start) -> None:
    poll = start()
    posted.until(lambda: SourceState.LIVE in posted.states)
    good = cloud.answer["ListRules"]
    cloud.answer["ListRules"] = lambda _: (400, error("Throttling.User", "slow down \x1b[5m"))
    posted.until(lambda: SourceState.THROTTLED in posted.states)
    facts, share, message = posted.facts(), poll.budget.share, posted.sources[-1].message
    cloud.answer["ListRules"] = good
    posted.until(lambda: posted.states[-1] is SourceState.LIVE)

    assert facts is not None
    assert share < 0.7
    assert "ListRules: Throttling.User; asked less often for a while" == message
    assert [SourceState.LIVE, SourceState.THROTTLED, SourceState.LIVE] == posted.states[-3:]


@pytest.mark.parametrize(
    ("told", "state", "words"),
    [
        ((403, error("Forbidden.RAM")), SourceState.DENIED, "not allowed: alb:ListRules (Forbidden.RAM)"),
        ((404, error("InvalidAccessKeyId.NotFound")), SourceState.DENIED, "does not accept the credential"),
        ((400, error("SignatureDoesNotMatch")), SourceState.DENIED, "does not accept the credential"),
        ((400, error("InvalidTimeStamp.Expired")), SourceState.DENIED, "Check this machine's clock"),
        (
            (500, error("InternalError", "code: 500, oh \u202e request id: 5")),
            SourceState.LOST,
            "ListRules: InternalError",
        ),
        ((200, b"<html>"), SourceState.LOST, "no JSON"),
        ((200, {"Rules": "none"}), SourceState.LOST, "another shape"),
        ((429, error("Busy")), SourceState.THROTTLED, "ListRules: Busy"),
    ],
)
def test_each_refusal_is_one_inert_sentence(
    told: Any, state: SourceState, words: str, cloud: ScriptedCloud, posted: Posted, start: Start
) -> None:
    cloud.answer["ListRules"] = lambda _: told
    start()
    posted.until(lambda: bool(posted.states) and posted.states[-1] is not SourceState.LOADING)

    assert state is posted.sources[-1].state
    assert words in posted.sources[-1].message
    assert "\u202e" not in posted.sources[-1].message
    assert "\n" not in posted.sources[-1].message


def test_a_load_balancer_that_is_gone_is_a_problem_and_others_are_read(
    cloud: ScriptedCloud, posted: Posted, start: Start
) -> None:
    good = cloud.answer["ListRules"]
    gone = (404, error("ResourceNotFound.LoadBalancer"))
    cloud.answer["ListRules"] = lambda q: gone if q["LoadBalancerIds.1"] == "alb-0" else good(q)
    start(lambda: ["alb-0", "alb-1"])
    posted.until(lambda: SourceState.LIVE in posted.states)

    assert [SourceState.LOADING, SourceState.LIVE] == posted.states
    assert ["ListRules: ResourceNotFound.LoadBalancer"] == posted.problems
    assert posted.facts() is not None


def test_a_load_balancer_that_no_gateway_has_any_more_goes(cloud: ScriptedCloud, posted: Posted, start: Start) -> None:
    ids = ["alb-1"]
    start(lambda: list(ids))
    posted.until(lambda: SourceState.LIVE in posted.states)
    ids.clear()
    posted.until(lambda: posted.states[-1] is SourceState.EMPTY)

    assert ["alb-1"] == [one.key for one in posted.all if isinstance(one, Gone)]
    assert "no gateway with an ALB is known" == posted.sources[-1].message


def test_nothing_is_asked_while_the_gateways_are_not_known(cloud: ScriptedCloud, posted: Posted, start: Start) -> None:
    start(lambda: None)
    posted.until(lambda: False, 0.5)

    assert [SourceState.LOADING] == posted.states
    assert [] == cloud.asked


def test_where_the_hub_told_no_gateways_it_is_lost_with_the_hub_and_nothing_is_asked(
    cloud: ScriptedCloud, posted: Posted, start: Start
) -> None:
    def balancers() -> list[str]:
        raise Lost("the hub has not told which gateways there are: nothing was asked")

    start(balancers)
    posted.until(lambda: SourceState.LOST in posted.states)

    assert (SourceState.LOST, True) == (posted.sources[-1].state, posted.sources[-1].echoes)
    assert [] == cloud.asked


def test_without_credentials_it_is_unconfigured_in_one_line(posted: Posted, start: Start) -> None:
    start(settings=CloudSettings(region="cn-test"))

    assert [SourceState.UNCONFIGURED] == posted.states
    assert posted.sources[0].message.startswith("no cloud credentials")


def test_an_environment_without_keys_is_denied(posted: Posted, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID", raising=False)
    start(settings=CloudSettings(region="cn-test", credentials=CredentialSettings(environment=True)))
    posted.until(lambda: SourceState.DENIED in posted.states)

    assert posted.sources[-1].message.startswith("no cloud credential in the environment")


def test_a_profile_that_is_not_there_is_denied_without_a_word_on_the_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    named = CredentialSettings(profile="prod")
    with pytest.raises(Denied, match="no cloud credential from profile 'prod'"):
        alb_client(CloudSettings(region="cn-test", credentials=named))

    assert ("", "") == capfd.readouterr()


def test_a_dead_endpoint_is_lost(cloud: ScriptedCloud, posted: Posted, start: Start) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        dead = {"alb": f"127.0.0.1:{port}"}
        settings = CloudSettings(region="r", endpoints=dead, protocol="http", credentials=cloud.settings.credentials)
        start(settings=settings)
        posted.until(lambda: SourceState.LOST in posted.states)

    assert "connection refused" in posted.sources[-1].message


def test_a_proxy_of_the_environment_does_not_stand_before_loopback(
    cloud: ScriptedCloud, posted: Posted, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    start()
    posted.until(lambda: posted.states[-1:] != [SourceState.LOADING] and bool(posted.states))

    assert SourceState.LIVE is posted.states[-1]


# -- the budget


class Clock:
    """Time that the test moves; sleeping moves it, too."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def taken(budget: CallBudget, clock: Clock, seconds: float, *, urgent: bool = False) -> int:
    """How many calls are granted in so many seconds."""
    count, end = 0, clock.now + seconds
    while clock.now < end:
        budget.take(urgent=urgent)
        count += 1
    return count


def test_ordinary_calls_leave_three_a_second_for_urgent_ones() -> None:
    clock = Clock()
    budget = CallBudget(clock=clock, sleep=clock.sleep)
    taken(budget, clock, 1.0)
    ordinary = taken(budget, clock, 10.0)
    before = clock.now
    for _ in range(3):
        budget.take(urgent=True)

    assert 69 <= ordinary <= 71
    assert before == clock.now


def test_throttling_halves_the_budget_and_half_a_minute_brings_it_back() -> None:
    clock = Clock()
    budget = CallBudget(clock=clock, sleep=clock.sleep)
    budget.throttled()
    halved = budget.share
    budget.throttled()
    quartered = budget.share
    clock.now += 45.0

    assert (0.5, 0.25, 1.0) == (halved, quartered, budget.share)


def test_a_throttled_budget_still_grants_calls() -> None:
    clock = Clock()
    budget = CallBudget(clock=clock, sleep=clock.sleep)
    for _ in range(20):
        budget.throttled()
    budget.take()

    assert clock.now < 5.0


# -- decoding


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("\x1b[1m"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Rules", "RuleId", "RuleActions", "ServerGroupInfos", "ForwardGroupConfig", "Weight"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


class Saying:
    """A client that answers everything with one body, decoded by the SDK's own models."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def list_rules_with_options(self, request: Any, runtime: Any) -> Any:
        from alibabacloud_alb20200616.models import ListRulesResponse

        return ListRulesResponse().from_map({"headers": {}, "statusCode": 200, "body": self._body})

    def get_listener_health_status_with_options(self, request: Any, runtime: Any) -> Any:
        from alibabacloud_alb20200616.models import GetListenerHealthStatusResponse

        return GetListenerHealthStatusResponse().from_map({"headers": {}, "statusCode": 200, "body": self._body})


@given(rules=ANYTHING, health=ANYTHING)
def test_no_body_crashes_the_decoder(rules: Any, health: Any) -> None:
    free = CallBudget(rate=1e9, kept=1.0)
    found: list[Any] = []
    for body in ({"Rules": rules}, rules, {"RuleHealthStatus": health, "ListenerHealthStatus": health}):
        alb = Alb(Saying(body), free)
        for ask in (alb.rules, alb.health):
            try:
                found.extend(ask("id", Decoder()))
            except Trouble as trouble:
                found.append(str(trouble))

    assert "\x1b" not in repr(found)


def test_an_odd_field_is_a_problem_and_the_rest_is_read(cloud: ScriptedCloud, posted: Posted, start: Start) -> None:
    odd = rule("rule-1", ("sgp-a", 1)) | {"Priority": "high", "RuleStatus": 5}
    cloud.answer["ListRules"] = lambda _: (200, {"Rules": [odd]})
    start()
    posted.until(lambda: SourceState.LIVE in posted.states)
    facts = posted.facts()

    assert facts is not None
    assert [("rule-1", 0, "5")] == [(one.id, one.priority, one.status) for one in facts.rules]
    assert ["priority is str"] == posted.problems[:1]


def test_facts_of_two_rounds_are_equal_where_nothing_changed(
    cloud: ScriptedCloud, posted: Posted, start: Start
) -> None:
    start()
    posted.until(lambda: len([one for one in posted.all if isinstance(one, Changed)]) >= 2)
    first, second = [one.fact for one in posted.all if isinstance(one, Changed)][:2]

    assert first == second
    assert replace(posted.sources[-1], seen=None) == replace(posted.sources[1], seen=None)


def test_the_source_is_alb(posted: Posted, start: Start) -> None:
    start(settings=CloudSettings())

    assert {SourceName.ALB} == {source.name for source in posted.sources}
