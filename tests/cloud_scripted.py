"""An ALB OpenAPI whose every answer is scripted: throttling, wrong shapes and broken links on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from console.settings import CloudSettings, CredentialSettings

Told = tuple[int, Any]
Query = Mapping[str, str]


class ScriptedCloud:
    """Serves on loopback. `answer[action]` gets the query and tells status and body."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answer: dict[str, Callable[[Query], Told]] = {
            "ListLoadBalancers": lambda _: (200, {"LoadBalancers": []}),
            "GetLoadBalancerAttribute": lambda q: (
                200,
                {"LoadBalancerId": q["LoadBalancerId"], "LoadBalancerStatus": "Active", "DNSName": "d.example"},
            ),
            "ListListeners": lambda q: (
                200,
                {"Listeners": [{"ListenerId": "lsn-1", "ListenerPort": 80, "ListenerProtocol": "HTTP"}]},
            ),
            "ListRules": lambda q: (200, {"Rules": [rule("rule-1", ("sgp-a", 70), ("sgp-b", 30))]}),
            "ListServerGroups": lambda q: (
                200,
                {"ServerGroups": [{"ServerGroupId": v} for k, v in q.items() if k.startswith("ServerGroupIds.")]},
            ),
            "ListServerGroupServers": lambda q: (200, {"Servers": [{"ServerId": "s", "ServerIp": "10.0.0.1"}]}),
            "GetListenerHealthStatus": lambda q: (200, {"ListenerHealthStatus": [], "RuleHealthStatus": []}),
        }
        handler = type("Handler", (_Handler,), {"cloud": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def settings(self) -> CloudSettings:
        """Settings that lead here."""
        keys = CredentialSettings(access_key_id="ak", access_key_secret="sk")
        address = f"127.0.0.1:{self._server.server_address[1]}"
        return CloudSettings(region="cn-test", endpoints={"alb": address}, protocol="http", credentials=keys)

    def calls(self, action: str) -> list[dict[str, str]]:
        """The queries of one action."""
        return [query for name, query in list(self.asked) if name == action]

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud: ScriptedCloud

    def do_POST(self) -> None:
        action = self.headers.get("x-acs-action") or ""
        query = dict(parse_qsl(urlsplit(self.path).query))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.cloud.asked.append((action, query))
        code, body = self.cloud.answer[action](query)
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def rule(id: str, *tuples: tuple[str, int], status: str = "Available") -> dict[str, Any]:
    """A rule as ListRules tells it."""
    groups = [{"ServerGroupId": group, "Weight": weight} for group, weight in tuples]
    action = {"Type": "ForwardGroup", "Order": 1, "ForwardGroupConfig": {"ServerGroupTuples": groups}}
    return {
        "RuleId": id,
        "RuleName": id,
        "RuleStatus": status,
        "Priority": 1,
        "ListenerId": "lsn-1",
        "LoadBalancerId": "alb-1",
        "RuleActions": [action],
        "RuleConditions": [
            {"Type": "Host", "HostConfig": {"Values": ["x.org"]}},
            {"Type": "Path", "PathConfig": {"Values": ["/p"]}},
        ],
    }


def error(code: str, message: str = "no") -> dict[str, str]:
    """An error's body."""
    return {"Code": code, "Message": message, "RequestId": "r-1"}


@pytest.fixture
def cloud() -> Iterator[ScriptedCloud]:
    """An OpenAPI that says what the test tells it to."""
    served = ScriptedCloud()
    yield served
    served.close()
