"""A Prometheus query gives requests a second: whatever it answers is a figure, a named problem or `?`; rates that are
known weigh a zone's headroom, and the sentence says so."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.decide import headroom
from console.errors import SettingsError
from console.model.fleet import Fleet
from console.model.freshness import Source, SourceName, SourceState
from console.model.rate import Rates, RouteRate, Sample
from console.model.workload import ASSUMPTION, MEASURED
from console.observe import Observer
from console.present import detail, documents, members, rates, routes, workloads
from console.present.line import length, text
from console.prometheus.ask import ask
from console.prometheus.decode import decode
from console.prometheus.poll import PrometheusPoll
from console.settings import FleetSettings, PrometheusSettings, load, parse
from console.store.kept import Kept
from console.store.rates import added
from console.store.store import FleetStore
from tests import situations
from tests.headroom_by_situation import API, fleet, of
from tests.simulators import Simulated
from tests.situations import ACK, IDC, NOW, WALL, pods, workload
from tests.wishes import shift

LABELS = PrometheusSettings(url="http://127.0.0.1:1", query="q")
Told = tuple[int, Any]


class ScriptedPrometheus:
    """Serves on loopback what `answer` says of the query and the headers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answer: Callable[[], Told] = lambda: (200, vector(("c-a", "12.5")))
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                outer.asked.append((parts.path + " " + parse_qs(parts.query)["query"][0], dict(self.headers)))
                code, body = outer.answer()
                payload = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(payload)))
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def settings(self) -> PrometheusSettings:
        return PrometheusSettings(url=f"http://127.0.0.1:{self._server.server_address[1]}/prom/", query="sum(x)")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def prometheus() -> Iterator[ScriptedPrometheus]:
    served = ScriptedPrometheus()
    yield served
    served.close()


def vector(*series: tuple[str, Any], **labels: str) -> dict[str, Any]:
    """An answer with one series a member."""
    found = [{"metric": {"cluster": member, **labels}, "value": [1.0, value]} for member, value in series]
    return {"status": "success", "data": {"resultType": "vector", "result": found}}


def told(document: Any) -> tuple[tuple[Sample, ...], str, tuple[str, ...]]:
    found = decode(json.dumps(document).encode(), LABELS)
    return found.rates.samples, found.failed, found.odd


def test_labels_say_whom_a_series_is_about() -> None:
    one = vector(("c-a", "12.346"), namespace="shop", ingress="api")
    whole = {"metric": {"ingress": "shop/web"}, "value": [1, "3"]}
    one["data"]["result"].append(whole)

    assert ((Sample("c-a", "shop/api", 12.3), Sample(None, "shop/web", 3.0)), "", ()) == told(one)


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-1", "many", "", None, 3.0, [], "1e999", "9" * 500])
def test_what_is_no_rate_is_a_named_problem_and_never_0(value: Any) -> None:
    samples, failed, odd = told(vector(("c-a", value), ("c-b", "1")))

    assert ((Sample("c-b", None, 1.0),), "") == (samples, failed)
    assert odd[0].startswith("c-a: ") and odd[0].endswith("is no rate")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}}, "the query gives a scalar"),
        ({"status": "success", "data": {"resultType": "matrix", "result": []}}, "the query gives a matrix"),
        ({"status": "success", "data": {"resultType": "vector", "result": 7}}, "a vector of another shape"),
        ({"status": "success"}, "the query gives a nothing"),
        ({"status": "error", "errorType": "bad_data", "error": "parse\x1b[31m"}, "parse␛[31m (bad_data)"),
        (["x"], "JSON of another shape"),
        ("x", "JSON of another shape"),
    ],
)
def test_an_answer_of_another_shape_is_a_sentence(document: Any, words: str) -> None:
    samples, failed, _ = told(document)

    assert () == samples
    assert words in failed


