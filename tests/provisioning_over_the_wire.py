"""Calls of a set-up as they are on the wire, and what each answer means: done, not done, or not known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from console.cloud.budget import CallBudget
from console.cloud.credentials import client
from console.cloud.openapi import OpenApis
from console.cloud.outcome import Declined, may_have_happened
from console.cloud.papers import Papers
from console.cloud.provision import Done, Provision
from console.errors import Answered, Denied, FleetConsoleError, Lost, Throttled, Unsent
from console.settings import CloudSettings, CredentialSettings

CREATE_FLEET = {"Name": "hz", "RegionId": "cn-test", "VpcId": "vpc-1", "VSwitches": ["vsw-1", "vsw-2"],
                "ApiServerPublicEip": True, "Tag": [{"Key": "k", "Value": "v"}]}  # fmt: skip


class Cloud:
    """Says `answer` to everything, or breaks off where that is None; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, dict[str, str], Any]] = []
        """Method, path, action, query, body."""
        self.answer: tuple[int, Any, dict[str, str]] | None = (200, {}, {})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"cloud": self}))
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def settings(self) -> CloudSettings:
        keys = CredentialSettings(access_key_id="ak", access_key_secret="sk")
        address = f"127.0.0.1:{self.server.server_address[1]}"
        endpoints = dict.fromkeys(("alb", "cs", "adcp", "vpc", "ecs"), address)
        return CloudSettings(region="cn-test", endpoints=endpoints, protocol="http", credentials=keys)

    def openapis(self) -> OpenApis:
        return OpenApis(lambda product: client(self.settings, product), CallBudget(1000.0, 3.0))

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    cloud: Cloud

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        sent = "json" in (self.headers.get("Content-Type") or "")
        body = json.loads(raw) if sent and raw else dict(parse_qsl(raw.decode()))
        action = self.headers.get("x-acs-action") or ""
        self.cloud.asked.append((self.command, parts.path, action, dict(parse_qsl(parts.query)), body))
        if self.cloud.answer is None:
            self.connection.close()
            return
        status, said, headers = self.cloud.answer
        payload = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(payload)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    served = Cloud()
    yield served
    served.close()


def test_lists_are_flattened_and_the_token_is_the_callers(cloud: Cloud) -> None:
    rule = {"IpProtocol": "ALL", "PortRange": "-1/-1", "SourceCidrIp": "10.0.0.0/24", "Policy": "Accept"}
    cloud.answer = (200, {"RequestId": "r-1"}, {})
    params = {"SecurityGroupId": "sg-1", "Permissions": [rule, {**rule, "SourceCidrIp": "10.0.1.0/24"}]}
    done = Provision(cloud.openapis(), "cn-test").call("ecs", "AuthorizeSecurityGroup", params, "t-1")
    _, _, action, query, body = cloud.asked[0]

    assert (Done("", "", "r-1"), "AuthorizeSecurityGroup", {}) == (done, action, body)
    assert ("cn-test", "t-1", "sg-1") == (query["RegionId"], query["ClientToken"], query["SecurityGroupId"])
    assert ("ALL", "10.0.1.0/24") == (query["Permissions.1.IpProtocol"], query["Permissions.2.SourceCidrIp"])


def test_a_fleet_is_asked_for_in_the_form_with_its_lists_as_text(cloud: Cloud) -> None:
    cloud.answer = (200, {"ClusterId": "c-hub", "TaskId": "T-1", "RequestId": "r"}, {})
    followed: list[tuple[str, str]] = []
    provision = Provision(cloud.openapis(), "cn-test", lambda cluster, task: followed.append((cluster, task)))
    done = provision.call("adcp", "CreateHubCluster", CREATE_FLEET, "never sent")
    _, _, _, query, body = cloud.asked[0]

    assert Done("c-hub", "T-1", "r") == done
    assert [("c-hub", "T-1")] == followed
    assert {"Tag": '[{"Key":"k","Value":"v"}]'} == query
    assert ('["vsw-1","vsw-2"]', "True", "hz") == (body["VSwitches"], body["ApiServerPublicEip"], body["Name"])
    assert "ClientToken" not in query | body


def test_clusters_to_attach_are_text_in_the_form(cloud: Cloud) -> None:
    cloud.answer = (200, {"ClusterId": "c-hub", "TaskId": "T-2", "ManagedClusterIds": ["c-a"]}, {})
    done = Provision(cloud.openapis(), None).call(
        "adcp", "AttachClusterToHub", {"ClusterId": "c-hub", "ClusterIds": ("c-a",)}
    )

    assert ("POST", "/", "AttachClusterToHub", {"ClusterId": "c-hub"}, {"ClusterIds": '["c-a"]'}) == cloud.asked[0]
    assert "T-2" == done.task


