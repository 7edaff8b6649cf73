"""Probes send real requests, tell which member answered, stay within the budget and say when nobody answers."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from console.model.freshness import Source, SourceState
from console.model.share import ProbeSeries
from console.probe.attribute import attribution, member_of
from console.probe.probes import Probes
from console.probe.rates import shared_rates
from console.probe.request import BODY, Reply, Unanswered, ask
from console.settings import AttributionSettings, ProbeSettings
from console.store.events import Changed, Heard

MEMBERS = (("c1aaa", "ack-prod"), ("c1bbb", "idc-prod"))


class Gateway:
    """A listener that the test tells what to answer: (status, headers, body)."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str | None]] = []
        self.ports: set[int] = set()
        self.answer: Callable[[], tuple[int, dict[str, str], bytes]] = lambda: (200, {}, b"")
        handler = type("Handler", (_Handler,), {"gateway": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/p?q=1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gateway: Gateway

    def do_GET(self) -> None:
        self.gateway.requests.append((self.path, self.headers.get("Host")))
        self.gateway.ports.add(self.client_address[1])
        status, headers, body = self.gateway.answer()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    served = Gateway()
    yield served
    served.close()


class Posted:
    """What the probes posted."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._news = threading.Condition()

    def __call__(self, *observations: Any) -> None:
        with self._news:
            self.all.extend(observations)
            self._news.notify_all()

    def until(self, wanted: Callable[[], bool], seconds: float = 6.0) -> bool:
        with self._news:
            return self._news.wait_for(wanted, seconds)

    @property
    def series(self) -> ProbeSeries | None:
        found = [one.fact for one in self.all if isinstance(one, Changed)]
        newest = found[-1] if found else None
        return newest if isinstance(newest, ProbeSeries) else None

    @property
    def sources(self) -> list[Source]:
        return [one.source for one in self.all if isinstance(one, Heard)]


def probe(url: str, rate: float = 20.0, **more: Any) -> ProbeSettings:
    return ProbeSettings(
        route="shop/a", url=url, member=AttributionSettings(header="X-Member"), rate=rate, timeout="1s", **more
    )


def named(settings: AttributionSettings, headers: dict[str, str], body: bytes) -> str | None:
    return attribution(settings)(headers, body)


@pytest.mark.parametrize(
    ("settings", "headers", "body", "word"),
    [
        (AttributionSettings(header="X-Member"), {"x-MEMBER": " c1 "}, b"", "c1"),
        (AttributionSettings(header="X-Member"), {}, b"c1", None),
        (AttributionSettings(json="env.cluster"), {}, b'{"env": {"cluster": "c1"}}', "c1"),
        (AttributionSettings(json="pods.1.name"), {}, b'{"pods": [{}, {"name": 7}]}', "7"),
        (AttributionSettings(json="env.cluster"), {}, b'{"env": []}', None),
        (AttributionSettings(json="env"), {}, b'{"env": {"x": 1}}', None),
        (AttributionSettings(json="env"), {}, b"\xff<html>", None),
        (AttributionSettings(pattern=r"from (\S+)!"), {}, b"hello from c1!", "c1"),
        (AttributionSettings(pattern=r"from (\S+)!"), {}, b"hello", None),
        (AttributionSettings(pattern=r"(a)|b"), {}, b"b", None),
        (AttributionSettings(pattern=r"(.+)"), {}, b"x" * 1000, None),
    ],
)
def test_an_answer_names_its_member_as_settings_say(
    settings: AttributionSettings, headers: dict[str, str], body: bytes, word: str | None
) -> None:
    assert word == named(settings, headers, body)


@given(
    body=st.binary(max_size=300)
    | st.recursive(st.none() | st.text(), st.lists, max_leaves=5).map(json.dumps).map(str.encode)
)
def test_no_body_crashes_an_attribution(body: bytes) -> None:
    ways = (AttributionSettings(json="a.0.b"), AttributionSettings(pattern=r"(\w+)"), AttributionSettings(header="h"))
    for word in (named(way, {}, body) for way in ways):
        assert word is None or 0 < len(word) <= 200


@pytest.mark.parametrize(
    ("word", "member"),
    [
        ("c1aaa", "c1aaa"),
        ("idc-prod", "c1bbb"),
        ("c1b", "c1bbb"),
        ("ack", "c1aaa"),
        ("c1", None),
        ("hz", "c1bbb"),
        ("nobody", None),
    ],
)
def test_words_become_members_by_settings_id_name_or_unique_prefix(word: str, member: str | None) -> None:
    assert member == member_of(word, {"hz": "idc"}, MEMBERS)


def test_each_request_has_a_connection_of_its_own_and_the_routes_host(gateway: Gateway) -> None:
    gateway.answer = lambda: (200, {"X-Member": "c1"}, b"body")
    replies = [ask(gateway.url, "shop.example", 1.0) for _ in range(3)]

    assert [("/p?q=1", "shop.example")] * 3 == gateway.requests
    assert 3 == len(gateway.ports)
    assert ["c1"] * 3 == [reply.headers["X-Member"] for reply in replies]


def test_a_long_body_is_read_in_part(gateway: Gateway) -> None:
    gateway.answer = lambda: (200, {}, b"x" * (4 * BODY))

    assert BODY == len(ask(gateway.url, None, 2.0).body)


def raw(reply: bytes | None) -> tuple[str, socket.socket]:
    """A server that sends these bytes to the first to connect, or nothing."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        if reply is None:
            time.sleep(1.0)
        else:
            client.recv(4096)
            client.sendall(reply)
        client.close()

    threading.Thread(target=serve, daemon=True).start()
    return f"http://user:secret@127.0.0.1:{listening.getsockname()[1]}/", listening


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (None, "no answer within 0.2 s"),
        (b"", "the connection broke off"),
        (b"\x1b[2J nonsense\r\n\r\n", "answered with no proper HTTP"),
        (b"HTTP/1.1 503 \x1b[5m\r\nContent-Length: 0\r\n\r\n", "answered 503"),
    ],
)
def test_a_failure_is_a_sentence_without_secrets(reply: bytes | None, words: str) -> None:
    url, listening = raw(reply)
    with pytest.raises(Unanswered) as raised:
        ask(url, None, 0.2)
    listening.close()
    said = str(raised.value)

    assert words in said
    assert said.startswith("127.0.0.1:")
    assert "secret" not in said
    assert "\x1b" not in said


