"""OpenAPIs whose every answer is scripted: throttling, wrong shapes and broken links on demand."""

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
            "DescribeHubClusters": lambda _: (200, {"Clusters": [hub()]}),
            "DescribeHubClusterDetails": lambda q: (200, {"Cluster": hub(q["ClusterId"])}),
            "DescribeManagedClusters": lambda _: (200, {"Clusters": [managed("c-a"), managed("c-b")]}),
            "DescribeClusterDetail": lambda q: (200, detail(q["path"].rpartition("/")[2])),
            "DescribeVSwitches": lambda _: (200, {"VSwitches": {"VSwitch": [vswitch("vsw-1"), vswitch("vsw-2", "k")]}}),
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
        endpoints = dict.fromkeys(("alb", "cs", "adcp", "vpc", "ecs"), address)
        return CloudSettings(region="cn-test", endpoints=endpoints, protocol="http", credentials=keys)

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

    def do_GET(self) -> None:
        """CS alone asks so."""
        self._answer(self.headers.get("x-acs-action") or "DescribeClusterDetail", {"path": urlsplit(self.path).path})

    def do_POST(self) -> None:
        action = self.headers.get("x-acs-action") or ""
        query = dict(parse_qsl(urlsplit(self.path).query))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(action, query)

    def _answer(self, action: str, query: dict[str, str]) -> None:
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


def hub(id: str = "c-hub", state: str = "running") -> dict[str, Any]:
    """A Fleet as DescribeHubClusters tells it."""
    return {"ClusterInfo": {"ClusterId": id, "Name": "hz", "State": state, "Version": "1.30.1"}}


def managed(id: str, state: str = "Successed") -> dict[str, Any]:
    """An association as DescribeManagedClusters tells it."""
    cluster = {"ClusterID": id, "State": "running", "CurrentVersion": "1.29"}
    return {"Cluster": cluster, "Status": {"State": state, "Message": ""}}


def detail(id: str, state: str = "running", *vswitches: str, type: str = "ManagedKubernetes") -> dict[str, Any]:
    """A cluster as DescribeClusterDetail tells it."""
    return {
        "cluster_id": id,
        "state": state,
        "cluster_type": type,
        "current_version": "1.30.1",
        "vpc_id": "vpc-1",
        "vswitch_ids": list(vswitches or ("vsw-1",)),
    }


def vswitch(id: str, zone: str = "j") -> dict[str, Any]:
    """A vSwitch as DescribeVSwitches tells it."""
    return {"VSwitchId": id, "ZoneId": f"cn-test-{zone}"}


def error(code: str, message: str = "no") -> dict[str, str]:
    """An error's body."""
    return {"Code": code, "Message": message, "RequestId": "r-1"}


@pytest.fixture
def cloud() -> Iterator[ScriptedCloud]:
    """An OpenAPI that says what the test tells it to."""
    served = ScriptedCloud()
    yield served
    served.close()
