"""Of a member at weight 0 the ALB says nothing: its pods by its own API and a direct probe decide whether it serves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from console.decide.case import Around, Wish
from console.decide.intents import decide
from console.model.direct import Sample
from console.model.fleet import AlbHealth, AlbHealthWord, Fleet
from console.model.run import Severity
from console.model.workload import NO_WORKLOAD, Workload, WorkloadWord
from console.probe import direct
from console.probe.direct import Direct
from console.run import runs
from console.settings import DirectSettings, FleetSettings, MemberSettings, Settings
from tests import situations
from tests.situations import ACK, IDC

ROUTE = "gateway-demo/web-demo"
READY = Workload(WorkloadWord.OK, 4, 4, current=True)
DEAD = Workload(WorkloadWord.DEAD, 0, 4, current=True)
ANSWERS, FAILS = Sample(1.0, 0.02), Sample(1.0, None, "10.0.0.1:80: connection refused")


def fleet(workload: Workload = NO_WORKLOAD) -> Fleet:
    """The data centre is at weight 0, and the ALB has no health of it."""
    calm = situations.calm()
    unused = AlbHealth(AlbHealthWord.UNKNOWN, None, None, "Unused")
    members = (replace(one, alb_health=unused, workload=workload) if one.id == IDC else one for one in calm.members)
    return replace(calm, members=tuple(members))


@pytest.mark.parametrize(
    ("workload", "sample", "severity", "says"),
    [
        (NO_WORKLOAD, None, Severity.BLOCKS, "workload not known"),
        (NO_WORKLOAD, ANSWERS, Severity.INFORMS, "ALB health not known (Unused); it answers its direct probe"),
        (READY, None, Severity.INFORMS, "(Unused); 4 of 4 pods ready by its own API"),
        (READY, ANSWERS, Severity.INFORMS, "4 of 4 pods ready by its own API, and it answers its direct probe"),
        (READY, FAILS, Severity.BLOCKS, "and its direct probe fails (10.0.0.1:80: connection refused)"),
        (DEAD, ANSWERS, Severity.BLOCKS, "no pod is ready by its own API"),
    ],
)
def test_its_pods_and_its_own_answer_decide(
    workload: Workload, sample: Sample | None, severity: Severity, says: str
) -> None:
    around = Around(direct={} if sample is None else {IDC: sample}, wall=situations.WALL)
    wish = Wish(((ROUTE, {ACK: 10, IDC: 90}),))
    (found,) = (one for one in decide(fleet(workload), wish, around).reasons if one.rule == "target-health")

    assert severity is found.severity
    assert says in found.measured


class Server:
    """A member on loopback, which answers with a status."""

    def __init__(self) -> None:
        self.status = 200
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(f"{self.headers['Host']} {self.path}")
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, format: str, *words: object) -> None:
                """Nobody reads it."""

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/healthz"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.http.shutdown()
    one.http.server_close()


def settings(url: str, **more: str) -> Settings:
    members = {one: MemberSettings(direct=DirectSettings(url=url, **more)) for one in (ACK, IDC)}
    return Settings(fleets=(FleetSettings(name="f", members=members),))


def test_only_who_is_not_known_is_asked_and_once(server: Server) -> None:
    found = runs.asked(settings(server.url, host="shop.example.com"), fleet())

    assert [IDC] == list(found)
    assert found[IDC].served
    assert ["shop.example.com /healthz"] == server.asked


def test_an_answer_of_500_is_none_and_who_has_no_direct_probe_is_not_asked(server: Server) -> None:
    server.status = 503
    found = runs.asked(settings(server.url), fleet())

    assert "answered 503" in found[IDC].why
    assert {} == runs.asked(Settings(), fleet())


def test_a_direct_probe_goes_on_until_it_is_stopped_and_never_fast(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    probed = Direct({f"m{number}": DirectSettings(url=server.url) for number in range(4)})

    assert (1.0, 0.5) == (probed.every, Direct({"m0": DirectSettings(url=server.url)}).every)  # four a second at most

    monkeypatch.setattr(direct, "EVERY", 0.001)
    monkeypatch.setattr(direct, "MOST", 4000.0)
    probed.start()
    while min(len(probed.samples(one)) for one in probed.members) < 3:
        time.sleep(0.001)
    probed.stop()

    assert all(sample.served and sample.seconds for one in probed.members for sample in probed.samples(one))

    probed.forget()

    assert () == probed.samples("m0")


@pytest.mark.parametrize(
    ("provable", "expires", "says"),
    [
        (frozenset[str](), 3600.0, "idc-prod: neither a direct probe nor its own API is in settings"),
        (frozenset({IDC}), 3600.0, ""),
        (frozenset[str](), None, ""),
        (None, 3600.0, ""),
    ],
)
def test_a_plan_says_that_it_will_not_go_back_by_itself(
    provable: frozenset[str] | None, expires: float | None, says: str
) -> None:
    around = Around(provable=provable, wall=situations.WALL)
    wish = Wish(((ROUTE, {ACK: 90, IDC: 10}),), expires=expires)
    found = [one for one in decide(situations.calm(), wish, around).reasons if one.rule == "way-back"]

    assert ([says] if says else []) == [one.measured for one in found]
    assert all(one.severity is Severity.INFORMS for one in found)


def test_settings_say_who_can_be_looked_at() -> None:
    members = {
        "a": MemberSettings(direct=DirectSettings(url="http://a/")),
        "b": MemberSettings(context="b"),
        "c": MemberSettings(name="c"),
    }

    assert frozenset({"a", "b"}) == Around.by(Settings(fleets=(FleetSettings(members=members),))).provable