KEYS = st.sampled_from(["metric", "value", "cluster", "ingress", "namespace", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


@given(st.lists(JSON, max_size=6) | JSON, st.sampled_from(["vector", "scalar"]) | JSON)
def test_decoding_is_total_and_inert(result: Any, kind: Any) -> None:
    body = json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()
    found = decode(body, LABELS)

    assert repr(found).isprintable()
    assert all(one.value >= 0 for one in found.rates.samples)


@given(st.binary(max_size=60))
def test_any_bytes_are_at_worst_a_sentence(body: bytes) -> None:
    assert decode(body, LABELS).failed


def polled(
    prometheus: ScriptedPrometheus, settings: PrometheusSettings | None, *wanted: SourceState
) -> tuple[Source, FleetStore]:
    """The source once it is in one of these states, and the store that it fills."""
    store = FleetStore(FleetSettings(prometheus=settings))
    poll = PrometheusPoll(settings, store.apply, time.monotonic, every=0.1)
    poll.start()
    try:
        assert store.wait(lambda fleet: fleet.source(SourceName.RATES).state in wanted, 10.0)
    finally:
        poll.stop()
    return store.fleet.source(SourceName.RATES), store


def test_the_query_is_asked_with_what_settings_name(prometheus: ScriptedPrometheus, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("hunter2\n")
    said = msgspec.structs.replace(prometheus.settings, token_file=str(token), headers={"X-Scope-OrgID": "fleet"})
    source, _ = polled(prometheus, said, SourceState.LIVE)
    asked, headers = prometheus.asked[0]

    assert ("/prom/api/v1/query sum(x)", "Bearer hunter2", "fleet") == (
        asked,
        headers["Authorization"],
        headers["X-Scope-OrgID"],
    )
    assert ("1 series", "poll 0.1s") == (source.message, source.mode)


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        ((401, b"no"), SourceState.DENIED, "it wants a token: name token_file"),
        ((403, b"no"), SourceState.DENIED, "answered 403"),
        ((429, b"slow"), SourceState.THROTTLED, "too many questions"),
        ((404, b"<html>"), SourceState.LOST, "no Prometheus under this path"),
        ((302, b""), SourceState.LOST, "answered 302"),
        ((503, b"<html>"), SourceState.LOST, "answered 503"),
        ((200, b"<html>"), SourceState.LOST, "answered with no JSON"),
        (
            (400, {"status": "error", "errorType": "bad_data", "error": "parse error"}),
            SourceState.LOST,
            "the query fails: parse error (bad_data)",
        ),
        ((200, vector()), SourceState.EMPTY, "no series"),
    ],
)
def test_each_trouble_is_a_state_with_its_reason(
    prometheus: ScriptedPrometheus, answer: Told, state: SourceState, words: str
) -> None:
    prometheus.answer = lambda: answer
    source, _ = polled(prometheus, prometheus.settings, state)

    assert words in source.message


def test_nobody_there_is_lost_and_a_missing_token_is_denied(prometheus: ScriptedPrometheus, tmp_path: Path) -> None:
    gone = msgspec.structs.replace(prometheus.settings, url="http://127.0.0.1:1")
    bare = msgspec.structs.replace(prometheus.settings, token_file=str(tmp_path / "none"))

    assert "connection refused" in polled(prometheus, gone, SourceState.LOST)[0].message
    assert "No such file" in polled(prometheus, bare, SourceState.DENIED)[0].message
    assert [] == prometheus.asked


def test_without_a_query_it_is_not_set(prometheus: ScriptedPrometheus) -> None:
    assert SourceState.UNCONFIGURED is polled(prometheus, None, SourceState.UNCONFIGURED)[0].state


@pytest.mark.parametrize(
    "said",
    [
        {"url": "http://prometheus.example.com:9090"},
        {"url": "ftp://127.0.0.1"},
        {"url": "https://user:secret@prometheus.example.com"},
        {"url": "https://prometheus.example.com", "token": "t"},
        {"url": "https://prometheus.example.com", "headers": {"Authorization": "Bearer t"}},
        {"url": "https://prometheus.example.com", "headers": {"X": "a\r\nb"}},
        {"url": "https://prometheus.example.com", "query": " "},
        {"url": "https://prometheus.example.com:99999999"},
    ],
)
def test_what_settings_may_not_say_of_it(said: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as error:
        parse({"fleets": [{"prometheus": {"query": "q", **said}}]})

    assert "secret" not in str(error.value)


def live(seen: float = NOW) -> Source:
    return Source(SourceName.RATES, SourceState.LIVE, NOW - 60, seen, mode="poll 15s")


def rated(*samples: Sample, seen: float = NOW, **said: Any) -> Fleet:
    """The calm Fleet with these samples."""
    named = msgspec.structs.replace(LABELS, **said)
    calm = situations.calm()
    shown = replace(calm, sources=tuple(live(seen) if s.name is SourceName.RATES else s for s in calm.sources))
    names = {member.id: member.name for member in shown.members}
    return added(shown, (Rates(samples), live(seen)), named, names, NOW, Kept())


def test_members_are_told_by_id_name_prefix_and_mapping_and_sums_are_made() -> None:
    key = situations.calm().routes[0].key
    fleet = rated(Sample(ACK, key, 20.0), Sample("eu-idc", key, 5.0), names={"eu-idc": "idc"})
    ack, idc = fleet.members

    assert (20.0, 5.0) == (ack.rate, idc.rate)
    assert RouteRate(25.0, ((ACK, 20.0), (IDC, 5.0))) == fleet.routes[0].rate
    assert [20.0, 5.0] == [zone.rate for zone in fleet.zones]


def test_a_members_own_series_counts_before_the_sum_of_its_parts() -> None:
    key = situations.calm().routes[0].key
    fleet = rated(Sample(ACK, key, 20.0), Sample(ACK, None, 90.0), Sample(None, key, 33.0))

    assert (90.0, None, 33.0) == (fleet.members[0].rate, fleet.members[1].rate, fleet.routes[0].rate.whole)


def test_old_figures_are_not_told() -> None:
    assert rated(Sample(ACK, None, 20.0), seen=NOW - 61).members[0].rate is None


def test_labels_that_name_no_member_are_a_problem_that_says_what_to_map() -> None:
    problem = rated(Sample("prod-1", None, 20.0)).problems[-1]

    assert "label cluster names no member: 'prod-1'. Map it under fleets.prometheus.names" == problem.message


def test_rates_stand_in_their_columns_and_on_the_pages() -> None:
    key = situations.calm().routes[0].key
    fleet = rated(Sample(ACK, key, 1234.0), Sample(IDC, key, 0.25))
    zones = [text(one) for one in members.zones_sheet(fleet, NOW).lines(120)]
    page = [text(one) for one in members.member_lines(fleet, fleet.members[0], NOW, 200)]
    route = [text(one) for one in detail.route_lines(fleet, fleet.routes[0], NOW, WALL, 80)]

    assert "REQ/S" in zones[0] and " 1.23k " in zones[1] and "0.25" in zones[2]
    assert "REQ/S" in text(routes.routes_sheet(fleet, NOW).lines(160)[0])
    assert "requests      1.23k requests/s  by Prometheus, live" in page
    assert any("1.23k requests/s: ack-prod 1.23k, idc-prod 0.25" in one for one in route)
    assert all(length(one) <= 80 for one in routes.routes_sheet(fleet, NOW).lines(80))
    assert 1234.0 == documents.status_document(fleet, NOW, situations.WALL)["zones"][0]["requests_per_s"]


def test_where_nothing_names_a_query_it_is_a_question_mark_with_its_reason() -> None:
    calm = situations.calm()
    page = "\n".join(text(one) for one in members.member_lines(calm, calm.members[0], NOW, 200))

    assert "requests      ? rates: not configured. Name a query under fleets.prometheus" in page
    assert "REQ/S" not in text(members.zones_sheet(calm, NOW).lines(160)[0])


@pytest.mark.parametrize(
    ("rate", "words"),
    [(None, "?"), (0.0, "0"), (0.001, "<0.01"), (0.25, "0.25"), (12.3, "12.3"), (999.6, "1k"), (12_345.0, "12.3k")],
)
def test_a_figure_has_three_digits_at_most(rate: float | None, words: str) -> None:
    assert words == rates.figure(rate)


def weighed(ack: float, idc: float, **more: Any) -> Fleet:
    """12 pods in either zone, up to 24, and these requests a second."""
    one = replace(API, rate=RouteRate(ack + idc, ((ACK, ack), (IDC, idc))))
    return fleet(workload(pods(API, 12, most=24)), workload(pods(API, 12, most=24, **more)), one)


def test_equal_load_a_pod_gives_what_counting_pods_gives() -> None:
    found = of(weighed(120.0, 120.0), "zone-b")

    assert (100.0, True) == (found.percent, found.weighed)
    assert "the others carry 12 pods' worth: 120 requests/s, 10 a pod" in found.sentence


def test_a_zone_whose_pods_idle_takes_more_than_its_pods_say() -> None:
    found = of(weighed(120.0, 30.0), "zone-b")

    assert (12.0, 21.0, 175.0) == (found.load, found.room, found.percent)


def test_a_zone_that_carries_little_is_taken_more_easily() -> None:
    found = of(weighed(120.0, 30.0), "zone-a")

    assert (3.0, 12.0) == (found.load, found.room)


def test_rates_do_not_weigh_where_one_is_missing_or_pods_were_lost() -> None:
    one = replace(API, rate=RouteRate(120.0, ((ACK, 120.0),)))
    half = fleet(workload(pods(API, 12, most=24)), workload(pods(API, 12, most=24)), one)
    lost = replace(API, rate=RouteRate(121.0, ((ACK, 120.0), (IDC, 1.0))))
    dark = fleet(workload(pods(API, 12, most=24)), workload(pods(API, 0, 12, most=24)), lost)

    assert (False, 100.0) == (of(half, "zone-b").weighed, of(half, "zone-b").percent)
    assert (False, 100.0) == (of(dark, "zone-a").weighed, of(dark, "zone-a").percent)


def test_what_a_headroom_rests_on_is_said() -> None:
    found = weighed(120.0, 30.0)
    page = " ".join(text(one) for one in workloads.workload_lines(found, found.members[1], NOW, 200))
    plain = fleet(workload(pods(API, 12, most=24)), workload(pods(API, 12, most=24)))

    assert MEASURED in page
    assert ASSUMPTION in " ".join(text(one) for one in workloads.workload_lines(plain, plain.members[1], NOW, 200))


def test_a_shift_is_weighed_by_rates_and_says_so() -> None:
    one = replace(API, rate=RouteRate(240.0, ((ACK, 120.0), (IDC, 120.0))))
    found = fleet(workload(pods(API, 12, most=24)), workload(pods(API, 12, most=14)), one)
    (short,) = headroom.Pods(found).shortages(one, {ACK: 0, IDC: 100})
    reason = next(r for r in shift(found, one.key, {ACK: 0, IDC: 100}).reasons if r.rule == "headroom")

    assert (12.0, 2.0, True) == (short.load, short.room, short.weighed)
    assert MEASURED in reason.message


def test_the_simulators_rates_are_those_of_its_data_plane(calm: Simulated) -> None:
    directory, _ = calm
    said = load(directory / "config.yaml")
    observer = Observer(said, probes=False)
    observer.start()
    try:
        assert observer.store.wait(lambda fleet: bool(fleet.zones) and all(z.rate for z in fleet.zones), 60.0)
        seen = observer.store.fleet
    finally:
        observer.stop()
    assert said.fleet.prometheus is not None
    whole = sum(one.value for one in ask(said.fleet.prometheus).rates.samples)

    assert SourceState.LIVE is seen.source(SourceName.RATES).state
    assert 0.5 < whole < 6.0  # of the 2 requests a second that `calm` is loaded with
    assert all(route.rate.whole is not None for route in seen.routes)