def test_a_cluster_is_a_json_document_and_its_deletion_a_path(cloud: Cloud) -> None:
    cloud.answer = (200, {"cluster_id": "c-1", "task_id": "T-1", "request_id": "r"}, {})
    provision = Provision(cloud.openapis(), "cn-test")
    made = provision.call("cs", "CreateCluster", {"name": "a", "vswitch_ids": ("vsw-1",), "snat_entry": True}, "t-1")
    provision.call("cs", "DeleteCluster", {"cluster_id": "c/1", "retain_all_resources": False, "retain_resources": []})

    assert Done("c-1", "T-1", "r") == made
    assert [
        ("POST", "/clusters", "CreateCluster", {},
         {"name": "a", "vswitch_ids": ["vsw-1"], "snat_entry": True, "client_token": "t-1"}),
        ("DELETE", "/clusters/c%2F1", "DeleteCluster", {"retain_all_resources": "False", "retain_resources": "[]"}, {}),
    ] == cloud.asked  # fmt: skip


def test_tags_of_a_cluster_are_a_bare_list_and_need_no_answer(cloud: Cloud) -> None:
    cloud.answer = (200, b"", {})
    tags = [{"key": "k", "value": "v"}]
    done = Provision(cloud.openapis(), None).call("cs", "ModifyClusterTags", {"cluster_id": "c-1", "tags": tags})

    assert ("POST", "/clusters/c-1/tags", tags) == (cloud.asked[0][0], cloud.asked[0][1], cloud.asked[0][4])
    assert "c-1" == done.id


@pytest.mark.parametrize(
    ("answer", "failure", "unknown"),
    [
        ((403, {"Code": "NoPermission", "Message": "no"}, {}), Denied, False),
        ((403, {"Code": "QuotaExceeded.Vpc", "Message": "5 of 5"}, {}), Declined, False),
        ((400, {"Code": "QuotaExceeded.Cluster", "Message": "5 of 5"}, {}), Declined, False),
        ((400, {"Code": "Throttling.User", "Message": "slow"}, {}), Throttled, False),
        ((400, {"Code": "Throttling.User", "Message": "slow"}, {"x-acs-retry-after": "1500"}), Throttled, False),
        ((404, {"Code": "Cluster.NotFound", "Message": "no"}, {}), Declined, False),
        ((500, {"Code": "InternalError", "Message": "oh"}, {}), Answered, True),
        ((503, {"Code": "ServiceUnavailable", "Message": "oh"}, {"x-acs-retry-after": "9"}), Answered, True),
        ((200, b"<html>", {}), Answered, True),
        ((502, b"<html>", {}), Answered, True),
        (None, Lost, True),
    ],
)
def test_what_was_not_done_is_told_from_what_is_not_known(
    cloud: Cloud, answer: Any, failure: type[FleetConsoleError], unknown: bool
) -> None:
    cloud.answer = answer
    with pytest.raises(FleetConsoleError) as error:
        Provision(cloud.openapis(), "cn-test").call("adcp", "CreateHubCluster", CREATE_FLEET)

    assert (failure, unknown) == (type(error.value), may_have_happened(error.value))
    assert 1 == len(cloud.asked)
    if isinstance(error.value, Throttled):
        assert (1.5 if answer[2] else None) == error.value.retry_after
    if isinstance(error.value, Declined):
        assert (answer[1]["Code"], answer[0] == 404) == (error.value.code, error.value.gone)
        assert answer[1]["Message"] in str(error.value)


def test_a_kind_that_is_not_served_was_not_written() -> None:
    assert not may_have_happened(Answered("serves no AlbConfig", status=404))
    assert may_have_happened(Answered("no object", status=200))


def test_where_nobody_listens_nothing_was_done(cloud: Cloud) -> None:
    openapis = cloud.openapis()
    openapis.client("vpc")
    cloud.close()
    with pytest.raises(Unsent) as error:
        Provision(openapis, "cn-test").call("vpc", "CreateVpc", {"CidrBlock": "10.0.0.0/8"}, "t")

    assert not may_have_happened(error.value)


def test_papers_are_read_and_show_themselves_to_nobody(cloud: Cloud) -> None:
    papers = Papers(cloud.openapis())
    cloud.answer = (200, {"Kubeconfig": "canary: 1", "config": "canary: 2", "expiration": "2026-01-01T00:00:00Z"}, {})
    found = (
        papers.hub_kubeconfig("c-hub", private=False),
        papers.member_kubeconfig("c-1", private=True, minutes=60),
        papers.agent("c-2", private=True),
    )

    assert ["canary: 1", "canary: 2", "canary: 2"] == [one.text for one in found]
    assert "canary" not in f"{found} {found[0]} {found[0]!r}"
    assert [
        ("DescribeHubClusterKubeconfig", "/", {"ClusterId": "c-hub", "PrivateIpAddress": "False"}),
        ("DescribeClusterUserKubeconfig", "/k8s/c-1/user_config",
         {"PrivateIpAddress": "True", "TemporaryDurationMinutes": "60"}),
        ("DescribeExternalAgent", "/k8s/c-2/external/agent/deployment",
         {"PrivateIpAddress": "true", "AgentMode": "admin"}),
    ] == [(action, path, query) for _, path, action, query, _ in cloud.asked]  # fmt: skip


def test_an_answer_without_the_paper_is_no_paper(cloud: Cloud) -> None:
    cloud.answer = (200, {"Kubeconfig": ["canary"]}, {})
    with pytest.raises(Answered) as error:
        Papers(cloud.openapis()).hub_kubeconfig("c-hub", private=True)

    assert "canary" not in str(error.value)