def test_a_series_names_members_and_is_posted_about_once_a_second(gateway: Gateway) -> None:
    posted = Posted()
    gateway.answer = lambda: (200, {"X-Member": "ack-prod" if len(gateway.requests) % 2 else "hz"}, b"")
    probes = Probes([probe(gateway.url, names={"hz": "c1bbb"})], 20.0, posted, time.monotonic, lambda: MEMBERS)
    begun = time.monotonic()
    probes.start()
    posted.until(lambda: posted.series is not None and len(posted.series.answers) > 30)
    lasted = time.monotonic() - begun
    probes.stop()
    series = posted.series

    assert series is not None
    assert {"c1aaa", "c1bbb"} == {member for _, member in series.answers}
    assert len([one for one in posted.all if isinstance(one, Changed)]) <= lasted + 1.5
    assert SourceState.LIVE is posted.sources[-1].state


def test_answers_of_before_a_sure_change_never_come_back() -> None:
    posted, now = Posted(), [0.0]
    probes = Probes([probe("http://127.0.0.1:1/")], 20.0, posted, lambda: now[0], lambda: MEMBERS)
    one = probes._probes[probe("").route]
    counts = []
    for number in range(360):
        now[0] += 1.0
        named = "ack-prod" if number < 100 or number % 2 else "idc-prod"
        probes.take(one, Reply(200, {"x-member": named}, b""))
        counts.append(len(one.answers))

    assert 100 == max(counts[:100])
    assert (min(counts[130:]) < 60, abs(counts[-1] - 260) <= 20) == (True, True)
    assert posted.series is not None
    assert posted.series.answers[0][0] > 90.0


def test_a_gateway_that_answers_nobody_is_lost_with_the_reason() -> None:
    posted = Posted()
    probes = Probes([probe("http://127.0.0.1:1/")], 20.0, posted, time.monotonic, lambda: MEMBERS)
    probes.start()
    posted.until(lambda: bool(posted.sources) and posted.sources[-1].state is SourceState.LOST)
    probes.stop()

    assert (SourceState.LOST, "127.0.0.1:1: connection refused") == (
        posted.sources[-1].state,
        posted.sources[-1].message,
    )


def test_without_probes_the_source_is_unconfigured() -> None:
    posted = Posted()
    Probes([], 20.0, posted, time.monotonic, lambda: MEMBERS).start()

    assert [SourceState.UNCONFIGURED] == [source.state for source in posted.sources]


def test_an_answer_of_nobody_known_is_not_attributed() -> None:
    posted = Posted()
    asked = threading.Event()

    def answer(url: str, host: str | None, timeout: float) -> Reply:
        asked.set()
        return Reply(200, {"X-Member": "stranger"}, b"")

    probes = Probes([probe("http://x/")], 20.0, posted, time.monotonic, lambda: MEMBERS, ask=answer)
    probes.start()
    posted.until(lambda: posted.series is not None)
    probes.stop()

    assert posted.series is not None
    assert {None} == {member for _, member in posted.series.answers}


def test_a_boost_takes_its_share_of_the_budget_first() -> None:
    wanted = {"a": 2.0, "b": 2.0, "c": 30.0}

    assert {"a": 20.0, "b": 0.0, "c": 0.0} == shared_rates(wanted, {"a": 20.0}, 20.0)
    assert {"a": 10.0, "b": 0.625, "c": 9.375} == shared_rates(wanted, {"a": 10.0}, 20.0)


def test_what_was_consented_to_goes_to_its_routes_alone_and_is_taken_back() -> None:
    routes = [structs.replace(probe("http://x/"), route=key) for key in ("a", "b", "c")]
    probes = Probes(routes, 20.0, lambda *_: None, time.monotonic, lambda: MEMBERS)

    def rates() -> list[float]:
        return [round(one.rate, 3) for one in probes._probes.values()]

    probes.boost("a", 20.0)
    probes.boost("b", 20.0)
    assert [10.0, 10.0, 0.0] == rates()
    probes.consent(200.0, {"a", "b"})
    assert [100.0, 100.0, 0.0] == rates()
    probes.consent(200.0, {"b"})
    assert [0.0, 200.0, 0.0] == rates()
    probes.consent(8.0, {"b"})
    assert [0.0, 20.0, 0.0] == rates()
    probes.consent(200.0, ())
    assert [10.0, 10.0, 0.0] == rates()


@given(
    wanted=st.dictionaries(st.text(max_size=3), st.floats(0.01, 1000), max_size=6),
    boost=st.floats(0.01, 1000),
    budget=st.floats(0.1, 100),
    limit=st.floats(0, 1000),
)
def test_all_probes_together_stay_within_the_budget_or_what_was_consented_to(
    wanted: dict[str, float], boost: float, budget: float, limit: float
) -> None:
    rates = shared_rates(wanted, dict.fromkeys(list(wanted)[:2], boost), budget, limit)

    assert wanted.keys() == rates.keys()
    assert sum(rates.values()) <= max(budget, limit) * 1.0001
    assert all(rate >= 0 for rate in rates.values())


class Proxy:
    """A forward proxy that says `answer` to the head of each request; `heads` holds them, `then` what followed."""

    def __init__(self, answer: bytes) -> None:
        self.heads: list[str] = []
        self.then = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._answer = answer
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def _serve(self) -> None:
        link, _ = self._listening.accept()
        with link:
            head = b""
            while b"\r\n\r\n" not in head:
                head += link.recv(4096)
            self.heads = head.decode().split("\r\n")
            link.sendall(self._answer)
            self.then = link.recv(4096)

    def close(self) -> None:
        self._thread.join(5)
        self._listening.close()


def test_through_a_proxy_the_whole_address_is_asked_for_and_the_host_stays() -> None:
    proxy = Proxy(b"HTTP/1.1 200 OK\r\nX-Member: hz\r\nContent-Length: 2\r\n\r\nok")
    reply = ask("http://alb-x.example:8001/p?q=1", "shop.example", 2.0, proxy.url)
    proxy.close()

    assert "GET http://alb-x.example:8001/p?q=1 HTTP/1.1" == proxy.heads[0]
    assert "Host: shop.example" in proxy.heads
    assert (200, "hz", b"ok") == (reply.status, reply.headers["X-Member"], reply.body)


def test_an_https_address_is_reached_by_a_tunnel() -> None:
    proxy = Proxy(b"HTTP/1.1 200 OK\r\n\r\n")
    with pytest.raises(Unanswered):
        ask("https://alb-x.example/p", None, 2.0, proxy.url)
    proxy.close()

    assert "CONNECT alb-x.example:443 HTTP/1.1" == proxy.heads[0]
    assert b"\x16\x03" == proxy.then[:2]  # a TLS handshake, and nothing of the request before it


def test_a_proxy_that_lets_nobody_through_is_named() -> None:
    proxy = Proxy(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(Unanswered, match=r"leads to no alb-x.example:443: it answered 403"):
        ask("https://alb-x.example/", None, 2.0, proxy.url)
    proxy.close()

    with pytest.raises(Unanswered, match=r"the proxy 127.0.0.1:1: connection refused"):
        ask("http://alb-x.example/", None, 2.0, "http://127.0.0.1:1")
